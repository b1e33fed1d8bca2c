//! Google's generateContent: what clients of Google's API speak, and the Gemini API and Vertex AI.
//!
//! Source: Google's API reference, "Generating content".
pub mod answer;
pub mod edit;
pub mod error;
pub mod list;
pub mod read;
pub mod render;
pub mod scan;
mod signature;
pub mod stream;
pub mod write;

mod failure;
mod finish;
mod models;
#[cfg(test)]
mod tests;
mod usage;
