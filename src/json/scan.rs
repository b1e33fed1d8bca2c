//! Finds a few top-level members of an object in one pass, and checks the whole on the way.

use super::parse::{Cursor, utf8};
use super::{Error, ErrorKind, MAX_DEPTH, Text};
use std::ops::Range;

/// A member of an object, by its places in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<'a> {
    /// The value's source.
    pub value: &'a [u8],
    /// Where the value is.
    pub value_span: Range<usize>,
    /// Where the member is: from its key's quote to its value's end.
    pub span: Range<usize>,
    /// Its place among the members, from 0.
    pub index: usize,
    /// Whether [`top_level`] found its key before: parsers differ in which one counts.
    pub repeated: bool,
}

/// Finds the members named `keys` of the object that `source` is. Of a repeated key the last is found.
///
/// Every byte is checked, so that what is accepted here is JSON; nothing is built.
///
/// # Errors
/// [`Error`] where `source` is not one JSON object.
pub fn top_level<'a, const N: usize>(
    source: &'a [u8],
    keys: [&str; N],
) -> Result<[Option<Member<'a>>; N], Error> {
    let mut found = [const { None }; N];
    members(source, |key, member| {
        for (slot, wanted) in found.iter_mut().zip(keys) {
            if key.is(wanted) {
                let repeated = slot.is_some();
                *slot = Some(Member {
                    repeated,
                    ..member.clone()
                });
            }
        }
    })?;
    Ok(found)
}

/// Calls `sink` with every member of the object that `source` is.
///
/// # Errors
/// As [`top_level`].
pub fn members<'a>(
    source: &'a [u8],
    mut sink: impl FnMut(&Text<'a>, &Member<'a>),
) -> Result<(), Error> {
    walk(source, true, &mut sink)
}

/// Calls `sink` with the source of every item of the array that `source` is.
///
/// # Errors
/// [`Error`] where `source` is not one JSON array.
pub fn items<'a>(source: &'a [u8], mut sink: impl FnMut(&'a [u8])) -> Result<(), Error> {
    walk(source, false, &mut |_, item| sink(item.value))
}

/// The members of an object, or the items of an array, which have empty keys. One for all callers: it is large.
#[inline(never)]
fn walk<'a>(
    source: &'a [u8],
    object: bool,
    sink: &mut dyn FnMut(&Text<'a>, &Member<'a>),
) -> Result<(), Error> {
    let (open, close, what, next) = match object {
        true => (b'{', b'}', "an object", "',' or '}'"),
        false => (b'[', b']', "an array", "',' or ']'"),
    };
    let text = utf8(source)?;
    let mut cursor = Cursor::new(text);
    cursor.skip_blanks();
    cursor.take(open, what)?;
    cursor.skip_blanks();
    let mut index = 0usize;
    if cursor.peek() == Some(close) {
        cursor.advance(1);
    } else {
        loop {
            cursor.skip_blanks();
            let start = cursor.at;
            let mut key = Text::Escaped("");
            if object {
                key = Text::Escaped(cursor.string()?);
                cursor.skip_blanks();
                cursor.take(b':', "':'")?;
                cursor.skip_blanks();
            }
            let value_start = cursor.at;
            skip_value(&mut cursor)?;
            let value_span = value_start..cursor.at;
            let member = Member {
                value: source.get(value_span.clone()).unwrap_or_default(),
                span: start..cursor.at,
                value_span,
                index,
                repeated: false,
            };
            sink(&key, &member);
            index = index.saturating_add(1);
            cursor.skip_blanks();
            match cursor.peek() {
                Some(b',') => cursor.advance(1),
                Some(byte) if byte == close => {
                    cursor.advance(1);
                    break;
                }
                _ => return Err(cursor.expected(next)),
            }
        }
    }
    cursor.skip_blanks();
    if cursor.at < text.len() {
        return Err(cursor.error(ErrorKind::TrailingBytes));
    }
    Ok(())
}

/// Passes over one value, checking it. What is open is kept in a bit set, not on the stack.
fn skip_value(cursor: &mut Cursor<'_>) -> Result<(), Error> {
    // One bit a level: 1 is an object. The object around counts as one level.
    let mut open: u128 = 0;
    let mut depth = 0usize;
    loop {
        // A value begins here.
        cursor.skip_blanks();
        match cursor.peek() {
            Some(b'"') => {
                cursor.string()?;
            }
            Some(bracket @ (b'{' | b'[')) => {
                depth = depth.saturating_add(1);
                if depth >= MAX_DEPTH {
                    return Err(cursor.error(ErrorKind::TooDeep));
                }
                let object = bracket == b'{';
                open = (open << 1) | u128::from(object);
                cursor.advance(1);
                cursor.skip_blanks();
                if cursor.peek() == Some(if object { b'}' } else { b']' }) {
                    // Closed below.
                } else {
                    if object {
                        key(cursor)?;
                    }
                    continue;
                }
            }
            Some(b't') => cursor.word("true")?,
            Some(b'f') => cursor.word("false")?,
            Some(b'n') => cursor.word("null")?,
            Some(b'-' | b'0'..=b'9') => {
                cursor.number()?;
            }
            _ => return Err(cursor.expected("a value")),
        }
        // A value ended here, or an empty bracket is about to be closed.
        loop {
            if depth == 0 {
                return Ok(());
            }
            cursor.skip_blanks();
            let object = open & 1 == 1;
            match cursor.peek() {
                Some(b',') => {
                    cursor.advance(1);
                    if object {
                        key(cursor)?;
                    }
                    break;
                }
                Some(b'}') if object => {}
                Some(b']') if !object => {}
                _ if object => return Err(cursor.expected("',' or '}'")),
                _ => return Err(cursor.expected("',' or ']'")),
            }
            cursor.advance(1);
            open >>= 1;
            depth = depth.saturating_sub(1);
        }
    }
}

fn key(cursor: &mut Cursor<'_>) -> Result<(), Error> {
    cursor.skip_blanks();
    cursor.string()?;
    cursor.skip_blanks();
    cursor.take(b':', "':'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_members_and_their_places() {
        let source = br#" { "a" : [1, {"model": 2}], "model":"x" , "b":{} } "#;
        let [model, none] = top_level(source, ["model", "none"]).expect("valid");
        let model = model.expect("there");
        assert_eq!(model.value, br#""x""#);
        assert_eq!(&source[model.span.clone()], br#""model":"x""#);
        assert_eq!((model.index, model.repeated, none), (1, false, None));
        let [twice] = top_level(br#"{"a":1,"\u0061":2}"#, ["a"]).expect("valid");
        assert!(twice.is_some_and(|member| member.repeated && member.value == b"2"));
    }

    #[test]
    fn finds_items() {
        for (source, want) in [
            ("[]", vec![]),
            (
                " [ 1 , [2,3],{\"a\":[]} ] ",
                vec!["1", "[2,3]", "{\"a\":[]}"],
            ),
        ] {
            let mut found = Vec::new();
            items(source.as_bytes(), |item| {
                found.push(String::from_utf8_lossy(item).into_owned());
            })
            .expect("an array");
            assert_eq!(found, want, "{source}");
        }
        for bad in ["", "{}", "[", "[1", "[1,]", "[1 2]", "[1]x", "[}"] {
            assert!(items(bad.as_bytes(), |_| {}).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_cut_off_or_broken_is_told() {
        for bad in [
            "",
            "[]",
            "{",
            r#"{"a"}"#,
            r#"{"a":1,}"#,
            r#"{"a":[1,]}"#,
            r#"{"a":{]}"#,
            r#"{"a":1}x"#,
            r#"{"a":"b"#,
            r#"{"a":[}"#,
            r#"{"a":,}"#,
        ] {
            assert!(top_level(bad.as_bytes(), ["a"]).is_err(), "{bad}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
        let error = top_level(deep.as_bytes(), ["a"]).expect_err("deep");
        assert_eq!(error.kind, ErrorKind::TooDeep);
    }
}
