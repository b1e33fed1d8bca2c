//! JSON without the blanks between its tokens.

use std::borrow::Cow;

/// The source of a JSON value without the blanks between its tokens: what spans lines cannot stand in an event.
///
/// `source` must be JSON; of anything else some blanks go.
pub fn compact(source: &str) -> Cow<'_, str> {
    if !source.contains(['\n', '\r', ' ', '\t']) {
        return Cow::Borrowed(source);
    }
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(place) = rest.find(['"', '\n', '\r', ' ', '\t']) {
        let (before, tail) = rest.split_at_checked(place).unwrap_or((rest, ""));
        out.push_str(before);
        let end = match tail.strip_prefix('"') {
            Some(inside) => literal_end(inside).saturating_add(1),
            None => {
                rest = tail.trim_start_matches(['\n', '\r', ' ', '\t']);
                continue;
            }
        };
        let (literal, after) = tail.split_at_checked(end).unwrap_or((tail, ""));
        out.push_str(literal);
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The place after a literal's closing quote.
fn literal_end(inside: &str) -> usize {
    let bytes = inside.as_bytes();
    let mut at = 0usize;
    while let Some(found) = memchr::memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()) {
        at = at.saturating_add(found);
        if bytes.get(at) == Some(&b'"') {
            return at.saturating_add(1);
        }
        at = at.saturating_add(2);
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_in_strings_stay() {
        let given = "{\n  \"a b\" : [1,\t\"x \\\" y\\\\\", {} ]\r\n}";
        assert_eq!(compact(given), "{\"a b\":[1,\"x \\\" y\\\\\",{}]}");
        assert!(matches!(compact("{\"a\":1}"), Cow::Borrowed(_)));
        assert_eq!(compact("\"open \\"), "\"open \\");
        assert_eq!(compact("\"é \\é \" 1"), "\"é \\é \"1");
    }
}
