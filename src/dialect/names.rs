//! Names and ids made legal for a wire.

use crate::json::Text;

/// What a wire allows beside letters and digits of ASCII.
#[derive(Debug, Clone, Copy)]
pub(super) struct Legal {
    /// Most characters.
    pub(super) max: usize,
    /// Other characters.
    pub(super) more: &'static [u8],
    /// Whether it must begin with a letter or `_`.
    pub(super) letter_first: bool,
}

impl Legal {
    fn allows(self, text: &str) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || self.more.contains(&byte);
        let first =
            !self.letter_first || text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        !text.is_empty() && text.len() <= self.max && first && text.bytes().all(plain)
    }

    /// A name or id made legal: itself where it is; always the same for the same text, and another for another.
    pub(super) fn make<'a>(self, text: &Text<'a>) -> Text<'a> {
        let decoded = text.decode();
        if self.allows(&decoded) {
            return text.clone();
        }
        let plain = |c: char| {
            let known = u8::try_from(c).is_ok_and(|byte| self.more.contains(&byte));
            if c.is_ascii_alphanumeric() || known {
                c
            } else {
                '_'
            }
        };
        // The hash keeps apart what looks alike after replacing.
        let hash = fnv1a(decoded.as_bytes());
        let room = self.max.saturating_sub(18);
        let first = if self.letter_first { "_" } else { "" };
        let kept: String = decoded.chars().take(room).map(plain).collect();
        Text::from(format!("{first}{kept}_{hash:016x}"))
    }

    /// Names that were made legal, with the client's own: answers must come back with these.
    pub(super) fn renamed<'n, 'a: 'n>(
        self,
        names: impl Iterator<Item = &'n Text<'a>>,
    ) -> Vec<(String, String)> {
        let pair = |name: &Text<'a>| {
            let legal = self.make(name);
            (legal != *name).then(|| (legal.decode().into_owned(), name.decode().into_owned()))
        };
        names.filter_map(pair).collect()
    }
}

/// FNV-1a, 64 bits: stable over versions, unlike the standard library's hashers.
pub(super) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Legal = Legal {
        max: 64,
        more: b"_-",
        letter_first: true,
    };

    #[test]
    fn legal_names_are_not_touched() {
        let made = |text: &str| {
            RULE.make(&Text::from(text.to_owned()))
                .decode()
                .into_owned()
        };
        assert_eq!(made("get_weather-2"), "get_weather-2");
        assert!(made("functions.weather:0").starts_with("_functions_weather_0_"));
        assert_ne!(made("a.b"), made("a:b"));
        assert!(made("1a").starts_with('_'));
        assert!(made(&"x".repeat(200)).len() <= 64);
        assert!(RULE.allows(&made("wörld 1.5")));
    }
}
