//! A request's fields: their names in both spellings, and mistakes in Google's words.

use crate::chat::{Error, ErrorKind};
use crate::json::{Object, Text, Value};
use std::borrow::Cow;

/// A field's name in camel case: Google takes `mime_type` for `mimeType`.
pub(super) fn camel<'n>(name: &'n Text<'_>) -> Cow<'n, str> {
    let name = name.decode();
    if !name.contains('_') {
        return name;
    }
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for character in name.chars() {
        match character {
            '_' => upper = !out.is_empty(),
            other if upper => {
                out.extend(other.to_uppercase());
                upper = false;
            }
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// The value of a field in either spelling; the last, where it is repeated. `null` is as good as absent.
pub(super) fn field<'v, 'a>(object: &'v Object<'a>, name: &str) -> Option<&'v Value<'a>> {
    let same = |key: &Text<'_>| key.is(name) || camel(key) == name;
    let found = object.members().iter().rev().find(|(key, _)| same(key));
    found
        .map(|(_, value)| value)
        .filter(|value| !value.is_null())
}

pub(super) fn invalid(path: &str, expected: &str, found: &Value<'_>) -> Error {
    mistake(
        path,
        &format!("found {}, expected {expected}", found.kind_name()),
    )
}

/// A value that is of the right type but wrong all the same.
pub(super) fn mistake(path: &str, what: &str) -> Error {
    let message = format!("Invalid value at '{path}': {what}");
    Error::new(ErrorKind::InvalidRequest, message).with_param(path)
}

pub(super) fn missing(path: &str) -> Error {
    let message = format!("Missing value at '{path}': the field is required");
    Error::new(ErrorKind::InvalidRequest, message).with_param(path)
}

pub(super) fn object<'v, 'a>(path: &str, value: &'v Value<'a>) -> Result<&'v Object<'a>, Error> {
    value
        .as_object()
        .ok_or_else(|| invalid(path, "an object", value))
}

/// A list's items. Google takes one object where a list of them is expected, and its own examples send it so.
pub(super) fn list<'v, 'a>(path: &str, value: &'v Value<'a>) -> Result<&'v [Value<'a>], Error> {
    match value {
        Value::Array(array) => Ok(array.items()),
        Value::Object(_) => Ok(std::slice::from_ref(value)),
        other => Err(invalid(path, "an array", other)),
    }
}

pub(super) fn text<'a>(path: &str, value: &Value<'a>) -> Result<Text<'a>, Error> {
    value
        .as_str()
        .cloned()
        .ok_or_else(|| invalid(path, "a string", value))
}

/// A field that is a string, if it is there.
pub(super) fn text_at<'a>(
    path: &str,
    object: &Object<'a>,
    name: &str,
) -> Result<Option<Text<'a>>, Error> {
    let read = |value| text(&format!("{path}.{name}"), value);
    field(object, name).map(read).transpose()
}

/// A field that is a string and must be there.
pub(super) fn need<'a>(path: &str, object: &Object<'a>, name: &str) -> Result<Text<'a>, Error> {
    text_at(path, object, name)?.ok_or_else(|| missing(&format!("{path}.{name}")))
}

pub(super) fn texts<'a>(path: &str, value: &Value<'a>) -> Result<Vec<Text<'a>>, Error> {
    let items = match value {
        Value::Array(array) => array.items(),
        Value::String(_) => std::slice::from_ref(value),
        other => return Err(invalid(path, "an array of strings", other)),
    };
    let read = |(index, item)| text(&format!("{path}[{index}]"), item);
    items.iter().enumerate().map(read).collect()
}

pub(super) fn truth(path: &str, value: &Value<'_>) -> Result<bool, Error> {
    value
        .as_bool()
        .ok_or_else(|| invalid(path, "true or false", value))
}

/// A number's spelling. Protocol buffers' JSON has numbers in strings too.
pub(super) fn number<'a>(path: &str, value: &Value<'a>) -> Result<&'a str, Error> {
    let spelled = match value {
        Value::Number(spelled) => Some(*spelled),
        Value::String(Text::Escaped(inside)) if is_number(inside) => Some(*inside),
        _ => None,
    };
    spelled.ok_or_else(|| invalid(path, "a number", value))
}

/// A whole number's spelling, without the `.0` that some clients add.
pub(super) fn whole<'a>(path: &str, value: &Value<'a>) -> Result<&'a str, Error> {
    let spelled = number(path, value)?;
    let whole = match spelled.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|digit| digit == b'0') => whole,
        _ => spelled,
    };
    match whole.parse::<i64>() {
        Ok(_) => Ok(whole),
        Err(_) => Err(mistake(
            path,
            &format!("found {spelled}, expected a whole number"),
        )),
    }
}

pub(super) fn count(path: &str, value: &Value<'_>) -> Result<u64, Error> {
    let spelled = whole(path, value)?;
    spelled
        .parse()
        .map_err(|_| mistake(path, &format!("found {spelled}, expected 0 or more")))
}

fn is_number(inside: &str) -> bool {
    matches!(
        crate::json::parse(inside.as_bytes()),
        Ok(Value::Number(spelled)) if spelled.len() == inside.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn both_spellings_are_one_name() {
        for (given, want) in [
            ("mime_type", "mimeType"),
            ("mimeType", "mimeType"),
            ("a_b_c", "aBC"),
            ("_x", "x"),
        ] {
            assert_eq!(camel(&Text::from(given)), want);
        }
        let value = parse(br#"{"top_k":1,"x":null,"topK":2}"#).expect("JSON");
        let object = value.as_object().expect("an object");
        assert!(matches!(field(object, "topK"), Some(Value::Number("2"))));
        assert!(field(object, "x").is_none());
    }

    #[test]
    fn numbers_may_stand_in_strings() {
        let value = parse(br#"["40.0", 3, "x", 1.5, "-1"]"#).expect("JSON");
        let items = value.as_array().expect("an array").items();
        assert_eq!(whole("p", &items[0]).expect("whole"), "40");
        assert_eq!(count("p", &items[1]).expect("whole"), 3);
        assert!(number("p", &items[2]).is_err());
        assert!(whole("p", &items[3]).is_err());
        assert!(count("p", &items[4]).is_err());
    }
}
