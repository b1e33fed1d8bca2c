//! The answer to a request to count tokens.

use crate::json::Writer;

/// The body that tells a client how many tokens its request has.
pub fn body(tokens: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out);
    writer.begin_object();
    writer.field_number("totalTokens", tokens);
    writer.end_object();
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn googles_shape() {
        assert_eq!(super::body(7), b"{\"totalTokens\":7}");
    }
}
