mod hosts;

use super::*;
use crate::chat::{Media, MediaSource, Message, Part, ResponseFormat, Role, Tool, ToolChoice};
use crate::dialect::{Edits, openai::edit::must_rewrite, openai::read::read};
use crate::json::Text;
use crate::provider::kind;

fn said(request: &Request<'_>, from: Wire, provider: &str, model: &str) -> Result<String, Error> {
    let written = written(request, from, provider, model)?;
    Ok(String::from_utf8(written.body).expect("text"))
}

fn written(
    request: &Request<'_>,
    from: Wire,
    provider: &str,
    model: &str,
) -> Result<Written, Error> {
    let options = WriteOptions {
        model,
        unsupported: UnsupportedParams::Reject,
        default_max_tokens: 1,
        from,
        kind: kind(provider).expect("a row"),
    };
    write(request, &options)
}

fn again(body: &str, provider: &str) -> Result<String, Error> {
    said(&read(body.as_bytes())?, Wire::OpenAi, provider, "m")
}

/// Whether a passing request must be written anew.
fn anew(provider: &str, model: Option<&str>, body: &str) -> bool {
    let edits = Edits {
        model,
        include_usage: false,
        kind: kind(provider).expect("a row"),
        unsupported: UnsupportedParams::Reject,
        betas: None,
        count_tokens: false,
        stream: false,
    };
    must_rewrite(body.as_bytes(), &edits)
}

fn function(name: &'static str) -> Tool<'static> {
    Tool::Function {
        name: Text::from(name),
        description: None,
        parameters: None,
        strict: None,
        cache_control: None,
    }
}

fn with_part(part: Part<'static>) -> Request<'static> {
    Request {
        messages: vec![Message {
            role: Role::User,
            name: None,
            content: vec![part],
            extra: Vec::new(),
        }],
        ..Request::default()
    }
}

fn document(source: MediaSource<'static>) -> Request<'static> {
    with_part(Part::Document {
        media: Media::from(source),
        name: None,
        cache_control: None,
    })
}

#[test]
fn a_search_is_asked_of_whom_it_can_be() {
    let search = read(br#"{"messages":[],"web_search_options":{"search_context_size":"low","user_location":{"type":"approximate","approximate":{"city":"Oslo"}}}}"#);
    let request = search.expect("valid");
    let want = r#""web_search_options":{"user_location":{"type":"approximate","approximate":{"city":"Oslo"}},"search_context_size":"low"}"#;
    for (provider, model) in [("openai", "gpt-4o-search-preview"), ("openrouter", "m")] {
        let body = said(&request, Wire::Anthropic, provider, model).expect("said");
        assert!(body.contains(want), "{body}");
    }
    let error = said(&request, Wire::Anthropic, "openai", "gpt-4o").expect_err("no search");
    assert_eq!(error.param.as_deref(), Some("tools[0]"));
}

#[test]
fn some_of_the_tools_may_be_called() {
    let request = Request {
        tools: vec![function("a"), function("b")],
        tool_choice: Some(ToolChoice::Allowed {
            required: true,
            names: vec![Text::from("b")],
        }),
        ..Request::default()
    };
    let body = said(&request, Wire::Gemini, "openai", "gpt-4o").expect("said");
    assert!(body.contains(r#""name":"a""#), "{body}");
    assert!(body.contains(r#""tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"b"}}]}}"#));
    // A host that cannot be told so is told of no other.
    let body = said(&request, Wire::Gemini, "groq", "m").expect("said");
    assert!(!body.contains(r#""name":"a""#), "{body}");
    assert!(body.contains(r#""tool_choice":"required""#), "{body}");
}

#[test]
fn documents_take_the_form_that_is_known() {
    let url = || MediaSource::Url(Text::from("https://h/a.pdf"));
    let error = said(&document(url()), Wire::Anthropic, "openai", "m").expect_err("no URLs");
    assert_eq!(
        error.param.as_deref(),
        Some("messages[0].content[0].source.url")
    );
    let body = said(&document(url()), Wire::Anthropic, "perplexity", "m").expect("said");
    assert!(body.contains(r#"{"type":"file_url","file_url":{"url":"https://h/a.pdf"}}"#));
    let stored = MediaSource::Url(Text::from("gs://bucket/a.pdf"));
    assert!(said(&document(stored), Wire::Gemini, "openrouter", "m").is_err());
    let words = MediaSource::Text(Text::from("words"));
    let body = said(&document(words), Wire::Anthropic, "openai", "m").expect("said");
    assert!(body.contains(r#""content":"words""#), "{body}");
}

#[test]
fn a_film_goes_where_it_is_taken() {
    let film = with_part(Part::Video {
        media: Media::from(MediaSource::Url(Text::from("https://h/a.mp4"))),
        metadata: None,
    });
    let error = said(&film, Wire::Gemini, "openai", "m").expect_err("no films");
    assert_eq!(error.param.as_deref(), Some("messages[0].content[0]"));
    let body = said(&film, Wire::Gemini, "hosted_vllm", "m").expect("said");
    assert!(body.contains(r#"{"type":"video_url","video_url":{"url":"https://h/a.mp4"}}"#));
}

#[test]
fn what_a_host_refuses_is_told_by_name() {
    for (provider, field) in [
        ("mistral", r#""logit_bias":{"1":2}"#),
        ("mistral", r#""temperature":1.6"#),
        ("mistral", r#""reasoning_effort":"low""#),
        ("groq", r#""n":2"#),
        ("moonshot", r#""tool_choice":"required""#),
        (
            "perplexity",
            r#""tools":[{"type":"function","function":{"name":"f"}}]"#,
        ),
    ] {
        let body = format!("{{\"messages\":[],{field}}}");
        let error = again(&body, provider).expect_err(field);
        let name = field.split('"').nth(1);
        assert_eq!(error.param.as_deref(), name, "{provider}");
    }
    for (provider, field) in [
        ("mistral", r#""logprobs":false"#),
        ("mistral", r#""temperature":1.5"#),
        ("groq", r#""n":1"#),
        ("perplexity", r#""tools":[]"#),
    ] {
        let body = format!("{{\"messages\":[],{field}}}");
        assert!(again(&body, provider).is_ok(), "{provider}: {field}");
    }
    // Another wire's client cannot hear from the provider what its model refuses.
    let request = read(br#"{"messages":[],"temperature":0.5}"#).expect("valid");
    let error = said(&request, Wire::Anthropic, "openai", "o3").expect_err("refused");
    assert_eq!(error.param.as_deref(), Some("temperature"));
    assert!(said(&request, Wire::OpenAi, "openai", "o3").is_ok());
}

#[test]
fn legacy_functions_go_back_as_they_came() {
    let body = r#"{"model":"m","messages":[{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"1"}],"functions":[{"name":"f","parameters":{}}],"function_call":{"name":"f"}}"#;
    assert_eq!(again(body, "openai").expect("said"), body);
    let twice = body.replace(
        "],\"functions\"",
        r#",{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"2"}],"functions""#,
    );
    assert_eq!(again(&twice, "openai").expect("said"), twice);
    // A host that has neither form refuses them by the client's name.
    let error = again(body, "perplexity").expect_err("refused");
    assert_eq!(error.param.as_deref(), Some("functions"));
}

#[test]
fn a_schema_is_strict_where_it_can_be() {
    let written = |schema: &'static str| {
        let request = Request {
            response_format: Some(ResponseFormat::JsonSchema {
                name: None,
                description: None,
                schema: Some(schema),
                strict: None,
            }),
            ..Request::default()
        };
        said(&request, Wire::Anthropic, "openai", "m").expect("said")
    };
    let closed = r#"{"type":"object","properties":{},"additionalProperties":false}"#;
    assert!(written(closed).contains(r#""name":"answer","#));
    assert!(written(closed).contains(r#""strict":true"#));
    assert!(!written(r#"{"type":"object"}"#).contains("strict"));
}

#[test]
fn only_what_is_refused_is_written_anew() {
    let system = r#"{"model":"o1-mini","messages":[{"role":"system","content":"x"}]}"#;
    assert!(anew("openai", None, system) && !anew("openai", Some("o1"), system));
    assert!(anew("openai", Some("o1-preview"), system) && !anew("groq", None, system));
    let developer = r#"{"messages":[{"role":"developer","content":"x"}]}"#;
    assert!(anew("deepseek", None, developer) && !anew("openai", None, developer));
    // A word in a text, an embedding's input, a tool's parameter: no reason.
    for body in [
        r#"{"messages":[{"role":"user","content":"a \"developer\" role"}]}"#,
        r#"{"input":"developer"}"#,
        r#"{"messages":[],"tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{"reasoning":{},"cache_control":{},"strict":{}}}}}]}"#,
        r#"{"messages":[{"role":"tool","tool_call_id":"call_1","content":null}]}"#,
        "{\"messages\":\"developer\"",
    ] {
        for provider in ["openai", "deepseek", "fireworks_ai", "groq", "azure_openai"] {
            assert!(!anew(provider, None, body), "{provider}: {body}");
        }
    }
    let long = format!(
        r#"{{"messages":[{{"role":"tool","tool_call_id":"{}","content":"x"}}]}}"#,
        "i".repeat(41)
    );
    assert!(anew("openai", None, &long) && !anew("xai", None, &long));
    assert!(!anew("openai", None, &long.replace("iiiiiiiii", "i")));
}

/// What follows the user's question, of a client of Anthropic's wire.
fn after_the_question(messages: &str) -> String {
    let body = format!(
        r#"{{"model":"m","max_tokens":1,"messages":[{{"role":"user","content":"q"}},{messages}]}}"#
    );
    let made = crate::dialect::Made::default();
    let asked = crate::dialect::Asked::nothing(&made);
    let request = Wire::Anthropic.read_request(body.as_bytes(), &asked);
    let body = said(&request.expect("valid"), Wire::Anthropic, "openai", "m").expect("said");
    let (_, rest) = body
        .split_once(r#"{"role":"user","content":"q"},"#)
        .expect("a question");
    let (messages, _) = rest.split_once("],\"max").expect("messages");
    messages.to_owned()
}

#[test]
fn a_failed_result_says_so() {
    let result = |content: &str, failed: bool| {
        after_the_question(&format!(
            r#"{{"role":"assistant","content":[{{"type":"tool_use","id":"a","name":"f","input":{{}}}}]}},{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"a","is_error":{failed},"content":"{content}"}}]}}"#
        ))
    };
    let want =
        |content: &str| format!(r#"{{"role":"tool","tool_call_id":"a","content":"{content}"}}"#);
    for (content, failed, said) in [
        ("no such file", true, "Error: no such file"),
        ("ERROR 7", true, "ERROR 7"),
        ("", true, "error"),
        ("fine", false, "fine"),
    ] {
        let result = result(content, failed);
        assert!(result.ends_with(&want(said)), "{result}");
    }
}

#[test]
fn a_turns_results_come_before_their_pictures() {
    let call = |id: &str| format!(r#"{{"type":"tool_use","id":"{id}","name":"f","input":{{}}}}"#);
    let turn = format!(
        r#"{{"role":"assistant","content":[{},{}]}}"#,
        call("a"),
        call("b")
    );
    let picture = |id: &str| {
        format!(
            r#"{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"{id}","content":[{{"type":"text","text":"r"}},{{"type":"image","source":{{"type":"url","url":"https://{id}"}}}}]}}]}}"#
        )
    };
    let words = r#"{"role":"user","content":"go on"}"#;
    let last = r#"{"role":"assistant","content":"ok"},{"role":"user","content":"bye"}"#;
    let said = after_the_question(&format!(
        "{turn},{},{},{words},{last}",
        picture("a"),
        picture("b")
    ));
    let (_, said) = said.split_once("]},").expect("calls");
    let tool = |id: &str| format!(r#"{{"role":"tool","tool_call_id":"{id}","content":"r"}}"#);
    let shown = |id: &str| {
        format!(
            r#"{{"role":"user","content":[{{"type":"image_url","image_url":{{"url":"https://{id}"}}}}]}}"#
        )
    };
    let want = [
        tool("a"),
        tool("b"),
        shown("a"),
        shown("b"),
        words.to_owned(),
        last.to_owned(),
    ];
    assert_eq!(said, want.join(","));
}
