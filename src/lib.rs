//! Weir: an LLM gateway that lives inside Envoy as one Wasm filter.
//!
//! The core is sans-I/O: bytes in, bytes and effects out, time as an argument. Only [`filter`] knows
//! proxy-wasm, and it is compiled for the Envoy target alone.
#![forbid(unsafe_code)]
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

