//! The list of models, as this wire's clients know it.

/// `GET /v1beta/models`: names, with the Unix seconds at which they came to be.
pub fn models(_list: &[(&str, u64)]) -> Vec<u8> {
    Vec::new()
}

/// `GET /v1beta/models/{id}`.
pub fn model(_id: &str, _created: u64) -> Vec<u8> {
    Vec::new()
}
