//! What Claude's generations allow, as data.
//!
//! Source: LiteLLM's model map (`supports_adaptive_thinking`, `supports_sampling_params`); Anthropic's model overview.

/// What one generation allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    /// Whether thinking is asked for as `adaptive`, with an effort, instead of a budget.
    pub(super) adaptive: bool,
    /// Whether `temperature`, `top_p` and `top_k` may be sent.
    pub(super) sampling: bool,
}

/// The rules of a model by its name: `claude-{family}-{major}-{minor}`, or the older `claude-{major}-{minor}-{family}`.
pub(super) fn rules(model: &str) -> Rules {
    let version = version(model);
    Rules {
        adaptive: version >= Some((4, 6)),
        sampling: version < Some((4, 7)),
    }
}

fn version(model: &str) -> Option<(u32, u32)> {
    let start = model.find("claude-")?;
    let name = model.get(start..)?.split(['@', ':']).next()?;
    let mut numbers = name.split(['-', '.']).filter_map(|part| {
        // A date is not a version.
        (part.len() <= 2)
            .then(|| part.parse::<u32>().ok())
            .flatten()
    });
    let major = numbers.next()?;
    Some((major, numbers.next().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_names() {
        assert_eq!(version("claude-sonnet-4-5-20250929"), Some((4, 5)));
        assert_eq!(version("claude-3-7-sonnet-latest"), Some((3, 7)));
        assert_eq!(
            version("us.anthropic.claude-opus-4-20250514-v1:0"),
            Some((4, 0))
        );
        assert_eq!(version("claude-opus-4.7"), Some((4, 7)));
        assert_eq!(version("gpt-4o"), None);
        assert!(rules("claude-opus-4-6").adaptive && rules("claude-opus-4-6").sampling);
        assert!(!rules("claude-sonnet-5").sampling);
        assert!(rules("my-deployment").sampling);
    }
}
