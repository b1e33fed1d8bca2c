use super::*;
use std::borrow::Cow;

/// What a reader says of events (`NAME JSON`), one line each.
fn told(events: &[(&str, &str)], ends: bool) -> Vec<String> {
    let mut reader = Reader::default();
    let mut lines = Vec::new();
    let mut sink = |event: Event<'_>| {
        lines.push(match event {
            Event::Start { .. } => "start".to_owned(),
            Event::Text { text, .. } => format!("text {}", text.decode()),
            Event::ToolStart { index, id, .. } => format!("call {index} {}", id.decode()),
            Event::ToolArguments {
                index, fragment, ..
            } => format!("input {index} {}", fragment.decode()),
            Event::Citation { citation, .. } => {
                format!("cites {} {:?}", citation.url.decode(), citation.span)
            }
            Event::Image {
                media_type, data, ..
            } => format!("{} {}", media_type.decode(), data.decode()),
            Event::Finish { reason, .. } => reason.as_str().to_owned(),
            Event::Usage(usage) => format!("usage {}", usage.input_tokens),
            Event::Error(error) => format!("error {} {}", error.status, error.message),
            Event::End => "end".to_owned(),
            Event::Skipped => "skipped".to_owned(),
            other => format!("{other:?}"),
        });
    };
    for (name, data) in events {
        let event = framing::Event {
            name: name.trim_start_matches('!').as_bytes(),
            data: Cow::Borrowed(data.as_bytes()),
            raw: b"",
            complete: true,
            exception: name.starts_with('!'),
        };
        reader.event(&event, &mut sink);
    }
    if ends {
        reader.end(&mut sink);
    }
    lines
}

const STOP: (&str, &str) = ("messageStop", r#"{"stopReason":"end_turn"}"#);

#[test]
fn metadata_ends_the_answer_and_so_do_the_bytes() {
    let usage = ("metadata", r#"{"usage":{"inputTokens":2}}"#);
    assert_eq!(
        told(&[STOP, usage], true),
        ["start", "stop", "usage 2", "end"]
    );
    assert_eq!(told(&[STOP], true), ["start", "stop", "end"]);
    assert_eq!(
        told(&[usage, STOP], true),
        ["start", "usage 2", "stop", "end"]
    );
    let cut = told(&[usage], true);
    assert!(cut.last().is_some_and(|line| line.starts_with("error 502")));
}

#[test]
fn citations_follow_their_text() {
    let cite = r#"{"contentBlockIndex":1,"delta":{"citation":{"location":{"web":{"url":"u"}}}}}"#;
    let text = |block: u8| format!(r#"{{"contentBlockIndex":{block},"delta":{{"text":"ïo"}}}}"#);
    let (first, second) = (text(0), text(1));
    let events = [
        ("contentBlockDelta", first.as_str()),
        ("contentBlockDelta", cite),
        ("contentBlockDelta", second.as_str()),
        ("contentBlockStop", r#"{"contentBlockIndex":1}"#),
        STOP,
    ];
    let want = [
        "start",
        "text ïo",
        "text ïo",
        "cites u Some((2, 4))",
        "stop",
    ];
    assert_eq!(told(&events, false), want);
}

#[test]
fn calls_are_counted_without_the_providers_own() {
    let start = |block: u8, id: &str, kind: &str| {
        format!(
            r#"{{"contentBlockIndex":{block},"start":{{"toolUse":{{"toolUseId":"{id}","name":"f"{kind}}}}}}}"#
        )
    };
    let own = start(0, "s", r#","type":"server_tool_use""#);
    let (first, second) = (start(1, "a", ""), start(2, "b", ""));
    let input = |block: u8| {
        format!(r#"{{"contentBlockIndex":{block},"delta":{{"toolUse":{{"input":"{{}}"}}}}}}"#)
    };
    let (skipped, said) = (input(0), input(1));
    let events = [
        ("contentBlockStart", own.as_str()),
        ("contentBlockDelta", skipped.as_str()),
        ("contentBlockStart", first.as_str()),
        ("contentBlockStart", second.as_str()),
        ("contentBlockDelta", said.as_str()),
        STOP,
    ];
    let want = [
        "start",
        "skipped",
        "skipped",
        "call 0 a",
        "call 1 b",
        "input 0 {}",
        "input 1 {}",
        "stop",
    ];
    assert_eq!(told(&events, false), want);
}

#[test]
fn images_are_put_together() {
    let piece = |data: &str| {
        format!(
            r#"{{"contentBlockIndex":0,"delta":{{"image":{{"source":{{"bytes":"{data}"}}}}}}}}"#
        )
    };
    let (first, second) = (piece("aGk="), piece("aG8="));
    let events = [
        (
            "contentBlockStart",
            r#"{"contentBlockIndex":0,"start":{"image":{"format":"webp"}}}"#,
        ),
        ("contentBlockDelta", first.as_str()),
        ("contentBlockDelta", second.as_str()),
        ("contentBlockStop", r#"{"contentBlockIndex":0}"#),
    ];
    assert_eq!(told(&events, false), ["start", "image/webp aGlobw=="]);
}

#[test]
fn what_is_not_known_is_skipped_and_what_is_broken_ends() {
    let events = [
        ("newEvent", "{}"),
        ("contentBlockDelta", r#"{"delta":{"new":{}}}"#),
        ("!throttlingException", r#"{"message":"slow"}"#),
        STOP,
    ];
    assert_eq!(
        told(&events, true),
        ["start", "skipped", "skipped", "error 429 slow"]
    );
    let broken = told(&[("metadata", "{")], true);
    assert!(broken.len() == 1 && broken[0].starts_with("error 502"));
}
