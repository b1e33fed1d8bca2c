//! Renders answers for Anthropic's clients.

mod body;
mod stream;

pub use body::BodyWriter;
pub use stream::StreamWriter;
