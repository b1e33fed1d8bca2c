//! What Claude's generations allow, as data.
//!
//! Sources: Anthropic's model overview, "Thinking", "Effort", "Structured outputs", "Mid-conversation system messages" and
//! migration guides; LiteLLM's model map; pydantic-ai's profiles, whose notes say what was tried against the API.

/// How a generation thinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thinks {
    /// It cannot be told to.
    Never,
    /// For a number of tokens (`enabled`, `budget_tokens`).
    Budget,
    /// As it sees fit, at an effort (`adaptive`).
    Adaptive,
}

/// Whether a generation thinks without being told to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unasked {
    /// It does not.
    No,
    /// It does, unless it is told not to.
    Yes,
    /// It always does, and refuses to be told not to.
    Always,
}

/// Which of `temperature`, `top_p` and `top_k` may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sampling {
    /// Any.
    Any,
    /// Any, but not both of `temperature` and `top_p`.
    Either,
    /// None.
    None,
}

/// What one generation allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    /// How it thinks.
    pub(super) thinks: Thinks,
    /// Whether it thinks unasked.
    pub(super) unasked: Unasked,
    /// Whether it knows the effort `xhigh`; others know `max` in its place.
    pub(super) xhigh: bool,
    /// What may be said of sampling.
    pub(super) sampling: Sampling,
    /// Whether a conversation may end with the assistant's words, which the model then continues.
    pub(super) prefill: bool,
    /// Whether it can be made to call a tool.
    pub(super) forced_tools: bool,
    /// Whether system messages may stand among the others, where the host allows them.
    pub(super) system_inside: bool,
    /// Whether it knows `output_config.format` and strict tools.
    pub(super) schema: bool,
}

/// One generation: the families it holds for, none for all, the first version it holds for, and its rules.
struct Row {
    families: &'static [&'static str],
    from: (u32, u32),
    rules: Rules,
}

/// Claude 4.7.
const ADAPTIVE: Rules = Rules {
    thinks: Thinks::Adaptive,
    unasked: Unasked::No,
    xhigh: true,
    sampling: Sampling::None,
    prefill: false,
    forced_tools: true,
    system_inside: false,
    schema: true,
};

/// A name that tells no generation, such as a deployment's.
const UNKNOWN: Rules = Rules {
    thinks: Thinks::Budget,
    unasked: Unasked::No,
    xhigh: false,
    sampling: Sampling::Any,
    prefill: true,
    forced_tools: true,
    system_inside: false,
    schema: false,
};

/// Newest first: the first row that fits holds, also for what comes after it.
const ROWS: [Row; 14] = [
    Row {
        families: &["fable", "mythos"],
        from: (5, 1),
        rules: Rules {
            unasked: Unasked::Always,
            forced_tools: false,
            system_inside: true,
            ..ADAPTIVE
        },
    },
    Row {
        families: &["opus"],
        from: (5, 5),
        rules: Rules {
            unasked: Unasked::Always,
            forced_tools: false,
            system_inside: true,
            ..ADAPTIVE
        },
    },
    Row {
        families: &["sonnet"],
        from: (5, 5),
        rules: Rules {
            unasked: Unasked::Yes,
            forced_tools: false,
            ..ADAPTIVE
        },
    },
    Row {
        families: &["fable", "mythos"],
        from: (5, 0),
        rules: Rules {
            unasked: Unasked::Always,
            system_inside: true,
            ..ADAPTIVE
        },
    },
    Row {
        families: &["opus"],
        from: (5, 0),
        rules: Rules {
            unasked: Unasked::Yes,
            system_inside: true,
            ..ADAPTIVE
        },
    },
    Row {
        families: &[],
        from: (5, 0),
        rules: Rules {
            unasked: Unasked::Yes,
            ..ADAPTIVE
        },
    },
    Row {
        families: &["opus"],
        from: (4, 8),
        rules: Rules {
            system_inside: true,
            ..ADAPTIVE
        },
    },
    Row {
        families: &[],
        from: (4, 7),
        rules: ADAPTIVE,
    },
    Row {
        families: &[],
        from: (4, 6),
        rules: Rules {
            xhigh: false,
            sampling: Sampling::Either,
            ..ADAPTIVE
        },
    },
    Row {
        families: &[],
        from: (4, 5),
        rules: Rules {
            sampling: Sampling::Either,
            schema: true,
            ..UNKNOWN
        },
    },
    Row {
        families: &["opus"],
        from: (4, 1),
        rules: Rules {
            sampling: Sampling::Either,
            schema: true,
            ..UNKNOWN
        },
    },
    Row {
        families: &[],
        from: (3, 7),
        rules: UNKNOWN,
    },
    // The preview has no number.
    Row {
        families: &["mythos"],
        from: (0, 0),
        rules: Rules {
            unasked: Unasked::Always,
            ..ADAPTIVE
        },
    },
    Row {
        families: &[],
        from: (0, 1),
        rules: Rules {
            thinks: Thinks::Never,
            ..UNKNOWN
        },
    },
];

/// The rules of a model by its name: `claude-{family}-{major}-{minor}`, or the older `claude-{major}-{minor}-{family}`,
/// with whatever a host puts before or after it.
pub(super) fn rules(model: &str) -> Rules {
    let name = model.to_ascii_lowercase();
    let version = version(&name).unwrap_or_default();
    let fits = |row: &&Row| {
        let family =
            row.families.is_empty() || row.families.iter().any(|family| name.contains(family));
        family && version >= row.from
    };
    ROWS.iter().find(fits).map_or(UNKNOWN, |row| row.rules)
}

/// `claude-{family}-{major}-{minor}`, or the older `claude-{major}-{minor}-{family}`.
pub(in crate::dialect) fn version(model: &str) -> Option<(u32, u32)> {
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
    }

    #[test]
    fn generations_have_their_rules() {
        use Thinks::{Adaptive, Budget, Never};
        let thinks = |model| (rules(model).thinks, rules(model).unasked);
        assert_eq!(thinks("claude-3-5-sonnet-20241022"), (Never, Unasked::No));
        assert_eq!(thinks("claude-3-7-sonnet@20250219"), (Budget, Unasked::No));
        assert_eq!(thinks("claude-opus-4-5"), (Budget, Unasked::No));
        assert_eq!(thinks("claude-sonnet-4-6"), (Adaptive, Unasked::No));
        assert_eq!(thinks("claude-sonnet-5"), (Adaptive, Unasked::Yes));
        assert_eq!(
            thinks("anthropic.claude-opus-5-5"),
            (Adaptive, Unasked::Always)
        );
        assert_eq!(thinks("claude-mythos-preview"), (Adaptive, Unasked::Always));
        assert_eq!(thinks("my-deployment"), (Budget, Unasked::No));
        for (model, forced, inside) in [
            ("claude-fable-5", true, true),
            ("claude-fable-5-1", false, true),
            ("claude-opus-5-5", false, true),
            ("claude-sonnet-5-5", false, false),
            ("claude-haiku-5-5", true, false),
            ("claude-opus-4-8", true, true),
            ("claude-opus-4-7", true, false),
        ] {
            let rules = rules(model);
            assert_eq!(
                (rules.forced_tools, rules.system_inside),
                (forced, inside),
                "{model}"
            );
        }
        let schema = |model| rules(model).schema;
        assert!(schema("claude-haiku-4-5") && schema("claude-opus-4-1-20250805"));
        assert!(!schema("claude-sonnet-4-20250514") && !schema("claude-3-5-haiku-latest"));
        assert!(!rules("claude-opus-4-6").prefill && rules("claude-sonnet-4-5").prefill);
    }
}
