//! Reads a provider's stream of Messages events.
//!
//! ```text
//! message_start ─ (content_block_start ─ content_block_delta … ─ content_block_stop)… ─ message_delta ─ message_stop
//! ```
//! `ping` and `error` may come anywhere.

use super::usage::Counts;
use super::{error, finish_reason};
use crate::chat::Event;
use crate::dialect::{NO_END, StreamReader, broken_stream};
use crate::framing;
use crate::json::{self, Object, Text, Value};

/// A stream's state.
#[derive(Debug, Default)]
pub struct Reader {
    started: bool,
    ended: bool,
    counts: Counts,
    calls: u32,
    /// The open block, if it is a tool's call: its number, and whether any arguments came.
    call: Option<(u32, bool)>,
}

impl StreamReader for Reader {
    fn event(&mut self, event: &framing::Event<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        let data = event.data.trim_ascii();
        if data.is_empty() || self.ended {
            return;
        }
        match json::parse(data) {
            Ok(Value::Object(object)) => self.step(&object, sink),
            // A tail that the connection's end cut off says nothing; `end` reports it.
            _ if !event.complete => {}
            _ => self.fail("an event that is not JSON", sink),
        }
    }

    fn end(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        if !self.ended {
            self.fail(NO_END, sink);
        }
    }
}

impl Reader {
    fn fail(&mut self, what: &str, sink: &mut dyn FnMut(Event<'_>)) {
        self.ended = true;
        sink(broken_stream(what));
    }

    fn step(&mut self, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        let kind = object.str("type").cloned().unwrap_or_default();
        match kind.decode().as_ref() {
            "message_start" => self.start(object, sink),
            "content_block_start" => self.block_start(object, sink),
            "content_block_delta" => self.block_delta(object, sink),
            "content_block_stop" => {
                if let Some((index, false)) = self.call.take() {
                    // A call without arguments still is a call with an object.
                    let fragment = Text::from("{}");
                    sink(Event::ToolArguments {
                        choice: 0,
                        index,
                        fragment,
                    });
                }
            }
            "message_delta" => self.message_delta(object, sink),
            "message_stop" => {
                self.ended = true;
                sink(Event::End);
            }
            "ping" => sink(Event::Ping),
            "error" => {
                self.ended = true;
                sink(Event::Error(error::read_object(object)));
            }
            _ => sink(Event::Skipped),
        }
    }

    fn start(&mut self, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        let Some(message) = object.object("message") else {
            return;
        };
        if !self.started {
            self.started = true;
            sink(Event::Start {
                id: message.str("id").cloned().unwrap_or_default(),
                model: message.str("model").cloned().unwrap_or_default(),
                created: None,
            });
        }
        self.usage(message, sink);
    }

    fn usage(&mut self, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        if let Some(usage) = object.object("usage") {
            self.counts.update(usage);
            sink(Event::Usage(self.counts.usage()));
            if let Some(tier) = usage.str("service_tier") {
                sink(Event::ServiceTier(tier.clone()));
            }
        }
    }

    fn block_start(&mut self, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        self.call = None;
        let Some(block) = object.object("content_block") else {
            return;
        };
        let said = |key: &str| block.str(key).filter(|text| !text.is_empty()).cloned();
        let kind = block.str("type").cloned().unwrap_or_default();
        match kind.decode().as_ref() {
            "text" => {
                if let Some(text) = said("text") {
                    sink(Event::Text { choice: 0, text });
                }
            }
            "thinking" => {
                if let Some(text) = said("thinking") {
                    sink(Event::Reasoning { choice: 0, text });
                }
            }
            "redacted_thinking" => {
                if let Some(data) = said("data") {
                    sink(Event::RedactedReasoning { choice: 0, data });
                }
            }
            "tool_use" => {
                let index = self.calls;
                self.calls = index.saturating_add(1);
                self.call = Some((index, false));
                sink(Event::ToolStart {
                    choice: 0,
                    index,
                    id: said("id").unwrap_or_else(|| Text::from(format!("toolu_{index}"))),
                    name: block.str("name").cloned().unwrap_or_default(),
                    signature: None,
                });
            }
            _ => sink(Event::Skipped),
        }
    }

    fn block_delta(&mut self, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        let Some(delta) = object.object("delta") else {
            return;
        };
        let said = |key: &str| delta.str(key).filter(|text| !text.is_empty()).cloned();
        let kind = delta.str("type").cloned().unwrap_or_default();
        match kind.decode().as_ref() {
            "text_delta" => {
                if let Some(text) = said("text") {
                    sink(Event::Text { choice: 0, text });
                }
            }
            "thinking_delta" => {
                if let Some(text) = said("thinking") {
                    sink(Event::Reasoning { choice: 0, text });
                }
            }
            "signature_delta" => {
                if let Some(signature) = said("signature") {
                    sink(Event::ReasoningSignature {
                        choice: 0,
                        signature,
                    });
                }
            }
            // Arguments of provider-side tools are not the client's.
            "input_json_delta" => {
                if let (Some((index, any)), Some(fragment)) = (&mut self.call, said("partial_json"))
                {
                    *any = true;
                    let index = *index;
                    sink(Event::ToolArguments {
                        choice: 0,
                        index,
                        fragment,
                    });
                }
            }
            _ => sink(Event::Skipped),
        }
    }

    fn message_delta(&mut self, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        if let Some(delta) = object.object("delta")
            && let Some(word) = delta.str("stop_reason")
        {
            let details = delta.object("stop_details");
            if word.is("refusal")
                && let Some(text) = details.and_then(|details| details.str("explanation"))
            {
                sink(Event::Refusal {
                    choice: 0,
                    text: text.clone(),
                });
            }
            sink(Event::Finish {
                choice: 0,
                reason: finish_reason(word),
                stop_sequence: delta.str("stop_sequence").cloned(),
            });
        }
        self.usage(object, sink);
    }
}
