//! Framings: any bytes in any pieces, messages whose lengths and checksums are right, and events that come back.

use super::common::aws;
use super::input::{Cuts, Input};
use weir::framing::{Decoder, Event, Framing, FramingError};

/// What a framing says of bytes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    events: Vec<(Vec<u8>, Vec<u8>, bool, bool)>,
    raw: Vec<u8>,
    error: Option<FramingError>,
}

fn decode(framing: Framing, limit: usize, pieces: &[&[u8]]) -> Seen {
    let mut decoder = Decoder::new(framing, limit);
    let mut seen = Seen::default();
    let mut sink = |event: Event<'_>| {
        seen.raw.extend_from_slice(event.raw);
        // What follows an array comes as the pieces do.
        if framing != Framing::JsonArray || event.data.as_ref() != b" " {
            let (name, data) = (event.name.to_vec(), event.data.into_owned());
            seen.events
                .push((name, data, event.complete, event.exception));
        }
    };
    let mut error = None;
    for piece in pieces {
        error = error.or(decoder.feed(piece, &mut sink).err());
    }
    let after = error.is_some();
    let finished = decoder.finish(&mut sink).err();
    assert!(
        !after || finished.is_none(),
        "nothing is read after an error"
    );
    seen.error = error.or(finished);
    seen
}

/// Any bytes: the pieces do not matter, and nothing is lost.
fn raw(framing: Framing, data: &[u8]) {
    let mut input = Input::new(data);
    let limit = input.of(&[1 << 16, 64, 5]);
    let cuts = Cuts::read(&mut input);
    let bytes = input.rest();
    whole(framing, limit, &cuts, bytes);
}

fn whole(framing: Framing, limit: usize, cuts: &Cuts, bytes: &[u8]) -> Seen {
    let seen = decode(framing, limit, &[bytes]);
    assert_eq!(decode(framing, limit, &cuts.pieces(bytes)), seen);
    for (_, data, ..) in &seen.events {
        assert!(
            data.len() <= limit.max(bytes.len().min(limit)),
            "an event within the limit"
        );
    }
    if seen.error.is_none() && framing != Framing::AwsChunks {
        assert_eq!(seen.raw, bytes, "events are the stream");
    }
    seen
}

/// Server-sent events.
pub fn sse(data: &[u8]) {
    raw(Framing::Sse, data);
}

/// One JSON array.
pub fn json_array(data: &[u8]) {
    raw(Framing::JsonArray, data);
}

/// AWS's event stream, and the envelope of other wires' events in it.
pub fn aws_raw(data: &[u8]) {
    raw(Framing::AwsEvents, data);
    raw(Framing::AwsChunks, data);
}

/// Messages whose lengths and checksums are right, whatever is in them: of one in eight a byte is not.
pub fn aws_envelope(data: &[u8]) {
    let mut input = Input::new(data);
    let limit = input.of(&[1 << 16, 300]);
    let cuts = Cuts::read(&mut input);
    let mut stream = Vec::new();
    while !input.is_empty() {
        let kind = input.byte();
        let payload = input.piece();
        let mut message = match kind % 4 {
            0 => aws::event("chunk", payload),
            1 => aws::exception("throttlingException", payload),
            2 => {
                let bytes = [b"{\"bytes\":\"".as_slice(), payload, b"\"}"].concat();
                aws::event("chunk", &bytes)
            }
            // Headers of any bytes.
            _ => aws::raw(input.piece(), payload),
        };
        if kind & 0x70 == 0x70 {
            let place = usize::from(input.byte()) % message.len();
            message[place] ^= input.byte() | 1;
        }
        stream.extend(message);
    }
    whole(Framing::AwsEvents, limit, &cuts, &stream);
    whole(Framing::AwsChunks, limit, &cuts, &stream);
}

/// Events that are written come back as they were.
pub fn framing_round_trip(data: &[u8]) {
    let mut input = Input::new(data);
    let cuts = Cuts::read(&mut input);
    let (mut sse, mut array, mut frames) = (Vec::new(), b"[".to_vec(), Vec::new());
    let mut wanted = Vec::new();
    while !input.is_empty() {
        let name = input.of(&["", "error", "message_stop"]);
        let data: Vec<u8> = input.piece().to_vec();
        let line: Vec<u8> = data
            .iter()
            .copied()
            .filter(|byte| !b"\r\n".contains(byte))
            .collect();
        if !name.is_empty() {
            sse.extend(format!("event: {name}\n").bytes());
        }
        sse.extend(
            [
                b"data: ".as_slice(),
                &line,
                input.of(&["\n\n", "\r\n\r\n"]).as_bytes(),
            ]
            .concat(),
        );
        let text = String::from_utf8_lossy(&data).into_owned();
        let element = format!("{{\"a\":{}}}", serde_json::to_string(&text).expect("text"));
        array.extend(
            [
                if array.len() > 1 {
                    "\n,".as_bytes()
                } else {
                    b" "
                },
                element.as_bytes(),
            ]
            .concat(),
        );
        frames.extend(aws::event("chunk", &data));
        wanted.push((name, line, element, data));
    }
    array.extend(b"]");
    let seen = whole(Framing::Sse, 1 << 16, &cuts, &sse);
    let got = seen
        .events
        .iter()
        .map(|event| (event.0.as_slice(), event.1.as_slice()));
    assert!(
        got.eq(wanted
            .iter()
            .map(|want| (want.0.as_bytes(), want.1.as_slice())))
    );
    let seen = whole(Framing::JsonArray, 1 << 16, &cuts, &array);
    let got = seen
        .events
        .iter()
        .map(|event| event.1.as_slice())
        .filter(|data| !data.is_empty());
    assert!(got.eq(wanted.iter().map(|want| want.2.as_bytes())));
    let seen = whole(Framing::AwsEvents, 1 << 16, &cuts, &frames);
    assert!(
        seen.events
            .iter()
            .map(|event| &event.1)
            .eq(wanted.iter().map(|want| &want.3))
    );
}
