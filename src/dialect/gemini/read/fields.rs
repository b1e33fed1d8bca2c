//! A request's fields: their names in both spellings, and mistakes in Google's words.
//!
//! They are asked for in very many places: inlined they would take a tenth of the module's room.

use crate::chat::{Error, ErrorKind};
use crate::json::{Object, Text, Value};
use std::borrow::Cow;
use std::fmt;

/// Where a value stands in the request. It is spelled out in messages only.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path<'p> {
    before: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'p> {
    Field(&'p str),
    Item(usize),
}

impl<'p> Path<'p> {
    /// A field of the request.
    pub(super) fn of(name: &'p str) -> Self {
        let step = Step::Field(name);
        Path { before: None, step }
    }

    pub(super) fn field<'q>(&'q self, name: &'q str) -> Path<'q> {
        Path {
            before: Some(self),
            step: Step::Field(name),
        }
    }

    pub(super) fn item(&self, index: usize) -> Path<'_> {
        Path {
            before: Some(self),
            step: Step::Item(index),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(before) = self.before {
            before.fmt(f)?;
        }
        match self.step {
            Step::Field(name) if self.before.is_none() => f.write_str(name),
            Step::Field(name) => write!(f, ".{name}"),
            Step::Item(index) => write!(f, "[{index}]"),
        }
    }
}

/// A field's name in camel case: Google takes `mime_type` for `mimeType`.
#[inline(never)]
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
                out.push(other.to_ascii_uppercase());
                upper = false;
            }
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// The value of a field in either spelling; the last, where it is repeated. `null` is as good as absent.
#[inline(never)]
pub(super) fn field<'v, 'a>(object: &'v Object<'a>, name: &str) -> Option<&'v Value<'a>> {
    let same = |key: &Text<'_>| key.is(name) || camel(key) == name;
    let found = object.members().iter().rev().find(|(key, _)| same(key));
    found
        .map(|(_, value)| value)
        .filter(|value| !value.is_null())
}

#[inline(never)]
pub(super) fn invalid(path: &Path<'_>, expected: &str, found: &Value<'_>) -> Error {
    mistake(
        path,
        &format!("found {}, expected {expected}", found.kind_name()),
    )
}

/// A value that is of the right type but wrong all the same.
#[inline(never)]
pub(super) fn mistake(path: &Path<'_>, what: &str) -> Error {
    let message = format!("Invalid value at '{path}': {what}");
    Error::new(ErrorKind::InvalidRequest, message).with_param(path.to_string())
}

#[inline(never)]
pub(super) fn missing(path: &Path<'_>) -> Error {
    let message = format!("Missing value at '{path}': the field is required");
    Error::new(ErrorKind::InvalidRequest, message).with_param(path.to_string())
}

#[inline(never)]
pub(super) fn object<'v, 'a>(
    path: &Path<'_>,
    value: &'v Value<'a>,
) -> Result<&'v Object<'a>, Error> {
    value
        .as_object()
        .ok_or_else(|| invalid(path, "an object", value))
}

/// A list's items. Google takes one object where a list of them is expected, and its own examples send it so.
#[inline(never)]
pub(super) fn list<'v, 'a>(
    path: &Path<'_>,
    value: &'v Value<'a>,
) -> Result<&'v [Value<'a>], Error> {
    match value {
        Value::Array(array) => Ok(array.items()),
        Value::Object(_) => Ok(std::slice::from_ref(value)),
        other => Err(invalid(path, "an array", other)),
    }
}

#[inline(never)]
pub(super) fn text<'a>(path: &Path<'_>, value: &Value<'a>) -> Result<Text<'a>, Error> {
    value
        .as_str()
        .cloned()
        .ok_or_else(|| invalid(path, "a string", value))
}

/// A field that is a string, if it is there.
#[inline(never)]
pub(super) fn text_at<'a>(
    path: &Path<'_>,
    object: &Object<'a>,
    name: &str,
) -> Result<Option<Text<'a>>, Error> {
    let read = |value| text(&path.field(name), value);
    field(object, name).map(read).transpose()
}

/// A field that is a string and must be there.
#[inline(never)]
pub(super) fn need<'a>(
    path: &Path<'_>,
    object: &Object<'a>,
    name: &str,
) -> Result<Text<'a>, Error> {
    text_at(path, object, name)?.ok_or_else(|| missing(&path.field(name)))
}

#[inline(never)]
pub(super) fn texts<'a>(path: &Path<'_>, value: &Value<'a>) -> Result<Vec<Text<'a>>, Error> {
    let items = match value {
        Value::Array(array) => array.items(),
        Value::String(_) => std::slice::from_ref(value),
        other => return Err(invalid(path, "an array of strings", other)),
    };
    let read = |(index, item)| text(&path.item(index), item);
    items.iter().enumerate().map(read).collect()
}

pub(super) fn truth(path: &Path<'_>, value: &Value<'_>) -> Result<bool, Error> {
    value
        .as_bool()
        .ok_or_else(|| invalid(path, "true or false", value))
}

/// A number's spelling. Protocol buffers' JSON has numbers in strings too.
#[inline(never)]
pub(super) fn number<'a>(path: &Path<'_>, value: &Value<'a>) -> Result<&'a str, Error> {
    let spelled = match value {
        Value::Number(spelled) => Some(*spelled),
        Value::String(Text::Escaped(inside)) if is_number(inside) => Some(*inside),
        _ => None,
    };
    spelled.ok_or_else(|| invalid(path, "a number", value))
}

/// A whole number's spelling, without the `.0` that some clients add.
#[inline(never)]
pub(super) fn whole<'a>(path: &Path<'_>, value: &Value<'a>) -> Result<&'a str, Error> {
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

#[inline(never)]
pub(super) fn count(path: &Path<'_>, value: &Value<'_>) -> Result<u64, Error> {
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
        assert_eq!(whole(&Path::of("p"), &items[0]).expect("whole"), "40");
        assert_eq!(count(&Path::of("p"), &items[1]).expect("whole"), 3);
        assert!(number(&Path::of("p"), &items[2]).is_err());
        assert!(whole(&Path::of("p"), &items[3]).is_err());
        assert!(count(&Path::of("p"), &items[4]).is_err());
    }
}
