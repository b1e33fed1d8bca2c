use super::*;

fn start(choice: u32, index: u32, name: &'static str) -> Event<'static> {
    Event::ToolStart {
        choice,
        index,
        id: Text::from("c"),
        name: Text::from(name),
        signature: None,
    }
}

fn arguments(choice: u32, index: u32, fragment: &'static str) -> Event<'static> {
    Event::ToolArguments {
        choice,
        index,
        fragment: Text::from(fragment),
    }
}

fn text(choice: u32, text: &'static str) -> Event<'static> {
    Event::Text {
        choice,
        text: Text::from(text),
    }
}

fn finish(choice: u32) -> Event<'static> {
    Event::Finish {
        choice,
        reason: FinishReason::ToolCalls,
        stop_sequence: None,
    }
}

/// What the client sees, in short.
fn seen(events: &[Event<'static>]) -> Vec<String> {
    let mut tool = JsonTool::new(Some(JsonTool::NAME.to_owned()));
    let mut seen = Vec::new();
    let mut sink = |event: Event<'_>| {
        seen.push(match event {
            Event::Text { choice, text } => format!("{choice} {}", text.decode()),
            Event::ToolStart {
                choice,
                index,
                name,
                ..
            } => format!("{choice} call {index} {}", name.decode()),
            Event::ToolArguments {
                choice,
                index,
                fragment,
            } => format!("{choice} of {index} {}", fragment.decode()),
            Event::Finish { choice, reason, .. } => format!("{choice} {}", reason.as_str()),
            other => format!("{other:?}"),
        });
    };
    for event in events {
        tool.map(event.clone(), &mut sink);
    }
    tool.finish(&mut sink);
    seen
}

#[test]
fn the_first_forced_calls_arguments_are_all_the_text() {
    let events = [
        text(0, "Here it is:"),
        start(0, 0, JsonTool::NAME),
        arguments(0, 0, ""),
        arguments(0, 0, "{\"a\""),
        text(0, "\n"),
        arguments(0, 0, ":1}"),
        start(0, 1, JsonTool::NAME),
        arguments(0, 1, "{\"a\":2}"),
        text(0, "Done."),
        finish(0),
    ];
    assert_eq!(seen(&events), ["0 {\"a\"", "0 :1}", "0 stop"]);
}

#[test]
fn text_stays_where_the_tool_is_not_called() {
    let events = [text(0, "\n"), text(0, "{}"), finish(0), text(1, "cut")];
    assert_eq!(seen(&events), ["0 \n{}", "0 stop", "1 cut"]);
    let failed = [text(0, "x"), Event::End];
    assert_eq!(seen(&failed), ["0 x", "End"]);
}

#[test]
fn choices_do_not_know_each_other() {
    let events = [
        text(0, "let me look"),
        start(0, 0, "look"),
        start(1, 0, JsonTool::NAME),
        arguments(0, 0, "{}"),
        arguments(1, 0, "{\"b\":1}"),
        finish(0),
        finish(1),
    ];
    let want = [
        "0 let me look",
        "0 call 0 look",
        "0 of 0 {}",
        "1 {\"b\":1}",
        "0 tool_calls",
        "1 stop",
    ];
    assert_eq!(seen(&events), want);
}

#[test]
fn the_clients_calls_are_counted_without_the_forced_ones() {
    let events = [
        start(0, 0, "f"),
        start(0, 1, JsonTool::NAME),
        start(0, 2, "g"),
        arguments(0, 2, "{}"),
        arguments(0, 0, "{}"),
        finish(0),
    ];
    let want = [
        "0 call 0 f",
        "0 call 1 g",
        "0 of 1 {}",
        "0 of 0 {}",
        "0 tool_calls",
    ];
    assert_eq!(seen(&events), want);
}

#[test]
fn no_tool_of_the_clients_is_called_the_same() {
    let tool = |name: &'static str| Tool::Function {
        name: Text::from(name),
        description: None,
        parameters: None,
        strict: None,
        cache_control: None,
    };
    assert_eq!(JsonTool::name_beside(&[tool("f")]), "json_tool_call");
    let taken = [tool("json_tool_call_2"), tool("json_tool_call")];
    assert_eq!(JsonTool::name_beside(&taken), "json_tool_call_3");
}

#[test]
fn a_tools_input_is_an_object() {
    for (schema, takes) in [
        (r#"{"properties":{}}"#, true),
        (r#"{"type":"object"}"#, true),
        (r#"{"type":"array","properties":{}}"#, false),
        ("{}", false),
        ("[]", false),
    ] {
        assert_eq!(JsonTool::takes(schema), takes, "{schema}");
    }
}
