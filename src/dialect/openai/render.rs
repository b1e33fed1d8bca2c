//! Renders answers for OpenAI's clients.

mod body;

pub use body::BodyWriter;

use super::{error, finish_word, usage};
use crate::chat::{Citation, Event};
use crate::dialect::{AnswerContext, AnswerWriter};
use crate::json::Writer;
use crate::meter::Usage;

/// Writes `chat.completion.chunk` events.
#[derive(Debug)]
pub struct StreamWriter {
    context: AnswerContext,
    /// What every chunk begins with, made once the answer's id is known.
    head: Vec<u8>,
    /// Choices whose role was told.
    begun: Vec<u32>,
    usage: Option<Usage>,
    failed: bool,
}

impl StreamWriter {
    /// A writer at an answer's beginning.
    pub fn new(context: AnswerContext) -> Self {
        StreamWriter {
            context,
            head: Vec::new(),
            begun: Vec::new(),
            usage: None,
            failed: false,
        }
    }

    fn start(&mut self, id: &str, model: &str, created: Option<u64>) {
        let mut w = Writer::new(&mut self.head);
        w.begin_object();
        let id = if id.is_empty() { &self.context.id } else { id };
        w.field_str("id", id);
        w.field_str("object", "chat.completion.chunk");
        w.field_number("created", created.unwrap_or(self.context.created));
        let model = if model.is_empty() {
            &self.context.model
        } else {
            model
        };
        w.field_str("model", model);
    }

    fn begin_chunk(&mut self, out: &mut Vec<u8>) {
        if self.head.is_empty() {
            self.start("", "", None);
        }
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(&self.head);
    }

    fn end_chunk(&self, out: &mut Vec<u8>) {
        // As OpenAI has it: where usage was asked for, every chunk says that it has none yet.
        let tail: &[u8] = if self.context.include_usage {
            b",\"usage\":null}\n\n"
        } else {
            b"}\n\n"
        };
        out.extend_from_slice(tail);
    }

    /// One chunk whose delta is what `delta` writes.
    fn chunk(
        &mut self,
        choice: u32,
        finish: Option<&str>,
        out: &mut Vec<u8>,
        delta: impl FnOnce(&mut Writer<'_>),
    ) {
        self.begin_chunk(out);
        out.extend_from_slice(b",\"choices\":[");
        let mut w = Writer::new(out);
        w.begin_object();
        w.field_number("index", choice);
        w.key("delta");
        w.begin_object();
        if !self.begun.contains(&choice) {
            self.begun.push(choice);
            w.field_str("role", "assistant");
        }
        delta(&mut w);
        w.end_object();
        w.field_null("logprobs");
        match finish {
            Some(word) => w.field_str("finish_reason", word),
            None => w.field_null("finish_reason"),
        }
        w.end_object();
        out.push(b']');
        self.end_chunk(out);
    }
}

impl AnswerWriter for StreamWriter {
    fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        match event {
            Event::Start { id, model, created } if self.head.is_empty() => {
                self.start(&id.decode(), &model.decode(), *created);
                self.chunk(0, None, out, |w| w.field_str("content", ""));
            }
            Event::Text { choice, text } => {
                self.chunk(*choice, None, out, |w| w.field_text("content", text))
            }
            Event::Reasoning { choice, text } => {
                self.chunk(*choice, None, out, |w| {
                    w.field_text("reasoning_content", text)
                });
            }
            Event::ReasoningSignature { choice, signature } => {
                self.chunk(*choice, None, out, |w| {
                    w.key("thinking_blocks");
                    w.begin_array();
                    w.begin_object();
                    w.field_str("type", "thinking");
                    w.field_str("thinking", "");
                    w.field_text("signature", signature);
                    w.end_object();
                    w.end_array();
                })
            }
            Event::RedactedReasoning { choice, data } => self.chunk(*choice, None, out, |w| {
                w.key("thinking_blocks");
                w.begin_array();
                w.begin_object();
                w.field_str("type", "redacted_thinking");
                w.field_text("data", data);
                w.end_object();
                w.end_array();
            }),
            Event::Refusal { choice, text } => {
                self.chunk(*choice, None, out, |w| w.field_text("refusal", text))
            }
            Event::ToolStart {
                choice,
                index,
                id,
                name,
                ..
            } => {
                let name = self.context.tool_name(name);
                self.chunk(*choice, None, out, |w| {
                    w.key("tool_calls");
                    w.begin_array();
                    w.begin_object();
                    w.field_number("index", index);
                    w.field_text("id", id);
                    w.field_str("type", "function");
                    w.key("function");
                    w.begin_object();
                    w.field_text("name", &name);
                    w.field_str("arguments", "");
                    w.end_object();
                    w.end_object();
                    w.end_array();
                });
            }
            Event::ToolArguments {
                choice,
                index,
                fragment,
            } => self.chunk(*choice, None, out, |w| {
                w.key("tool_calls");
                w.begin_array();
                w.begin_object();
                w.field_number("index", index);
                w.key("function");
                w.begin_object();
                w.field_text("arguments", fragment);
                w.end_object();
                w.end_object();
                w.end_array();
            }),
            Event::Citation { choice, citation } => self.chunk(*choice, None, out, |w| {
                w.key("annotations");
                w.begin_array();
                annotation(w, citation);
                w.end_array();
            }),
            Event::Finish { choice, reason, .. } => {
                self.chunk(*choice, Some(finish_word(*reason)), out, |_| {})
            }
            Event::Usage(usage) => self.usage = Some(*usage),
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
        if self.context.include_usage {
            self.begin_chunk(out);
            out.extend_from_slice(b",\"choices\":[],\"usage\":");
            usage::write(&self.usage.unwrap_or_default(), &mut Writer::new(out));
            out.extend_from_slice(b"}\n\n");
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }
}

/// A citation as OpenAI's `annotations` has it.
fn annotation(w: &mut Writer<'_>, citation: &Citation<'_>) {
    w.begin_object();
    w.field_str("type", "url_citation");
    w.key("url_citation");
    w.begin_object();
    w.field_text("url", &citation.url);
    w.field_text("title", &citation.title);
    let (start, end) = citation.span.unwrap_or_default();
    w.field_number("start_index", start);
    w.field_number("end_index", end);
    w.end_object();
    w.end_object();
}
