//! Requests whose lists are as long as a client can make them: none may take more than a moment, because it would hold
//! an Envoy worker with everything else that it serves.

use std::time::{Duration, Instant};
use weir::dialect::{Asked, Edits, Made, UnsupportedParams, Wire, WriteOptions};

/// Far more than these take, even unoptimised on a busy machine, and far less than a list looked through once an item.
const MOST: Duration = Duration::from_secs(20);

fn list(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(",")
}

fn chat(rest: &str) -> String {
    format!(r#"{{"model":"m","messages":[{{"role":"user","content":"x"}}],{rest}}}"#)
}

/// Reads and writes a request; what it comes to.
fn translated(from: Wire, provider: &str, model: &str, body: &str) -> Result<usize, String> {
    let kind = weir::provider::kind(provider).expect("a kind");
    let made = Made::default();
    let asked = Asked {
        model,
        stream: false,
        made: &made,
    };
    let begun = Instant::now();
    let request = from.read_request(body.as_bytes(), &asked);
    let request = request.map_err(|error| error.message)?;
    let options = WriteOptions {
        model,
        unsupported: UnsupportedParams::Drop,
        default_max_tokens: 4096,
        from,
        kind,
    };
    let written = kind.wire.write_request(&request, &options);
    let took = begun.elapsed();
    assert!(took < MOST, "{provider}: {took:?}");
    written
        .map(|written| written.body.len())
        .map_err(|error| error.message)
}

fn tool(schema: &str) -> String {
    chat(&format!(
        r#""tools":[{{"type":"function","function":{{"name":"a","parameters":{schema}}}}}]"#
    ))
}

const CLAUDE: &str = "anthropic.claude-3-5-sonnet";

#[test]
fn results_of_one_turn() {
    let count = 15_000;
    let calls = list(count, |n| {
        format!(r#"{{"id":"c{n}","type":"function","function":{{"name":"a","arguments":"{{}}"}}}}"#)
    });
    let results = list(count, |n| {
        format!(r#"{{"role":"tool","tool_call_id":"c{n}","content":"r"}}"#)
    });
    let body = format!(
        r#"{{"model":"m","tools":[{{"type":"function","function":{{"name":"a"}}}}],"messages":[{{"role":"user","content":"x"}},{{"role":"assistant","tool_calls":[{calls}]}},{results}]}}"#
    );
    translated(Wire::OpenAi, "bedrock", CLAUDE, &body).expect("written");
    translated(Wire::OpenAi, "gemini", "gemini-2.5-pro", &body).expect("written");
    translated(Wire::OpenAi, "anthropic", "claude-sonnet-4", &body).expect("written");
}

#[test]
fn documents_of_one_name() {
    let file = r#"{"type":"file","file":{"file_data":"data:application/pdf;base64,AA==","filename":"a.pdf"}}"#;
    let files = list(10_000, |_| file.to_owned());
    let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":[{files}]}}]}}"#);
    translated(Wire::OpenAi, "bedrock", CLAUDE, &body).expect("written");
}

#[test]
fn fields_of_the_model() {
    let fields = list(80_000, |n| format!(r#""f{n}":1"#));
    let body = chat(&format!(r#""additionalModelRequestFields":{{{fields}}}"#));
    translated(Wire::OpenAi, "bedrock", CLAUDE, &body).expect("written");
}

#[test]
fn tools_that_are_allowed() {
    let tools = list(30_000, |n| {
        format!(r#"{{"type":"function","function":{{"name":"t{n}"}}}}"#)
    });
    let body = chat(&format!(
        r#""tools":[{tools}],"tool_choice":{{"type":"allowed_tools","allowed_tools":{{"mode":"auto","tools":[{tools}]}}}}"#
    ));
    translated(Wire::OpenAi, "bedrock", CLAUDE, &body).expect("written");
    translated(Wire::OpenAi, "anthropic", "claude-sonnet-4", &body).expect("written");
}

#[test]
fn keys_of_a_schema() {
    let count = 60_000;
    let keys = list(count, |n| format!(r#""k{n}":{{"type":"string"}}"#));
    let branches = tool(&format!(r#"{{"anyOf":[],"properties":{{{keys}}}}}"#));
    translated(Wire::OpenAi, "anthropic", "claude-sonnet-4", &branches).expect("written");
    let properties = tool(&format!(r#"{{"type":"object","properties":{{{keys}}}}}"#));
    let _ = translated(Wire::OpenAi, "gemini", "gemini-1.5-pro", &properties);
    let reference = tool(&format!(
        r##"{{"$ref":"#/$defs/a","$defs":{{"a":{{}}}},{keys}}}"##
    ));
    let _ = translated(Wire::OpenAi, "bedrock", "amazon.nova-pro", &reference);
    let chain = list(count, |n| {
        format!(r##""a{n}":{{"$ref":"#/a{}"}}"##, n.saturating_add(1))
    });
    let chain = tool(&format!(
        r##"{{"properties":{{"x":{{"$ref":"#/a0"}}}},{chain}}}"##
    ));
    let _ = translated(Wire::OpenAi, "bedrock", "amazon.nova-pro", &chain);
    let required = list(count, |n| format!("\"k{n}\""));
    let closed = format!(
        r#"{{"contents":[{{"parts":[{{"text":"x"}}]}}],"generationConfig":{{"responseMimeType":"application/json","responseJsonSchema":{{"type":"object","additionalProperties":false,"properties":{{{keys}}},"required":[{required}]}}}}}}"#
    );
    translated(Wire::Gemini, "openai", "gpt-4o", &closed).expect("written");
}

#[test]
fn blocks_that_are_kept() {
    let blocks = list(40_000, |_| r#"{"type":"text","text":"a","x":1}"#.to_owned());
    let body = format!(
        r#"{{"model":"m","max_tokens":1,"messages":[{{"role":"user","content":[{blocks}]}}]}}"#
    );
    translated(Wire::Anthropic, "anthropic", "claude-sonnet-4", &body).expect("written");
}

#[test]
fn betas() {
    let names = list(300_000, |n| format!("\"b{:07}\"", 9_999_999 - n));
    let body =
        format!(r#"{{"model":"m","max_tokens":1,"messages":[],"anthropic_beta":[{names}]}}"#);
    let edits = Edits {
        model: None,
        include_usage: false,
        kind: weir::provider::kind("bedrock_anthropic").expect("a kind"),
        unsupported: UnsupportedParams::Drop,
        betas: None,
        count_tokens: false,
        stream: false,
    };
    let begun = Instant::now();
    Wire::Anthropic
        .edit(body.as_bytes(), &edits)
        .expect("edited");
    let took = begun.elapsed();
    assert!(took < MOST, "{took:?}");
}
