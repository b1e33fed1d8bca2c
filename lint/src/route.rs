//! A route: which requests go where.

use crate::cursor::Cursor;

/// A route.
#[derive(Debug)]
pub struct Route {
    /// Where it stands.
    pub at: Cursor,
}
