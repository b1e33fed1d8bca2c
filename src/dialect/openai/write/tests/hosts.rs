//! What hosts that lack something get in its place, from OpenAI's clients too.

use super::*;

#[test]
fn legacy_functions_become_tools_where_a_host_has_these_only() {
    let body = r#"{"model":"m","messages":[{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"1"}],"functions":[{"name":"f","parameters":{}}],"function_call":{"name":"f"}}"#;
    let request = read(body.as_bytes()).expect("valid");
    for provider in ["deepseek", "moonshot"] {
        let written = written(&request, Wire::OpenAi, provider, "m").expect("said");
        let want = r#"{"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"f","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"f","name":"f","content":"1"}],"tools":[{"type":"function","function":{"name":"f","parameters":{}}}],"tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false}"#;
        assert_eq!(String::from_utf8(written.body).expect("text"), want);
        assert!(written.translates_answer && written.json_tool.is_none());
        assert!(anew(provider, None, body));
    }
    assert!(
        !written(&request, Wire::OpenAi, "openai", "m")
            .expect("said")
            .translates_answer
    );
    for (field, new) in [
        (r#""functions":[]"#, true),
        (r#""function_call":"none""#, true),
        (r#""functions":null"#, false),
        (
            r#""tools":[{"type":"function","function":{"name":"functions"}}]"#,
            false,
        ),
    ] {
        let body = format!(r#"{{"messages":[{{"role":"user","content":"function"}}],{field}}}"#);
        assert_eq!(anew("deepseek", None, &body), new, "{field}");
        assert!(!anew("groq", None, &body));
        // A choice among tools that are not there is none.
        let sent = again(&body, "deepseek").expect("said");
        assert!(
            !sent.contains("tool_choice") && !sent.contains("function_call"),
            "{sent}"
        );
    }
}

#[test]
fn a_turn_with_several_calls_is_taken_apart_for_whom_it_must() {
    let call = |id: &str| {
        format!(r#"{{"id":"{id}","type":"function","function":{{"name":"f","arguments":"{{}}"}}}}"#)
    };
    let result =
        |id: &str| format!(r#"{{"role":"tool","tool_call_id":"{id}","content":"of {id}"}}"#);
    let turn = |content: &str, calls: &[String]| {
        format!(
            r#"{{"role":"assistant","content":{content},"tool_calls":[{}]}}"#,
            calls.join(",")
        )
    };
    let user = r#"{"role":"user","content":"so?"}"#;
    let both = turn("\"I ask.\"", &[call("a"), call("b")]);
    let body = format!(
        r#"{{"model":"m","messages":[{both},{},{},{user}]}}"#,
        result("b"),
        result("a")
    );
    let (first, second) = (turn("\"I ask.\"", &[call("a")]), turn("null", &[call("b")]));
    let want = format!(
        r#"{{"model":"m","messages":[{first},{},{second},{},{user}]}}"#,
        result("a"),
        result("b")
    );
    assert_eq!(again(&body, "databricks").expect("said"), want);
    assert!(anew("databricks", None, &body) && !anew("databricks", None, &want));
    assert_eq!(again(&body, "groq").expect("said"), body);
    // Another wire's client gives the results in one message, with more to say.
    let body = format!(
        r#"{{"messages":[{{"role":"assistant","content":[{{"type":"text","text":"I ask."}},{0}"a"{1},{0}"b"{1}]}},{{"role":"user","content":[{2}"a","content":"of a"}},{2}"b","content":"of b"}},{{"type":"text","text":"so?"}}]}}],"max_tokens":1,"model":"m"}}"#,
        r#"{"type":"tool_use","id":"#,
        r#","name":"f","input":{}}"#,
        r#"{"type":"tool_result","tool_use_id":"#
    );
    let request = crate::dialect::anthropic::read::read(body.as_bytes()).expect("valid");
    let sent = said(&request, Wire::Anthropic, "databricks", "m").expect("said");
    assert!(sent.starts_with(want.trim_end_matches('}')), "{sent}");
}

/// A request whose answer is to have the form of a schema.
fn with_schema(more: &str) -> String {
    format!(
        r#"{{"model":"m","messages":[],"response_format":{{"type":"json_schema","json_schema":{{"name":"n","description":"It.","schema":{{"type":"object"}}}}}}{more}}}"#
    )
}

#[test]
fn a_schema_is_a_forced_tool_where_the_model_does_not_take_it() {
    let forced = r#""tool_choice":{"type":"function","function":{"name":"json_tool_call"}}"#;
    let tool = r#"{"type":"function","function":{"name":"json_tool_call","description":"Give the final answer by calling this tool, with the answer as its input, and say nothing else.\nIt.","parameters":{"type":"object"}}}"#;
    let off = r#""thinking":{"type":"disabled"}"#;
    let function = r#"{"type":"function","function":{"name":"f"}}"#;
    let tools = format!(r#","tools":[{function}]"#);
    let choice = |word: &str| format!(r#"{tools},"tool_choice":{word}"#);
    let ask = |provider, model: &str, more: &str| {
        let body = with_schema(more);
        assert!(anew(provider, Some(model), &body), "{provider} {model}");
        let request = read(body.as_bytes()).expect("valid");
        let written = written(&request, Wire::OpenAi, provider, model).expect("said");
        assert!(written.translates_answer);
        assert_eq!(written.json_tool.as_deref(), Some("json_tool_call"));
        let sent = String::from_utf8(written.body).expect("text");
        assert!(
            !sent.contains("response_format") && sent.contains(tool),
            "{sent}"
        );
        // What was written needs nothing more.
        assert!(!anew(provider, Some(model), &sent), "{sent}");
        sent
    };
    for (provider, model) in [
        ("groq", "llama-3.3-70b-versatile"),
        ("databricks", "databricks-claude-x"),
    ] {
        let sent = ask(provider, model, "");
        assert!(
            sent.contains(forced) && !sent.contains("thinking"),
            "{sent}"
        );
    }
    let sent = ask("deepseek", "deepseek-chat", "");
    assert!(sent.contains(forced) && sent.contains(off), "{sent}");
    // Where it is to think it cannot be forced.
    let sent = ask("deepseek", "m", r#","thinking":{"type":"enabled"}"#);
    assert!(
        sent.contains(r#""tool_choice":"auto""#) && !sent.contains(off),
        "{sent}"
    );
    // The client's tools may be called first.
    for word in ["\"auto\"", "\"any\"", "\"required\""] {
        let sent = ask("groq", "m", &choice(word));
        let want = format!(r#""tools":[{function},{tool}],"tool_choice":"required""#);
        assert!(
            sent.contains(&want) && sent.matches("tool_choice").count() == 1,
            "{sent}"
        );
    }
    let sent = ask("groq", "m", &choice("\"none\""));
    assert!(sent.contains(forced), "{sent}");
    let named = r#"{"type":"function","function":{"name":"f"}}"#;
    let sent = ask("groq", "m", &choice(named));
    assert!(
        sent.contains(&format!(r#""tool_choice":{named}"#)),
        "{sent}"
    );
    // One of the client's tools may have the name.
    let body = with_schema(&tools.replace("\"f\"", "\"json_tool_call\""));
    let request = read(body.as_bytes()).expect("valid");
    let written = written(&request, Wire::OpenAi, "groq", "m").expect("said");
    assert_eq!(written.json_tool.as_deref(), Some("json_tool_call_2"));
    let sent = String::from_utf8(written.body).expect("text");
    assert!(sent.contains(r#""name":"json_tool_call_2""#), "{sent}");
    // Tools that say more than the neutral language stay as they were.
    let sent = ask(
        "groq",
        "m",
        r#","tools":[{"type":"function","x":1,"function":{"name":"f"}}]"#,
    );
    let want = format!(r#""tools":[{{"type":"function","x":1,"function":{{"name":"f"}}}},{tool}]"#);
    assert!(sent.contains(&want), "{sent}");
    // Functions come along as tools.
    let sent = ask("groq", "m", r#","functions":[{"name":"f"}]"#);
    assert!(
        sent.contains(&format!(
            r#""tools":[{function},{tool}],"tool_choice":"required""#
        )),
        "{sent}"
    );
}

#[test]
fn a_schema_stays_where_the_model_takes_it() {
    for (provider, model) in [
        ("groq", "openai/gpt-oss-20b"),
        ("openai", "m"),
        ("databricks", "databricks-gpt-oss-120b"),
        ("moonshot", "kimi-k2"),
        ("mistral", "m"),
    ] {
        let body = with_schema("");
        assert!(!anew(provider, Some(model), &body), "{provider}");
        let request = read(body.as_bytes()).expect("valid");
        let written = written(&request, Wire::OpenAi, provider, model).expect("said");
        assert!(!written.translates_answer && written.json_tool.is_none());
    }
    let other = r#"{"messages":[{"role":"user","content":"json_schema"}],"response_format":{"type":"json_object"}}"#;
    assert!(!anew("deepseek", None, other));
    // A tool's arguments are an object.
    let list = with_schema("").replace("object", "array");
    let error = again(&list, "deepseek").expect_err("refused");
    assert_eq!(error.param.as_deref(), Some("response_format"));
}
