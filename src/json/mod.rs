//! JSON that borrows: what need not be decoded travels as it stood in its source.
//!
//! Providers' and clients' bodies are mostly long strings that one wire hands to the other. [`parse`] reads them in
//! one pass without copying them; [`scan`] finds a few top-level members without building anything; [`splice`] edits a
//! body in place; [`Writer`] writes a new one; [`schema`] rewrites JSON Schemas for wires that take less of it.
mod compact;
mod literal;
pub mod number;
mod parse;
pub mod scan;
pub mod schema;
pub mod splice;
mod text;
mod value;
mod write;

pub use compact::compact;
pub use literal::{inside, literal};
pub use parse::{Error, ErrorKind, MAX_DEPTH, parse};
pub use text::Text;
pub use value::{Array, Object, Value};
pub use write::{Writer, escape_into};
