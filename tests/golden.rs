//! Golden cases: whole translations, checked byte for byte. `UPDATE=1` rewrites what is expected: read the diff.
//!
//! ```text
//! tests/golden/CLIENT_to_PROVIDER/CASE/
//!   request.json                      in:       the client's request
//!   upstream_request.json             expected: what the provider gets
//!   upstream_body.json | .sse         in:       the provider's answer
//!   response.json | response.sse      expected: what the client gets
//!   usage.json                        expected: what is metered
//! ```
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::{Path, PathBuf};
use weir::chat::Event;
use weir::dialect::{AnswerContext, Edits, UnsupportedParams, Wire, WriteOptions, Written};
use weir::exchange::stream::Stream;
use weir::meter::Tally;

const FILES: [&str; 7] = [
    "request.json",
    "upstream_request.json",
    "upstream_body.json",
    "upstream_body.sse",
    "response.json",
    "response.sse",
    "usage.json",
];

fn updating() -> bool {
    let asked = std::env::var_os("UPDATE").is_some();
    assert!(
        !(asked && std::env::var_os("CI").is_some()),
        "UPDATE is not for CI"
    );
    asked
}

fn check(want: &Path, got: &[u8]) -> Result<(), String> {
    if updating() {
        return fs::write(want, got).map_err(|error| error.to_string());
    }
    if fs::read(want).is_ok_and(|text| text == got) {
        return Ok(());
    }
    let got = String::from_utf8_lossy(got);
    Err(format!(
        "{}: run `make golden`, then read the diff; got:\n{got}",
        want.display()
    ))
}

fn wire(name: &str) -> Wire {
    match name {
        "openai" => Wire::OpenAi,
        "anthropic" => Wire::Anthropic,
        other => panic!("no wire {other}"),
    }
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(path)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    found.retain(|path| path.is_dir());
    found.sort();
    found
}

fn write(client: Wire, provider: Wire, request: &[u8]) -> Written {
    let model = match provider {
        Wire::OpenAi => "gpt-5",
        Wire::Anthropic => "claude-sonnet-4-5",
    };
    if client == provider {
        let edits = Edits {
            model: Some(model),
            include_usage: true,
        };
        let body = client
            .edit(request, &edits)
            .expect("JSON")
            .expect("another model");
        return Written {
            body,
            ..Written::default()
        };
    }
    let options = WriteOptions {
        model,
        unsupported: UnsupportedParams::Drop,
        default_max_tokens: 4096,
        openai_native: true,
    };
    let read = client.read_request(request).expect("a request");
    provider.write_request(&read, &options).expect("said")
}

fn answer(client: Wire, provider: Wire, case: &Path, context: AnswerContext) -> (Vec<u8>, Tally) {
    let mut tally = Tally::default();
    let mut out = Vec::new();
    if let Ok(body) = fs::read(case.join("upstream_body.sse")) {
        let strip = client == provider && !context.include_usage;
        let mut stream = Stream::new(provider, client, strip, 1 << 20, context);
        if stream.chunk(&body, &mut tally, 1, &mut out).untouched {
            out.extend_from_slice(&body);
        }
        stream.end(&mut tally, 1, &mut out);
        return (out, tally);
    }
    let body = fs::read(case.join("upstream_body.json")).expect("an answer");
    let result = if client == provider {
        out.clone_from(&body);
        provider.scan_answer(&body, &mut |event| tally.see(&event, 1))
    } else {
        let mut writer = client.answer_writer(context);
        let read = provider.read_answer(&body, &mut |event| {
            tally.see(&event, 1);
            writer.event(&event, &mut out);
        });
        if read.is_ok() {
            writer.finish(&mut out);
        }
        read
    };
    tally.see(&Event::End, 1);
    if let Err(error) = result {
        out = client.error_body(&error);
        tally.see(&Event::Error(error), 1);
    }
    (out, tally)
}

fn run(client: Wire, provider: Wire, case: &Path) -> Result<(), String> {
    for entry in fs::read_dir(case).expect("a case").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !FILES.contains(&name.as_str()) {
            return Err(format!("{}: a stray file", entry.path().display()));
        }
    }
    let request = fs::read(case.join("request.json")).expect("a request");
    let written = write(client, provider, &request);
    check(&case.join("upstream_request.json"), &written.body)?;
    let asked = request
        .windows(21)
        .any(|piece| piece == b"\"include_usage\": true")
        || client == Wire::Anthropic;
    let context = AnswerContext {
        id: "id-1".to_owned(),
        created: 1_760_000_000,
        model: "asked".to_owned(),
        include_usage: asked,
        names: written.names,
    };
    let streamed = case.join("upstream_body.sse").exists();
    let (body, tally) = answer(client, provider, case, context);
    check(
        &case.join(if streamed {
            "response.sse"
        } else {
            "response.json"
        }),
        &body,
    )?;
    let (usage, source) = tally.usage(0);
    let mut metered = serde_json::to_value(usage).expect("counts");
    metered["source"] = source.as_str().into();
    metered["finish_reason"] = tally.finish().map(|reason| reason.as_str()).into();
    metered["error"] = tally.error().map(|error| error.kind.as_str()).into();
    check(
        &case.join("usage.json"),
        format!("{metered:#}\n").as_bytes(),
    )
}

#[test]
fn golden_cases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut problems = Vec::new();
    let mut count = 0;
    for pair in folders(&root) {
        let name = pair
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let Some((client, provider)) = name.split_once("_to_") else {
            continue;
        };
        for case in folders(&pair) {
            count += 1;
            problems.extend(run(wire(client), wire(provider), &case).err());
        }
    }
    assert!(count >= 12, "only {count} cases");
    assert!(
        problems.is_empty(),
        "{} of {count} cases:\n{}",
        problems.len(),
        problems.join("\n")
    );
}
