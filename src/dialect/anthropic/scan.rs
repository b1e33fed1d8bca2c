//! Looks on while answers pass in this wire: what the meter needs, and nothing more.

use super::answer;
use super::stream::Reader;
use crate::chat::{Error, Event};
use crate::dialect::repeat::Repeat;
use crate::dialect::{Passing, StreamReader, StreamScanner, no_object};
use crate::framing;
use crate::json::{self, Value};

/// A passing stream's state.
#[derive(Debug, Default)]
pub struct Scanner {
    reader: Reader,
    repeat: Repeat,
}

impl StreamScanner for Scanner {
    fn event(&mut self, event: &framing::Event<'_>, sink: &mut dyn FnMut(Event<'_>)) -> Passing {
        self.repeat.event(&mut self.reader, event, sink);
        Passing::Keep
    }

    fn repeat(&self) -> &Repeat {
        &self.repeat
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
    let Ok(Value::Object(object)) = json::parse(body) else {
        return Err(no_object(body));
    };
    // A count of tokens has no content.
    if answer::is_error(&object) || object.array("content").is_some() {
        return answer::whole(&object, sink);
    }
    answer::end(&object, sink);
    Ok(())
}
