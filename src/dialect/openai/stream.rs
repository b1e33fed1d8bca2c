//! Reads a provider's stream of `chat.completion.chunk`s.

use super::answer::{Choices, choice_events};
use super::{error, usage};
use crate::chat::Event;
use crate::dialect::{NO_END, StreamReader, broken_stream};
use crate::framing;
use crate::json::{self, Object, Value};

/// A stream's state.
#[derive(Debug, Default)]
pub struct Reader {
    started: bool,
    ended: bool,
    finished: bool,
    choices: Choices,
}

impl StreamReader for Reader {
    fn event(&mut self, event: &framing::Event<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        let data = event.data.trim_ascii();
        if data.is_empty() || self.ended {
            return;
        }
        if data == b"[DONE]" {
            self.ended = true;
            sink(Event::End);
            return;
        }
        match json::parse(data) {
            Ok(Value::Object(object)) => self.chunk(&object, event.name == b"error", sink),
            // A tail that the connection's end cut off says nothing; `end` reports it.
            _ if !event.complete => {}
            _ => self.fail("an event that is not JSON", sink),
        }
    }

    fn end(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        if self.ended {
            return;
        }
        self.ended = true;
        // Some providers close without `[DONE]`; a finish reason is as good.
        if self.finished {
            sink(Event::End);
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

    fn chunk(&mut self, object: &Object<'_>, named_error: bool, sink: &mut dyn FnMut(Event<'_>)) {
        let failed = object.get("error").is_some_and(|error| !error.is_null());
        if failed || named_error {
            self.ended = true;
            sink(Event::Error(error::read_object(object)));
            return;
        }
        let id = object.str("id").cloned().unwrap_or_default();
        let choices = object
            .array("choices")
            .map(|array| array.items())
            .unwrap_or_default();
        // Azure begins with a chunk about the prompt's filtering that has no id and no choices.
        if !self.started && (!id.is_empty() || !choices.is_empty()) {
            self.started = true;
            sink(Event::Start {
                id,
                model: object.str("model").cloned().unwrap_or_default(),
                created: object.u64("created"),
            });
        }
        for (place, choice) in choices.iter().enumerate() {
            match choice.as_object() {
                Some(choice) => {
                    self.finished |= choice_events(choice, "delta", place, &mut self.choices, sink)
                }
                None => sink(Event::Skipped),
            }
        }
        if let Some(tier) = object.str("service_tier") {
            sink(Event::ServiceTier(tier.clone()));
        }
        if let Some(counts) = chunk_usage(object) {
            sink(Event::Usage(usage::read(counts)));
        }
    }
}

/// A chunk's usage: its own, or Groq's beside it.
pub(super) fn chunk_usage<'o, 'a>(object: &'o Object<'a>) -> Option<&'o Object<'a>> {
    object
        .object("usage")
        .or_else(|| object.object("x_groq")?.object("usage"))
}
