//! Token counts where the provider said none: rough, and always marked as estimated.

use crate::search;

/// Bytes of text a token, for the common tokenisers on English text and code.
const BYTES_PER_TOKEN: u64 = 4;

/// Strings longer than this without a blank are media in base64, not text.
const MEDIA_BYTES: usize = 1024;

/// What a provider charges for an image, roughly, whatever its bytes.
const TOKENS_PER_MEDIUM: u64 = 1000;

/// Tokens of so many bytes of text, rounded up.
pub fn tokens(bytes: u64) -> u64 {
    bytes.div_ceil(BYTES_PER_TOKEN)
}

/// Tokens of a JSON request body, media in base64 counted as media.
pub fn request_tokens(body: &[u8]) -> u64 {
    if !search::has(body, b"base64") {
        return tokens(length(body));
    }
    let mut text = 0u64;
    let mut media = 0u64;
    for piece in body.split(|byte| *byte == b'"') {
        if piece.len() > MEDIA_BYTES && memchr::memchr(b' ', piece).is_none() {
            media = media.saturating_add(TOKENS_PER_MEDIUM);
        } else {
            text = text.saturating_add(length(piece));
        }
    }
    tokens(text).saturating_add(media)
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_do_not_count_as_text() {
        let image = "A".repeat(1_000_000);
        let body = format!(r#"{{"url":"data:image/png;base64,{image}"}}"#);
        assert!(request_tokens(body.as_bytes()) < 1_010);
        assert_eq!(request_tokens(b"12345678"), 2);
    }
}
