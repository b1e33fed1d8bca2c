//! A streamed answer: one content block after the other.

use crate::chat::{Event, FinishReason};
use crate::dialect::anthropic::{error, stop_word, usage};
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
    usage: Usage,
    finish: Option<(FinishReason, Option<Text<'static>>)>,
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
            usage: Usage::default(),
            finish: None,
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
            usage::write(&usage, w);
            w.end_object();
        });
    }

    /// Makes `block` the open one; `head` writes what its start says.
    fn open(&mut self, block: Block, out: &mut Vec<u8>, head: impl FnOnce(&mut Writer<'_>)) {
        if self.open == Some(block) {
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
            let inside = String::from_utf8_lossy(&call.arguments);
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
            Event::Text { choice: 0, text } | Event::Refusal { choice: 0, text } => {
                self.flush(out);
                self.open_text(out);
                self.delta("text_delta", "text", text, out);
            }
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
            Event::RedactedReasoning { choice: 0, data } => {
                self.close(out);
                let data = data.clone();
                // Never the open block's kind, so it always opens one of its own.
                self.open(Block::Call(u32::MAX), out, |w| {
                    w.field_str("type", "redacted_thinking");
                    w.field_text("data", &data);
                });
                self.close(out);
            }
            Event::ToolStart {
                choice: 0,
                index,
                id,
                name,
                ..
            } => self.tool_start(*index, id, name, out),
            Event::ToolArguments {
                choice: 0,
                index,
                fragment,
            } => self.tool_arguments(*index, fragment, out),
            Event::Finish {
                choice: 0,
                reason,
                stop_sequence,
            } => {
                let stop_sequence = stop_sequence.clone().map(Text::into_owned);
                self.finish = Some((*reason, stop_sequence));
            }
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
        self.close(out);
        let (reason, stop_sequence) = self.finish.take().unwrap_or((FinishReason::Stop, None));
        let usage = self.usage;
        event("message_delta", out, |w| {
            w.key("delta");
            w.begin_object();
            w.field_str("stop_reason", stop_word(reason));
            match &stop_sequence {
                Some(text) => w.field_text("stop_sequence", text),
                None => w.field_null("stop_sequence"),
            }
            w.end_object();
            w.key("usage");
            usage::write(&usage, w);
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
