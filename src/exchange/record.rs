//! What the stages tell each other, packed into filter state.
//!
//! Both are public keys (`wasm.weir.exchange`, `wasm.weir.attempt.N`) but opaque: their layout belongs to one version
//! of the module. A first byte tells the version, and a stage that reads another's takes it for absent.

use crate::chat::{ErrorKind, FinishReason};
use crate::dialect::Wire;
use crate::exchange::{Headers, Operation};
use crate::meter::{Usage, UsageSource};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Layout of both records. Raised with every change to either.
const VERSION: u8 = 6;

/// What an attempt needs of the request: written by the edge, read by every attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What is asked. `None` is a path that only passes through: it is neither translated nor given a key.
    pub operation: Option<Operation>,
    /// The wire that the client speaks.
    pub wire: Wire,
    /// The model as the client named it.
    pub model: String,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// Whether the client asked for usage in the stream.
    pub include_usage: bool,
    /// Whether a stream is one JSON array (a Gemini client that did not ask for server-sent events).
    pub array: bool,
    /// Whether the conversation may have what only other wires' providers take: see [`Wire::has_foreign`].
    pub foreign: bool,
    /// Whether the wire's own provider takes the request as it is: see [`Wire::is_plain`]. For `model` only: where an attempt
    /// asks for another, it edits the body anyway.
    pub plain: bool,
    /// Whether nothing is sent: the answer is what would have been.
    pub dry_run: bool,
    /// Input tokens as estimated from the request, for answers whose provider does not say.
    pub estimated_input_tokens: u64,
    /// Unix milliseconds at which the request arrived.
    pub started_ms: u64,
    /// The path under the scope's prefix, with its query.
    pub path: String,
    /// The request's headers as the edge left them, without secrets: what an attempt begins with. See
    /// [`super::caller::snapshot`].
    pub headers: Headers,
    /// Names of headers that the edge left and an attempt takes out; their values are not told.
    pub stripped: Headers,
    /// How many headers the edge left, which tells whether another filter has added some.
    pub header_count: usize,
}

/// What one attempt came to: written by the attempt as it goes, read by the edge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// What was asked.
    pub operation: Option<Operation>,
    /// The provider's name in the configuration.
    pub provider: String,
    /// The model as the provider was asked for it.
    pub model: String,
    /// The status that the provider sent (0: none yet).
    pub status: u16,
    /// The status that the attempt showed to Envoy, where it is another one (0: the same).
    pub shown_status: u16,
    /// Why it failed, where it did.
    pub error: Option<ErrorKind>,
    /// The error's message, at most 500 bytes.
    pub message: String,
    /// The provider's `retry-after`.
    pub retry_after: Option<String>,
    /// Whether the attempt itself made the answer, already in the client's wire.
    pub local: bool,
    /// Token counts so far.
    pub usage: Usage,
    /// Where they are from.
    pub usage_source: UsageSource,
    /// Nano-dollars so far; `None` where the model has no price.
    pub cost_nanousd: Option<u64>,
    /// Unix milliseconds of the first content (0: none yet).
    pub first_content_ms: u64,
    /// Why the answer ended.
    pub finish_reason: Option<FinishReason>,
    /// Whether the answer came to its end.
    pub complete: bool,
    /// Events and parts of the answer that this version does not know.
    pub skipped: u32,
}

impl Exchange {
    /// Packs it for filter state.
    pub fn pack(&self) -> Vec<u8> {
        pack(self)
    }

    /// Reads it back; `None` where it is not a record of this version.
    pub fn unpack(bytes: &[u8]) -> Option<Self> {
        unpack(bytes)
    }

    /// A request that only passes through.
    pub fn passing(wire: Wire, started_ms: u64) -> Self {
        Exchange {
            operation: None,
            wire,
            model: String::new(),
            stream: false,
            include_usage: false,
            array: false,
            foreign: false,
            plain: false,
            dry_run: false,
            estimated_input_tokens: 0,
            started_ms,
            path: String::new(),
            headers: Headers::default(),
            stripped: Headers::default(),
            header_count: 0,
        }
    }
}

impl AttemptRecord {
    /// Whether it tells of a provider's answer that came well to its end: nothing will be added, and nothing retried.
    pub fn is_whole(&self) -> bool {
        self.complete && !self.local && self.error.is_none() && (200..300).contains(&self.status)
    }

    /// Packs it for filter state.
    pub fn pack(&self) -> Vec<u8> {
        pack(self)
    }

    /// Reads it back; `None` where it is not a record of this version.
    pub fn unpack(bytes: &[u8]) -> Option<Self> {
        unpack(bytes)
    }

    /// The filter-state key of attempt `number`, counted from 1.
    pub fn key(number: u32) -> Cow<'static, str> {
        match number {
            1 => Cow::Borrowed("weir.attempt.1"),
            2 => Cow::Borrowed("weir.attempt.2"),
            _ => Cow::Owned(format!("weir.attempt.{number}")),
        }
    }
}

fn pack<T: Serialize>(value: &T) -> Vec<u8> {
    // Serialising into a vector cannot fail for these types; an empty record is read as absent.
    postcard::to_extend(value, vec![VERSION]).unwrap_or_default()
}

fn unpack<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    let (version, rest) = bytes.split_first()?;
    if *version != VERSION {
        return None;
    }
    postcard::from_bytes(rest).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_is_absent() {
        let exchange = Exchange {
            operation: Some(Operation::Chat),
            wire: Wire::OpenAi,
            model: "m".into(),
            stream: true,
            include_usage: false,
            array: false,
            foreign: false,
            plain: false,
            dry_run: false,
            estimated_input_tokens: 7,
            started_ms: 1,
            path: "/v1/chat/completions".into(),
            headers: Headers::of(&[(b":path", b"/")]),
            stripped: Headers::default(),
            header_count: 1,
        };
        let mut packed = exchange.pack();
        assert_eq!(Exchange::unpack(&packed), Some(exchange));
        packed[0] = VERSION.wrapping_add(1);
        assert_eq!(Exchange::unpack(&packed), None);
        assert_eq!(Exchange::unpack(b""), None);
    }
}
