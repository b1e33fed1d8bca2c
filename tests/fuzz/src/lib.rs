//! What the fuzzer runs, as plain functions of bytes: `make fuzz` feeds them new inputs, `cargo test` the kept ones.
//!
//! A target panics where the product breaks a rule; it returns nothing.

pub mod answers;
#[allow(dead_code, reason = "ways of other tests")]
#[path = "../../common/mod.rs"]
pub mod common;
mod exchange;
mod framing;
mod input;
mod json;
mod requests;
pub mod scan;
mod settings;

/// A target: its name, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// Every target. Each has a file of its name in `targets/`.
pub const TARGETS: &[Target] = &[
    ("sse", framing::sse),
    ("json_array", framing::json_array),
    ("aws_raw", framing::aws_raw),
    ("aws_envelope", framing::aws_envelope),
    ("framing_round_trip", framing::framing_round_trip),
    ("json", json::json),
    ("splice", json::splice),
    ("schemas", json::schemas),
    ("scan_openai", scan::openai),
    ("scan_anthropic", scan::anthropic),
    ("scan_gemini", scan::gemini),
    ("scan_answers", scan::answers),
    ("answer_openai", answers::answer_openai),
    ("answer_anthropic", answers::answer_anthropic),
    ("answer_gemini", answers::answer_gemini),
    ("answer_bedrock", answers::answer_bedrock),
    ("stream_openai", answers::stream_openai),
    ("stream_completions", answers::stream_completions),
    ("stream_anthropic", answers::stream_anthropic),
    ("stream_gemini", answers::stream_gemini),
    ("stream_bedrock", answers::stream_bedrock),
    ("errors", answers::errors),
    ("request_openai", requests::request_openai),
    ("request_completions", requests::request_completions),
    ("request_anthropic", requests::request_anthropic),
    ("request_gemini", requests::request_gemini),
    ("config_json", settings::config_json),
    ("config_struct", settings::config_struct),
    ("metadata", settings::metadata),
    ("paths", settings::paths),
    ("prices", settings::prices),
    ("exchange", exchange::exchange),
];

/// Runs the target of this name.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|(own, _)| *own == name);
    let (_, target) = target.unwrap_or_else(|| panic!("no target {name}"));
    target(data);
}
