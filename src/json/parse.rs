//! The parser: one pass, borrowing, bounded in depth.

use super::{Array, Object, Text, Value, literal};
use std::fmt;

/// Deepest nesting that is read.
pub const MAX_DEPTH: usize = 128;

/// Why bytes are not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    /// The byte at which it shows.
    pub offset: usize,
    /// What is wrong there.
    pub kind: ErrorKind,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The bytes end inside a value.
    UnexpectedEnd,
    /// Something else was expected, named here.
    Expected(&'static str),
    /// The bytes are not UTF-8.
    InvalidUtf8,
    /// An escape that JSON does not have.
    InvalidEscape,
    /// A control character inside a string.
    ControlCharacter,
    /// Nesting over [`MAX_DEPTH`].
    TooDeep,
    /// Something follows the value.
    TrailingBytes,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ErrorKind::UnexpectedEnd => f.write_str("the JSON is cut off")?,
            ErrorKind::Expected(what) => write!(f, "expected {what}")?,
            ErrorKind::InvalidUtf8 => f.write_str("invalid UTF-8")?,
            ErrorKind::InvalidEscape => f.write_str("invalid escape in a string")?,
            ErrorKind::ControlCharacter => f.write_str("control character in a string")?,
            ErrorKind::TooDeep => write!(f, "nested deeper than {MAX_DEPTH}")?,
            ErrorKind::TrailingBytes => f.write_str("something follows the value")?,
        }
        write!(f, " at byte {}", self.offset)
    }
}

impl std::error::Error for Error {}

/// Reads one JSON value, with blanks around it, and nothing else.
///
/// # Errors
/// [`Error`] with the first byte at fault.
pub fn parse(source: &[u8]) -> Result<Value<'_>, Error> {
    let text = utf8(source)?;
    let mut cursor = Cursor::new(text);
    cursor.skip_blanks();
    let value = cursor.value(0)?;
    cursor.skip_blanks();
    if cursor.at < text.len() {
        return Err(cursor.error(ErrorKind::TrailingBytes));
    }
    Ok(value)
}

pub(super) fn utf8(source: &[u8]) -> Result<&str, Error> {
    simdutf8::compat::from_utf8(source).map_err(|error| Error {
        offset: error.valid_up_to(),
        kind: ErrorKind::InvalidUtf8,
    })
}

/// A place in a source. The scanner shares its lexical half.
pub(super) struct Cursor<'a> {
    pub(super) source: &'a str,
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Cursor { source, at: 0 }
    }

    pub(super) fn error(&self, kind: ErrorKind) -> Error {
        Error {
            offset: self.at,
            kind,
        }
    }

    /// The error for a byte that is not what was expected.
    pub(super) fn expected(&self, what: &'static str) -> Error {
        match self.peek() {
            Some(_) => self.error(ErrorKind::Expected(what)),
            None => self.error(ErrorKind::UnexpectedEnd),
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.source.as_bytes().get(self.at).copied()
    }

    pub(super) fn advance(&mut self, by: usize) {
        self.at = self.at.saturating_add(by);
    }

    pub(super) fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.advance(1);
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.source.as_bytes().get(self.at..).unwrap_or_default()
    }

    pub(super) fn since(&self, start: usize) -> &'a str {
        self.source.get(start..self.at).unwrap_or_default()
    }

    pub(super) fn take(&mut self, byte: u8, what: &'static str) -> Result<(), Error> {
        if self.peek() != Some(byte) {
            return Err(self.expected(what));
        }
        self.advance(1);
        Ok(())
    }

    /// `true`, `false` or `null`.
    pub(super) fn word(&mut self, word: &'static str) -> Result<(), Error> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(self.expected("a value"));
        }
        self.advance(word.len());
        Ok(())
    }

    /// A string; returns the inside of its literal.
    pub(super) fn string(&mut self) -> Result<&'a str, Error> {
        self.take(b'"', "'\"'")?;
        let start = self.at;
        match literal::end(self.rest()) {
            Ok(length) => {
                self.advance(length);
                let inside = self.since(start);
                self.advance(1);
                Ok(inside)
            }
            Err(length) => {
                self.advance(length);
                Err(self.error(match self.peek() {
                    Some(b'\\') => ErrorKind::InvalidEscape,
                    Some(_) => ErrorKind::ControlCharacter,
                    None => ErrorKind::UnexpectedEnd,
                }))
            }
        }
    }

    /// A number; returns its spelling.
    pub(super) fn number(&mut self) -> Result<&'a str, Error> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.advance(1);
        }
        match self.peek() {
            Some(b'0') => self.advance(1),
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(self.expected("a digit")),
        }
        if self.peek() == Some(b'.') {
            self.advance(1);
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.advance(1);
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.advance(1);
            }
            self.digits()?;
        }
        Ok(self.since(start))
    }

    fn digits(&mut self) -> Result<(), Error> {
        let count = self
            .rest()
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if count == 0 {
            return Err(self.expected("a digit"));
        }
        self.advance(count);
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>, Error> {
        Ok(match self.peek() {
            Some(b'"') => Value::String(Text::Escaped(self.string()?)),
            Some(b'{') => Value::Object(self.object(depth)?),
            Some(b'[') => Value::Array(self.array(depth)?),
            Some(b't') => {
                self.word("true")?;
                Value::Bool(true)
            }
            Some(b'f') => {
                self.word("false")?;
                Value::Bool(false)
            }
            Some(b'n') => {
                self.word("null")?;
                Value::Null
            }
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            _ => return Err(self.expected("a value")),
        })
    }

    fn deeper(&self, depth: usize) -> Result<usize, Error> {
        if depth >= MAX_DEPTH {
            return Err(self.error(ErrorKind::TooDeep));
        }
        Ok(depth.saturating_add(1))
    }

    fn array(&mut self, depth: usize) -> Result<Array<'a>, Error> {
        let depth = self.deeper(depth)?;
        let start = self.at;
        self.advance(1);
        let mut items = Vec::new();
        self.skip_blanks();
        if self.peek() == Some(b']') {
            self.advance(1);
            return Ok(Array {
                raw: self.since(start),
                items,
            });
        }
        loop {
            self.skip_blanks();
            items.push(self.value(depth)?);
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.advance(1),
                Some(b']') => {
                    self.advance(1);
                    return Ok(Array {
                        raw: self.since(start),
                        items,
                    });
                }
                _ => return Err(self.expected("',' or ']'")),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Object<'a>, Error> {
        let depth = self.deeper(depth)?;
        let start = self.at;
        self.advance(1);
        let mut members = Vec::new();
        self.skip_blanks();
        if self.peek() == Some(b'}') {
            self.advance(1);
            return Ok(Object {
                raw: self.since(start),
                members,
            });
        }
        loop {
            self.skip_blanks();
            let key = Text::Escaped(self.string()?);
            self.skip_blanks();
            self.take(b':', "':'")?;
            self.skip_blanks();
            members.push((key, self.value(depth)?));
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.advance(1),
                Some(b'}') => {
                    self.advance(1);
                    return Ok(Object {
                        raw: self.since(start),
                        members,
                    });
                }
                _ => return Err(self.expected("',' or '}'")),
            }
        }
    }
}
