//! What Gemini's generations allow, as data.
//!
//! Source: Google's pages "Gemini thinking" (levels, budgets), "Structured output", "Thought signatures" and "Gemini 3
//! developer guide".

/// How a model is told how much to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thinking {
    /// It does not think, and refuses `thinkingConfig`.
    None,
    /// By tokens, these at least; whether it can be told not to.
    Budget {
        /// Fewest tokens.
        least: u64,
        /// Most tokens.
        most: u64,
        /// Whether 0 is allowed.
        off: bool,
    },
    /// By level: those that it knows, from the least.
    Levels(&'static [&'static str]),
}

/// What one generation allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    /// How it is told how much to think.
    pub(super) thinking: Thinking,
    /// Whether schemas are JSON Schema (`parametersJsonSchema`, `responseJsonSchema`), else OpenAPI's subset.
    pub(super) json_schema: bool,
    /// Whether calls have ids that must come back, and media of results a place in them; and whether the current
    /// turn's calls must have their signatures.
    pub(super) third: bool,
    /// Whether penalties may be sent.
    pub(super) penalties: bool,
}

/// A row: the rules of models from this version on whose name has this word.
type Row = ((u32, u32), &'static str, Rules);

const ALL_LEVELS: Thinking = Thinking::Levels(&["minimal", "low", "medium", "high"]);

const THIRD: Rules = Rules {
    thinking: ALL_LEVELS,
    json_schema: true,
    third: true,
    penalties: false,
};

const SECOND: Rules = Rules {
    thinking: Thinking::None,
    json_schema: true,
    third: false,
    penalties: true,
};

const FIRST: Rules = Rules {
    json_schema: false,
    ..SECOND
};

const fn budget(least: u64, most: u64, off: bool) -> Rules {
    Rules {
        thinking: Thinking::Budget { least, most, off },
        ..SECOND
    }
}

/// The newest first; of one version the narrower name first.
const ROWS: [Row; 9] = [
    (
        (3, 1),
        "pro",
        Rules {
            thinking: Thinking::Levels(&["low", "medium", "high"]),
            ..THIRD
        },
    ),
    (
        (3, 0),
        "pro",
        Rules {
            thinking: Thinking::Levels(&["low", "high"]),
            ..THIRD
        },
    ),
    ((3, 0), "", THIRD),
    ((2, 5), "image", SECOND),
    ((2, 5), "tts", SECOND),
    ((2, 5), "flash-lite", budget(512, 24_576, true)),
    ((2, 5), "flash", budget(1, 24_576, true)),
    ((2, 5), "", budget(128, 32_768, false)),
    ((2, 0), "", SECOND),
];

/// The rules of a model by its name, `gemini-{major}.{minor}-{family}-…`. An alias such as `gemini-flash-latest` has
/// the newest's; so has what is not known by its name (tuned models' endpoints), but for what the newest alone take.
pub(super) fn rules(model: &str) -> Rules {
    let name = model.rsplit('/').next().unwrap_or(model);
    let Some(own) = name.strip_prefix("gemini-") else {
        return Rules {
            third: false,
            penalties: true,
            // Every generation that thinks takes a budget.
            thinking: Thinking::Budget {
                least: 128,
                most: 24_576,
                off: true,
            },
            ..THIRD
        };
    };
    let version = version(own).unwrap_or((u32::MAX, 0));
    let row = ROWS
        .iter()
        .find(|(from, word, _)| version >= *from && own.contains(word));
    row.map_or(FIRST, |(_, _, rules)| *rules)
}

fn version(own: &str) -> Option<(u32, u32)> {
    let number = own.split('-').next()?;
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Tokens for an effort. Source: LiteLLM's default budgets.
pub(super) fn tokens(effort: &str) -> Option<u64> {
    Some(match effort {
        "minimal" => 1,
        "low" => 1024,
        "medium" => 2048,
        "high" => 4096,
        "xhigh" => 8192,
        "max" => 16_384,
        _ => return None,
    })
}

/// The level for an effort: the least known that is as much, else the most.
pub(super) fn level(effort: &str, known: &[&'static str]) -> Option<&'static str> {
    let order = ["minimal", "low", "medium", "high", "xhigh", "max"];
    let rank = |word: &str| order.iter().position(|known| *known == word);
    let wanted = rank(effort)?;
    let enough = known.iter().find(|word| rank(word) >= Some(wanted));
    enough.or(known.last()).copied()
}

/// The level whose tokens are nearest below a budget.
pub(super) fn level_of(budget: u64, known: &[&'static str]) -> Option<&'static str> {
    let effort = match budget {
        0..1024 => "minimal",
        1024..2048 => "low",
        2048..4096 => "medium",
        _ => "high",
    };
    level(effort, known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_generations() {
        assert!(!rules("gemini-1.5-flash").json_schema);
        assert_eq!(rules("gemini-2.0-flash-001").thinking, Thinking::None);
        assert_eq!(rules("gemini-2.5-flash-image").thinking, Thinking::None);
        assert!(matches!(
            rules("gemini-2.5-pro").thinking,
            Thinking::Budget { off: false, .. }
        ));
        assert_eq!(
            rules("gemini-3-pro-preview").thinking,
            Thinking::Levels(&["low", "high"])
        );
        assert_eq!(rules("models/gemini-3.6-flash").thinking, ALL_LEVELS);
        assert!(rules("gemini-flash-latest").third && !rules("1234567890").third);
    }

    #[test]
    fn efforts_find_a_level() {
        assert_eq!(level("minimal", &["low", "high"]), Some("low"));
        assert_eq!(level("medium", &["low", "high"]), Some("high"));
        assert_eq!(level("max", &["low", "high"]), Some("high"));
        assert_eq!(level("oops", &["low"]), None);
        assert_eq!(
            level_of(2100, &["minimal", "low", "medium", "high"]),
            Some("medium")
        );
    }
}
