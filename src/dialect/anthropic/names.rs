//! Names and ids that this wire allows: letters, digits, `_` and `-`.

use crate::json::Text;

/// Longest name of a tool.
const MAX_NAME: usize = 128;

/// Whether a name or id may stand as it is.
fn legal(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !text.is_empty() && text.len() <= MAX_NAME && text.bytes().all(plain)
}

/// A name or id made legal; always the same for the same text, and another for another.
pub(super) fn legalised<'a>(text: &Text<'a>) -> Text<'a> {
    let decoded = text.decode();
    if legal(&decoded) {
        return text.clone();
    }
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '_' || c == '-' {
            c
        } else {
            '_'
        }
    };
    // The hash keeps apart what looks alike after replacing.
    let hash = fnv1a(decoded.as_bytes());
    let mut name: String = decoded.chars().take(100).map(plain).collect();
    name.push_str(&format!("_{hash:016x}"));
    Text::from(name)
}

/// FNV-1a, 64 bits: stable over versions, unlike the standard library's hashers.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_names_are_not_touched() {
        assert!(legalised(&Text::from("get_weather-2")).is("get_weather-2"));
        let made = legalised(&Text::from("functions.weather:0"));
        assert!(
            made.decode().starts_with("functions_weather_0_"),
            "{}",
            made.decode()
        );
        assert_ne!(legalised(&Text::from("a.b")), legalised(&Text::from("a:b")));
        assert!(legalised(&Text::from("x".repeat(200))).decode().len() <= MAX_NAME);
    }
}
