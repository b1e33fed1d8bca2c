//! Where an object that comes in pieces ends.

use crate::json::Text;

/// Follows a call's arguments piece by piece, to know when they are whole: a writer whose wire has one block after the
/// other must not close a call before.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ObjectEnd {
    depth: u32,
    begun: bool,
    in_string: bool,
    escaped: bool,
}

impl ObjectEnd {
    /// The next piece.
    pub(super) fn see(&mut self, piece: &Text<'_>) {
        for byte in piece.decode().bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => {
                    self.begun = true;
                    self.depth = self.depth.saturating_add(1);
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// Whether it has come to its end.
    pub(super) fn is_whole(self) -> bool {
        self.begun && self.depth == 0 && !self.in_string
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_end_nothing() {
        let mut end = ObjectEnd::default();
        let pieces = [
            (" ", false),
            ("{\"a}", false),
            ("\\\"}", false),
            ("\\", false),
            ("\"\":[{}", false),
            ("]", false),
            (",\"b\":\"\\", false),
            ("\\\"", false),
            ("}", true),
            (" ", true),
        ];
        for (piece, whole) in pieces {
            end.see(&Text::from(piece));
            assert_eq!(end.is_whole(), whole, "{piece}");
        }
        let mut end = ObjectEnd::default();
        end.see(&Text::Escaped(r#"{\"a\":\"}"#));
        assert!(!end.is_whole());
        end.see(&Text::Escaped(r#"\"}"#));
        assert!(end.is_whole());
    }
}
