//! Errors in Google's wire: `{"error":{code,message,status}}`.

use crate::chat::error::quote;
use crate::chat::{Error, ErrorKind};

/// The error's response body.
pub fn body(_error: &Error) -> Vec<u8> {
    Vec::new()
}

/// The error as an event of a stream; `array` tells a stream that is one JSON array.
pub fn event(_error: &Error, _array: bool, _out: &mut Vec<u8>) {}

/// Whether a body is an error of this wire.
pub fn is_body(_body: &[u8]) -> bool {
    false
}

/// Reads a provider's error answer: any bytes, with their HTTP status.
pub fn read(status: u16, body: &[u8]) -> Error {
    let mut error = Error::new(ErrorKind::from_status(status), quote(body));
    error.status = status;
    error
}
