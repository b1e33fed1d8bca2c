//! One JSON array, element by element: Google's streams without `alt=sse`.
//!
//! ```text
//! [{"a":1}   ,⏎{"b":2}   ⏎]⏎        raw: together they are the stream
//!  └─────┘     └─────┘              data: the elements; what closes the array has none
//! ```
//! Only brackets and strings are looked at, byte by byte, so that it does not matter where the chunks were cut; whether
//! an element is JSON is its reader's to say. What follows the array is no element, whatever it is: its data is a blank. One object in place of the array is one event: Google's errors come so.

use super::{Event, FramingError};
use std::borrow::Cow;

/// Tail buffers larger than this are given back after use: one huge element must not stay in memory.
const KEEP_BYTES: usize = 64 * 1024;

/// Splits a stream into elements.
#[derive(Debug, Clone)]
pub struct Decoder {
    limit_bytes: usize,
    /// The beginning of an event whose end has not come: scanned already.
    tail: Vec<u8>,
    place: Place,
    /// Where the element begins in the event that is being scanned, once it does.
    element: Option<usize>,
    /// Open brackets of the element.
    depth: usize,
    string: Inside,
    /// Whether the stream is one object.
    single: bool,
    failed: bool,
}

/// What the next byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// What stands before the array.
    Start,
    /// Between `[` or `,` and an element.
    Before,
    /// An element.
    Element,
    /// Between an element and `,` or `]`.
    After,
    /// What stands after the array.
    Closed,
}

/// Where in a string the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    No,
    Yes,
    /// After a backslash.
    Escape,
}

impl Decoder {
    /// A decoder at a stream's beginning. An element may have `limit_bytes` at most, its separators included.
    pub fn new(limit_bytes: usize) -> Self {
        Decoder {
            limit_bytes,
            tail: Vec::new(),
            place: Place::Start,
            element: None,
            depth: 0,
            string: Inside::No,
            single: false,
            failed: false,
        }
    }

    /// Calls `sink` once per finished element, and once for the array's end, without data.
    ///
    /// # Errors
    /// An element over the limit, or bytes that are no array of objects. Nothing is read after it.
    pub fn feed(
        &mut self,
        chunk: &[u8],
        sink: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), FramingError> {
        if self.failed {
            return Ok(());
        }
        let mut rest = chunk;
        if !self.tail.is_empty() {
            // Finish the split event first.
            let mut tail = std::mem::take(&mut self.tail);
            let before = tail.len();
            tail.extend_from_slice(rest);
            let Some(end) = self.scan(&tail, before)? else {
                self.check(tail.len())?;
                self.tail = tail;
                return Ok(());
            };
            self.check(end)?;
            self.give(tail.get(..end).unwrap_or_default(), true, sink);
            rest = chunk.get(end.saturating_sub(before)..).unwrap_or_default();
            tail.clear();
            tail.shrink_to(KEEP_BYTES);
            self.tail = tail;
        }
        while self.place != Place::Closed {
            let Some(end) = self.scan(rest, 0)? else {
                self.tail.extend_from_slice(rest);
                return self.check(rest.len());
            };
            self.check(end)?;
            let (raw, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            self.give(raw, true, sink);
            rest = after;
        }
        // What follows the array says nothing, and ends wherever the chunk does: it is no event that could be broken.
        if !rest.is_empty() {
            sink(Event {
                name: b"",
                // Not empty: no reader may look for an event among the raw bytes.
                data: Cow::Borrowed(b" "),
                raw: rest,
                complete: false,
                exception: false,
            });
        }
        Ok(())
    }

    /// The bytes ended: calls `sink` with what is left: an element that was cut off, or blanks.
    ///
    /// # Errors
    /// None; the tail was checked as it came.
    pub fn finish(&mut self, sink: &mut dyn FnMut(Event<'_>)) -> Result<(), FramingError> {
        let tail = std::mem::take(&mut self.tail);
        if !tail.is_empty() && !self.failed {
            self.give(&tail, false, sink);
        }
        Ok(())
    }

    fn give(&mut self, raw: &[u8], complete: bool, sink: &mut dyn FnMut(Event<'_>)) {
        let element = self.element.take().and_then(|start| raw.get(start..));
        sink(Event {
            name: b"",
            data: Cow::Borrowed(element.unwrap_or_default()),
            raw,
            complete,
            exception: false,
        });
    }

    /// Scans on from `from`; the place after an event's end, if it is there.
    fn scan(&mut self, bytes: &[u8], from: usize) -> Result<Option<usize>, FramingError> {
        let mut at = from;
        while let Some(byte) = bytes.get(at) {
            let next = at.saturating_add(1);
            match (self.place, byte) {
                (Place::Element, _) => {
                    let Some(end) = self.element_end(bytes, at) else {
                        return Ok(None);
                    };
                    self.place = if self.single {
                        Place::Closed
                    } else {
                        Place::After
                    };
                    return Ok(Some(end));
                }
                (_, b' ' | b'\n' | b'\r' | b'\t') => {}
                (Place::Start, 0xef | 0xbb | 0xbf) if at < 3 => {}
                (Place::Start, b'[') => self.place = Place::Before,
                (Place::Start | Place::Before, b'{') => {
                    self.single = self.place == Place::Start;
                    self.place = Place::Element;
                    self.element = Some(at);
                    // Its bracket is counted with the rest of it.
                    continue;
                }
                (Place::After, b',') => self.place = Place::Before,
                (Place::Before | Place::After, b']') => {
                    self.place = Place::Closed;
                    return Ok(Some(next));
                }
                _ => return Err(self.malformed(next)),
            }
            at = next;
        }
        Ok(None)
    }

    /// Scans the element on; the place after its last bracket, if it is there.
    fn element_end(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            match self.string {
                Inside::Yes => {
                    at = at.saturating_add(memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?);
                    self.string = if bytes.get(at) == Some(&b'"') {
                        Inside::No
                    } else {
                        Inside::Escape
                    };
                }
                Inside::Escape => {
                    bytes.get(at)?;
                    self.string = Inside::Yes;
                }
                Inside::No => match bytes.get(at)? {
                    b'"' => self.string = Inside::Yes,
                    b'{' | b'[' => self.depth = self.depth.saturating_add(1),
                    b'}' | b']' => {
                        self.depth = self.depth.saturating_sub(1);
                        if self.depth == 0 {
                            return Some(at.saturating_add(1));
                        }
                    }
                    _ => {}
                },
            }
            at = at.saturating_add(1);
        }
    }

    /// Bytes that are no array, the event having this length with them. That it is too long may show first where the
    /// chunks were cut otherwise.
    fn malformed(&mut self, length: usize) -> FramingError {
        let error = self.check(length).err();
        self.failed = true;
        error.unwrap_or(FramingError::Malformed(
            "the bytes are not a JSON array of objects",
        ))
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

#[cfg(test)]
mod tests;
