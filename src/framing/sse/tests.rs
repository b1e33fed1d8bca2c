use super::*;

type Seen = (Vec<(String, String, bool)>, Vec<u8>, Option<FramingError>);

fn decode(pieces: &[&[u8]], limit: usize) -> Seen {
    let mut decoder = Decoder::new(limit);
    let mut events = Vec::new();
    let mut raw = Vec::new();
    let mut error = None;
    let mut sink = |event: Event<'_>| {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        events.push((text(event.name), text(&event.data), event.complete));
        raw.extend_from_slice(event.raw);
    };
    for piece in pieces {
        error = error.or(decoder.feed(piece, &mut sink).err());
    }
    error = error.or(decoder.finish(&mut sink).err());
    (events, raw, error)
}

fn datas(bytes: &[u8]) -> Vec<String> {
    decode(&[bytes], 1 << 20)
        .0
        .into_iter()
        .map(|event| event.1)
        .collect()
}

#[test]
fn every_line_ending() {
    assert_eq!(datas(b"data: a\n\ndata:b\n\n"), ["a", "b"]);
    assert_eq!(datas(b"data: a\r\n\r\ndata: b\r\n\r\n"), ["a", "b"]);
    assert_eq!(datas(b"data: a\r\rdata: b\r\r"), ["a", "b"]);
    assert_eq!(datas(b"data: a\r\n\ndata: b\n\r\n"), ["a", "b"]);
}

#[test]
fn fields() {
    let bytes =
        b"\xef\xbb\xbf: hello\nevent: x\nid: 7\ndata: one\ndata:  two\nretry: 1\n\n: only\n\n";
    let (events, raw, _) = decode(&[bytes], 1 << 20);
    assert_eq!(events.len(), 2);
    assert_eq!(events[0], ("x".into(), "one\n two".into(), true));
    assert_eq!(events[1], (String::new(), String::new(), true));
    assert_eq!(raw, bytes);
}

#[test]
fn a_cut_off_tail_is_marked() {
    let (events, _, _) = decode(&[b"data: a\n\ndata: b\n"], 1 << 20);
    assert_eq!(events[1], (String::new(), "b".into(), false));
}

#[test]
fn an_event_over_the_limit_is_an_error() {
    let (events, _, error) = decode(&[b"data: a\n\ndata: 0123456789"], 12);
    assert_eq!(events.len(), 1);
    assert_eq!(error, Some(FramingError::EventTooLong { limit_bytes: 12 }));
}
