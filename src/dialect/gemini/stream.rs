//! Reads a provider's stream.

use crate::chat::Event;
use crate::dialect::{NO_END, StreamReader, broken_stream};
use crate::framing;

/// A stream's state.
#[derive(Debug, Default)]
pub struct Reader {}

impl StreamReader for Reader {
    fn event(&mut self, _event: &framing::Event<'_>, _sink: &mut dyn FnMut(Event<'_>)) {}

    fn end(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        sink(broken_stream(NO_END));
    }
}
