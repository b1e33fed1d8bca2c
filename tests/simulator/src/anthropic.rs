//! Anthropic's wire.

use crate::openai::{calls, last_user};
use crate::options::{Claim, Options};
use crate::script::{Script, event};
use serde_json::{Value, json};

const ID: &str = "msg_SIM000000000000000000001";

/// An error body.
pub fn error(kind: &str, message: &str) -> Value {
    json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_sim"})
}

fn status_error(status: u16) -> Value {
    let kind = match status {
        400 => "invalid_request_error",
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        _ => "api_error",
    };
    error(kind, &format!("simulated error {status}"))
}

fn usage(claim: &Claim, output: u64) -> Value {
    json!({
        "input_tokens": claim.input.saturating_sub(claim.cached + claim.cache_write),
        "cache_creation_input_tokens": claim.cache_write, "cache_read_input_tokens": claim.cached,
        "cache_creation": {"ephemeral_5m_input_tokens": claim.cache_write, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output, "service_tier": "standard",
    })
}

/// Answers a Messages request.
pub fn messages(body: &Value, model: &str) -> Script {
    let options = Options::of(model);
    let streamed = body["stream"] == true;
    if let Some(problem) = invalid(body) {
        let body = error("invalid_request_error", &problem)
            .to_string()
            .into_bytes();
        return Script::whole(400, "application/json", body);
    }
    if let Some(status) = options.number("status") {
        let status = u16::try_from(status).unwrap_or(500);
        let mut script = Script::whole(
            status,
            "application/json",
            status_error(status).to_string().into_bytes(),
        );
        if let Some(seconds) = options.text("retry_after") {
            script.headers.push(("retry-after", seconds.to_owned()));
        }
        return script.with_faults(&options, streamed);
    }
    if options.has("error200") {
        let body = status_error(529).to_string().into_bytes();
        return Script::whole(200, "application/json", body).with_faults(&options, streamed);
    }
    let pieces = options.pieces(&last_user(body));
    let tools = calls(body, options.number("tools").unwrap_or(0));
    let claim = Claim::of(&options, pieces.len());
    let mut script = if streamed {
        stream(model, &options, &pieces, &tools, &claim)
    } else {
        unary(model, &options, &pieces, &tools, &claim)
    };
    script.headers.push(("request-id", "req_sim".to_owned()));
    script
        .headers
        .push(("anthropic-ratelimit-requests-remaining", "59".to_owned()));
    script.claim = Some(claim);
    script.with_faults(&options, streamed)
}

/// What the real one refuses.
fn invalid(body: &Value) -> Option<String> {
    if !body["max_tokens"].is_u64() {
        return Some("max_tokens: Field required".to_owned());
    }
    let messages = body["messages"].as_array()?;
    if messages.is_empty() {
        return Some("messages: at least one message is required".to_owned());
    }
    for pair in messages.windows(2) {
        let results = |message: &Value| {
            message["content"]
                .as_array()
                .is_some_and(|blocks| blocks.iter().any(|block| block["type"] == "tool_result"))
        };
        let uses = pair[0]["content"]
            .as_array()
            .is_some_and(|blocks| blocks.iter().any(|block| block["type"] == "tool_use"));
        if uses && !results(&pair[1]) {
            return Some(
                "`tool_use` ids were found without `tool_result` blocks immediately after"
                    .to_owned(),
            );
        }
    }
    let empty = messages.iter().any(|message| {
        message["content"] == ""
            || message["content"].as_array().is_some_and(|blocks| {
                blocks
                    .iter()
                    .any(|block| block["type"] == "text" && block["text"] == "")
            })
    });
    empty.then(|| "messages: text content blocks must be non-empty".to_owned())
}

fn stop(options: &Options, tools: &[(String, String, Value)]) -> &'static str {
    match (
        tools.is_empty(),
        options.has("length"),
        options.has("refusal"),
    ) {
        (false, _, _) => "tool_use",
        (_, true, _) => "max_tokens",
        (_, _, true) => "refusal",
        _ => "end_turn",
    }
}

fn unary(
    model: &str,
    options: &Options,
    pieces: &[String],
    tools: &[(String, String, Value)],
    claim: &Claim,
) -> Script {
    let mut content = Vec::new();
    if options.has("thinking") {
        content.push(
            json!({"type": "thinking", "thinking": "Let me think.", "signature": "c2lnbmF0dXJl"}),
        );
    }
    if tools.is_empty() {
        content.push(json!({"type": "text", "text": pieces.concat()}));
    }
    for (id, name, input) in tools {
        content.push(json!({"type": "tool_use", "id": id.replace("call_", "toolu_"), "name": name, "input": input}));
    }
    let body = json!({"id": ID, "type": "message", "role": "assistant", "model": model, "content": content,
        "stop_reason": stop(options, tools), "stop_sequence": null, "usage": usage(claim, claim.output)});
    Script::whole(200, "application/json", body.to_string().into_bytes())
}

fn stream(
    model: &str,
    options: &Options,
    pieces: &[String],
    tools: &[(String, String, Value)],
    claim: &Claim,
) -> Script {
    let mut events: Vec<Vec<u8>> = Vec::new();
    let named = |data: Value| event(data["type"].as_str(), &data.to_string(), options);
    let failure = || {
        let data = status_error(529);
        event(Some("error"), &data.to_string(), options)
    };
    if options.has("error_first") {
        return Script::stream(vec![failure()], options);
    }
    events.push(named(json!({"type": "message_start", "message": {"id": ID, "type": "message", "role": "assistant",
        "model": model, "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage(claim, 1)}})));
    events.push(named(json!({"type": "ping"})));
    let mut index = 0;
    let mut block = |events: &mut Vec<Vec<u8>>, start: Value, deltas: Vec<Value>| {
        events.push(named(
            json!({"type": "content_block_start", "index": index, "content_block": start}),
        ));
        for delta in deltas {
            events.push(named(
                json!({"type": "content_block_delta", "index": index, "delta": delta}),
            ));
        }
        events.push(named(json!({"type": "content_block_stop", "index": index})));
        index += 1;
    };
    if options.has("thinking") {
        let deltas = vec![
            json!({"type": "thinking_delta", "thinking": "Let me "}),
            json!({"type": "thinking_delta", "thinking": "think."}),
            json!({"type": "signature_delta", "signature": "c2lnbmF0dXJl"}),
        ];
        block(
            &mut events,
            json!({"type": "thinking", "thinking": "", "signature": ""}),
            deltas,
        );
    }
    if tools.is_empty() {
        let mid = options
            .number("error_mid")
            .and_then(|count| usize::try_from(count).ok());
        let shown = mid.unwrap_or(pieces.len()).min(pieces.len());
        let deltas = pieces[..shown]
            .iter()
            .map(|piece| json!({"type": "text_delta", "text": piece}))
            .collect();
        block(&mut events, json!({"type": "text", "text": ""}), deltas);
        if mid.is_some() {
            events.pop();
            events.push(failure());
            return Script::stream(events, options);
        }
    }
    for (id, name, input) in tools {
        let text = input.to_string();
        let mut deltas = vec![json!({"type": "input_json_delta", "partial_json": ""})];
        for piece in text.as_bytes().chunks(5) {
            deltas.push(
                json!({"type": "input_json_delta", "partial_json": String::from_utf8_lossy(piece)}),
            );
        }
        let start = json!({"type": "tool_use", "id": id.replace("call_", "toolu_"), "name": name, "input": {}});
        block(&mut events, start, deltas);
    }
    events.push(named(json!({"type": "message_delta", "delta": {"stop_reason": stop(options, tools), "stop_sequence": null},
        "usage": usage(claim, claim.output)})));
    events.push(named(json!({"type": "message_stop"})));
    Script::stream(events, options)
}
