use super::*;
use crate::provider::kind;

fn edited(provider: &str, body: &str, count_tokens: bool) -> Result<String, Error> {
    let edits = Edits {
        model: Some("m-1"),
        include_usage: false,
        kind: kind(provider).expect("a kind"),
        betas: Some("oauth-2025-04-20,context-1m-2025-08-07"),
        count_tokens,
        unsupported: UnsupportedParams::Reject,
        stream: true,
    };
    let out = edit(body.as_bytes(), &edits)?;
    Ok(out.map_or_else(String::new, |out| String::from_utf8(out).expect("text")))
}

#[test]
fn hosts_have_their_envelopes() {
    let body =
        r#"{"model":"m","stream":true, "max_tokens":1,"messages":[],"anthropic_version":"x"}"#;
    let said = |provider| edited(provider, body, false).expect("a body");
    assert_eq!(
        said("anthropic"),
        r#"{"model":"m-1","stream":true, "max_tokens":1,"messages":[],"anthropic_version":"x"}"#
    );
    assert_eq!(said("foundry_anthropic"), said("anthropic"));
    assert_eq!(
        said("vertex_anthropic"),
        r#"{"anthropic_version":"vertex-2023-10-16","stream":true,"max_tokens":1,"messages":[]}"#
    );
    assert_eq!(
        said("bedrock_anthropic"),
        r#"{"anthropic_version":"bedrock-2023-05-31","max_tokens":1,"messages":[],"anthropic_beta":["context-1m-2025-08-07"]}"#
    );
}

#[test]
fn betas_of_the_body_are_kept() {
    let body = r#"{"anthropic_beta":["context-1m-2025-08-07","effort-2025-11-24","files-api-2025-04-14"]}"#;
    assert_eq!(
        edited("bedrock_anthropic", body, false).expect("a body"),
        r#"{"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["context-1m-2025-08-07","effort-2025-11-24"]}"#
    );
}

#[test]
fn tokens_are_counted_where_the_host_does() {
    let body = r#"{"model":"m","messages":[]}"#;
    let said = |provider| edited(provider, body, true).expect("a body");
    assert_eq!(said("anthropic"), r#"{"model":"m-1","messages":[]}"#);
    assert_eq!(
        said("vertex_anthropic"),
        r#"{"anthropic_version":"vertex-2023-10-16","model":"m-1","messages":[]}"#
    );
    let bedrock = said("bedrock_anthropic");
    let inner = bedrock
        .strip_prefix(r#"{"input":{"invokeModel":{"body":""#)
        .and_then(|rest| rest.strip_suffix(r#""}}}"#))
        .expect("an envelope");
    let inner = STANDARD.decode(inner).expect("base64");
    assert_eq!(
        String::from_utf8(inner).expect("text"),
        r#"{"anthropic_version":"bedrock-2023-05-31","messages":[],"max_tokens":4096,"anthropic_beta":["context-1m-2025-08-07"]}"#
    );
}

#[test]
fn what_is_for_anthropic_alone_stays_behind() {
    let body = r#"{"service_tier":"auto","system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2"},{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"messages":[]}"#;
    assert_eq!(
        edited("vertex_anthropic", body, false).expect("a body"),
        r#"{"anthropic_version":"vertex-2023-10-16","system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"messages":[]}"#
    );
    let alone = r#"{"system":"x-anthropic-billing-header: a","messages":[]}"#;
    assert_eq!(
        edited("vertex_anthropic", alone, false).expect("a body"),
        r#"{"anthropic_version":"vertex-2023-10-16","messages":[]}"#
    );
}

#[test]
fn media_at_urls_are_refused_by_name() {
    let body = r#"{"messages":[{"role":"user","content":"\"url\""},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{"type":"url","url":"https://x/y.png"}}]}]}]}"#;
    for provider in ["vertex_anthropic", "bedrock_anthropic"] {
        let error = edited(provider, body, false).expect_err("an URL");
        assert_eq!(error.status, 400);
        assert_eq!(
            error.param.as_deref(),
            Some("messages.1.content.0.content.0.source")
        );
    }
    assert!(edited("anthropic", body, false).is_ok());
    assert!(edited("bedrock_anthropic", "[]", false).is_err());
}

#[test]
fn marks_of_other_wires_are_taken_out() {
    let body = r#"{"model":"m","max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"text","text":"t"},{"type":"redacted_thinking","data":"gemini:c2ln"},{"type":"tool_use","id":"toolu_1__thought__c2ln","name":"f","input":{"a":1.0},"caller":{"type":"direct"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1__thought__c2ln","content":"r"}]}]}"#;
    assert_eq!(
        edited("anthropic", body, false).expect("a body"),
        r#"{"model":"m-1","max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"text","text":"t"},{"type":"tool_use","id":"toolu_1","name":"f","input":{"a":1.0}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"r"}]}]}"#
    );
    assert!(edited("vertex_anthropic", body, false).is_ok_and(|out| !out.contains("c2ln")));
    // The words alone change nothing, and in the midst of a text they are no mark.
    assert!(is_marked(body.as_bytes()));
    assert!(!is_marked(
        br#"{"content":"use gemini:latest or \"a gemini: b\""}"#
    ));
    let words = r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"gemini:"}]}"#;
    assert_eq!(
        edited("anthropic", words, false).expect("a body"),
        words.replace("\"m\"", "\"m-1\"")
    );
}

#[test]
fn thinking_that_none_signed_is_taken_out() {
    let thought = r#"{"type":"thinking","thinking":"hm","signature" : ""},"#;
    let body = |thought: &str| {
        format!(
            r#"{{"model":"m","max_tokens":1,"messages":[{{"role":"assistant","content":[{thought}{{"type":"thinking","thinking":"a","signature":"c2ln"}},{{"type":"text","text":"t"}}]}}]}}"#
        )
    };
    let (given, signed) = (body(thought), body(""));
    assert!(is_marked(given.as_bytes()) && !is_marked(signed.as_bytes()));
    assert_eq!(
        edited("anthropic", &given, false).expect("a body"),
        signed.replace("\"m\"", "\"m-1\"")
    );
    // A turn that was nothing else goes whole.
    let turns = r#"{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":""}]},{"role":"user","content":"b"}"#;
    let given = format!(r#"{{"model":"m","max_tokens":1,"messages":[{turns}]}}"#);
    let out = edited("anthropic", &given, false).expect("a body");
    assert!(!out.contains("assistant") && !out.contains("[]"), "{out}");
    // A tool's argument of that name is no thinking.
    let argument = r#"{"content":[{"type":"tool_use","input":{"signature":""}}]}"#;
    assert!(!is_marked(argument.as_bytes()));
}
