//! Looks on while answers pass in this wire: what the meter needs, and nothing more.

use super::answer::end;
use super::error;
use super::stream::Reader;
use crate::chat::{Error, Event};
use crate::dialect::{Passing, StreamReader, StreamScanner, foreign_answer};
use crate::framing;
use crate::json::{self, Value, scan::top_level};

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
    let [kind] = top_level(body, ["type"]).map_err(|_| foreign_answer("is not a JSON object"))?;
    let Ok(Value::Object(object)) = json::parse(body) else {
        return Err(foreign_answer("is not a JSON object"));
    };
    if kind.is_some_and(|member| member.value == b"\"error\"") {
        return Err(error::read_object(&object));
    }
    end(&object, sink);
    Ok(())
}
