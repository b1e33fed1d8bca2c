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
mod usage;
pub mod write;

use crate::chat::FinishReason;
use crate::json::Text;

/// OpenAI's word for why an answer ended.
fn finish_word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop | FinishReason::StopSequence => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
    }
}

/// What a provider's word means; unknown ones, which do appear, are a plain stop.
fn finish_reason(word: &Text<'_>) -> FinishReason {
    match word.decode().as_ref() {
        "length" | "model_length" | "max_tokens" => FinishReason::Length,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        "content_filter" | "sensitive" => FinishReason::ContentFilter,
        _ => FinishReason::Stop,
    }
}
