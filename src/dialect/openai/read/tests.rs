use super::*;
use crate::chat::{Part, Reasoning, Tool, ToolChoice};

fn param(body: &str) -> String {
    read(body.as_bytes())
        .expect_err(body)
        .param
        .unwrap_or_default()
}

fn ok(body: &str) -> Request<'_> {
    read(body.as_bytes()).expect(body)
}

#[test]
fn mistakes_name_their_field() {
    for (body, field) in [
        ("{}", "messages"),
        (r#"{"messages":[{"content":"x"}]}"#, "messages[0].role"),
        (
            r#"{"messages":[{"role":"user","content":7}]}"#,
            "messages[0].content",
        ),
        (r#"{"messages":[],"stop":[1]}"#, "stop[0]"),
        (r#"{"messages":[],"max_tokens":"1"}"#, "max_tokens"),
        (
            r#"{"messages":[],"tools":[{"type":"function"}]}"#,
            "tools[0].function",
        ),
        (
            r#"{"messages":[{"role":"tool","content":"x"}]}"#,
            "messages[0].tool_call_id",
        ),
        (
            r#"{"messages":[],"response_format":{"type":"json_schema"}}"#,
            "response_format.json_schema",
        ),
        (r#"{"messages":[],"metadata":1}"#, "metadata"),
    ] {
        assert_eq!(param(body), field, "{body}");
    }
}

#[test]
fn unknown_fields_are_kept_aside() {
    let request = ok(
        r#"{"messages":[],"verbosity":"low","logprobs":5,"x":null,"max_tokens":1,"max_completion_tokens":2}"#,
    );
    assert_eq!(request.extra.len(), 2);
    assert_eq!((request.max_tokens, request.own.len()), (Some(2), 1));
}

#[test]
fn thinking_is_read_in_every_form() {
    let asked = |fields: &str| {
        let body = format!("{{\"messages\":[],{fields}}}");
        format!("{:?}", read(body.as_bytes()).expect("valid").reasoning)
    };
    for (fields, want) in [
        (r#""reasoning_effort":"none""#, "Some(Off)"),
        (r#""reasoning":{"max_tokens":9}"#, "Some(Budget(9))"),
        (r#""reasoning":{"enabled":false}"#, "Some(Off)"),
        (
            r#""thinking":{"type":"enabled","budget_tokens":5},"reasoning_effort":"low""#,
            "Some(Budget(5))",
        ),
        (r#""thinking":{"type":"disabled"}"#, "Some(Off)"),
        (
            r#""thinking":{"type":"enabled"}"#,
            "Some(Adaptive { effort: None })",
        ),
    ] {
        assert_eq!(asked(fields), want, "{fields}");
    }
    let both = ok(r#"{"messages":[],"thinking":{"type":"adaptive"},"reasoning_effort":"low"}"#);
    let Some(Reasoning::Adaptive { effort: Some(word) }) = both.reasoning else {
        panic!("no effort");
    };
    assert!(word.is("low"));
}

#[test]
fn legacy_functions_are_tools() {
    let request = ok(
        r#"{"messages":[{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"1"}],"functions":[{"name":"f"}],"function_call":{"name":"f"}}"#,
    );
    assert!(request.legacy_functions);
    assert!(matches!(request.tools[..], [Tool::Function { .. }]));
    assert!(matches!(request.tool_choice, Some(ToolChoice::Named(_))));
    let [Part::ToolCall { id, .. }] = &request.messages[0].content[..] else {
        panic!("no call");
    };
    assert!(id.is("f"));
    assert!(!ok(r#"{"messages":[]}"#).legacy_functions);
}

#[test]
fn choices_are_read() {
    let choice = |text: &str| {
        let body = format!("{{\"messages\":[],\"tool_choice\":{text}}}");
        let choice = read(body.as_bytes()).expect("valid").tool_choice;
        match choice.expect("one") {
            ToolChoice::Allowed { required, names } => format!("{required} {}", names.len()),
            ToolChoice::Named(name) => name.decode().into_owned(),
            ToolChoice::Other(_) => "other".to_owned(),
            word => format!("{word:?}"),
        }
    };
    let allowed = r#"{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"a"}}]}}"#;
    assert_eq!(choice(allowed), "true 1");
    assert_eq!(choice(r#"{"function":{"name":"g"}}"#), "g");
    assert_eq!(
        choice(r#"{"type":"custom","custom":{"name":"g"}}"#),
        "other"
    );
    assert_eq!(choice(r#""any""#), "Required");
}
