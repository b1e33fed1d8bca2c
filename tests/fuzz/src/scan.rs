//! The scanner that looks on while a stream passes says of it what the reader says that translates it.

use weir::chat::Event;
use weir::dialect::Wire;
use weir::framing::{self, Decoder, Framing};
use weir::json::{self, Value};
use weir::meter::Tally;

/// Largest event of a stream.
const LIMIT: usize = 1 << 16;

/// OpenAI's streams, legacy completions among them.
pub fn openai(data: &[u8]) {
    stream(Wire::OpenAi, Framing::Sse, false, data);
}

/// Anthropic's streams.
pub fn anthropic(data: &[u8]) {
    stream(Wire::Anthropic, Framing::Sse, false, data);
}

/// Google's streams, as server-sent events or as an array.
pub fn gemini(data: &[u8]) {
    let array = data.trim_ascii_start().starts_with(b"[");
    let framing = if array {
        Framing::JsonArray
    } else {
        Framing::Sse
    };
    stream(Wire::Gemini, framing, false, data);
}

/// Unary answers of every wire that clients speak.
pub fn answers(data: &[u8]) {
    for wire in [
        Wire::OpenAi,
        Wire::Completions,
        Wire::Anthropic,
        Wire::Gemini,
    ] {
        answer(wire, data);
    }
}

/// One stream through both. What names an event `exception` makes one of it.
pub fn stream(wire: Wire, framing: Framing, strip_usage: bool, data: &[u8]) {
    let mut events = Vec::new();
    let mut decoder = Decoder::new(framing, LIMIT);
    let mut gather = |event: framing::Event<'_>| events.push(owned(event));
    if decoder.feed(data, &mut gather).is_ok() {
        let _ = decoder.finish(&mut gather);
    }
    self::events(wire, strip_usage, &events);
}

/// An event with bytes of its own.
#[derive(Debug, Clone, Default)]
pub struct Owned {
    /// Its name.
    pub name: Vec<u8>,
    /// Its data.
    pub data: Vec<u8>,
    /// Its bytes as they came.
    pub raw: Vec<u8>,
    /// Whether its end came.
    pub complete: bool,
}

fn owned(event: framing::Event<'_>) -> Owned {
    Owned {
        name: event.name.to_vec(),
        data: event.data.to_vec(),
        raw: event.raw.to_vec(),
        complete: event.complete,
    }
}

/// These events through both: after each, both say the same.
pub fn events(wire: Wire, strip_usage: bool, events: &[Owned]) {
    let mut scanner = wire.stream_scanner(strip_usage);
    let mut reader = wire.stream_reader();
    let (mut scanned, mut read) = (Tally::default(), Tally::default());
    for (place, event) in events.iter().enumerate() {
        let now = place as u64 + 1;
        let event = framing::Event {
            name: &event.name,
            data: event.data.as_slice().into(),
            raw: &event.raw,
            complete: event.complete,
            exception: event.name == b"exception",
        };
        scanner.event(&event, &mut |event| scanned.see(&event, now));
        reader.event(&event, &mut |event| read.see(&event, now));
        assert_alike(wire, &scanned, &read, &event);
    }
    let end = u64::MAX;
    scanner.end(&mut |event| scanned.see(&event, end));
    reader.end(&mut |event| read.see(&event, end));
    assert_alike(wire, &scanned, &read, &"the end");
}

fn assert_alike(wire: Wire, scanned: &Tally, read: &Tally, at: &dyn std::fmt::Debug) {
    let told = |tally: &Tally| {
        (
            tally.usage(7),
            tally.finish(),
            tally.ended(),
            tally.first_content_ms(),
        )
    };
    assert_eq!(told(scanned), told(read), "{wire:?} at {at:?}");
    assert_eq!(scanned.error(), read.error(), "{wire:?} at {at:?}");
}

/// A unary answer through both. One that is no chat answer may be another operation's, which passes.
pub fn answer(wire: Wire, body: &[u8]) {
    let (mut scanned, mut read) = (Tally::default(), Tally::default());
    let scan = wire.scan_answer(body, &mut |event| scanned.see(&event, 1));
    match wire.read_answer(body, &mut |event| read.see(&event, 1)) {
        Ok(()) => {
            assert_eq!(scan, Ok(()), "{wire:?}");
            for tally in [&mut scanned, &mut read] {
                tally.see(&Event::End, 1);
            }
            assert_alike(wire, &scanned, &read, &"an answer");
        }
        Err(_) if scan.is_ok() => assert!(is_another(wire, body), "{wire:?}"),
        Err(error) => assert_eq!(scan, Err(error), "{wire:?}"),
    }
}

/// Whether a body that is no chat answer may be another operation's: it has nothing of one, and is no error.
fn is_another(wire: Wire, body: &[u8]) -> bool {
    let Ok(Value::Object(object)) = json::parse(body) else {
        return false;
    };
    let named = |key: &str| object.str(key).is_some_and(|word| word.is("error"));
    let failed = match object.get("error") {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Object(error)) => !error.members().is_empty(),
        Some(Value::Array(list)) => !list.items().is_empty(),
        _ => named("object") || named("type"),
    };
    match wire {
        Wire::OpenAi | Wire::Completions => object.array("choices").is_none() && !failed,
        Wire::Anthropic => object.array("content").is_none() && !named("type"),
        _ => object.get("candidates").is_none() && object.object("error").is_none(),
    }
}

/// Whether bytes are whole server-sent events whose data is JSON, or what ends OpenAI's streams.
pub fn is_sse(bytes: &[u8]) -> bool {
    let mut decoder = Decoder::new(Framing::Sse, usize::MAX);
    let mut sound = true;
    let mut look = |event: framing::Event<'_>| {
        let data = event.data.as_ref();
        sound &= event.complete && (data == b"[DONE]" || json::parse(data).is_ok());
    };
    decoder.feed(bytes, &mut look).is_ok() && decoder.finish(&mut look).is_ok() && sound
}
