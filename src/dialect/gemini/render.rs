//! Renders answers for this wire's clients.

use crate::chat::Event;
use crate::dialect::{AnswerContext, AnswerWriter};

/// Writes a streamed answer.
#[derive(Debug)]
pub struct StreamWriter {}

impl StreamWriter {
    /// A writer at an answer's beginning.
    pub fn new(_context: AnswerContext) -> Self {
        StreamWriter {}
    }
}

impl AnswerWriter for StreamWriter {
    fn event(&mut self, _event: &Event<'_>, _out: &mut Vec<u8>) {}

    fn finish(&mut self, _out: &mut Vec<u8>) {}
}

/// Writes a unary answer.
#[derive(Debug)]
pub struct BodyWriter {}

impl BodyWriter {
    /// A writer at an answer's beginning.
    pub fn new(_context: AnswerContext) -> Self {
        BodyWriter {}
    }
}

impl AnswerWriter for BodyWriter {
    fn event(&mut self, _event: &Event<'_>, _out: &mut Vec<u8>) {}

    fn finish(&mut self, _out: &mut Vec<u8>) {}
}
