//! What an answer says, piece by piece; a unary answer is the same events at once.

use super::Error;
use crate::json::Text;
use crate::meter::Usage;
use serde::{Deserialize, Serialize};

/// One thing that a provider's answer says.
///
/// Order: `Start` first (a reader that never sees one in its wire makes one up), then deltas, `Finish` once a choice,
/// `Usage` any number of times (the last wins: each carries the whole count so far), `End` when the provider said
/// that it is done. `Error` may come at any time and is the last.
#[derive(Debug, Clone)]
pub enum Event<'a> {
    /// The answer begins.
    Start {
        /// The provider's id of the answer; empty where it has none.
        id: Text<'a>,
        /// The model that answers, in the provider's words; empty where it does not say.
        model: Text<'a>,
        /// Unix seconds, where the provider says.
        created: Option<u64>,
    },
    /// A piece of the answer's text.
    Text {
        /// Which of several answers, from 0.
        choice: u32,
        /// The piece; never empty.
        text: Text<'a>,
    },
    /// A piece of the model's thinking.
    Reasoning {
        /// Which of several answers, from 0.
        choice: u32,
        /// The piece; never empty.
        text: Text<'a>,
    },
    /// The signature over the thinking block that now ends.
    ReasoningSignature {
        /// Which of several answers, from 0.
        choice: u32,
        /// Opaque.
        signature: Text<'a>,
    },
    /// Encrypted thinking.
    RedactedReasoning {
        /// Which of several answers, from 0.
        choice: u32,
        /// Opaque.
        data: Text<'a>,
    },
    /// A piece of a refusal's text.
    Refusal {
        /// Which of several answers, from 0.
        choice: u32,
        /// The piece.
        text: Text<'a>,
    },
    /// The model calls a tool.
    ToolStart {
        /// Which of several answers, from 0.
        choice: u32,
        /// Which call of this answer, from 0, without gaps.
        index: u32,
        /// The call's id; never empty (a reader invents one where the provider has none).
        id: Text<'a>,
        /// The tool's name.
        name: Text<'a>,
        /// Gemini's signature over the thinking that led to the call: it must come back with it.
        signature: Option<Text<'a>>,
    },
    /// A piece of that call's arguments: text that makes up a JSON object when joined.
    ToolArguments {
        /// Which of several answers, from 0.
        choice: u32,
        /// Which call, as in its `ToolStart`.
        index: u32,
        /// The piece.
        fragment: Text<'a>,
    },
    /// Gemini's signature over the thinking behind the text that now ends: it must come back with that text.
    TextSignature {
        /// Which of several answers, from 0.
        choice: u32,
        /// Opaque.
        signature: Text<'a>,
    },
    /// A source that the text cites. It follows the text that it is about.
    Citation {
        /// Which of several answers, from 0.
        choice: u32,
        /// The source.
        citation: Citation<'a>,
    },
    /// An image that the model made, whole.
    Image {
        /// Which of several answers, from 0.
        choice: u32,
        /// Such as `image/png`.
        media_type: Text<'a>,
        /// The bytes, base64.
        data: Text<'a>,
    },
    /// A piece of the speech that the model made. Pieces of one kind are joined.
    Audio {
        /// Which of several answers, from 0.
        choice: u32,
        /// The provider's id of it; empty where it has none, and on later pieces.
        id: Text<'a>,
        /// Such as `audio/wav`; empty where the provider does not say.
        media_type: Text<'a>,
        /// A piece of the bytes, base64: may be empty.
        data: Text<'a>,
        /// A piece of what is said: may be empty.
        transcript: Text<'a>,
        /// Unix seconds after which its id is forgotten.
        expires_at: Option<u64>,
    },
    /// Log probabilities of the pieces of this choice's delta, in OpenAI's words:
    /// `{"content":[{"token","logprob","bytes","top_logprobs":[…]}],"refusal":…}`.
    Logprobs {
        /// Which of several answers, from 0.
        choice: u32,
        /// The object's JSON source.
        json: &'a str,
    },
    /// A choice is complete.
    Finish {
        /// Which of several answers, from 0.
        choice: u32,
        /// Why it ended.
        reason: FinishReason,
        /// The stop sequence that matched, where the provider says.
        stop_sequence: Option<Text<'a>>,
    },
    /// Token counts so far, whole.
    Usage(Usage),
    /// The service tier that served.
    ServiceTier(Text<'a>),
    /// The provider is alive but has nothing to say.
    Ping,
    /// The provider said something that the neutral language has no words for. It is counted.
    Skipped,
    /// The answer failed. Nothing follows.
    Error(Error),
    /// The provider said that the answer is complete.
    End,
}

/// A source that a piece of text cites.
#[derive(Debug, Clone, Default)]
pub struct Citation<'a> {
    /// Where it is; empty for a document of the request.
    pub url: Text<'a>,
    /// What it is called; empty where the provider does not say.
    pub title: Text<'a>,
    /// The words of the source that are cited; empty where the provider does not say.
    pub cited_text: Text<'a>,
    /// Where the text that cites it begins and ends in the answer's text so far, in characters (Unicode scalar
    /// values), where the provider says.
    pub span: Option<(u64, u64)>,
    /// The provider's own words for it: a JSON object's source, for clients of the same wire.
    pub own: Option<&'a str>,
}

/// Why a choice ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FinishReason {
    /// The model was done.
    Stop,
    /// A stop sequence matched.
    StopSequence,
    /// The token limit or the context's end.
    Length,
    /// The model waits for tools' results.
    ToolCalls,
    /// A safety filter, or the model's refusal.
    ContentFilter,
}

impl FinishReason {
    /// A short stable word, for access logs and filter state.
    pub fn as_str(self) -> &'static str {
        match self {
            FinishReason::Stop => "stop",
            FinishReason::StopSequence => "stop_sequence",
            FinishReason::Length => "length",
            FinishReason::ToolCalls => "tool_calls",
            FinishReason::ContentFilter => "content_filter",
        }
    }
}
