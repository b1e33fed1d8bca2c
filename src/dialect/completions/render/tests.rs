use super::*;

fn context(include_usage: bool) -> AnswerContext {
    AnswerContext {
        id: "cmpl-1".to_owned(),
        created: 7,
        model: "asked".to_owned(),
        include_usage,
        ..AnswerContext::default()
    }
}

fn rendered(mut writer: impl AnswerWriter, events: &[Event<'_>]) -> String {
    let mut out = Vec::new();
    for event in events {
        writer.event(event, &mut out);
    }
    if !events.iter().any(|event| matches!(event, Event::Error(_))) {
        writer.finish(&mut out);
    }
    String::from_utf8(out).expect("text")
}

fn answer() -> Vec<Event<'static>> {
    let text = |choice, text: &'static str| Event::Text {
        choice,
        text: Text::from(text),
    };
    let logprobs = |json| Event::Logprobs { choice: 0, json };
    vec![
        Event::Start {
            id: Text::default(),
            model: Text::from("m"),
            created: None,
        },
        logprobs(
            r#"{"content":[{"token":"é","logprob":-0.50,"top_logprobs":[{"token":"é","logprob":-0.50}]}]}"#,
        ),
        text(0, "é"),
        text(1, "other"),
        Event::Reasoning {
            choice: 0,
            text: Text::from("hm"),
        },
        logprobs(r#"{"content":[{"token":"\n","logprob":-1,"top_logprobs":[]}],"refusal":null}"#),
        text(0, "\n"),
        Event::Finish {
            choice: 0,
            reason: FinishReason::Length,
            stop_sequence: None,
        },
        Event::Usage(Usage {
            input_tokens: 1,
            output_tokens: 2,
            ..Usage::default()
        }),
    ]
}

const USAGE: &str = r#"{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}}"#;

#[test]
fn a_body() {
    let got = rendered(BodyWriter::new(context(false)), &answer());
    let want = [
        r#"{"id":"cmpl-1","object":"text_completion","created":7,"model":"m","choices":["#,
        r#"{"text":"é\n","index":0,"logprobs":{"tokens":["é","\n"],"token_logprobs":[-0.50,-1],"top_logprobs":[{"é":-0.50},{}],"text_offset":[0,1]},"finish_reason":"length"},"#,
        r#"{"text":"other","index":1,"logprobs":null,"finish_reason":"stop"}],"usage":"#,
        USAGE,
        "}",
    ];
    assert_eq!(got, want.concat());
}

#[test]
fn a_stream() {
    let got = rendered(StreamWriter::new(context(true)), &answer());
    let head =
        r#"data: {"id":"cmpl-1","object":"text_completion","created":7,"model":"m","choices":["#;
    let chunk = |choice: &str| format!("{head}{choice}],\"usage\":null}}\n\n");
    let want = [
        chunk(
            r#"{"text":"é","index":0,"logprobs":{"tokens":["é"],"token_logprobs":[-0.50],"top_logprobs":[{"é":-0.50}],"text_offset":[0]},"finish_reason":null}"#,
        ),
        chunk(r#"{"text":"other","index":1,"logprobs":null,"finish_reason":null}"#),
        chunk(
            r#"{"text":"\n","index":0,"logprobs":{"tokens":["\n"],"token_logprobs":[-1],"top_logprobs":[{}],"text_offset":[1]},"finish_reason":null}"#,
        ),
        chunk(r#"{"text":"","index":0,"logprobs":null,"finish_reason":"length"}"#),
        chunk(r#"{"text":"","index":1,"logprobs":null,"finish_reason":"stop"}"#),
        format!("{head}],\"usage\":{USAGE}}}\n\ndata: [DONE]\n\n"),
    ];
    assert_eq!(got, want.concat());
}

#[test]
fn nothing_follows_an_error() {
    let error = crate::chat::Error::new(crate::chat::ErrorKind::Overloaded, "m");
    let mut writer = StreamWriter::new(context(false));
    let mut out = Vec::new();
    writer.event(&Event::Error(error), &mut out);
    writer.finish(&mut out);
    let text = String::from_utf8(out).expect("text");
    assert!(
        text.starts_with(r#"data: {"error":{"message":"m""#),
        "{text}"
    );
    assert_eq!(text.matches("data:").count(), 1);
}

#[test]
fn calls_are_a_plain_stop() {
    let events = [Event::Finish {
        choice: 0,
        reason: FinishReason::ToolCalls,
        stop_sequence: None,
    }];
    let whole = rendered(BodyWriter::new(context(false)), &events);
    let stream = rendered(StreamWriter::new(context(false)), &events);
    for answer in [whole, stream] {
        assert!(answer.contains(r#""finish_reason":"stop""#), "{answer}");
    }
}
