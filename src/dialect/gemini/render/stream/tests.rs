use super::*;
use serde_json::Value;

fn call(index: u32) -> Event<'static> {
    Event::ToolStart {
        choice: 0,
        index,
        id: Text::from(format!("c{index}")),
        name: Text::from("f"),
        signature: None,
    }
}

fn arguments(index: u32, fragment: &str) -> Event<'_> {
    Event::ToolArguments {
        choice: 0,
        index,
        fragment: Text::from(fragment),
    }
}

fn text(text: &str) -> Event<'_> {
    Event::Text {
        choice: 0,
        text: Text::from(text),
    }
}

/// The parts of all events: texts, and calls' arguments.
fn parts(events: &[Event<'_>]) -> Vec<String> {
    let mut writer = StreamWriter::new(AnswerContext::default());
    let mut out = Vec::new();
    for event in events {
        writer.event(event, &mut out);
    }
    writer.finish(&mut out);
    let out = String::from_utf8(out).expect("text");
    let data = out.split("data: ").filter(|data| !data.is_empty());
    let events = data.map(|data| serde_json::from_str::<Value>(data).expect("JSON"));
    let parts = events.flat_map(|event| {
        let parts = &event["candidates"][0]["content"]["parts"];
        parts.as_array().cloned().unwrap_or_default()
    });
    let said = parts.map(|part| match part["text"].as_str() {
        Some(text) => text.to_owned(),
        None if part.get("inlineData").is_some() => "media".to_owned(),
        None => part["functionCall"]["args"].to_string(),
    });
    said.filter(|said| !said.is_empty()).collect()
}

#[test]
fn what_comes_between_a_calls_arguments_waits() {
    let image = Event::Image {
        choice: 0,
        media_type: Text::from("image/png"),
        data: Text::from("AAAA"),
    };
    let events = [
        text("before"),
        call(0),
        arguments(0, "{\"a\":"),
        text("between"),
        image,
        arguments(0, "1}"),
        text("after"),
        call(1),
        arguments(1, "{}"),
        text("last"),
    ];
    let want = [
        "before",
        "{\"a\":1}",
        "between",
        "media",
        "after",
        "{}",
        "last",
    ];
    assert_eq!(parts(&events), want);
}

#[test]
fn what_waits_for_a_broken_call_comes_at_the_end() {
    let mut events = vec![call(0), arguments(0, "{\"a\":"), text("x"), text("y")];
    let want = [r#"{"invalid_json":"{\"a\":"}"#, "x", "y"];
    assert_eq!(parts(&events), want);
    let failed = crate::chat::Error::new(crate::chat::ErrorKind::Upstream, "failed");
    events.push(Event::Error(failed));
    assert_eq!(parts(&events), ["x", "y"]);
}
