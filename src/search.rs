//! One search for everything that is looked for in bodies. (The best there is, `memchr::memmem`, takes seven kilobytes
//! of the module.)

/// The place of the first `needle`; none is found of an empty one.
#[inline(never)]
pub(crate) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let (first, last) = (*needle.first()?, *needle.last()?);
    let ends = bytes.get(needle.len().checked_sub(1)?..)?;
    let starts = bytes.get(..ends.len())?;
    let within = |from: usize, to: usize| {
        let candidates = starts.get(from..to)?.iter().zip(from..);
        let mut candidates = candidates.filter(|(byte, _)| **byte == first);
        let found = candidates.find(|(_, at)| {
            bytes
                .get(*at..)
                .is_some_and(|rest| rest.starts_with(needle))
        });
        found.map(|(_, at)| at)
    };
    let mut at = 0usize;
    // Both of its ends are looked for, in many places at a time: the compiler makes SIMD of it.
    for (start, end) in starts
        .as_chunks::<64>()
        .0
        .iter()
        .zip(ends.as_chunks::<64>().0)
    {
        let pairs = start.iter().zip(end);
        let next = at.saturating_add(64);
        if pairs.fold(false, |any, (start, end)| {
            any | ((*start == first) & (*end == last))
        }) && let Some(found) = within(at, next)
        {
            return Some(found);
        }
        at = next;
    }
    within(at, starts.len())
}

/// Whether `needle` is there.
pub(crate) fn has(bytes: &[u8], needle: &[u8]) -> bool {
    find(bytes, needle).is_some()
}

/// The place of each `needle` that does not overlap the one before.
pub(crate) fn find_all<'b>(bytes: &'b [u8], needle: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    let mut from = 0usize;
    std::iter::from_fn(move || {
        let place = from.saturating_add(find(bytes.get(from..)?, needle)?);
        from = place.saturating_add(needle.len());
        Some(place)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_there_is_found(
            bytes in prop::collection::vec(prop::sample::select(b"abab\"c".to_vec()), 0..300),
            needle in prop_oneof![
                prop::collection::vec(prop::sample::select(b"ab\"".to_vec()), 1..5),
                prop::collection::vec(any::<u8>(), 0..3),
            ],
        ) {
            let all: Vec<usize> = find_all(&bytes, &needle).collect();
            if needle.is_empty() {
                prop_assert!(all.is_empty());
            } else {
                let want: Vec<usize> = memchr::memmem::find_iter(&bytes, &needle).collect();
                prop_assert_eq!(has(&bytes, &needle), !want.is_empty());
                prop_assert_eq!(all, want);
            }
        }
    }
}
