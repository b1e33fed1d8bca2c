//! AWS Bedrock's wire: Converse and ConverseStream.

use crate::aws;
use crate::openai::{calls, last_user};
use crate::options::{Claim, Options};
use crate::script::Script;
use serde_json::{Value, json};

/// An error, its class in a header.
pub fn error(status: u16, class: &str, message: &str) -> Script {
    let body = json!({ "message": message }).to_string().into_bytes();
    let mut script = Script::whole(status, "application/json", body);
    let class = format!("{class}:http://internal.amazon.com/coral/com.amazon.bedrock/");
    script.headers.push(("x-amzn-errortype", class));
    script
        .headers
        .push(("x-amzn-requestid", "req-sim".to_owned()));
    script
}

fn class(status: u16) -> &'static str {
    match status {
        400 => "ValidationException",
        403 => "AccessDeniedException",
        404 => "ResourceNotFoundException",
        408 => "ModelTimeoutException",
        424 => "ModelErrorException",
        429 => "ThrottlingException",
        503 => "ServiceUnavailableException",
        _ => "InternalServerException",
    }
}

/// Makes a stream's script one of AWS's framing.
pub fn framed(mut script: Script) -> Script {
    for (name, value) in &mut script.headers {
        if *name == "content-type" && value.starts_with("text/event-stream") {
            *value = "application/vnd.amazon.eventstream".to_owned();
        }
    }
    script
}

/// Answers a Converse request.
pub fn converse(body: &Value, model: &str, streamed: bool) -> Script {
    let options = Options::of(model);
    if let Some(problem) = invalid(body) {
        return error(400, "ValidationException", problem);
    }
    if let Some(status) = options.number("status") {
        let status = u16::try_from(status).unwrap_or(500);
        let message = format!("simulated error {status}");
        let mut script = error(status, class(status), &message);
        if let Some(seconds) = options.text("retry_after") {
            script.headers.push(("retry-after", seconds.to_owned()));
        }
        return script.with_faults(&options, streamed);
    }
    let pieces = options.pieces(&last_user(body));
    let specs = body["toolConfig"]["tools"].as_array().cloned();
    let specs = specs.unwrap_or_default().into_iter();
    let names: Vec<Value> = specs.map(|tool| tool["toolSpec"].clone()).collect();
    let tools = calls(
        &json!({ "tools": names }),
        options.number("tools").unwrap_or(0),
    );
    let claim = Claim::of(&options, pieces.len());
    let mut script = if streamed {
        stream(&options, &pieces, &tools, &claim)
    } else {
        unary(&options, &pieces, &tools, &claim)
    };
    script
        .headers
        .push(("x-amzn-requestid", "req-sim".to_owned()));
    script.claim = Some(claim);
    framed(script.with_faults(&options, streamed))
}

/// What the real one refuses.
fn invalid(body: &Value) -> Option<&'static str> {
    let messages = body["messages"].as_array()?;
    if messages
        .first()
        .is_none_or(|message| message["role"] != "user")
    {
        return Some(
            "A conversation must start with a user message. Try again with a conversation that starts with a user message.",
        );
    }
    if messages
        .windows(2)
        .any(|pair| pair[0]["role"] == pair[1]["role"])
    {
        return Some("A conversation must alternate between user and assistant roles.");
    }
    let blocks = || {
        messages
            .iter()
            .filter_map(|message| message["content"].as_array())
            .flatten()
    };
    let blank = |block: &Value| {
        let text = block["text"].as_str();
        text.is_some_and(|text| text.trim().is_empty())
    };
    if blocks().any(blank) {
        return Some("The text field in the ContentBlock object is blank.");
    }
    let tools =
        blocks().any(|block| block["toolUse"].is_object() || block["toolResult"].is_object());
    (tools && body["toolConfig"].is_null()).then_some(
        "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
    )
}

fn usage(claim: &Claim) -> Value {
    json!({
        "inputTokens": claim.input.saturating_sub(claim.cached + claim.cache_write),
        "outputTokens": claim.output, "totalTokens": claim.input + claim.output,
        "cacheReadInputTokens": claim.cached, "cacheWriteInputTokens": claim.cache_write,
    })
}

fn stop(options: &Options, tools: &[(String, String, Value)]) -> &'static str {
    match (
        tools.is_empty(),
        options.has("length"),
        options.has("refusal"),
    ) {
        (false, _, _) => "tool_use",
        (_, true, _) => "max_tokens",
        (_, _, true) => "guardrail_intervened",
        _ => "end_turn",
    }
}

fn id(id: &str) -> String {
    id.replace("call_", "tooluse_")
}

fn unary(
    options: &Options,
    pieces: &[String],
    tools: &[(String, String, Value)],
    claim: &Claim,
) -> Script {
    let mut content = Vec::new();
    if options.has("thinking") {
        content.push(json!({"reasoningContent": {"reasoningText": {"text": "Let me think.", "signature": "c2lnbmF0dXJl"}}}));
    }
    if tools.is_empty() {
        content.push(json!({"text": pieces.concat()}));
    }
    for (call, name, input) in tools {
        content.push(json!({"toolUse": {"toolUseId": id(call), "name": name, "input": input}}));
    }
    let body = json!({"metrics": {"latencyMs": 7}, "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": stop(options, tools), "usage": usage(claim)});
    Script::whole(200, "application/json", body.to_string().into_bytes())
}

fn stream(
    options: &Options,
    pieces: &[String],
    tools: &[(String, String, Value)],
    claim: &Claim,
) -> Script {
    let exception = || {
        let payload = br#"{"message":"simulated exception"}"#;
        aws::exception("throttlingException", payload)
    };
    if options.has("error_first") {
        return Script::stream(vec![exception()], options);
    }
    let mut events: Vec<Vec<u8>> = Vec::new();
    // The real one pads every event by a random length.
    let mut say = |name: &str, mut payload: Value| {
        payload["p"] = "abcdefghijkl"[..events.len() % 12].into();
        events.push(aws::event(name, payload.to_string().as_bytes()));
    };
    say("messageStart", json!({"role": "assistant"}));
    let mut block = 0;
    if options.has("thinking") {
        for delta in [
            json!({"text": "Let me "}),
            json!({"text": "think."}),
            json!({"signature": "c2lnbmF0dXJl"}),
        ] {
            say(
                "contentBlockDelta",
                json!({"contentBlockIndex": block, "delta": {"reasoningContent": delta}}),
            );
        }
        say("contentBlockStop", json!({"contentBlockIndex": block}));
        block += 1;
    }
    let mid = options
        .number("error_mid")
        .and_then(|count| usize::try_from(count).ok());
    if tools.is_empty() {
        for piece in &pieces[..mid.unwrap_or(pieces.len()).min(pieces.len())] {
            say(
                "contentBlockDelta",
                json!({"contentBlockIndex": block, "delta": {"text": piece}}),
            );
        }
        if mid.is_some() {
            events.push(exception());
            return Script::stream(events, options);
        }
        say("contentBlockStop", json!({"contentBlockIndex": block}));
        block += 1;
    }
    for (call, name, input) in tools {
        say(
            "contentBlockStart",
            json!({"contentBlockIndex": block, "start": {"toolUse": {"toolUseId": id(call), "name": name}}}),
        );
        for piece in input.to_string().as_bytes().chunks(5) {
            let piece = String::from_utf8_lossy(piece);
            say(
                "contentBlockDelta",
                json!({"contentBlockIndex": block, "delta": {"toolUse": {"input": piece}}}),
            );
        }
        say("contentBlockStop", json!({"contentBlockIndex": block}));
        block += 1;
    }
    say("messageStop", json!({"stopReason": stop(options, tools)}));
    if !options.has("no_usage") {
        say(
            "metadata",
            json!({"metrics": {"latencyMs": 7}, "usage": usage(claim)}),
        );
    }
    if options.has("broken_crc")
        && let Some(byte) = events.get_mut(2).and_then(|event| event.last_mut())
    {
        *byte ^= 1;
    }
    Script::stream(events, options)
}
