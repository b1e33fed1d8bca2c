use super::*;
use crate::chat::Tool;

fn message(body: &str) -> String {
    read(body.as_bytes()).expect_err(body).message
}

#[test]
fn mistakes_name_their_field() {
    assert_eq!(message("{}"), "model: Field required");
    assert_eq!(
        message(r#"{"model":"m","messages":[]}"#),
        "max_tokens: Field required"
    );
    let body = |messages: &str| format!(r#"{{"model":"m","max_tokens":1,"messages":{messages}}}"#);
    assert_eq!(
        message(&body(r#"[{"role":"user"}]"#)),
        "messages.0.content: Field required"
    );
    assert_eq!(
        message(&body(r#"[{"role":"user","content":[{"type":"text"}]}]"#)),
        "messages.0.content.0.text: Field required"
    );
    assert_eq!(
        message(&body("7")),
        "messages: found a number, expected an array"
    );
}

#[test]
fn system_comes_first_wherever_it_stands() {
    let body =
        r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"u"}],"system":"s"}"#;
    let request = read(body.as_bytes()).expect("valid");
    assert_eq!(request.messages[0].role, Role::System);
    assert_eq!(request.messages.len(), 2);
}

fn body(messages: &str) -> String {
    format!(r#"{{"model":"m","max_tokens":1,"messages":{messages}}}"#)
}

#[test]
fn signatures_of_other_wires_come_back() {
    let body = body(
        r#"[{"role":"assistant","content":[{"type":"text","text":"t"},{"type":"redacted_thinking","data":"gemini:c2ln"},{"type":"redacted_thinking","data":"gemini:YWxvbmU="},{"type":"redacted_thinking","data":"x"},{"type":"tool_use","id":"a__thought__c2k=","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a__thought__c2k=","content":"r"}]}]"#,
    );
    let request = read(body.as_bytes()).expect("valid");
    let parts = &request.messages[0].content;
    assert!(
        matches!(&parts[0], Part::Text { text, signature: Some(s), .. } if text.is("t") && s.is("c2ln"))
    );
    assert!(
        matches!(&parts[1], Part::Text { text, signature: Some(s), .. } if text.is_empty() && s.is("YWxvbmU="))
    );
    assert!(matches!(&parts[2], Part::RedactedReasoning { data } if data.is("x")));
    assert!(
        matches!(&parts[3], Part::ToolCall { id, signature: Some(s), .. } if id.is("a") && s.is("c2k="))
    );
    assert!(matches!(&request.messages[1].content[0], Part::ToolResult { id, .. } if id.is("a")));
    assert!(request.verbatim.is_empty());
}

#[test]
fn provider_side_tools_are_told_apart() {
    let body = r#"{"model":"m","max_tokens":1,"messages":[],"tools":[{"type":"web_search_20250305","name":"web_search","allowed_domains":["a.b"],"max_uses":2,"user_location":{"type":"approximate","city":"c"}},{"type":"code_execution_20250825","name":"code_execution"},{"type":"bash_20250124","name":"bash"},{"type":"custom","name":"f","input_schema":{"type":"object"},"defer_loading":true}],"metadata":{"user_id":"u"},"thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"low","task_budget":{"total":1}},"context_management":{},"service_tier":null}"#;
    let request = read(body.as_bytes()).expect("valid");
    assert!(matches!(&request.tools[0], Tool::WebSearch(search)
        if search.allowed_domains.len() == 1 && search.max_uses == Some(2) && search.own.is_some()
            && search.user_location.as_ref().is_some_and(|place| place.str("city").is_some())));
    assert!(matches!(&request.tools[1], Tool::CodeExecution { .. }));
    assert!(matches!(&request.tools[2], Tool::Other { kind, .. } if kind.is("bash_20250124")));
    assert!(matches!(&request.tools[3], Tool::Function { name, .. } if name.is("f")));
    assert!(request.user.as_ref().is_some_and(|user| user.is("u")) && request.metadata.is_none());
    let kept: Vec<&str> = request
        .verbatim
        .iter()
        .map(|(place, _)| place.as_str())
        .collect();
    assert_eq!(kept, ["tools[3]", "thinking", "output_config"]);
    let extra: Vec<_> = request.extra.iter().map(|(key, _)| key.decode()).collect();
    assert_eq!(extra, ["output_config.task_budget", "context_management"]);
    assert!(
        matches!(&request.reasoning, Some(Reasoning::Adaptive { effort: Some(e) }) if e.is("low"))
    );
}

#[test]
fn what_is_said_to_the_billing_is_no_prompt() {
    let body = r#"{"model":"m","max_tokens":1,"messages":[],"system":[{"type":"text","text":"x-anthropic-billing-header: v"},{"type":"text","text":"s"}]}"#;
    let request = read(body.as_bytes()).expect("valid");
    assert_eq!(request.messages[0].content.len(), 1);
    assert!(request.verbatim("system").is_some());
}

#[test]
fn search_results_are_text_to_others() {
    let body = body(
        r#"[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"search_result","source":"https://x","title":"T","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]}]}]"#,
    );
    let request = read(body.as_bytes()).expect("valid");
    let Part::ToolResult { content, .. } = &request.messages[0].content[0] else {
        panic!("a result");
    };
    assert!(matches!(&content[0], Part::Text { text, .. } if text.is("T\nhttps://x\n\na\nb")));
    assert!(request.verbatim("messages[0].content[0]").is_some());
}

#[test]
fn an_empty_signature_is_none() {
    let body = body(
        r#"[{"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":""},{"type":"thinking","thinking":"b","signature":"s"}]}]"#,
    );
    let request = read(body.as_bytes()).expect("valid");
    let signed = |part: &Part<'_>| {
        matches!(
            part,
            Part::Reasoning {
                signature: Some(_),
                ..
            }
        )
    };
    let parts = &request.messages[0].content;
    assert_eq!([signed(&parts[0]), signed(&parts[1])], [false, true]);
}
