//! Renders answers for Anthropic's clients.
//!
//! What the wire has no block for is said in one that it has: a refusal and what is spoken as text, a signature over a
//! text as a `redacted_thinking` block after it, one over a call in the call's id. Speech without a transcript is left
//! out: a client of this wire has no way to ask for it.

mod body;
mod stream;

pub use body::BodyWriter;
pub use stream::StreamWriter;

use super::{GEMINI_MARK, stop_word};
use crate::chat::{Citation, FinishReason};
use crate::json::{Text, Writer};

/// Why an answer ended, gathered.
#[derive(Debug, Default)]
struct Ending {
    reason: Option<FinishReason>,
    stop_sequence: Option<Text<'static>>,
    /// The model's own words for why it refused, as the inside of a literal.
    refusal: Vec<u8>,
}

impl Ending {
    fn finish(&mut self, reason: FinishReason, stop_sequence: Option<&Text<'_>>) {
        self.reason = Some(reason);
        self.stop_sequence = stop_sequence.map(|text| text.clone().into_owned());
    }

    /// `stop_reason`, `stop_sequence`, and `stop_details` where there are any.
    fn write(&self, w: &mut Writer<'_>) {
        let refused = !self.refusal.is_empty();
        let reason = match self.reason {
            _ if refused => FinishReason::ContentFilter,
            reason => reason.unwrap_or(FinishReason::Stop),
        };
        w.field_str("stop_reason", stop_word(reason));
        match &self.stop_sequence {
            Some(text) => w.field_text("stop_sequence", text),
            None => w.field_null("stop_sequence"),
        }
        if refused {
            w.key("stop_details");
            w.begin_object();
            w.field_str("type", "refusal");
            w.field_null("category");
            w.field_text("explanation", &Text::Escaped(&literal(&self.refusal)));
            w.end_object();
        }
    }
}

/// The inside of a literal that was gathered from such.
fn literal(inside: &[u8]) -> String {
    String::from_utf8_lossy(inside).into_owned()
}

/// Another provider's signature, as the data of a block that this wire's clients send back as it is.
fn marked(signature: &Text<'_>) -> Text<'static> {
    Text::from(format!("{GEMINI_MARK}{}", signature.decode()))
}

/// A citation's object.
fn cited(citation: &Citation<'_>) -> String {
    let mut out = Vec::new();
    super::citation::write(&mut Writer::new(&mut out), citation);
    // A line break between its tokens would end the field of an event.
    literal(&out).replace(['\n', '\r'], " ")
}

/// An image's members.
fn image(w: &mut Writer<'_>, media_type: &Text<'_>, data: &Text<'_>) {
    w.field_str("type", "image");
    w.key("source");
    w.begin_object();
    w.field_str("type", "base64");
    w.field_text("media_type", media_type);
    w.field_text("data", data);
    w.end_object();
}

#[cfg(test)]
mod tests;
