//! Names with `*`, which stands for any run of characters.

/// A name, or a pattern of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    source: String,
    /// What stands between the stars; one piece is an exact name.
    pieces: Vec<String>,
}

impl Pattern {
    /// A pattern from its source.
    pub fn new(source: &str) -> Self {
        Pattern {
            source: source.to_owned(),
            pieces: source.split('*').map(str::to_owned).collect(),
        }
    }

    /// The pattern as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The name, where it is one and not a pattern.
    pub fn exact(&self) -> Option<&str> {
        (self.pieces.len() == 1).then_some(self.source.as_str())
    }

    /// How much of it is literal: of two patterns that match, the one with more says more.
    pub fn literal_len(&self) -> usize {
        self.pieces.iter().map(String::len).sum()
    }

    /// Whether `name` is one of its names.
    pub fn matches(&self, name: &str) -> bool {
        self.star(name).is_some()
    }

    /// What the first star stands for in `name` (nothing in an exact name); `None` where it does not match.
    ///
    /// Each piece is looked for once, from left to right: linear in the pieces times the name.
    pub fn star<'n>(&self, name: &'n str) -> Option<&'n str> {
        let (first, rest) = self.pieces.split_first()?;
        let Some((last, middle)) = rest.split_last() else {
            return (name == self.source).then_some("");
        };
        let after_first = name.strip_prefix(first.as_str())?;
        let mut body = after_first.strip_suffix(last.as_str())?;
        let mut star = None;
        for piece in middle {
            let (before, after) = body.split_once(piece.as_str())?;
            star = star.or(Some(before));
            body = after;
        }
        star.or(Some(body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_run() {
        let star = |pattern: &str, name: &'static str| Pattern::new(pattern).star(name);
        assert_eq!(star("gpt-4o", "gpt-4o"), Some(""));
        assert_eq!(star("gpt-4o", "gpt-4"), None);
        assert_eq!(star("claude-*", "claude-x"), Some("x"));
        assert_eq!(star("*", ""), Some(""));
        assert_eq!(star("a*b*c", "a1b2c"), Some("1"));
        assert_eq!(star("a*b*c", "abc"), Some(""));
        assert_eq!(star("ab*ba", "aba"), None);
        assert_eq!(star("*x*", "axb"), Some("a"));
        assert_eq!(star("**", "q"), Some(""));
    }
}
