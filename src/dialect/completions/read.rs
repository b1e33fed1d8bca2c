//! Reads a client's request.

use crate::chat::{Error, ErrorKind, Request};

/// Reads a request.
///
/// # Errors
/// A 400 that names the field, with what was found and what was expected.
pub fn read(_body: &[u8]) -> Result<Request<'_>, Error> {
    Err(Error::new(
        ErrorKind::Internal,
        "completions: not built yet",
    ))
}
