//! Looks on while answers pass in this wire: what the meter needs, and nothing more.
//!
//! Most events are a few words of text. Such a one is not parsed: a few searches tell that it has no usage, no finish
//! reason, no call and no error, and its text is measured where it stands. Every other is parsed.

use super::stream::Reader;
use super::{answer, error, usage};
use crate::chat::{Error, Event};
use crate::dialect::{Passing, StreamReader, StreamScanner, foreign_answer};
use crate::framing;
use crate::json::scan::top_level;
use crate::json::splice::Splice;
use crate::json::{self, Text, Value};
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
    finish: Finder<'static>,
    error: Finder<'static>,
    calls: Finder<'static>,
    text: [Finder<'static>; 4],
}

impl Scanner {
    /// A scanner; `strip_usage` takes out usage that the client did not ask for.
    pub fn new(strip_usage: bool) -> Self {
        Scanner {
            strip_usage,
            reader: Reader::default(),
            marks: Marks {
                usage: Finder::new("\"usage\""),
                finish: Finder::new("\"finish_reason\""),
                error: Finder::new("\"error\""),
                calls: Finder::new("\"tool_calls\""),
                text: [
                    "\"content\"",
                    "\"arguments\"",
                    "\"reasoning_content\"",
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
                .find(data)
                .is_none_or(|place| is_null(data, place, finder.needle().len()))
        };
        absent(&self.marks.usage)
            && absent(&self.marks.finish)
            && absent(&self.marks.error)
            // A finish reason is read in the light of the calls before it.
            && absent(&self.marks.calls)
            && data.starts_with(b"{")
    }

    fn measure(&self, data: &[u8], sink: &mut dyn FnMut(Event<'_>)) {
        for finder in &self.marks.text {
            let Some(place) = finder.find(data) else {
                continue;
            };
            let value = after_colon(data, place.saturating_add(finder.needle().len()));
            if let Some(inside) = value.strip_prefix(b"\"").map(literal)
                && let Ok(text) = std::str::from_utf8(inside)
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
            self.legacy(data, sink);
            self.reader.event(event, sink);
        }
        if self.strip_usage && self.marks.usage.find(data).is_some() {
            return stripped(event, data);
        }
        Passing::Keep
    }

    fn end(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        self.reader.end(sink);
    }
}

impl Scanner {
    /// Legacy completions have their text beside the choice, where the reader of chat chunks does not look.
    fn legacy(&self, data: &[u8], sink: &mut dyn FnMut(Event<'_>)) {
        let Ok([Some(choices)]) = top_level(data, ["choices"]) else {
            return;
        };
        let Ok(Value::Array(choices)) = json::parse(choices.value) else {
            return;
        };
        for choice in choices.items().iter().filter_map(Value::as_object) {
            if let Some(text) = choice.str("text").filter(|text| !text.is_empty()) {
                sink(Event::Text {
                    choice: 0,
                    text: text.clone(),
                });
            }
        }
    }
}

/// The event without its usage; nothing where usage was all it had.
fn stripped(event: &framing::Event<'_>, data: &[u8]) -> Passing {
    let Ok([Some(usage), choices]) = top_level(data, ["usage", "choices"]) else {
        return Passing::Keep;
    };
    let only_usage = choices.is_some_and(|choices| choices.value.trim_ascii() == b"[]")
        && usage.value != b"null";
    if only_usage {
        return Passing::Drop;
    }
    let mut splice = Splice::new(data);
    splice.remove(&usage);
    let edited = splice.apply();
    // The rest of the event stays as it came: comments, field names, line endings.
    let Some(place) = memchr::memmem::find(event.raw, data) else {
        return Passing::Keep;
    };
    let (before, rest) = event
        .raw
        .split_at_checked(place)
        .unwrap_or((event.raw, &[]));
    let after = rest.get(data.len()..).unwrap_or_default();
    Passing::Replace([before, &edited, after].concat())
}

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

/// Most bytes of `choices` that are read for their finish reason.
const MAX_CHOICES_BYTES: usize = 4 << 20;

/// Tells what a passing unary answer says: of chat completions, legacy completions or embeddings.
///
/// # Errors
/// A 200 that carries an error, or bytes that are no answer.
pub fn scan_answer(body: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
    let [counts, choices, failed] = top_level(body, ["usage", "choices", "error"])
        .map_err(|_| foreign_answer("is not a JSON object"))?;
    if failed.is_some_and(|member| member.value != b"null") {
        return match json::parse(body) {
            Ok(Value::Object(object)) => Err(error::read_object(&object)),
            _ => Err(foreign_answer("is not a JSON object")),
        };
    }
    if let Some(choices) = choices.filter(|member| member.value.len() <= MAX_CHOICES_BYTES)
        && let Ok(Value::Array(choices)) = json::parse(choices.value)
    {
        let mut state = answer::Choices::default();
        for (place, choice) in choices
            .items()
            .iter()
            .filter_map(Value::as_object)
            .enumerate()
        {
            answer::choice_events(choice, "message", place, &mut state, sink);
        }
    }
    if let Some(Ok(Value::Object(counts))) = counts.map(|member| json::parse(member.value)) {
        sink(Event::Usage(usage::read(&counts)));
    }
    Ok(())
}
