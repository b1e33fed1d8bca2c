//! Streams on their way: looked on by a scanner, edited, or from one wire into another.

use crate::Case;
use crate::wires::{self, EVENTS, Source};
use std::hint::black_box;
use weir::dialect::{AnswerContext, Wire};
use weir::exchange::stream::{Route, Stream};
use weir::meter::{Tally, UsageSource};

pub fn cases() -> Vec<Case> {
    let mut cases = passing();
    cases.extend(translated());
    cases
}

/// The same wire on both sides.
fn passing() -> Vec<Case> {
    let counted = wires::openai(true);
    let uncounted = wires::openai(false);
    let per_event = |source: &Source| source.events.clone();
    vec![
        pass("openai/at_once", &counted, counted.at_once(), false),
        pass("openai/per_event", &counted, per_event(&counted), false),
        pass("openai/split", &counted, counted.split(), false),
        whole("openai/uncounted", &uncounted, false),
        whole("openai/padded", &wires::padded(), false),
        // Usage that the gateway asked for is taken out again.
        whole("openai/strip", &counted, true),
        pass(
            "openai/strip_per_event",
            &counted,
            per_event(&counted),
            true,
        ),
        whole("openai/strip_padded", &wires::padded(), true),
        whole("completions/at_once", &wires::completions(), false),
        whole("anthropic/at_once", &wires::anthropic(), false),
        whole("anthropic/enveloped", &wires::invoked(), false),
        whole("gemini/at_once", &wires::gemini(false), false),
        whole("gemini/array", &wires::gemini(true), false),
    ]
}

fn whole(name: &str, source: &Source, strip: bool) -> Case {
    pass(name, source, source.at_once(), strip)
}

fn pass(name: &str, source: &Source, chunks: Vec<Vec<u8>>, strip: bool) -> Case {
    let route = Route {
        framing: source.framing,
        strip_usage: strip,
        ..Route::new(source.wire, source.wire)
    };
    case(format!("pass/{name}"), route, chunks)
}

/// Every provider's wire into every client's.
fn translated() -> Vec<Case> {
    let clients = [
        (Wire::OpenAi, "openai"),
        (Wire::Anthropic, "anthropic"),
        (Wire::Gemini, "gemini"),
        (Wire::Completions, "completions"),
    ];
    let providers = [
        (wires::openai(true), "openai"),
        (wires::anthropic(), "anthropic"),
        (wires::gemini(false), "gemini"),
        (wires::bedrock(), "bedrock"),
    ];
    let mut cases = Vec::new();
    for (source, from) in &providers {
        for (client, to) in clients.iter().filter(|(client, _)| *client != source.wire) {
            let route = Route {
                framing: source.framing,
                ..Route::new(source.wire, *client)
            };
            let name = |way: &str| format!("translate/{from}_to_{to}/{way}");
            cases.push(case(name("at_once"), route.clone(), source.at_once()));
            if *client == Wire::OpenAi {
                cases.push(case(name("per_event"), route, source.events.clone()));
            }
        }
    }
    cases
}

/// A stream from its beginning to its end, as an answer takes it: what goes to the client is a buffer a chunk.
fn case(name: String, route: Route, chunks: Vec<Vec<u8>>) -> Case {
    let bytes = chunks.iter().map(Vec::len).sum();
    Case::events(name, bytes, move || {
        let context = AnswerContext {
            id: "chatcmpl-0123456789abcdef".to_owned(),
            model: "a-model".to_owned(),
            created: 1_760_000_000,
            ..AnswerContext::default()
        };
        let mut stream = Stream::new(route.clone(), context);
        let mut tally = Tally::default();
        let mut sent = 0usize;
        for chunk in &chunks {
            let mut out = Vec::new();
            let passed = stream.chunk(black_box(chunk), &mut tally, 1, &mut out);
            sent += if passed.untouched {
                chunk.len()
            } else {
                out.len()
            };
            black_box(&out);
        }
        let mut out = Vec::new();
        stream.end(&mut tally, 1, &mut out);
        sent += out.len();
        assert!(tally.error().is_none(), "{:?}", tally.error());
        assert!(tally.finish().is_some() && sent > 10 * EVENTS);
        let (usage, source) = tally.usage(0);
        let estimated = source == UsageSource::Estimated;
        assert!(estimated || usage.output_tokens == 1000, "{usage:?}");
    })
}
