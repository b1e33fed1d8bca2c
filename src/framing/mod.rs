//! Framings: chunks of bytes in, whole events out, wherever the chunks were cut.
pub mod sse;

use std::fmt;

/// Why a framing cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FramingError {
    /// An event is longer than it may be.
    EventTooLong {
        /// The limit.
        limit_bytes: usize,
    },
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
        }
    }
}

impl std::error::Error for FramingError {}
