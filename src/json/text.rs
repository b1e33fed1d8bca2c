//! A JSON string, decoded or as it stood.

use super::write::escape_into;
use std::borrow::Cow;

/// A JSON string, as it stood in its source or decoded.
#[derive(Debug)]
pub enum Text<'a> {
    /// The inside of a valid JSON string literal, without its quotes.
    Escaped(&'a str),
    /// Characters.
    Plain(Cow<'a, str>),
}

impl<'a> Text<'a> {
    /// The characters. A surrogate without its other half becomes U+FFFD.
    #[inline(never)]
    pub fn decode(&self) -> Cow<'_, str> {
        match self {
            Text::Plain(text) => Cow::Borrowed(text),
            Text::Escaped(source) => unescape(source),
        }
    }

    /// The characters, borrowed from the source where they can be.
    #[inline(never)]
    pub fn into_decoded(self) -> Cow<'a, str> {
        match self {
            Text::Plain(text) => text,
            Text::Escaped(source) => unescape(source),
        }
    }

    /// Whether there are no characters.
    pub fn is_empty(&self) -> bool {
        self.source_len() == 0
    }

    /// Whether the characters are these.
    #[inline(never)]
    pub fn is(&self, text: &str) -> bool {
        match self {
            Text::Plain(own) => own == text,
            // An escape is longer than what it stands for: literals of other lengths, or that begin otherwise, need no
            // second look.
            Text::Escaped(source) if source.len() <= text.len() => {
                *source == text && !text.contains('\\')
            }
            Text::Escaped(source) => {
                let first = source.as_bytes().first();
                (first == Some(&b'\\') || first == text.as_bytes().first())
                    && source.contains('\\')
                    && unescape(source) == text
            }
        }
    }

    /// Whether there are no characters but blanks.
    #[inline(never)]
    pub fn is_blank(&self) -> bool {
        let (Text::Escaped(source) | Text::Plain(Cow::Borrowed(source))) = self else {
            return self.decode().trim().is_empty();
        };
        // Mostly the first character tells.
        let rest = source.trim_start();
        rest.is_empty() || (rest.starts_with('\\') && self.decode().trim().is_empty())
    }

    /// Bytes as it stands, for estimates.
    pub fn source_len(&self) -> usize {
        match self {
            Text::Plain(text) => text.len(),
            Text::Escaped(source) => source.len(),
        }
    }

    /// Appends it as a JSON string literal, quotes included.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        self.write_inside(out);
        out.push(b'"');
    }

    /// Appends the inside of its JSON string literal, without the quotes.
    #[inline(never)]
    pub fn write_inside(&self, out: &mut Vec<u8>) {
        match self {
            Text::Escaped(source) => out.extend_from_slice(source.as_bytes()),
            Text::Plain(text) => escape_into(text, out),
        }
    }

    /// A copy that borrows nothing.
    #[inline(never)]
    pub fn into_owned(self) -> Text<'static> {
        Text::Plain(Cow::Owned(self.into_decoded().into_owned()))
    }
}

// Wires clone, decode and compare texts in a thousand places: none is worth inlining.
impl Clone for Text<'_> {
    #[inline(never)]
    fn clone(&self) -> Self {
        match self {
            Text::Escaped(source) => Text::Escaped(source),
            Text::Plain(text) => Text::Plain(text.clone()),
        }
    }
}

impl Default for Text<'_> {
    fn default() -> Self {
        Text::Plain(Cow::Borrowed(""))
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Text::Plain(Cow::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Text::Plain(Cow::Owned(text))
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.decode() == other.decode()
    }
}

impl Eq for Text<'_> {}

/// Decodes the inside of a valid literal.
fn unescape(source: &str) -> Cow<'_, str> {
    let backslash = |rest: &str| memchr::memchr(b'\\', rest.as_bytes());
    if backslash(source).is_none() {
        return Cow::Borrowed(source);
    }
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(place) = backslash(rest) {
        out.push_str(rest.get(..place).unwrap_or_default());
        let tail = rest.get(place.saturating_add(1)..).unwrap_or_default();
        let mut chars = tail.chars();
        rest = match chars.next() {
            Some('u') => {
                let (character, used) = unicode(tail);
                out.push(character);
                tail.get(used..).unwrap_or_default()
            }
            Some(escape) => {
                out.push(match escape {
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    other => other,
                });
                chars.as_str()
            }
            None => "",
        };
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character at the beginning of `uXXXX` or `uXXXX\uXXXX`, and how many bytes it takes.
fn unicode(source: &str) -> (char, usize) {
    let unit = |from: usize| {
        let end = from.saturating_add(4);
        let digits = source.get(from..end)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let first = unit(1).unwrap_or(0xfffd);
    let second = source
        .get(5..7)
        .filter(|lead| *lead == "\\u")
        .and_then(|_| unit(7));
    let pair = second.map_or([first, 0], |second| [first, second]);
    match char::decode_utf16(pair).next() {
        Some(Ok(character)) if character.len_utf16() == 2 => (character, 11),
        Some(Ok(character)) => (character, 5),
        _ => (char::REPLACEMENT_CHARACTER, 5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(source: &str) -> String {
        Text::Escaped(source).decode().into_owned()
    }

    #[test]
    fn escapes_are_decoded() {
        assert_eq!(decoded(r#"a\n\"\\\/\b\f\r\t"#), "a\n\"\\/\u{8}\u{c}\r\t");
        assert_eq!(decoded(r"\u00e9\u20ac"), "é€");
        assert_eq!(decoded(r"\ud83d\ude00!"), "😀!");
        assert_eq!(decoded(r"\ud83dx"), "\u{fffd}x");
        assert_eq!(decoded(r"\ude00\ud83d\ude00"), "\u{fffd}😀");
    }

    #[test]
    fn comparison_is_by_characters() {
        assert_eq!(Text::Escaped(r"\u0061"), Text::from("a"));
        assert!(Text::Escaped(r"\u0061").is("a"));
    }
}
