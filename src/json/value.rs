//! A JSON document's tree.

use super::Text;

/// A JSON value.
#[derive(Debug, Clone)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it was spelled.
    Number(&'a str),
    /// A string.
    String(Text<'a>),
    /// An array.
    Array(Array<'a>),
    /// An object.
    Object(Object<'a>),
}

/// A JSON array, with its source.
#[derive(Debug, Clone, Default)]
pub struct Array<'a> {
    pub(super) raw: &'a str,
    pub(super) items: Vec<Value<'a>>,
}

/// A JSON object, with its source. Members keep their order, and repeated keys.
#[derive(Debug, Clone, Default)]
pub struct Object<'a> {
    pub(super) raw: &'a str,
    pub(super) members: Vec<(Text<'a>, Value<'a>)>,
}

impl<'a> Array<'a> {
    /// The source, from `[` to `]`.
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    /// The items in order.
    pub fn items(&self) -> &[Value<'a>] {
        &self.items
    }

    /// The items in order.
    pub fn into_items(self) -> Vec<Value<'a>> {
        self.items
    }
}

impl<'a> Object<'a> {
    /// The source, from `{` to `}`.
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    /// The members in order.
    pub fn members(&self) -> &[(Text<'a>, Value<'a>)] {
        &self.members
    }

    /// The members in order.
    pub fn into_members(self) -> Vec<(Text<'a>, Value<'a>)> {
        self.members
    }

    /// The value of `key`: of a repeated key the last, as every common parser has it.
    #[inline(never)]
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        let found = self.members.iter().rev().find(|(name, _)| name.is(key));
        found.map(|(_, value)| value)
    }

    /// The string at `key`.
    #[inline(never)]
    pub fn str(&self, key: &str) -> Option<&Text<'a>> {
        self.get(key)?.as_str()
    }

    /// The whole number at `key`.
    #[inline(never)]
    pub fn u64(&self, key: &str) -> Option<u64> {
        self.get(key)?.as_u64()
    }

    /// The truth value at `key`.
    #[inline(never)]
    pub fn bool(&self, key: &str) -> Option<bool> {
        self.get(key)?.as_bool()
    }

    /// The object at `key`.
    #[inline(never)]
    pub fn object(&self, key: &str) -> Option<&Object<'a>> {
        self.get(key)?.as_object()
    }

    /// The array at `key`.
    #[inline(never)]
    pub fn array(&self, key: &str) -> Option<&Array<'a>> {
        self.get(key)?.as_array()
    }
}

impl<'a> Value<'a> {
    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&Text<'a>> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is one that counts: whole and not negative. `12.0` counts as 12.
    #[inline(never)]
    pub fn as_u64(&self) -> Option<u64> {
        let Value::Number(spelled) = self else {
            return None;
        };
        let whole = match spelled.split_once('.') {
            Some((whole, zeros)) if zeros.bytes().all(|digit| digit == b'0') => whole,
            _ => spelled,
        };
        whole.parse().ok()
    }

    /// The number, if it is one, as near as a double comes.
    #[inline(never)]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Number(spelled) => super::number::value(spelled),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The object, if it is one.
    pub fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The array, if it is one.
    pub fn as_array(&self) -> Option<&Array<'a>> {
        match self {
            Value::Array(array) => Some(array),
            _ => None,
        }
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// What it is, for messages to people.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }

    /// Appends it as it stood.
    #[inline(never)]
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Bool(true) => out.extend_from_slice(b"true"),
            Value::Bool(false) => out.extend_from_slice(b"false"),
            Value::Number(spelled) => out.extend_from_slice(spelled.as_bytes()),
            Value::String(text) => text.write(out),
            Value::Array(array) => out.extend_from_slice(array.raw.as_bytes()),
            Value::Object(object) => out.extend_from_slice(object.raw.as_bytes()),
        }
    }
}
