//! Tools and the choice among them.

use super::{asks, beside, body, object, options, write};
use crate::chat::{Request, ResponseFormat, Tool, ToolChoice, WebSearch};
use crate::dialect::Wire;
use crate::json::{Text, Value};

fn function(name: &str, strict: Option<bool>) -> Tool<'_> {
    Tool::Function {
        name: Text::from(name),
        description: None,
        parameters: None,
        strict,
        cache_control: None,
    }
}

#[test]
fn every_form_of_choice() {
    let names = || vec![Text::from("f")];
    let allowed = |required| ToolChoice::Allowed {
        required,
        names: names(),
    };
    let own = object(r#"{"mode":"VALIDATED"}"#);
    let cases = [
        (Wire::OpenAi, ToolChoice::Auto, r#"{"mode":"AUTO"}"#),
        (Wire::OpenAi, ToolChoice::None, r#"{"mode":"NONE"}"#),
        (Wire::OpenAi, ToolChoice::Required, r#"{"mode":"ANY"}"#),
        (
            Wire::OpenAi,
            ToolChoice::Named(Text::from("f")),
            r#"{"mode":"ANY","allowedFunctionNames":["f"]}"#,
        ),
        (
            Wire::OpenAi,
            allowed(true),
            r#"{"mode":"ANY","allowedFunctionNames":["f"]}"#,
        ),
        (
            Wire::OpenAi,
            allowed(false),
            r#"{"mode":"VALIDATED","allowedFunctionNames":["f"]}"#,
        ),
        (
            Wire::Gemini,
            ToolChoice::Other(Value::Object(own)),
            r#"{"mode":"VALIDATED"}"#,
        ),
    ];
    for (from, choice, want) in cases {
        let request = Request {
            tools: vec![function("f", None)],
            tool_choice: Some(choice),
            ..asks()
        };
        let want = format!(
            r#""tools":[{{"functionDeclarations":[{{"name":"f"}}]}}],"toolConfig":{{"functionCallingConfig":{want}}}}}"#
        );
        assert_eq!(
            beside(&request, &options("gemini-2.5-flash", "gemini", from)),
            want
        );
    }
    let request = Request {
        tools: vec![function("f", Some(true))],
        parallel_tool_calls: Some(false),
        ..asks()
    };
    let error = write(
        &request,
        &options("gemini-2.5-flash", "gemini", Wire::OpenAi),
    );
    assert_eq!(
        error.expect_err("refused").param.as_deref(),
        Some("parallel_tool_calls")
    );
    let request = Request {
        parallel_tool_calls: None,
        ..request
    };
    let strict = beside(
        &request,
        &options("gemini-2.5-flash", "gemini", Wire::OpenAi),
    );
    assert!(strict.contains(r#"{"mode":"VALIDATED"}"#), "{strict}");
}

#[test]
fn a_form_beside_functions_is_a_function() {
    let request = Request {
        tools: vec![function("f", None)],
        response_format: Some(ResponseFormat::JsonObject),
        ..asks()
    };
    let older = options("gemini-2.5-flash", "gemini", Wire::OpenAi);
    let written = write(&request, &older).expect("said");
    assert_eq!(written.json_tool.as_deref(), Some("json_tool_call"));
    assert!(!body(written).contains("responseMimeType"));
    let taken = Request {
        tools: vec![function("json_tool_call", None)],
        response_format: Some(ResponseFormat::JsonObject),
        ..asks()
    };
    let written = write(&taken, &older).expect("said");
    assert_eq!(written.json_tool.as_deref(), Some("json_tool_call_2"));
    let said = body(written);
    assert!(said.contains(r#""name":"json_tool_call_2""#), "{said}");
    let third = options("gemini-3-flash-preview", "gemini", Wire::OpenAi);
    let written = write(&request, &third).expect("said");
    assert!(written.json_tool.is_none());
    assert!(body(written).contains(r#""responseMimeType":"application/json""#));
}

#[test]
fn what_google_runs() {
    let request = Request {
        tools: vec![
            Tool::WebSearch(WebSearch::default()),
            Tool::CodeExecution {
                own: object(r#"{"type":"code_execution"}"#),
            },
            function("f", None),
        ],
        ..asks()
    };
    let want = r#""tools":[{"functionDeclarations":[{"name":"f"}]},{"googleSearch":{}},{"codeExecution":{}}],"toolConfig":{"includeServerSideToolInvocations":true}}"#;
    assert_eq!(
        beside(
            &request,
            &options("gemini-3-flash-preview", "gemini", Wire::OpenAi)
        ),
        want
    );
    let blocked = || WebSearch {
        blocked_domains: vec![Text::from("a.test")],
        ..WebSearch::default()
    };
    let request = Request {
        tools: vec![Tool::WebSearch(blocked())],
        ..asks()
    };
    let want = r#""tools":[{"googleSearch":{"excludeDomains":["a.test"]}}]}"#;
    assert_eq!(
        beside(
            &request,
            &options("gemini-2.5-pro", "vertex_ai", Wire::OpenAi)
        ),
        want
    );
    let error = write(&request, &options("gemini-2.5-pro", "gemini", Wire::OpenAi));
    assert_eq!(
        error.expect_err("refused").param.as_deref(),
        Some("tools[0].blocked_domains")
    );
}
