//! OpenAI's wire, and Azure's.

use crate::options::{Claim, Options};
use crate::script::{Script, event};
use serde_json::{Value, json};

const ID: &str = "chatcmpl-SIM0000000000000000000001";
const CREATED: u64 = 1_760_000_000;

/// An error answer.
pub fn error(status: u16, message: &str, kind: &str, code: Option<&str>) -> Script {
    let body = json!({"error": {"message": message, "type": kind, "param": null, "code": code}});
    Script::whole(status, "application/json", body.to_string().into_bytes())
}

/// The error that a status stands for.
pub fn status_error(status: u16) -> Value {
    let (kind, code) = match status {
        401 => ("invalid_request_error", Some("invalid_api_key")),
        404 => ("invalid_request_error", Some("model_not_found")),
        429 => ("requests", Some("rate_limit_exceeded")),
        400 => ("invalid_request_error", None),
        _ => ("server_error", None),
    };
    json!({"error": {"message": format!("simulated error {status}"), "type": kind, "param": null, "code": code}})
}

fn usage(claim: &Claim) -> Value {
    json!({
        "prompt_tokens": claim.input, "completion_tokens": claim.output, "total_tokens": claim.input + claim.output,
        "prompt_tokens_details": {"cached_tokens": claim.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": claim.reasoning, "audio_tokens": 0},
    })
}

/// Calls of the request's tools, in turn.
pub fn calls(body: &Value, count: u64) -> Vec<(String, String, Value)> {
    let tools = body["tools"].as_array().cloned().unwrap_or_default();
    let name = |index: u64| {
        let place = usize::try_from(index).unwrap_or(0) % tools.len().max(1);
        let tool = tools.get(place).cloned().unwrap_or_default();
        let name = tool["function"]["name"].as_str().or(tool["name"].as_str());
        name.unwrap_or("get_weather").to_owned()
    };
    (0..count)
        .map(|index| {
            (
                format!("call_sim{index}"),
                name(index),
                json!({"city": "Paris", "number": index}),
            )
        })
        .collect()
}

/// The text of the last user's message.
pub fn last_user(body: &Value) -> String {
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    let last = messages
        .iter()
        .rev()
        .find(|message| message["role"] == "user")
        .cloned()
        .unwrap_or_default();
    match &last["content"] {
        Value::String(text) => text.clone(),
        parts => {
            let texts = parts
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|part| part["text"].as_str());
            texts.collect::<Vec<_>>().join(" ")
        }
    }
}

/// Answers a chat completions request.
pub fn chat(body: &Value, model: &str, azure: bool) -> Script {
    let options = Options::of(model);
    let streamed = body["stream"] == true && !options.has("unstreamed");
    if let Some(script) = failed(&options, streamed) {
        return script;
    }
    if options.has("error200") {
        let body = status_error(503).to_string().into_bytes();
        return Script::whole(200, "application/json", body).with_faults(&options, streamed);
    }
    let pieces = options.pieces(&last_user(body));
    let tools = calls(body, options.number("tools").unwrap_or(0));
    let claim = Claim::of(&options, pieces.len());
    let mut script = if streamed {
        stream(body, model, azure, &options, &pieces, &tools, &claim)
    } else {
        unary(model, azure, &options, &pieces, &tools, &claim)
    };
    script.headers.push(("x-request-id", "req_sim".to_owned()));
    script
        .headers
        .push(("x-ratelimit-remaining-requests", "59".to_owned()));
    if !options.has("no_usage") {
        script.claim = Some(claim);
    }
    script.with_faults(&options, streamed)
}

fn finish(options: &Options, tools: &[(String, String, Value)]) -> &'static str {
    match (tools.is_empty(), options.has("length")) {
        (false, _) => "tool_calls",
        (_, true) => "length",
        _ => "stop",
    }
}

fn unary(
    model: &str,
    azure: bool,
    options: &Options,
    pieces: &[String],
    tools: &[(String, String, Value)],
    claim: &Claim,
) -> Script {
    let text = pieces.concat();
    let mut message =
        json!({"role": "assistant", "content": text, "refusal": null, "annotations": []});
    if !tools.is_empty() {
        let call = |(id, name, input): &(String, String, Value)| json!({"id": id, "type": "function", "function": {"name": name, "arguments": input.to_string()}});
        message["content"] = Value::Null;
        message["tool_calls"] = tools.iter().map(call).collect();
    }
    if options.has("thinking") {
        message["reasoning_content"] = json!("Let me think.");
    }
    if options.has("refusal") {
        message["content"] = Value::Null;
        message["refusal"] = json!("I cannot help with that.");
    }
    let mut body = json!({
        "id": ID, "object": "chat.completion", "created": CREATED, "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish(options, tools)}],
        "usage": usage(claim), "service_tier": "default", "system_fingerprint": "fp_sim",
    });
    if options.has("no_usage") {
        body.as_object_mut().map(|body| body.remove("usage"));
    }
    if azure {
        body["prompt_filter_results"] = json!([{"prompt_index": 0, "content_filter_results": {}}]);
    }
    Script::whole(200, "application/json", body.to_string().into_bytes())
}

fn stream(
    body: &Value,
    model: &str,
    azure: bool,
    options: &Options,
    pieces: &[String],
    tools: &[(String, String, Value)],
    claim: &Claim,
) -> Script {
    let counted = body["stream_options"]["include_usage"] == true && !options.has("no_usage");
    let chunk = |delta: Value, finish: Option<&str>| {
        let mut chunk = json!({
            "id": ID, "object": "chat.completion.chunk", "created": CREATED, "model": model,
            "service_tier": "default", "system_fingerprint": "fp_sim",
            "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}],
        });
        if counted {
            chunk["usage"] = Value::Null;
        }
        event(None, &chunk.to_string(), options)
    };
    let failure = || event(None, &status_error(503).to_string(), options);
    let mut events = Vec::new();
    if options.has("error_first") {
        return Script::stream(vec![failure()], options);
    }
    if azure {
        let first = json!({"choices": [], "created": 0, "id": "", "model": "", "object": "",
            "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]});
        events.push(event(None, &first.to_string(), options));
    }
    events.push(chunk(
        json!({"role": "assistant", "content": "", "refusal": null}),
        None,
    ));
    if options.has("thinking") {
        events.push(chunk(json!({"reasoning_content": "Let me "}), None));
        events.push(chunk(json!({"reasoning_content": "think."}), None));
    }
    for (index, (id, name, _)) in tools.iter().enumerate() {
        let head = json!({"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}});
        events.push(chunk(json!({"tool_calls": [head]}), None));
    }
    // Fragments of several calls interleave, as they may.
    let texts: Vec<String> = tools
        .iter()
        .map(|(_, _, input)| input.to_string())
        .collect();
    let longest = texts.iter().map(String::len).max().unwrap_or(0);
    for start in (0..longest).step_by(5) {
        for (index, text) in texts.iter().enumerate() {
            let fragment: String = text.chars().skip(start).take(5).collect();
            if !fragment.is_empty() {
                let piece = json!({"index": index, "function": {"arguments": fragment}});
                events.push(chunk(json!({"tool_calls": [piece]}), None));
            }
        }
    }
    if tools.is_empty() {
        for (index, piece) in pieces.iter().enumerate() {
            if options.number("error_mid") == Some(u64::try_from(index).unwrap_or(u64::MAX)) {
                events.push(failure());
                return Script::stream(events, options);
            }
            events.push(chunk(json!({"content": piece}), None));
        }
    }
    events.push(chunk(json!({}), Some(finish(options, tools))));
    if counted {
        let last = json!({"id": ID, "object": "chat.completion.chunk", "created": CREATED, "model": model,
            "service_tier": "default", "system_fingerprint": "fp_sim", "choices": [], "usage": usage(claim)});
        events.push(event(None, &last.to_string(), options));
    }
    if !options.has("no_done") {
        events.push(event(None, "[DONE]", options));
    }
    Script::stream(events, options)
}

/// Answers a legacy completions request.
pub fn completions(body: &Value, model: &str) -> Script {
    let options = Options::of(model);
    let pieces = options.pieces(body["prompt"].as_str().unwrap_or_default());
    let claim = Claim::of(&options, pieces.len());
    let choice = |text: &str, finish: Value| json!({"index": 0, "text": text, "logprobs": null, "finish_reason": finish});
    let answer = |choices: Value| json!({"id": "cmpl-SIM1", "object": "text_completion", "created": CREATED, "model": model, "choices": choices});
    let streamed = body["stream"] == true;
    if let Some(script) = failed(&options, streamed) {
        return script;
    }
    let mut script = if streamed {
        let mut events: Vec<Vec<u8>> = Vec::new();
        for piece in &pieces {
            events.push(event(
                None,
                &answer(json!([choice(piece, Value::Null)])).to_string(),
                &options,
            ));
        }
        events.push(event(
            None,
            &answer(json!([choice("", json!("stop"))])).to_string(),
            &options,
        ));
        if body["stream_options"]["include_usage"] == true {
            let mut last = answer(json!([]));
            last["usage"] = usage(&claim);
            events.push(event(None, &last.to_string(), &options));
        }
        events.push(event(None, "[DONE]", &options));
        Script::stream(events, &options)
    } else {
        let mut body = answer(json!([choice(&pieces.concat(), json!("stop"))]));
        body["usage"] = usage(&claim);
        Script::whole(200, "application/json", body.to_string().into_bytes())
    };
    script.claim = Some(claim);
    script.with_faults(&options, streamed)
}

/// The error that a model's name asks for.
fn failed(options: &Options, streamed: bool) -> Option<Script> {
    let status = u16::try_from(options.number("status")?).unwrap_or(500);
    let body = status_error(status).to_string().into_bytes();
    let mut script = Script::whole(status, "application/json", body);
    script
        .headers
        .push(("x-ratelimit-limit-requests", "60".to_owned()));
    if let Some(seconds) = options.text("retry_after") {
        script.headers.push(("retry-after", seconds.to_owned()));
    }
    Some(script.with_faults(options, streamed))
}

/// Answers an embeddings request.
pub fn embeddings(model: &str) -> Script {
    let options = Options::of(model);
    let claim = Claim {
        output: 0,
        ..Claim::of(&options, 0)
    };
    let body = json!({"object": "list", "model": model,
        "data": [{"object": "embedding", "index": 0, "embedding": [0.25, -0.5, 0.125]}],
        "usage": {"prompt_tokens": claim.input, "total_tokens": claim.input}});
    let mut script = Script::whole(200, "application/json", body.to_string().into_bytes());
    script.claim = Some(claim);
    script.with_faults(&options, false)
}
