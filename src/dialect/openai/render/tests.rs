use super::*;
use crate::chat::{Citation, Event};
use crate::dialect::AnswerWriter;
use crate::json::Text;
use crate::meter::Usage;
use serde_json::{Value, json};

fn context() -> AnswerContext {
    AnswerContext {
        id: "id-1".to_owned(),
        created: 7,
        model: "asked".to_owned(),
        names: vec![("f_legal".to_owned(), "f.own".to_owned())],
        ..AnswerContext::default()
    }
}

fn body(context: AnswerContext, events: &[Event<'_>]) -> Value {
    let mut writer = BodyWriter::new(context);
    let mut out = Vec::new();
    events
        .iter()
        .for_each(|event| writer.event(event, &mut out));
    writer.finish(&mut out);
    serde_json::from_slice(&out).expect("JSON")
}

/// The chunks of a stream, without `[DONE]`, which must be the last.
fn chunks(context: AnswerContext, events: &[Event<'_>]) -> Vec<Value> {
    let mut writer = StreamWriter::new(context);
    let mut out = Vec::new();
    events
        .iter()
        .for_each(|event| writer.event(event, &mut out));
    writer.finish(&mut out);
    let text = String::from_utf8(out).expect("text");
    let text = text.strip_suffix("data: [DONE]\n\n").expect("an end");
    let data = text
        .split("\n\n")
        .filter_map(|block| block.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).expect("JSON"))
        .collect()
}

/// The deltas of the first choice after its role.
fn deltas(context: AnswerContext, events: &[Event<'_>]) -> Vec<Value> {
    let chunks = chunks(context, events);
    assert_eq!(
        chunks[0]["choices"][0]["delta"],
        json!({"role": "assistant", "content": ""})
    );
    let mut deltas: Vec<Value> = chunks[1..]
        .iter()
        .map(|chunk| chunk["choices"][0]["delta"].clone())
        .collect();
    assert_eq!(deltas.pop(), Some(json!({})), "the finish chunk");
    deltas
}

fn text(text: &str) -> Event<'_> {
    Event::Text {
        choice: 0,
        text: Text::from(text),
    }
}

fn call<'a>(index: u32, signature: Option<&'a str>) -> [Event<'a>; 2] {
    [
        Event::ToolStart {
            choice: 0,
            index,
            id: Text::from(format!("c{index}")),
            name: Text::from("f_legal"),
            signature: signature.map(Text::from),
        },
        Event::ToolArguments {
            choice: 0,
            index,
            fragment: Text::from("{\"a\":1}"),
        },
    ]
}

fn citation<'a>(url: &'a str, span: Option<(u64, u64)>, own: Option<&'a str>) -> Event<'a> {
    Event::Citation {
        choice: 0,
        citation: Citation {
            url: Text::from(url),
            title: Text::from("t"),
            cited_text: Text::default(),
            span,
            own,
        },
    }
}

#[test]
fn calls_carry_their_signatures_thrice() {
    let events = call(0, Some("sig="));
    let signed = json!({"thought_signature": "sig="});
    let head = json!({
        "id": "c0__thought__sig=", "type": "function",
        "extra_content": {"google": signed}, "provider_specific_fields": signed,
    });
    let message = &body(context(), &events)["choices"][0];
    let mut want = head.clone();
    want["function"] = json!({"name": "f.own", "arguments": "{\"a\":1}"});
    assert_eq!(message["message"]["tool_calls"], json!([want]));
    assert_eq!(message["message"]["content"], Value::Null);
    assert_eq!(message["finish_reason"], "tool_calls");
    let got = deltas(context(), &events);
    let mut want = head;
    want["index"] = json!(0);
    want["function"] = json!({"name": "f.own", "arguments": ""});
    assert_eq!(got[0], json!({"tool_calls": [want]}));
    let piece = json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"a\":1}"}}]});
    assert_eq!(got[1..], [piece]);
}

#[test]
fn the_legacy_form_has_one_call() {
    let context = || AnswerContext {
        legacy_functions: true,
        ..context()
    };
    let mut events = call(0, None).to_vec();
    events.extend(call(1, None));
    let whole = json!({"name": "f.own", "arguments": "{\"a\":1}"});
    let choice = &body(context(), &events)["choices"][0];
    assert_eq!(choice["message"]["function_call"], whole);
    assert_eq!(choice["message"]["tool_calls"], Value::Null);
    assert_eq!(choice["finish_reason"], "function_call");
    let want = [
        json!({"function_call": {"name": "f.own", "arguments": ""}}),
        json!({"function_call": {"arguments": "{\"a\":1}"}}),
    ];
    assert_eq!(deltas(context(), &events), want);
    let last = chunks(context(), &events).pop().expect("a chunk");
    assert_eq!(last["choices"][0]["finish_reason"], "function_call");
}

#[test]
fn citations_have_spans_in_characters() {
    let events = [
        text("né☃"),
        text(" x"),
        citation("u", None, None),
        citation("v", Some((1, 2)), None),
        text("yz"),
        citation("w", None, None),
        citation(
            "",
            None,
            Some(r#"{"type":"char_location","document_index":0}"#),
        ),
    ];
    let page = |url: &str, start: u64, end: u64| json!({"type": "url_citation", "url_citation": {"url": url, "title": "t", "start_index": start, "end_index": end}});
    let pages = [page("u", 0, 5), page("v", 1, 2), page("w", 5, 7)];
    let document = json!({"citations": [{"type": "char_location", "document_index": 0}]});
    let message = &body(context(), &events)["choices"][0]["message"];
    assert_eq!(message["annotations"], json!(pages));
    assert_eq!(message["provider_specific_fields"], document);
    let got = deltas(context(), &events);
    let annotations: Vec<Value> = got
        .iter()
        .filter_map(|delta| delta.get("annotations").cloned())
        .collect();
    // OpenAI's packages put the lists together by the numbers.
    let numbered = |(index, mut entry): (usize, Value)| {
        entry["index"] = json!(index);
        json!([entry])
    };
    let want: Vec<Value> = pages.into_iter().enumerate().map(numbered).collect();
    assert_eq!(annotations, want);
    let mut want = document;
    want["citations"][0]["index"] = json!(0);
    assert_eq!(
        got.last().expect("a delta")["provider_specific_fields"],
        want
    );
}

#[test]
fn thinking_with_seals_and_without() {
    let think = |text: &'static str| Event::Reasoning {
        choice: 0,
        text: Text::from(text),
    };
    let events = [
        think("a"),
        Event::ReasoningSignature {
            choice: 0,
            signature: Text::from("s"),
        },
        Event::RedactedReasoning {
            choice: 0,
            data: Text::from("e"),
        },
        think("b"),
        Event::TextSignature {
            choice: 0,
            signature: Text::from("t"),
        },
    ];
    let redacted = json!({"type": "redacted_thinking", "data": "e"});
    let google = json!({"google": {"thought_signature": "t"}});
    let message = &body(context(), &events)["choices"][0]["message"];
    assert_eq!(message["reasoning_content"], "ab");
    let blocks = json!([{"type": "thinking", "thinking": "a", "signature": "s"}, redacted]);
    assert_eq!(message["thinking_blocks"], blocks);
    assert_eq!(message["extra_content"], google);
    let mut redacted = redacted;
    redacted["index"] = json!(1);
    let want = [
        json!({"reasoning_content": "a"}),
        json!({"thinking_blocks": [{"index": 0, "type": "thinking", "thinking": "", "signature": "s"}]}),
        json!({"thinking_blocks": [redacted]}),
        json!({"reasoning_content": "b"}),
        json!({"extra_content": google}),
    ];
    assert_eq!(deltas(context(), &events), want);
}

#[test]
fn images_and_speech() {
    let speech =
        |id: &'static str, data: &'static str, transcript: &'static str, expires_at| Event::Audio {
            choice: 0,
            id: Text::from(id),
            media_type: Text::default(),
            data: Text::from(data),
            transcript: Text::from(transcript),
            expires_at,
        };
    let image = |data: &'static str| Event::Image {
        choice: 0,
        media_type: Text::from("image/png"),
        data: Text::from(data),
    };
    let events = [
        speech("a", "", "he", None),
        speech("", "QUJD", "y", None),
        speech("", "", "", Some(9)),
        image("AA=="),
        image("BB=="),
    ];
    let entry = |index: u32, data: &str| json!({"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{data}")}, "index": index});
    let message = &body(context(), &events)["choices"][0]["message"];
    let audio = json!({"id": "a", "data": "QUJD", "transcript": "hey", "expires_at": 9});
    assert_eq!(message["audio"], audio);
    assert_eq!(
        message["images"],
        json!([entry(0, "AA=="), entry(1, "BB==")])
    );
    let want = [
        json!({"audio": {"id": "a", "transcript": "he"}}),
        json!({"audio": {"data": "QUJD", "transcript": "y"}}),
        json!({"audio": {"expires_at": 9}}),
        json!({"images": [entry(0, "AA==")]}),
        json!({"images": [entry(1, "BB==")]}),
    ];
    assert_eq!(deltas(context(), &events), want);
}

#[test]
fn log_probabilities_go_with_their_text() {
    let logprobs = |json| Event::Logprobs { choice: 0, json };
    let (one, two) = (
        r#"{"content":[{"token":"a","logprob":-0.10}],"refusal":null}"#,
        r#"{"content":[{"token":"b","logprob":-2}]}"#,
    );
    let events = [
        logprobs(one),
        text("a"),
        logprobs(two),
        text("b"),
        text("c"),
    ];
    let mut out = Vec::new();
    let mut writer = BodyWriter::new(context());
    events
        .iter()
        .for_each(|event| writer.event(event, &mut out));
    writer.finish(&mut out);
    let whole = String::from_utf8(out).expect("text");
    // Numbers keep their spelling.
    let want = r#""logprobs":{"content":[{"token":"a","logprob":-0.10},{"token":"b","logprob":-2}],"refusal":null}"#;
    assert!(whole.contains(want), "{whole}");
    let got: Vec<(Value, Value)> = chunks(context(), &events)
        .iter()
        .map(|chunk| &chunk["choices"][0])
        .map(|choice| {
            (
                choice["delta"]["content"].clone(),
                choice["logprobs"]["content"][0]["token"].clone(),
            )
        })
        .collect();
    let want = [("", None), ("a", Some("a")), ("b", Some("b")), ("c", None)];
    assert_eq!(
        got[..4],
        want.map(|(text, token)| (json!(text), json!(token)))
    );
}

#[test]
fn every_choice_has_a_role_and_one_end() {
    let events = [
        Event::Start {
            id: Text::from("c"),
            model: Text::from("m"),
            created: Some(1),
        },
        text("a"),
        Event::Text {
            choice: 1,
            text: Text::from("b"),
        },
        Event::Finish {
            choice: 1,
            reason: FinishReason::StopSequence,
            stop_sequence: Some(Text::from("X")),
        },
        Event::ServiceTier(Text::from("flex")),
        Event::Usage(Usage::default()),
    ];
    let context = || AnswerContext {
        include_usage: true,
        ..context()
    };
    let chunks = chunks(context(), &events);
    let seen: Vec<(u64, Value, Value)> = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"].get(0))
        .map(|choice| {
            (
                choice["index"].as_u64().expect("a number"),
                choice["delta"]["role"].clone(),
                choice["finish_reason"].clone(),
            )
        })
        .collect();
    let want = [
        (0, json!("assistant"), Value::Null),
        (0, Value::Null, Value::Null),
        (1, json!("assistant"), Value::Null),
        (1, Value::Null, Value::Null),
        (1, Value::Null, json!("stop")),
        (0, Value::Null, json!("stop")),
    ];
    assert_eq!(seen, want);
    let matched = json!({"stop_sequence": "X"});
    assert_eq!(chunks[4]["choices"][0]["provider_specific_fields"], matched);
    let last = chunks.last().expect("a chunk");
    assert_eq!(
        (&last["choices"], &last["service_tier"]),
        (&json!([]), &json!("flex"))
    );
    assert_eq!(last["usage"]["prompt_tokens_details"]["cached_tokens"], 0);
    let whole = body(context(), &events);
    assert_eq!(whole["service_tier"], "flex");
    assert_eq!(whole["choices"][1]["provider_specific_fields"], matched);
    assert_eq!(whole["choices"].as_array().map(Vec::len), Some(2));
}

#[test]
fn nothing_follows_an_error() {
    let mut writer = StreamWriter::new(context());
    let mut out = Vec::new();
    let error = crate::chat::Error::new(crate::chat::ErrorKind::Overloaded, "m");
    writer.event(&text("a"), &mut out);
    writer.event(&Event::Error(error), &mut out);
    writer.finish(&mut out);
    let text = String::from_utf8(out).expect("text");
    let last = text.trim_end().rsplit("\n\n").next().expect("an event");
    assert!(
        last.starts_with(r#"data: {"error":{"message":"m""#),
        "{text}"
    );
}
