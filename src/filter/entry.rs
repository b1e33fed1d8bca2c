//! The module's entry. The SDK's macro makes an unmangled symbol, which counts as unsafe code.
#![allow(unsafe_code)]

use super::root::Root;
use proxy_wasm::traits::RootContext;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(proxy_wasm::types::LogLevel::Info);
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(Root::default()) });
}}
