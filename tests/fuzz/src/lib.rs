//! What the fuzzer runs, as plain functions of bytes: `make fuzz` feeds them new inputs, `cargo test` the kept ones.
//!
//! A target panics where the product breaks a rule; it returns nothing.

pub mod scan;

/// A target: its name, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// Every target. Each has a file of its name in `targets/`.
pub const TARGETS: &[Target] = &[
    ("scan_openai", scan::openai),
    ("scan_anthropic", scan::anthropic),
    ("scan_gemini", scan::gemini),
    ("scan_answers", scan::answers),
];

/// Runs the target of this name.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|(own, _)| *own == name);
    let (_, target) = target.unwrap_or_else(|| panic!("no target {name}"));
    target(data);
}
