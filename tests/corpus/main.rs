//! Recorded traffic of real providers, where it is at hand (`WEIR_CORPUS`, default `../shared/corpus`): every accepted
//! request is read, every answer is read without an error that was not recorded, and usage is what the recording says.
#![cfg(not(target_arch = "wasm32"))]

mod openai;

use serde_json::Value;
use std::path::{Path, PathBuf};
use weir::chat::Event;
use weir::dialect::{Asked, Made, UnsupportedParams, Wire, WriteOptions};
use weir::framing::{Decoder, Framing};
use weir::meter::Usage;

fn corpus() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = std::env::var_os("WEIR_CORPUS").map_or(default, PathBuf::from);
    if folder.join("INDEX.tsv").is_file() {
        return Some(folder);
    }
    println!(
        "no corpus of recorded traffic at {}: set WEIR_CORPUS",
        folder.display()
    );
    None
}

/// Requests that no provider of the wire would take: a mock's, whose tool calls have no ids.
const NOT_REAL: [&str; 1] = ["writer/chat_stream_palmyra-x4_7aa13f27.json"];

/// The cases of a wire's chat operation.
fn cases(wire: Wire) -> Vec<(String, Value)> {
    let Some(folder) = corpus() else {
        return Vec::new();
    };
    let index = std::fs::read_to_string(folder.join("INDEX.tsv")).expect("the index");
    let wanted = |provider: &str, operation: &str| match wire {
        Wire::OpenAi => operation == "chat" && !matches!(provider, "cohere"),
        Wire::Completions => operation == "completions",
        Wire::Anthropic => operation == "messages" && provider == "anthropic",
        Wire::Gemini => operation == "generateContent" && matches!(provider, "gemini" | "vertex"),
        _ => false,
    };
    let rows = index
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect::<Vec<_>>());
    let files = rows
        .filter(|row| wanted(row[1], row[2]))
        .map(|row| row[0].to_owned());
    files
        .map(|file| {
            let text = std::fs::read_to_string(folder.join(&file)).expect("a case");
            (file, serde_json::from_str(&text).expect("JSON"))
        })
        .collect()
}

fn request_body(case: &Value) -> Option<String> {
    match &case["request"]["body"] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        body => Some(body.to_string()),
    }
}

fn recorded(case: &Value) -> Option<(u64, &str)> {
    let response = &case["response"];
    Some((response["status"].as_u64()?, response["body"].as_str()?))
}

/// What an answer says: usage and error.
fn read(wire: Wire, body: &str, streamed: bool) -> (Option<Usage>, Option<String>) {
    let mut usage = None;
    let mut error = None;
    let mut sink = |event: Event<'_>| match event {
        Event::Usage(counts) => usage = Some(counts),
        Event::Error(found) => error = Some(found.message),
        _ => {}
    };
    if streamed {
        let array = body.trim_start().starts_with('[');
        let framing = if array {
            Framing::JsonArray
        } else {
            Framing::Sse
        };
        let mut decoder = Decoder::new(framing, 16 << 20);
        let mut reader = wire.stream_reader();
        let framed = decoder.feed(body.as_bytes(), &mut |event| {
            reader.event(&event, &mut sink)
        });
        framed.expect("framing");
        decoder
            .finish(&mut |event| reader.event(&event, &mut sink))
            .expect("framing");
        reader.end(&mut sink);
    } else if let Err(found) = wire.read_answer(body.as_bytes(), &mut sink) {
        error = Some(found.message);
    }
    (usage, error)
}

fn fail(problems: &[String], total: usize, what: &str) {
    println!("{what}: {total} cases");
    assert!(
        problems.is_empty(),
        "{} of {total} {what}:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

/// The prompt and completion counts that a recording states, summed as the wire means them.
fn stated(wire: Wire, body: &str, streamed: bool) -> Option<(u64, u64)> {
    let events: Vec<Value> = if body.trim_start().starts_with('[') {
        serde_json::from_str(body).ok()?
    } else if streamed {
        let lines = body.lines().filter_map(|line| line.strip_prefix("data:"));
        lines
            .filter_map(|data| serde_json::from_str(data.trim()).ok())
            .collect()
    } else {
        vec![serde_json::from_str(body).ok()?]
    };
    match wire {
        Wire::Anthropic => {
            let mut merged = serde_json::Map::new();
            for event in &events {
                for usage in [&event["usage"], &event["message"]["usage"]] {
                    let fields = usage.as_object().cloned().unwrap_or_default();
                    merged.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
                }
            }
            if merged
                .get("iterations")
                .is_some_and(|rounds| rounds.as_array().is_some_and(|rounds| !rounds.is_empty()))
            {
                return None;
            }
            let count = |key: &str| merged.get(key).and_then(Value::as_u64);
            let cached = count("cache_read_input_tokens").unwrap_or(0)
                + count("cache_creation_input_tokens").unwrap_or(0);
            Some((count("input_tokens")? + cached, count("output_tokens")?))
        }
        Wire::Gemini => {
            let counted = |event: &&Value| event["usageMetadata"]["totalTokenCount"].is_u64();
            let usage = &events.iter().rev().find(counted)?["usageMetadata"];
            let count = |key: &str| usage[key].as_u64().unwrap_or(0);
            // What a search of the web read is not billed.
            let searched = body.contains("webSearchQueries");
            let tools = if searched {
                0
            } else {
                count("toolUsePromptTokenCount")
            };
            let output = count("candidatesTokenCount") + count("thoughtsTokenCount");
            Some((count("promptTokenCount") + tools, output))
        }
        _ => None,
    }
}

fn answers(wire: Wire) {
    let mut problems = Vec::new();
    let mut total = 0;
    for (file, case) in cases(wire) {
        let Some((200, body)) = recorded(&case) else {
            continue;
        };
        let kind = case["kind"].as_str().unwrap_or_default();
        let streamed = case["streaming"] == true;
        // Fixtures may have lost their framing; snapshots never were on the wire.
        if kind != "recorded" || (streamed && !body.contains("data:") && !body.starts_with('[')) {
            continue;
        }
        total += 1;
        let (usage, error) = read(wire, body, streamed);
        let features = case["features"].to_string();
        if let Some(error) = error.filter(|_| !features.contains("error")) {
            problems.push(format!("{file}: {error}"));
        }
        if let Some((input, output)) = stated(wire, body, streamed) {
            let seen = usage.map(|usage| (usage.input_tokens, usage.output_tokens));
            if seen != Some((input, output)) {
                problems.push(format!(
                    "{file}: usage {seen:?}, recorded {:?}",
                    (input, output)
                ));
            }
        }
    }
    fail(&problems, total, "recorded answers");
}

fn requests(wire: Wire, other: Wire) {
    let mut problems = Vec::new();
    let mut total = 0;
    for (file, case) in cases(wire) {
        let Some((200, _)) = recorded(&case) else {
            continue;
        };
        let Some(body) = request_body(&case) else {
            continue;
        };
        if NOT_REAL.contains(&file.as_str()) || serde_json::from_str::<Value>(&body).is_err() {
            // A recording that lost its request.
            continue;
        }
        total += 1;
        let made = Made::default();
        let asked = Asked {
            model: "some-model",
            stream: false,
            made: &made,
        };
        let request = match wire.read_request(body.as_bytes(), &asked) {
            Ok(request) => request,
            Err(error) => {
                problems.push(format!("{file}: {error}"));
                continue;
            }
        };
        let options = WriteOptions {
            model: "some-model",
            unsupported: UnsupportedParams::Drop,
            default_max_tokens: 100,
            from: wire,
            kind: weir::provider::kind("openai").expect("a row"),
        };
        for target in [wire, other] {
            // What cannot be said is told by a 400; what is said is JSON.
            if let Ok(written) = target.write_request(&request, &options)
                && serde_json::from_slice::<Value>(&written.body).is_err()
            {
                problems.push(format!("{file}: {target:?}: what is written is not JSON"));
            }
        }
    }
    fail(&problems, total, "recorded requests");
}

#[test]
fn openai_answers() {
    answers(Wire::OpenAi);
}

#[test]
fn openai_facts() {
    openai::facts(Wire::OpenAi);
}

#[test]
fn completions_facts() {
    openai::facts(Wire::Completions);
}

#[test]
fn completions_requests() {
    requests(Wire::Completions, Wire::Anthropic);
}

#[test]
fn anthropic_answers() {
    answers(Wire::Anthropic);
}

#[test]
fn gemini_answers() {
    answers(Wire::Gemini);
}

#[test]
fn openai_requests() {
    requests(Wire::OpenAi, Wire::Anthropic);
}

#[test]
fn anthropic_requests() {
    requests(Wire::Anthropic, Wire::OpenAi);
}

#[test]
fn gemini_requests() {
    requests(Wire::Gemini, Wire::OpenAi);
    requests(Wire::Gemini, Wire::Anthropic);
}
