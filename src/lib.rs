//! Weir: an LLM gateway that lives inside Envoy as one Wasm filter.
//!
//! The core is sans-I/O: bytes in, bytes and effects out, time as an argument. Only `filter` knows proxy-wasm, and it
//! is compiled for the Envoy target alone.
//!
//! | module | holds |
//! |---|---|
//! | [`json`], [`framing`] | bytes: JSON that borrows, events out of chunks |
//! | [`chat`] | the neutral language between the wires |
//! | [`dialect`] | the wires, one folder each |
//! | [`provider`], [`config`] | who serves, and what the operator says |
//! | [`meter`] | usage, estimates, prices |
//! | [`exchange`] | one request's life: admission, attempts, settlement |
//! | [`telemetry`] | names of metrics and filter-state keys |
#![cfg_attr(not(target_os = "wasi"), forbid(unsafe_code))]
#![cfg_attr(target_os = "wasi", deny(unsafe_code))]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

pub mod chat;
pub mod config;
pub mod dialect;
pub mod exchange;
pub mod framing;
pub mod json;
pub mod meter;
mod order;
pub mod provider;
mod search;
pub mod telemetry;

#[cfg(target_os = "wasi")]
mod filter;
