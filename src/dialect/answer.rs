//! How answers are read, looked at and written: the readers, scanners and writers that each wire has.

use crate::chat::Event;
use crate::framing;
use crate::json::{Object, Text};
use std::ops::Range;

/// What an answer's writer needs beside the events.
#[derive(Debug, Clone, Default)]
pub struct AnswerContext {
    /// An id for the answer where the provider's is empty; also the seed of made-up ids.
    pub id: String,
    /// Unix seconds now, where the provider does not say when the answer was made.
    pub created: u64,
    /// The model as the client named it, where the provider does not name its own.
    pub model: String,
    /// Whether the client asked for usage in the stream (OpenAI).
    pub include_usage: bool,
    /// Tools' names as the provider knows them, and as the client does, where they differ.
    pub names: Vec<(String, String)>,
    /// Whether a stream is one JSON array (a Gemini client that did not ask for server-sent events).
    pub array: bool,
    /// Whether the client knows calls in OpenAI's legacy form only (`function_call`).
    pub legacy_functions: bool,
}

impl AnswerContext {
    /// A tool's name as the client knows it.
    pub fn tool_name<'n>(&self, name: &Text<'n>) -> Text<'n> {
        let known = self.names.iter().find(|(upstream, _)| name.is(upstream));
        known.map_or_else(|| name.clone(), |(_, own)| Text::from(own.clone()))
    }
}

/// A provider's stream, event by event, into the neutral language.
///
/// What it says must not depend on how the bytes were cut: it sees whole events only.
pub trait StreamReader {
    /// One whole event. One that this version does not know becomes [`Event::Skipped`], a broken one [`Event::Error`].
    fn event(&mut self, event: &framing::Event<'_>, sink: &mut dyn FnMut(Event<'_>));
    /// The bytes ended. A stream that ends before its wire's terminator becomes [`Event::Error`].
    fn end(&mut self, sink: &mut dyn FnMut(Event<'_>));
    /// An event passed that was like the one before, but for its text, and that was not read therefore: what its text
    /// changes.
    fn repeated(&mut self, _: &Event<'_>) {}
    /// Where in an event's data the counts so far are, if others like it may have them with other numbers.
    fn counts_in(&self, _data: &[u8]) -> Option<Range<usize>> {
        None
    }
    /// Reads these counts.
    fn counts(&mut self, _counts: &Object<'_>, _sink: &mut dyn FnMut(Event<'_>)) {}
    /// Whether the stream may be over, though only the end of its bytes will tell: for wires without a terminator.
    fn may_be_over(&self) -> bool {
        false
    }
}

/// An answer in the neutral language into a client's wire.
pub trait AnswerWriter {
    /// One event. A stream's writer appends what it says to `out`; a body's writer gathers.
    fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>);
    /// A text was written as the one before it, without this writer: what it changes.
    fn repeated(&mut self, _: &Event<'_>) {}
    /// The answer is complete: appends what ends it. Called once, not after an error.
    fn finish(&mut self, out: &mut Vec<u8>);
}

/// What becomes of a passing event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passing {
    /// It goes to the client as it stands.
    Keep,
    /// The client does not see it.
    Drop,
    /// It goes to the client without these bytes of its own.
    Cut(Range<usize>),
    /// The client sees this instead: a whole event.
    Replace(Vec<u8>),
}
