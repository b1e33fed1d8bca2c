//! A streamed answer: `chat.completion.chunk` events.

mod lists;

use super::pieces::{self, Progress};
use super::{error, usage, word};
use crate::chat::{Event, FinishReason};
use crate::dialect::{AnswerContext, AnswerWriter};
use crate::json::{self, Text, Writer};
use crate::meter::Usage;
use lists::Lists;

/// Writes `chat.completion.chunk` events.
#[derive(Debug)]
pub struct StreamWriter {
    context: AnswerContext,
    /// What every chunk begins with, made once the answer's id is known.
    head: Vec<u8>,
    tier: Option<Text<'static>>,
    choices: Vec<Spoken>,
    usage: Option<Usage>,
    failed: bool,
}

/// What was told of a choice.
#[derive(Debug, Default)]
struct Spoken {
    index: u32,
    progress: Progress,
    called: bool,
    lists: Lists,
    /// Log probabilities that go with the next delta.
    logprobs: Option<String>,
    finished: bool,
}

/// Why a choice ended.
type End<'e, 'a> = Option<(FinishReason, Option<&'e Text<'a>>)>;

impl StreamWriter {
    /// A writer at an answer's beginning.
    pub fn new(context: AnswerContext) -> Self {
        StreamWriter {
            context,
            head: Vec::new(),
            tier: None,
            choices: Vec::new(),
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
        if let Some(tier) = &self.tier {
            out.extend_from_slice(b",\"service_tier\":");
            tier.write(out);
        }
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

    /// What was told of a choice; its first chunk names the role.
    fn spoken(&mut self, choice: u32, out: &mut Vec<u8>) -> Option<&mut Spoken> {
        if !self.choices.iter().any(|own| own.index == choice) {
            self.choices.push(Spoken {
                index: choice,
                ..Spoken::default()
            });
            self.write(choice, None, None, out, |w| {
                w.field_str("role", "assistant");
                w.field_str("content", "");
            });
        }
        self.choices.iter_mut().find(|own| own.index == choice)
    }

    /// One chunk whose delta is what `delta` writes.
    fn chunk(&mut self, choice: u32, out: &mut Vec<u8>, delta: impl FnOnce(&mut Writer<'_>)) {
        let logprobs = self.spoken(choice, out).and_then(|own| own.logprobs.take());
        self.write(choice, logprobs, None, out, delta);
    }

    fn write(
        &mut self,
        choice: u32,
        logprobs: Option<String>,
        end: End<'_, '_>,
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
        delta(&mut w);
        w.end_object();
        match logprobs {
            Some(json) => w.field_raw("logprobs", &json::compact(&json)),
            None => w.field_null("logprobs"),
        }
        match end {
            Some((reason, stop_sequence)) => {
                w.field_str("finish_reason", word(reason, &self.context));
                pieces::matched(&mut w, stop_sequence);
            }
            None => w.field_null("finish_reason"),
        }
        w.end_object();
        out.push(b']');
        self.end_chunk(out);
    }

    /// The chunk that ends a choice: one each.
    fn end(
        &mut self,
        choice: u32,
        reason: FinishReason,
        stop_sequence: Option<&Text<'_>>,
        out: &mut Vec<u8>,
    ) {
        let Some(own) = self.spoken(choice, out) else {
            return;
        };
        if std::mem::replace(&mut own.finished, true) {
            return;
        }
        let logprobs = own.logprobs.take();
        self.write(choice, logprobs, Some((reason, stop_sequence)), out, |_| {});
    }

    fn call(
        &mut self,
        choice: u32,
        index: u32,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Writer<'_>),
    ) {
        self.chunk(choice, out, |w| {
            w.key("tool_calls");
            w.begin_array();
            w.begin_object();
            w.field_number("index", index);
            write(w);
            w.end_object();
            w.end_array();
        });
    }
}

impl AnswerWriter for StreamWriter {
    fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        match event {
            Event::Start { id, model, created } if self.head.is_empty() => {
                self.start(&id.decode(), &model.decode(), *created);
                self.spoken(0, out);
            }
            Event::Text { choice, text } => {
                if let Some(own) = self.spoken(*choice, out) {
                    own.progress.text(text);
                }
                self.chunk(*choice, out, |w| w.field_text("content", text));
            }
            Event::Reasoning { choice, text } => {
                self.chunk(*choice, out, |w| w.field_text("reasoning_content", text));
            }
            Event::ReasoningSignature { choice, signature } => self.sealed(*choice, signature, out),
            Event::RedactedReasoning { choice, data } => self.redacted(*choice, data, out),
            Event::Refusal { choice, text } => {
                self.chunk(*choice, out, |w| w.field_text("refusal", text));
            }
            Event::TextSignature { choice, signature } => {
                self.chunk(*choice, out, |w| pieces::google_signature(w, signature));
            }
            Event::ToolStart {
                choice,
                index,
                id,
                name,
                signature,
            } => {
                if let Some(own) = self.spoken(*choice, out) {
                    own.called = true;
                }
                let name = self.context.tool_name(name);
                let function = |w: &mut Writer<'_>| {
                    w.begin_object();
                    w.field_text("name", &name);
                    w.field_str("arguments", "");
                    w.end_object();
                };
                if !self.context.legacy_functions {
                    self.call(*choice, *index, out, |w| {
                        pieces::call_head(w, id, signature.as_ref());
                        w.key("function");
                        function(w);
                    });
                } else if *index == 0 {
                    // The legacy form has one call.
                    self.chunk(*choice, out, |w| {
                        w.key("function_call");
                        function(w);
                    });
                }
            }
            Event::ToolArguments {
                choice,
                index,
                fragment,
            } => {
                let function = |w: &mut Writer<'_>| {
                    w.begin_object();
                    w.field_text("arguments", fragment);
                    w.end_object();
                };
                if !self.context.legacy_functions {
                    self.call(*choice, *index, out, |w| {
                        w.key("function");
                        function(w);
                    });
                } else if *index == 0 {
                    self.chunk(*choice, out, |w| {
                        w.key("function_call");
                        function(w);
                    });
                }
            }
            Event::Citation { choice, citation } => self.cite(*choice, citation, out),
            Event::Image {
                choice,
                media_type,
                data,
            } => {
                let url = pieces::data_url(media_type, data);
                self.image(*choice, &url, out);
            }
            Event::Audio {
                choice,
                id,
                data,
                transcript,
                expires_at,
                ..
            } => self.chunk(*choice, out, |w| {
                w.key("audio");
                w.begin_object();
                for (key, text) in [("id", id), ("data", data), ("transcript", transcript)] {
                    if !text.is_empty() {
                        w.field_text(key, text);
                    }
                }
                if let Some(seconds) = expires_at {
                    w.field_number("expires_at", *seconds);
                }
                w.end_object();
            }),
            Event::Logprobs { choice, json } => {
                let waiting = self.spoken(*choice, out);
                if waiting.is_some_and(|own| own.logprobs.is_some()) {
                    self.chunk(*choice, out, |_| {});
                }
                if let Some(own) = self.spoken(*choice, out) {
                    own.logprobs = Some((*json).to_owned());
                }
            }
            Event::Finish {
                choice,
                reason,
                stop_sequence,
            } => self.end(*choice, *reason, stop_sequence.as_ref(), out),
            Event::Usage(usage) => self.usage = Some(*usage),
            Event::ServiceTier(tier) => self.tier = Some(tier.clone().into_owned()),
            Event::Error(error) => {
                self.failed = true;
                error::event(error, out);
            }
            _ => {}
        }
    }

    fn repeated(&mut self, said: &Event<'_>) {
        if let Event::Text { choice, text } = said {
            let own = self.choices.iter_mut().find(|own| own.index == *choice);
            own.into_iter().for_each(|own| own.progress.text(text));
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.failed {
            return;
        }
        // An answer that says nothing at all is still one choice, and every choice has an end.
        self.spoken(0, out);
        let open: Vec<(u32, bool)> = self
            .choices
            .iter()
            .filter(|own| !own.finished)
            .map(|own| (own.index, own.called))
            .collect();
        for (choice, called) in open {
            let reason = if called {
                FinishReason::ToolCalls
            } else {
                FinishReason::Stop
            };
            self.end(choice, reason, None, out);
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

#[cfg(test)]
mod tests;
