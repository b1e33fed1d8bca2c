//! Writes a chat request for a provider of this wire: its conversation is the prompt.

use crate::chat::{Error, ErrorKind, Message, Part, Request, ResponseFormat, ToolChoice};
use crate::dialect::{Wire, WriteOptions, Written};
use crate::json::Writer;

/// Fields that the chat has too, or that clients of this wire send.
const SHARED: [&str; 4] = ["logit_bias", "echo", "suffix", "best_of"];

/// Writes a request.
///
/// # Errors
/// A 400 that names a field or part which this wire cannot say.
pub fn write(request: &Request<'_>, options: &WriteOptions<'_>) -> Result<Written, Error> {
    let mut written = Written::default();
    let dropped = &mut written.dropped;
    let mut refuse = |field: &str| options.unsupported(field, Wire::Completions, dropped);
    let w = &mut Writer::new(&mut written.body);
    w.begin_object();
    w.field_str("model", options.model);
    w.field_str("prompt", &prompt(&request.messages)?);
    match request.max_tokens {
        Some(most) => w.field_number("max_tokens", most),
        // The wire's own default is sixteen tokens, which no chat expects.
        None if options.from != Wire::Completions => {
            w.field_number("max_tokens", options.default_max_tokens);
        }
        None => {}
    }
    let numbers = [
        ("temperature", request.temperature),
        ("top_p", request.top_p),
        ("frequency_penalty", request.frequency_penalty),
        ("presence_penalty", request.presence_penalty),
        ("seed", request.seed),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            w.field_raw(name, number);
        }
    }
    if let Some(n) = request.n {
        w.field_number("n", n);
    }
    if !request.stop.is_empty() {
        w.key("stop");
        w.begin_array();
        request.stop.iter().for_each(|text| w.text(text));
        w.end_array();
    }
    if request.logprobs == Some(true) {
        w.field_number("logprobs", request.top_logprobs.unwrap_or(0));
    }
    if let Some(user) = &request.user {
        w.field_text("user", user);
    }
    if request.stream {
        w.field_bool("stream", true);
        if !options.kind.quirks.no_stream_options {
            w.field_raw("stream_options", r#"{"include_usage":true}"#);
        }
    }
    let openai = matches!(options.from, Wire::OpenAi | Wire::Completions);
    for (key, value) in &request.extra {
        let name = key.decode();
        if openai && SHARED.contains(&name.as_ref()) {
            w.field_value(&name, value);
        } else {
            refuse(&name)?;
        }
    }
    w.end_object();
    for (field, said) in [
        ("tools", !request.tools.is_empty()),
        ("tool_choice", must_call(request)),
        (
            "parallel_tool_calls",
            request.parallel_tool_calls == Some(false),
        ),
        ("top_k", request.top_k.is_some()),
        ("reasoning_effort", request.reasoning.is_some()),
        ("response_format", formatted(request)),
        ("service_tier", request.service_tier.is_some()),
        (
            "modalities",
            request.modalities.iter().any(|kind| !kind.is("text")),
        ),
        ("audio", request.audio.is_some()),
        ("metadata", request.metadata.is_some()),
    ] {
        if said {
            refuse(field)?;
        }
    }
    for (index, message) in request.messages.iter().enumerate() {
        if message.name.is_some() {
            refuse(&format!("messages[{index}].name"))?;
        }
    }
    Ok(written)
}

/// Whether the choice of tools says more than that there need be none.
fn must_call(request: &Request<'_>) -> bool {
    !matches!(
        request.tool_choice,
        None | Some(ToolChoice::Auto | ToolChoice::None)
    )
}

fn formatted(request: &Request<'_>) -> bool {
    !matches!(request.response_format, None | Some(ResponseFormat::Text))
}

/// The prompt: a single message as it stands, a conversation's messages with a blank between them, as LiteLLM joins
/// them.
fn prompt(messages: &[Message<'_>]) -> Result<String, Error> {
    let mut texts = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let mut text = String::new();
        for (place, part) in message.content.iter().enumerate() {
            match part {
                Part::Text { text: piece, .. } | Part::Refusal { text: piece } => {
                    text.push_str(&piece.decode());
                }
                // Thinking is not said again.
                Part::Reasoning { .. } | Part::RedactedReasoning { .. } => {}
                part => {
                    let path = format!("messages[{index}].content[{place}]");
                    return Err(unsupported(&path, part));
                }
            }
        }
        texts.push(text);
    }
    if texts.is_empty() {
        let message = "`messages`: found none, expected at least one";
        return Err(Error::new(ErrorKind::InvalidRequest, message).with_param("messages"));
    }
    Ok(texts.join(" "))
}

fn unsupported(path: &str, part: &Part<'_>) -> Error {
    let what = match part {
        Part::Image { .. } => "an image",
        Part::Document { .. } => "a document",
        Part::Audio { .. } => "audio",
        Part::Video { .. } => "a film",
        Part::ToolCall { .. } => "a tool's call",
        Part::ToolResult { .. } => "a tool's result",
        _ => "this part",
    };
    let wire = Wire::Completions.name();
    let message = format!("`{path}`: {what} is not supported by {wire}");
    Error::new(ErrorKind::Unsupported, message).with_param(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Asked, UnsupportedParams};

    fn written(from: Wire, body: &str, unsupported: UnsupportedParams) -> Result<Written, Error> {
        let made = crate::dialect::Made::default();
        let request = from.read_request(body.as_bytes(), &Asked::nothing(&made));
        let options = WriteOptions {
            model: "m",
            unsupported,
            default_max_tokens: 100,
            from,
            kind: crate::provider::kind("openai").expect("a row"),
        };
        write(&request.expect("a request"), &options)
    }

    fn body(from: Wire, body: &str) -> String {
        let written = written(from, body, UnsupportedParams::Reject).expect("said");
        String::from_utf8(written.body).expect("text")
    }

    #[test]
    fn a_chat_becomes_a_prompt() {
        let one = r#"{"model":"x","messages":[{"role":"user","content":"a\"b"}],"stream":true}"#;
        let want = r#"{"model":"m","prompt":"a\"b","max_tokens":100,"stream":true,"stream_options":{"include_usage":true}}"#;
        assert_eq!(body(Wire::OpenAi, one), want);
        let more = r#"{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"Hi"}]},{"role":"assistant","content":"Yo"},{"role":"user","content":"Bye"}],"max_tokens":5,"temperature":0.50,"stop":"x","n":2}"#;
        let want = r#"{"model":"m","prompt":"Be brief. Hi Yo Bye","max_tokens":5,"temperature":0.50,"n":2,"stop":["x"]}"#;
        assert_eq!(body(Wire::OpenAi, more), want);
    }

    #[test]
    fn a_completion_stays_one() {
        let own = r#"{"model":"x","prompt":"a","echo":true,"suffix":"z","logprobs":2,"seed":18446744073709551615}"#;
        let want = r#"{"model":"m","prompt":"a","seed":18446744073709551615,"logprobs":2,"echo":true,"suffix":"z"}"#;
        assert_eq!(body(Wire::Completions, own), want);
    }

    #[test]
    fn what_a_prompt_cannot_say_is_refused_by_name() {
        let user = r#""messages":[{"role":"user","content":"x"}]"#;
        for (rest, param) in [
            (format!(r#"{user},"tools":[{{"type":"function","function":{{"name":"f"}}}}]"#), "tools"),
            (format!(r#"{user},"response_format":{{"type":"json_object"}}"#), "response_format"),
            (format!(r#"{user},"reasoning_effort":"low""#), "reasoning_effort"),
            (format!(r#"{user},"unheard_of":1"#), "unheard_of"),
            (format!(r#"{user},"tool_choice":"required""#), "tool_choice"),
            (format!(r#"{user},"parallel_tool_calls":false"#), "parallel_tool_calls"),
            (
                r#""messages":[{"role":"user","content":"x","name":"n"}]"#.to_owned(),
                "messages[0].name",
            ),
            (
                r#""messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"https://x"}}]}]"#.to_owned(),
                "messages[0].content[1]",
            ),
            (r#""messages":[]"#.to_owned(), "messages"),
        ] {
            let body = format!("{{{rest}}}");
            let error = written(Wire::OpenAi, &body, UnsupportedParams::Reject).expect_err(&body);
            assert_eq!(error.param.as_deref(), Some(param), "{body}");
        }
        let body = format!(
            r#"{{{user},"reasoning_effort":"low","tools":[{{"type":"function","function":{{"name":"f"}}}}]}}"#
        );
        let dropped = written(Wire::OpenAi, &body, UnsupportedParams::Drop).expect("said");
        assert_eq!(dropped.dropped, ["tools", "reasoning_effort"]);
        // What says nothing is not missed.
        let nothing = format!(r#"{{{user},"tool_choice":"none","parallel_tool_calls":true}}"#);
        assert!(written(Wire::OpenAi, &nothing, UnsupportedParams::Reject).is_ok());
    }
}
