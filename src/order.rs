//! One sort for everything that is ordered: each type that the standard library sorts by itself takes several kilobytes
//! of the module.

/// The list in the order of its keys; what has the same key keeps its order.
pub fn by_key<T>(list: Vec<T>, key: impl Fn(&T) -> u64) -> Vec<T> {
    let keys = list.iter().map(key).zip(0..).collect();
    let mut slots: Vec<Option<T>> = list.into_iter().map(Some).collect();
    let mut out = Vec::with_capacity(slots.len());
    for place in places(keys) {
        out.extend(slots.get_mut(place).and_then(Option::take));
    }
    out
}

/// The places of keys in their order. A key and its place are never equal to another pair: no stable sort is needed.
#[inline(never)]
fn places(mut keys: Vec<(u64, usize)>) -> Vec<usize> {
    if !keys.is_sorted() {
        keys.sort_unstable();
    }
    keys.into_iter().map(|(_, place)| place).collect()
}

/// Adds a name to a sorted list that has each once.
pub fn insert(list: &mut Vec<String>, name: String) {
    if let Err(place) = list.binary_search(&name) {
        list.insert(place, name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_keep_their_order() {
        let list = vec![(2, 'a'), (1, 'b'), (2, 'c'), (0, 'd'), (1, 'e')];
        let sorted: String = by_key(list, |pair| pair.0)
            .iter()
            .map(|pair| pair.1)
            .collect();
        assert_eq!(sorted, "dbeac");
    }

    #[test]
    fn a_name_is_there_once() {
        let mut list = Vec::new();
        for name in ["b", "a", "b", "c", "a"] {
            insert(&mut list, name.to_owned());
        }
        assert_eq!(list, ["a", "b", "c"]);
    }
}
