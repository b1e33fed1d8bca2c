//! What follows a response callback, and what content types mean.

use crate::chat::{Error, ErrorKind};
use crate::exchange::LocalReply;
use crate::exchange::headers::Edits;

/// What the host is to do at the end of a response callback.
#[derive(Debug, Default)]
pub struct Step {
    /// Edits of the response headers; only while they are held.
    pub head: Option<Edits<'static>>,
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

/// Most bytes of names that the header of dropped parameters carries: a request may have thousands.
const MAX_DROPPED_BYTES: usize = 1024;

/// Names as one header's value; those that have no room are counted.
pub(super) fn listed(names: &[String]) -> String {
    let mut out = String::new();
    for (place, name) in names.iter().enumerate() {
        if out.len().saturating_add(name.len()) > MAX_DROPPED_BYTES {
            let left = names.len().saturating_sub(place);
            out.push_str(&format!(
                "{}and {left} more",
                if place > 0 { ", " } else { "" }
            ));
            break;
        }
        if place > 0 {
            out.push_str(", ");
        }
        out.push_str(name);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_for_a_header_is_bounded() {
        let names = |count: usize| vec!["messages[0].name".to_owned(); count];
        assert_eq!(listed(&names(2)), "messages[0].name, messages[0].name");
        let long = listed(&names(5000));
        assert!(long.len() < 2 * MAX_DROPPED_BYTES);
        assert!(long.ends_with(", and 4943 more"), "{long}");
        assert_eq!(listed(&["x".repeat(5000)]), "and 1 more");
    }
}
