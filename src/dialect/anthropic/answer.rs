//! Reads a provider's unary answer.

use super::blocks::{self, Place};
use super::usage::Counts;
use super::{error, finish_reason};
use crate::chat::{Error, Event};
use crate::dialect::{foreign_answer, no_object};
use crate::json::{self, Object, Value};

/// Reads a message as the events that a stream of it would have had.
///
/// # Errors
/// A 200 that carries an error, or bytes that are no answer of this wire.
pub fn read(body: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
    match json::parse(body) {
        Ok(Value::Object(object)) => whole(&object, sink),
        _ => Err(no_object(body)),
    }
}

/// Whether an answer is an error.
pub(super) fn is_error(object: &Object<'_>) -> bool {
    object.str("type").is_some_and(|kind| kind.is("error"))
}

/// The events of a whole answer.
///
/// # Errors
/// As [`read`].
pub(super) fn whole(object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
    if is_error(object) {
        return Err(error::read_object(object));
    }
    let Some(content) = object.array("content") else {
        return Err(foreign_answer("has no `content`"));
    };
    sink(Event::Start {
        id: object.str("id").cloned().unwrap_or_default(),
        model: object.str("model").cloned().unwrap_or_default(),
        created: None,
    });
    let mut place = Place::default();
    for block in content.items().iter().filter_map(Value::as_object) {
        blocks::whole(block, &mut place, sink);
    }
    end(object, sink);
    Ok(())
}

/// What ends an answer: why, and what it used.
pub(super) fn end(object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
    stop(object, sink);
    if let Some(usage) = object.object("usage") {
        let mut counts = Counts::default();
        counts.update(usage);
        counts.tell(usage, sink);
    }
    sink(Event::End);
}

/// Why an answer ended, where `object` (a message, or the delta of one) says.
pub(super) fn stop(object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
    let Some(word) = object.str("stop_reason") else {
        return;
    };
    let details = object.object("stop_details");
    let explanation = details.and_then(|details| blocks::said(details, "explanation"));
    if let Some(text) = explanation.filter(|_| word.is("refusal")) {
        sink(Event::Refusal { choice: 0, text });
    }
    sink(Event::Finish {
        choice: 0,
        reason: finish_reason(word),
        stop_sequence: object.str("stop_sequence").cloned(),
    });
}
