//! Events that repeat the one before pass with less work: what is counted and what the client gets must not show it.
//!
//! A stream that comes byte by byte never takes that way, so it says what the others are to say.
#![cfg(not(target_arch = "wasm32"))]

#[allow(dead_code, reason = "streams and ways of other tests")]
mod common;

use common::{Seen, Way, through};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use weir::chat::Event;
use weir::dialect::Wire;
use weir::framing::{Decoder, Framing};
use weir::meter::UsageSource;

const LIMIT: usize = 1 << 16;

const WAYS: [Way; 5] = [
    (Wire::OpenAi, Wire::OpenAi, false, Framing::Sse),
    (Wire::OpenAi, Wire::OpenAi, true, Framing::Sse),
    (Wire::Completions, Wire::Completions, false, Framing::Sse),
    (Wire::Anthropic, Wire::Anthropic, false, Framing::Sse),
    (Wire::Gemini, Wire::Gemini, false, Framing::Sse),
];

/// Literals' insides: some are none, some would end the event or the text.
const TEXTS: [&str; 16] = [
    "a",
    " word",
    "longer than any block of bytes that is looked at in one step, and then some",
    "",
    "\\n",
    "caf\u{e9} \\u00e9 \\ud83d\\ude00",
    "\\ud83d",
    "\\x",
    "\\",
    "\u{1}",
    "\n\n",
    "\r",
    "\",\"finish_reason\":\"stop",
    "\"}\n\ndata: [DONE]\n\ndata: {\"a\":\"",
    "\\\"usage\\\":null",
    "<thought>",
];

/// Events of text: `T` stands for the text, `P` for padding.
fn shapes(wire: Wire) -> &'static [&'static str] {
    match wire {
        Wire::OpenAi => &[
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"T\"},\"finish_reason\":null}]}\n\n",
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"T\"}}],\"usage\":null}\n\n",
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"T\"}}],\"usage\":null,\"obfuscation\":\"P\"}\n\n",
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"T\"}}],\"obfuscation\":\"P\",\"usage\":null}\n\n",
            "data: {\"id\":\"c\", \"usage\" : null , \"choices\":[{\"index\":1,\"delta\":{\"reasoning_content\":\"T\"}}]}\r\n\r\n",
            ": ping\nid: 7\ndata:{\"choices\":[{\"delta\":{\"content\":\"T\",\"refusal\":null}}],\"x_groq\":{\"usage\":null},\"usage\":null}\r\r",
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"T\"}}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n",
        ],
        Wire::Completions => &[
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"text\":\"T\",\"finish_reason\":null}]}\n\n",
        ],
        Wire::Anthropic => &[
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"T\"}}\n\n",
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"T\"}}\r\n\r\n",
        ],
        _ => &[
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"T\"}],\"role\":\"model\"},\"index\":0}],\"responseId\":\"r\"}\r\n\r\n",
        ],
    }
}

/// What begins a stream, and what may end it.
fn around(wire: Wire) -> (&'static str, &'static [&'static str]) {
    match wire {
        Wire::OpenAi => (
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
            &[
                "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
                "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":9}}\n\n",
                "data: [DONE]\n\n",
                "data: {\"error\":{\"message\":\"no\"}}\n\n",
            ],
        ),
        Wire::Completions => (
            "",
            &[
                "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"text\":\"\",\"finish_reason\":\"length\"}]}\n\n",
            ],
        ),
        Wire::Anthropic => (
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":3}}}\n\n",
            &[
                "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":9,\"content_block\":{\"type\":\"server_tool_use\"}}\n\n",
                "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":9}\n\n",
                "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":9}}\n\n",
                "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
            ],
        ),
        _ => (
            "",
            &[
                "data: {\"candidates\":[{\"content\":{},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":3,\"totalTokenCount\":9}}\r\n\r\n",
            ],
        ),
    }
}

/// A stream: runs of events of one shape, and others between.
fn stream(way: Way) -> impl Strategy<Value = Vec<u8>> {
    let (start, others) = around(way.0);
    let text = || prop_oneof![3 => select(TEXTS[..3].to_vec()), 1 => select(TEXTS.to_vec())];
    let run = (
        select(shapes(way.0).to_vec()),
        prop::collection::vec((text(), text()), 1..8),
        prop_oneof![2 => Just(None), 1 => select(others.to_vec()).prop_map(Some)],
    );
    prop::collection::vec(run, 1..5).prop_map(move |runs| {
        let mut out = start.to_owned();
        for (shape, texts, other) in runs {
            for (text, padding) in texts {
                out.push_str(&shape.replace('P', padding).replace('T', text));
            }
            out.push_str(other.unwrap_or_default());
        }
        out.into_bytes()
    })
}

/// A stream with a byte changed here and there, or cut off.
fn damaged() -> impl Strategy<Value = (Way, Vec<u8>)> {
    let changes = || {
        prop::collection::vec(
            (any::<Index>(), select(b"\r\n:{}\",\\u\xff".to_vec())),
            0..3,
        )
    };
    let cut = || prop_oneof![4 => Just(None), 1 => any::<Index>().prop_map(Some)];
    select(WAYS.to_vec()).prop_flat_map(move |way| {
        (stream(way), changes(), cut()).prop_map(move |(mut bytes, changes, cut)| {
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            (way, bytes)
        })
    })
}

fn byte_by_byte(way: Way, bytes: &[u8], limit: usize) -> Seen {
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    through(way, &single, limit)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn less_work_shows_nowhere(
        (way, bytes) in damaged(),
        size in prop_oneof![Just(usize::MAX), 1usize..400],
        limit in prop_oneof![3 => Just(LIMIT), 1 => 60usize..300],
    ) {
        let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
        let (mut seen, mut wanted) = (through(way, &pieces, limit), byte_by_byte(way, &bytes, limit));
        // Where bytes pass, those of an event that is too long are gone before that shows.
        if !way.2 && wanted.error.as_ref().is_some_and(|error| error.contains("longer")) {
            (seen.out, wanted.out) = Default::default();
        }
        prop_assert_eq!(seen, wanted);
    }
}

/// The way with less work is taken by streams of every shape that can take it; else the test above would compare nothing.
#[test]
fn repeats_are_passed_over() {
    for way in WAYS {
        for shape in shapes(way.0) {
            let mut scanner = way.0.stream_scanner(way.2);
            let mut decoder = Decoder::new(Framing::Sse, LIMIT);
            let twice = shape.replace('P', "xyz").replace('T', "words").repeat(2) + "\n";
            let fed = decoder.feed(twice.as_bytes(), &mut |event| {
                if !event.data.is_empty() {
                    scanner.event(&event, &mut |_| ());
                }
            });
            assert_eq!(fed, Ok(()));
            let again = shape.replace('P', "").replace('T', " others").repeat(3);
            let (mut out, mut texts) = (Vec::new(), 0);
            let mut sink = |_: Event<'_>| texts += 1;
            let length = scanner
                .repeat()
                .skip(again.as_bytes(), LIMIT, Some(&mut out), &mut sink);
            // Counts are more than text; a CR at the end may be half of a line's end; and what is taken out must stand
            // behind the text and before the padding.
            let place = |what: &str| shape.find(what).unwrap_or(usize::MAX);
            let ordered = place("T\"") < place("\"usage\"")
                && (place("\"usage\"") < place("P\"") || place("P\"") == usize::MAX);
            let takes_out = way.2 && shape.contains("\"usage\"");
            let passes = !shape.contains("prompt_tokens")
                && !shape.ends_with("\r\r")
                && (ordered || !takes_out);
            assert_eq!(
                (length, texts),
                if passes { (again.len(), 3) } else { (0, 0) },
                "{way:?} {shape}"
            );
            if passes {
                let want = if takes_out {
                    again.replace(",\"usage\":null", "")
                } else {
                    again
                };
                assert_eq!(String::from_utf8_lossy(&out), want, "{way:?}");
            }
        }
    }
}

/// Of a stream that is cut off the output is estimated by every text that passed.
#[test]
fn every_text_is_counted() {
    let way = WAYS[1];
    let event = |index: usize| {
        let padded = shapes(way.0)[2].replace('P', &"p".repeat(index % 9));
        padded.replace('T', &format!("word{index:04}"))
    };
    let bytes: String = (0..1000).map(event).collect();
    let pieces: Vec<&[u8]> = bytes.as_bytes().chunks(16 * 1024).collect();
    let seen = through(way, &pieces, LIMIT);
    assert_eq!(
        (seen.usage.0.output_tokens, seen.usage.1),
        (2000, UsageSource::Estimated)
    );
    assert!(seen.out.starts_with(&bytes.replace(",\"usage\":null", "")));
}
