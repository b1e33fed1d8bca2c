//! The Envoy side: proxy-wasm contexts over the sans-I/O core. Nothing outside this folder knows the host.
//!
//! Within it only [`host`] names hostcalls. Every callback reads what it needs, hands it to the core, and carries out
//! what the core decided.
mod attempt;
mod edge;
mod entry;
mod host;
mod metrics;
mod respond;
mod root;
