//! Answers that the gateway makes itself.

use crate::chat::Error;
use crate::dialect::Wire;

/// An answer that does not come from a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalReply {
    /// HTTP status.
    pub status: u16,
    /// Headers beside the status.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

impl LocalReply {
    /// A JSON answer.
    pub fn json(status: u16, body: Vec<u8>) -> Self {
        LocalReply {
            status,
            headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
            body,
        }
    }

    /// An error in a client's wire.
    pub fn error(wire: Wire, error: &Error) -> Self {
        LocalReply::json(error.status, wire.error_body(error))
    }
}
