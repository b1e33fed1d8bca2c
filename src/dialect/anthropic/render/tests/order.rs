//! Pieces that come in an order which blocks cannot have.

use super::*;
use serde_json::json;

fn sealed() -> Event<'static> {
    Event::TextSignature {
        choice: 0,
        signature: Text::from("c2ln"),
    }
}

fn kinds(message: &serde_json::Value) -> Vec<&str> {
    let blocks = message["content"].as_array().expect("blocks");
    blocks.iter().filter_map(|b| b["type"].as_str()).collect()
}

#[test]
fn citations_after_a_signature_and_calls_are_of_the_text() {
    let events = [
        start(),
        text("a"),
        sealed(),
        cite("https://first"),
        call(0, None),
        arguments(0, "{}"),
        call(1, None),
        arguments(1, "{\"b\":2}"),
        cite("https://late"),
        finish(FinishReason::ToolCalls),
    ];
    let message = streamed(&events);
    assert_eq!(message["content"], unary(&events)["content"]);
    assert_eq!(message["content"][0]["citations"][1]["url"], "https://late");
    let want = ["text", "redacted_thinking", "tool_use", "tool_use"];
    assert_eq!(kinds(&message), want);
}

#[test]
fn no_text_block_is_empty() {
    let refusal = Event::Refusal {
        choice: 0,
        text: Text::default(),
    };
    // The text is closed already when the second citation comes.
    let events = [
        start(),
        refusal,
        cite("https://early"),
        text("a"),
        call(0, None),
        arguments(0, "{"),
        cite("https://late"),
        arguments(0, "}"),
    ];
    let (stream, body) = (streamed(&events), unary(&events));
    for message in [&stream, &body] {
        assert_eq!(kinds(message), ["text", "tool_use"]);
        assert_eq!(
            message["content"][0]["citations"][0]["url"],
            "https://early"
        );
    }
    assert_eq!(body["content"][0]["citations"][1]["url"], "https://late");
    let only = [start(), cite("https://x")];
    assert_eq!(streamed(&only)["content"], json!([]));
    assert_eq!(unary(&only)["content"], json!([]));
    // One that is too late goes to the next text, if there is one.
    let more = [&events[..], &[text("b")]].concat();
    assert_eq!(
        streamed(&more)["content"][2]["citations"][0]["url"],
        "https://late"
    );
}

#[test]
fn interleaved_calls_are_put_in_order() {
    let events = [
        start(),
        call(0, None),
        call(1, None),
        arguments(1, "{\"b\":"),
        arguments(0, "{\"a\":1}"),
        arguments(1, "2}"),
        finish(FinishReason::ToolCalls),
    ];
    let message = streamed(&events);
    assert_eq!(message["content"], unary(&events)["content"]);
    assert_eq!(message["content"][1]["input"]["b"], 2);
}

#[test]
fn what_comes_between_a_calls_arguments_waits() {
    let image = Event::Image {
        choice: 0,
        media_type: Text::from("image/png"),
        data: Text::from("AAAA"),
    };
    let thought = Event::Reasoning {
        choice: 0,
        text: Text::from("hm"),
    };
    let signature = Event::ReasoningSignature {
        choice: 0,
        signature: Text::from("s"),
    };
    let events = [
        start(),
        text("before"),
        call(0, None),
        arguments(0, "{\"a\":"),
        text("be"),
        text("tween"),
        cite("https://x"),
        sealed(),
        call(1, None),
        image,
        arguments(1, "{\"b\":"),
        arguments(0, "1}"),
        thought,
        signature,
        arguments(1, "2}"),
        text("after"),
        finish(FinishReason::ToolCalls),
    ];
    let message = streamed(&events);
    assert_eq!(message["content"], unary(&events)["content"]);
    let want = [
        "text",
        "tool_use",
        "text",
        "redacted_thinking",
        "tool_use",
        "image",
        "thinking",
        "text",
    ];
    assert_eq!(kinds(&message), want);
    assert_eq!(message["content"][2]["text"], "between");
}

#[test]
fn a_call_streams_as_it_comes() {
    let mut writer = StreamWriter::new(context());
    let mut out = Vec::new();
    for event in [start(), text("a"), call(0, None), arguments(0, "{\"a\"")] {
        writer.event(&event, &mut out);
    }
    let so_far = String::from_utf8_lossy(&out);
    assert!(
        so_far.ends_with("\"partial_json\":\"{\\\"a\\\"\"}}\n\n"),
        "{so_far}"
    );
}
