//! Anthropic's wire on other hosts: Vertex AI's `rawPredict`, Bedrock's `InvokeModel`, and counts of tokens everywhere.

use crate::options::Options;
use crate::script::{Script, Step};
use crate::{anthropic, aws};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

/// What is asked at a path of these hosts, and of which model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked<'p> {
    Vertex { model: &'p str, stream: bool },
    VertexCount,
    Bedrock { model: &'p str, stream: bool },
    BedrockCount,
    Count,
}

fn asked(path: &str) -> Option<Asked<'_>> {
    if path.ends_with("/messages/count_tokens") {
        return Some(Asked::Count);
    }
    if let Some((_, rest)) = path.split_once("/publishers/anthropic/models/") {
        let (model, method) = rest.rsplit_once(':')?;
        return match method {
            "rawPredict" if model == "count-tokens" => Some(Asked::VertexCount),
            "rawPredict" => Some(Asked::Vertex {
                model,
                stream: false,
            }),
            "streamRawPredict" => Some(Asked::Vertex {
                model,
                stream: true,
            }),
            _ => None,
        };
    }
    let (model, method) = path.strip_prefix("/model/")?.split_once('/')?;
    match method {
        "invoke" => Some(Asked::Bedrock {
            model,
            stream: false,
        }),
        "invoke-with-response-stream" => Some(Asked::Bedrock {
            model,
            stream: true,
        }),
        "count-tokens" => Some(Asked::BedrockCount),
        _ => None,
    }
}

/// The model that a path of these hosts names, still percent-encoded.
pub fn model(path: &str) -> Option<&str> {
    match asked(path)? {
        Asked::Vertex { model, .. } | Asked::Bedrock { model, .. } => Some(model),
        Asked::BedrockCount => path.strip_prefix("/model/")?.split('/').next(),
        Asked::VertexCount | Asked::Count => Some(""),
    }
}

/// Answers a request at a path of these hosts; `None` where it is none. `model` is the path's, decoded.
pub fn answer(path: &str, body: &Value, model: &str, known: bool) -> Option<Script> {
    let refused = |at: Asked<'_>, why: &str| match at {
        Asked::Bedrock { .. } | Asked::BedrockCount => aws_error(400, "ValidationException", why),
        _ => told(400, anthropic::error("invalid_request_error", why)),
    };
    let at = asked(path)?;
    if !known {
        return Some(match at {
            Asked::Bedrock { .. } | Asked::BedrockCount => aws_error(
                403,
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
            _ => told(
                401,
                anthropic::error("authentication_error", "no valid key"),
            ),
        });
    }
    let problem = match at {
        Asked::Vertex { stream, .. } => enveloped(body, "vertex-2023-10-16").or_else(|| {
            (body["stream"] == true)
                .ne(&stream)
                .then(|| "stream: not what the path says".to_owned())
        }),
        Asked::VertexCount if !body["model"].is_string() => {
            Some("model: Field required".to_owned())
        }
        Asked::Bedrock { .. } if !body["stream"].is_null() => {
            Some("stream: Extra inputs are not permitted".to_owned())
        }
        Asked::Bedrock { .. } => enveloped(body, "bedrock-2023-05-31"),
        _ => None,
    };
    if let Some(problem) = problem {
        return Some(refused(at, &problem));
    }
    Some(match at {
        Asked::Count | Asked::VertexCount => counted(body).map_or_else(
            || refused(at, "messages: Field required"),
            |tokens| told(200, json!({"input_tokens": tokens})),
        ),
        Asked::BedrockCount => inner(body).as_ref().and_then(counted).map_or_else(
            || refused(at, "input: not an InvokeModel request"),
            |tokens| told(200, json!({"inputTokens": tokens})),
        ),
        Asked::Vertex { .. } => anthropic::messages(body, model),
        Asked::Bedrock { stream, .. } => bedrock(body, model, stream),
    })
}

fn told(status: u16, body: Value) -> Script {
    Script::whole(status, "application/json", body.to_string().into_bytes())
}

fn aws_error(status: u16, class: &str, message: &str) -> Script {
    let mut script = told(status, json!({"message": message}));
    let class = format!("{class}:http://internal.amazon.com/coral/com.amazon.bedrock/");
    script.headers.push(("x-amzn-errortype", class));
    script
}

/// What is wrong with a body in a host's envelope.
fn enveloped(body: &Value, version: &str) -> Option<String> {
    if body["anthropic_version"] != version {
        return Some(format!("anthropic_version: must be {version}"));
    }
    let extra = ["model", "service_tier"]
        .into_iter()
        .find(|field| !body[*field].is_null());
    extra.map(|field| format!("{field}: Extra inputs are not permitted"))
}

/// The request inside Bedrock's question for its tokens.
fn inner(body: &Value) -> Option<Value> {
    let text = body["input"]["invokeModel"]["body"].as_str()?;
    let inner: Value = serde_json::from_slice(&STANDARD.decode(text).ok()?).ok()?;
    let right = enveloped(&inner, "bedrock-2023-05-31").is_none() && inner["max_tokens"].is_u64();
    right.then_some(inner)
}

/// Ten tokens a message.
fn counted(body: &Value) -> Option<usize> {
    Some(body["messages"].as_array()?.len() * 10)
}

/// What Anthropic would answer, as Bedrock does.
fn bedrock(body: &Value, model: &str, stream: bool) -> Script {
    let mut body = body.clone();
    body["stream"] = stream.into();
    let calm = model.replace("+byte_by_byte", "");
    let mut script = anthropic::messages(&body, &calm);
    if script.status != 200 {
        let class = match script.status {
            400 => "ValidationException",
            403 => "AccessDeniedException",
            429 => "ThrottlingException",
            503 => "ServiceUnavailableException",
            _ => "InternalServerException",
        };
        let message = format!("simulated error {}", script.status);
        return aws_error(script.status, class, &message);
    }
    script.headers.retain(|(name, _)| *name != "request-id");
    if !stream {
        return script;
    }
    for (name, value) in &mut script.headers {
        if *name == "content-type" {
            *value = "application/vnd.amazon.eventstream".to_owned();
        }
    }
    let framed = script.steps.into_iter().map(|step| match step {
        Step::Write(bytes) => Step::Write(Bytes::from(framed(&bytes))),
        other => other,
    });
    script.steps = framed.collect();
    if Options::of(model).has("byte_by_byte") {
        let whole = script.steps.iter().filter_map(|step| match step {
            Step::Write(bytes) => Some(bytes.as_ref()),
            _ => None,
        });
        let whole: Vec<u8> = whole.collect::<Vec<_>>().concat();
        let single = whole
            .iter()
            .map(|byte| Step::Write(Bytes::copy_from_slice(&[*byte])));
        script.steps = single.collect();
    }
    script
}

/// Server-sent events as AWS's messages.
fn framed(events: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(events);
    let mut out = Vec::new();
    for data in text.lines().filter_map(|line| line.strip_prefix("data: ")) {
        let mut event: Value = serde_json::from_str(data).unwrap_or_default();
        if event["type"] == "error" {
            let payload = json!({"message": event["error"]["message"]}).to_string();
            out.extend(aws::exception("throttlingException", payload.as_bytes()));
            continue;
        }
        if event["type"] == "message_stop" {
            event["amazon-bedrock-invocationMetrics"] = json!({"invocationLatency": 7});
        }
        let bytes = STANDARD.encode(event.to_string());
        let payload = json!({"bytes": bytes, "p": "abcdefgh"}).to_string();
        out.extend(aws::event("chunk", payload.as_bytes()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_what_is_asked() {
        let models = "/v1/projects/p/locations/l/publishers/anthropic/models";
        assert_eq!(
            model(&format!("{models}/claude@1:streamRawPredict")),
            Some("claude@1")
        );
        assert_eq!(
            asked(&format!("{models}/count-tokens:rawPredict")),
            Some(Asked::VertexCount)
        );
        assert_eq!(model("/model/claude%3A0/invoke"), Some("claude%3A0"));
        assert_eq!(asked("/model/claude/converse"), None);
    }
}
