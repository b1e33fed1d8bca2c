//! Recorded traffic of AWS Bedrock's Converse, where it is at hand (`WEIR_CORPUS`, default `../shared/corpus`): every
//! answer is read with its text, calls and usage, and other wires' recorded requests become requests that keep
//! Converse's rules.
#![cfg(not(target_arch = "wasm32"))]

use base64::Engine;
use serde_json::Value;
use std::path::{Path, PathBuf};
use weir::chat::Event;
use weir::dialect::{Asked, Made, UnsupportedParams, Wire, WriteOptions};
use weir::framing::{Decoder, Framing};

fn cases(wanted: impl Fn(&str, &str) -> bool) -> Vec<(String, Value)> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = std::env::var_os("WEIR_CORPUS").map_or(default, PathBuf::from);
    let Ok(index) = std::fs::read_to_string(folder.join("INDEX.tsv")) else {
        println!(
            "no corpus of recorded traffic at {}: set WEIR_CORPUS",
            folder.display()
        );
        return Vec::new();
    };
    let rows = index.lines().skip(1).map(|line| line.split('\t').collect());
    let rows = rows.filter(|row: &Vec<&str>| wanted(row[1], row[2]));
    rows.map(|row| {
        let text = std::fs::read_to_string(folder.join(row[0])).expect("a case");
        (
            row[0].to_owned(),
            serde_json::from_str(&text).expect("JSON"),
        )
    })
    .collect()
}

/// What an answer says.
#[derive(Debug, Default, PartialEq)]
struct Said {
    text: String,
    reasoning: String,
    /// Names and arguments of the client's calls.
    calls: Vec<(String, Value)>,
    input: u64,
    output: u64,
}

fn heard(events: impl FnOnce(&mut dyn FnMut(Event<'_>))) -> Result<Said, String> {
    let mut said = Said::default();
    let mut arguments: Vec<(String, String)> = Vec::new();
    let mut error = None;
    let mut ended = false;
    events(&mut |event| match event {
        Event::Text { text, .. } => said.text.push_str(&text.decode()),
        Event::Reasoning { text, .. } => said.reasoning.push_str(&text.decode()),
        Event::ToolStart { index, name, .. } => {
            assert_eq!(usize::try_from(index), Ok(arguments.len()));
            arguments.push((name.decode().into_owned(), String::new()));
        }
        Event::ToolArguments {
            index, fragment, ..
        } => {
            let index = usize::try_from(index).expect("small");
            arguments[index].1.push_str(&fragment.decode());
        }
        Event::Usage(usage) => {
            (said.input, said.output) = (usage.input_tokens, usage.output_tokens)
        }
        Event::Error(found) => error = Some(found.message),
        Event::End => ended = true,
        _ => {}
    });
    let whole = |(name, text): (String, String)| {
        let parsed = serde_json::from_str(&text).map_err(|error| format!("{text}: {error}"))?;
        Ok((name, parsed))
    };
    match error {
        Some(error) => Err(error),
        None if !ended => Err("no end".to_owned()),
        None => {
            said.calls = arguments
                .into_iter()
                .map(whole)
                .collect::<Result<_, String>>()?;
            Ok(said)
        }
    }
}

fn counts(said: &mut Said, usage: &Value) {
    let count = |key: &str| usage[key].as_u64().unwrap_or(0);
    let cached = count("cacheReadInputTokens") + count("cacheWriteInputTokens");
    (said.input, said.output) = (count("inputTokens") + cached, count("outputTokens"));
}

/// What a recorded unary answer says, by another reading than the product's.
fn stated(body: &Value) -> Said {
    let mut said = Said::default();
    for block in body["output"]["message"]["content"]
        .as_array()
        .expect("content")
    {
        said.text += block["text"].as_str().unwrap_or_default();
        for piece in block["citationsContent"]["content"]
            .as_array()
            .into_iter()
            .flatten()
        {
            said.text += piece["text"].as_str().unwrap_or_default();
        }
        said.reasoning += block["reasoningContent"]["reasoningText"]["text"]
            .as_str()
            .unwrap_or_default();
        let call = &block["toolUse"];
        if call.is_object() && call["type"] != "server_tool_use" {
            let name = call["name"].as_str().expect("a name").to_owned();
            said.calls.push((name, call["input"].clone()));
        }
    }
    counts(&mut said, &body["usage"]);
    said
}

/// What a recorded stream says, by its recorder's decoding.
fn stated_stream(events: &[Value]) -> Said {
    let mut said = Said::default();
    let mut calls: Vec<(u64, bool, String, String)> = Vec::new();
    for event in events {
        let payload = &event["payload"];
        let delta = &payload["delta"];
        let block = payload["contentBlockIndex"].as_u64().unwrap_or(0);
        said.text += delta["text"].as_str().unwrap_or_default();
        said.reasoning += delta["reasoningContent"]["text"]
            .as_str()
            .unwrap_or_default();
        let start = &payload["start"]["toolUse"];
        if start.is_object() {
            let own = start["type"] != "server_tool_use";
            let name = start["name"].as_str().expect("a name").to_owned();
            calls.push((block, own, name, String::new()));
        }
        if let Some(input) = delta["toolUse"]["input"].as_str() {
            let call = calls.iter_mut().find(|call| call.0 == block);
            call.expect("a start").3.push_str(input);
        }
        if payload["usage"].is_object() {
            counts(&mut said, &payload["usage"]);
        }
    }
    let own = calls.into_iter().filter(|call| call.1);
    said.calls = own
        .map(|(_, _, name, text)| {
            let text = if text.is_empty() { "{}" } else { &text };
            (name, serde_json::from_str(text).expect("JSON"))
        })
        .collect();
    said
}

#[test]
fn answers() {
    let mut read = 0;
    for (file, case) in cases(|provider, op| provider == "bedrock" && op == "converse") {
        let response = &case["response"];
        if case["kind"] != "recorded" || response["status"] != 200 {
            continue;
        }
        read += 1;
        let (found, want) = match response["body_base64"].as_str() {
            Some(encoded) => {
                let bytes = base64::engine::general_purpose::STANDARD
                    .decode(encoded)
                    .expect("base64");
                let found = heard(|sink| {
                    let mut decoder = Decoder::new(Framing::AwsEvents, 1 << 20);
                    let mut reader = Wire::Bedrock.stream_reader();
                    for chunk in bytes.chunks(97) {
                        decoder
                            .feed(chunk, &mut |event| reader.event(&event, sink))
                            .expect("framing");
                    }
                    decoder.finish(&mut |_| ()).expect("an end");
                    reader.end(sink);
                });
                let events = response["eventstream_decoded"].as_array().expect("events");
                (found, stated_stream(events))
            }
            None => {
                let body = response["body"].as_str().expect("a body");
                let found = heard(|sink| {
                    Wire::Bedrock
                        .read_answer(body.as_bytes(), sink)
                        .expect("an answer");
                });
                (found, stated(&serde_json::from_str(body).expect("JSON")))
            }
        };
        assert_eq!(found, Ok(want), "{file}");
    }
    println!("recorded answers: {read} cases");
}

/// Models of families that differ most.
const MODELS: [&str; 4] = [
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "amazon.nova-lite-v1:0",
    "us.amazon.nova-2-lite-v1:0",
    "us.meta.llama4-maverick-17b-instruct-v1:0",
];

/// What Converse would refuse of a request.
fn refusal(body: &Value) -> Option<&'static str> {
    let messages = body["messages"].as_array()?;
    let role = |message: &Value| message["role"].as_str().unwrap_or_default().to_owned();
    let blocks = |message: &Value| message["content"].as_array().cloned().unwrap_or_default();
    if messages.first().map(role).as_deref() != Some("user") {
        return Some("it does not begin with the user");
    }
    if messages
        .windows(2)
        .any(|pair| role(&pair[0]) == role(&pair[1]))
    {
        return Some("roles do not alternate");
    }
    let all = || messages.iter().flat_map(blocks);
    let blank = |text: &Value| text.as_str().is_some_and(|text| text.trim().is_empty());
    if messages.iter().any(|message| blocks(message).is_empty())
        || all().any(|block| blank(&block["text"]))
    {
        return Some("something is blank");
    }
    let has_tools =
        all().any(|block| !block["toolUse"].is_null() || !block["toolResult"].is_null());
    if has_tools && body["toolConfig"].is_null() {
        return Some("calls or results without `toolConfig`");
    }
    let ids = |message: &Value, kind: &str| {
        let list = blocks(message).into_iter();
        let mut found: Vec<String> = list
            .filter_map(|block| block[kind]["toolUseId"].as_str().map(str::to_owned))
            .collect();
        found.sort();
        found
    };
    for (index, message) in messages.iter().enumerate() {
        let calls = ids(message, "toolUse");
        let next = messages.get(index + 1).map(|next| ids(next, "toolResult"));
        if next.is_some_and(|results| results != calls) {
            return Some("results are not of the calls before them");
        }
        let documents = blocks(message)
            .iter()
            .any(|block| !block["document"].is_null());
        let texts = blocks(message).iter().any(|block| !block["text"].is_null());
        if documents && !texts {
            return Some("a document without a text");
        }
    }
    None
}

/// Requests whose calls and results do not match in the recording either.
const UNMATCHED: [&str; 1] = ["anthropic/messages_stream_claude-3-opus-20240229_7e75bbe6.json"];

fn requests(wire: Wire, wanted: impl Fn(&str, &str) -> bool) {
    let mut problems = Vec::new();
    let mut total = 0;
    for (file, case) in cases(wanted) {
        let body = match &case["request"]["body"] {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            body => body.to_string(),
        };
        if case["response"]["status"] != 200 || UNMATCHED.contains(&file.as_str()) {
            continue;
        }
        let made = Made::default();
        let Ok(request) = wire.read_request(body.as_bytes(), &Asked::nothing(&made)) else {
            continue;
        };
        for model in MODELS {
            let options = WriteOptions {
                model,
                unsupported: UnsupportedParams::Drop,
                default_max_tokens: 100,
                from: wire,
                kind: weir::provider::kind("bedrock").expect("a row"),
            };
            // What cannot be said is told by a 400.
            let Ok(written) = Wire::Bedrock.write_request(&request, &options) else {
                continue;
            };
            total += 1;
            let why = match serde_json::from_slice::<Value>(&written.body) {
                Ok(body) => refusal(&body),
                Err(_) => Some("it is not JSON"),
            };
            if let Some(why) = why {
                problems.push(format!("{file} for {model}: {why}"));
            }
        }
    }
    println!("recorded requests: {total} cases");
    assert!(
        problems.is_empty(),
        "{} of {total} requests:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

#[test]
fn openai_requests() {
    requests(Wire::OpenAi, |provider, op| {
        op == "chat" && provider != "cohere"
    });
}

#[test]
fn anthropic_requests() {
    requests(Wire::Anthropic, |provider, op| {
        op == "messages" && provider == "anthropic"
    });
}
