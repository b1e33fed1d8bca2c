//! Anthropic's Messages: what clients of Anthropic's API speak, and Anthropic.
//!
//! Source: Anthropic's API reference, "Messages" and "Streaming Messages".
pub mod answer;
mod blocks;
mod citation;
pub mod edit;
pub mod error;
pub mod host;
pub mod list;
mod media;
pub(super) mod models;
pub mod read;
pub mod render;
pub mod scan;
mod schema;
pub mod stream;
mod usage;
pub mod write;

use super::names::Legal;
use crate::chat::FinishReason;
use crate::json::Text;

/// Names and ids that this wire allows.
const LEGAL: Legal = Legal {
    max: 128,
    more: b"_-",
    letter_first: false,
};

/// What begins the data of a `redacted_thinking` block that holds Gemini's signature over the text before it: so it
/// survives clients of this wire, which send such blocks back as they are.
const GEMINI_MARK: &str = "gemini:";

/// Anthropic's word for why an answer ended.
fn stop_word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "end_turn",
        FinishReason::StopSequence => "stop_sequence",
        FinishReason::Length => "max_tokens",
        FinishReason::ToolCalls => "tool_use",
        FinishReason::ContentFilter => "refusal",
    }
}

/// What Anthropic's word means; unknown ones are a plain stop.
fn finish_reason(word: &Text<'_>) -> FinishReason {
    match word.decode().as_ref() {
        "stop_sequence" => FinishReason::StopSequence,
        "tool_use" => FinishReason::ToolCalls,
        "max_tokens" | "model_context_window_exceeded" | "compaction" | "pause_turn" => {
            FinishReason::Length
        }
        "refusal" => FinishReason::ContentFilter,
        _ => FinishReason::Stop,
    }
}
