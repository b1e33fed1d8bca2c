//! What OpenAI's own models allow, as data, by the beginning of their names.
//!
//! Source: OpenAI's guides on reasoning and on search; errors that its API was recorded to give; LiteLLM's model map
//! for the efforts that models default to. Deployments on Azure have names of their own choice: one that is called as
//! no model here is held to nothing.

use crate::provider::{Action, Rule};

/// What one family of models allows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Family {
    /// Beginnings of its models' names.
    prefixes: &'static [&'static str],
    /// What its models' names have in them; empty where nothing more is asked.
    within: &'static str,
    /// Whether it knows neither the `system` nor the `developer` role.
    pub(super) no_system: bool,
    /// Whether it searches the web.
    pub(super) searches: bool,
    /// Rules for its fields.
    rules: &'static [Rule],
    /// Rules while it thinks, which it does unless the effort is `none`.
    thinking: &'static [Rule],
    /// Whether its effort is `none` where the request names none.
    rests: bool,
}

const ANY: Family = Family {
    prefixes: &[],
    within: "",
    no_system: false,
    searches: false,
    rules: &[],
    thinking: &[],
    rests: true,
};

const RENAMED: Rule = Rule {
    field: "max_tokens",
    action: Action::Rename("max_completion_tokens"),
};

const NO_EFFORT: Rule = refuse("reasoning_effort");

const fn refuse(field: &'static str) -> Rule {
    Rule {
        field,
        action: Action::Refuse,
    }
}

const fn only(field: &'static str, values: &'static [&'static str]) -> Rule {
    Rule {
        field,
        action: Action::Only(values),
    }
}

/// Models that think take sampling parameters at their defaults only.
const FIXED: [Rule; 6] = [
    only("temperature", &["1"]),
    only("top_p", &["1"]),
    only("presence_penalty", &["0"]),
    only("frequency_penalty", &["0"]),
    only("logprobs", &["false"]),
    only("top_logprobs", &["0"]),
];

/// The first whose name fits counts.
const FAMILIES: [Family; 8] = [
    Family {
        prefixes: &["o1-preview", "o1-mini"],
        no_system: true,
        rules: &[RENAMED, NO_EFFORT],
        thinking: &FIXED,
        rests: false,
        ..ANY
    },
    Family {
        prefixes: &["o1", "o3", "o4"],
        rules: &[RENAMED],
        thinking: &FIXED,
        rests: false,
        ..ANY
    },
    Family {
        prefixes: &["gpt-4", "gpt-5"],
        within: "-search-",
        searches: true,
        rules: &[
            refuse("temperature"),
            refuse("top_p"),
            refuse("presence_penalty"),
            refuse("frequency_penalty"),
            refuse("n"),
            NO_EFFORT,
        ],
        ..ANY
    },
    Family {
        prefixes: &["gpt-3", "gpt-4", "chatgpt-4"],
        rules: &[NO_EFFORT],
        ..ANY
    },
    Family {
        prefixes: &["gpt-5-chat"],
        rules: &[RENAMED, NO_EFFORT],
        ..ANY
    },
    Family {
        prefixes: &["gpt-5.1", "gpt-5.2", "gpt-5.4"],
        rules: &[RENAMED],
        thinking: &FIXED,
        ..ANY
    },
    Family {
        prefixes: &["gpt-5", "gpt-6", "gpt-7", "gpt-8", "gpt-9"],
        rules: &[RENAMED],
        thinking: &FIXED,
        rests: false,
        ..ANY
    },
    ANY,
];

/// The family of a model.
pub(super) fn family(model: &str) -> &'static Family {
    // `openai/gpt-5`, `ft:gpt-4o:org::id`.
    let name = model.rsplit('/').next().unwrap_or(model);
    let name = name.strip_prefix("ft:").unwrap_or(name);
    let fits = |family: &&Family| {
        name.contains(family.within) && family.prefixes.iter().any(|prefix| begins(name, prefix))
    };
    FAMILIES.iter().find(fits).unwrap_or(&ANY)
}

/// Whether a name begins so, at the end of a word: `o1` is no beginning of `o10`, nor `gpt-5.1` of `gpt-5.10`.
fn begins(name: &str, prefix: &str) -> bool {
    let rest = name.strip_prefix(prefix);
    rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
}

impl Family {
    /// The field that its models know by another name.
    pub(super) fn renamed(&self) -> Option<&'static str> {
        let mut rules = self.rules.iter();
        rules.find_map(|rule| matches!(rule.action, Action::Rename(_)).then_some(rule.field))
    }

    /// The rules of a request with this effort, JSON where the request has one.
    pub(super) fn rules(&self, effort: Option<&[u8]>) -> impl Iterator<Item = &'static Rule> {
        let rests = match effort {
            None | Some(b"null") => self.rests,
            Some(word) => word == br#""none""#,
        };
        let thinking: &'static [Rule] = if rests { &[] } else { self.thinking };
        self.rules.iter().chain(thinking)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(model: &str, effort: Option<&[u8]>) -> bool {
        family(model)
            .rules(effort)
            .any(|rule| rule.field == "temperature")
    }

    fn renames(model: &str) -> bool {
        family(model).rules(None).any(|rule| *rule == RENAMED)
    }

    #[test]
    fn models_are_found_by_their_names() {
        for model in ["o1", "o3-mini", "o4-mini-2025-04-16", "gpt-5", "gpt-5-mini"] {
            assert!(renames(model) && fixed(model, None), "{model}");
        }
        for model in [
            "gpt-4o",
            "gpt-4.1-nano",
            "gpt-3.5-turbo",
            "my-deployment",
            "o10",
        ] {
            assert!(!renames(model) && !fixed(model, None), "{model}");
        }
        assert!(family("o1-preview-2024-09-12").no_system && !family("o1-2024-12-17").no_system);
        assert!(family("gpt-4o-search-preview").searches && family("gpt-5-search-api").searches);
        assert!(renames("openai/gpt-5.1") && renames("ft:gpt-5:org::x"));
    }

    #[test]
    fn sampling_is_free_while_a_model_rests() {
        assert!(!fixed("gpt-5.1", None) && !fixed("gpt-5", Some(br#""none""#)));
        assert!(fixed("gpt-5.1", Some(br#""low""#)) && fixed("gpt-5.3", None));
        assert!(!fixed("gpt-5-chat-latest", None));
    }
}
