//! What is peculiar to a provider of OpenAI's wire, as data: rules for its requests.
//!
//! A rule is there only where the provider would refuse the request otherwise, or leave a limit unheeded: what it
//! accepts passes as the client sent it.

use crate::search::has;

/// What is peculiar to a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quirks {
    /// Whether it is OpenAI's own, whose models have rules by their names, and which refuses other hosts' fields.
    pub native_openai: bool,
    /// Whether it refuses `stream_options`; such hosts send usage unasked.
    pub no_stream_options: bool,
    /// Rules for top-level fields of a chat.
    pub fields: &'static [Rule],
    /// Whether it refuses the `developer` role: such messages become `system`.
    pub no_developer: bool,
    /// Whether it refuses `name` on messages other than a tool's.
    pub no_names: bool,
    /// Which members a message may have.
    pub members: Members,
    /// Whether ids of tools' calls are nine letters or digits: others are replaced, always the same way.
    pub nine_character_ids: bool,
    /// Whether content that is a list of texts must be one string.
    pub string_content: bool,
    /// Whether it refuses members of an assistant's message that are `null`.
    pub no_nulls: bool,
    /// Whether it refuses arguments of a call that are `null`.
    pub no_null_arguments: bool,
    /// Whether it refuses `strict` in a function.
    pub no_strict: bool,
    /// Whether it has no `functions` and `function_call`, OpenAI's legacy form of `tools`.
    pub no_functions: bool,
    /// Whether a tool's result must directly follow the message that has the call: turns with more calls are taken apart.
    pub one_call_per_turn: bool,
    /// Which models take a `response_format` of type `json_schema`; others are made to call a tool with this schema.
    pub schemas: Schemas,
    /// Whether no call can be forced while the model thinks, which it does unless it is told not to.
    pub no_forcing_of_thinkers: bool,
    /// Whether a tool's result must be followed by an assistant's message: an empty one goes before the user's.
    pub assistant_after_tool: bool,
    /// How it takes the thinking of earlier turns back from other wires' clients.
    pub thoughts: Thoughts,
    /// How it is told to think by other wires' clients.
    pub reasoning: ReasoningForm,
    /// How it takes documents from other wires' clients.
    pub documents: Documents,
    /// The member that makes the last message, an assistant's, the beginning of the answer; empty where none is needed.
    pub prefill: &'static str,
    /// Whether it heeds Anthropic's prompt-cache markers (`cache_control`) in parts, calls and tools.
    pub cache_markers: bool,
    /// Whether it takes `video_url` parts.
    pub video: bool,
    /// Whether it takes `top_k`.
    pub top_k: bool,
    /// Whether it takes `web_search_options` with any model.
    pub web_search: bool,
    /// Whether it takes Gemini's signatures back in `extra_content.google.thought_signature`.
    pub google_signatures: bool,
}

/// Which models take a schema for their answer, by pieces of their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schemas {
    /// All.
    All,
    /// Those with one of these in their names.
    Only(&'static [&'static str]),
    /// Those with none of these in their names.
    Not(&'static [&'static str]),
}

impl Schemas {
    /// Whether the model of this name takes one.
    pub fn has(self, model: &str) -> bool {
        let (pieces, wanted) = match self {
            Schemas::All => return true,
            Schemas::Only(pieces) => (pieces, true),
            Schemas::Not(pieces) => (pieces, false),
        };
        let named = |piece: &&str| has(model.as_bytes(), piece.as_bytes());
        pieces.iter().any(named) == wanted
    }
}

/// A rule for one top-level field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The field's name.
    pub field: &'static str,
    /// What becomes of it.
    pub action: Action,
}

/// What becomes of a field that is there and not `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It has another name here. Where both are there, `max_completion_tokens` counts, else the provider's own.
    Rename(&'static str),
    /// The provider does not have it: `unsupported_params` says what becomes of it.
    Refuse,
    /// As [`Action::Refuse`], but at this value (JSON), which asks for what is done anyway, it is left out.
    RefuseBut(&'static str),
    /// The provider does not have it, and no answer depends on it: it is left out.
    LeaveOut,
    /// It has only these values (JSON); others are unsupported.
    Only(&'static [&'static str]),
    /// It has not this value (JSON), which is unsupported.
    Not(&'static str),
    /// It is a number of at most this; more is unsupported.
    AtMost(&'static str),
    /// This value (JSON) is spelled so here.
    Spell(&'static str, &'static str),
}

/// Which members a message may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Members {
    /// Any: the host passes over what it does not know.
    Any,
    /// Not these, nor `cache_control` in parts, calls and tools where it is among them.
    Without(&'static [&'static str]),
    /// Only these.
    Only(&'static [&'static str]),
}

/// How thinking of earlier turns is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thoughts {
    /// Not at all: it is left out, and made anew.
    Omitted,
    /// As this member of the message: a string.
    Member(&'static str),
    /// As OpenRouter's `reasoning_details`.
    Details,
}

/// How a model is told to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasoningForm {
    /// `reasoning_effort`, a word.
    Effort,
    /// `thinking{type}`, and `reasoning_effort` beside it where a word is known.
    Thinking,
    /// `enable_thinking` and `thinking_budget`.
    EnableThinking,
    /// `reasoning{effort | max_tokens | enabled}`.
    Object,
}

/// How documents are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Documents {
    /// `file` with `file_data` or `file_id`; no URLs.
    File,
    /// `file`, whose `file_data` may be an URL.
    FileOrUrl,
    /// `document_url`, an URL or a `data:` URL.
    DocumentUrl,
    /// `file_url{url}`, an URL or plain base64.
    FileUrl,
}

impl Quirks {
    /// A provider like any other, of which nothing is known.
    pub const NONE: Quirks = Quirks {
        native_openai: false,
        no_stream_options: false,
        fields: &[],
        no_developer: false,
        no_names: false,
        members: Members::Any,
        nine_character_ids: false,
        string_content: false,
        no_nulls: false,
        no_null_arguments: false,
        no_strict: false,
        no_functions: false,
        one_call_per_turn: false,
        schemas: Schemas::All,
        no_forcing_of_thinkers: false,
        assistant_after_tool: false,
        thoughts: Thoughts::Omitted,
        reasoning: ReasoningForm::Effort,
        documents: Documents::File,
        prefill: "",
        cache_markers: false,
        video: false,
        top_k: false,
        web_search: false,
        google_signatures: false,
    };

    /// Whether a message's member may be sent.
    pub fn allows_member(&self, key: &str) -> bool {
        match self.members {
            Members::Any => true,
            Members::Without(keys) => !keys.contains(&key),
            Members::Only(keys) => keys.contains(&key),
        }
    }

    /// Whether prompt-cache markers may stand in parts, calls and tools.
    pub fn allows_cache_control(&self) -> bool {
        self.allows_member("cache_control")
    }
}
