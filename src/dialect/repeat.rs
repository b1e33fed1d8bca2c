//! Events that repeat each other but for one piece of text: what most of a passing stream is.
//!
//! ```text
//! data: {"id":"c","choices":[{"index":0,"delta":{"content":"Hel"}}],"obfuscation":"x7"}⏎⏎
//! └─────────────────────── the same ──────────────────────┘text└────── the same ──────┘pad└┘
//! ```
//! The first two of such events are read as every other. If both said one piece of text and nothing else, a third that
//! has the same bytes around its text says what stands between them, and leaves its reader as it is: it needs no
//! parsing, and what is told of it is what the reader would have told, whatever the bytes are. Where the events are
//! server-sent ones, not even their ends need be searched for.

use super::{Passing, StreamReader};
use crate::chat::Event;
use crate::framing;
use crate::json::{self, Text};
use crate::search;
use std::ops::Range;

/// Longest event that is remembered.
const MAX_BYTES: usize = 4096;

/// What stands before the padding that OpenAI adds to its events, of any length. No reader looks at it.
const PADDING: &[u8] = b",\"obfuscation\":\"";

/// What the latest event looked like.
#[derive(Debug, Default)]
pub struct Repeat {
    name: Vec<u8>,
    /// The event's bytes: as they came, where its data is one piece of them; else its data.
    frame: Vec<u8>,
    /// Where in them the data is, and in it the text and the padding, without their quotes.
    data: Range<usize>,
    text: Range<usize>,
    padding: Range<usize>,
    /// What of them the client does not see.
    cut: Range<usize>,
    said: Option<Said>,
    /// Whether two events looked so.
    twice: bool,
    /// Whether it can be found in the stream as it stands: server-sent, ended by a line feed.
    framed: bool,
}

/// What kind of text it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Text(u32),
    Reasoning(u32),
}

impl Said {
    fn tell(self, text: &str, sink: &mut dyn FnMut(Event<'_>)) {
        if text.is_empty() {
            return;
        }
        let text = Text::Escaped(text);
        sink(match self {
            Said::Text(choice) => Event::Text { choice, text },
            Said::Reasoning(choice) => Event::Reasoning { choice, text },
        });
    }
}

impl Repeat {
    /// Tells `sink` what an event says, with `reader`'s help where it is not like the one before. Returns whether it is
    /// remembered now.
    pub(super) fn event(
        &mut self,
        reader: &mut dyn StreamReader,
        event: &framing::Event<'_>,
        sink: &mut dyn FnMut(Event<'_>),
    ) -> bool {
        let data = event.data.trim_ascii();
        let alike = self.alike(event, data);
        if self.twice
            && let Some(said) = self.said
            && let Some(text) = alike
        {
            said.tell(text, sink);
            return false;
        }
        let mut events = 0u32;
        let mut found = None;
        reader.event(event, &mut |event| {
            let said = match &event {
                Event::Text { choice, text } => Some((Said::Text(*choice), text)),
                Event::Reasoning { choice, text } => Some((Said::Reasoning(*choice), text)),
                _ => None,
            };
            found = said.and_then(|(said, text)| Some((said, literal_in(data, text)?)));
            // An answer begins only once.
            events = events.saturating_add(u32::from(!matches!(event, Event::Start { .. })));
            sink(event);
        });
        let found = found.filter(|_| events == 1 && !event.exception);
        self.twice = alike.is_some()
            && found
                .as_ref()
                .is_some_and(|(said, _)| self.said == Some(*said));
        match found {
            Some(_) if self.twice => false,
            Some((said, text)) => self.learn(event, data, said, text),
            None => {
                self.said = None;
                false
            }
        }
    }

    /// What becomes of the event that is remembered, and so of those like it.
    pub(super) fn passes(&mut self, passing: &Passing) {
        self.cut = match passing {
            Passing::Keep => 0..0,
            Passing::Cut(gone) if gone.end <= self.padding.start && self.text.end < gone.start => {
                gone.clone()
            }
            _ => {
                self.said = None;
                return;
            }
        };
    }

    /// Passes over the events at the beginning of a stream's `bytes` that are like the one before, and returns how many
    /// bytes they have. Where events are edited, `out` gets what the client sees of them. None may have more than
    /// `limit` bytes.
    pub fn skip(
        &self,
        bytes: &[u8],
        limit: usize,
        mut out: Option<&mut Vec<u8>>,
        sink: &mut dyn FnMut(Event<'_>),
    ) -> usize {
        let Some(said) = self.said.filter(|_| self.twice && self.framed) else {
            return 0;
        };
        let whole = 0..self.frame.len();
        let (mut at, mut kept) = (0usize, 0usize);
        while let Some(rest) = bytes.get(at..)
            && let Some((text, length)) = self.like(rest, &whole)
            && length <= limit
        {
            said.tell(text, sink);
            if let Some(out) = &mut out
                && !self.cut.is_empty()
            {
                let from = self.cut.start.saturating_sub(self.text.end);
                let from = from
                    .saturating_add(self.text.start)
                    .saturating_add(text.len());
                let from = at.saturating_add(from);
                out.extend_from_slice(bytes.get(kept..from).unwrap_or_default());
                kept = from.saturating_add(self.cut.len());
            }
            at = at.saturating_add(length);
        }
        if let Some(out) = out {
            out.extend_from_slice(bytes.get(kept..at).unwrap_or_default());
        }
        at
    }

    /// Remembers an event's bytes, and where in its data the text is, if it is not too long.
    fn learn(
        &mut self,
        event: &framing::Event<'_>,
        data: &[u8],
        said: Said,
        text: Range<usize>,
    ) -> bool {
        let place = place_in(event.raw, data);
        self.framed = place.is_some() && event.complete && event.raw.ends_with(b"\n");
        let (frame, data) = match place {
            Some(place) => (event.raw, place),
            None => (data, 0..data.len()),
        };
        self.said = Some(said).filter(|_| frame.len() <= MAX_BYTES);
        if self.said.is_none() {
            return false;
        }
        let place = |place: usize| data.start.saturating_add(place);
        self.text = place(text.start)..place(text.end);
        self.padding = frame.len()..frame.len();
        let after = frame.get(self.text.end..data.end).unwrap_or_default();
        if let Some(found) = search::find(after, PADDING) {
            let start = self
                .text
                .end
                .saturating_add(found)
                .saturating_add(PADDING.len());
            if let Some(inside) = frame.get(start..).and_then(json::inside) {
                self.padding = start..start.saturating_add(inside.len());
            }
        }
        self.data = data;
        for (own, new) in [(&mut self.name, event.name), (&mut self.frame, frame)] {
            own.clear();
            own.extend_from_slice(new);
        }
        true
    }

    /// The text of an event that looks like the latest.
    fn alike<'d>(&self, event: &framing::Event<'_>, data: &'d [u8]) -> Option<&'d str> {
        self.said?;
        if event.exception || event.name != self.name {
            return None;
        }
        let (text, length) = self.like(data, &self.data)?;
        (length == data.len()).then_some(text)
    }

    /// The text in `bytes` that begin like this range of what is remembered, and how many of them are like it.
    fn like<'d>(&self, bytes: &'d [u8], range: &Range<usize>) -> Option<(&'d str, usize)> {
        let rest = after(bytes, self.frame.get(range.start..self.text.start)?)?;
        let text = json::inside(rest)?;
        let rest = rest.get(text.len()..)?;
        let end = self.padding.start.min(range.end);
        let mut rest = after(rest, self.frame.get(self.text.end..end)?)?;
        if end < range.end {
            let padding = json::inside(rest)?;
            rest = rest.get(padding.len()..)?;
            rest = after(rest, self.frame.get(self.padding.end..range.end)?)?;
        }
        Some((text, bytes.len().saturating_sub(rest.len())))
    }
}

/// What follows `beginning`, if `bytes` begin with it. (Many bytes at a time: a Wasm library compares one by one.)
fn after<'d>(bytes: &'d [u8], beginning: &[u8]) -> Option<&'d [u8]> {
    let (head, rest) = bytes.split_at_checked(beginning.len())?;
    let same = match (head.last_chunk::<16>(), beginning.last_chunk::<16>()) {
        (Some(last), Some(wanted)) => {
            let blocks = head
                .as_chunks::<16>()
                .0
                .iter()
                .zip(beginning.as_chunks::<16>().0);
            last == wanted && blocks.into_iter().all(|(own, wanted)| own == wanted)
        }
        _ => head == beginning,
    };
    same.then_some(rest)
}

/// Where in an event's data a text that is borrowed from it stands, if it is the inside of a literal there.
fn literal_in(data: &[u8], text: &Text<'_>) -> Option<Range<usize>> {
    let Text::Escaped(source) = text else {
        return None;
    };
    let place = place_in(data, source.as_bytes())?;
    let quoted = data.get(place.start.checked_sub(1)?..place.end.checked_add(1)?)?;
    (quoted.starts_with(b"\"") && quoted.ends_with(b"\"")).then_some(place)
}

/// Where in `whole` a part that is borrowed from it stands; `None` where it is from elsewhere.
pub(super) fn place_in(whole: &[u8], part: &[u8]) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let end = start.checked_add(part.len())?;
    (end <= whole.len()).then_some(start..end)
}
