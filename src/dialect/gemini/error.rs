//! Errors in Google's wire: `{"error":{code,message,status}}`.

mod render;

pub(super) use render::{begin_event, end_event, write_event};
pub use render::{body, event, is_body};

use crate::chat::error::quote;
use crate::chat::{Error, ErrorKind};

/// Reads a provider's error answer: any bytes, with their HTTP status.
pub fn read(status: u16, body: &[u8]) -> Error {
    let mut error = Error::new(ErrorKind::from_status(status), quote(body));
    error.status = status;
    error
}
