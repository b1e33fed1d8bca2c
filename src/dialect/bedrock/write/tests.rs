use super::*;
use crate::chat::ErrorKind;
use crate::dialect::UnsupportedParams;
use crate::provider::kind;

fn written(model: &str, request: &str) -> Result<Written, Error> {
    let options = WriteOptions {
        model,
        unsupported: UnsupportedParams::Reject,
        default_max_tokens: 9,
        from: Wire::OpenAi,
        kind: kind("bedrock").expect("a row"),
    };
    let made = crate::dialect::Made::default();
    let request = Wire::OpenAi
        .read_request(request.as_bytes(), &crate::dialect::Asked::nothing(&made))
        .expect("a request");
    write(&request, &options)
}

fn body(model: &str, request: &str) -> String {
    let written = written(model, request).expect("said");
    String::from_utf8(written.body).expect("text")
}

fn refused(model: &str, fields: &str) -> String {
    let request =
        format!(r#"{{"model":"m","messages":[{{"role":"user","content":"x"}}],{fields}}}"#);
    let error = written(model, &request).expect_err(fields);
    assert_eq!(error.kind, ErrorKind::Unsupported, "{fields}");
    error.param.unwrap_or_default()
}

const CLAUDE: &str = "anthropic.claude-sonnet-4-5-20250929-v1:0";
const NOVA: &str = "amazon.nova-lite-v1:0";
const LLAMA: &str = "us.meta.llama4-maverick-17b-instruct-v1:0";

#[test]
fn what_cannot_be_said_is_named() {
    assert_eq!(refused(CLAUDE, r#""temperature":1.5"#), "temperature");
    assert_eq!(refused(CLAUDE, r#""temperature":0.5,"top_p":0.5"#), "top_p");
    assert_eq!(refused(CLAUDE, r#""seed":1"#), "seed");
    assert_eq!(refused(CLAUDE, r#""n":2"#), "n");
    assert_eq!(refused(CLAUDE, r#""stop":[" "]"#), "stop");
    assert_eq!(refused(CLAUDE, r#""service_tier":"scale""#), "service_tier");
    assert_eq!(
        refused(LLAMA, r#""reasoning_effort":"low""#),
        "reasoning_effort"
    );
    assert_eq!(refused(LLAMA, r#""top_k":4"#), "top_k");
    let tool = r#""tools":[{"type":"function","function":{"name":"f"}}]"#;
    let required = format!(r#"{tool},"tool_choice":"required""#);
    assert_eq!(refused(LLAMA, &required), "tool_choice");
    let alone = format!(r#"{tool},"parallel_tool_calls":false"#);
    assert_eq!(refused(NOVA, &alone), "parallel_tool_calls");
}

#[test]
fn pictures_at_urls_need_their_bytes() {
    let request = r#"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/y.png"}}]}]}"#;
    let error = written(CLAUDE, request).expect_err("an URL");
    assert_eq!(error.param.as_deref(), Some("messages[0].content[0]"));
    assert!(error.message.contains("bytes"), "{error}");
}

#[test]
fn results_of_one_call_are_one_block_and_stand_alone_for_nova() {
    let request = r#"{"model":"m","messages":[{"role":"user","content":"x"},
        {"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},
        {"role":"tool","tool_call_id":"a","content":"1"},{"role":"tool","tool_call_id":"a","content":"2"},
        {"role":"user","content":"go"}],"tools":[{"type":"function","function":{"name":"f"}}]}"#;
    let result = |rest: &str| {
        format!(
            r#"[{{"toolResult":{{"toolUseId":"a","content":[{{"text":"1"}},{{"text":"2"}}{rest}"#
        )
    };
    let claude = body(CLAUDE, request);
    assert!(
        claude.contains(&result(r#"]}},{"text":"go"}]"#)),
        "{claude}"
    );
    let nova = body(NOVA, request);
    assert!(nova.contains(&result(r#",{"text":"go"}]}}]"#)), "{nova}");
}

#[test]
fn the_models_own_fields() {
    let ask = |fields: &str| {
        format!(r#"{{"model":"m","messages":[{{"role":"user","content":"x"}}],{fields}}}"#)
    };
    let nova = body(NOVA, &ask(r#""top_k":4"#));
    assert!(nova.ends_with(r#""additionalModelRequestFields":{"inferenceConfig":{"topK":4}}}"#));
    let claude = body(CLAUDE, &ask(r#""reasoning_effort":"low""#));
    let thinking = r#"{"thinking":{"type":"enabled","budget_tokens":1024}}"#;
    assert!(claude.contains(thinking), "{claude}");
    let oss = body(
        "openai.gpt-oss-20b-1:0",
        &ask(r#""reasoning_effort":"minimal""#),
    );
    assert!(oss.ends_with(r#""additionalModelRequestFields":{"reasoning_effort":"low"}}"#));
    // The client's own words for Bedrock count.
    let own = ask(r#""reasoning_effort":"low","additionalModelRequestFields":{"thinking":7}"#);
    assert!(body(CLAUDE, &own).ends_with(r#""additionalModelRequestFields":{"thinking":7}}"#));
}

#[test]
fn one_named_tool_is_any_of_one() {
    let request = r#"{"model":"m","messages":[{"role":"user","content":"x"}],"tool_choice":{"type":"function","function":{"name":"b"}},
        "tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"b"}}]}"#;
    let mistral = body("mistral.mistral-large-2402-v1:0", request);
    assert!(mistral.contains(r#""toolChoice":{"any":{}}"#), "{mistral}");
    assert!(!mistral.contains(r#""name":"a""#), "{mistral}");
    let claude = body(CLAUDE, request);
    assert!(
        claude.contains(r#""toolChoice":{"tool":{"name":"b"}}"#),
        "{claude}"
    );
}

#[test]
fn an_answer_of_json_is_not_forced_while_claude_thinks() {
    let request = r#"{"model":"m","messages":[{"role":"user","content":"x"}],"reasoning_effort":"low","response_format":{"type":"json_object"}}"#;
    let claude = written(CLAUDE, request).expect("said");
    assert_eq!(claude.json_tool.as_deref(), Some(JsonTool::NAME));
    let claude = String::from_utf8(claude.body).expect("text");
    assert!(claude.contains(r#""toolChoice":{"auto":{}}"#), "{claude}");
}

#[test]
fn a_tool_of_the_clients_keeps_its_name() {
    let request = r#"{"model":"m","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object"},
        "tools":[{"type":"function","function":{"name":"json_tool_call"}}]}"#;
    let claude = written(CLAUDE, request).expect("said");
    assert_eq!(claude.json_tool.as_deref(), Some("json_tool_call_2"));
    let claude = String::from_utf8(claude.body).expect("text");
    assert!(claude.contains(r#""name":"json_tool_call""#), "{claude}");
    assert!(claude.contains(r#""name":"json_tool_call_2""#), "{claude}");
}

#[test]
fn thinking_that_cannot_be_is_told() {
    let user = r#"{"role":"user","content":"x"}"#;
    let call = r#"{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"1"}"#;
    let tools = r#""tools":[{"type":"function","function":{"name":"f"}}]"#;
    let dropped = |messages: &str, rest: &str| {
        let request =
            format!(r#"{{"model":"m","messages":[{messages}],{rest},"reasoning_effort":"low"}}"#);
        let written = written(CLAUDE, &request).expect("said");
        assert_eq!(
            String::from_utf8_lossy(&written.body).contains("budget_tokens"),
            written.dropped.is_empty()
        );
        written.dropped
    };
    assert!(dropped(user, r#""max_tokens":2000"#).is_empty());
    assert_eq!(dropped(user, r#""max_tokens":1024"#), ["reasoning_effort"]);
    assert_eq!(
        dropped(&format!("{user},{call}"), tools),
        ["reasoning_effort"]
    );
}

#[test]
fn legacy_functions_are_called_one_at_a_time() {
    let request = r#"{"model":"m","messages":[{"role":"user","content":"x"}],"functions":[{"name":"f","parameters":{}}]}"#;
    assert!(body(CLAUDE, request).contains(r#""disable_parallel_tool_use":true"#));
    assert!(!body(NOVA, request).contains("parallel"));
}
