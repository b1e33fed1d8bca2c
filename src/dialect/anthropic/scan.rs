//! Looks on while unary answers pass in this wire: what the meter needs, and nothing more.

use super::answer;
use crate::chat::{Error, Event};
use crate::dialect::no_object;
use crate::json::{self, Value};

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
