//! Writes a chat request for a provider of this wire.

use crate::chat::{Error, ErrorKind, Request};
use crate::dialect::{WriteOptions, Written};

/// Writes a request.
///
/// # Errors
/// A 400 that names a field or part which this wire cannot say.
pub fn write(_request: &Request<'_>, _options: &WriteOptions<'_>) -> Result<Written, Error> {
    Err(Error::new(
        ErrorKind::Internal,
        "completions: not built yet",
    ))
}
