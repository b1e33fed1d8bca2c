use super::*;
use crate::dialect::StreamReader;

/// What a stream of these data objects says, one line an event.
fn said(events: &[&str]) -> Vec<String> {
    let mut reader = Reader::default();
    let mut out = Vec::new();
    for data in events {
        let event = framing::Event {
            name: b"",
            data: data.as_bytes().into(),
            raw: b"",
            complete: true,
            exception: false,
        };
        reader.event(&event, &mut |event| out.push(line(&event)));
    }
    reader.end(&mut |event| out.push(line(&event)));
    out
}

fn line(event: &Event<'_>) -> String {
    match event {
        Event::Text { text, .. } => format!("text {}", text.decode()),
        Event::Citation { citation, .. } => {
            format!("cite {} {:?}", citation.url.decode(), citation.span)
        }
        Event::ToolStart { index, id, .. } => format!("call {index} {}", id.decode()),
        Event::ToolArguments {
            index, fragment, ..
        } => format!("arguments {index} {}", fragment.decode()),
        Event::Usage(usage) => format!("usage {} {}", usage.input_tokens, usage.output_tokens),
        Event::Finish { reason, .. } => format!("finish {}", reason.as_str()),
        Event::Refusal { text, .. } => format!("refusal {}", text.decode()),
        Event::ServiceTier(tier) => format!("tier {}", tier.decode()),
        Event::Error(error) => format!("error {} {}", error.status, error.message),
        other => format!("{other:?}")
            .split([' ', '{'])
            .next()
            .unwrap_or_default()
            .to_owned(),
    }
}

/// What a whole message says.
fn whole(body: &str) -> Vec<String> {
    let mut out = Vec::new();
    crate::dialect::anthropic::answer::read(body.as_bytes(), &mut |event| out.push(line(&event)))
        .expect("an answer");
    out
}

#[test]
fn blocks_say_the_same_whole_and_streamed() {
    let citation = r#"{"type":"web_search_result_location","url":"https://x","title":"t","cited_text":"c","encrypted_index":"e"}"#;
    let streamed = said(&[
        r#"{"type":"message_start","message":{"id":"m","content":[]}}"#,
        r#"{"type":"content_block_start","content_block":{"type":"text","text":""}}"#,
        r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"na\u00efve "}}"#,
        r#"{"type":"content_block_stop"}"#,
        r#"{"type":"content_block_start","content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}"#,
        r#"{"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"{\"q\":1}"}}"#,
        r#"{"type":"content_block_stop"}"#,
        r#"{"type":"content_block_start","content_block":{"type":"text","text":"","citations":[]}}"#,
        &format!(
            r#"{{"type":"content_block_delta","delta":{{"type":"citations_delta","citation":{citation}}}}}"#
        ),
        r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"😀b"}}"#,
        r#"{"type":"content_block_stop"}"#,
        r#"{"type":"content_block_start","content_block":{"type":"tool_use","id":"t","name":"f","input":{"a":1}}}"#,
        r#"{"type":"content_block_stop"}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":null}}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"input_tokens":1,"output_tokens":2,"service_tier":"priority"}}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#,
        r#"{"type":"message_stop"}"#,
    ]);
    let unary = whole(&format!(
        r#"{{"id":"m","type":"message","content":[{{"type":"text","text":"na\u00efve "}},{{"type":"server_tool_use","id":"s"}},{{"type":"text","text":"😀b","citations":[{citation}]}},{{"type":"tool_use","id":"t","name":"f","input":{{"a":1}}}}],"stop_reason":"tool_use","usage":{{"input_tokens":1,"output_tokens":2,"service_tier":"priority"}}}}"#
    ));
    assert_eq!(streamed, unary);
    assert_eq!(
        unary,
        [
            "Start",
            "text naïve ",
            "Skipped",
            "text 😀b",
            "cite https://x Some((6, 8))",
            "call 0 t",
            "arguments 0 {\"a\":1}",
            "finish tool_calls",
            "usage 1 2",
            "tier priority",
            "End"
        ]
    );
}

#[test]
fn an_answer_that_is_resumed_begins_with_what_it_had() {
    let events = said(&[
        r#"{"type":"message_start","message":{"id":"m","content":[{"type":"text","text":"a"},{"type":"tool_use","id":"t","name":"f","input":{}}]}}"#,
        r#"{"type":"message_start","message":{"id":"m","content":[{"type":"text","text":"again"}]}}"#,
        r#"{"type":"content_block_start","content_block":{"type":"tool_use","id":"u","name":"f","input":{}}}"#,
        r#"{"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":""}}"#,
        r#"{"type":"content_block_stop"}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"explanation":"no"}}}"#,
        r#"{"type":"message_stop"}"#,
    ]);
    assert_eq!(
        events,
        [
            "Start",
            "text a",
            "call 0 t",
            "arguments 0 {}",
            "call 1 u",
            "arguments 1 {}",
            "refusal no",
            "finish content_filter",
            "End"
        ]
    );
}

#[test]
fn bedrocks_counts_stand_in_for_missing_ones() {
    let stop = r#"{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":7,"outputTokenCount":3,"cacheReadInputTokenCount":2}}"#;
    assert_eq!(said(&[stop]), ["usage 9 3", "End"]);
    let delta =
        r#"{"type":"message_delta","delta":{},"usage":{"input_tokens":1,"output_tokens":2}}"#;
    assert_eq!(said(&[delta, stop]), ["usage 1 2", "End"]);
}

#[test]
fn exceptions_end_it() {
    let mut reader = Reader::default();
    let mut out = Vec::new();
    let event = framing::Event {
        name: b"throttlingException",
        data: br#"{"message":"slow down"}"#.into(),
        raw: b"",
        complete: true,
        exception: true,
    };
    reader.event(&event, &mut |event| out.push(line(&event)));
    reader.end(&mut |event| out.push(line(&event)));
    assert_eq!(out.len(), 1);
    assert!(out[0].contains("slow down"), "{out:?}");
}
