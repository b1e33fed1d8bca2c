//! What fuzzing found worth keeping (`tests/fuzz/kept/`), through every target again.
#![cfg(not(target_arch = "wasm32"))]

#[allow(dead_code, reason = "parts of other tests")]
#[path = "fuzz/src/lib.rs"]
mod fuzz;

use std::path::Path;

/// The inputs of a file: each after its length, two bytes.
fn inputs(path: &Path) -> Vec<Vec<u8>> {
    let data = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut inputs = Vec::new();
    let mut rest = data.as_slice();
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let (input, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
        inputs.push(input.to_vec());
        rest = after;
    }
    inputs
}

#[test]
fn kept_inputs_break_nothing() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/kept");
    let mut count = 0;
    for (name, target) in fuzz::TARGETS {
        let inputs = inputs(&kept.join(format!("{name}.bin")));
        assert!(!inputs.is_empty(), "{name} has no kept inputs");
        for input in &inputs {
            target(input);
        }
        count += inputs.len();
    }
    println!("{count} kept inputs of {} targets", fuzz::TARGETS.len());
    assert!(count > 1_000, "{count} inputs");
}

#[test]
fn every_target_has_its_file_and_its_section() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).expect("a manifest");
    for (name, _) in fuzz::TARGETS {
        let path = format!("targets/{name}.rs");
        let text = std::fs::read_to_string(root.join(&path)).expect(name);
        assert!(text.contains(&format!("{name:?}")), "{path} runs another");
        assert!(manifest.contains(&format!("path = {path:?}")), "{path}");
    }
}
