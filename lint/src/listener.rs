//! A listener of Envoy's, and the limits of what may be held.

use crate::cursor::Cursor;

/// Envoy's limit of a listener or a cluster that says nothing.
pub const ENVOY_BUFFER_BYTES: u64 = 1 << 20;

/// A listener.
#[derive(Debug)]
pub struct Listener {
    /// Where it stands.
    pub at: Cursor,
    /// What may be held.
    pub buffer: Buffer,
}

/// How many bytes of a body may be held.
#[derive(Debug, Clone)]
pub struct Buffer {
    /// Where it is said, or should be.
    pub at: Cursor,
    /// The limit.
    pub bytes: u64,
    /// What says it, in words.
    pub what: String,
}

impl Buffer {
    /// What a listener or a cluster of Envoy's says, or Envoy itself.
    pub fn of_envoy(at: &Cursor, what: &str) -> Self {
        let key = "per_connection_buffer_limit_bytes";
        match at.get(key) {
            Some(limit) => Buffer {
                bytes: limit.number().unwrap_or(ENVOY_BUFFER_BYTES),
                at: limit,
                what: format!("the {what}'s `{key}`"),
            },
            None => Buffer {
                at: at.clone(),
                bytes: ENVOY_BUFFER_BYTES,
                what: format!("Envoy's default, the {what} having no `{key}`,"),
            },
        }
    }
}
