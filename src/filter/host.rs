//! The host's calls, as far as they are used, without their panics.
//!
//! The SDK panics on every status that it did not expect, so each function here says when the host answers otherwise,
//! and is only to be called then:
//!
//! | map or buffer | exists in |
//! |---|---|
//! | request headers | request headers, body and trailers callbacks, while the headers are held |
//! | request body | request body and trailers callbacks |
//! | response headers | response headers callback, and body callbacks while the headers are held |
//! | response body | response body callbacks |
//!
//! Values go out cleaned of control characters: in HTTP/1 a line break inside one would begin another header.

use crate::exchange::headers::Edits;
use crate::exchange::{Headers, LocalReply};
use proxy_wasm::hostcalls;
use proxy_wasm::types::{BufferType, LogLevel, MapType, MetricType};
use std::borrow::Cow;
use std::time::UNIX_EPOCH;

/// The request's headers, all of them: one call costs less than two single ones.
pub fn request_headers() -> Headers {
    headers(MapType::HttpRequestHeaders)
}

/// The response's headers, all of them.
pub fn response_headers() -> Headers {
    headers(MapType::HttpResponseHeaders)
}

fn headers(map: MapType) -> Headers {
    let pairs = hostcalls::get_map_bytes(map).unwrap_or_default();
    Headers(
        pairs
            .into_iter()
            .map(|(name, value)| (name.into_bytes(), value))
            .collect(),
    )
}

/// Changes the request's headers.
pub fn edit_request(edits: &Edits) {
    edit(MapType::HttpRequestHeaders, edits);
}

/// Takes the request's trailers away; only in their callback.
pub fn drop_request_trailers() {
    let _ = hostcalls::set_map_bytes(MapType::HttpRequestTrailers, Vec::new());
}

/// Changes the response's headers.
pub fn edit_response(edits: &Edits) {
    edit(MapType::HttpResponseHeaders, edits);
}

fn edit(map: MapType, edits: &Edits) {
    for name in &edits.remove {
        set(map, name, None);
    }
    for (name, value) in &edits.set {
        set(map, name, Some(value));
    }
}

fn set(map: MapType, name: &[u8], value: Option<&[u8]>) {
    let Ok(name) = std::str::from_utf8(name) else {
        return;
    };
    let value = value.map(cleaned);
    // A status that is not Ok panics in the SDK; see the module's table for when it is Ok.
    let _ = hostcalls::set_map_value_bytes(map, name, value.as_deref());
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
    body(BufferType::HttpRequestBody, size)
}

/// The response's body: what is buffered, or the chunk.
pub fn response_body(size: usize) -> Vec<u8> {
    body(BufferType::HttpResponseBody, size)
}

fn body(buffer: BufferType, size: usize) -> Vec<u8> {
    if size == 0 {
        return Vec::new();
    }
    hostcalls::get_buffer(buffer, 0, size)
        .ok()
        .flatten()
        .unwrap_or_default()
}

/// Replaces the request's body.
pub fn replace_request_body(body: &[u8]) {
    let _ = hostcalls::set_buffer(BufferType::HttpRequestBody, 0, WHOLE, body);
}

/// Replaces the response's body: what is buffered, or the chunk. A paused buffer must not grow past Envoy's limit.
pub fn replace_response_body(body: &[u8]) {
    let _ = hostcalls::set_buffer(BufferType::HttpResponseBody, 0, WHOLE, body);
}

/// A size that no body reaches: the whole buffer is read, or replaced.
pub const WHOLE: usize = i32::MAX as usize;

/// A property by its path; `None` where there is none.
pub fn property(path: &[&str]) -> Option<Vec<u8>> {
    hostcalls::get_property(path.to_vec()).ok().flatten()
}

/// A number that the host keeps as eight bytes.
pub fn number(path: &[&str]) -> Option<u64> {
    let bytes = property(path)?;
    bytes
        .first_chunk::<8>()
        .map(|bytes| u64::from_le_bytes(*bytes))
}

/// Writes a value into filter state, as `wasm.` and the key.
pub fn set_property(key: &str, value: &[u8]) {
    let _ = hostcalls::set_property(vec![key], Some(value));
}

/// Unix time in milliseconds.
pub fn now_ms() -> u64 {
    let now = hostcalls::get_current_time().ok();
    let since = now.and_then(|now| now.duration_since(UNIX_EPOCH).ok());
    since
        .and_then(|since| u64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}

/// Answers in the provider's place. Ends the stream's own way; nothing more may be changed after it.
pub fn reply(reply: &LocalReply) {
    let headers: Vec<(&str, String)> = reply
        .headers
        .iter()
        .map(|(name, value)| {
            (
                name.as_str(),
                String::from_utf8_lossy(&cleaned(value)).into_owned(),
            )
        })
        .collect();
    let headers = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let _ = hostcalls::send_http_response(u32::from(reply.status), headers, Some(&reply.body));
}

/// Cuts the response off.
pub fn reset_response() {
    let _ = hostcalls::reset_http_response();
}

/// The plugin's configuration.
pub fn configuration(size: usize) -> Vec<u8> {
    body(BufferType::PluginConfiguration, size)
}

/// Defines a counter. Every call makes a new one: the ids are kept.
pub fn define_counter(name: &str) -> Option<u32> {
    hostcalls::define_metric(MetricType::Counter, name).ok()
}

/// Defines a histogram.
pub fn define_histogram(name: &str) -> Option<u32> {
    hostcalls::define_metric(MetricType::Histogram, name).ok()
}

/// Adds to a counter; Envoy refuses to add nothing.
pub fn increment(id: u32, by: u64) {
    if let Ok(by) = i64::try_from(by)
        && by > 0
    {
        let _ = hostcalls::increment_metric(id, by);
    }
}

/// Records a value in a histogram.
pub fn record(id: u32, value: u64) {
    let _ = hostcalls::record_metric(id, value);
}

/// Writes an error to the proxy's log.
pub fn log_error(message: &str) {
    let _ = hostcalls::log(LogLevel::Error, message);
}
