//! AWS Bedrock's Converse.
//!
//! Source: AWS's service model of bedrock-runtime, Converse and ConverseStream.
pub mod answer;
pub mod error;
pub mod stream;
pub mod write;
