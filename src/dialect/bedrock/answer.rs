//! Reads a provider's unary answer.

use crate::chat::{Error, Event};
use crate::dialect::foreign_answer;

/// Reads an answer as the events that a stream of it would have had.
///
/// # Errors
/// A 200 that carries an error, or bytes that are no answer of this wire.
pub fn read(_body: &[u8], _sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
    Err(foreign_answer("is not read yet"))
}
