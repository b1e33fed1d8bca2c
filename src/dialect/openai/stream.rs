//! Reads a provider's stream of `chat.completion.chunk`s, or of legacy `text_completion`s.

use super::answer::{self, Choices};
use super::error;
use crate::chat::{Event, FinishReason};
use crate::dialect::{NO_END, StreamReader, broken_stream, no_event};
use crate::framing;
use crate::json::{self, Object, Value};

/// A stream's state.
#[derive(Debug, Default)]
pub struct Reader {
    started: bool,
    ended: bool,
    /// Bare pieces of text came (Writer's legacy completions), which nothing but the connection's end ends.
    bare: bool,
    choices: Choices,
}

impl StreamReader for Reader {
    fn event(&mut self, event: &framing::Event<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        let data = event.data.trim_ascii();
        if self.ended {
            return;
        }
        if data.is_empty() {
            return self.unframed(event, sink);
        }
        if data == b"[DONE]" {
            self.finish(sink);
            return;
        }
        match json::parse(data) {
            Ok(Value::Object(object)) => self.chunk(&object, event.name == b"error", sink),
            // A tail that the connection's end cut off says nothing; `end` reports it.
            _ if !event.complete => {}
            Ok(Value::Array(list)) => match list.items().first().and_then(Value::as_object) {
                Some(object) if error::is_said(object) => self.chunk(object, true, sink),
                _ => self.fail(&no_event(data), sink),
            },
            _ => self.fail(&no_event(data), sink),
        }
    }

    fn end(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        if self.ended {
            return;
        }
        if self.bare {
            sink(Event::Finish {
                choice: 0,
                reason: FinishReason::Stop,
                stop_sequence: None,
            });
        }
        // Some providers close without `[DONE]`; a finish reason is as good.
        if self.bare || self.choices.may_end() {
            self.finish(sink);
        } else {
            self.fail(NO_END, sink);
        }
    }
}

impl Reader {
    fn fail(&mut self, what: &str, sink: &mut dyn FnMut(Event<'_>)) {
        self.ended = true;
        sink(broken_stream(what));
    }

    fn finish(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        self.ended = true;
        self.choices.close(sink);
        sink(Event::End);
    }

    /// JSON where an event should be: an error that lost its framing (Google's compatible layer), or the whole answer
    /// of a provider that does not stream.
    fn unframed(&mut self, event: &framing::Event<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        let raw = event.raw.trim_ascii();
        if !raw.starts_with(b"{") && !raw.starts_with(b"[") {
            return;
        }
        let value = json::parse(raw);
        let object = match &value {
            Ok(Value::Object(object)) => Some(object),
            Ok(Value::Array(list)) => list.items().first().and_then(Value::as_object),
            _ => None,
        };
        match object {
            Some(object) if error::is_said(object) => self.chunk(object, true, sink),
            Some(object) if !self.started && object.array("choices").is_some() => {
                self.ended = true;
                if let Err(error) = answer::whole(object, sink) {
                    sink(Event::Error(error));
                }
            }
            _ => sink(Event::Skipped),
        }
    }

    fn chunk(&mut self, object: &Object<'_>, named_error: bool, sink: &mut dyn FnMut(Event<'_>)) {
        let has_choices = object
            .array("choices")
            .is_some_and(|list| !list.items().is_empty());
        let failed = error::is_said(object);
        // An error may stand beside the last words.
        if failed && !has_choices || named_error {
            self.ended = true;
            sink(Event::Error(error::read_object(object)));
            return;
        }
        // Azure begins with a chunk about the prompt's filtering that has no id and no choices.
        let named = object.str("id").is_some_and(|id| !id.is_empty());
        let bare = object.str("value").filter(|_| !has_choices);
        if !self.started && (named || has_choices || bare.is_some()) {
            self.started = true;
            sink(answer::start(object));
        }
        if let Some(text) = bare.filter(|text| !text.is_empty()) {
            self.bare = true;
            sink(Event::Text {
                choice: 0,
                text: text.clone(),
            });
        }
        self.choices.take(object, false, sink);
        let told = self.choices.failed();
        let error = if failed {
            Some(error::read_object(object))
        } else {
            told
        };
        if let Some(error) = error {
            self.ended = true;
            sink(Event::Error(error));
        }
    }
}

#[cfg(test)]
pub(in crate::dialect) mod tests;
