//! OpenAI's chat completions: what clients of OpenAI's API speak, and OpenAI, Azure and every compatible provider.
//!
//! Source: OpenAI's OpenAPI description, `/chat/completions`; Azure's differences where they are named.
pub mod answer;
mod deep;
pub mod edit;
pub mod error;
mod fields;
pub mod list;
mod models;
mod parts;
pub mod read;
pub mod render;
pub mod scan;
pub mod stream;
pub(super) mod usage;
pub mod write;

use crate::chat::FinishReason;
use crate::json::Text;

/// OpenAI's word for why an answer ended.
pub(super) fn finish_word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop | FinishReason::StopSequence => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
    }
}

/// What a provider's word means; unknown ones, which do appear, are a plain stop.
pub(super) fn finish_reason(word: &Text<'_>) -> FinishReason {
    match word.decode().to_ascii_lowercase().as_ref() {
        // DeepSeek's: the answer was cut off for want of resources.
        "length"
        | "model_length"
        | "max_tokens"
        | "max_output_tokens"
        | "token_limit"
        | "insufficient_system_resource" => FinishReason::Length,
        "tool_calls" | "tool_call" | "tool_use" | "function_call" => FinishReason::ToolCalls,
        "content_filter"
        | "content_filtered"
        | "sensitive"
        | "safety"
        | "refusal"
        | "guardrail_intervened" => FinishReason::ContentFilter,
        "stop_sequence" => FinishReason::StopSequence,
        _ => FinishReason::Stop,
    }
}
