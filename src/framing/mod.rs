//! Framings: chunks of bytes in, whole events out, wherever the chunks were cut.
pub mod aws;
pub mod json_array;
pub mod sse;

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// One event of a stream, whatever framed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// The `event:` field, or AWS's `:event-type` or `:exception-type`; empty where there is none.
    pub name: &'a [u8],
    /// The `data:` fields, joined by line feeds; an array's element; a message's payload. Empty for a block of comments,
    /// a blank for what follows an array.
    pub data: Cow<'a, [u8]>,
    /// The event's bytes as they came, what ends it included. All events' together are the stream, except for an
    /// envelope's (`AwsChunks`), whose events have none of their own: it is empty there.
    pub raw: &'a [u8],
    /// Whether its end came; the stream's last may be cut off.
    pub complete: bool,
    /// Whether it is an exception (AWS's `:message-type` is `exception` or `error`).
    pub exception: bool,
}

/// How a stream is cut into events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Framing {
    /// Server-sent events.
    Sse,
    /// One JSON array, element by element (Google's streams without `alt=sse`).
    JsonArray,
    /// AWS's `application/vnd.amazon.eventstream`.
    AwsEvents,
    /// The same, each message of which holds another wire's event: `{"bytes":"<base64>"}` (Bedrock's InvokeModel).
    AwsChunks,
}

/// Splits a stream into events.
#[derive(Debug, Clone)]
pub enum Decoder {
    /// See [`sse`].
    Sse(sse::Decoder),
    /// See [`json_array`].
    JsonArray(json_array::Decoder),
    /// See [`aws`].
    Aws(aws::Decoder),
}

impl Decoder {
    /// A decoder at a stream's beginning. An event may have `limit_bytes` at most.
    pub fn new(framing: Framing, limit_bytes: usize) -> Self {
        match framing {
            Framing::Sse => Decoder::Sse(sse::Decoder::new(limit_bytes)),
            Framing::JsonArray => Decoder::JsonArray(json_array::Decoder::new(limit_bytes)),
            Framing::AwsEvents => Decoder::Aws(aws::Decoder::new(limit_bytes, false)),
            Framing::AwsChunks => Decoder::Aws(aws::Decoder::new(limit_bytes, true)),
        }
    }

    /// Calls `sink` once per finished event.
    ///
    /// # Errors
    /// An event over the limit, or bytes that are not of this framing. Nothing is read after it.
    pub fn feed(
        &mut self,
        chunk: &[u8],
        sink: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), FramingError> {
        match self {
            Decoder::Sse(decoder) => decoder.feed(chunk, sink),
            Decoder::JsonArray(decoder) => decoder.feed(chunk, sink),
            Decoder::Aws(decoder) => decoder.feed(chunk, sink),
        }
    }

    /// Calls `sink` with the next event that ends in `chunk`, or with every one, and returns what follows: more is to be
    /// fed until that is nothing.
    ///
    /// # Errors
    /// As [`Decoder::feed`].
    pub fn next<'c>(
        &mut self,
        chunk: &'c [u8],
        sink: &mut dyn FnMut(Event<'_>),
    ) -> Result<&'c [u8], FramingError> {
        match self {
            Decoder::Sse(decoder) => decoder.next(chunk, sink),
            other => other.feed(chunk, sink).map(|()| [].as_slice()),
        }
    }

    /// How many bytes the next event may have, where one begins with the next byte of server-sent events.
    pub fn room(&self) -> Option<usize> {
        match self {
            Decoder::Sse(decoder) => decoder.room(),
            _ => None,
        }
    }

    /// The bytes ended: calls `sink` with what is left, which nothing ended.
    ///
    /// # Errors
    /// A rest that is not of this framing.
    pub fn finish(&mut self, sink: &mut dyn FnMut(Event<'_>)) -> Result<(), FramingError> {
        match self {
            Decoder::Sse(decoder) => decoder.finish(sink),
            Decoder::JsonArray(decoder) => decoder.finish(sink),
            Decoder::Aws(decoder) => decoder.finish(sink),
        }
    }
}

/// Why a framing cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FramingError {
    /// An event is longer than it may be.
    EventTooLong {
        /// The limit.
        limit_bytes: usize,
    },
    /// The bytes are not of this framing; what is wrong with them.
    Malformed(&'static str),
}

impl fmt::Display for FramingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FramingError::EventTooLong { limit_bytes } => {
                write!(
                    f,
                    "an event is longer than the limit of {limit_bytes} bytes"
                )
            }
            FramingError::Malformed(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for FramingError {}
