//! Providers' answers, unary and streamed, on their way to clients of every wire; and their errors.

use super::common::aws;
use super::input::{Cuts, Input};
use super::scan::is_sse;
use weir::dialect::{AnswerContext, JsonTool, Wire};
use weir::exchange::stream::{Route, Stream};
use weir::framing::Framing;
use weir::json::{self, Value};
use weir::meter::{Tally, Usage, UsageSource};

/// The wires that clients speak.
pub const CLIENTS: [Wire; 4] = [
    Wire::OpenAi,
    Wire::Completions,
    Wire::Anthropic,
    Wire::Gemini,
];

/// A context such as an attempt gives.
fn context(flags: u8) -> AnswerContext {
    AnswerContext {
        id: "id".to_owned(),
        created: 7,
        model: "m".to_owned(),
        include_usage: flags & 1 > 0,
        names: vec![("f".to_owned(), "own.f".to_owned())],
        array: flags & 2 > 0,
        legacy_functions: flags & 4 > 0,
    }
}

/// A unary answer of `provider`'s, in every client's wire: JSON, and the same again.
fn unary(provider: Wire, data: &[u8]) {
    let mut input = Input::new(data);
    let flags = input.byte();
    let body = input.rest();
    for client in CLIENTS {
        let mut out = Vec::new();
        let mut streamed = Vec::new();
        let mut body_writer = client.answer_writer(context(flags));
        let mut stream_writer = client.stream_writer(context(flags));
        let mut tool = JsonTool::new((flags & 8 > 0).then(|| "f".to_owned()));
        let mut tally = Tally::default();
        let read = provider.read_answer(body, &mut |event| {
            tally.see(&event, 1);
            tool.map(event, &mut |event| {
                body_writer.event(&event, &mut out);
                stream_writer.event(&event, &mut streamed);
            });
        });
        if let Err(error) = read {
            told(client, &error);
            continue;
        }
        tool.finish(&mut |event| {
            body_writer.event(&event, &mut out);
            stream_writer.event(&event, &mut streamed);
        });
        body_writer.finish(&mut out);
        stream_writer.finish(&mut streamed);
        assert!(
            is_json(&out),
            "{client:?}: {}",
            String::from_utf8_lossy(&out)
        );
        assert_stream(client, flags & 2 > 0, &streamed);
    }
}

/// OpenAI's chat completions.
pub fn answer_openai(data: &[u8]) {
    unary(Wire::OpenAi, data);
    unary(Wire::Completions, data);
}

/// Anthropic's messages.
pub fn answer_anthropic(data: &[u8]) {
    unary(Wire::Anthropic, data);
}

/// Google's.
pub fn answer_gemini(data: &[u8]) {
    unary(Wire::Gemini, data);
}

/// Bedrock's Converse.
pub fn answer_bedrock(data: &[u8]) {
    unary(Wire::Bedrock, data);
}

/// An error as a provider tells it, in every client's wire.
pub fn errors(data: &[u8]) {
    let mut input = Input::new(data);
    let status = input.of(&[400, 401, 403, 404, 413, 429, 500, 503, 529, 200, 0]);
    let class = input.of(&[
        None,
        Some("ThrottlingException"),
        Some("x:http://a#b"),
        Some(""),
    ]);
    let body = input.rest();
    for provider in [Wire::OpenAi, Wire::Anthropic, Wire::Gemini, Wire::Bedrock] {
        let error = provider.read_error(status, class, body);
        CLIENTS.iter().for_each(|client| told(*client, &error));
        for client in CLIENTS {
            let _ = client.is_error_body(body);
        }
        let _ = provider.foreign_token_count(body);
    }
}

fn told(client: Wire, error: &weir::chat::Error) {
    assert!(!error.message.is_empty());
    let body = client.error_body(error);
    assert!(is_json(&body), "{}", String::from_utf8_lossy(&body));
    assert!(
        client.is_error_body(&body),
        "{}",
        String::from_utf8_lossy(&body)
    );
    let mut event = Vec::new();
    client.error_event(error, false, &mut event);
    assert!(is_sse(&event), "{}", String::from_utf8_lossy(&event));
}

/// OpenAI's streams.
pub fn stream_openai(data: &[u8]) {
    streamed(Wire::OpenAi, data);
}

/// OpenAI's legacy streams.
pub fn stream_completions(data: &[u8]) {
    streamed(Wire::Completions, data);
}

/// Anthropic's streams, in Bedrock's envelope or not.
pub fn stream_anthropic(data: &[u8]) {
    streamed(Wire::Anthropic, data);
}

/// Google's streams.
pub fn stream_gemini(data: &[u8]) {
    streamed(Wire::Gemini, data);
}

/// Bedrock's streams: lines of events, framed.
pub fn stream_bedrock(data: &[u8]) {
    streamed(Wire::Bedrock, data);
}

/// What a client sees of a stream, and the meter counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seen {
    out: Vec<u8>,
    usage: (Usage, UsageSource),
    error: Option<String>,
    finish: Option<&'static str>,
    broken: bool,
}

fn streamed(provider: Wire, data: &[u8]) {
    let mut input = Input::new(data);
    let flags = input.byte();
    let limit = input.of(&[1 << 16, 1 << 16, 200]);
    let client = input.of(&CLIENTS);
    let cuts = Cuts::read(&mut input);
    let source = input.rest();
    let framing = match provider {
        Wire::Bedrock => Framing::AwsEvents,
        Wire::Anthropic if flags & 0x40 > 0 => Framing::AwsChunks,
        Wire::Gemini if source.trim_ascii_start().starts_with(b"[") => Framing::JsonArray,
        _ => Framing::Sse,
    };
    let bytes = match framing {
        Framing::AwsEvents => aws::stream(source),
        Framing::AwsChunks => enveloped(source),
        _ => source.to_vec(),
    };
    let route = || Route {
        framing,
        translate: flags & 0x20 > 0,
        strip_usage: flags & 0x10 > 0 && provider == client,
        json_tool: (flags & 8 > 0).then(|| "f".to_owned()),
        max_event_bytes: limit,
        ..Route::new(provider, client)
    };
    let whole = through(Stream::new(route(), context(flags)), &[&bytes]);
    let mut cut = through(Stream::new(route(), context(flags)), &cuts.pieces(&bytes));
    let passes = provider == client && flags & 0x20 == 0 && framing != Framing::AwsChunks;
    if passes && (whole.broken || cut.broken) {
        // Bytes that pass are gone before it is known that they are broken.
        cut.out.clone_from(&whole.out);
    }
    assert_eq!(cut, whole, "{provider:?} to {client:?}");
    if provider != client || flags & 0x20 > 0 {
        assert_stream(client, flags & 2 > 0, &whole.out);
    }
}

/// Server-sent events in Bedrock's envelope.
fn enveloped(source: &[u8]) -> Vec<u8> {
    use base64::Engine;
    let mut out = Vec::new();
    for line in source.split(|byte| *byte == b'\n') {
        if let Some(data) = line.strip_prefix(b"data: ") {
            let bytes = base64::engine::general_purpose::STANDARD.encode(data);
            out.extend(aws::event(
                "chunk",
                format!("{{\"bytes\":\"{bytes}\"}}").as_bytes(),
            ));
        } else if let Some(data) = line.strip_prefix(b"!") {
            out.extend(aws::exception("modelStreamErrorException", data));
        }
    }
    out
}

fn through(mut stream: Stream, pieces: &[&[u8]]) -> Seen {
    let mut tally = Tally::default();
    let mut seen = Seen::default();
    for piece in pieces {
        let passed = stream.chunk(piece, &mut tally, 1, &mut seen.out);
        if passed.untouched {
            seen.out.extend_from_slice(piece);
        }
        seen.broken = passed.broken;
        if passed.broken {
            break;
        }
    }
    seen.broken |= stream.end(&mut tally, 1, &mut seen.out).broken;
    seen.usage = tally.usage(7);
    seen.error = tally.error().map(ToString::to_string);
    seen.finish = tally.finish().map(|reason| reason.as_str());
    // After the end nothing is said.
    let before = seen.out.len();
    let late = stream.chunk(b"data: {\"choices\":[]}\n\n", &mut tally, 2, &mut seen.out);
    stream.end(&mut tally, 2, &mut seen.out);
    assert!(seen.out.len() == before && !late.broken);
    seen
}

/// What was rendered is a stream of the client's wire: whole events of JSON, one end, and nothing after it.
fn assert_stream(client: Wire, array: bool, out: &[u8]) {
    let shown = || String::from_utf8_lossy(out).into_owned();
    if client == Wire::Gemini && array {
        assert!(
            matches!(json::parse(out), Ok(Value::Array(_))),
            "{}",
            shown()
        );
        return;
    }
    assert!(is_sse(out), "{client:?}: {}", shown());
    let text = shown();
    for end in ["data: [DONE]\n", "event: message_stop\n", "event: error\n"] {
        let found = text.matches(end).count();
        let last = text.trim_end().rsplit("\n\n").next().unwrap_or_default();
        assert!(
            found == 0 || found == 1 && format!("{last}\n").contains(end),
            "{text}"
        );
    }
}

fn is_json(bytes: &[u8]) -> bool {
    json::parse(bytes).is_ok()
}
