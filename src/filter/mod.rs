//! The Envoy side: proxy-wasm contexts over the sans-I/O core. Nothing outside this folder knows the host.
//!
//! Within it only [`host`] calls the host's functions, which [`abi`] declares. Every callback reads what it needs, hands it to the core, and carries out
//! what the core decided.
mod abi;
mod attempt;
mod edge;
mod entry;
mod host;
mod metrics;
mod respond;
mod root;
mod settle;
