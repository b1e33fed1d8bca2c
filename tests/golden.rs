//! Golden cases: whole translations, checked byte for byte. `UPDATE=1` rewrites what is expected: read the diff.
//!
//! ```text
//! tests/golden/CLIENT_to_PROVIDER/CASE/
//!   request.json                      in:       the client's request
//!   upstream_request.json             expected: what the provider gets
//!   upstream_body.json | .sse | .bin  in:       the provider's answer (.bin is AWS's event stream)
//!   upstream_body.events              in:       the same, readable: a line for a message (`NAME JSON`, `!EXCEPTION JSON`)
//!   response.json | response.sse      expected: what the client gets
//!   usage.json                        expected: what is metered
//! ```
//! CLIENT is a wire, PROVIDER a kind of the provider table. A Gemini request may have `__model` and `__stream` beside its
//! body's fields, which its path would say; a case's model upstream is the file `model`, where there is one.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::{Path, PathBuf};
use weir::chat::Event;
use weir::dialect::{
    AnswerContext, Asked, Edits, JsonTool, Made, UnsupportedParams, Wire, WriteOptions, Written,
};
use weir::exchange::stream::{Route, Stream};
use weir::framing::Framing;
use weir::meter::Tally;
use weir::provider::{ProviderKind, kind};

#[path = "simulator/src/aws.rs"]
mod aws;

const FILES: [&str; 10] = [
    "model",
    "request.json",
    "upstream_request.json",
    "upstream_body.json",
    "upstream_body.sse",
    "upstream_body.bin",
    "upstream_body.events",
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
        "completions" => Wire::Completions,
        "anthropic" => Wire::Anthropic,
        "gemini" => Wire::Gemini,
        other => panic!("no wire {other}"),
    }
}

/// The wire that a client of `client` has with a provider.
fn spoken(client: Wire, provider: &ProviderKind) -> Wire {
    match client {
        Wire::Completions if provider.completions => Wire::Completions,
        _ => provider.wire,
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

fn model_of(case: &Path, provider: &ProviderKind) -> String {
    if let Ok(model) = fs::read_to_string(case.join("model")) {
        return model.trim().to_owned();
    }
    let model = match (provider.wire, provider.name) {
        (Wire::Anthropic, _) => "claude-sonnet-4-5",
        (Wire::Gemini, _) => "gemini-2.5-flash",
        (Wire::Bedrock, _) => "anthropic.claude-sonnet-4-5-20250929-v1:0",
        (_, "openai") => "gpt-5",
        _ => "some-model",
    };
    model.to_owned()
}

/// A client's request, and what its path says of it.
fn asked(client: Wire, request: &[u8]) -> (Vec<u8>, String, bool) {
    let mut value: serde_json::Value = serde_json::from_slice(request).expect("JSON");
    if client != Wire::Gemini {
        let stream = value["stream"] == true;
        return (request.to_vec(), String::new(), stream);
    }
    let object = value.as_object_mut().expect("an object");
    let model = object.remove("__model");
    let stream = object.remove("__stream");
    // Members keep their order and numbers their spelling where nothing was taken out.
    let body = if model.is_none() && stream.is_none() {
        request.to_vec()
    } else {
        value.to_string().into_bytes()
    };
    let model = model.and_then(|model| model.as_str().map(str::to_owned));
    (
        body,
        model.unwrap_or_else(|| "gemini-2.5-flash".to_owned()),
        stream.is_some_and(|stream| stream == true),
    )
}

fn write(client: Wire, provider: &'static ProviderKind, request: &[u8], model: &str) -> Written {
    let (request, own_model, stream) = asked(client, request);
    let speaks = spoken(client, provider);
    let edits = Edits {
        model: Some(model),
        include_usage: !provider.quirks.no_stream_options,
        kind: provider,
        unsupported: UnsupportedParams::Drop,
        betas: None,
        count_tokens: false,
        stream,
    };
    if client == speaks && !speaks.must_rewrite(&request, &edits) {
        let edited = client.edit(&request, &edits).expect("JSON");
        return edited.unwrap_or(Written {
            body: request,
            ..Written::default()
        });
    }
    let options = WriteOptions {
        model,
        unsupported: UnsupportedParams::Drop,
        default_max_tokens: 4096,
        from: client,
        kind: provider,
    };
    let made = Made::default();
    let asked = Asked {
        model: &own_model,
        stream,
        made: &made,
    };
    let read = client.read_request(&request, &asked).expect("a request");
    let mut written = speaks.write_request(&read, &options).expect("said");
    written.legacy_functions = read.legacy_functions;
    written
}

/// The stream of a case, and how it is framed.
fn stream_of(case: &Path, provider: Wire) -> Option<(Vec<u8>, Framing)> {
    if let Ok(body) = fs::read(case.join("upstream_body.sse")) {
        return Some((body, Framing::Sse));
    }
    let body = match fs::read(case.join("upstream_body.events")) {
        Ok(lines) => aws::stream(&lines),
        Err(_) => fs::read(case.join("upstream_body.bin")).ok()?,
    };
    let framing = provider.framing("application/vnd.amazon.eventstream");
    Some((body, framing.expect("a wire of AWS's")))
}

fn answer(
    client: Wire,
    provider: Wire,
    case: &Path,
    context: AnswerContext,
    (json_tool, translate): (Option<String>, bool),
) -> (Vec<u8>, Tally) {
    let passes = client == provider && !translate;
    let mut tally = Tally::default();
    let mut out = Vec::new();
    if let Some((body, framing)) = stream_of(case, provider) {
        let route = Route {
            framing,
            translate,
            strip_usage: passes && !context.include_usage,
            json_tool,
            ..Route::new(provider, client)
        };
        let mut stream = Stream::new(route, context);
        if stream.chunk(&body, &mut tally, 1, &mut out).untouched {
            out.extend_from_slice(&body);
        }
        stream.end(&mut tally, 1, &mut out);
        return (out, tally);
    }
    let body = fs::read(case.join("upstream_body.json")).expect("an answer");
    let result = if passes {
        out.clone_from(&body);
        provider.scan_answer(&body, &mut |event| tally.see(&event, 1))
    } else {
        let mut writer = client.answer_writer(context);
        let mut json_tool = JsonTool::new(json_tool);
        let read = provider.read_answer(&body, &mut |event| {
            tally.see(&event, 1);
            json_tool.map(event, &mut |event| writer.event(&event, &mut out));
        });
        if read.is_ok() {
            json_tool.finish(&mut |event| writer.event(&event, &mut out));
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

fn run(client: Wire, provider: &'static ProviderKind, case: &Path) -> Result<(), String> {
    for entry in fs::read_dir(case).expect("a case").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !FILES.contains(&name.as_str()) {
            return Err(format!("{}: a stray file", entry.path().display()));
        }
    }
    let request = fs::read(case.join("request.json")).expect("a request");
    let model = model_of(case, provider);
    let written = write(client, provider, &request, &model);
    check(&case.join("upstream_request.json"), &written.body)?;
    let asked = request
        .windows(21)
        .any(|piece| piece == b"\"include_usage\": true")
        || matches!(client, Wire::Anthropic | Wire::Gemini);
    let context = AnswerContext {
        id: "id-1".to_owned(),
        created: 1_760_000_000,
        model: "asked".to_owned(),
        include_usage: asked,
        names: written.names,
        array: false,
        legacy_functions: written.legacy_functions,
    };
    let speaks = spoken(client, provider);
    let streamed = stream_of(case, speaks).is_some();
    let asked = (written.json_tool, written.translates_answer);
    let (body, tally) = answer(client, speaks, case, context, asked);
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
            let provider = kind(provider).unwrap_or_else(|| panic!("no provider {provider}"));
            problems.extend(run(wire(client), provider, &case).err());
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
