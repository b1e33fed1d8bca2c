//! Reads a client's request.

use crate::chat::{Error, ErrorKind, Request};
use crate::dialect::Asked;

/// Reads a request.
///
/// # Errors
/// A 400 that names the field, with what was found and what was expected.
pub fn read<'a>(_body: &'a [u8], _asked: &Asked<'a>) -> Result<Request<'a>, Error> {
    Err(Error::new(ErrorKind::Internal, "gemini: not built yet"))
}
