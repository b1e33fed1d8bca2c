//! OpenAI's legacy completions: a prompt in, its continuation out.
//!
//! It is the older half of OpenAI's API: errors, usage, finish reasons and the framing of answers are the chat's, whose
//! reader tells by shape which of the two an answer is. What passes between two sides of this wire is edited and scanned
//! as the chat is.
//!
//! Source: OpenAI's OpenAPI description, `/completions`.
pub mod answer;
pub mod read;
pub mod render;
pub mod stream;
pub mod write;
