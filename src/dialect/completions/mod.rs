//! OpenAI's legacy completions: a prompt in, its continuation out.
//!
//! Source: OpenAI's OpenAPI description, `/completions`.
pub mod answer;
pub mod read;
pub mod render;
pub mod stream;
pub mod write;
