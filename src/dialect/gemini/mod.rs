//! Google's generateContent: what clients of Google's API speak, and the Gemini API and Vertex AI.
//!
//! Source: Google's API reference, "Generating content".
pub mod answer;
pub mod error;
pub mod list;
pub mod read;
pub mod render;
pub mod scan;
pub mod stream;
pub mod write;
