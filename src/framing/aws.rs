//! AWS's event stream.

use super::{Event, FramingError};

/// Splits a stream into messages.
#[derive(Debug, Clone)]
pub struct Decoder {
    limit_bytes: usize,
}

impl Decoder {
    /// A decoder at a stream's beginning. A message may have `limit_bytes` at most.
    pub fn new(limit_bytes: usize, _chunks: bool) -> Self {
        Decoder { limit_bytes }
    }

    /// Calls `sink` once per finished event.
    ///
    /// # Errors
    /// An event over the limit, or bytes that are not of this framing. Nothing is read after it.
    pub fn feed(
        &mut self,
        _chunk: &[u8],
        _sink: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), FramingError> {
        Err(FramingError::EventTooLong {
            limit_bytes: self.limit_bytes,
        })
    }

    /// The bytes ended: calls `sink` with what is left, which nothing ended.
    ///
    /// # Errors
    /// A rest that is not of this framing.
    pub fn finish(&mut self, _sink: &mut dyn FnMut(Event<'_>)) -> Result<(), FramingError> {
        Ok(())
    }
}
