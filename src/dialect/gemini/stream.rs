//! Reads a provider's stream: each event is a `GenerateContentResponse` that adds to the answer. There is no terminator:
//! a stream is complete when its bytes end, or its array does, after a `finishReason`.

use super::answer::Answer;
use super::failure::{failure, read_inline};
use crate::chat::Event;
use crate::dialect::{NO_END, StreamReader, broken_stream, no_event};
use crate::framing;
use crate::json::scan::top_level;
use crate::json::{self, Object, Value};
use std::ops::Range;

/// A stream's state.
#[derive(Debug, Default)]
pub struct Reader {
    answer: Answer,
    ended: bool,
}

impl StreamReader for Reader {
    fn event(&mut self, event: &framing::Event<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        if self.ended {
            return;
        }
        let mut data = event.data.trim_ascii();
        if data.is_empty() {
            data = event.raw.trim_ascii();
            // An error in the middle of a stream comes as it would have come in its place: without a field's name.
            if data == b"]" && self.answer.is_finished() {
                return self.end(sink);
            }
            let unframed = data.starts_with(b"{") || data.starts_with(b"[{");
            if !unframed || !event.data.is_empty() {
                return;
            }
        }
        if data == b"[DONE]" {
            // Not this wire's, but some hosts between cannot leave it.
            return self.end(sink);
        }
        let failed = event.exception || event.name == b"error";
        match json::parse(data) {
            Ok(value) if failed || failure(&value).is_some() => {
                self.ended = true;
                sink(Event::Error(read_inline(&value)));
            }
            Ok(Value::Object(chunk)) => self.answer.chunk(&chunk, sink),
            // A tail that the connection's end cut off says nothing; `end` reports it.
            _ if !event.complete => {}
            _ => self.fail(&no_event(data), sink),
        }
    }

    fn repeated(&mut self, said: &Event<'_>) {
        if let Event::Text { choice, text } = said {
            self.answer.passed(*choice, text);
        }
    }

    fn counts_in(&self, data: &[u8]) -> Option<Range<usize>> {
        let [counts] = top_level(data, ["usageMetadata"]).ok()?;
        Some(counts?.value_span)
    }

    fn counts(&mut self, counts: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        self.answer.usage(counts, sink);
    }

    fn may_be_over(&self) -> bool {
        !self.ended && self.answer.is_whole()
    }

    fn end(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        if self.ended {
            return;
        }
        if !self.answer.is_finished() {
            return self.fail(NO_END, sink);
        }
        self.ended = true;
        self.answer.end(sink);
    }
}

impl Reader {
    fn fail(&mut self, what: &str, sink: &mut dyn FnMut(Event<'_>)) {
        self.ended = true;
        sink(broken_stream(what));
    }
}
