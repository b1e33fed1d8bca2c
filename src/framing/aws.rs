//! AWS's event stream: `application/vnd.amazon.eventstream`.
//!
//! ```text
//!  0          4            8             12         12+headers            total-4      total
//!  │ total u32 │ headers u32 │ CRC of 0..8 │ headers … │ payload …           │ CRC of all │
//! ```
//! Numbers are big-endian. A message is believed only once its prelude's checksum holds and its length is within the
//! limit, and given only once its own checksum holds. Only a split message is copied.
//!
//! Source: AWS's "Amazon Event Stream specification" (Smithy), and the vectors that its SDKs share.

mod crc;
mod headers;

use super::{Event, FramingError};
use crate::json;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crc::crc32;
use headers::Headers;
use std::borrow::Cow;

/// Lengths and their checksum.
const PRELUDE_BYTES: usize = 12;
/// A message's own checksum, at its end.
const CHECKSUM_BYTES: usize = 4;
/// Tail buffers larger than this are given back after use: one huge message must not stay in memory.
const KEEP_BYTES: usize = 64 * 1024;

/// Splits a stream into messages.
#[derive(Debug, Clone)]
pub struct Decoder {
    limit_bytes: usize,
    /// Whether messages are envelopes of another wire's events.
    chunks: bool,
    tail: Vec<u8>,
    failed: bool,
}

impl Decoder {
    /// A decoder at a stream's beginning. A message may have `limit_bytes` at most. With `chunks`, a message is an
    /// envelope (`{"bytes":"<base64>"}`), and its event's data what is in it.
    pub fn new(limit_bytes: usize, chunks: bool) -> Self {
        Decoder {
            limit_bytes,
            chunks,
            tail: Vec::new(),
            failed: false,
        }
    }

    /// Calls `sink` once per finished message.
    ///
    /// # Errors
    /// A message over the limit, or bytes that are not of this framing. Nothing is read after it.
    pub fn feed(
        &mut self,
        chunk: &[u8],
        sink: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), FramingError> {
        if self.failed {
            return Ok(());
        }
        let result = self.read(chunk, sink);
        if result.is_err() {
            self.failed = true;
            self.tail = Vec::new();
        }
        result
    }

    /// The bytes ended: there must be nothing left.
    ///
    /// # Errors
    /// A message that was cut off.
    pub fn finish(&mut self, _sink: &mut dyn FnMut(Event<'_>)) -> Result<(), FramingError> {
        if self.failed || self.tail.is_empty() {
            return Ok(());
        }
        self.failed = true;
        self.tail = Vec::new();
        Err(FramingError::Malformed(
            "the event stream ends in the middle of a message",
        ))
    }

    fn read(&mut self, chunk: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Result<(), FramingError> {
        let mut rest = chunk;
        if !self.tail.is_empty() {
            // Finish the split message first: its prelude, which says how long it is, then the rest of it.
            rest = self.fill(PRELUDE_BYTES, rest);
            let Some(total) = self.total(&self.tail)? else {
                return Ok(());
            };
            rest = self.fill(total, rest);
            if self.tail.len() < total {
                return Ok(());
            }
            let mut tail = std::mem::take(&mut self.tail);
            self.give(&tail, sink)?;
            tail.clear();
            tail.shrink_to(KEEP_BYTES);
            self.tail = tail;
        }
        while let Some(total) = self.total(rest)? {
            let Some((message, after)) = rest.split_at_checked(total) else {
                break;
            };
            self.give(message, sink)?;
            rest = after;
        }
        self.tail.extend_from_slice(rest);
        Ok(())
    }

    /// Moves bytes from the chunk to the tail until it has `wanted`; what is left of the chunk.
    fn fill<'c>(&mut self, wanted: usize, chunk: &'c [u8]) -> &'c [u8] {
        let missing = wanted.saturating_sub(self.tail.len()).min(chunk.len());
        let (taken, rest) = chunk.split_at_checked(missing).unwrap_or((chunk, &[]));
        self.tail.extend_from_slice(taken);
        rest
    }

    /// How long the message is that begins here; `None` where its prelude is not whole yet.
    fn total(&self, bytes: &[u8]) -> Result<Option<usize>, FramingError> {
        let Some(prelude) = bytes.get(..PRELUDE_BYTES) else {
            return Ok(None);
        };
        let lengths = prelude.get(..8).unwrap_or_default();
        if number(prelude, 8) != Some(crc32(lengths)) {
            return Err(FramingError::Malformed(
                "an event stream message whose prelude does not match its checksum",
            ));
        }
        let (total, headers) = (length(prelude, 0), length(prelude, 4));
        if total > self.limit_bytes {
            return Err(FramingError::EventTooLong {
                limit_bytes: self.limit_bytes,
            });
        }
        if headers.saturating_add(PRELUDE_BYTES + CHECKSUM_BYTES) > total {
            return Err(FramingError::Malformed(
                "an event stream message that is shorter than its headers",
            ));
        }
        Ok(Some(total))
    }

    /// Reads a whole message.
    fn give(&self, message: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Result<(), FramingError> {
        let end = message.len().saturating_sub(CHECKSUM_BYTES);
        let summed = message.get(..end).unwrap_or_default();
        if number(message, end) != Some(crc32(summed)) {
            return Err(FramingError::Malformed(
                "an event stream message that does not match its checksum",
            ));
        }
        let content = summed.get(PRELUDE_BYTES..).unwrap_or_default();
        let (headers, payload) = content
            .split_at_checked(length(message, 4))
            .unwrap_or((content, &[]));
        let headers = Headers::read(headers).ok_or(FramingError::Malformed(
            "an event stream message with broken headers",
        ))?;
        let exception = matches!(headers.message_type, b"exception" | b"error");
        let data = if exception && payload.is_empty() && !headers.error_message.is_empty() {
            // An unmodelled error says what it says in a header.
            Cow::Owned(message_json(headers.error_message))
        } else if self.chunks && !exception && headers.event_type == b"chunk" {
            Cow::Owned(unwrapped(payload)?)
        } else {
            Cow::Borrowed(payload)
        };
        sink(Event {
            name: headers.name(),
            data,
            raw: if self.chunks { b"" } else { message },
            complete: true,
            exception,
        });
        Ok(())
    }
}

/// `{"message":…}`, as an exception's payload has it.
fn message_json(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = json::Writer::new(&mut out);
    writer.begin_object();
    writer.field_str("message", &String::from_utf8_lossy(message));
    writer.end_object();
    out
}

/// What is in an envelope, `{"bytes":"<base64>"}`. Its other members (padding) say nothing.
fn unwrapped(payload: &[u8]) -> Result<Vec<u8>, FramingError> {
    const BROKEN: FramingError =
        FramingError::Malformed("an event stream message whose payload is not base64 in JSON");
    let [bytes] = json::scan::top_level(payload, ["bytes"]).map_err(|_| BROKEN)?;
    let bytes = bytes.ok_or(BROKEN)?;
    let inside = bytes
        .value
        .strip_prefix(b"\"")
        .and_then(|value| value.strip_suffix(b"\""))
        .ok_or(BROKEN)?;
    if inside.contains(&b'\\') {
        let text = std::str::from_utf8(inside).map_err(|_| BROKEN)?;
        let decoded = json::Text::Escaped(text).into_decoded();
        return STANDARD.decode(decoded.as_bytes()).map_err(|_| BROKEN);
    }
    STANDARD.decode(inside).map_err(|_| BROKEN)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.saturating_add(4))?;
    four.try_into().ok().map(u32::from_be_bytes)
}

fn length(bytes: &[u8], at: usize) -> usize {
    let number = number(bytes, at).unwrap_or(u32::MAX);
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod encode;
#[cfg(test)]
mod tests;
