//! Renders answers for this wire's clients.
//!
//! A stream's events are whole answers, each with the pieces that came since the last: as server-sent events that end
//! in CR LF CR LF, or as the elements of one JSON array. Function calls are never in pieces here, so their arguments
//! are gathered. What ends the answer (finish reasons, citations, usage) is in the last event.

mod body;
mod choice;
mod grounding;
mod logprobs;
mod stream;
mod usage;

pub use body::BodyWriter;
pub use stream::StreamWriter;

use crate::chat::FinishReason;

/// Google's word for why an answer ended. Calls are a plain stop in this wire.
fn finish_word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop | FinishReason::StopSequence | FinishReason::ToolCalls => "STOP",
        FinishReason::Length => "MAX_TOKENS",
        FinishReason::ContentFilter => "SAFETY",
    }
}
