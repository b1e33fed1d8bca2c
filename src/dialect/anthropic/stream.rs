//! Reads a provider's stream of Messages events.
//!
//! ```text
//! message_start ─ (content_block_start ─ content_block_delta … ─ content_block_stop)… ─ message_delta ─ message_stop
//! ```
//! `ping` and `error` may come anywhere.

use super::blocks::{self, Place, said};
use super::usage::Counts;
use super::{answer, error};
use crate::chat::Event;
use crate::dialect::{NO_END, StreamReader, broken_stream, exception, no_event};
use crate::framing;
use crate::json::{self, Object, Text, Value};

/// A stream's state.
#[derive(Debug, Default)]
pub struct Reader {
    started: bool,
    finished: bool,
    ended: bool,
    counts: Counts,
    place: Place,
    open: Open,
}

/// The block that is open.
#[derive(Debug, Default)]
enum Open {
    /// None, or one whose deltas say all there is to say.
    #[default]
    None,
    /// Text.
    Text {
        /// Where it began, in characters.
        from: u64,
        /// Its citations' sources: they come before the text, but are told after it.
        citations: Vec<String>,
    },
    /// A call of the client's.
    Call {
        /// Its number.
        index: u32,
        /// Whether any of its arguments came as deltas.
        any: bool,
        /// Its arguments as the block's start has them: whole, where no deltas come.
        input: String,
    },
    /// A block that the neutral language has no words for, and was counted as one.
    Skipped,
}

impl StreamReader for Reader {
    fn event(&mut self, event: &framing::Event<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        if event.exception {
            if !self.ended {
                self.ended = true;
                sink(Event::Error(exception(event)));
            }
            return;
        }
        let data = event.data.trim_ascii();
        if data.is_empty() || self.ended {
            return;
        }
        match json::parse(data) {
            Ok(Value::Object(object)) => self.step(&object, sink),
            // A tail that the connection's end cut off says nothing; `end` reports it.
            _ if !event.complete => {}
            _ => self.fail(&no_event(data), sink),
        }
    }

    fn repeated(&mut self, said: &Event<'_>) {
        if let Event::Text { text, .. } = said {
            self.place.passed(text);
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
            "content_block_stop" => self.block_stop(sink),
            "message_delta" => self.message_delta(object, sink),
            "message_stop" => {
                self.ended = true;
                if let Some(metrics) = object.object("amazon-bedrock-invocationMetrics")
                    && self.counts.update_from_metrics(metrics)
                {
                    sink(Event::Usage(self.counts.usage()));
                }
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
            // An answer that is resumed begins with what it had.
            let content = message.array("content").map(|list| list.items());
            let blocks = content.unwrap_or_default().iter();
            for block in blocks.filter_map(Value::as_object) {
                blocks::whole(block, &mut self.place, sink);
            }
        }
        self.usage(message, sink);
    }

    fn usage(&mut self, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        if let Some(usage) = object.object("usage") {
            self.counts.update(usage);
            self.counts.tell(usage, sink);
        }
    }

    fn block_start(&mut self, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        // A block whose end got lost ends here.
        self.block_stop(sink);
        let Some(block) = object.object("content_block") else {
            return;
        };
        let kind = block.str("type").cloned().unwrap_or_default();
        self.open = match kind.decode().as_ref() {
            "text" => {
                let from = self.place.characters;
                if let Some(text) = said(block, "text") {
                    self.place.text(text, sink);
                }
                let citations = block.array("citations").map(|list| list.items());
                let objects = citations.unwrap_or_default().iter();
                let sources = objects.filter_map(Value::as_object);
                Open::Text {
                    from,
                    citations: sources.map(|object| object.raw().to_owned()).collect(),
                }
            }
            "thinking" => {
                if let Some(text) = said(block, "thinking") {
                    sink(Event::Reasoning { choice: 0, text });
                }
                Open::None
            }
            "redacted_thinking" => {
                if let Some(data) = said(block, "data") {
                    sink(Event::RedactedReasoning { choice: 0, data });
                }
                Open::None
            }
            "tool_use" => {
                let index = self.place.next_call();
                blocks::tool_start(block, index, sink);
                Open::Call {
                    index,
                    any: false,
                    input: block.object("input").map_or("{}", Object::raw).to_owned(),
                }
            }
            _ => {
                sink(Event::Skipped);
                Open::Skipped
            }
        };
    }

    fn block_stop(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        match std::mem::take(&mut self.open) {
            Open::Text { from, citations } => {
                for source in citations {
                    if let Ok(Value::Object(object)) = json::parse(source.as_bytes()) {
                        self.place.cite(from, &object, sink);
                    }
                }
            }
            // A call without arguments still is a call with an object.
            Open::Call {
                index,
                any: false,
                input,
            } => sink(Event::ToolArguments {
                choice: 0,
                index,
                fragment: Text::from(input),
            }),
            _ => {}
        }
    }

    fn block_delta(&mut self, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        let Some(delta) = object.object("delta") else {
            return;
        };
        let kind = delta.str("type").cloned().unwrap_or_default();
        match (kind.decode().as_ref(), &mut self.open) {
            // Arguments of provider-side tools, and what else such blocks have, are not the client's.
            (_, Open::Skipped) => {}
            ("text_delta", _) => {
                if let Some(text) = said(delta, "text") {
                    self.place.text(text, sink);
                }
            }
            ("citations_delta", Open::Text { citations, .. }) => {
                if let Some(citation) = delta.object("citation") {
                    citations.push(citation.raw().to_owned());
                }
            }
            ("thinking_delta", _) => {
                if let Some(text) = said(delta, "thinking") {
                    sink(Event::Reasoning { choice: 0, text });
                }
            }
            ("signature_delta", _) => {
                if let Some(signature) = said(delta, "signature") {
                    sink(Event::ReasoningSignature {
                        choice: 0,
                        signature,
                    });
                }
            }
            ("input_json_delta", Open::Call { index, any, .. }) => {
                if let Some(fragment) = said(delta, "partial_json") {
                    *any = true;
                    let index = *index;
                    sink(Event::ToolArguments {
                        choice: 0,
                        index,
                        fragment,
                    });
                }
            }
            ("input_json_delta", _) => {}
            _ => sink(Event::Skipped),
        }
    }

    fn message_delta(&mut self, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        self.block_stop(sink);
        // Several may come; the first that says why is why.
        if let Some(delta) = object.object("delta")
            && !self.finished
        {
            self.finished = delta.str("stop_reason").is_some();
            answer::stop(delta, sink);
        }
        self.usage(object, sink);
    }
}

#[cfg(test)]
mod tests;
