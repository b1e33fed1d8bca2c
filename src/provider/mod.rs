//! The providers, as data: which wire, host, path and authentication each has, and what is peculiar to it.
//!
//! Adding one that speaks a known wire is adding a row.

mod path;
mod quirks;
mod table;

pub use path::{Endpoint, Target, asks_for_events, upstream_path};
pub use quirks::{Action, Documents, Members, Quirks, ReasoningForm, Rule, Schemas, Thoughts};

use crate::dialect::Wire;

/// What a kind of provider is.
#[derive(Debug, PartialEq, Eq)]
pub struct ProviderKind {
    /// Its name in configuration.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// The wire that it speaks.
    pub wire: Wire,
    /// How its paths name operations and models.
    pub api: Api,
    /// Its host, where there is one for everybody, with its port where that is not 443. `{region}`, `{location}`,
    /// `{project}` and `{account}` stand for what the configuration says.
    pub host: Option<&'static str>,
    /// The beginning of its paths, with the same placeholders.
    pub path_prefix: &'static str,
    /// The header that takes its key.
    pub auth_header: &'static str,
    /// What stands before the key in it.
    pub auth_scheme: &'static str,
    /// The environment variable that its own documentation keeps the key in; empty where it needs none.
    pub env: &'static str,
    /// Headers that it requires, where the request does not have them.
    pub default_headers: &'static [(&'static str, &'static str)],
    /// The path of chats after the beginning, in OpenAI's wire.
    pub chat_path: &'static str,
    /// Whether it has OpenAI's legacy completions; others get the prompt as a chat.
    pub completions: bool,
    /// What is peculiar to it.
    pub quirks: &'static Quirks,
    /// What else its user must know, a sentence or none.
    pub note: &'static str,
}

/// How a provider's paths name operations and models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// `{prefix}/chat/completions` and its like.
    OpenAi,
    /// `{prefix}/v1/…` or `{prefix}/deployments/{model}/…?api-version=…`.
    Azure,
    /// `{prefix}/chat/completions?api-version=…` (Azure AI Foundry's models endpoint).
    Foundry,
    /// `{prefix}/messages`.
    Anthropic,
    /// `{prefix}/models/{model}:generateContent`.
    Gemini,
    /// `{prefix}/publishers/google/models/{model}:generateContent`, or `{prefix}/endpoints/{number}:…`.
    VertexGemini,
    /// `{prefix}/publishers/anthropic/models/{model}:rawPredict`.
    VertexAnthropic,
    /// `{prefix}/model/{model}/converse`.
    BedrockConverse,
    /// `{prefix}/model/{model}/invoke`.
    BedrockInvoke,
}

/// Every kind: those with wires and paths of their own first, then the compatible hosts by name.
pub fn kinds() -> impl Iterator<Item = &'static ProviderKind> {
    // Opaque, lest the compiler writes out a comparison with each row.
    std::hint::black_box(&table::GROUPS)
        .iter()
        .copied()
        .flatten()
}

/// The kind of this name.
pub fn kind(name: &str) -> Option<&'static ProviderKind> {
    kinds().find(|kind| kind.name == name)
}
