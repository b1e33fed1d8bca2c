//! What is peculiar to hosts of OpenAI's wire.

use crate::provider::{Action, Documents, Members, Quirks, ReasoningForm, Rule, Schemas, Thoughts};

/// Members of messages that other hosts and gateways answer with, and their clients send back.
pub(super) const FOREIGN: &[&str] = &[
    "reasoning_content",
    "reasoning",
    "reasoning_details",
    "thinking_blocks",
    "provider_specific_fields",
    "extra_content",
    "cache_control",
];

const fn rename(field: &'static str, to: &'static str) -> Rule {
    rule(field, Action::Rename(to))
}

const fn refuse(field: &'static str) -> Rule {
    rule(field, Action::Refuse)
}

const fn refuse_but(field: &'static str, value: &'static str) -> Rule {
    rule(field, Action::RefuseBut(value))
}

const fn rule(field: &'static str, action: Action) -> Rule {
    Rule { field, action }
}

/// For hosts that pass over OpenAI's newer name of the limit.
const MAX_TOKENS: Rule = rename("max_completion_tokens", "max_tokens");

/// A host that serves models of others: `system` is the role that their templates know.
pub(super) const HOSTED: Quirks = Quirks {
    no_developer: true,
    ..Quirks::NONE
};

/// One that knows the limit by its older name only.
pub(super) const OLDER: Quirks = Quirks {
    fields: &[MAX_TOKENS],
    ..HOSTED
};

/// One that samples among the likeliest as well.
pub(super) const TOP_K: Quirks = Quirks {
    top_k: true,
    ..HOSTED
};

/// One whose content must be a string where it is text.
pub(super) const STRINGS: Quirks = Quirks {
    string_content: true,
    ..HOSTED
};

/// [`STRINGS`] and [`OLDER`].
pub(super) const OLDER_STRINGS: Quirks = Quirks {
    string_content: true,
    ..OLDER
};

/// Source: Mistral's OpenAPI description, which allows no other fields, of requests and of messages. That a tool's
/// result must not be followed by the user, and what ids look like, its API's errors say.
pub(super) const MISTRAL: Quirks = Quirks {
    fields: &[
        MAX_TOKENS,
        rename("seed", "random_seed"),
        rule("temperature", Action::AtMost("1.5")),
        rule("reasoning_effort", Action::Only(&["\"high\"", "\"none\""])),
        rule("stream_options", Action::LeaveOut),
        refuse_but("logprobs", "false"),
        refuse_but("top_logprobs", "0"),
        refuse_but("store", "false"),
        refuse_but("service_tier", "\"auto\""),
        refuse_but("modalities", "[\"text\"]"),
        refuse("logit_bias"),
        refuse("user"),
        refuse("safety_identifier"),
        refuse("verbosity"),
        refuse("audio"),
        refuse("web_search_options"),
        refuse("prompt_cache_retention"),
        refuse("thinking"),
        refuse("reasoning"),
        refuse("top_k"),
    ],
    no_stream_options: true,
    no_names: true,
    members: Members::Only(&[
        "role",
        "content",
        "name",
        "tool_calls",
        "tool_call_id",
        "prefix",
    ]),
    nine_character_ids: true,
    no_functions: true,
    assistant_after_tool: true,
    documents: Documents::DocumentUrl,
    prefill: "prefix",
    ..HOSTED
};

/// Source: Groq's API reference, and its guide on structured outputs; that it refuses `reasoning_content` and members
/// that are `null`, its errors say.
pub(super) const GROQ: Quirks = Quirks {
    fields: &[
        rule("n", Action::Only(&["1"])),
        refuse_but("logprobs", "false"),
        refuse_but("top_logprobs", "0"),
        refuse("logit_bias"),
        refuse("web_search_options"),
        rule(
            "service_tier",
            Action::Spell("\"default\"", "\"on_demand\""),
        ),
    ],
    members: Members::Without(&[
        "reasoning_content",
        "reasoning_details",
        "thinking_blocks",
        "provider_specific_fields",
        "extra_content",
        "cache_control",
    ]),
    no_nulls: true,
    schemas: Schemas::Only(&["gpt-oss", "kimi-k2", "llama-4"]),
    thoughts: Thoughts::Member("reasoning"),
    ..Quirks::NONE
};

/// Source: DeepSeek's documentation on thinking and tools: the thinking before a call must come back with it. Its API's
/// errors say that it has no `json_schema`, and that what thinks cannot be made to call.
pub(super) const DEEPSEEK: Quirks = Quirks {
    schemas: Schemas::Only(&[]),
    no_forcing_of_thinkers: true,
    ..AS_DEEPSEEK
};

/// Hosts that are told to think as DeepSeek is.
const AS_DEEPSEEK: Quirks = Quirks {
    fields: &[MAX_TOKENS],
    string_content: true,
    no_functions: true,
    thoughts: Thoughts::Member("reasoning_content"),
    reasoning: ReasoningForm::Thinking,
    ..HOSTED
};

/// Source: Moonshot's guide on moving from OpenAI.
pub(super) const MOONSHOT: Quirks = Quirks {
    fields: &[
        rule("tool_choice", Action::Not("\"required\"")),
        rule("temperature", Action::AtMost("1")),
    ],
    prefill: "partial",
    ..AS_DEEPSEEK
};

/// Z.AI and others that are told to think as DeepSeek is, and take lists of texts.
pub(super) const THINKING: Quirks = Quirks {
    string_content: false,
    ..AS_DEEPSEEK
};

/// Source: Alibaba's documentation of the compatible mode.
pub(super) const QWEN: Quirks = Quirks {
    reasoning: ReasoningForm::EnableThinking,
    thoughts: Thoughts::Member("reasoning_content"),
    prefill: "partial",
    top_k: true,
    video: true,
    ..HOSTED
};

/// MiniMax gives and takes thinking in OpenRouter's form.
pub(super) const MINIMAX: Quirks = Quirks {
    thoughts: Thoughts::Details,
    ..HOSTED
};

pub(super) const XAI: Quirks = Quirks {
    no_names: true,
    ..Quirks::NONE
};

pub(super) const CEREBRAS: Quirks = Quirks {
    fields: &[
        refuse_but("frequency_penalty", "0"),
        refuse_but("presence_penalty", "0"),
        refuse("logit_bias"),
    ],
    ..Quirks::NONE
};

pub(super) const PERPLEXITY: Quirks = Quirks {
    fields: &[
        MAX_TOKENS,
        refuse_but("tools", "[]"),
        refuse_but("tool_choice", "\"none\""),
        refuse("parallel_tool_calls"),
        refuse("functions"),
        refuse("function_call"),
    ],
    documents: Documents::FileUrl,
    top_k: true,
    web_search: true,
    ..HOSTED
};

/// Source: Cohere's documentation of the compatibility API: what it lists as not supported.
pub(super) const COHERE: Quirks = Quirks {
    fields: &[
        MAX_TOKENS,
        refuse_but("n", "1"),
        refuse_but("parallel_tool_calls", "true"),
        refuse_but("store", "false"),
        refuse_but("modalities", "[\"text\"]"),
        refuse_but("top_logprobs", "0"),
        refuse("logit_bias"),
        refuse("metadata"),
        refuse("prediction"),
        refuse("audio"),
        refuse("service_tier"),
    ],
    ..HOSTED
};

pub(super) const FIREWORKS: Quirks = Quirks {
    fields: &[
        MAX_TOKENS,
        rule("tool_choice", Action::Spell("\"required\"", "\"any\"")),
    ],
    members: Members::Without(&[
        "thinking_blocks",
        "provider_specific_fields",
        "cache_control",
    ]),
    no_strict: true,
    thoughts: Thoughts::Member("reasoning_content"),
    top_k: true,
    ..HOSTED
};

pub(super) const TOGETHER: Quirks = Quirks {
    fields: &[MAX_TOKENS],
    top_k: true,
    video: true,
    ..HOSTED
};

pub(super) const SCX: Quirks = Quirks {
    fields: &[MAX_TOKENS, rule("temperature", Action::AtMost("1.99"))],
    ..HOSTED
};

pub(super) const STREAMLAKE: Quirks = Quirks {
    fields: &[rename("max_tokens", "max_completion_tokens")],
    cache_markers: true,
    ..HOSTED
};

/// Parasail keeps nothing.
pub(super) const PARASAIL: Quirks = Quirks {
    fields: &[refuse_but("store", "false")],
    top_k: true,
    ..HOSTED
};

/// Source: LiteLLM, for what its Claude endpoints take: no `json_schema`, and results only right after their calls.
pub(super) const DATABRICKS: Quirks = Quirks {
    fields: &[MAX_TOKENS],
    one_call_per_turn: true,
    schemas: Schemas::Not(&["claude"]),
    cache_markers: true,
    ..HOSTED
};

/// Source: Google's documentation of its OpenAI layer, and of thought signatures.
pub(super) const GOOGLE: Quirks = Quirks {
    google_signatures: true,
    ..HOSTED
};

/// Azure's deployments refuse calls without arguments.
pub(super) const AZURE: Quirks = Quirks {
    no_null_arguments: true,
    ..super::NATIVE
};

/// Source: OpenRouter's API reference.
pub(super) const OPENROUTER: Quirks = Quirks {
    fields: &[rule(
        "reasoning_effort",
        Action::Spell("\"max\"", "\"xhigh\""),
    )],
    thoughts: Thoughts::Details,
    reasoning: ReasoningForm::Object,
    documents: Documents::FileOrUrl,
    cache_markers: true,
    video: true,
    top_k: true,
    web_search: true,
    ..Quirks::NONE
};

/// Vercel's gateway, and others that give and take thinking as OpenRouter does.
pub(super) const DETAILS: Quirks = Quirks {
    thoughts: Thoughts::Details,
    reasoning: ReasoningForm::Object,
    cache_markers: true,
    ..Quirks::NONE
};

/// LiteLLM translates what it is sent.
pub(super) const LITELLM: Quirks = Quirks {
    thoughts: Thoughts::Member("reasoning_content"),
    documents: Documents::FileOrUrl,
    cache_markers: true,
    top_k: true,
    web_search: true,
    ..Quirks::NONE
};

/// vLLM, SGLang and hosts of them.
pub(super) const VLLM: Quirks = Quirks {
    thoughts: Thoughts::Member("reasoning_content"),
    top_k: true,
    video: true,
    ..HOSTED
};

pub(super) const OLLAMA: Quirks = Quirks {
    thoughts: Thoughts::Member("reasoning"),
    ..HOSTED
};
