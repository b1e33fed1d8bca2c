//! Recorded requests of OpenAI's wire, where they are at hand (`WEIR_CORPUS`, default `../shared/corpus`): what a
//! provider accepted passes to it unchanged, and comes out of the neutral language the same but for what is listed. And
//! for every compatible host: what it is sent has nothing in it that its rules say it refuses.
#![cfg(not(target_arch = "wasm32"))]

use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use weir::dialect::{Asked, Edits, Made, UnsupportedParams, Wire, WriteOptions};
use weir::provider::{Action, ProviderKind, kind, kinds};

fn corpus() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = std::env::var_os("WEIR_CORPUS").map_or(default, PathBuf::from);
    let found = folder.join("INDEX.tsv").is_file();
    if !found {
        println!("no corpus at {}: set WEIR_CORPUS", folder.display());
    }
    found.then_some(folder)
}

/// A mock's, whose tool calls have no ids.
const NOT_REAL: [&str; 1] = ["writer/chat_stream_palmyra-x4_7aa13f27.json"];

/// The kind of a recording's provider.
fn kind_of(provider: &str) -> &'static ProviderKind {
    let name = match provider {
        "azure_openai" => "azure_openai",
        "moonshot" => "moonshot",
        "together" => "together_ai",
        "vercel_gateway" => "vercel_ai_gateway",
        "snowflake_cortex" => "snowflake",
        "gemini" => "gemini_openai",
        "local_openai_compat" | "vllm_or_local" => "openai_compatible",
        other => other,
    };
    kind(name).unwrap_or_else(|| panic!("no kind for {provider}"))
}

/// Requests that a provider accepted: file, provider, body.
fn accepted() -> Vec<(String, &'static ProviderKind, Value)> {
    let Some(folder) = corpus() else {
        return Vec::new();
    };
    let index = std::fs::read_to_string(folder.join("INDEX.tsv")).expect("the index");
    let mut found = Vec::new();
    for row in index.lines().skip(1) {
        let row: Vec<&str> = row.split('\t').collect();
        let (file, provider) = (row[0], row[1]);
        let chat = matches!(row[2], "chat" | "chat_openai_compat") && provider != "cohere";
        if !chat || row[4] != "200" || NOT_REAL.contains(&file) {
            continue;
        }
        let text = std::fs::read_to_string(folder.join(file)).expect("a case");
        let case: Value = serde_json::from_str(&text).expect("JSON");
        let body = match &case["request"]["body"] {
            Value::String(text) => serde_json::from_str(text).ok(),
            body => Some(body.clone()),
        };
        let Some(body) = body.filter(Value::is_object) else {
            continue;
        };
        let provider = if provider == "bedrock" {
            "bedrock_mantle"
        } else {
            provider
        };
        found.push((file.to_owned(), kind_of(provider), body));
    }
    found
}

fn edits(kind: &'static ProviderKind) -> Edits<'static> {
    Edits {
        model: None,
        include_usage: false,
        kind,
        unsupported: UnsupportedParams::Reject,
        betas: None,
        count_tokens: false,
        stream: false,
    }
}

fn report(problems: &[String], total: usize) {
    println!("{total} requests");
    let shown = problems.join("\n");
    assert!(
        problems.is_empty(),
        "{} of {total}:\n{shown}",
        problems.len()
    );
}

#[test]
fn what_was_accepted_passes_unchanged() {
    let mut problems = Vec::new();
    let cases = accepted();
    for (file, kind, body) in &cases {
        let body = body.to_string();
        let edits = edits(kind);
        if Wire::OpenAi.must_rewrite(body.as_bytes(), &edits) {
            problems.push(format!("{file}: must be rewritten for {}", kind.name));
        }
        match Wire::OpenAi.edit(body.as_bytes(), &edits) {
            Ok(None) => {}
            Ok(Some(written)) => {
                let text = String::from_utf8_lossy(&written.body).into_owned();
                problems.push(format!("{file}: {}: {text:.300}", kind.name));
            }
            Err(error) => problems.push(format!("{file}: {}: {error}", kind.name)),
        }
    }
    report(&problems, cases.len());
}

/// What may differ after the neutral language, each for a reason.
fn plain(body: &Value) -> Value {
    let mut body = body.clone();
    let top = body.as_object_mut().expect("an object");
    // Absent means the same.
    no_nulls(top);
    no_empty_list(top, "tools");
    if top.get("stream") == Some(&json!(false)) {
        top.remove("stream");
    }
    // The gateway asks for usage, and takes it out of the answer.
    if top.get("stream") == Some(&json!(true)) {
        let options = top.entry("stream_options").or_insert(json!({}));
        options["include_usage"] = json!(true);
    }
    // A string is a list of one.
    if let Some(Value::String(stop)) = top.get("stop") {
        top.insert("stop".to_owned(), json!([stop]));
    }
    for tool in list(top, "tools") {
        function_type(tool);
        no_nulls(tool);
        if let Some(function) = tool.get_mut("function").and_then(Value::as_object_mut) {
            no_nulls(function);
        }
    }
    if let Some(Value::Object(choice)) = top.get_mut("tool_choice") {
        function_type(choice);
    }
    for message in list(top, "messages") {
        no_nulls(message);
        no_empty_list(message, "tool_calls");
        if let Some(Value::Array(parts)) = message.get("content")
            && let [part] = &parts[..]
            && part["type"] == "text"
            && part.as_object().is_some_and(|part| part.len() == 2)
        {
            let text = part["text"].clone();
            message.insert("content".to_owned(), text);
        }
        for call in list(message, "tool_calls") {
            function_type(call);
            // Its place says it.
            call.remove("index");
        }
    }
    body
}

fn no_nulls(object: &mut Map<String, Value>) {
    object.retain(|_, value| !value.is_null());
}

fn no_empty_list(object: &mut Map<String, Value>, key: &str) {
    if object.get(key) == Some(&json!([])) {
        object.remove(key);
    }
}

/// The only type that there was, which some clients leave out.
fn function_type(object: &mut Map<String, Value>) {
    object.entry("type").or_insert(json!("function"));
}

fn list<'m>(object: &'m mut Map<String, Value>, key: &str) -> Vec<&'m mut Map<String, Value>> {
    let items = object.get_mut(key).and_then(Value::as_array_mut);
    let items = items.map(|items| items.iter_mut()).unwrap_or_default();
    items.filter_map(Value::as_object_mut).collect()
}

#[test]
fn what_was_accepted_survives_the_neutral_language() {
    let mut problems = Vec::new();
    let cases = accepted();
    for (file, kind, body) in &cases {
        let source = body.to_string();
        let made = Made::default();
        let read = Wire::OpenAi.read_request(source.as_bytes(), &Asked::nothing(&made));
        let request = match read {
            Ok(request) => request,
            Err(error) => {
                problems.push(format!("{file}: {error}"));
                continue;
            }
        };
        let model = body["model"].as_str().unwrap_or_default();
        let options = WriteOptions {
            model,
            unsupported: UnsupportedParams::Reject,
            default_max_tokens: 100,
            from: Wire::OpenAi,
            kind,
        };
        let written = match Wire::OpenAi.write_request(&request, &options) {
            Ok(written) => written,
            Err(error) => {
                problems.push(format!("{file}: {}: {error}", kind.name));
                continue;
            }
        };
        let got: Value = serde_json::from_slice(&written.body).expect("JSON");
        let (want, got) = (plain(body), plain(&got));
        if want != got {
            let differ = |value: &Value, other: &Value| {
                let mut out = Vec::new();
                diff("", value, other, &mut out);
                out.join("; ")
            };
            problems.push(format!("{file}: {}: {}", kind.name, differ(&want, &got)));
        }
    }
    report(&problems, cases.len());
}

fn diff(path: &str, want: &Value, got: &Value, out: &mut Vec<String>) {
    match (want, got) {
        (Value::Object(want), Value::Object(got)) => {
            for key in want
                .keys()
                .chain(got.keys().filter(|key| !want.contains_key(*key)))
            {
                let none = Value::Null;
                let (a, b) = (
                    want.get(key).unwrap_or(&none),
                    got.get(key).unwrap_or(&none),
                );
                if a != b {
                    diff(&format!("{path}.{key}"), a, b, out);
                }
            }
        }
        (Value::Array(want), Value::Array(got)) if want.len() == got.len() => {
            for (index, (a, b)) in want.iter().zip(got).enumerate() {
                if a != b {
                    diff(&format!("{path}[{index}]"), a, b, out);
                }
            }
        }
        _ => out.push(format!("{path}: {want:.80} became {got:.80}")),
    }
}

/// The golden requests of OpenAI's clients.
fn requests() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let folders = |path: &Path| -> Vec<std::path::PathBuf> {
        let found = std::fs::read_dir(path).expect("a folder").flatten();
        found.map(|entry| entry.path()).collect()
    };
    let pairs = folders(&root).into_iter().filter(|path| {
        let name = path.file_name().expect("a name").to_string_lossy();
        name.starts_with("openai_to_")
    });
    pairs
        .flat_map(|pair| folders(&pair))
        .map(|case| std::fs::read(case.join("request.json")).expect("a request"))
        .collect()
}

#[test]
fn every_compatible_host_gets_json_and_nothing_it_refuses() {
    let requests = requests();
    assert!(requests.len() > 20);
    for kind in kinds().filter(|kind| kind.wire == Wire::OpenAi) {
        let edits = Edits {
            model: Some("m"),
            include_usage: false,
            kind,
            unsupported: UnsupportedParams::Drop,
            betas: None,
            count_tokens: false,
            stream: false,
        };
        for request in &requests {
            let body = if Wire::OpenAi.must_rewrite(request, &edits) {
                let options = WriteOptions {
                    model: "m",
                    unsupported: UnsupportedParams::Drop,
                    default_max_tokens: 1,
                    from: Wire::OpenAi,
                    kind,
                };
                let made = Made::new();
                let read = Wire::OpenAi.read_request(request, &Asked::nothing(&made));
                let read = read.expect("a request");
                let written = Wire::OpenAi.write_request(&read, &options);
                written.expect("said").body
            } else {
                let edited = Wire::OpenAi.edit(request, &edits).expect("edited");
                edited.expect("another model").body
            };
            let name = kind.name;
            let sent: Value = serde_json::from_slice(&body).expect(name);
            assert_eq!(sent["model"], "m", "{name}");
            for rule in kind.quirks.fields {
                if matches!(
                    rule.action,
                    Action::Refuse | Action::LeaveOut | Action::Rename(_)
                ) {
                    assert!(sent[rule.field].is_null(), "{name}: {}", rule.field);
                }
            }
            // What was written once needs nothing more.
            assert!(
                !Wire::OpenAi.must_rewrite(&body, &edits),
                "{name}: {sent:#}"
            );
        }
    }
}
