//! What follows a response callback, and what content types mean.

use crate::chat::{Error, ErrorKind};
use crate::exchange::LocalReply;
use crate::exchange::headers::Edits;

/// What the host is to do at the end of a response callback.
#[derive(Debug, Default)]
pub struct Step {
    /// Edits of the response headers; only while they are held.
    pub head: Option<Edits>,
    /// What the chunk becomes; `None` leaves it as it is.
    pub body: Option<Vec<u8>>,
    /// What follows.
    pub next: Next,
}

/// What follows a response callback.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Next {
    /// The response goes on.
    #[default]
    Continue,
    /// It is held.
    Hold,
    /// It goes on, and is reset at the next callback.
    Break,
    /// It is reset now.
    Reset,
    /// It is replaced by this, which cannot be written into the host's buffer.
    Reply(LocalReply),
}

pub(super) fn bad_gateway(message: String) -> Error {
    Error::new(ErrorKind::BadGateway, message)
}

pub(super) fn media_type(content_type: &str) -> String {
    let bare = content_type.split(';').next().unwrap_or_default();
    bare.trim().to_ascii_lowercase()
}

pub(super) fn is_json(content_type: &str) -> bool {
    let kind = media_type(content_type);
    // Some compatible servers name none.
    kind.is_empty() || kind == "application/json" || kind.ends_with("+json")
}
