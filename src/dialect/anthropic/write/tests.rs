use super::*;
use crate::chat::{MediaSource, Message, Part, Reasoning, Role, Tool, ToolChoice, WebSearch};
use crate::dialect::UnsupportedParams;
use crate::json::{self, Text, Value as Json};
use crate::provider::kind;
use serde_json::{Value, json};

fn options<'a>(provider: &str, model: &'a str) -> WriteOptions<'a> {
    WriteOptions {
        model,
        unsupported: UnsupportedParams::Reject,
        default_max_tokens: 4096,
        from: Wire::OpenAi,
        kind: kind(provider).expect("a kind"),
    }
}

fn said(request: &Request<'_>, options: &WriteOptions<'_>) -> (Value, Written) {
    let written = write(request, options).expect("said");
    (
        serde_json::from_slice(&written.body).expect("JSON"),
        written,
    )
}

fn refused(request: &Request<'_>, options: &WriteOptions<'_>) -> String {
    let error = write(request, options).expect_err("a refusal");
    assert_eq!(error.status, 400);
    error.param.unwrap_or_default()
}

fn message(role: Role, text: &'static str) -> Message<'static> {
    Message {
        role,
        name: None,
        content: vec![Part::Text {
            text: Text::from(text),
            cache_control: None,
            signature: None,
        }],
        extra: Vec::new(),
    }
}

fn hello() -> Request<'static> {
    Request {
        messages: vec![message(Role::User, "Hello")],
        ..Request::default()
    }
}

fn with(part: Part<'static>) -> Request<'static> {
    let mut request = hello();
    request.messages[0].content = vec![part];
    request
}

fn function(name: &'static str, strict: Option<bool>) -> Tool<'static> {
    Tool::Function {
        name: Text::from(name),
        description: None,
        parameters: None,
        strict,
        cache_control: None,
    }
}

const CLAUDE: &str = "claude-sonnet-4-5";

#[test]
fn only_allowed_tools_are_offered() {
    let mut request = hello();
    request.tools = vec![
        function("f", None),
        function("g", None),
        function("h.1", None),
    ];
    request.tool_choice = Some(ToolChoice::Allowed {
        required: true,
        names: vec![Text::from("f"), Text::from("h.1")],
    });
    let (body, written) = said(&request, &options("anthropic", CLAUDE));
    let names: Vec<&str> = body["tools"]
        .as_array()
        .expect("tools")
        .iter()
        .map(|tool| tool["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names[0], "f");
    assert_eq!(names.len(), 2);
    assert_eq!(written.names, [(names[1].to_owned(), "h.1".to_owned())]);
    assert_eq!(body["tool_choice"], json!({"type": "any"}));
}

#[test]
fn calls_cannot_be_forced_everywhere() {
    let mut request = hello();
    request.tools = vec![function("f", None)];
    request.tool_choice = Some(ToolChoice::Named(Text::from("f")));
    assert_eq!(
        refused(&request, &options("anthropic", "claude-opus-5-5")),
        "tool_choice"
    );
    request.reasoning = Some(Reasoning::Effort(Text::from("low")));
    assert_eq!(
        refused(&request, &options("anthropic", CLAUDE)),
        "tool_choice"
    );
    // A model that thinks as it sees fit can be made to call.
    let (body, _) = said(&request, &options("anthropic", "claude-opus-4-6"));
    assert_eq!(body["tool_choice"], json!({"type": "tool", "name": "f"}));
}

#[test]
fn the_tool_that_answers_takes_no_clients_name() {
    let mut request = hello();
    request.tools = vec![function("json_tool_call", None)];
    request.tool_choice = Some(ToolChoice::None);
    request.response_format = Some(crate::chat::ResponseFormat::JsonObject);
    let (body, written) = said(&request, &options("anthropic", "claude-sonnet-4-5"));
    assert_eq!(written.json_tool.as_deref(), Some("json_tool_call_2"));
    assert_eq!(body["tools"][0]["name"], "json_tool_call");
    assert_eq!(body["tools"][1]["name"], "json_tool_call_2");
    assert_eq!(body["tool_choice"]["name"], "json_tool_call_2");
}

#[test]
fn strict_tools_need_a_model_that_knows_them() {
    let mut request = hello();
    request.tools = vec![function("f", Some(true))];
    assert_eq!(
        refused(&request, &options("anthropic", "claude-3-7-sonnet")),
        "tools[0].strict"
    );
    let (body, _) = said(&request, &options("anthropic", CLAUDE));
    assert_eq!(body["tools"][0]["strict"], true);
    assert_eq!(
        body["tools"][0]["input_schema"]["additionalProperties"],
        false
    );
}

#[test]
fn the_web_is_searched_where_the_host_does() {
    let place = json::parse(br#"{"city":"Paris","country":null,"x":1}"#).expect("JSON");
    let mut request = hello();
    request.tools = vec![Tool::WebSearch(WebSearch {
        allowed_domains: vec![Text::from("a.b")],
        context_size: Some(Text::from("high")),
        user_location: place.as_object().cloned(),
        ..WebSearch::default()
    })];
    let (body, written) = said(&request, &options("anthropic", CLAUDE));
    assert_eq!(
        body["tools"][0],
        json!({"type": "web_search_20250305", "name": "web_search",
        "allowed_domains": ["a.b"], "max_uses": 10,
        "user_location": {"type": "approximate", "city": "Paris"}})
    );
    assert!(written.headers.is_empty());
    let (_, written) = said(&request, &options("vertex_anthropic", CLAUDE));
    assert_eq!(
        written.headers,
        [(
            "anthropic-beta".to_owned(),
            "web-search-2025-03-05".to_owned()
        )]
    );
    assert_eq!(
        refused(&request, &options("bedrock_anthropic", CLAUDE)),
        "web_search_options"
    );
}

#[test]
fn code_runs_where_the_host_runs_it() {
    let mut request = hello();
    request.tools = vec![Tool::CodeExecution {
        own: json::Object::default(),
    }];
    let (body, written) = said(&request, &options("anthropic", CLAUDE));
    assert_eq!(body["tools"][0]["type"], "code_execution_20250825");
    assert_eq!(written.headers[0].1, "code-execution-2025-08-25");
    assert_eq!(
        refused(&request, &options("vertex_anthropic", CLAUDE)),
        "tools[0]"
    );
}

#[test]
fn media_are_said_or_refused_by_place() {
    let place = "messages[0].content[0]";
    let image = |source| Part::Image {
        media: MediaSource::into(source),
        detail: None,
        cache_control: None,
    };
    let url = with(image(MediaSource::Url(Text::from("https://x/y.png"))));
    let (body, _) = said(&url, &options("anthropic", CLAUDE));
    assert_eq!(body["messages"][0]["content"][0]["source"]["type"], "url");
    assert_eq!(refused(&url, &options("vertex_anthropic", CLAUDE)), place);
    assert_eq!(refused(&url, &options("bedrock_anthropic", CLAUDE)), place);
    let file = with(image(MediaSource::File(Text::from("file_1"))));
    let (_, written) = said(&file, &options("foundry_anthropic", CLAUDE));
    assert_eq!(written.headers[0].1, "files-api-2025-04-14");
    assert_eq!(refused(&file, &options("bedrock_anthropic", CLAUDE)), place);
    let film = Part::Video {
        media: MediaSource::Url(Text::from("https://x")).into(),
        metadata: None,
    };
    let speech = Part::Audio {
        media: MediaSource::Url(Text::from("https://x")).into(),
    };
    for part in [film, speech] {
        // Content is refused whatever becomes of parameters.
        let dropping = WriteOptions {
            unsupported: UnsupportedParams::Drop,
            ..options("anthropic", CLAUDE)
        };
        assert_eq!(refused(&with(part), &dropping), place);
    }
}

#[test]
fn prefills_need_a_model_that_continues() {
    let mut request = hello();
    request.messages.push(message(Role::Assistant, "{ "));
    let (body, _) = said(&request, &options("anthropic", CLAUDE));
    assert_eq!(body["messages"][1]["content"], "{");
    assert_eq!(
        refused(&request, &options("anthropic", "claude-sonnet-4-6")),
        "messages[1]"
    );
}

#[test]
fn parameters_of_other_wires_are_refused_by_name() {
    let refusal = |change: fn(&mut Request<'static>)| {
        let mut request = hello();
        change(&mut request);
        refused(&request, &options("anthropic", CLAUDE))
    };
    assert_eq!(refusal(|r| r.logprobs = Some(true)), "logprobs");
    assert_eq!(refusal(|r| r.top_logprobs = Some(2)), "top_logprobs");
    assert_eq!(
        refusal(|r| r.modalities = vec![Text::from("audio")]),
        "modalities"
    );
    assert_eq!(refusal(|r| r.n = Some(2)), "n");
    assert_eq!(refusal(|r| r.user = Some(Text::from("a@b.c"))), "user");
    assert_eq!(
        refusal(|r| r.service_tier = Some(Text::from("flex"))),
        "service_tier"
    );
    assert_eq!(
        refusal(|r| r.extra.push((Text::from("prediction"), Json::Bool(true)))),
        "prediction"
    );
    let mut request = hello();
    request.logprobs = Some(false);
    request.top_logprobs = Some(0);
    request.n = Some(1);
    request.modalities = vec![Text::from("text")];
    request.frequency_penalty = Some("0.0");
    request.service_tier = Some(Text::from("default"));
    let (body, written) = said(&request, &options("anthropic", CLAUDE));
    assert_eq!(body["service_tier"], "standard_only");
    assert!(written.dropped.is_empty());
}

#[test]
fn efforts_suit_the_generation() {
    let asked = |model: &str, word: &'static str| {
        let mut request = hello();
        request.reasoning = Some(Reasoning::Effort(Text::from(word)));
        let (body, _) = said(&request, &options("anthropic", model));
        (
            body["thinking"]["type"].clone(),
            body["output_config"]["effort"].clone(),
            body["max_tokens"].clone(),
        )
    };
    assert_eq!(
        asked("claude-opus-4-7", "xhigh"),
        (json!("adaptive"), json!("xhigh"), json!(4096))
    );
    assert_eq!(
        asked("claude-opus-4-6", "xhigh"),
        (json!("adaptive"), json!("max"), json!(4096))
    );
    assert_eq!(
        asked("claude-opus-4-6", "minimal"),
        (json!("adaptive"), json!("low"), json!(4096))
    );
    assert_eq!(
        asked("claude-opus-4-5", "high"),
        (json!("enabled"), json!(null), json!(8192))
    );
    let mut request = hello();
    request.reasoning = Some(Reasoning::Effort(Text::from("low")));
    assert_eq!(
        refused(&request, &options("anthropic", "claude-3-5-haiku-latest")),
        "reasoning_effort"
    );
}

/// What a client of this wire sends is sent on, though it went through the neutral language.
#[test]
fn the_same_wire_gets_its_own_words() {
    let body = r#"{"model":"m","max_tokens":4096,"system":[{"type":"text","text":"x-anthropic-billing-header: v"},{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":"a"},{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"d"},"citations":{"enabled":true}},{"type":"search_result","source":"s","title":"t","content":[]}]},{"role":"assistant","content":[{"type":"text","text":"t"},{"type":"thinking","thinking":"","signature":"c2ln"},{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}},{"type":"tool_use","id":"toolu_1","name":"f","input":{"x":1.50},"caller":{"type":"direct"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"tool_reference","tool_name":"f"}]},{"type":"text","text":"b"}]},{"role":"system","content":"later"}],"temperature":1.0,"top_k":5,"stop_sequences":[" "],"stream":true,"tools":[{"name":"f","input_schema":{"type":"object","oneOf":[]},"strict":false,"defer_loading":true},{"type":"web_search_20260318","name":"web_search","allowed_callers":["direct"]},{"type":"bash_20250124","name":"bash"}],"tool_choice":{"type":"auto","disable_parallel_tool_use":false},"thinking":{"type":"enabled","budget_tokens":4000},"output_config":{"effort":"low","task_budget":{"total":9}},"metadata":{"user_id":"a@b.c"},"service_tier":"standard_only","container":"c","mcp_servers":[{"type":"url"}]}"#;
    let request = crate::dialect::anthropic::read::read(body.as_bytes()).expect("a request");
    let own = WriteOptions {
        from: Wire::Anthropic,
        ..options("anthropic", "m")
    };
    let (written, _) = said(&request, &own);
    let given: Value = serde_json::from_str(body).expect("JSON");
    for (key, value) in given.as_object().expect("an object") {
        assert_eq!(&written[key], value, "{key}");
    }
    assert_eq!(
        written.as_object().map(|o| o.len()),
        given.as_object().map(|o| o.len())
    );
}

#[test]
fn legacy_functions_are_called_one_at_a_time() {
    let read = |body: &'static str| {
        let made = crate::dialect::Made::default();
        let asked = crate::dialect::Asked::nothing(&made);
        let request = Wire::OpenAi.read_request(body.as_bytes(), &asked);
        said(
            &request.expect("valid"),
            &options("anthropic", "claude-sonnet-4-5"),
        )
        .0
    };
    let legacy = r#"{"model":"m","messages":[{"role":"user","content":"x"}],"functions":[{"name":"f","parameters":{"type":"object"}}]}"#;
    assert_eq!(
        read(legacy)["tool_choice"],
        json!({"type": "auto", "disable_parallel_tool_use": true})
    );
    let tools = r#"{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f"}}]}"#;
    assert_eq!(read(tools)["tool_choice"], Value::Null);
}
