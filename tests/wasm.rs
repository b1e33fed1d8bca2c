//! The core as Wasm, in Node: what runs in Envoy's VM is built the same way.
#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]

mod common;

use common::{WAYS, stream_of, through};
use wasm_bindgen_test::wasm_bindgen_test;
use weir::dialect::{Asked, Edits, Made, UnsupportedParams, Wire, WriteOptions};
use weir::meter::Usage;
use weir::meter::price::{cost_nanousd, lookup};
use weir::provider::kind;

#[wasm_bindgen_test]
fn streams_do_not_depend_on_their_cuts() {
    for way in WAYS {
        let bytes = stream_of(way);
        let whole = through(way, &[&bytes], 1 << 16);
        assert_eq!(whole.error, None);
        for size in [1, 7, 64, 1000] {
            let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
            assert_eq!(through(way, &pieces, 1 << 16), whole);
        }
    }
}

#[wasm_bindgen_test]
fn requests_are_translated() {
    let body = br#"{"model":"gpt-4o","messages":[{"role":"system","content":"s"},{"role":"user","content":"\u00e9"}],"stop":"x"}"#;
    let made = Made::default();
    let request = Wire::OpenAi
        .read_request(body, &Asked::nothing(&made))
        .expect("valid");
    let options = WriteOptions {
        model: "claude-sonnet-4-5",
        unsupported: UnsupportedParams::Reject,
        default_max_tokens: 9,
        from: Wire::OpenAi,
        kind: kind("anthropic").expect("a row"),
    };
    let written = Wire::Anthropic
        .write_request(&request, &options)
        .expect("said");
    let want = r#"{"model":"claude-sonnet-4-5","max_tokens":9,"system":"s","messages":[{"role":"user","content":"\u00e9"}],"stop_sequences":["x"]}"#;
    assert_eq!(String::from_utf8(written.body).expect("text"), want);
}

#[wasm_bindgen_test]
fn requests_are_edited_in_place() {
    let edits = Edits {
        model: Some("b"),
        include_usage: true,
        kind: kind("openai").expect("a row"),
        unsupported: UnsupportedParams::Reject,
        betas: None,
        count_tokens: false,
        stream: true,
    };
    let edited = Wire::OpenAi
        .edit(br#"{"model":"a", "stream":true}"#, &edits)
        .expect("JSON")
        .expect("changed");
    let want = br#"{"model":"b", "stream":true,"stream_options":{"include_usage":true}}"#;
    assert_eq!(edited.body, want);
}

#[wasm_bindgen_test]
fn prices_are_integers() {
    let rates = lookup("openai", "openai", "gpt-4o").expect("priced");
    let usage = Usage {
        input_tokens: 1_000_000,
        ..Usage::default()
    };
    assert_eq!(cost_nanousd(&rates, &usage), 2_500_000_000);
}
