//! AWS Bedrock's Converse and ConverseStream.
//!
//! Source: AWS's service model of bedrock-runtime (2023-09-30), and its user guide where the model says nothing.
pub mod answer;
mod blocks;
pub mod error;
mod models;
pub mod stream;
mod usage;
pub mod write;

use super::names::Legal;
use crate::chat::FinishReason;
use crate::json::Text;

/// Tools' names that this wire allows.
const LEGAL_NAME: Legal = Legal {
    max: 64,
    more: b"_-",
    letter_first: false,
};

/// Calls' ids that this wire allows.
const LEGAL_ID: Legal = Legal {
    max: 64,
    more: b"_.:-",
    letter_first: false,
};

/// What Converse's word means; unknown ones are a plain stop.
fn finish_reason(word: &Text<'_>) -> FinishReason {
    match word.decode().as_ref() {
        "stop_sequence" => FinishReason::StopSequence,
        "tool_use" => FinishReason::ToolCalls,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "guardrail_intervened" | "content_filtered" => FinishReason::ContentFilter,
        _ => FinishReason::Stop,
    }
}
