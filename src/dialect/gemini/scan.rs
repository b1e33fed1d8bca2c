//! Looks on while answers pass in this wire.

use super::stream::Reader;
use crate::chat::{Error, Event};
use crate::dialect::{Passing, StreamReader, StreamScanner};
use crate::framing;

/// A passing stream's state.
#[derive(Debug, Default)]
pub struct Scanner {
    reader: Reader,
}

impl StreamScanner for Scanner {
    fn event(&mut self, event: &framing::Event<'_>, sink: &mut dyn FnMut(Event<'_>)) -> Passing {
        self.reader.event(event, sink);
        Passing::Keep
    }

    fn end(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        self.reader.end(sink);
    }
}

/// Tells what a passing unary answer says.
///
/// # Errors
/// A 200 that carries an error, or bytes that are no answer.
pub fn scan_answer(body: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
    super::answer::read(body, sink)
}
