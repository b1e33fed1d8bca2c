//! An answer's headers, and what it is called.

use super::step::listed;
use super::*;
use crate::exchange::headers::Bytes;

/// What an answer that is rendered is called, and its parts. Kept small: most answers pass.
pub(super) struct Naming {
    pub(super) seed: u64,
    pub(super) started_ms: u64,
    pub(super) include_usage: bool,
    pub(super) array: bool,
    pub(super) model: String,
    pub(super) names: Vec<(String, String)>,
    pub(super) legacy_functions: bool,
}

impl Answer {
    /// Edits that every answer gets.
    pub(super) fn common_head(&self) -> Edits<'static> {
        let mut head = Edits::default();
        head.set("x-weir-provider", self.record.provider.clone());
        if !self.dropped.is_empty() {
            head.set("x-weir-dropped-params", listed(&self.dropped));
        }
        head
    }

    /// For whoever renders the answer.
    pub(super) fn naming(&self) -> AnswerContext {
        let naming = &self.naming;
        let prefix = match self.client {
            Wire::Anthropic => "msg_",
            Wire::Completions => "cmpl-",
            Wire::Gemini => "",
            Wire::OpenAi | Wire::Bedrock => "chatcmpl-",
        };
        AnswerContext {
            id: format!("{prefix}{:016x}{:x}", naming.seed, naming.started_ms),
            created: naming.started_ms.checked_div(1000).unwrap_or_default(),
            model: naming.model.clone(),
            include_usage: naming.include_usage,
            names: naming.names.clone(),
            array: naming.array,
            legacy_functions: naming.legacy_functions,
        }
    }
}

/// Takes out what a provider says in the gateway's name, and what is not for the gateway's clients: its cookies, and where
/// else to go with their keys.
pub(super) fn own_headers(headers: &Headers) -> Vec<Bytes<'static>> {
    let theirs =
        |name: &&[u8]| name.starts_with(b"x-weir-") || matches!(*name, b"set-cookie" | b"location");
    let names = headers.iter().map(|(name, _)| name).filter(theirs);
    names.map(|name| Bytes::Owned(name.to_vec())).collect()
}
