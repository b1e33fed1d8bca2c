//! Reads a provider's unary answer, and what answers and chunks have in common: choices.
//!
//! Who the provider is, is not known here: what compatible hosts do otherwise is told by the shape of what they send.

mod calls;
mod choice;
mod delta;
mod logprobs;
mod media;
mod sources;

pub(super) use choice::Choices;

use super::error;
use crate::chat::{Error, Event};
use crate::dialect::{foreign_answer, no_object};
use crate::json::{self, Object, Value};

/// Reads a `chat.completion`, or a legacy `text_completion`, as the events that a stream of it would have had.
///
/// # Errors
/// A 200 that carries an error, or bytes that are no answer of this wire.
pub fn read(body: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
    match json::parse(body) {
        Ok(Value::Object(object)) => whole(&object, sink),
        // Google's compatible layer wraps its errors so.
        Ok(Value::Array(list)) => match list.items().first().and_then(Value::as_object) {
            Some(object) if error::is_said(object) => Err(error::read_object(object)),
            _ => Err(no_object(body)),
        },
        _ => Err(no_object(body)),
    }
}

/// The events of a whole answer.
///
/// # Errors
/// As [`read`].
pub(super) fn whole(object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
    if error::is_said(object) {
        return Err(error::read_object(object));
    }
    if object.array("choices").is_none() {
        if error::is_foreign(object) {
            return Err(error::read_object(object));
        }
        return Err(foreign_answer("has no `choices`"));
    }
    sink(start(object));
    let mut choices = Choices::default();
    choices.take(object, true, sink);
    choices.close(sink);
    match choices.failed() {
        Some(error) => Err(error),
        None => {
            sink(Event::End);
            Ok(())
        }
    }
}

/// What begins an answer.
pub(super) fn start<'a>(object: &Object<'a>) -> Event<'a> {
    Event::Start {
        id: object.str("id").cloned().unwrap_or_default(),
        model: object.str("model").cloned().unwrap_or_default(),
        created: object.u64("created"),
    }
}

#[cfg(test)]
pub(in crate::dialect) mod tests;
