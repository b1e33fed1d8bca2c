use super::*;
use crate::dialect::openai::answer::tests::line;
use crate::dialect::{Scanner, Wire};

/// What passes of an event, and what was told of it.
fn pass(scanner: &mut Scanner, data: &str) -> (Option<String>, Vec<String>) {
    let raw = format!("data: {data}\n\n");
    let event = framing::Event {
        name: b"",
        data: data.as_bytes().into(),
        raw: raw.as_bytes(),
        complete: true,
        exception: false,
    };
    let mut lines = Vec::new();
    let passing = scanner.event(&event, &mut |event| lines.push(line(&event)));
    let text = match passing {
        Passing::Keep => Some(data.to_owned()),
        Passing::Cut(gone) => {
            let mut raw = format!("data: {data}\n\n");
            raw.replace_range(gone, "");
            Some(raw.trim_start_matches("data: ").trim_end().to_owned())
        }
        Passing::Drop => None,
        Passing::Replace(bytes) => {
            let text = String::from_utf8(bytes).expect("text");
            let inside = text
                .strip_prefix("data: ")
                .and_then(|text| text.strip_suffix("\n\n"));
            Some(inside.expect("an event").to_owned())
        }
    };
    (text, lines)
}

#[test]
fn usage_is_taken_out_wherever_it_stands() {
    let mut scanner = Wire::OpenAi.stream_scanner(true);
    for (given, want) in [
        (
            r#"{"id":"c","choices":[{"delta":{}}],"usage":{"prompt_tokens":1}}"#,
            Some(r#"{"id":"c","choices":[{"delta":{}}]}"#),
        ),
        (r#"{"choices":[],"usage":{"prompt_tokens":1}}"#, None),
        (
            r#"{"choices":[{"delta":{"content":"x"}}],"usage":null}"#,
            Some(r#"{"choices":[{"delta":{"content":"x"}}]}"#),
        ),
        (
            r#"{"choices":[{"delta":{}}],"x_groq":{"id":"r","usage":{"prompt_tokens":1}}}"#,
            Some(r#"{"choices":[{"delta":{}}],"x_groq":{"id":"r"}}"#),
        ),
        (
            r#"{"choices":[{"delta":{},"usage":{"prompt_tokens":1},"index":0}],"a":1}"#,
            Some(r#"{"choices":[{"delta":{},"index":0}],"a":1}"#),
        ),
        (
            r#"{"usage":{"prompt_tokens":1},"x_groq":{"usage":{"prompt_tokens":1}},"choices":[{"delta":{}}]}"#,
            Some(r#"{"x_groq":{},"choices":[{"delta":{}}]}"#),
        ),
        (
            r#"{"choices":[{"delta":{"content":"\"usage\""}}]}"#,
            Some(r#"{"choices":[{"delta":{"content":"\"usage\""}}]}"#),
        ),
        (
            r#"{"object":"text_completion","choices":[{"text":"x","index":0}],"usage":null}"#,
            Some(r#"{"object":"text_completion","choices":[{"text":"x","index":0}]}"#),
        ),
    ] {
        assert_eq!(pass(&mut scanner, given).0.as_deref(), want, "{given}");
    }
}

#[test]
fn data_in_several_lines_is_stripped_too() {
    let event = framing::Event {
        name: b"",
        data: b"{\"choices\":[1],\n\"usage\":null}".as_slice().into(),
        raw: b"data: {\"choices\":[1],\ndata: \"usage\":null}\n\n",
        complete: true,
        exception: false,
    };
    let passing = Wire::OpenAi.stream_scanner(true).event(&event, &mut |_| {});
    assert_eq!(
        passing,
        Passing::Replace(b"data: {\"choices\":[1]}\n\n".to_vec())
    );
}

#[test]
fn what_metering_needs_is_told() {
    let mut scanner = Wire::OpenAi.stream_scanner(false);
    for (data, want) in [
        (
            r#"{"choices":[{"delta":{"content":"a\"b"},"finish_reason":null}],"usage":null}"#,
            vec!["0 text a\"b"],
        ),
        (
            r#"{"choices":[{"delta":{"content":[{"type":"text","text":"x"}]}}]}"#,
            vec!["0 text x"],
        ),
        (
            r#"{"choices":[{"delta":{"reasoning":"hm"}}]}"#,
            vec!["0 think hm"],
        ),
        (
            r#"{"choices":[{"text":"x","index":0,"logprobs":null,"finish_reason":null}]}"#,
            vec!["0 text x"],
        ),
        (
            r#"{"choices":[{"delta":{"tool_calls":null,"content":"x"}}]}"#,
            vec!["0 text x"],
        ),
        (
            r#"{"id":"c","choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}}]}"#,
            vec!["0 call 0 a f", "0 args 0 {}"],
        ),
        (
            r#"{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":null,"x_groq":{"usage":{"prompt_tokens":1,"completion_tokens":2}}}"#,
            vec!["0 finish tool_calls", "usage 1 2"],
        ),
    ] {
        let mut told = pass(&mut scanner, data).1;
        told.retain(|line| !line.starts_with("start"));
        assert_eq!(told, want, "{data}");
    }
}

#[test]
fn a_broken_event_is_an_error_and_no_text() {
    let (_, told) = pass(
        &mut Wire::OpenAi.stream_scanner(false),
        r#"{"choices": oops"#,
    );
    assert!(told.concat().contains("not JSON"), "{told:?}");
}

#[test]
fn unary_answers_are_told_as_the_reader_tells_them() {
    for body in [
        r#"{"id":"c","choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
        r#"{"id":"c","choices":[{"text":"x","finish_reason":"length"}],"x_groq":{"usage":{"prompt_tokens":1}}}"#,
        r#"{"id":"c","choices":[{"message":{},"finish_reason":"error"}]}"#,
    ] {
        let (mut scanned, mut told) = (Vec::new(), Vec::new());
        let scan = scan_answer(body.as_bytes(), &mut |event| scanned.push(line(&event)));
        let read = answer::read(body.as_bytes(), &mut |event| told.push(line(&event)));
        told.retain(|line| line != "end");
        assert_eq!((scanned, scan), (told, read), "{body}");
    }
    let embeddings = br#"{"object":"list","data":[],"usage":{"prompt_tokens":3,"total_tokens":3}}"#;
    let mut lines = Vec::new();
    scan_answer(embeddings, &mut |event| lines.push(line(&event))).expect("an answer");
    assert_eq!(lines, ["usage 3 0"]);
}

#[test]
fn ends_of_long_answers_are_told() {
    let long = "x".repeat(MAX_READ_BYTES);
    let body = format!(
        r#"{{"id":"c","choices":[{{"index":1,"message":{{"content":"{long}"}},"logprobs":{{"content":[]}},"finish_reason":"length"}},
        {{"index":0,"message":{{"content":null,"tool_calls":[{{"id":"a","function":{{"name":"f","arguments":"{{}}"}}}}]}},"finish_reason":"stop"}},7],
        "service_tier":"flex","usage":{{"prompt_tokens":1,"completion_tokens":2}}}}"#
    );
    let mut lines = Vec::new();
    scan_answer(body.as_bytes(), &mut |event| lines.push(line(&event))).expect("an answer");
    let told = format!("0 text {long}");
    for want in [&told, "1 finish length", "0 finish tool_calls", "usage 1 2"] {
        assert!(lines.iter().any(|line| line == want), "{want}: {lines:?}");
    }
}

#[test]
fn a_long_answer_of_one_long_member_still_has_its_counts() {
    let call = format!(
        r#"{{"function":{{"name":"f","arguments":"{}"}}}}"#,
        "x".repeat(900 << 10)
    );
    let choice = format!(r#"{{"message":{{"tool_calls":[{call}]}},"finish_reason":"stop"}}"#);
    let body = format!(
        r#"{{"choices":[{choice},{choice},{choice},{choice},{choice}],"usage":{{"prompt_tokens":1,"completion_tokens":2}}}}"#
    );
    let mut lines = Vec::new();
    scan_answer(body.as_bytes(), &mut |event| lines.push(line(&event))).expect("an answer");
    assert_eq!(lines, ["usage 1 2"]);
}

#[test]
fn a_long_error_is_one_in_whichever_form_it_is_said() {
    let long = "x".repeat(5 << 20);
    for said in [
        r#""error":{"message":"m"}"#,
        r#""object":"error","message":"m""#,
        r#""type":"error","message":"m""#,
    ] {
        let body = format!(r#"{{{said},"choices":[],"more":"{long}"}}"#);
        assert!(scan_answer(body.as_bytes(), &mut |_| {}).is_err(), "{said}");
    }
}
