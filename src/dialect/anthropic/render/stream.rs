//! A streamed answer: one content block after the other.

use super::{Ending, cited, image, literal, marked};
use crate::chat::{Event, signed_id};
use crate::dialect::anthropic::{error, usage};
use crate::dialect::{AnswerContext, AnswerWriter};
use crate::json::{Text, Writer};
use crate::meter::Usage;

/// The content block that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Text,
    Thinking,
    /// A tool's call, by its number.
    Call(u32),
    /// One that is whole at once.
    Whole,
}

/// A call whose block waits until the one before it is closed.
#[derive(Debug)]
struct Waiting {
    index: u32,
    id: Text<'static>,
    name: Text<'static>,
    /// Its arguments so far, as the inside of a literal.
    arguments: Vec<u8>,
}

/// Writes Messages events.
#[derive(Debug)]
pub struct StreamWriter {
    context: AnswerContext,
    started: bool,
    failed: bool,
    /// The open block and its index among the blocks.
    open: Option<Block>,
    blocks: u32,
    waiting: Vec<Waiting>,
    /// Citations that came while a call was open: their text is closed already.
    late: Vec<String>,
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
            open: None,
            blocks: 0,
            waiting: Vec::new(),
            late: Vec::new(),
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

    /// Makes `block` the open one; `head` writes what its start says.
    fn open(&mut self, block: Block, out: &mut Vec<u8>, head: impl FnOnce(&mut Writer<'_>)) {
        if self.open == Some(block) && block != Block::Whole {
            return;
        }
        self.close(out);
        if !self.started {
            self.start("", "", out);
        }
        let index = self.blocks;
        self.open = Some(block);
        event("content_block_start", out, |w| {
            w.field_number("index", index);
            w.key("content_block");
            w.begin_object();
            head(w);
            w.end_object();
        });
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if self.open.take().is_none() {
            return;
        }
        let index = self.blocks;
        self.blocks = index.saturating_add(1);
        event("content_block_stop", out, |w| {
            w.field_number("index", index)
        });
    }

    fn delta(&mut self, kind: &str, key: &str, text: &Text<'_>, out: &mut Vec<u8>) {
        let index = self.blocks;
        event("content_block_delta", out, |w| {
            w.field_number("index", index);
            w.key("delta");
            w.begin_object();
            w.field_str("type", kind);
            w.field_text(key, text);
            w.end_object();
        });
    }

    /// A block that is whole at once.
    fn whole(&mut self, out: &mut Vec<u8>, head: impl FnOnce(&mut Writer<'_>)) {
        self.flush(out);
        self.open(Block::Whole, out, head);
        self.close(out);
    }

    fn text(&mut self, text: &Text<'_>, out: &mut Vec<u8>) {
        self.flush(out);
        self.open_text(out);
        self.delta("text_delta", "text", text, out);
    }

    /// A citation is about the last text: the open one.
    fn cite(&mut self, citation: String, out: &mut Vec<u8>) {
        if matches!(self.open, Some(Block::Call(_))) {
            self.late.push(citation);
            return;
        }
        self.open_text(out);
        let index = self.blocks;
        event("content_block_delta", out, |w| {
            w.field_number("index", index);
            w.key("delta");
            w.begin_object();
            w.field_str("type", "citations_delta");
            w.field_raw("citation", &citation);
            w.end_object();
        });
    }

    fn open_text(&mut self, out: &mut Vec<u8>) {
        self.open(Block::Text, out, |w| {
            w.field_str("type", "text");
            w.field_str("text", "");
        });
    }

    fn open_thinking(&mut self, out: &mut Vec<u8>) {
        self.open(Block::Thinking, out, |w| {
            w.field_str("type", "thinking");
            w.field_str("thinking", "");
            w.field_str("signature", "");
        });
    }

    fn open_call(&mut self, index: u32, id: &Text<'_>, name: &Text<'_>, out: &mut Vec<u8>) {
        self.open(Block::Call(index), out, |w| {
            w.field_str("type", "tool_use");
            w.field_text("id", id);
            w.field_text("name", name);
            w.field_raw("input", "{}");
        });
    }

    /// Calls that waited for their turn, whole.
    fn flush(&mut self, out: &mut Vec<u8>) {
        for call in std::mem::take(&mut self.waiting) {
            self.open_call(call.index, &call.id, &call.name, out);
            let inside = literal(&call.arguments);
            if !inside.is_empty() {
                self.delta(
                    "input_json_delta",
                    "partial_json",
                    &Text::Escaped(&inside),
                    out,
                );
            }
        }
    }

    fn tool_start(&mut self, index: u32, id: &Text<'_>, name: &Text<'_>, out: &mut Vec<u8>) {
        let name = self.context.tool_name(name);
        if matches!(self.open, Some(Block::Call(_))) {
            // Calls may come interleaved; blocks may not. The open one goes on, later ones wait.
            self.waiting.push(Waiting {
                index,
                id: id.clone().into_owned(),
                name: name.into_owned(),
                arguments: Vec::new(),
            });
        } else {
            self.open_call(index, id, &name, out);
        }
    }

    fn tool_arguments(&mut self, index: u32, fragment: &Text<'_>, out: &mut Vec<u8>) {
        if self.open == Some(Block::Call(index)) {
            self.delta("input_json_delta", "partial_json", fragment, out);
        } else if let Some(call) = self.waiting.iter_mut().find(|call| call.index == index) {
            fragment.write_inside(&mut call.arguments);
        }
    }
}

impl AnswerWriter for StreamWriter {
    fn event(&mut self, said: &Event<'_>, out: &mut Vec<u8>) {
        match said {
            Event::Start { id, model, .. } if !self.started => {
                self.start(&id.decode(), &model.decode(), out);
            }
            // This wire has one answer only; `n` is refused on the way in.
            Event::Text { choice: 0, text } => self.text(text, out),
            Event::Refusal { choice: 0, text } => {
                text.write_inside(&mut self.ending.refusal);
                self.text(text, out);
            }
            Event::Audio {
                choice: 0,
                transcript,
                ..
            } if !transcript.is_empty() => self.text(transcript, out),
            Event::Citation {
                choice: 0,
                citation,
            } => self.cite(cited(citation), out),
            Event::TextSignature {
                choice: 0,
                signature,
            } => {
                let data = marked(signature);
                self.whole(out, |w| {
                    w.field_str("type", "redacted_thinking");
                    w.field_text("data", &data);
                });
            }
            Event::Image {
                choice: 0,
                media_type,
                data,
            } => self.whole(out, |w| image(w, media_type, data)),
            Event::Reasoning { choice: 0, text } => {
                self.flush(out);
                self.open_thinking(out);
                self.delta("thinking_delta", "thinking", text, out);
            }
            Event::ReasoningSignature {
                choice: 0,
                signature,
            } => {
                self.open_thinking(out);
                self.delta("signature_delta", "signature", signature, out);
                self.close(out);
            }
            Event::RedactedReasoning { choice: 0, data } => self.whole(out, |w| {
                w.field_str("type", "redacted_thinking");
                w.field_text("data", data);
            }),
            Event::ToolStart {
                choice: 0,
                index,
                id,
                name,
                signature,
            } => {
                let id = signed_id::join(id, signature.as_ref());
                self.tool_start(*index, &id, name, out);
            }
            Event::ToolArguments {
                choice: 0,
                index,
                fragment,
            } => self.tool_arguments(*index, fragment, out),
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
        self.flush(out);
        if !self.late.is_empty() {
            self.close(out);
            for citation in std::mem::take(&mut self.late) {
                self.cite(citation, out);
            }
        }
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
