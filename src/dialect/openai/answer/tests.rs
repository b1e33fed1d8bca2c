use super::*;
use crate::json::Text;

/// An event as one line.
pub(in crate::dialect) fn line(event: &Event<'_>) -> String {
    let sign = |text: &Option<Text<'_>>| {
        let text = text.as_ref().map(|text| format!(" !{}", text.decode()));
        text.unwrap_or_default()
    };
    match event {
        Event::Start { id, model, .. } => format!("start {} {}", id.decode(), model.decode()),
        Event::Text { choice, text } => format!("{choice} text {}", text.decode()),
        Event::Reasoning { choice, text } => format!("{choice} think {}", text.decode()),
        Event::ReasoningSignature { choice, signature } => {
            format!("{choice} sign {}", signature.decode())
        }
        Event::RedactedReasoning { choice, data } => format!("{choice} redacted {}", data.decode()),
        Event::Refusal { choice, text } => format!("{choice} refuse {}", text.decode()),
        Event::TextSignature { choice, signature } => {
            format!("{choice} textsign {}", signature.decode())
        }
        Event::ToolStart {
            choice,
            index,
            id,
            name,
            signature,
        } => {
            let (id, name) = (id.decode(), name.decode());
            format!("{choice} call {index} {id} {name}{}", sign(signature))
        }
        Event::ToolArguments {
            choice,
            index,
            fragment,
        } => format!("{choice} args {index} {}", fragment.decode()),
        Event::Citation { choice, citation } => format!(
            "{choice} cite {} {:?} {:?}",
            citation.url.decode(),
            citation.title.decode(),
            citation.span
        ),
        Event::Image {
            choice,
            media_type,
            data,
        } => format!("{choice} image {} {}", media_type.decode(), data.decode()),
        Event::Audio {
            choice,
            id,
            data,
            transcript,
            ..
        } => format!(
            "{choice} audio {:?} {:?} {:?}",
            id.decode(),
            data.decode(),
            transcript.decode()
        ),
        Event::Logprobs { choice, json } => format!("{choice} logprobs {json}"),
        Event::Finish {
            choice,
            reason,
            stop_sequence,
        } => format!("{choice} finish {}{}", reason.as_str(), sign(stop_sequence)),
        Event::Usage(usage) => format!("usage {} {}", usage.input_tokens, usage.output_tokens),
        Event::ServiceTier(tier) => format!("tier {}", tier.decode()),
        Event::Ping => "ping".to_owned(),
        Event::Skipped => "skipped".to_owned(),
        Event::Error(error) => format!("error {} {}", error.kind.as_str(), error.message),
        Event::End => "end".to_owned(),
    }
}

/// What an answer says between its start and its end.
fn told(body: &str) -> Vec<String> {
    let mut lines = Vec::new();
    match read(body.as_bytes(), &mut |event| lines.push(line(&event))) {
        Ok(()) => assert_eq!(lines.pop().as_deref(), Some("end")),
        Err(error) => lines.push(format!("error {} {}", error.kind.as_str(), error.message)),
    }
    lines.retain(|line| !line.starts_with("start"));
    lines
}

/// What one message says, its finish left out.
fn message(message: &str) -> Vec<String> {
    let body = format!(
        r#"{{"id":"c","choices":[{{"index":0,"message":{message},"finish_reason":"length"}}]}}"#
    );
    let mut lines = told(&body);
    assert_eq!(lines.pop().as_deref(), Some("0 finish length"));
    lines
}

#[test]
fn thinking_is_told_once_whatever_form_it_has() {
    for said in [
        r#"{"reasoning_content":"hm","content":"x"}"#,
        r#"{"reasoning":"hm","content":"x","executed_tools":[{"type":"search"}]}"#,
        r#"{"reasoning_content":"hm","reasoning":"hm","content":"x"}"#,
        r#"{"reasoning":"hm","reasoning_details":[{"type":"reasoning.summary","summary":"hm"}],"content":"x"}"#,
        r#"{"reasoning_details":[{"type":"reasoning.text","text":"hm","signature":null}],"content":"x"}"#,
        r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}],"closed":true},{"type":"text","text":"x"}]}"#,
        r#"{"content":[{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},{"type":"text","text":"x"}]}"#,
        r#"{"content":[{"type":"thinking","thinking":"hm"},"x"]}"#,
    ] {
        assert_eq!(message(said), ["0 think hm", "0 text x"], "{said}");
    }
}

#[test]
fn the_mark_of_googles_compatible_layer_is_no_thinking_without_its_tag() {
    let marked = |content: &str| {
        message(&format!(
            r#"{{"content":"{content}","extra_content":{{"google":{{"thought":true,"thought_signature":"s"}}}}}}"#
        ))
    };
    assert_eq!(marked("x"), ["0 text x", "0 textsign s"]);
    assert_eq!(marked("a</thought>b")[0], "0 text a</thought>b");
    let want = ["0 think hm", "0 text x", "0 textsign s"];
    assert_eq!(marked("<thought>hm</thought>x"), want);
    assert_eq!(marked("<thought>hm"), ["0 think hm", "0 textsign s"]);
    let unmarked = message(r#"{"content":"<thought>hm</thought>x"}"#);
    assert_eq!(unmarked, ["0 text <thought>hm</thought>x"]);
}

#[test]
fn signatures_stand_behind_what_they_seal() {
    let details = r#"{"reasoning":"ab","reasoning_details":[{"type":"reasoning.text","text":"a","signature":"s"},{"type":"reasoning.text","text":"b","signature":"t"},{"type":"reasoning.encrypted","data":"e"}]}"#;
    let want = [
        "0 think a",
        "0 sign s",
        "0 think b",
        "0 sign t",
        "0 redacted e",
    ];
    assert_eq!(message(details), want);
    let blocks = r#"{"reasoning_content":"ab","thinking_blocks":[{"type":"thinking","thinking":"ab","signature":"s"},{"type":"redacted_thinking","data":"e"}]}"#;
    assert_eq!(message(blocks), ["0 think ab", "0 sign s", "0 redacted e"]);
    // Where the two differ, the string is what the model thought.
    let differ =
        r#"{"reasoning":"all of it","reasoning_details":[{"text":"some","signature":"s"}]}"#;
    assert_eq!(message(differ), ["0 think all of it", "0 sign s"]);
}

#[test]
fn calls_in_every_form() {
    for (said, want) in [
        (
            r#"{"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"b","function":{"name":"g","arguments":{"y":2}}}]}"#,
            vec![
                "0 call 0 a f",
                r#"0 args 0 {"x":1}"#,
                "0 call 1 b g",
                r#"0 args 1 {"y":2}"#,
            ],
        ),
        (
            r#"{"tool_calls":[{"id":"a","function":{"name":"f","arguments":null}},{"id":"b","function":{"name":"f","arguments":""}}]}"#,
            vec!["0 call 0 a f", "0 call 1 b f", "0 args 0 {}", "0 args 1 {}"],
        ),
        (
            r#"{"function_call":{"name":"f","arguments":"{}"}}"#,
            vec!["", "0 args 0 {}"],
        ),
        (
            r#"{"function_call":{"name":"","arguments":""},"tool_calls":null}"#,
            vec![],
        ),
        (
            r#"{"tool_calls":[{"id":"a","type":"custom","custom":{"name":"f","input":"say \"hi\"\n"}}]}"#,
            vec![
                "0 call 0 a f",
                r#"0 args 0 {"input":""#,
                r#"0 args 0 say \"hi\"\n"#,
                r#"0 args 0 "}"#,
            ],
        ),
        (
            r#"{"tool_calls":[{"id":"a","custom":{"name":"","input":""},"function":{"name":"f","arguments":"{}"}}]}"#,
            vec!["0 call 0 a f", "0 args 0 {}"],
        ),
        (
            r#"{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}}]}"#,
            vec!["0 call 0 a f !s", "0 args 0 {}"],
        ),
        (
            r#"{"tool_calls":[{"id":"a__thought__s","function":{"name":"f","arguments":"{}"}}]}"#,
            vec!["0 call 0 a f !s", "0 args 0 {}"],
        ),
    ] {
        let got = message(said);
        if said.contains("function_call\":{\"name\":\"f") {
            // A made-up id: the same for the same answer, whatever it is.
            assert!(
                got[0].starts_with("0 call 0 call_") && got[0].ends_with(" f"),
                "{got:?}"
            );
            assert_eq!(got[1..], want[1..], "{said}");
        } else {
            assert_eq!(got, want, "{said}");
        }
    }
}

#[test]
fn made_up_ids_differ() {
    let two = r#"{"tool_calls":[{"function":{"name":"f","arguments":"{}"}},{"id":"","function":{"name":"f","arguments":"{}"}}]}"#;
    let lines = message(two);
    let id = |line: &str| line.split(' ').nth(3).map(str::to_owned);
    assert!(id(&lines[0]).is_some_and(|id| id.len() == 21));
    assert_ne!(id(&lines[0]), id(&lines[2]));
    assert_eq!(lines, message(two));
    let twins = r#"{"tool_calls":[{"id":"0","function":{"name":"f","arguments":"{}"}},{"id":"0","function":{"name":"f","arguments":"{}"}}]}"#;
    let lines = message(twins);
    assert_eq!(id(&lines[0]).as_deref(), Some("0"));
    assert_ne!(id(&lines[2]).as_deref(), Some("0"));
}

#[test]
fn sources_are_told_once_and_after_the_text() {
    let annotated = r#"{"content":"x","annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"t","start_index":0,"end_index":1}},{"type":"file","file":{"hash":"h"}}]}"#;
    assert_eq!(
        message(annotated),
        ["0 text x", "0 cite u \"t\" Some((0, 1))", "skipped"]
    );
    let beside = r#"{"citations":["u","v"],"search_results":[{"title":"t","url":"u"}],"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}"#;
    let want = [
        "0 text x",
        "0 cite u \"t\" None",
        "0 cite v \"\" None",
        "0 finish stop",
    ];
    assert_eq!(told(beside), want);
}

#[test]
fn media_and_refusals() {
    let said = r#"{"content":null,"refusal":"no","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}},{"image_url":{"url":"https://x"}}],"audio":{"id":"a","data":"BB==","transcript":"hi","expires_at":9}}"#;
    let want = [
        "0 refuse no",
        "0 image image/png AA==",
        "skipped",
        r#"0 audio "a" "BB==" "hi""#,
    ];
    assert_eq!(message(said), want);
}

#[test]
fn finish_reasons_and_what_matched() {
    let finish = |rest: &str| {
        let body = format!(r#"{{"choices":[{{"message":{{"content":"x"}},{rest}}}]}}"#);
        told(&body).pop().expect("an event")
    };
    for (rest, want) in [
        (
            r#""finish_reason":"stop","stop_reason":"END""#,
            "0 finish stop_sequence !END",
        ),
        (
            r#""finish_reason":"stop","stop_reason":154829"#,
            "0 finish stop",
        ),
        (
            r#""finish_reason":"stop","stop_reason":"end_turn""#,
            "0 finish stop",
        ),
        (
            r#""finish_reason":"stop","matched_stop":"\n""#,
            "0 finish stop_sequence !\n",
        ),
        (r#""finish_reason":"""#, "0 finish stop"),
        (r#""finish_reason":1"#, "0 finish stop"),
        (r#""finish_reason":"model_length""#, "0 finish length"),
        (r#""finish_reason":"MAX_TOKENS""#, "0 finish length"),
        (r#""finish_reason":"sensitive""#, "0 finish content_filter"),
        (r#""finish_reason":"eos""#, "0 finish stop"),
        (r#""finish_reason":null"#, "0 text x"),
        (
            r#""finish_reason":"error","error":{"code":502,"message":"m"}"#,
            "error bad_gateway m",
        ),
    ] {
        assert_eq!(finish(rest), want, "{rest}");
    }
    let called = r#"{"choices":[{"message":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]},"finish_reason":""}]}"#;
    assert_eq!(told(called).pop().as_deref(), Some("0 finish tool_calls"));
}

#[test]
fn legacy_log_probabilities_become_the_chats() {
    let body = r#"{"choices":[{"text":"ab","index":0,"logprobs":{"tokens":["a","b"],"token_logprobs":[null,-1.50],"top_logprobs":[null,{"b":-1.50,"c":-2}],"text_offset":[0,1]},"finish_reason":"stop"}]}"#;
    let want = r#"0 logprobs {"content":[{"token":"b","logprob":-1.50,"bytes":null,"top_logprobs":[{"token":"b","logprob":-1.50,"bytes":null},{"token":"c","logprob":-2,"bytes":null}]}],"refusal":null}"#;
    assert_eq!(told(body), [want, "0 text ab", "0 finish stop"]);
}

#[test]
fn counts_and_tiers_wherever_they_stand() {
    for rest in [
        r#""choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}"#,
        r#""choices":[],"usage":null,"x_groq":{"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
        r#""choices":[{"usage":{"prompt_tokens":1,"completion_tokens":2}}]"#,
    ] {
        assert_eq!(told(&format!("{{{rest}}}")), ["usage 1 2"], "{rest}");
    }
    let tier =
        r#"{"choices":[],"service_tier":null,"usage":{"prompt_tokens":1,"service_tier":"flex"}}"#;
    assert_eq!(told(tier), ["tier flex", "usage 1 0"]);
    assert_eq!(
        told(r#"{"choices":[],"service_tier":""}"#),
        Vec::<String>::new()
    );
}

#[test]
fn what_is_no_answer_is_an_error() {
    for (body, want) in [
        (
            r#"{"error":{"message":"m","code":429},"choices":[]}"#,
            "error rate_limit m",
        ),
        (
            r#"{"object":"error","message":"m","type":"BadRequestError","code":400}"#,
            "error invalid_request m",
        ),
        (r#"{"detail":"m"}"#, "error upstream m"),
        (
            r#"[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}]"#,
            "error invalid_request m",
        ),
        (
            r#"{"x":1}"#,
            "error bad_gateway The provider answered with what has no `choices`",
        ),
        (
            "[]",
            "error bad_gateway The provider answered with what is not a JSON object",
        ),
    ] {
        assert_eq!(told(body), [want], "{body}");
    }
}
