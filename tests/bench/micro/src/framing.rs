//! Chunks in, events out.

use crate::Case;
use crate::wires::{self, EVENTS, Source};
use std::hint::black_box;
use weir::framing::Decoder;

/// Largest event.
const LIMIT: usize = 1 << 20;

pub fn cases() -> Vec<Case> {
    let openai = wires::openai(true);
    let per_event = openai.events.clone();
    vec![
        case("sse/at_once", &openai, openai.at_once()),
        case("sse/per_event", &openai, per_event),
        case("sse/split", &openai, openai.split()),
        whole("json_array/at_once", &wires::gemini(true)),
        whole("aws/at_once", &wires::bedrock()),
        whole("aws_chunks/at_once", &wires::invoked()),
    ]
}

fn whole(name: &str, source: &Source) -> Case {
    case(name, source, source.at_once())
}

fn case(name: &str, source: &Source, chunks: Vec<Vec<u8>>) -> Case {
    let framing = source.framing;
    let bytes = source.bytes().len();
    Case::events(format!("framing/{name}"), bytes, move || {
        let mut decoder = Decoder::new(framing, LIMIT);
        let (mut events, mut seen) = (0usize, 0usize);
        let mut sink = |event: weir::framing::Event<'_>| {
            events += 1;
            seen += event.data.len();
        };
        for chunk in &chunks {
            decoder.feed(black_box(chunk), &mut sink).expect("framing");
        }
        decoder.finish(&mut sink).expect("an end");
        assert!(events >= EVENTS && seen > 0, "{events} events");
    })
}
