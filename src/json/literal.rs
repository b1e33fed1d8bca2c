//! String literals, looked through many bytes at a time.

/// Every byte's lowest bit, and every byte's highest.
const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = ONES << 7;

/// How many bytes stand before the first that ends a literal's plain text: a quote, a backslash or a control
/// character.
#[inline(always)]
pub(super) fn plain(bytes: &[u8]) -> usize {
    let mut at = 0usize;
    // Most texts are short; long ones are left by wider steps.
    if let Some(first) = bytes.first_chunk::<8>() {
        let marks = special(u64::from_le_bytes(*first));
        if marks != 0 {
            return first_byte(marks);
        }
        at = 8;
        let (blocks, _) = bytes.get(at..).unwrap_or_default().as_chunks::<32>();
        for block in blocks {
            // Without a branch a byte: the compiler makes SIMD of it.
            if block
                .iter()
                .fold(false, |any, byte| any | is_special(*byte))
            {
                break;
            }
            at = at.saturating_add(32);
        }
    }
    let (words, _) = bytes.get(at..).unwrap_or_default().as_chunks::<8>();
    for word in words {
        let marks = special(u64::from_le_bytes(*word));
        if marks != 0 {
            return at.saturating_add(first_byte(marks));
        }
        at = at.saturating_add(8);
    }
    let rest = bytes.get(at..).unwrap_or_default().iter();
    at.saturating_add(rest.take_while(|byte| !is_special(**byte)).count())
}

fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// The highest bit of each of eight bytes that is special. Bits above the lowest that is set may be wrong.
fn special(word: u64) -> u64 {
    let less = |word: u64, than: u64| word.wrapping_sub(ONES.wrapping_mul(than)) & !word & HIGHS;
    let is = |byte: u8| less(word ^ ONES.wrapping_mul(u64::from(byte)), 1);
    less(word, 0x20) | is(b'"') | is(b'\\')
}

fn first_byte(marks: u64) -> usize {
    usize::try_from(marks.trailing_zeros() >> 3).unwrap_or(0)
}

/// The length of the escape that `bytes` begin with; `None` where it is none.
#[inline(always)]
fn escape(bytes: &[u8]) -> Option<usize> {
    match bytes.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => {
            let digits = bytes.get(2..6)?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(6)
        }
        _ => None,
    }
}

/// Where the literal whose opening quote stands before `bytes` ends: the place of its closing quote, or of what makes it
/// none.
#[inline(never)]
pub(super) fn end(bytes: &[u8]) -> Result<usize, usize> {
    let mut at = 0usize;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = plain(rest);
        at = at.saturating_add(length);
        let rest = rest.get(length..).unwrap_or_default();
        match rest.first() {
            Some(b'"') => return Ok(at),
            Some(b'\\') => at = at.saturating_add(escape(rest).ok_or(at)?),
            _ => return Err(at),
        }
    }
}

/// The inside of the string literal whose opening quote stands before `bytes`; `None` where it is none.
pub fn inside(bytes: &[u8]) -> Option<&str> {
    let end = end(bytes).ok()?;
    std::str::from_utf8(bytes.get(..end)?).ok()
}

/// The inside of the string literal that `source` is, quotes included and nothing else; `None` where it is none.
pub fn literal(source: &[u8]) -> Option<&str> {
    let (_, rest) = source.split_first().filter(|(first, _)| **first == b'"')?;
    inside(rest).filter(|inside| inside.len().saturating_add(1) == rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn literals_end_at_their_quote() {
        for (source, want) in [
            (r#"a" , "b""#, Some("a")),
            (r#"""#, Some("")),
            (
                r#"caf\u00e9 \"é\" and more than eight bytes"}"#,
                Some(r#"caf\u00e9 \"é\" and more than eight bytes"#),
            ),
            ("no end", None),
            ("a control\n\"", None),
            (r#"\x""#, None),
            (r#"\u12g4""#, None),
            (r#"\"#, None),
        ] {
            assert_eq!(inside(source.as_bytes()), want, "{source}");
        }
        assert_eq!(inside(b"\xff\""), None);
        assert_eq!(literal(br#""a""#), Some("a"));
        assert_eq!(literal(br#""a"b"#), None);
        assert_eq!(literal(b"a"), None);
    }

    proptest! {
        #[test]
        fn plain_text_is_as_long_as_it_is(
            bytes in prop::collection::vec(prop_oneof![
                20 => prop::sample::select(b"ab \x7f\x80\xff!#[]\x20".to_vec()),
                1 => any::<u8>(),
            ], 0..200),
        ) {
            let want = bytes.iter().take_while(|byte| !is_special(**byte)).count();
            prop_assert_eq!(plain(&bytes), want);
        }
    }
}
