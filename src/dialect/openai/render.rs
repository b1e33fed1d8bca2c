//! Renders answers for OpenAI's clients.

mod body;
mod pieces;
mod stream;

pub use body::BodyWriter;
pub use stream::StreamWriter;

use super::{error, finish_word, usage};
use crate::chat::FinishReason;
use crate::dialect::AnswerContext;

/// OpenAI's word for why a choice ended, for a client that knows calls in this context's form.
fn word(reason: FinishReason, context: &AnswerContext) -> &'static str {
    match reason {
        FinishReason::ToolCalls if context.legacy_functions => "function_call",
        reason => finish_word(reason),
    }
}

#[cfg(test)]
mod tests;
