//! Events that repeat the one before take less work: what is counted and what the client gets must not show it.
//!
//! A passing stream that comes byte by byte never takes that way, so it says what the others are to say; of a translated
//! one a reader and a writer do, that know nothing of it.
#![cfg(not(target_arch = "wasm32"))]

#[allow(dead_code, reason = "streams and ways of other tests")]
mod common;

use common::{Seen, Way, framed, through};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use weir::chat::Event;
use weir::dialect::{AnswerContext, Wire};
use weir::framing::{Decoder, Framing};
use weir::meter::{Tally, UsageSource};

const LIMIT: usize = 1 << 16;

/// Streams that pass.
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

/// Events of text: `§` stands for the text, `¶` for padding, `#` for a count.
fn shapes(wire: Wire) -> &'static [&'static str] {
    match wire {
        Wire::OpenAi => &[
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"§\"},\"finish_reason\":null}]}\n\n",
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"§\"}}],\"usage\":null}\n\n",
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"§\"}}],\"usage\":null,\"obfuscation\":\"¶\"}\n\n",
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"§\"}}],\"obfuscation\":\"¶\",\"usage\":null}\n\n",
            "data: {\"id\":\"c\", \"usage\" : null , \"choices\":[{\"index\":1,\"delta\":{\"reasoning_content\":\"§\"}}]}\r\n\r\n",
            ": ping\nid: 7\ndata:{\"choices\":[{\"delta\":{\"content\":\"§\",\"refusal\":null}}],\"x_groq\":{\"usage\":null},\"usage\":null}\r\r",
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"§\"}}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n",
        ],
        Wire::Completions => &[
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"text\":\"§\",\"finish_reason\":null}]}\n\n",
        ],
        Wire::Anthropic => &[
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"§\"}}\n\n",
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"§\"}}\r\n\r\n",
        ],
        Wire::Gemini => &[
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"§\"}],\"role\":\"model\"},\"index\":0}],\"responseId\":\"r\"}\r\n\r\n",
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"§\"}]}}],\"usageMetadata\":{\"promptTokenCount\":3,\"candidatesTokenCount\":#,\"totalTokenCount\":#,\"promptTokensDetails\":[{\"modality\":\"AUDIO\",\"tokenCount\":1}]},\"responseId\":\"r\"}\r\n\r\n",
            "data: {\"usageMetadata\":{\"promptTokenCount\":#},\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"§\",\"thought\":true}]}}]}\r\n\r\n",
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"§\"}]}}],\"usageMetadata\":{\"totalTokenCount\":#,\"serviceTier\":\"flex\"}}\n\n",
        ],
        _ => &[
            "contentBlockDelta {\"contentBlockIndex\":0,\"delta\":{\"text\":\"§\"},\"p\":\"¶\"}\n",
            "contentBlockDelta {\"contentBlockIndex\":0,\"delta\":{\"reasoningContent\":{\"text\":\"§\"}},\"p\":\"¶\"}\n",
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
                "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\",\"citations\":[{\"type\":\"char_location\",\"cited_text\":\"c\"}]}}\n\n",
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
        prop::collection::vec(
            (
                text(),
                text(),
                select(vec![
                    "7", "8", "1234", "0", "08", "-1", "1.0", "1e2", "\"9\"",
                ]),
            ),
            1..8,
        ),
        prop_oneof![2 => Just(None), 1 => select(others.to_vec()).prop_map(Some)],
    );
    prop::collection::vec(run, 1..5).prop_map(move |runs| {
        let mut out = start.to_owned();
        for (shape, texts, other) in runs {
            for (text, padding, number) in texts {
                let event = shape.replace('¶', padding).replace('§', text);
                out.push_str(&event.replace('#', number));
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

/// Every pair of wires.
fn translations() -> Vec<Way> {
    let providers = [
        (Wire::OpenAi, Framing::Sse),
        (Wire::Anthropic, Framing::Sse),
        (Wire::Gemini, Framing::Sse),
        (Wire::Bedrock, Framing::AwsEvents),
    ];
    let clients = [
        Wire::OpenAi,
        Wire::Anthropic,
        Wire::Gemini,
        Wire::Completions,
    ];
    let pairs = providers.iter().flat_map(|(provider, framing)| {
        let others = clients.into_iter().filter(move |client| client != provider);
        others
            .flat_map(move |client| [true, false].map(|asked| (*provider, client, asked, *framing)))
    });
    pairs.collect()
}

/// A translation by a reader and a writer alone.
fn plainly(way: Way, bytes: &[u8]) -> Seen {
    let (provider, client, asked, framing) = way;
    let mut reader = provider.stream_reader();
    let mut writer = client.stream_writer(AnswerContext {
        id: "id".to_owned(),
        model: "m".to_owned(),
        include_usage: asked,
        array: asked && client == Wire::Gemini,
        ..AnswerContext::default()
    });
    let (mut tally, mut out, mut ended) = (Tally::default(), Vec::new(), false);
    let mut sink = |event: Event<'_>| {
        if ended {
            return;
        }
        tally.see(&event, 1);
        writer.event(&event, &mut out);
        ended = matches!(event, Event::End | Event::Error(_));
        if matches!(event, Event::End) {
            writer.finish(&mut out);
        }
    };
    let mut decoder = Decoder::new(framing, LIMIT);
    let mut feed = |event: weir::framing::Event<'_>| reader.event(&event, &mut sink);
    decoder.feed(bytes, &mut feed).expect("framed");
    decoder.finish(&mut feed).expect("framed");
    reader.end(&mut sink);
    Seen {
        out: String::from_utf8_lossy(&out).into_owned(),
        usage: tally.usage(0),
        error: tally.error().map(ToString::to_string),
        finish: tally.finish().map(|reason| reason.as_str()),
    }
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

    #[test]
    fn translations_are_what_reader_and_writer_make_of_them(
        (way, bytes) in select(translations()).prop_flat_map(|way| (Just(way), stream(way))),
        size in prop_oneof![Just(usize::MAX), 1usize..400],
    ) {
        let bytes = framed(way, bytes);
        let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
        prop_assert_eq!(through(way, &pieces, LIMIT), plainly(way, &bytes));
    }
}

/// The way with less work is taken by streams of every shape that can take it; else the test above would compare nothing.
#[test]
fn repeats_are_passed_over() {
    for way in WAYS {
        for shape in shapes(way.0) {
            let mut scanner = way.0.stream_scanner(way.2);
            let mut decoder = Decoder::new(Framing::Sse, LIMIT);
            let twice = shape
                .replace('¶', "xyz")
                .replace('§', "words")
                .replace('#', "5")
                .repeat(2)
                + "\n";
            let fed = decoder.feed(twice.as_bytes(), &mut |event| {
                if !event.data.is_empty() {
                    scanner.event(&event, &mut |_| ());
                }
            });
            assert_eq!(fed, Ok(()));
            let again = shape
                .replace('¶', "")
                .replace('§', " others")
                .replace('#', "123")
                .repeat(3);
            let (mut out, mut tally) = (Vec::new(), Tally::default());
            let length = scanner.skip(again.as_bytes(), LIMIT, (&mut tally, 1), &mut out);
            let texts = tally.first_content_ms();
            // Counts are more than text; a CR at the end may be half of a line's end; and what is taken out must stand
            // behind the text and before the padding.
            let place = |what: &str| shape.find(what).unwrap_or(usize::MAX);
            let ordered = place("§\"") < place("\"usage\"")
                && (place("\"usage\"") < place("¶\"") || place("¶\"") == usize::MAX);
            let takes_out = way.2 && shape.contains("\"usage\"");
            // Counts that vary stand behind the text, too.
            let passes = !shape.contains("prompt_tokens")
                && !shape.starts_with("data: {\"usageMetadata")
                && !shape.ends_with("\r\r")
                && (ordered || !takes_out);
            assert_eq!(
                (length, texts),
                if passes { (again.len(), 1) } else { (0, 0) },
                "{way:?} {shape}"
            );
            if passes && way.2 {
                let want = again.replace(",\"usage\":null", "");
                assert_eq!(String::from_utf8_lossy(&out), want, "{way:?}");
            }
        }
    }
}

/// Places of citations count the text that passed unread, and what only looks like the event before is read.
#[test]
fn what_repeats_counts_and_what_does_not_is_read() {
    let texts = ["one", " two", " thr\u{e9}e", " \\u00e9\\n", " five", " six"];
    // Words of the events themselves, and one again and again, which tells nothing of its place.
    let words = [
        "content", "content", "content", "text", "text", "text", "a", "b", "model", "c",
    ];
    for way in translations() {
        let (start, others) = around(way.0);
        for shape in shapes(way.0) {
            let event = |text: &&str| shape.replace('¶', "p").replace('§', text).replace('#', "5");
            let said: Vec<String> = texts.iter().map(event).collect();
            let mut streams = vec![words.iter().map(event).collect::<String>()];
            for other in others {
                let ended = [
                    said.concat(),
                    (*other).to_owned(),
                    said.concat(),
                    others.concat(),
                ];
                streams.push(ended.concat());
            }
            let last = said[5].clone();
            let renamed = match way.3 {
                Framing::AwsEvents => last.replace("contentBlockDelta", "contentBlockOther"),
                _ => format!("event: error\n{last}"),
            };
            let longer = last.trim_end().to_owned() + "]" + &last[last.trim_end().len()..];
            let shorter = last.replacen('}', "", 1);
            let another = last.replace(":0", ":1");
            streams.extend(
                [renamed, longer, shorter, another]
                    .map(|odd| said.concat() + &odd + &said.concat()),
            );
            for stream in streams {
                let bytes = framed(way, (start.to_owned() + &stream).into_bytes());
                let seen = through(way, &[&bytes], LIMIT);
                assert_eq!(seen, plainly(way, &bytes), "{way:?} {stream}");
            }
        }
    }
}

/// Of a stream that is cut off the output is estimated by every text that passed.
#[test]
fn every_text_is_counted() {
    let way = WAYS[1];
    let event = |index: usize| {
        let padded = shapes(way.0)[2].replace('¶', &"p".repeat(index % 9));
        padded.replace('§', &format!("word{index:04}"))
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
