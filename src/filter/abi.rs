//! The host's functions as proxy-wasm 0.2.1 declares them.
//!
//! The SDK's own wrappers panic on every status that they did not expect, make two allocations of every header, and
//! one of every property's path. These give what the host gave, as it gave it, and nothing where it gave nothing. The
//! SDK keeps what it does well: contexts, and their dispatch.
//!
//! Source: the proxy-wasm ABI specification, version 0.2.1.
#![allow(unsafe_code)]

use std::ptr::null_mut;

mod imported {
    #[link(wasm_import_module = "env")]
    unsafe extern "C" {
        pub safe fn proxy_increment_metric(id: u32, by: i64) -> u32;
        pub safe fn proxy_record_metric(id: u32, value: u64) -> u32;
        pub safe fn proxy_close_stream(kind: u32) -> u32;
        pub fn proxy_log(level: u32, text: *const u8, size: usize) -> u32;
        pub fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
        pub fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
        pub fn proxy_set_header_map_pairs(map: u32, data: *const u8, size: usize) -> u32;
        pub fn proxy_get_header_map_value(
            map: u32,
            name: *const u8,
            name_size: usize,
            data: *mut *mut u8,
            size: *mut usize,
        ) -> u32;
        pub fn proxy_replace_header_map_value(
            map: u32,
            name: *const u8,
            name_size: usize,
            value: *const u8,
            value_size: usize,
        ) -> u32;
        pub fn proxy_remove_header_map_value(map: u32, name: *const u8, name_size: usize) -> u32;
        pub fn proxy_get_buffer_bytes(
            buffer: u32,
            start: usize,
            most: usize,
            data: *mut *mut u8,
            size: *mut usize,
        ) -> u32;
        pub fn proxy_set_buffer_bytes(
            buffer: u32,
            start: usize,
            size: usize,
            data: *const u8,
            data_size: usize,
        ) -> u32;
        pub fn proxy_get_property(
            path: *const u8,
            path_size: usize,
            data: *mut *mut u8,
            size: *mut usize,
        ) -> u32;
        pub fn proxy_set_property(
            path: *const u8,
            path_size: usize,
            value: *const u8,
            value_size: usize,
        ) -> u32;
        pub fn proxy_send_local_response(
            status: u32,
            details: *const u8,
            details_size: usize,
            body: *const u8,
            body_size: usize,
            headers: *const u8,
            headers_size: usize,
            grpc_status: i32,
        ) -> u32;
        pub fn proxy_define_metric(kind: u32, name: *const u8, size: usize, id: *mut u32) -> u32;
    }
}

/// A header map of the stream.
#[derive(Clone, Copy)]
pub enum Map {
    Request = 0,
    RequestTrailers = 1,
    Response = 2,
}

/// A buffer of the stream, or the plugin's configuration.
#[derive(Clone, Copy)]
pub enum Buffer {
    Request = 0,
    Response = 1,
    Configuration = 7,
}

/// A kind of metric.
#[derive(Clone, Copy)]
pub enum Metric {
    Counter = 0,
    Histogram = 2,
}

const OK: u32 = 0;
const ERROR: u32 = 4;
const RESPONSE_STREAM: u32 = 1;
const NO_GRPC_STATUS: i32 = -1;

/// Takes over what a call wrote into memory that it asked the module for.
fn taken(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Option<Vec<u8>> {
    let (mut data, mut size) = (null_mut(), 0usize);
    if call(&raw mut data, &raw mut size) != OK {
        return None;
    }
    if data.is_null() {
        return Some(Vec::new());
    }
    // SAFETY: the host got the memory from `proxy_on_memory_allocate`, which leaks a box of exactly `size` bytes to it.
    Some(unsafe { Vec::from_raw_parts(data, size, size) })
}

/// All headers of a map, in the host's own layout: see `Headers`.
pub fn header_map(map: Map) -> Option<Vec<u8>> {
    // SAFETY: the host writes through both pointers, which live until it returns.
    taken(|data, size| unsafe { imported::proxy_get_header_map_pairs(map as u32, data, size) })
}

/// Makes a map be these headers, in its own layout.
pub fn set_header_map(map: Map, headers: &[u8]) {
    // SAFETY: the host only reads the bytes.
    unsafe {
        imported::proxy_set_header_map_pairs(map as u32, headers.as_ptr(), headers.len());
    }
}

/// The first value of a header.
pub fn header(map: Map, name: &[u8]) -> Option<Vec<u8>> {
    // SAFETY: as above, and the host only reads the name.
    taken(|data, size| unsafe {
        let (name, length) = (name.as_ptr(), name.len());
        imported::proxy_get_header_map_value(map as u32, name, length, data, size)
    })
}

/// Sets a header to one value.
pub fn set_header(map: Map, name: &[u8], value: &[u8]) {
    // SAFETY: the host only reads both.
    unsafe {
        let (value, size) = (value.as_ptr(), value.len());
        imported::proxy_replace_header_map_value(map as u32, name.as_ptr(), name.len(), value, size)
    };
}

/// Removes a header, all its values.
pub fn remove_header(map: Map, name: &[u8]) {
    // SAFETY: the host only reads the name.
    unsafe { imported::proxy_remove_header_map_value(map as u32, name.as_ptr(), name.len()) };
}

/// The first `most` bytes of a buffer.
pub fn buffer(buffer: Buffer, most: usize) -> Option<Vec<u8>> {
    // SAFETY: the host writes through both pointers, which live until it returns.
    taken(|data, size| unsafe {
        imported::proxy_get_buffer_bytes(buffer as u32, 0, most, data, size)
    })
}

/// Replaces the first `size` bytes of a buffer.
pub fn set_buffer(buffer: Buffer, size: usize, bytes: &[u8]) {
    // SAFETY: the host only reads the bytes.
    unsafe {
        imported::proxy_set_buffer_bytes(buffer as u32, 0, size, bytes.as_ptr(), bytes.len())
    };
}

/// A property; the parts of its path are joined by NUL bytes.
pub fn property(path: &str) -> Option<Vec<u8>> {
    // SAFETY: the host reads the path and writes through both pointers.
    taken(|data, size| unsafe {
        imported::proxy_get_property(path.as_ptr(), path.len(), data, size)
    })
}

/// Writes a property.
pub fn set_property(path: &str, value: &[u8]) {
    // SAFETY: the host only reads both.
    unsafe {
        let (value, size) = (value.as_ptr(), value.len());
        imported::proxy_set_property(path.as_ptr(), path.len(), value, size)
    };
}

/// Unix time in nanoseconds.
pub fn now() -> u64 {
    let mut time = 0;
    // SAFETY: the host writes through the pointer, which lives until it returns.
    unsafe { imported::proxy_get_current_time_nanoseconds(&raw mut time) };
    time
}

/// Answers in the provider's place. `headers` are in the layout of a header map.
pub fn local_response(status: u16, headers: &[u8], body: &[u8]) {
    // SAFETY: the host only reads what the pointers show.
    unsafe {
        imported::proxy_send_local_response(
            u32::from(status),
            std::ptr::null(),
            0,
            body.as_ptr(),
            body.len(),
            headers.as_ptr(),
            headers.len(),
            NO_GRPC_STATUS,
        )
    };
}

/// Cuts the response off.
pub fn close_response() {
    imported::proxy_close_stream(RESPONSE_STREAM);
}

/// Defines a metric; every call makes a new one.
pub fn define(kind: Metric, name: &str) -> Option<u32> {
    let mut id = 0;
    // SAFETY: the host reads the name and writes through the pointer.
    let status = unsafe {
        imported::proxy_define_metric(kind as u32, name.as_ptr(), name.len(), &raw mut id)
    };
    (status == OK).then_some(id)
}

/// Adds to a counter.
pub fn increment(id: u32, by: i64) {
    imported::proxy_increment_metric(id, by);
}

/// Records a value in a histogram.
pub fn record(id: u32, value: u64) {
    imported::proxy_record_metric(id, value);
}

/// Writes an error to the proxy's log.
pub fn log_error(text: &str) {
    // SAFETY: the host only reads the text.
    unsafe { imported::proxy_log(ERROR, text.as_ptr(), text.len()) };
}
