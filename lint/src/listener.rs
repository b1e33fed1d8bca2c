//! A listener of Envoy's.

use crate::cursor::Cursor;

/// A listener.
#[derive(Debug)]
pub struct Listener {
    /// Where it stands.
    pub at: Cursor,
}
