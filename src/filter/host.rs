//! The host's calls, as far as they are used.
//!
//! What the host does not give where it is asked is absent here; each map and buffer exists in some callbacks only:
//!
//! | map or buffer | exists in |
//! |---|---|
//! | request headers | request headers, body and trailers callbacks, while the headers are held |
//! | request body | request body and trailers callbacks |
//! | response headers | response headers callback, and body callbacks while the headers are held |
//! | response body | response body callbacks, and the trailers callback while the body is held |
//!
//! Values go out cleaned of control characters: in HTTP/1 a line break inside one would begin another header.

use super::abi::{self, Buffer, Map, Metric};
use crate::exchange::admission::TARGET_HEADER;
use crate::exchange::headers::Edits;
use crate::exchange::{Headers, LocalReply};
use std::borrow::Cow;

/// The request's headers, all of them: one call costs less than two single ones.
pub fn request_headers() -> Headers {
    Headers::from_host(abi::header_map(Map::Request).unwrap_or_default())
}

/// The response's headers, all of them.
pub fn response_headers() -> Headers {
    Headers::from_host(abi::header_map(Map::Response).unwrap_or_default())
}

/// The response's status; 0 where there is none.
pub fn response_status() -> u16 {
    let status = abi::header(Map::Response, b":status");
    let text = status.as_deref().map(std::str::from_utf8);
    text.and_then(Result::ok)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// Changes the request's headers.
pub fn edit_request(edits: &Edits<'_>) {
    edit(Map::Request, edits);
}

/// Takes the request's trailers away; only in their callback.
pub fn drop_request_trailers() {
    abi::set_header_map(Map::RequestTrailers, Headers::of(&[]).as_bytes());
}

/// Changes the response's headers.
pub fn edit_response(edits: &Edits<'_>) {
    edit(Map::Response, edits);
}

fn edit(map: Map, edits: &Edits<'_>) {
    for name in &edits.remove {
        abi::remove_header(map, name);
    }
    for (name, value) in &edits.set {
        abi::set_header(map, name, &cleaned(value));
    }
}

/// Lets Envoy choose the route anew: it did before the body told where the request is to go.
///
/// Whatever is done to the request's headers does, and to remove one that is not there is the least: a fifth of what the
/// foreign function of this name costs.
pub fn clear_route_cache() {
    abi::remove_header(Map::Request, TARGET_HEADER.as_bytes());
}

fn cleaned(value: &[u8]) -> Cow<'_, [u8]> {
    let control = |byte: &u8| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7f;
    if !value.iter().any(control) {
        return Cow::Borrowed(value);
    }
    let clean = value
        .iter()
        .map(|byte| if control(byte) { b'_' } else { *byte });
    Cow::Owned(clean.collect())
}

/// The request's body as it is buffered now.
pub fn request_body(size: usize) -> Vec<u8> {
    body(Buffer::Request, size)
}

/// The response's body: what is buffered, or the chunk.
pub fn response_body(size: usize) -> Vec<u8> {
    body(Buffer::Response, size)
}

fn body(buffer: Buffer, size: usize) -> Vec<u8> {
    if size == 0 {
        return Vec::new();
    }
    abi::buffer(buffer, size).unwrap_or_default()
}

/// Replaces the request's body.
pub fn replace_request_body(body: &[u8]) {
    abi::set_buffer(Buffer::Request, WHOLE, body);
}

/// Replaces the response's body: what is buffered, or the chunk. A paused buffer must not grow past Envoy's limit.
pub fn replace_response_body(body: &[u8]) {
    abi::set_buffer(Buffer::Response, WHOLE, body);
}

/// A size that no body reaches: the whole buffer is read, or replaced.
pub const WHOLE: usize = i32::MAX as usize;

/// A property by its path, whose parts are joined by NUL; `None` where there is none.
pub fn property(path: &str) -> Option<Vec<u8>> {
    abi::property(path)
}

/// A number that the host keeps as eight bytes.
pub fn number(path: &str) -> Option<u64> {
    let bytes = property(path)?;
    bytes
        .first_chunk::<8>()
        .map(|bytes| u64::from_le_bytes(*bytes))
}

/// Writes a value into filter state, as `wasm.` and the key.
pub fn set_property(key: &str, value: &[u8]) {
    abi::set_property(key, value);
}

/// Unix time in milliseconds.
pub fn now_ms() -> u64 {
    abi::now() / 1_000_000
}

/// Answers in the provider's place. Ends the stream's own way; nothing more may be changed after it.
pub fn reply(reply: &LocalReply) {
    let headers: Vec<(&[u8], Cow<'_, [u8]>)> = reply
        .headers
        .iter()
        .map(|(name, value)| (name.as_bytes(), cleaned(value)))
        .collect();
    let headers: Vec<(&[u8], &[u8])> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_ref()))
        .collect();
    abi::local_response(reply.status, Headers::of(&headers).as_bytes(), &reply.body);
}

/// Cuts the response off.
pub fn reset_response() {
    abi::close_response();
}

/// The plugin's configuration.
pub fn configuration(size: usize) -> Vec<u8> {
    body(Buffer::Configuration, size)
}

/// Defines a counter. Every call makes a new one: the ids are kept.
pub fn define_counter(name: &str) -> Option<u32> {
    abi::define(Metric::Counter, name)
}

/// Defines a histogram.
pub fn define_histogram(name: &str) -> Option<u32> {
    abi::define(Metric::Histogram, name)
}

/// Adds to a counter; Envoy refuses to add nothing.
pub fn increment(id: u32, by: u64) {
    if let Ok(by) = i64::try_from(by)
        && by > 0
    {
        abi::increment(id, by);
    }
}

/// Records a value in a histogram.
pub fn record(id: u32, value: u64) {
    abi::record(id, value);
}

/// Writes an error to the proxy's log.
pub fn log_error(message: &str) {
    abi::log_error(message);
}
