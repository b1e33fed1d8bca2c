//! AWS's errors: `{"message":…}`, their class in a header.

use crate::chat::error::quote;
use crate::chat::{Error, ErrorKind};

/// Reads a provider's error answer: any bytes, with their HTTP status and class (`x-amzn-errortype`).
pub fn read(status: u16, _class: Option<&str>, body: &[u8]) -> Error {
    let mut error = Error::new(ErrorKind::from_status(status), quote(body));
    error.status = status;
    error
}
