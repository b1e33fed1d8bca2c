use super::*;
use crate::dialect::openai::answer::tests::line;
use crate::framing::sse;

/// What a stream says, its start left out. Each piece is an event's data, or a whole block where it has a line feed.
pub(in crate::dialect) fn told(pieces: &[&str]) -> Vec<String> {
    let mut bytes = String::new();
    for piece in pieces {
        if piece.ends_with('\n') {
            bytes.push_str(piece);
        } else {
            bytes.push_str(&format!("data: {piece}\n\n"));
        }
    }
    let mut lines = Vec::new();
    let mut reader = Reader::default();
    let mut decoder = sse::Decoder::new(1 << 20);
    let mut sink = |event: Event<'_>| lines.push(line(&event));
    let mut feed = |event: framing::Event<'_>| reader.event(&event, &mut sink);
    decoder.feed(bytes.as_bytes(), &mut feed).expect("framing");
    decoder.finish(&mut feed).expect("framing");
    reader.end(&mut sink);
    lines.retain(|line| !line.starts_with("start"));
    lines
}

fn delta(delta: &str) -> String {
    format!(r#"{{"id":"c","choices":[{{"index":0,"delta":{delta},"finish_reason":null}}]}}"#)
}

const STOP: &str = r#"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;

/// What the calls in these deltas say.
fn calls(entries: &[&str]) -> Vec<String> {
    let chunks: Vec<String> = entries
        .iter()
        .map(|entry| delta(&format!(r#"{{"tool_calls":[{entry}]}}"#)))
        .collect();
    let mut pieces: Vec<&str> = chunks.iter().map(String::as_str).collect();
    pieces.extend([STOP, "[DONE]"]);
    let mut lines = told(&pieces);
    assert_eq!(lines.pop().as_deref(), Some("end"));
    assert_eq!(lines.pop().as_deref(), Some("0 finish tool_calls"));
    lines
}

#[test]
fn calls_in_fragments() {
    let one = ["0 call 0 a f", r#"0 args 0 {"x":"#, "0 args 0 1}"];
    for entries in [
        // OpenAI's.
        [
            r#"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}"#,
            r#"{"index":0,"function":{"arguments":"{\"x\":"}}"#,
            r#"{"index":0,"function":{"arguments":"1}"}}"#,
        ],
        // TGI repeats the id and sends a null name.
        [
            r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}}"#,
            r#"{"index":0,"id":"a","function":{"name":null,"arguments":"1}"}}"#,
            r#"{"index":0,"id":"a","function":{"name":null,"arguments":""}}"#,
        ],
        // Name and id on every fragment, no index.
        [
            r#"{"id":"a","function":{"name":"f","arguments":"{\"x\":"}}"#,
            r#"{"id":"a","function":{"name":"f","arguments":"1}"}}"#,
            r#"{"id":"a","function":{"name":"f","arguments":""}}"#,
        ],
        // Writer: nulls.
        [
            r#"{"index":0,"id":"a","function":{"name":"f","arguments":null}}"#,
            r#"{"index":0,"id":null,"type":null,"function":{"name":null,"arguments":"{\"x\":"}}"#,
            r#"{"index":0,"id":null,"function":{"name":null,"arguments":"1}"}}"#,
        ],
        // Another id on each fragment.
        [
            r#"{"index":0,"id":"a","function":{"name":"f","arguments":""}}"#,
            r#"{"index":0,"id":"b","function":{"arguments":"{\"x\":"}}"#,
            r#"{"index":0,"id":"c","function":{"arguments":"1}"}}"#,
        ],
    ] {
        assert_eq!(calls(&entries), one, "{entries:?}");
    }
    // The name comes last: what came before it waits.
    let late = calls(&[
        r#"{"index":0,"id":"a","function":{"arguments":"{\"x\":"}}"#,
        r#"{"index":0,"function":{"name":"f"}}"#,
        r#"{"index":0,"function":{"arguments":"1}"}}"#,
    ]);
    assert_eq!(late, one);
}

#[test]
fn calls_that_are_told_apart() {
    let two = ["0 call 0 a f", "0 args 0 {}", "0 call 1 b f", "0 args 1 {}"];
    for entries in [
        [
            r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}"#,
            r#"{"index":0,"id":"b","function":{"name":"f","arguments":"{}"}}"#,
        ],
        [
            r#"{"index":1,"id":"a","function":{"name":"f","arguments":"{}"}}"#,
            r#"{"index":7,"id":"b","function":{"name":"f","arguments":"{}"}}"#,
        ],
        [
            r#"{"id":"a","function":{"name":"f","arguments":"{}"}}"#,
            r#"{"id":"b","function":{"name":"f","arguments":"{}"}}"#,
        ],
    ] {
        assert_eq!(calls(&entries), two, "{entries:?}");
    }
    // Google's compatible layer: no ids, and all have the number 0.
    let same = calls(&[
        r#"{"index":0,"id":"","function":{"name":"f","arguments":"{\"a\":\"}\"}"}}"#,
        r#"{"index":0,"id":"","function":{"name":"f","arguments":"{}"}}"#,
    ]);
    let kinds: Vec<&str> = same.iter().map(|line| &line[..8]).collect();
    assert_eq!(kinds, ["0 call 0", "0 args 0", "0 call 1", "0 args 1"]);
    // Without ids, a name that is repeated while the arguments are open says nothing new.
    let repeated = calls(&[
        r#"{"index":0,"function":{"name":"f","arguments":"{\"a\":"}}"#,
        r#"{"index":0,"function":{"name":"f","arguments":"1}"}}"#,
    ]);
    assert_eq!(repeated[1..], [r#"0 args 0 {"a":"#, "0 args 0 1}"]);
}

#[test]
fn each_call_may_have_a_finish_reason() {
    let call = |index: u32, id: &str, finish: &str| {
        format!(
            r#"{{"id":"c","choices":[{{"index":0,"delta":{{"tool_calls":[{{"index":{index},"id":"{id}","function":{{"name":"f","arguments":"{{}}"}}}}]}},"finish_reason":"{finish}"}}]}}"#
        )
    };
    let lines = told(&[&call(0, "a", "tool_calls"), &call(1, "b", "stop")]);
    let want = [
        "0 call 0 a f",
        "0 args 0 {}",
        "0 call 1 b f",
        "0 args 1 {}",
        "0 finish tool_calls",
        "end",
    ];
    assert_eq!(lines, want);
}

#[test]
fn choices_are_kept_apart() {
    let lines = told(&[
        r#"{"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}},{"index":1,"delta":{"content":"x"}}]}"#,
        r#"{"id":"c","choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}"#,
        STOP,
        r#"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
        "[DONE]",
    ]);
    let want = [
        "0 call 0 a f",
        "0 args 0 {}",
        "1 text x",
        "0 finish tool_calls",
        "1 finish stop",
        "end",
    ];
    assert_eq!(lines, want);
}

#[test]
fn what_is_repeated_with_every_chunk_is_told_once() {
    let chunk = |text: &str, so_far: &str, finish: &str| {
        format!(
            r#"{{"id":"c","service_tier":"default","citations":["u"],"search_results":[{{"title":"t","url":"u"}}],"usage":{{"prompt_tokens":1,"completion_tokens":1}},"choices":[{{"index":0,"message":{{"content":"{so_far}"}},"delta":{{"role":"assistant","content":"{text}"}},"finish_reason":{finish}}}]}}"#
        )
    };
    let (one, two) = (chunk("a", "a", "null"), chunk("b", "ab", "\"stop\""));
    let lines = told(&[&one, &two]);
    let want = [
        "0 text a",
        "tier default",
        "usage 1 1",
        "0 text b",
        "0 cite u \"t\" None",
        "0 finish stop",
        "usage 1 1",
        "end",
    ];
    assert_eq!(lines, want);
}

#[test]
fn thoughts_of_googles_compatible_layer() {
    let lines = told(&[
        &delta(r#"{"content":"<thought>hm","extra_content":{"google":{"thought":true}}}"#),
        &delta(r#"{"content":"</thought>x","extra_content":{"google":{"thought_signature":"s"}}}"#),
        STOP,
        "[DONE]",
    ]);
    assert_eq!(lines[..3], ["0 think hm", "0 text x", "0 textsign s"]);
    let lines = told(&[
        &delta(r#"{"content":"<thought>a","extra_content":{"google":{"thought":true}}}"#),
        &delta(r#"{"content":"b","extra_content":{"google":{"thought":true}}}"#),
        &delta(r#"{"content":"c</thought>","extra_content":{"google":{"thought":true}}}"#),
        &delta(r#"{"content":"x</thought>"}"#),
        STOP,
        "[DONE]",
    ]);
    assert_eq!(
        lines[..4],
        ["0 think a", "0 think b", "0 think c", "0 text x</thought>"]
    );
}

#[test]
fn ends() {
    let blank = r#"{"id":"c","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":""}]}"#;
    let cut = "error bad_gateway The provider's stream has no end: the connection was closed in the middle of the answer";
    let counts = r#"{"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#;
    assert_eq!(told(&[STOP]), ["0 finish stop", "end"]);
    assert_eq!(told(&[&delta("{}")]), [cut]);
    // An empty finish reason ends nothing before the stream ends.
    let want = ["0 text x", "0 text x", "0 finish stop", "end"];
    assert_eq!(told(&[blank, blank, "[DONE]"]), want);
    assert_eq!(told(&[blank]), ["0 text x", cut]);
    let want = ["0 text x", "usage 1 1", "0 finish stop", "end"];
    assert_eq!(told(&[blank, counts]), want);
    // Writer's legacy completions.
    let want = ["0 text a", "0 text b", "0 finish stop", "end"];
    assert_eq!(told(&[r#"{"value":"a"}"#, r#"{"value":"b"}"#]), want);
}

#[test]
fn errors_in_mid_stream() {
    let text = delta(r#"{"content":"x"}"#);
    for piece in [
        "event: error\ndata: {\"error\":{\"message\":\"m\",\"status_code\":400}}\n\n",
        "data: {\"error\":{\"message\":\"m\",\"code\":400}}\n\n",
        "data: {\"error\":{\"message\":\"m\",\"code\":400},\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"error\",\"error\":{\"message\":\"m\",\"code\":400}}]}\n\n",
        "data: [{\"error\":{\"message\":\"m\",\"code\":400}}]\n\n",
        "{\"error\":{\"message\":\"m\",\"code\":400}}\n\n",
        "[{\"error\":{\"message\":\"m\",\"code\":400}}]\n",
        "data: {\"object\":\"error\",\"message\":\"m\",\"code\":400}\n\n",
    ] {
        // What lost its framing is the last that comes.
        let rest = if piece.ends_with("\n\n") { STOP } else { "\n" };
        let lines = told(&[&text, piece, rest]);
        assert_eq!(lines, ["0 text x", "error invalid_request m"], "{piece}");
    }
    let only =
        r#"{"id":"c","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"error"}]}"#;
    let want = "error upstream The provider ended the answer with an error";
    assert_eq!(told(&[only, "[DONE]"]), ["0 text x", want]);
}

#[test]
fn an_answer_that_was_not_streamed_after_all() {
    let whole = "{\"id\":\"c\",\n \"choices\":[{\"index\":0,\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n";
    assert_eq!(
        told(&[whole]),
        ["0 text x", "0 finish stop", "usage 1 1", "end"]
    );
    let framed = whole.replace('\n', "");
    assert_eq!(
        told(&[&framed]),
        ["0 text x", "0 finish stop", "usage 1 1", "end"]
    );
}
