//! `thoughtSignature`: Google's own, and what other providers need back, in its disguise.
//!
//! Google's clients keep a part's signature and send it back with the part. Other providers' signatures over their
//! thinking, and their encrypted thinking, travel the same way: as base64 (clients decode and encode it, in either
//! alphabet) of a mark, a kind and what the provider said. The mark tells them from Google's own, which a provider of
//! another wire must not get, as Google must not get these.

use crate::json::Text;

/// What a foreign signature begins with: base64 of `weir-thought`, twelve bytes, so that it is the same whatever follows.
pub(super) const MARK: &str = "d2Vpci10aG91Z2h0";

/// What another provider said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Foreign {
    /// A signature over the part's thinking.
    Thinking(String),
    /// Encrypted thinking; its part has none that can be read.
    Redacted(String),
}

impl Foreign {
    /// As a `thoughtSignature`.
    pub(super) fn mark(&self) -> String {
        let (kind, said) = match self {
            Foreign::Thinking(said) => ('t', said),
            Foreign::Redacted(said) => ('r', said),
        };
        format!("{MARK}{}", encode(format!("{kind}{said}").as_bytes()))
    }

    /// What a `thoughtSignature` says, if it is one of these.
    pub(super) fn read(signature: &Text<'_>) -> Option<Self> {
        let decoded = signature.decode();
        let said = String::from_utf8(decode(decoded.strip_prefix(MARK)?)?).ok()?;
        if let Some(said) = said.strip_prefix('t') {
            return Some(Foreign::Thinking(said.to_owned()));
        }
        let said = said.strip_prefix('r')?;
        Some(Foreign::Redacted(said.to_owned()))
    }
}

/// A part's signature where it is Google's own.
pub(super) fn own<'a>(signature: Option<Text<'a>>) -> Option<Text<'a>> {
    signature.filter(|text| !text.is_empty() && !text.decode().starts_with(MARK))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encode(bytes: &[u8]) -> String {
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let at = |place: usize| u32::from(group.get(place).copied().unwrap_or(0));
        let bits = (at(0) << 16) | (at(1) << 8) | at(2);
        for (place, shift) in [18u32, 12, 6, 0].into_iter().enumerate() {
            let digit = usize::try_from((bits >> shift) & 63).unwrap_or(0);
            let letter = ALPHABET.get(digit).copied().unwrap_or(b'=');
            let shown = place <= group.len();
            out.push(char::from(if shown { letter } else { b'=' }));
        }
    }
    out
}

/// Decodes base64 of either alphabet, padded or not.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bits = 0u32;
    let mut count = 0u32;
    for byte in text.trim_end_matches('=').bytes() {
        let byte = match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        };
        let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
        bits = (bits << 6) | u32::try_from(digit).ok()?;
        count = count.saturating_add(6);
        if count >= 8 {
            count = count.saturating_sub(8);
            out.push(u8::try_from((bits >> count) & 255).ok()?);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_both_ways() {
        for text in ["", "a", "ab", "abc", "weir-thought", "\u{0}\u{ff}☃~?>"] {
            assert_eq!(decode(&encode(text.as_bytes())), Some(text.into()));
        }
        assert_eq!(encode(b"weir-thought"), MARK);
        assert_eq!(encode(b"ab"), "YWI=");
        assert_eq!(decode("-_8"), Some(vec![0xfb, 0xff]));
        assert_eq!(decode("a b"), None);
    }

    #[test]
    fn foreign_signatures_come_back() {
        for said in [
            Foreign::Thinking("EqQB+/==".to_owned()),
            Foreign::Redacted("x?>~".to_owned()),
        ] {
            let marked = said.mark();
            assert_eq!(
                Foreign::read(&Text::from(marked.clone())),
                Some(said.clone())
            );
            let other_alphabet = marked.replace('+', "-").replace('/', "_");
            assert_eq!(Foreign::read(&Text::from(other_alphabet)), Some(said));
            assert!(own(Some(Text::from(marked))).is_none());
        }
        assert_eq!(Foreign::read(&Text::from("c2ln")), None);
        assert!(own(Some(Text::from("c2ln"))).is_some());
    }
}
