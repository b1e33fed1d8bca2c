//! A streamed answer: one content block after the other.

mod blocks;

use super::{Ending, cited, marked};
use crate::chat::{Event, signed_id};
use crate::dialect::anthropic::{error, usage};
use crate::dialect::{AnswerContext, AnswerWriter};
use crate::json::{Text, Writer};
use crate::meter::Usage;
use blocks::{Blocks, Call, Piece};

/// Writes Messages events.
#[derive(Debug)]
pub struct StreamWriter {
    context: AnswerContext,
    started: bool,
    failed: bool,
    blocks: Blocks,
    usage: Usage,
    tier: Option<Text<'static>>,
    ending: Ending,
}

impl StreamWriter {
    /// A writer at an answer's beginning.
    pub fn new(context: AnswerContext) -> Self {
        StreamWriter {
            context,
            started: false,
            failed: false,
            blocks: Blocks::default(),
            usage: Usage::default(),
            tier: None,
            ending: Ending::default(),
        }
    }

    fn start(&mut self, id: &str, model: &str, out: &mut Vec<u8>) {
        self.started = true;
        let id = if id.is_empty() { &self.context.id } else { id };
        let model = if model.is_empty() {
            &self.context.model
        } else {
            model
        };
        let usage = self.usage;
        let tier = self.tier.clone();
        event("message_start", out, |w| {
            w.key("message");
            w.begin_object();
            w.field_str("id", id);
            w.field_str("type", "message");
            w.field_str("role", "assistant");
            w.field_str("model", model);
            w.field_raw("content", "[]");
            w.field_null("stop_reason");
            w.field_null("stop_sequence");
            w.key("usage");
            usage::write(&usage, tier.as_ref(), w);
            w.end_object();
        });
    }
}

impl AnswerWriter for StreamWriter {
    fn event(&mut self, said: &Event<'_>, out: &mut Vec<u8>) {
        match said {
            Event::Start { id, model, .. } if !self.started => {
                self.start(&id.decode(), &model.decode(), out);
            }
            // This wire has one answer only; `n` is refused on the way in.
            Event::Text { choice: 0, text } if !text.is_empty() => {
                self.say(Piece::Text(text.clone()), out);
            }
            Event::Refusal { choice: 0, text } if !text.is_empty() => {
                text.write_inside(&mut self.ending.refusal);
                self.say(Piece::Text(text.clone()), out);
            }
            Event::Audio {
                choice: 0,
                transcript,
                ..
            } if !transcript.is_empty() => self.say(Piece::Text(transcript.clone()), out),
            Event::Citation {
                choice: 0,
                citation,
            } => self.cite(cited(citation), out),
            Event::TextSignature {
                choice: 0,
                signature,
            } => self.seal(marked(signature), out),
            Event::Image {
                choice: 0,
                media_type,
                data,
            } => {
                let (media_type, data) = (media_type.clone(), data.clone());
                self.say(Piece::Image { media_type, data }, out);
            }
            Event::Reasoning { choice: 0, text } => self.say(Piece::Thinking(text.clone()), out),
            Event::ReasoningSignature {
                choice: 0,
                signature,
            } => self.say(Piece::Signature(signature.clone()), out),
            Event::RedactedReasoning { choice: 0, data } => {
                self.say(Piece::Redacted(data.clone()), out);
            }
            Event::ToolStart {
                choice: 0,
                index,
                id,
                name,
                signature,
            } => {
                let id = signed_id::join(id, signature.as_ref()).into_owned();
                let name = self.context.tool_name(name).into_owned();
                self.call(Call::new(*index, id, name), out);
            }
            Event::ToolArguments {
                choice: 0,
                index,
                fragment,
            } => self.arguments(*index, fragment, out),
            Event::Finish {
                choice: 0,
                reason,
                stop_sequence,
            } => self.ending.finish(*reason, stop_sequence.as_ref()),
            Event::ServiceTier(tier) => self.tier = Some(tier.clone().into_owned()),
            Event::Usage(usage) => self.usage = *usage,
            Event::Ping if self.started => event("ping", out, |_| {}),
            Event::Error(error) => {
                self.failed = true;
                self.drain(out);
                error::event(error, out);
            }
            _ => {}
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.failed {
            return;
        }
        if !self.started {
            self.start("", "", out);
        }
        self.drain(out);
        self.close(out);
        let (usage, tier, ending) = (self.usage, self.tier.as_ref(), &self.ending);
        event("message_delta", out, |w| {
            w.key("delta");
            w.begin_object();
            ending.write(w);
            w.end_object();
            w.key("usage");
            usage::write(&usage, tier, w);
        });
        event("message_stop", out, |_| {});
    }
}

/// One event: its name, and a data object that begins with its type.
fn event(name: &str, out: &mut Vec<u8>, fields: impl FnOnce(&mut Writer<'_>)) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    let mut w = Writer::new(out);
    w.begin_object();
    w.field_str("type", name);
    fields(&mut w);
    w.end_object();
    out.extend_from_slice(b"\n\n");
}
