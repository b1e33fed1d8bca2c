//! Two ways to the same end say the same: the scanner that looks on while an answer passes, and the reader that
//! translates it, for whatever bytes.
#![cfg(not(target_arch = "wasm32"))]

#[allow(dead_code, reason = "targets of other tests")]
#[path = "fuzz/src/lib.rs"]
mod fuzz;

use fuzz::common;
use fuzz::scan::{self, Owned};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use weir::dialect::Wire;
use weir::framing::Framing;

/// A change of a valid event's data.
#[derive(Debug, Clone)]
enum Change {
    /// A letter of a string or key is written as an escape.
    Escape(Index),
    /// Blanks stand beside a token.
    Blank(Index),
    /// An object has one more member: perhaps one that it has already.
    Member(Index, &'static str),
    /// A string's text is another one.
    Text(Index, &'static str),
    /// A byte is another one.
    Byte(Index, u8),
    /// The end is missing.
    Cut(Index),
}

/// Members that mean something somewhere, or something else.
const MEMBERS: [&str; 40] = [
    r#""usage":{"prompt_tokens":3,"completion_tokens":9}"#,
    r#""usage":null"#,
    r#""\u0075sage":{"prompt_tokens":5}"#,
    r#""usage":{"input_tokens":2,"output_tokens":1e3}"#,
    r#""usage":{"output_tokens":99999999999999999999}"#,
    r#""x_groq":{"usage":{"prompt_tokens":8}}"#,
    r#""choices":[]"#,
    r#""choices":null"#,
    r#""choices":[{"index":1,"delta":{"content":"two"},"finish_reason":"length"}]"#,
    r#""delta":{"content":"again"}"#,
    r#""delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"#,
    r#""delta":{"type":"text_delta","text":"more"}"#,
    r#""delta":{"stop_reason":"max_tokens"}"#,
    r#""content":"c""#,
    r#""content":["a",{"type":"text","text":"x"}]"#,
    r#""text":"t""#,
    r#""thought":true"#,
    r#""value":"bare""#,
    r#""object":"choices""#,
    r#""type":"error""#,
    r#""type":"content_block_delta""#,
    r#""type":"message_stop""#,
    r#""error":{"message":"no","code":429}"#,
    r#""error":"no""#,
    r#""error":null"#,
    r#""\u0065rror":{"message":"odd"}"#,
    r#""finish_reason":"stop""#,
    r#""finish_reason":"""#,
    r#""finish_reason":3"#,
    r#""finish\u005freason":"content_filter""#,
    r#""finish_reason":"error""#,
    r#""refusal":"I will not""#,
    r#""reasoning":"hm""#,
    r#""index":7"#,
    r#""candidates":[{"content":{"parts":[{"text":"g"}]},"finishReason":"MAX_TOKENS"}]"#,
    r#""finishReason":"STOP""#,
    r#""usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":2,"totalTokenCount":6}"#,
    r#""\u0075sageMetadata":{"promptTokenCount":4,"totalTokenCount":9}"#,
    r#""promptFeedback":{"blockReason":"SAFETY"}"#,
    r#""extra_content":{"google":{"thought":true}}"#,
];

const TEXTS: [&str; 12] = [
    "",
    "x",
    "naïve ☃",
    "\\\"usage\\\"",
    "\\u00e9\\n",
    "\\ud83d",
    "\\x",
    "\u{1}",
    "stop",
    "error",
    "<thought>a</thought>b",
    "a\",\"finish_reason\":\"stop",
];

fn change() -> impl Strategy<Value = Change> {
    let place = any::<Index>;
    prop_oneof![
        place().prop_map(Change::Escape),
        place().prop_map(Change::Blank),
        (place(), select(MEMBERS.to_vec())).prop_map(|(at, member)| Change::Member(at, member)),
        (place(), select(TEXTS.to_vec())).prop_map(|(at, text)| Change::Text(at, text)),
        (place(), select(b"\r\n:{}[]\",\\ue0\xff".to_vec()))
            .prop_map(|(at, byte)| Change::Byte(at, byte)),
        place().prop_map(Change::Cut),
    ]
}

/// The places after which something of this kind stands.
fn places(data: &[u8], wanted: impl Fn(&[u8]) -> bool) -> Vec<usize> {
    (0..data.len()).filter(|at| wanted(&data[*at..])).collect()
}

fn changed(data: &mut Vec<u8>, change: &Change) {
    let pick = |places: Vec<usize>, at: &Index| {
        (!places.is_empty()).then(|| places[at.index(places.len())])
    };
    match change {
        Change::Escape(at) => {
            let letters = places(data, |rest| rest[0].is_ascii_lowercase());
            if let Some(place) = pick(letters, at) {
                let escape = format!("\\u{:04x}", data[place]);
                data.splice(place..=place, escape.bytes());
            }
        }
        Change::Blank(at) => {
            let tokens = places(data, |rest| b"{}[]:,".contains(&rest[0]));
            if let Some(place) = pick(tokens, at) {
                data.splice(place..place, *b" \t\n");
            }
        }
        Change::Member(at, member) => {
            if let Some(place) = pick(places(data, |rest| rest[0] == b'{'), at) {
                let comma = if data.get(place + 1) == Some(&b'}') {
                    ""
                } else {
                    ","
                };
                data.splice(place + 1..=place, format!("{member}{comma}").bytes());
            }
        }
        Change::Text(at, text) => {
            let strings = places(data, |rest| rest.starts_with(b":\""));
            if let Some(place) = pick(strings, at) {
                let from = place + 2;
                let length = data[from..]
                    .iter()
                    .position(|byte| *byte == b'"')
                    .unwrap_or(0);
                data.splice(from..from + length, text.bytes());
            }
        }
        Change::Byte(at, byte) if !data.is_empty() => {
            let place = at.index(data.len());
            data[place] = *byte;
        }
        Change::Byte(..) => {}
        Change::Cut(at) => data.truncate(at.index(data.len() + 1)),
    }
}

/// The data of a wire's events, as its providers send them.
fn valid(wire: Wire) -> Vec<Vec<u8>> {
    let stream = common::source_of((wire, wire, false, Framing::Sse));
    let lines = stream.split(|byte| *byte == b'\n');
    let data = lines.filter_map(|line| line.strip_prefix(b"data:"));
    data.map(|data| data.trim_ascii().to_vec()).collect()
}

/// Events of a wire: each is one of its own, changed or not, and may come several times with other texts.
fn events(wire: Wire) -> impl Strategy<Value = Vec<Owned>> {
    let names = select(vec!["", "", "", "", "error", "exception", "message_stop"]);
    let again = prop::collection::vec((any::<Index>(), select(TEXTS.to_vec())), 0..4);
    let event = (
        select(valid(wire)),
        prop::collection::vec(change(), 0..3),
        names,
        again,
        any::<Index>(),
    );
    let events = event.prop_map(|(mut data, changes, name, again, whole)| {
        for change in &changes {
            changed(&mut data, change);
        }
        let one = |data: &[u8]| Owned {
            name: name.into(),
            data: data.to_vec(),
            raw: [b"data: ", data, b"\n\n"].concat(),
            complete: whole.index(9) > 0,
        };
        let mut events = vec![one(&data)];
        for (at, text) in again {
            let mut data = data.clone();
            changed(&mut data, &Change::Text(at, text));
            events.push(one(&data));
        }
        events
    });
    prop::collection::vec(events, 1..6).prop_map(|events| events.concat())
}

const WIRES: [Wire; 3] = [Wire::OpenAi, Wire::Anthropic, Wire::Gemini];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn scanner_and_reader_agree_on_changed_events(
        (wire, events) in select(WIRES.to_vec()).prop_flat_map(|wire| (Just(wire), events(wire))),
        strip in any::<bool>(),
    ) {
        scan::events(wire, strip, &events);
    }

    #[test]
    fn scanner_and_reader_agree_on_any_bytes(
        wire in select(WIRES.to_vec()),
        bytes in prop::collection::vec(prop_oneof![select(b"data:\n\r {}[]\",:".to_vec()), any::<u8>()], 0..300),
    ) {
        for framing in [Framing::Sse, Framing::JsonArray, Framing::AwsChunks] {
            scan::stream(wire, framing, false, &bytes);
        }
    }

    #[test]
    fn scanner_and_reader_agree_on_unary_answers(
        (_, events) in select(WIRES.to_vec()).prop_flat_map(|wire| (Just(wire), events(wire))),
    ) {
        for event in &events {
            scan::answers(&event.data);
        }
    }
}
