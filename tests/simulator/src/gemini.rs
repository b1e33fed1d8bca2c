//! Google's wire: the Gemini API and Vertex AI.

mod refusal;

use crate::options::{Claim, Options};
use crate::script::{Script, Step};
use bytes::Bytes;
use serde_json::{Value, json};

const SIGNATURE: &str = "c2lnbmF0dXJl";

/// What a path asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `generateContent`, `streamGenerateContent` or `countTokens`.
    pub method: String,
    /// As the path has it, still encoded.
    pub model: String,
    /// Whether it is Vertex AI's path.
    pub vertex: bool,
}

/// Reads a path; `None` where it is none of this wire's.
pub fn asked(path: &str) -> Option<Asked> {
    let (before, method) = path.rsplit_once(':')?;
    let known = ["generateContent", "streamGenerateContent", "countTokens"];
    if !known.contains(&method) {
        return None;
    }
    let (_, model) = before.rsplit_once('/')?;
    Some(Asked {
        method: method.to_owned(),
        model: model.to_owned(),
        vertex: before.contains("/projects/"),
    })
}

/// An error body.
pub fn error(code: u16, status: &str, message: &str, reason: Option<&str>) -> Value {
    let mut error = json!({"code": code, "message": message, "status": status});
    if let Some(reason) = reason {
        error["details"] = json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}]);
    }
    json!({"error": error})
}

fn status_error(code: u16) -> Value {
    let status = match code {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "INTERNAL",
    };
    error(code, status, &format!("simulated error {code}"), None)
}

fn whole(status: u16, body: &Value) -> Script {
    let text = format!("{body:#}\n");
    Script::whole(status, "application/json; charset=UTF-8", text.into_bytes())
}

/// The metadata server of a machine at Google, which gives tokens.
pub fn metadata(path: &str, flavored: bool) -> Option<Script> {
    if !path.starts_with("/computeMetadata/v1/instance/service-accounts/default/token") {
        return None;
    }
    if !flavored {
        return Some(Script::whole(
            403,
            "text/html",
            b"Missing Metadata-Flavor".to_vec(),
        ));
    }
    let token =
        json!({"access_token": "ya29.metadata", "expires_in": 3599, "token_type": "Bearer"});
    Some(whole(200, &token))
}

/// Whether a caller may ask: the Gemini API wants a key in its own header, Vertex AI a token.
pub fn refused(asked: &Asked, key: Option<&str>, token: Option<&str>) -> Option<Script> {
    let given = if asked.vertex { token } else { key };
    match given {
        Some(given) if !given.is_empty() && !given.starts_with("bad") => None,
        Some(_) if !asked.vertex => {
            let message = "API key not valid. Please pass a valid API key.";
            Some(whole(
                400,
                &error(400, "INVALID_ARGUMENT", message, Some("API_KEY_INVALID")),
            ))
        }
        _ if asked.vertex => {
            let message = "Request is missing required authentication credential. Expected OAuth 2 access token.";
            Some(whole(
                401,
                &error(401, "UNAUTHENTICATED", message, Some("CREDENTIALS_MISSING")),
            ))
        }
        _ => {
            let message = "Method doesn't allow unregistered callers.";
            Some(whole(403, &error(403, "PERMISSION_DENIED", message, None)))
        }
    }
}

/// Answers a request. `model` is decoded; `query` tells how a stream is framed.
pub fn answer(asked: &Asked, model: &str, query: &str, body: &Value) -> Script {
    let options = Options::of(model);
    let streamed = asked.method == "streamGenerateContent";
    let array = streamed && !query.split('&').any(|pair| pair == "alt=sse");
    if let Some(problem) = refusal::of(asked, model, body) {
        return in_form(array, &error(400, "INVALID_ARGUMENT", &problem, None), 400);
    }
    if let Some(status) = options.number("status") {
        let status = u16::try_from(status).unwrap_or(500);
        let mut script = in_form(array, &status_error(status), status);
        if let Some(seconds) = options.text("retry_after") {
            script.headers.push(("retry-after", seconds.to_owned()));
        }
        return script.with_faults(&options, streamed);
    }
    if asked.method == "countTokens" {
        return whole(
            200,
            &json!({"totalTokens": options.number("input").unwrap_or(12)}),
        );
    }
    if options.has("error200") {
        return in_form(array, &status_error(503), 200).with_faults(&options, streamed);
    }
    let pieces = options.pieces(&last_user(body));
    let calls = calls(body, model, options.number("tools").unwrap_or(0));
    let claim = Claim::of(&options, pieces.len());
    let mut script = if streamed {
        stream(model, &options, &pieces, calls, &claim, array)
    } else {
        let mut parts = thoughts(&options);
        match calls.is_empty() {
            true => parts.push(json!({"text": pieces.concat()})),
            false => parts.extend(calls),
        }
        let finish = Some(finish(&options));
        whole(200, &chunk(model, &options, parts, finish, Some(&claim)))
    };
    if !options.has("no_usage") {
        script.claim = Some(claim);
    }
    script.with_faults(&options, streamed)
}

/// Errors of a stream that is an array come in one.
fn in_form(array: bool, body: &Value, status: u16) -> Script {
    match array {
        true => whole(status, &json!([body])),
        false => whole(status, body),
    }
}

fn thoughts(options: &Options) -> Vec<Value> {
    match options.has("thinking") {
        true => vec![json!({"text": "Let me think.", "thought": true})],
        false => Vec::new(),
    }
}

fn finish(options: &Options) -> &'static str {
    match (options.has("length"), options.has("refusal")) {
        (true, _) => "MAX_TOKENS",
        (_, true) => "SAFETY",
        _ => "STOP",
    }
}

/// Calls of the request's functions, in turn. The newest models give the first a signature, and every one an id.
fn calls(body: &Value, model: &str, count: u64) -> Vec<Value> {
    let tools = body["tools"].as_array().cloned().unwrap_or_default();
    let names: Vec<String> = tools
        .iter()
        .filter_map(|tool| tool["functionDeclarations"].as_array())
        .flatten()
        .filter_map(|function| function["name"].as_str().map(str::to_owned))
        .collect();
    let call = |index: u64| {
        let place = usize::try_from(index).unwrap_or(0) % names.len().max(1);
        let name = names.get(place).map_or("get_weather", String::as_str);
        let args = json!({"city": "Paris", "number": index});
        let mut part = json!({"functionCall": {"name": name, "args": args}});
        if refusal::third(model) {
            part["functionCall"]["id"] = json!(format!("sim{index}"));
            if index == 0 {
                part["thoughtSignature"] = json!(SIGNATURE);
            }
        }
        part
    };
    (0..count).map(call).collect()
}

fn last_user(body: &Value) -> String {
    let contents = body["contents"].as_array().cloned().unwrap_or_default();
    let said = |content: &Value| -> Vec<String> {
        let parts = content["parts"].as_array().cloned().unwrap_or_default();
        let texts = parts.iter().filter_map(|part| part["text"].as_str());
        texts.map(str::to_owned).collect()
    };
    let last = contents
        .iter()
        .rev()
        .find(|content| content["role"] != "model" && !said(content).is_empty());
    last.map(|content| said(content).join(" "))
        .unwrap_or_default()
}

fn usage(claim: &Claim) -> Value {
    json!({
        "promptTokenCount": claim.input, "candidatesTokenCount": claim.output.saturating_sub(claim.reasoning),
        "totalTokenCount": claim.input + claim.output, "cachedContentTokenCount": claim.cached,
        "thoughtsTokenCount": claim.reasoning,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": claim.input}],
    })
}

fn chunk(
    model: &str,
    options: &Options,
    parts: Vec<Value>,
    finish: Option<&str>,
    claim: Option<&Claim>,
) -> Value {
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
    if let Some(finish) = finish {
        candidate["finishReason"] = json!(finish);
    }
    let mut chunk = json!({"candidates": [candidate]});
    if let Some(claim) = claim.filter(|_| !options.has("no_usage")) {
        chunk["usageMetadata"] = usage(claim);
    }
    chunk["modelVersion"] = json!(model);
    chunk["responseId"] = json!("simResponse1");
    chunk
}

fn stream(
    model: &str,
    options: &Options,
    pieces: &[String],
    calls: Vec<Value>,
    claim: &Claim,
    array: bool,
) -> Script {
    // So far there is the prompt, and not much of the answer.
    let so_far = Claim {
        output: 1,
        reasoning: 0,
        ..*claim
    };
    let mut chunks: Vec<Value> = Vec::new();
    let mut failure = options.has("error_first").then(|| status_error(503));
    if failure.is_none() {
        let part = |part: Value| chunk(model, options, vec![part], None, Some(&so_far));
        chunks.extend(thoughts(options).into_iter().map(part));
        let mid = options.number("error_mid");
        let shown = mid.and_then(|count| usize::try_from(count).ok());
        let shown = shown.unwrap_or(pieces.len()).min(pieces.len());
        if calls.is_empty() {
            let texts = pieces[..shown].iter();
            chunks.extend(texts.map(|piece| part(json!({"text": piece}))));
        }
        failure = mid.map(|_| status_error(503));
        if failure.is_none() {
            let parts = if calls.is_empty() {
                vec![json!({"text": ""})]
            } else {
                calls
            };
            let reason = Some(finish(options)).filter(|_| !options.has("no_done"));
            chunks.push(chunk(model, options, parts, reason, Some(claim)));
        }
    }
    if array {
        chunks.extend(failure);
        return in_array(&chunks, options);
    }
    let mut events: Vec<Vec<u8>> = chunks
        .iter()
        .map(|chunk| format!("data: {chunk}\r\n\r\n").into_bytes())
        .collect();
    // In the middle of a stream an error has no field's name.
    events.extend(failure.map(|failure| format!("{failure:#}\r\n\r\n").into_bytes()));
    Script::stream(events, options)
}

fn in_array(chunks: &[Value], options: &Options) -> Script {
    let mut writes: Vec<Vec<u8>> = chunks
        .iter()
        .enumerate()
        .map(|(index, chunk)| {
            let before = if index == 0 { "[" } else { ",\r\n" };
            format!("{before}{chunk:#}\n").into_bytes()
        })
        .collect();
    writes.push(b"]\n".to_vec());
    let mut script = Script::stream(writes, options);
    script.headers[0].1 = "application/json; charset=UTF-8".to_owned();
    if script.steps.is_empty() {
        script.steps.push(Step::Write(Bytes::from_static(b"[]")));
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_models() {
        let gemini = asked("/v1beta/models/gemini-2.5-flash%2Becho:streamGenerateContent");
        let gemini = gemini.expect("a path");
        assert_eq!(gemini.model, "gemini-2.5-flash%2Becho");
        assert!(!gemini.vertex && gemini.method == "streamGenerateContent");
        let vertex = asked("/v1/projects/p/locations/l/publishers/google/models/m:generateContent");
        assert!(vertex.is_some_and(|asked| asked.vertex));
        assert!(asked("/v1/messages").is_none());
    }
}
