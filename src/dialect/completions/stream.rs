//! Reads a provider's stream.

pub use crate::dialect::openai::stream::Reader;
