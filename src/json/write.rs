//! Writes JSON, commas included.

use super::{Text, Value, literal};
use std::io::Write as _;

/// Appends JSON to a buffer.
///
/// The caller opens and closes what it nests; commas are the writer's. Whatever strings hold, the result is JSON.
pub struct Writer<'o> {
    out: &'o mut Vec<u8>,
    comma: bool,
}

// Every wire is written by these calls, a thousand times in the source: none is worth inlining.
impl<'o> Writer<'o> {
    /// A writer at the beginning of a value.
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        Writer { out, comma: false }
    }

    fn item(&mut self) -> &mut Vec<u8> {
        if self.comma {
            self.out.push(b',');
        }
        self.comma = true;
        self.out
    }

    /// `{`
    #[inline(never)]
    pub fn begin_object(&mut self) {
        self.item().push(b'{');
        self.comma = false;
    }

    /// `}`
    #[inline(never)]
    pub fn end_object(&mut self) {
        self.out.push(b'}');
        self.comma = true;
    }

    /// `[`
    #[inline(never)]
    pub fn begin_array(&mut self) {
        self.item().push(b'[');
        self.comma = false;
    }

    /// `]`
    #[inline(never)]
    pub fn end_array(&mut self) {
        self.out.push(b']');
        self.comma = true;
    }

    /// A member's key; its value must follow.
    #[inline(never)]
    pub fn key(&mut self, key: &str) {
        self.string(key);
        self.out.push(b':');
        self.comma = false;
    }

    /// A string.
    #[inline(never)]
    pub fn string(&mut self, text: &str) {
        let out = self.item();
        out.push(b'"');
        escape_into(text, out);
        out.push(b'"');
    }

    /// A string that may still be escaped.
    #[inline(never)]
    pub fn text(&mut self, text: &Text<'_>) {
        text.write(self.item());
    }

    /// A whole number.
    pub fn number(&mut self, number: impl Into<u64>) {
        self.whole(number.into());
    }

    #[inline(never)]
    fn whole(&mut self, number: u64) {
        // Writing into a vector cannot fail.
        let _ = write!(self.item(), "{number}");
    }

    /// `true` or `false`
    #[inline(never)]
    pub fn bool(&mut self, truth: bool) {
        self.raw(if truth { "true" } else { "false" });
    }

    /// `null`
    #[inline(never)]
    pub fn null(&mut self) {
        self.raw("null");
    }

    /// JSON as it stands.
    #[inline(never)]
    pub fn raw(&mut self, json: &str) {
        self.item().extend_from_slice(json.as_bytes());
    }

    /// A value as it stood.
    #[inline(never)]
    pub fn value(&mut self, value: &Value<'_>) {
        value.write(self.item());
    }

    /// A member that is a string.
    #[inline(never)]
    pub fn field_str(&mut self, key: &str, text: &str) {
        self.key(key);
        self.string(text);
    }

    /// A member that is a string, which may still be escaped.
    #[inline(never)]
    pub fn field_text(&mut self, key: &str, text: &Text<'_>) {
        self.key(key);
        self.text(text);
    }

    /// A member that is a whole number.
    pub fn field_number(&mut self, key: &str, number: impl Into<u64>) {
        self.key(key);
        self.number(number);
    }

    /// A member that is `true` or `false`.
    #[inline(never)]
    pub fn field_bool(&mut self, key: &str, truth: bool) {
        self.key(key);
        self.bool(truth);
    }

    /// A member that is JSON as it stands.
    #[inline(never)]
    pub fn field_raw(&mut self, key: &str, json: &str) {
        self.key(key);
        self.raw(json);
    }

    /// A member that is a value as it stood.
    #[inline(never)]
    pub fn field_value(&mut self, key: &str, value: &Value<'_>) {
        self.key(key);
        self.value(value);
    }

    /// A member that is `null`.
    #[inline(never)]
    pub fn field_null(&mut self, key: &str) {
        self.key(key);
        self.null();
    }
}

/// Appends the inside of a JSON string literal that holds `text`.
pub fn escape_into(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    loop {
        let plain = literal::plain(rest);
        let (head, tail) = rest.split_at_checked(plain).unwrap_or((rest, &[]));
        out.extend_from_slice(head);
        let Some((byte, tail)) = tail.split_first() else {
            return;
        };
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => {
                let _ = write!(out, "\\u{control:04x}");
            }
        }
        rest = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_and_escapes() {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out);
        writer.begin_object();
        writer.field_str("a\"", "\u{0}\n\\é");
        writer.key("b");
        writer.begin_array();
        writer.number(1u8);
        writer.begin_object();
        writer.end_object();
        writer.null();
        writer.end_array();
        writer.field_bool("c", true);
        writer.end_object();
        let want = "{\"a\\\"\":\"\\u0000\\n\\\\é\",\"b\":[1,{},null],\"c\":true}";
        assert_eq!(String::from_utf8(out).expect("text"), want);
    }
}
