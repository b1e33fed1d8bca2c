//! A cluster: where requests go.

use crate::cursor::Cursor;

/// A cluster.
#[derive(Debug)]
pub struct Cluster {
    /// Where it stands, or what it is made of.
    pub at: Cursor,
    /// What Envoy calls it.
    pub name: String,
}
