//! Plays the model providers' wires on loopback, for Weir's tests and benchmarks.
//!
//! ```text
//! weir-simulator --listen 127.0.0.1:0 [--listen …] [--tls CERT.pem KEY.pem --tls-listen 127.0.0.1:0]
//! ```
//! It prints one JSON line for every socket and serves OpenAI's, Azure's, Anthropic's and Google's paths on each, HTTP/1.1 and
//! HTTP/2. What it answers is told by the model's name: `NAME+OPTION+OPTION=VALUE…`, see [`options`]. What it was asked
//! stands at `GET /__sim/requests`, what it served at `GET /__sim/totals`; `DELETE /__sim/requests` forgets both.
mod anthropic;
mod aws;
mod bedrock;
mod claude;
mod gemini;
mod journal;
mod openai;
mod options;
mod script;
mod server;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match server::run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("weir-simulator: {error}");
            ExitCode::FAILURE
        }
    }
}
