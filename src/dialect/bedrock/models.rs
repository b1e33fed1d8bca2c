//! What the model families on Bedrock take, as data.
//!
//! Source: AWS's user guide ("Supported models and model features", "Prompt caching", "Structured outputs",
//! `ToolChoice`); LiteLLM's Converse transformation; recorded traffic.

use crate::dialect::anthropic::models::version;

/// How a family is told to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Think {
    /// It cannot be told.
    No,
    /// It always does.
    Always,
    /// `thinking{type:"enabled",budget_tokens}`.
    Budget,
    /// `thinking{type:"adaptive"}` and `output_config.effort`.
    Adaptive,
    /// `reasoning_effort`: `low`, `medium`, `high`.
    Effort,
    /// `reasoning{effort}`.
    EffortObject,
    /// `reasoningConfig{type:"enabled",maxReasoningEffort}`.
    Nova,
}

/// How long a family keeps a prompt's cached prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cache {
    /// It has no cache.
    No,
    /// Five minutes.
    Short,
    /// Five minutes, or an hour where that is asked for.
    Long,
}

/// How a family can be made to call a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Force {
    /// Not at all.
    No,
    /// Any tool.
    Any,
    /// Any tool, or one by name.
    Tool,
}

/// What a family takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    /// Whether it is Claude, whose request fields are Anthropic's.
    pub(super) claude: bool,
    pub(super) think: Think,
    /// The name of `top_k` among the model's own fields; a dot separates levels.
    pub(super) top_k: Option<&'static str>,
    /// Whether temperature and its like may be sent.
    pub(super) sampling: bool,
    /// Whether temperature and `topP` exclude each other.
    pub(super) one_sampler: bool,
    pub(super) cache: Cache,
    /// Whether the cached prefix may end among the tools.
    pub(super) cache_tools: bool,
    pub(super) force: Force,
    /// Whether it has JSON of a schema (`outputConfig.textFormat`).
    pub(super) schema: bool,
    /// Whether a tool can be `strict`.
    pub(super) strict: bool,
    /// Whether it takes stop sequences.
    pub(super) stop: bool,
    /// Least `maxTokens`.
    pub(super) least_tokens: u64,
    /// Its own search of the web, and its own interpreter of code.
    pub(super) web_search: Option<&'static str>,
    pub(super) code: Option<&'static str>,
    /// Whether a turn with tools' results may have nothing else.
    pub(super) results_alone: bool,
    /// Whether a result can say that its tool failed.
    pub(super) result_status: bool,
    /// Whether it takes a system prompt.
    pub(super) system: bool,
    /// Whether it takes its signed thinking back.
    pub(super) replay: bool,
}

/// What most families have in common.
const PLAIN: Rules = Rules {
    claude: false,
    think: Think::No,
    top_k: None,
    sampling: true,
    one_sampler: false,
    cache: Cache::No,
    cache_tools: false,
    force: Force::No,
    schema: false,
    strict: false,
    stop: true,
    least_tokens: 1,
    web_search: None,
    code: None,
    results_alone: false,
    result_status: false,
    system: true,
    replay: false,
};

/// What a model whose name says nothing (an application inference profile, an imported model) is taken for: what the
/// client asks for is sent, and Bedrock judges.
const UNKNOWN: Rules = Rules {
    cache: Cache::Long,
    cache_tools: true,
    force: Force::Tool,
    result_status: true,
    replay: true,
    ..PLAIN
};

const CLAUDE: Rules = Rules {
    claude: true,
    top_k: Some("top_k"),
    force: Force::Tool,
    result_status: true,
    replay: true,
    ..PLAIN
};

const NOVA: Rules = Rules {
    top_k: Some("inferenceConfig.topK"),
    cache: Cache::Short,
    force: Force::Tool,
    result_status: true,
    results_alone: true,
    ..PLAIN
};

/// Open weights whose answers Bedrock holds to a schema.
const HELD: Rules = Rules {
    schema: true,
    ..PLAIN
};

/// Families that refuse stop sequences and very short answers.
const LATE: Rules = Rules {
    stop: false,
    least_tokens: 16,
    ..HELD
};

/// Families by a piece of their models' names; the first that is in a name counts. Claude has its own rules, by version.
const FAMILIES: [(&str, Rules); 27] = [
    (
        "nova-2",
        Rules {
            think: Think::Nova,
            web_search: Some("nova_grounding"),
            code: Some("nova_code_interpreter"),
            results_alone: false,
            ..NOVA
        },
    ),
    (
        "nova-premier",
        Rules {
            web_search: Some("nova_grounding"),
            ..NOVA
        },
    ),
    ("nova", NOVA),
    (
        "gpt-oss",
        Rules {
            think: Think::Effort,
            ..HELD
        },
    ),
    (
        "openai.",
        Rules {
            think: Think::EffortObject,
            ..LATE
        },
    ),
    (
        "deepseek.r1",
        Rules {
            think: Think::Always,
            ..PLAIN
        },
    ),
    (
        "deepseek",
        Rules {
            think: Think::Effort,
            ..HELD
        },
    ),
    ("moonshot", LATE),
    ("kimi", LATE),
    ("xai.", LATE),
    ("grok", LATE),
    ("qwen", HELD),
    ("minimax", HELD),
    ("gemma", HELD),
    ("nemotron", HELD),
    ("ministral", HELD),
    ("magistral", HELD),
    ("voxtral", HELD),
    (
        "mistral-large-3",
        Rules {
            force: Force::Any,
            ..HELD
        },
    ),
    (
        "mistral-7b",
        Rules {
            top_k: Some("top_k"),
            system: false,
            ..PLAIN
        },
    ),
    (
        "mixtral",
        Rules {
            top_k: Some("top_k"),
            system: false,
            ..PLAIN
        },
    ),
    (
        "mistral",
        Rules {
            top_k: Some("top_k"),
            force: Force::Any,
            ..PLAIN
        },
    ),
    (
        "titan",
        Rules {
            system: false,
            ..PLAIN
        },
    ),
    (
        "cohere",
        Rules {
            top_k: Some("k"),
            ..PLAIN
        },
    ),
    ("llama", PLAIN),
    ("jamba", PLAIN),
    ("palmyra", PLAIN),
];

/// The rules of a model: by its name upstream or, where that is an opaque one, by the client's name for it.
pub(super) fn rules(upstream: &str, asked: &str) -> Rules {
    known(upstream).or_else(|| known(asked)).unwrap_or(UNKNOWN)
}

fn known(model: &str) -> Option<Rules> {
    let model = model.to_ascii_lowercase();
    if model.contains("claude") {
        return Some(claude(&model));
    }
    let found = FAMILIES.iter().find(|(name, _)| model.contains(name));
    found.map(|(_, rules)| *rules)
}

fn claude(model: &str) -> Rules {
    let version = version(model).unwrap_or((0, 0));
    Rules {
        think: match version {
            (4, 6..) | (5.., _) => Think::Adaptive,
            (3, 7..) | (4, _) => Think::Budget,
            _ => Think::No,
        },
        sampling: version < (4, 7),
        one_sampler: version >= (4, 1),
        cache: match version {
            (4, 5..) | (5.., _) => Cache::Long,
            (3, 5..) | (4, _) => Cache::Short,
            _ => Cache::No,
        },
        cache_tools: true,
        schema: version >= (4, 5),
        // Bedrock refuses it for these two.
        strict: version >= (4, 5) && !model.contains("opus-4-7") && !model.contains("opus-4-8"),
        ..CLAUDE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_families() {
        let think = |model: &str| rules(model, "").think;
        assert_eq!(
            think("us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
            Think::Budget
        );
        assert_eq!(
            think("anthropic.claude-3-7-sonnet-20250219-v1:0"),
            Think::Budget
        );
        assert_eq!(
            think("anthropic.claude-3-5-sonnet-20240620-v1:0"),
            Think::No
        );
        assert_eq!(
            think("global.anthropic.claude-opus-4-6-v1"),
            Think::Adaptive
        );
        assert_eq!(think("us.anthropic.claude-sonnet-5"), Think::Adaptive);
        assert_eq!(think("openai.gpt-oss-120b-1:0"), Think::Effort);
        assert_eq!(think("us.openai.gpt-5.2"), Think::EffortObject);
        assert_eq!(think("us.amazon.nova-2-lite-v1:0"), Think::Nova);
        assert_eq!(think("amazon.nova-pro-v1:0"), Think::No);
        assert_eq!(think("us.deepseek.r1-v1:0"), Think::Always);
    }

    #[test]
    fn an_opaque_name_is_read_by_the_clients() {
        let arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/1abc";
        assert!(rules(arn, "claude-sonnet-4-5").schema);
        assert_eq!(rules(arn, "fast"), UNKNOWN);
        let arn = "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-7-v1:0";
        assert!(!rules(arn, "").sampling && !rules(arn, "").strict);
        assert_eq!(rules("anthropic.claude-v2:1", "").cache, Cache::No);
    }
}
