//! What a route wants of a request's target or model.

use crate::cursor::Cursor;
use weir::config::Pattern;
use weir::telemetry::words;

/// What of a request is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The target, in filter state.
    TargetState,
    /// The target, in a header.
    TargetHeader,
    /// The model.
    Model,
    /// Something that is called as if Weir wrote it, and which it does not write.
    Nothing,
}

/// A condition of a route.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where it stands.
    pub at: Cursor,
    /// What it looks at.
    pub by: By,
    /// What must stand there.
    pub how: How,
}

/// How a value is compared.
#[derive(Debug, Clone)]
pub enum How {
    /// It is this.
    Exact(String),
    /// It is one of these.
    Patterns(Vec<Pattern>),
    /// By a rule that is not understood here: it may be anything.
    Anything,
}

impl Wanted {
    /// Whether a target, or none that can be told, fits.
    pub fn fits(&self, target: &str) -> bool {
        match (&self.by, &self.how) {
            (By::Nothing, _) => false,
            (By::Model, _) | (_, How::Anything) => true,
            (_, How::Exact(text)) => text == target,
            (_, How::Patterns(patterns)) => patterns.iter().any(|pattern| pattern.matches(target)),
        }
    }

    /// The one target that it wants.
    pub fn exact(&self) -> Option<&str> {
        match (&self.by, &self.how) {
            (By::TargetState | By::TargetHeader, How::Exact(text)) => Some(text),
            _ => None,
        }
    }
}

impl By {
    /// What a header tells.
    pub fn header(name: &str) -> Option<By> {
        match name.to_ascii_lowercase().as_str() {
            "x-weir-target" => Some(By::TargetHeader),
            "x-weir-model" => Some(By::Model),
            other => other.starts_with("x-weir-").then_some(By::Nothing),
        }
    }

    /// What a key of filter state tells.
    pub fn filter_state(key: &str) -> Option<By> {
        match key {
            "wasm.weir.target" => Some(By::TargetState),
            "wasm.weir.model" => Some(By::Model),
            _ => {
                let word = key
                    .strip_prefix("wasm.weir.")
                    .or_else(|| key.strip_prefix("weir."));
                let known = key.starts_with("wasm.") && words().contains(&word?);
                (!known).then_some(By::Nothing)
            }
        }
    }
}

impl How {
    /// Envoy's and Istio's matchers of strings.
    pub fn read(matcher: &Cursor) -> How {
        let pattern = |key: &str, before: &str, after: &str| {
            let text = matcher.word(key)?;
            let star = text.contains('*');
            let pattern = Pattern::new(&format!("{before}{text}{after}"));
            Some(if star {
                How::Anything
            } else {
                How::Patterns(vec![pattern])
            })
        };
        let regex = matcher
            .get("regex")
            .or_else(|| matcher.at(&["safe_regex", "regex"]));
        if matcher
            .get("ignore_case")
            .is_some_and(|ignore| ignore.is_true())
        {
            return How::Anything;
        }
        matcher
            .word("exact")
            .map(How::Exact)
            .or_else(|| pattern("prefix", "", "*"))
            .or_else(|| pattern("suffix", "*", ""))
            .or_else(|| pattern("contains", "*", "*"))
            .or_else(|| regex.map(|regex| How::regex(regex.text().unwrap_or_default())))
            .unwrap_or(How::Anything)
    }

    /// A regular expression, as far as it is words, alternatives of words, and `.*`.
    pub fn regex(regex: &str) -> How {
        let regex = regex.strip_prefix('^').unwrap_or(regex);
        let regex = regex.strip_suffix('$').unwrap_or(regex);
        let inner = regex
            .strip_prefix("(?:")
            .or_else(|| regex.strip_prefix('('));
        let inner = inner.and_then(|inner| inner.strip_suffix(')'));
        let mut patterns = Vec::new();
        for word in inner.unwrap_or(regex).split('|') {
            let word = word.replace(".*", "\0").replace("\\.", ".");
            let plain =
                |letter: char| letter.is_ascii_alphanumeric() || "-_/:.@ \0".contains(letter);
            // A dot that was not escaped is any letter, near enough to itself.
            if !word.chars().all(plain) {
                return How::Anything;
            }
            patterns.push(Pattern::new(&word.replace('\0', "*")));
        }
        How::Patterns(patterns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::cursor;

    fn fits(matcher: &str, target: &str) -> bool {
        let at = cursor(matcher);
        let how = How::read(&at);
        let by = By::TargetHeader;
        Wanted { at, by, how }.fits(target)
    }

    #[test]
    fn strings_are_compared_as_envoy_does() {
        assert!(fits("exact: a", "a") && !fits("exact: a", "ab"));
        assert!(fits("prefix: a", "ab") && !fits("prefix: a", "ba"));
        assert!(fits("suffix: a", "ba") && !fits("suffix: a", "ab"));
        assert!(fits("contains: a", "bab") && !fits("contains: a", "b"));
        assert!(fits("{exact: a, ignore_case: true}", "A"));
        assert!(fits("custom: {}", "x"));
    }

    #[test]
    fn simple_expressions_are_understood() {
        assert!(fits("safe_regex: {regex: \"^(a|b)$\"}", "b"));
        assert!(!fits("safe_regex: {regex: \"a|b\"}", "c"));
        assert!(fits("regex: open.*", "openai") && !fits("regex: open.*", "azure"));
        assert!(fits("regex: \"[a-z]+\"", "x"));
        assert!(fits("regex: gpt-4\\.1", "gpt-4.1"));
    }

    #[test]
    fn names_are_known() {
        assert_eq!(By::header("X-Weir-Target"), Some(By::TargetHeader));
        assert_eq!(By::header("x-target"), None);
        assert_eq!(By::filter_state("wasm.weir.model"), Some(By::Model));
        assert_eq!(By::filter_state("weir.target"), Some(By::Nothing));
        assert_eq!(By::filter_state("wasm.weir.tagret"), Some(By::Nothing));
        assert_eq!(By::filter_state("wasm.weir.caller"), None);
        assert_eq!(By::filter_state("wasm.other"), None);
        assert_eq!(By::header("x-weir-tagret"), Some(By::Nothing));
    }
}
