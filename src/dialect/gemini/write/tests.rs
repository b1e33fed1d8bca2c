//! What is asked of the writer directly: fields that not every client's wire has.

mod tools;

use super::write;
use crate::chat::{Arguments, ErrorKind, MediaSource, Message, Part, Reasoning, Request, Role};
use crate::dialect::{UnsupportedParams, Wire, WriteOptions, Written};
use crate::json::{self, Object, Text, Value};
use crate::provider::kind;

fn options(model: &'static str, provider: &str, from: Wire) -> WriteOptions<'static> {
    WriteOptions {
        model,
        unsupported: UnsupportedParams::Reject,
        default_max_tokens: 100,
        from,
        kind: kind(provider).expect("a kind"),
    }
}

fn text(text: &str) -> Part<'_> {
    Part::Text {
        text: Text::from(text),
        cache_control: None,
        signature: None,
    }
}

fn says<'a>(role: Role, content: Vec<Part<'a>>) -> Message<'a> {
    Message {
        role,
        name: None,
        content,
        extra: Vec::new(),
    }
}

fn asks<'a>() -> Request<'a> {
    Request {
        messages: vec![says(Role::User, vec![text("Hi")])],
        ..Request::default()
    }
}

fn object(source: &str) -> Object<'_> {
    match json::parse(source.as_bytes()) {
        Ok(Value::Object(object)) => object,
        _ => panic!("{source}"),
    }
}

fn body(written: Written) -> String {
    String::from_utf8(written.body).expect("text")
}

/// What stands beside the question.
#[track_caller]
fn beside(request: &Request<'_>, options: &WriteOptions<'_>) -> String {
    let body = body(write(request, options).expect("said"));
    let question = r#"{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"#;
    body.strip_prefix(question).unwrap_or(&body).to_owned()
}

#[test]
fn signatures_stand_on_their_parts() {
    let request = Request {
        messages: vec![
            says(Role::User, vec![text("Hi")]),
            says(
                Role::Assistant,
                vec![
                    Part::Reasoning {
                        text: Text::from("hm"),
                        signature: Some(Text::from("other")),
                    },
                    Part::Text {
                        text: Text::from("Wait."),
                        cache_control: None,
                        signature: Some(Text::from("dHh0")),
                    },
                    Part::ToolCall {
                        id: Text::from("a"),
                        name: Text::from("f"),
                        arguments: Arguments::Json(r#"{"a":1.0}"#),
                        cache_control: None,
                        signature: Some(Text::from("c2ln")),
                    },
                ],
            ),
        ],
        ..Request::default()
    };
    let third = options("gemini-3-pro-preview", "gemini", Wire::OpenAi);
    let want = r#"{"contents":[{"role":"user","parts":[{"text":"Hi"}]},{"role":"model","parts":[{"text":"Wait.","thoughtSignature":"dHh0"},{"functionCall":{"id":"a","name":"f","args":{"a":1.0}},"thoughtSignature":"c2ln"}]}]}"#;
    assert_eq!(body(write(&request, &third).expect("said")), want);
    // Older models have no ids.
    let second = options("gemini-2.5-pro", "gemini", Wire::OpenAi);
    let want = want.replace(r#""id":"a","#, "");
    assert_eq!(body(write(&request, &second).expect("said")), want);
}

#[test]
fn a_result_without_a_call_is_refused() {
    let result = Part::ToolResult {
        id: Text::from("x"),
        name: Text::default(),
        content: Vec::new(),
        is_error: false,
        cache_control: None,
    };
    let request = Request {
        messages: vec![says(Role::Tool, vec![result])],
        ..Request::default()
    };
    let error = write(&request, &options("gemini-2.5-pro", "gemini", Wire::OpenAi));
    let error = error.expect_err("refused");
    assert_eq!(error.kind, ErrorKind::InvalidRequest);
    assert_eq!(error.param.as_deref(), Some("messages[0].content[0]"));
}

#[test]
fn thinking_is_told_as_the_model_takes_it() {
    let effort = |word: &'static str| Reasoning::Effort(Text::from(word));
    let cases = [
        (
            "gemini-2.5-flash",
            Reasoning::Off,
            r#"{"thinkingBudget":0}"#,
        ),
        (
            "gemini-2.5-pro",
            Reasoning::Off,
            r#"{"thinkingBudget":128}"#,
        ),
        (
            "gemini-2.5-flash-lite",
            effort("minimal"),
            r#"{"thinkingBudget":512,"includeThoughts":true}"#,
        ),
        (
            "gemini-2.5-pro",
            Reasoning::Budget(99_999),
            r#"{"thinkingBudget":32768,"includeThoughts":true}"#,
        ),
        (
            "gemini-2.5-pro",
            Reasoning::Adaptive { effort: None },
            r#"{"thinkingBudget":-1,"includeThoughts":true}"#,
        ),
        (
            "gemini-3-pro-preview",
            effort("medium"),
            r#"{"thinkingLevel":"HIGH","includeThoughts":true}"#,
        ),
        (
            "gemini-3-flash-preview",
            Reasoning::Budget(1500),
            r#"{"thinkingLevel":"LOW","includeThoughts":true}"#,
        ),
        (
            "gemini-3-flash-preview",
            Reasoning::Off,
            r#"{"thinkingLevel":"MINIMAL"}"#,
        ),
        (
            "gemini-3-flash-preview",
            Reasoning::Adaptive { effort: None },
            r#"{"includeThoughts":true}"#,
        ),
    ];
    for (model, reasoning, want) in cases {
        let request = Request {
            reasoning: Some(reasoning),
            ..asks()
        };
        let want = format!(r#""generationConfig":{{"thinkingConfig":{want}}}}}"#);
        assert_eq!(
            beside(&request, &options(model, "gemini", Wire::OpenAi)),
            want,
            "{model}"
        );
    }
    let request = Request {
        reasoning: Some(effort("high")),
        ..asks()
    };
    for (from, field) in [
        (Wire::OpenAi, "reasoning_effort"),
        (Wire::Anthropic, "thinking"),
    ] {
        let error = write(&request, &options("gemini-2.0-flash", "gemini", from));
        assert_eq!(error.expect_err("refused").param.as_deref(), Some(field));
    }
}

#[test]
fn labels_and_leftovers() {
    let extra = |name: &'static str, source: &'static str| {
        (
            Text::from(name),
            json::parse(source.as_bytes()).expect("JSON"),
        )
    };
    let metadata = object(r#"{"team":"search"}"#);
    let request = Request {
        metadata: Some(metadata),
        user: Some(Text::from("u-1")),
        service_tier: Some(Text::from("default")),
        ..asks()
    };
    let vertex = options("gemini-2.5-pro", "vertex_ai", Wire::OpenAi);
    assert_eq!(
        beside(&request, &vertex),
        r#""labels":{"team":"search","user":"u-1"}}"#
    );
    let error = write(&request, &options("gemini-2.5-pro", "gemini", Wire::OpenAi));
    assert_eq!(
        error.expect_err("refused").param.as_deref(),
        Some("metadata")
    );
    let request = Request {
        extra: vec![
            extra("safetySettings", "[]"),
            extra(
                "generationConfig.mediaResolution",
                r#""MEDIA_RESOLUTION_LOW""#,
            ),
            extra("toolConfig.retrievalConfig", "{}"),
            extra("somethingNew", "1"),
        ],
        ..asks()
    };
    let own = options("gemini-2.5-pro", "gemini", Wire::Gemini);
    let want = r#""toolConfig":{"retrievalConfig":{}},"generationConfig":{"mediaResolution":"MEDIA_RESOLUTION_LOW"},"safetySettings":[],"somethingNew":1}"#;
    assert_eq!(beside(&request, &own), want);
    let request = Request {
        extra: vec![
            extra(
                "google",
                r#"{"thinking_config":{"thinking_budget":5},"cached_content":"c"}"#,
            ),
            extra("store", "false"),
        ],
        ..asks()
    };
    let theirs = options("gemini-2.5-pro", "gemini", Wire::OpenAi);
    let want =
        r#""generationConfig":{"thinkingConfig":{"thinking_budget":5}},"cachedContent":"c"}"#;
    assert_eq!(beside(&request, &theirs), want);
    let request = Request {
        extra: vec![extra("prediction", "{}")],
        ..asks()
    };
    assert!(write(&request, &theirs).is_err());
}

#[test]
fn its_own_clients_get_their_own_words() {
    let own = |name: &'static str, source: &'static str| {
        let value = json::parse(source.as_bytes()).expect("JSON");
        (Text::from(name), value)
    };
    let request = Request {
        own: vec![
            own(
                "tools",
                r#"[{"functionDeclarations":[{"name":"f","response":{}}]}]"#,
            ),
            own(
                "toolConfig.functionCallingConfig",
                r#"{"mode":"VALIDATED"}"#,
            ),
            own(
                "generationConfig.thinkingConfig",
                r#"{"includeThoughts":true}"#,
            ),
            own("safetySettings", "[{}]"),
        ],
        reasoning: Some(Reasoning::Off),
        ..asks()
    };
    let want = r#""tools":[{"functionDeclarations":[{"name":"f","response":{}}]}],"toolConfig":{"functionCallingConfig":{"mode":"VALIDATED"}},"generationConfig":{"thinkingConfig":{"includeThoughts":true}},"safetySettings":[{}]}"#;
    let gemini = options("gemini-2.5-flash", "gemini", Wire::Gemini);
    assert_eq!(beside(&request, &gemini), want);
    let want = r#""generationConfig":{"thinkingConfig":{"thinkingBudget":0}}}"#;
    let openai = options("gemini-2.5-flash", "gemini", Wire::OpenAi);
    assert_eq!(beside(&request, &openai), want);
}

#[test]
fn sound_and_pictures_out_and_films_in() {
    let film = Part::Video {
        media: MediaSource::Url(Text::from("https://youtu.be/x")).into(),
        metadata: Some(object(r#"{"fps":2}"#)),
    };
    let audio = object(r#"{"voice":"Kore","format":"pcm16"}"#);
    let request = Request {
        messages: vec![says(Role::User, vec![text("Hi"), film])],
        modalities: vec![Text::from("text"), Text::from("audio")],
        audio: Some(audio),
        logprobs: Some(true),
        top_logprobs: Some(2),
        ..Request::default()
    };
    let want = r#"{"contents":[{"role":"user","parts":[{"text":"Hi"},{"fileData":{"fileUri":"https://youtu.be/x"},"videoMetadata":{"fps":2}}]}],"generationConfig":{"responseLogprobs":true,"logprobs":2,"responseModalities":["AUDIO"],"speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Kore"}}}}}"#;
    let options = options("gemini-2.5-flash-preview-tts", "gemini", Wire::OpenAi);
    assert_eq!(body(write(&request, &options).expect("said")), want);
}
