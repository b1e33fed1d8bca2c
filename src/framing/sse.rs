//! Server-sent events.
//!
//! ```text
//! chunk ──► [tail of earlier chunks] ── blank line found? ── yes ─► one event, borrowed from the chunk or the tail
//!                                              └── no ──► kept as the tail
//! ```
//! Lines end in LF, CR LF or CR; an event ends with a blank line. Only a split event is copied.
//!
//! Source: WHATWG HTML, "Server-sent events", sections "Parsing an event stream" and "Interpreting an event stream".

use super::{Event, FramingError};
use std::borrow::Cow;

/// Tail buffers larger than this are given back after use: one huge event must not stay in memory.
const KEEP_BYTES: usize = 64 * 1024;

/// Splits a stream into events.
#[derive(Debug, Clone)]
pub struct Decoder {
    limit_bytes: usize,
    tail: Vec<u8>,
    /// How much of the tail was searched for a blank line already.
    searched: usize,
    failed: bool,
}

impl Decoder {
    /// A decoder at a stream's beginning. An event may have `limit_bytes` at most.
    pub fn new(limit_bytes: usize) -> Self {
        Decoder {
            limit_bytes,
            tail: Vec::new(),
            searched: 0,
            failed: false,
        }
    }

    /// Calls `sink` once per finished event.
    ///
    /// # Errors
    /// An event over the limit. Nothing is read after it.
    pub fn feed(
        &mut self,
        chunk: &[u8],
        sink: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), FramingError> {
        let mut rest = chunk;
        while !rest.is_empty() {
            rest = self.next(rest, sink)?;
        }
        Ok(())
    }

    /// Calls `sink` with the first event that ends in `chunk`, and returns what follows it: nothing where none does.
    ///
    /// # Errors
    /// As [`Decoder::feed`].
    pub fn next<'c>(
        &mut self,
        chunk: &'c [u8],
        sink: &mut dyn FnMut(Event<'_>),
    ) -> Result<&'c [u8], FramingError> {
        if self.failed {
            return Ok(&[]);
        }
        if self.tail.is_empty() {
            if let Some(end) = block_end(chunk, 0) {
                self.check(end)?;
                let (block, rest) = chunk.split_at_checked(end).unwrap_or((chunk, &[]));
                sink(event(block, true));
                return Ok(rest);
            }
            self.tail.extend_from_slice(chunk);
        } else {
            // Finish the split event. What ends it lies in the chunk, or across its beginning.
            let before = self.tail.len();
            self.tail.extend_from_slice(chunk);
            if let Some(end) = block_end(&self.tail, self.searched) {
                self.check(end)?;
                let mut tail = std::mem::take(&mut self.tail);
                sink(event(tail.get(..end).unwrap_or_default(), true));
                tail.clear();
                tail.shrink_to(KEEP_BYTES);
                self.tail = tail;
                return Ok(chunk.get(end.saturating_sub(before)..).unwrap_or_default());
            }
        }
        self.searched = self.tail.len().saturating_sub(3);
        self.check(self.tail.len())?;
        Ok(&[])
    }

    /// How many bytes the next event may have, where one begins with the next byte.
    pub fn room(&self) -> Option<usize> {
        (self.tail.is_empty() && !self.failed).then_some(self.limit_bytes)
    }

    /// The bytes ended: calls `sink` with what is left, which no blank line ended.
    ///
    /// # Errors
    /// None at present; the tail was checked as it came.
    pub fn finish(&mut self, sink: &mut dyn FnMut(Event<'_>)) -> Result<(), FramingError> {
        let tail = std::mem::take(&mut self.tail);
        if !tail.is_empty() && !self.failed {
            sink(event(&tail, false));
        }
        Ok(())
    }

    fn check(&mut self, length: usize) -> Result<(), FramingError> {
        if length <= self.limit_bytes {
            return Ok(());
        }
        self.failed = true;
        self.tail = Vec::new();
        Err(FramingError::EventTooLong {
            limit_bytes: self.limit_bytes,
        })
    }
}

/// The place after the first blank line, searching from `from`.
///
/// A CR at the end of the bytes may be half of a CR LF: whether it is must not depend on the chunks, so a blank line
/// that ends in a lone CR counts only once its next byte is there. (At the stream's end `finish` gives the rest.)
fn block_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        let place = at.saturating_add(memchr::memchr2(b'\n', b'\r', rest)?);
        let line_end = line_end(bytes, place)?;
        let blank = line_end_required(bytes, line_end)?;
        match blank {
            Blank::End(end) => return Some(end),
            Blank::No => at = line_end,
        }
    }
}

enum Blank {
    /// The next line is blank and ends here.
    End(usize),
    /// It is not blank.
    No,
}

/// The place after the line terminator at `place`; `None` where more bytes must come to tell.
fn line_end(bytes: &[u8], place: usize) -> Option<usize> {
    let next = place.saturating_add(1);
    match (bytes.get(place), bytes.get(next)) {
        (Some(b'\n'), _) => Some(next),
        (Some(b'\r'), Some(b'\n')) => Some(next.saturating_add(1)),
        (Some(b'\r'), Some(_)) => Some(next),
        _ => None,
    }
}

fn line_end_required(bytes: &[u8], place: usize) -> Option<Blank> {
    match bytes.get(place)? {
        b'\n' | b'\r' => line_end(bytes, place).map(Blank::End),
        _ => Some(Blank::No),
    }
}

/// Reads a block's fields.
fn event(raw: &[u8], complete: bool) -> Event<'_> {
    let mut name: &[u8] = b"";
    let mut data: Option<Cow<'_, [u8]>> = None;
    let mut rest = raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw);
    while !rest.is_empty() {
        let length = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let (line, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        rest = after.get(1..).unwrap_or_default();
        if let Some(value) = field(line, b"data") {
            data = Some(match data {
                None => Cow::Borrowed(value),
                Some(earlier) => {
                    let mut joined = earlier.into_owned();
                    joined.push(b'\n');
                    joined.extend_from_slice(value);
                    Cow::Owned(joined)
                }
            });
        } else if let Some(value) = field(line, b"event") {
            name = value;
        }
    }
    Event {
        name,
        data: data.unwrap_or(Cow::Borrowed(b"")),
        raw,
        complete,
        exception: false,
    }
}

/// The value of the field `name`, if the line is one.
fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let value = line.strip_prefix(name)?.strip_prefix(b":")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

#[cfg(test)]
mod tests;
