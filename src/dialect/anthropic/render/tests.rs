use super::*;
use crate::chat::Event;
use crate::dialect::{AnswerContext, AnswerWriter};
use crate::json::{self, Value};
use crate::meter::Usage;

fn context() -> AnswerContext {
    AnswerContext {
        id: "id".to_owned(),
        model: "m".to_owned(),
        ..AnswerContext::default()
    }
}

fn text(text: &str) -> Event<'_> {
    Event::Text {
        choice: 0,
        text: Text::from(text),
    }
}

fn finish(reason: FinishReason) -> Event<'static> {
    Event::Finish {
        choice: 0,
        reason,
        stop_sequence: None,
    }
}

fn call(index: u32, signature: Option<&'static str>) -> Event<'static> {
    Event::ToolStart {
        choice: 0,
        index,
        id: Text::from(format!("c{index}")),
        name: Text::from("f"),
        signature: signature.map(Text::from),
    }
}

fn arguments(index: u32, fragment: &str) -> Event<'_> {
    Event::ToolArguments {
        choice: 0,
        index,
        fragment: Text::from(fragment),
    }
}

fn cite(url: &str) -> Event<'_> {
    Event::Citation {
        choice: 0,
        citation: Citation {
            url: Text::from(url),
            ..Citation::default()
        },
    }
}

fn unary(events: &[Event<'_>]) -> serde_json::Value {
    let mut writer = BodyWriter::new(context());
    let mut out = Vec::new();
    events
        .iter()
        .for_each(|event| writer.event(event, &mut out));
    writer.finish(&mut out);
    serde_json::from_slice(&out).expect("JSON")
}

/// The message that a client gathers of a stream, after checking the order of its events.
fn streamed(events: &[Event<'_>]) -> serde_json::Value {
    let mut writer = StreamWriter::new(context());
    let mut out = Vec::new();
    events
        .iter()
        .for_each(|event| writer.event(event, &mut out));
    writer.finish(&mut out);
    let out = String::from_utf8(out).expect("text");
    let mut message = serde_json::Value::Null;
    let mut open = None;
    for line in out.lines().filter_map(|line| line.strip_prefix("data: ")) {
        let event: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let index = event["index"].as_u64();
        match event["type"].as_str().expect("a type") {
            "message_start" => message = event["message"].clone(),
            "content_block_start" => {
                let blocks = message["content"].as_array_mut().expect("blocks");
                assert_eq!((open, index), (None, u64::try_from(blocks.len()).ok()));
                open = index;
                let mut block = event["content_block"].clone();
                if block["type"] == "tool_use" {
                    block["input"] = "".into();
                }
                blocks.push(block);
            }
            "content_block_delta" => {
                assert_eq!(open, index);
                let block = message["content"]
                    .as_array_mut()
                    .and_then(|list| list.last_mut());
                let block = block.expect("a block");
                let delta = event["delta"].as_object().expect("a delta");
                for (key, value) in delta.iter().filter(|(key, _)| *key != "type") {
                    if key == "citation" {
                        let list = &mut block["citations"];
                        if list.is_null() {
                            *list = serde_json::json!([]);
                        }
                        list.as_array_mut().expect("a list").push(value.clone());
                        continue;
                    }
                    let key = if key == "partial_json" { "input" } else { key };
                    let joined = format!(
                        "{}{}",
                        block[key].as_str().unwrap_or_default(),
                        value.as_str().expect("text")
                    );
                    block[key] = joined.into();
                }
            }
            "content_block_stop" => {
                assert_eq!(open.take(), index);
                let block = message["content"]
                    .as_array_mut()
                    .and_then(|list| list.last_mut());
                let block = block.expect("a block");
                if block["type"] == "tool_use" {
                    let input = block["input"].as_str().expect("text");
                    block["input"] = serde_json::from_str(input).expect("JSON");
                }
            }
            "message_delta" => {
                for (key, value) in event["delta"].as_object().expect("a delta") {
                    message[key] = value.clone();
                }
                message["usage"] = event["usage"].clone();
            }
            "message_stop" => return message,
            other => panic!("{other}"),
        }
    }
    panic!("no end: {out}")
}

fn start() -> Event<'static> {
    Event::Start {
        id: Text::default(),
        model: Text::default(),
        created: None,
    }
}

/// Every kind of thing that an answer can say.
fn everything() -> Vec<Event<'static>> {
    vec![
        start(),
        Event::Reasoning {
            choice: 0,
            text: Text::from("hm"),
        },
        text("a"),
        text("b"),
        cite("https://x"),
        Event::TextSignature {
            choice: 0,
            signature: Text::from("c2ln"),
        },
        Event::Image {
            choice: 0,
            media_type: Text::from("image/png"),
            data: Text::from("AAAA"),
        },
        Event::RedactedReasoning {
            choice: 0,
            data: Text::from("r"),
        },
        Event::Audio {
            choice: 0,
            id: Text::default(),
            media_type: Text::default(),
            data: Text::from("AAAA"),
            transcript: Text::from("said"),
            expires_at: None,
        },
        Event::Text {
            choice: 1,
            text: Text::from("another choice's"),
        },
        call(0, Some("c2k=")),
        arguments(0, "{}"),
        finish(FinishReason::ToolCalls),
        Event::ServiceTier(Text::from("default")),
        Event::Usage(Usage {
            input_tokens: 10,
            output_tokens: 7,
            cache_write_tokens: 4,
            cache_write_1h_tokens: 3,
            reasoning_tokens: 2,
            ..Usage::default()
        }),
        Event::End,
    ]
}

#[test]
fn a_stream_says_what_a_body_does() {
    let unary = unary(&everything());
    assert_eq!(streamed(&everything()), unary);
    let want = serde_json::json!({
        "id": "id", "type": "message", "role": "assistant", "model": "m",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": ""},
            {"type": "text", "text": "ab", "citations": [{"type": "web_search_result_location", "cited_text": "",
                "url": "https://x", "title": null, "encrypted_index": ""}]},
            {"type": "redacted_thinking", "data": "gemini:c2ln"},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
            {"type": "redacted_thinking", "data": "r"},
            {"type": "text", "text": "said"},
            {"type": "tool_use", "id": "c0__thought__c2k=", "name": "f", "input": {}},
        ],
        "stop_reason": "tool_use", "stop_sequence": null,
        "usage": {"input_tokens": 6, "cache_creation_input_tokens": 4, "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 3},
            "output_tokens": 7, "output_tokens_details": {"thinking_tokens": 2}, "service_tier": "standard"},
    });
    assert_eq!(unary, want);
}

#[test]
fn refusals_are_told_as_such() {
    let events = [
        start(),
        Event::Refusal {
            choice: 0,
            text: Text::Escaped(r"I \u0063an't."),
        },
        finish(FinishReason::Stop),
    ];
    for message in [unary(&events), streamed(&events)] {
        assert_eq!(message["content"][0]["text"], "I can't.");
        assert_eq!(message["stop_reason"], "refusal");
        assert_eq!(message["stop_details"]["explanation"], "I can't.");
    }
}

mod order;

#[test]
fn what_is_read_back_is_what_was_said() {
    let body = unary(&everything()).to_string();
    let Ok(Value::Object(message)) = json::parse(body.as_bytes()) else {
        panic!("JSON")
    };
    let turn = format!(
        r#"{{"model":"m","max_tokens":1,"messages":[{{"role":"assistant","content":{}}}]}}"#,
        message.array("content").expect("blocks").raw()
    );
    let request = crate::dialect::anthropic::read::read(turn.as_bytes()).expect("a turn");
    let parts = &request.messages[0].content;
    use crate::chat::Part;
    assert!(matches!(&parts[1], Part::Text { signature: Some(s), .. } if s.is("c2ln")));
    assert!(
        matches!(parts.last(), Some(Part::ToolCall { signature: Some(s), .. }) if s.is("c2k="))
    );
}
