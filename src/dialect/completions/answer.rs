//! Reads a provider's unary answer.

pub use crate::dialect::openai::answer::read;
