//! Looks on while answers pass in this wire: what the meter needs, and nothing more.
//!
//! Legacy completions pass the same way.

mod long;
mod strip;

use super::answer::Choices;
use super::{answer, error};
use crate::chat::{Error, Event};
use crate::dialect::Passing;
use crate::framing;
use crate::json::scan::{Member, top_level};
use crate::json::{self, Object, Text, Value};
use crate::search::find;

/// What becomes of a passing event whose usage the client is not to see.
pub fn strip(event: &framing::Event<'_>) -> Passing {
    let data = event.data.trim_ascii();
    let Some(place) = find(data, USAGE) else {
        return Passing::Keep;
    };
    let rest = data.get(place.saturating_add(1)..).unwrap_or_default();
    // Where the word ends the event, no second one can follow.
    let only = rest.len() < LAST_MEMBER || find(rest, USAGE).is_none();
    strip::stripped(event, data, only)
}

/// What is taken out.
const USAGE: &[u8] = b"\"usage\"";

/// Bytes of `"usage":null}` and a little more.
const LAST_MEMBER: usize = 16;

/// Most bytes of an answer that are parsed; of a longer one no more than is of use.
const MAX_READ_BYTES: usize = 4 << 20;

/// Tells what a passing unary answer says: of chat completions, legacy completions or embeddings.
///
/// # Errors
/// A 200 that carries an error, or bytes that are no answer.
pub fn scan_answer(body: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
    if body.len() > MAX_READ_BYTES {
        return scan_long(body, sink);
    }
    let Ok(Value::Object(object)) = json::parse(body) else {
        // Google's compatible layer has its errors in an array.
        return answer::read(body, sink);
    };
    if error::is_said(&object) {
        return Err(error::read_object(&object));
    }
    if object.get("choices").is_some() {
        return scan_choices(&object, sink);
    }
    if let Some(usage) = object.object("usage").and_then(super::usage::read) {
        sink(Event::Usage(usage));
    }
    Ok(())
}

/// As [`scan_answer`], of an answer that is too long to be parsed whole.
fn scan_long(body: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
    let names = ["usage", "choices", "error", "object", "type"];
    let Ok([counts, choices, failed, object, kind]) = top_level(body, names) else {
        return answer::read(body, sink);
    };
    let word = |member: Option<Member<'_>>| {
        member
            .and_then(|member| json::literal(member.value))
            .is_some_and(|word| Text::Escaped(word).is("error"))
    };
    if (failed.is_some_and(|member| member.value != b"null") || word(object) || word(kind))
        && let Ok(Value::Object(object)) = json::parse(body)
        && error::is_said(&object)
    {
        return Err(error::read_object(&object));
    }
    if choices.is_some() {
        let short = long::shortened(body, sink);
        if short.len() <= MAX_READ_BYTES
            && let Ok(Value::Object(object)) = json::parse(&short)
        {
            return scan_choices(&object, sink);
        }
    }
    if let Some(Ok(Value::Object(counts))) = counts.map(|member| json::parse(member.value))
        && let Some(usage) = super::usage::read(&counts)
    {
        sink(Event::Usage(usage));
    }
    Ok(())
}

fn scan_choices(object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
    let mut choices = Choices::default();
    sink(answer::start(object));
    choices.take(object, true, sink);
    choices.close(sink);
    choices.failed().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests;
