//! Events that repeat each other but for one piece of text: what most of a stream is.
//!
//! ```text
//! data: {"id":"c","choices":[{"index":0,"delta":{"content":"Hel"}}],"obfuscation":"x7"}⏎⏎
//! └─────────────────────── the same ──────────────────────┘text└────── the same ──────┘pad└┘
//! ```
//! The first two of such events are read as every other. If both said one piece of text and nothing else (but the counts
//! so far), a third that has the same bytes around its text says what stands between them, and leaves its reader as it is:
//! it needs no parsing, and what is told of it is what the reader would have told, whatever the bytes are. Where the events
//! are server-sent ones, not even their ends need be searched for.

use super::{Passing, StreamReader};
use crate::chat::Event;
use crate::framing;
use crate::json::{self, Text, Value};
use std::ops::Range;

/// Longest event that is remembered.
const MAX_BYTES: usize = 4096;

/// What stands before the padding of any length that OpenAI and Bedrock add to their events. No reader looks at it.
const PADDINGS: [&[u8]; 2] = [b",\"obfuscation\":\"", b",\"p\":\""];

/// Most places of an event where others may differ.
const MAX_HOLES: usize = 16;

/// What the latest event looked like.
#[derive(Debug, Default)]
pub struct Repeat {
    name: Vec<u8>,
    /// The event's bytes: as they came, where its data is one piece of them; else its data.
    frame: Vec<u8>,
    /// Where in them the data is.
    data: Range<usize>,
    /// Where others may differ, in their order: first the text.
    holes: Vec<(Range<usize>, Hole)>,
    /// Where the counts so far are: an object, or nothing.
    counts: Range<usize>,
    /// What of them the client does not see.
    cut: Range<usize>,
    said: Option<Said>,
    /// Whether two events looked so.
    twice: bool,
    /// Whether it can be found in the stream as it stands: server-sent, ended by a line feed.
    framed: bool,
}

/// What may be another one in the next event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hole {
    /// The inside of a string.
    String,
    /// A whole number.
    Number,
}

/// What kind of text it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Text(u32),
    Reasoning(u32),
}

/// What an event says that is like the one before.
#[derive(Debug, Clone, Copy)]
pub struct Again<'e> {
    said: Said,
    text: &'e str,
    /// Its bytes, and where in what is remembered they begin.
    bytes: &'e [u8],
    from: usize,
}

impl<'e> Again<'e> {
    /// Its text, as the inside of a literal.
    pub fn text(&self) -> &'e str {
        self.text
    }

    /// Tells its text; an empty one says nothing.
    pub fn tell(&self, sink: &mut dyn FnMut(Event<'_>)) {
        if self.text.is_empty() {
            return;
        }
        let text = Text::Escaped(self.text);
        sink(match self.said {
            Said::Text(choice) => Event::Text { choice, text },
            Said::Reasoning(choice) => Event::Reasoning { choice, text },
        });
    }
}

impl Hole {
    /// How many bytes it has here; `None` where there is none.
    fn length(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Hole::String => json::inside(bytes).map(str::len),
            Hole::Number => number(bytes),
        }
    }
}

impl Repeat {
    /// What an event says, if it is like the one before.
    pub fn again<'e>(&self, event: &'e framing::Event<'_>) -> Option<Again<'e>> {
        self.alike(event).filter(|_| self.twice)
    }

    /// Tells the counts of an event that is like the one before, as `reader` reads them.
    pub fn counts(
        &self,
        again: &Again<'_>,
        reader: &mut dyn StreamReader,
        sink: &mut dyn FnMut(Event<'_>),
    ) {
        if self.counts.is_empty() {
            return;
        }
        // Where in the event's bytes a place of the remembered one is.
        let there = |place: usize| {
            let (mut own, mut at) = (again.from, 0usize);
            for (hole, kind) in self.holes.iter().take_while(|(hole, _)| hole.start < place) {
                at = at.checked_add(hole.start.checked_sub(own)?)?;
                at = at.checked_add(kind.length(again.bytes.get(at..)?)?)?;
                own = hole.end;
            }
            at.checked_add(place.checked_sub(own)?)
        };
        let counts = || {
            again
                .bytes
                .get(there(self.counts.start)?..there(self.counts.end)?)
        };
        if let Some(Ok(Value::Object(counts))) = counts().map(json::parse) {
            reader.counts(&counts, sink);
        }
    }

    /// Has `reader` read an event, and remembers it if it says no more than some text. Returns whether it is remembered
    /// anew.
    pub fn read(
        &mut self,
        reader: &mut dyn StreamReader,
        event: &framing::Event<'_>,
        sink: &mut dyn FnMut(Event<'_>),
    ) -> bool {
        let data = event.data.trim_ascii();
        let (mut others, mut counted) = (0u32, false);
        let mut found = None;
        reader.event(event, &mut |event| {
            match &event {
                Event::Text { choice, text } if found.is_none() => {
                    found = literal_in(data, text).map(|place| (Said::Text(*choice), place));
                    others = others.saturating_add(u32::from(found.is_none()));
                }
                Event::Reasoning { choice, text } if found.is_none() => {
                    found = literal_in(data, text).map(|place| (Said::Reasoning(*choice), place));
                    others = others.saturating_add(u32::from(found.is_none()));
                }
                // An answer begins only once.
                Event::Start { .. } => {}
                Event::Usage(_) | Event::ServiceTier(_) if found.is_some() => counted = true,
                _ => others = others.saturating_add(1),
            }
            sink(event);
        });
        let counts = if counted {
            reader.counts_in(data)
        } else {
            Some(0..0)
        };
        let found = found
            .filter(|_| others == 0 && !event.exception)
            .zip(counts);
        let alike = self.alike(event).map(|again| again.said);
        let Some(((said, text), counts)) = found else {
            (self.said, self.twice) = (None, false);
            return false;
        };
        self.twice = alike == Some(said);
        !self.twice && self.learn(event, (said, text, counts))
    }

    /// What becomes of the event that is remembered, and so of those like it.
    pub fn passes(&mut self, passing: &Passing) {
        let text = self.holes.first().map_or(0, |(place, _)| place.end);
        let next = self
            .holes
            .get(1)
            .map_or(self.frame.len(), |(place, _)| place.start);
        self.cut = match passing {
            Passing::Keep => 0..0,
            Passing::Cut(gone) if gone.end <= next && text < gone.start => gone.clone(),
            _ => {
                self.said = None;
                return;
            }
        };
    }

    /// Passes over the events at the beginning of a stream's `bytes` that are like the one before, and returns how many
    /// bytes they have. `each` is told what each says, counts left out: the last one's are what the caller tells.
    /// Where events are edited, `out` gets what the client sees of them. None may have more than `limit` bytes.
    pub fn skip<'b>(
        &self,
        bytes: &'b [u8],
        limit: usize,
        mut out: Option<&mut Vec<u8>>,
        each: &mut dyn FnMut(Again<'b>),
    ) -> usize {
        if !(self.twice && self.framed) {
            return 0;
        }
        let whole = 0..self.frame.len();
        let text_start = self.holes.first().map_or(0, |(place, _)| place.start);
        let (mut at, mut kept) = (0usize, 0usize);
        while let Some(rest) = bytes.get(at..)
            && let Some((again, length)) = self.like(rest, &whole)
            && length <= limit
        {
            each(again);
            if let Some(out) = &mut out
                && !self.cut.is_empty()
            {
                // It stands behind the text, and before whatever else may differ.
                let own = self.holes.first().map_or(0, |(place, _)| place.end);
                let from = self
                    .cut
                    .start
                    .saturating_sub(own)
                    .saturating_add(text_start);
                let from = at.saturating_add(from).saturating_add(again.text.len());
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

    /// Remembers an event's bytes, and where in its data what may differ is, if it is not too long.
    fn learn(
        &mut self,
        event: &framing::Event<'_>,
        found: (Said, Range<usize>, Range<usize>),
    ) -> bool {
        let (said, text, counts) = found;
        let data = event.data.trim_ascii();
        let place = place_in(event.raw, data);
        self.framed = place.is_some() && event.complete && event.raw.ends_with(b"\n");
        let (frame, data) = match place {
            Some(place) => (event.raw, place),
            None => (data, 0..data.len()),
        };
        let shifted = |place: Range<usize>| {
            data.start.saturating_add(place.start)..data.start.saturating_add(place.end)
        };
        let (text, counts) = (shifted(text), shifted(counts));
        self.holes.clear();
        self.holes.push((text.clone(), Hole::String));
        self.holes.extend(holes(frame, text.end..data.end, &counts));
        self.said =
            Some(said).filter(|_| frame.len() <= MAX_BYTES && self.holes.len() <= MAX_HOLES);
        if self.said.is_none() {
            return false;
        }
        (self.data, self.counts) = (data, counts);
        for (own, new) in [(&mut self.name, event.name), (&mut self.frame, frame)] {
            own.clear();
            own.extend_from_slice(new);
        }
        true
    }

    /// What an event says that looks like the latest.
    fn alike<'e>(&self, event: &'e framing::Event<'_>) -> Option<Again<'e>> {
        self.said?;
        if event.exception || event.name != self.name {
            return None;
        }
        let data = event.data.trim_ascii();
        let (again, length) = self.like(data, &self.data)?;
        (length == data.len()).then_some(again)
    }

    /// What `bytes` say that begin like this range of what is remembered, and how many of them are like it.
    fn like<'e>(&self, bytes: &'e [u8], range: &Range<usize>) -> Option<(Again<'e>, usize)> {
        let (text, others) = self.holes.split_first()?;
        let same = |own: usize, to: usize| self.frame.get(own..to);
        let rest = after(bytes, same(range.start, text.0.start)?)?;
        let inside = json::inside(rest)?;
        let mut rest = rest.get(inside.len()..)?;
        let mut own = text.0.end;
        for (hole, kind) in others {
            rest = after(rest, same(own, hole.start)?)?;
            rest = rest.get(kind.length(rest)?..)?;
            own = hole.end;
        }
        let rest = after(rest, same(own, range.end)?)?;
        let length = bytes.len().saturating_sub(rest.len());
        let again = Again {
            said: self.said?,
            text: inside,
            bytes: bytes.get(..length)?,
            from: range.start,
        };
        Some((again, length))
    }
}

/// Where an event may differ from the next: in its padding, and in the numbers of its counts.
fn holes(frame: &[u8], range: Range<usize>, counts: &Range<usize>) -> Vec<(Range<usize>, Hole)> {
    let mut holes = Vec::new();
    let mut at = range.start;
    while let Some(rest) = frame.get(at..range.end).filter(|rest| !rest.is_empty()) {
        let mut step = 1;
        let beginning = PADDINGS.iter().find(|padding| rest.starts_with(padding));
        if let Some(beginning) = beginning
            && let Some(inside) = rest.get(beginning.len()..).and_then(json::inside)
        {
            let start = at.saturating_add(beginning.len());
            step = beginning.len().saturating_add(inside.len());
            holes.push((start..at.saturating_add(step), Hole::String));
        } else if counts.contains(&at)
            && frame.get(..at).is_some_and(|before| before.ends_with(b":"))
            && let Some(digits) = number(rest)
        {
            step = digits;
            holes.push((at..at.saturating_add(digits), Hole::Number));
        }
        at = at.saturating_add(step);
    }
    holes
}

/// How many digits of a whole number `bytes` begin with; `None` where they begin with none.
fn number(bytes: &[u8]) -> Option<usize> {
    let digits = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    (digits == 1 || (digits > 1 && !bytes.starts_with(b"0"))).then_some(digits)
}

/// What follows `beginning`, if `bytes` begin with it. (Many bytes at a time: a Wasm library compares one by one.)
fn after<'d>(bytes: &'d [u8], beginning: &[u8]) -> Option<&'d [u8]> {
    let (head, rest) = bytes.split_at_checked(beginning.len())?;
    let same = match (head.last_chunk::<16>(), beginning.last_chunk::<16>()) {
        (Some(last), Some(wanted)) => {
            let (own, wanted_blocks) = (head.as_chunks::<16>().0, beginning.as_chunks::<16>().0);
            last == wanted
                && own
                    .iter()
                    .zip(wanted_blocks)
                    .all(|(own, wanted)| own == wanted)
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
