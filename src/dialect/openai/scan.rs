//! Looks on while answers pass in this wire: what the meter needs, and nothing more.
//!
//! Most events are a few words of text. Such a one is not parsed: a few searches tell that it has no usage, no finish
//! reason, no call and no error, and its text is measured where it stands. Every other is parsed. Legacy completions pass
//! the same way.

mod long;
mod strip;

use super::answer::Choices;
use super::stream::Reader;
use super::{answer, error};
use crate::chat::{Error, Event};
use crate::dialect::{Passing, StreamReader, StreamScanner, foreign_answer};
use crate::framing;
use crate::json::scan::top_level;
use crate::json::{self, Object, Text, Value};
use memchr::memmem::Finder;

/// A passing stream's state.
pub struct Scanner {
    strip_usage: bool,
    reader: Reader,
    marks: Marks,
}

/// Searches made once a stream, not once an event.
struct Marks {
    usage: Finder<'static>,
    choices: Finder<'static>,
    /// What an event may not have, but as null, if it says no more than some text.
    others: [Finder<'static>; 6],
    text: [Finder<'static>; 6],
}

impl Scanner {
    /// A scanner; `strip_usage` takes out usage that the client did not ask for.
    pub fn new(strip_usage: bool) -> Self {
        Scanner {
            strip_usage,
            reader: Reader::default(),
            marks: Marks {
                usage: Finder::new("\"usage\""),
                choices: Finder::new("\"choices\""),
                others: [
                    "\"finish_reason\"",
                    "\"error\"",
                    // A finish reason is read in the light of the calls before it.
                    "\"tool_calls\"",
                    "\"function_call\"",
                    // Content that is not text.
                    "\"audio\"",
                    "\"images\"",
                ]
                .map(Finder::new),
                text: [
                    "\"content\"",
                    "\"arguments\"",
                    "\"reasoning_content\"",
                    "\"reasoning\"",
                    "\"refusal\"",
                    "\"text\"",
                ]
                .map(Finder::new),
            },
        }
    }

    /// Whether an event says no more than some text.
    fn is_plain(&self, data: &[u8]) -> bool {
        let absent = |finder: &Finder<'_>| {
            finder
                .find_iter(data)
                .all(|place| is_null(data, place, finder.needle().len()))
        };
        data.starts_with(b"{")
            // A broken one is told by the reader.
            && data.ends_with(b"}")
            && self.marks.choices.find(data).is_some()
            && absent(&self.marks.usage)
            && self.marks.others.iter().all(absent)
    }

    fn measure(&self, data: &[u8], sink: &mut dyn FnMut(Event<'_>)) {
        for finder in &self.marks.text {
            // `"type":"text"` has no colon behind it: what is looked for is the key.
            let found = finder.find_iter(data).find_map(|place| {
                let value = after_colon(data, place.saturating_add(finder.needle().len()));
                value.strip_prefix(b"\"").map(literal)
            });
            if let Some(Ok(text)) = found.map(std::str::from_utf8)
                && !text.is_empty()
            {
                sink(Event::Text {
                    choice: 0,
                    text: Text::Escaped(text),
                });
            }
        }
    }
}

impl StreamScanner for Scanner {
    fn event(&mut self, event: &framing::Event<'_>, sink: &mut dyn FnMut(Event<'_>)) -> Passing {
        let data = event.data.trim_ascii();
        if !data.is_empty() && event.name.is_empty() && self.is_plain(data) {
            self.measure(data, sink);
        } else {
            self.reader.event(event, sink);
        }
        if self.strip_usage
            && let Some(place) = self.marks.usage.find(data)
        {
            let rest = data.get(place.saturating_add(1)..).unwrap_or_default();
            // Where the word ends the event, no second one can follow.
            let only = rest.len() < LAST_MEMBER || self.marks.usage.find(rest).is_none();
            return strip::stripped(event, data, only);
        }
        Passing::Keep
    }

    fn end(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        self.reader.end(sink);
    }
}

/// Bytes of `"usage":null}` and a little more.
const LAST_MEMBER: usize = 16;

/// Whether the member whose key stands at `place` is `null`.
fn is_null(data: &[u8], place: usize, length: usize) -> bool {
    after_colon(data, place.saturating_add(length)).starts_with(b"null")
}

/// What follows a key's colon and blanks.
fn after_colon(data: &[u8], from: usize) -> &[u8] {
    let rest = data.get(from..).unwrap_or_default().trim_ascii_start();
    rest.strip_prefix(b":")
        .unwrap_or_default()
        .trim_ascii_start()
}

/// The inside of the literal whose opening quote was taken off.
fn literal(rest: &[u8]) -> &[u8] {
    let mut at = 0usize;
    while let Some(found) = memchr::memchr2(b'"', b'\\', rest.get(at..).unwrap_or_default()) {
        at = at.saturating_add(found);
        if rest.get(at) == Some(&b'"') {
            return rest.get(..at).unwrap_or_default();
        }
        at = at.saturating_add(2);
    }
    b""
}

/// Most bytes of an answer that are parsed; of a longer one no more than is of use.
const MAX_READ_BYTES: usize = 4 << 20;

/// Tells what a passing unary answer says: of chat completions, legacy completions or embeddings.
///
/// # Errors
/// A 200 that carries an error, or bytes that are no answer.
pub fn scan_answer(body: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
    let [counts, choices, failed] = top_level(body, ["usage", "choices", "error"])
        .map_err(|_| foreign_answer("is not a JSON object"))?;
    if failed.is_some_and(|member| member.value != b"null")
        && let Ok(Value::Object(object)) = json::parse(body)
        && error::is_said(&object)
    {
        return Err(error::read_object(&object));
    }
    if choices.is_some() {
        let short;
        let body = if body.len() <= MAX_READ_BYTES {
            body
        } else {
            short = long::shortened(body, sink);
            &short
        };
        if body.len() <= MAX_READ_BYTES
            && let Ok(Value::Object(object)) = json::parse(body)
        {
            return scan_choices(&object, sink);
        }
    }
    if let Some(Ok(Value::Object(counts))) = counts.map(|member| json::parse(member.value)) {
        sink(Event::Usage(super::usage::read(&counts)));
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
