//! Input nested a million deep, wherever it can stand, on half the stack that the module has in Envoy: where the depth of
//! a call followed the depth of the input, the test would not come back.
#![cfg(not(target_arch = "wasm32"))]

use weir::dialect::{AnswerContext, Asked, Edits, Made, UnsupportedParams, Wire, WriteOptions};
use weir::exchange::stream::{Route, Stream};
use weir::framing::{Decoder, Framing};
use weir::json::{self, schema};
use weir::meter::Tally;
use weir::provider::kinds;

const MILLION: usize = 1_000_000;

/// The linker gives the module 1 MiB.
const STACK_BYTES: usize = 512 * 1024;

/// Runs on a stack of its own.
fn shallow(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(run);
    thread.expect("a thread").join().expect("it came back");
}

/// Values nested too deep, and one as deep as most places still take.
fn nested() -> Vec<String> {
    let closed = |open: &str, inside: &str, close: &str, count: usize| {
        format!("{}{inside}{}", open.repeat(count), close.repeat(count))
    };
    vec![
        closed("[", "", "]", MILLION),
        "{\"a\":".repeat(MILLION),
        closed("[", "", "]", 110),
        closed("{\"type\":\"object\",\"properties\":{\"a\":", "1", "}}", 55),
        closed("{\"anyOf\":[", "{\"type\":\"string\"}", "]}", 55),
    ]
}

/// Requests of each wire, with the places where such a value can stand.
const REQUESTS: [(Wire, &str); 20] = [
    (Wire::OpenAi, "@"),
    (Wire::OpenAi, r#"{"model":"m","messages":@}"#),
    (
        Wire::OpenAi,
        r#"{"model":"m","messages":[{"role":"user","content":@}]}"#,
    ),
    (
        Wire::OpenAi,
        r#"{"model":"m","messages":[{"role":"user","content":"x","name":@}],"x":@,"metadata":@}"#,
    ),
    (
        Wire::OpenAi,
        r#"{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":@}}]}"#,
    ),
    (
        Wire::OpenAi,
        r#"{"model":"m","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":@}}}"#,
    ),
    (
        Wire::OpenAi,
        r#"{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"@"}}]},{"role":"tool","tool_call_id":"c","content":"@"}],"tools":[{"type":"function","function":{"name":"f"}}]}"#,
    ),
    (Wire::Completions, r#"{"model":"m","prompt":@}"#),
    (Wire::Anthropic, "@"),
    (
        Wire::Anthropic,
        r#"{"model":"m","max_tokens":1,"messages":@}"#,
    ),
    (
        Wire::Anthropic,
        r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":@}],"system":@}"#,
    ),
    (
        Wire::Anthropic,
        r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}],"tools":[{"name":"f","input_schema":@}]}"#,
    ),
    (
        Wire::Anthropic,
        r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{"a":@}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":@}]}],"tools":[{"name":"f","input_schema":{}}]}"#,
    ),
    (
        Wire::Anthropic,
        r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}],"thinking":@,"x":@}"#,
    ),
    (Wire::Gemini, "@"),
    (Wire::Gemini, r#"{"contents":@}"#),
    (
        Wire::Gemini,
        r#"{"contents":[{"role":"user","parts":[{"text":@}]}],"generationConfig":@}"#,
    ),
    (
        Wire::Gemini,
        r#"{"contents":[{"role":"user","parts":[{"text":"x"}]}],"tools":[{"functionDeclarations":[{"name":"f","parameters":@},{"name":"g","parametersJsonSchema":@}]}]}"#,
    ),
    (
        Wire::Gemini,
        r#"{"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":@}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"r":@}}}]}]}"#,
    ),
    (
        Wire::Gemini,
        r#"{"contents":[{"role":"user","parts":[{"text":"x"}]}],"generationConfig":{"responseMimeType":"application/json","responseSchema":@}}"#,
    ),
];

/// Whom an answer is for: one where it is as long as those that are too deep.
fn clients(value: &str) -> &'static [Wire] {
    let all = &[
        Wire::Anthropic,
        Wire::OpenAi,
        Wire::Completions,
        Wire::Gemini,
    ];
    if value.len() > MILLION {
        &all[..1]
    } else {
        all
    }
}

/// Answers of each wire.
const ANSWERS: [(Wire, &str); 12] = [
    (Wire::OpenAi, "@"),
    (
        Wire::OpenAi,
        r#"{"choices":[{"index":0,"message":{"role":"assistant","content":@},"logprobs":@}],"usage":@}"#,
    ),
    (
        Wire::OpenAi,
        r#"{"choices":[{"index":0,"message":{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"@"}}]}}],"x":@}"#,
    ),
    (Wire::OpenAi, r#"{"error":@}"#),
    (
        Wire::Anthropic,
        r#"{"type":"message","content":@,"usage":@}"#,
    ),
    (
        Wire::Anthropic,
        r#"{"type":"message","content":[{"type":"tool_use","id":"c","name":"f","input":@},{"type":"x","x":@}]}"#,
    ),
    (Wire::Anthropic, r#"{"type":"error","error":@}"#),
    (
        Wire::Gemini,
        r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":@}}]},"groundingMetadata":@}],"usageMetadata":@}"#,
    ),
    (Wire::Gemini, r#"{"candidates":@,"error":@}"#),
    (
        Wire::Bedrock,
        r#"{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"t","name":"f","input":@}}]}},"usage":@}"#,
    ),
    (
        Wire::Bedrock,
        r#"{"output":@,"additionalModelResponseFields":@}"#,
    ),
    (
        Wire::Completions,
        r#"{"choices":[{"text":@,"logprobs":@}]}"#,
    ),
];

/// A template with a value in each of its places; inside a string the value's quotes are escaped.
fn filled(template: &str, value: &str) -> String {
    let escaped = value.replace('"', "\\\"");
    let in_string = format!("\"{escaped}\"");
    template.replace("\"@\"", &in_string).replace('@', value)
}

#[test]
fn requests() {
    shallow(|| {
        for value in nested() {
            for (wire, template) in REQUESTS {
                let body = filled(template, &value);
                read_and_write(wire, body.as_bytes());
            }
        }
    });
}

/// Reads a request, and writes and edits it for a provider of every kind there is.
fn read_and_write(wire: Wire, body: &[u8]) {
    let made = Made::default();
    let asked = Asked {
        model: "m",
        stream: false,
        made: &made,
    };
    let request = wire.read_request(body, &asked);
    // One of each wire and manner is enough: hosts of one wire differ in rules, not in walks.
    let names = [
        "openai",
        "mistral",
        "anthropic",
        "gemini",
        "bedrock",
        "bedrock_anthropic",
        "cerebras",
    ];
    for kind in kinds().filter(|kind| names.contains(&kind.name)) {
        let unsupported = UnsupportedParams::Drop;
        for model in [
            "gpt-4o",
            "gemini-1.5-pro",
            "claude-sonnet-4-6",
            "amazon.nova-pro",
        ] {
            let options = WriteOptions {
                model,
                unsupported,
                default_max_tokens: 9,
                from: wire,
                kind,
            };
            if let Ok(request) = &request {
                let _ = kind.wire.write_request(request, &options);
            }
        }
        let edits = Edits {
            model: Some("m"),
            include_usage: true,
            kind,
            unsupported,
            betas: None,
            count_tokens: false,
            stream: true,
        };
        let twin = names.iter().find_map(|name| {
            let found = kinds().find(|kind| kind.name == *name)?;
            (found.wire == wire).then_some(found.name)
        });
        // What cannot be read is edited for one of them only: it is long.
        if kind.wire == wire
            && (request.is_ok() || twin == Some(kind.name))
            && !wire.must_rewrite(body, &edits)
        {
            let _ = wire.edit(body, &edits);
        }
    }
}

#[test]
fn answers() {
    shallow(|| {
        for value in nested() {
            for (wire, template) in ANSWERS {
                let body = filled(template, &value);
                for client in clients(&value) {
                    let mut writer = client.answer_writer(AnswerContext::default());
                    let mut out = Vec::new();
                    let read = wire
                        .read_answer(body.as_bytes(), &mut |event| writer.event(&event, &mut out));
                    if read.is_ok() {
                        writer.finish(&mut out);
                    }
                    let _ = client.is_error_body(body.as_bytes());
                }
                let _ = wire.scan_answer(body.as_bytes(), &mut |_| {});
                let error = wire.read_error(500, None, body.as_bytes());
                assert!(error.message.len() < 10_000_000);
            }
        }
    });
}

#[test]
fn streams() {
    shallow(|| {
        for value in nested() {
            for (wire, template) in ANSWERS {
                let body = filled(template, &value);
                for client in clients(&value) {
                    let mut route = Route::new(wire, *client);
                    route.max_event_bytes = 100 * MILLION;
                    let mut stream = Stream::new(route, AnswerContext::default());
                    let (mut tally, mut out) = (Tally::default(), Vec::new());
                    let event = format!("event: message\ndata: {body}\n\n");
                    stream.chunk(event.as_bytes(), &mut tally, 1, &mut out);
                    stream.end(&mut tally, 1, &mut out);
                }
            }
        }
    });
}

#[test]
fn framings() {
    shallow(|| {
        for value in nested() {
            let array = format!("[{value}]");
            for framing in [
                Framing::Sse,
                Framing::JsonArray,
                Framing::AwsEvents,
                Framing::AwsChunks,
            ] {
                let mut decoder = Decoder::new(framing, 100 * MILLION);
                let _ = decoder.feed(array.as_bytes(), &mut |_| {});
                let _ = decoder.finish(&mut |_| {});
            }
        }
    });
}

#[test]
fn schemas_and_scans() {
    shallow(|| {
        for value in nested() {
            let schema = format!(
                r##"{{"$defs":{{"a":{{"$ref":"#/$defs/a"}}}},"items":{{"$ref":"#/$defs/a"}},"x":{value}}}"##
            );
            let _ = schema::inline(&schema);
            let _ = schema::openapi(&schema);
            let _ = json::compact(&value);
            let _ = json::scan::top_level(schema.as_bytes(), ["items"]);
            let _ = json::scan::items(value.as_bytes(), |_| {});
        }
        for open in ["[", "{\"a\":", "[[[{\"a\":"] {
            let value = open.repeat(MILLION);
            let error = json::parse(value.as_bytes()).expect_err("too deep");
            assert_eq!(error.kind, json::ErrorKind::TooDeep);
        }
    });
}

/// A length-delimited protobuf field.
fn field(number: u8, inside: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = inside.len();
    while length > 127 {
        out.push(u8::try_from(length & 127).expect("seven bits") | 128);
        length >>= 7;
    }
    out.push(u8::try_from(length).expect("seven bits"));
    out.extend_from_slice(inside);
    out
}

#[test]
fn configurations() {
    shallow(|| {
        for value in nested() {
            let json = format!(r#"{{"stage":"edge","models":{value},"providers":{value}}}"#);
            assert!(weir::config::parse(json.as_bytes(), &|_| None).is_err());
        }
        // A Struct of lists of lists: each level is a Value (field 6) of a ListValue (field 1).
        let mut value = field(3, b"x");
        for _ in 0..2_000 {
            value = field(6, &field(1, &value));
        }
        let entry = [field(1, b"models"), field(2, &value)].concat();
        assert!(weir::config::parse(&field(1, &entry), &|_| None).is_err());
    });
}
