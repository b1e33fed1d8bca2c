use super::encode::{Value, event, message, repair};
use super::*;
use proptest::prelude::*;
use proptest::sample::Index;
use std::path::{Path, PathBuf};

const LIMIT: usize = 1 << 16;

/// An event's name, data, bytes, and whether it is an exception.
type Seen = (String, Vec<u8>, Vec<u8>, bool);

fn decode(pieces: &[&[u8]], limit: usize, chunks: bool) -> (Vec<Seen>, Option<FramingError>) {
    let mut decoder = Decoder::new(limit, chunks);
    let mut seen = Vec::new();
    let mut sink = |event: Event<'_>| {
        assert!(event.complete);
        seen.push((
            String::from_utf8_lossy(event.name).into_owned(),
            event.data.into_owned(),
            event.raw.to_vec(),
            event.exception,
        ));
    };
    let mut error = None;
    for piece in pieces {
        error = error.or(decoder.feed(piece, &mut sink).err());
    }
    error = error.or(decoder.finish(&mut sink).err());
    (seen, error)
}

fn whole(bytes: &[u8]) -> (Vec<Seen>, Option<FramingError>) {
    decode(&[bytes], LIMIT, false)
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn all_headers() -> Vec<(&'static str, Value)> {
    vec![
        ("true", Value::Bool(true)),
        ("false", Value::Bool(false)),
        ("i8", Value::I8(-1)),
        ("i16", Value::I16(-2)),
        ("i32", Value::I32(3)),
        ("i64", Value::I64(4)),
        ("bytes", Value::Bytes(vec![7, 0, 7])),
        (":event-type", text("messageStart")),
        ("time", Value::Timestamp(5_000_000)),
        ("id", Value::Uuid([9; 16])),
        (":message-type", text("event")),
    ]
}

#[test]
fn every_type_of_header_is_passed_over() {
    let bytes = message(&all_headers(), b"payload");
    let (seen, error) = whole(&bytes);
    assert_eq!(error, None);
    let want = ("messageStart".into(), b"payload".to_vec(), bytes, false);
    assert_eq!(seen, [want]);
}

#[test]
fn exceptions_and_errors() {
    let exception = [
        (":exception-type", text("throttlingException")),
        (":message-type", text("exception")),
    ];
    let error = [
        (":message-type", text("error")),
        (":error-code", text("InternalError")),
        (":error-message", text("it \"broke\"")),
    ];
    let mut bytes = message(&exception, br#"{"message":"slow down"}"#);
    bytes.extend(message(&error, b""));
    for chunks in [false, true] {
        let (seen, failure) = decode(&[&bytes], LIMIT, chunks);
        assert_eq!(failure, None);
        assert_eq!(seen[0].0, "throttlingException");
        assert_eq!(seen[0].1, br#"{"message":"slow down"}"#);
        assert_eq!(seen[1].0, "InternalError");
        assert_eq!(seen[1].1, br#"{"message":"it \"broke\""}"#);
        assert!(seen[0].3 && seen[1].3);
    }
}

#[test]
fn envelopes_are_opened() {
    let mut bytes = event("chunk", br#"{"bytes":"eyJ0eXBlIjoicGluZyJ9","p":"abc"}"#);
    bytes.extend(event("chunk", br#"{"p":"\"}","bytes" : "\u0065yJ9"}"#));
    let (seen, error) = decode(&[&bytes], LIMIT, true);
    assert_eq!(error, None);
    let want = |data: &[u8]| ("chunk".to_owned(), data.to_vec(), Vec::new(), false);
    assert_eq!(seen, [want(br#"{"type":"ping"}"#), want(b"{\"}")]);
    let broken = [
        &br#"{"bytes":"e"}"#[..],
        br#"{"bytes":7}"#,
        b"{}",
        b"",
        br#"{"bytes":"!"}"#,
    ];
    for payload in broken {
        let (seen, error) = decode(&[&event("chunk", payload)], LIMIT, true);
        assert!(seen.is_empty());
        assert!(
            matches!(error, Some(FramingError::Malformed(_))),
            "{payload:?}"
        );
    }
}

#[test]
fn a_length_is_not_believed_before_its_checksum() {
    let mut bytes = event("a", b"{}");
    bytes[0] = 0xff;
    let (_, error) = whole(&bytes);
    assert!(matches!(error, Some(FramingError::Malformed(what)) if what.contains("prelude")));
    // Not even where the checksum is right: nothing of such a message is kept.
    repair(&mut bytes);
    let mut decoder = Decoder::new(LIMIT, false);
    let error = decoder.feed(&bytes[..12], &mut |_| ());
    assert_eq!(
        error,
        Err(FramingError::EventTooLong { limit_bytes: LIMIT })
    );
    assert_eq!(decoder.tail.capacity(), 0);
    assert_eq!(
        decoder.feed(&event("a", b"{}"), &mut |_| panic!("read on")),
        Ok(())
    );
}

#[test]
fn the_limit_is_a_whole_messages() {
    let bytes = event("a", b"{}");
    assert_eq!(decode(&[&bytes], bytes.len(), false).1, None);
    let limit_bytes = bytes.len() - 1;
    assert_eq!(
        decode(&[&bytes], limit_bytes, false).1,
        Some(FramingError::EventTooLong { limit_bytes })
    );
}

#[test]
fn a_cut_off_message_is_an_error_after_what_is_whole() {
    let first = event("a", b"{}");
    let bytes = [first.clone(), event("b", b"{}")].concat();
    for end in first.len() + 1..bytes.len() {
        let (seen, error) = whole(&bytes[..end]);
        assert_eq!(seen.len(), 1, "{end}");
        assert!(matches!(error, Some(FramingError::Malformed(what)) if what.contains("middle")));
    }
    assert_eq!(whole(&first).1, None);
}

#[test]
fn a_changed_byte_is_found() {
    let bytes = message(&all_headers(), b"payload");
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1 << bit;
            let (seen, error) = whole(&damaged);
            assert!(seen.is_empty() && error.is_some(), "{place}.{bit}");
        }
    }
}

/// The vectors that AWS's SDKs share, where they are at hand.
#[test]
fn published_vectors() {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let corpus = std::env::var_os("WEIR_CORPUS").map_or(default, PathBuf::from);
    let folder =
        corpus.join("aws-eventstream-vectors/rust-runtime/aws-smithy-eventstream/test_data");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!(
            "no event stream vectors at {}: set WEIR_CORPUS",
            folder.display()
        );
        return;
    };
    let mut read = 0;
    for file in files {
        let path = file.expect("a file").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let bytes = std::fs::read(&path).expect("readable");
        let (seen, error) = whole(&bytes);
        if name.starts_with("valid") {
            assert_eq!(error, None, "{name}");
            assert_eq!(seen.len(), 1, "{name}");
            assert_eq!(seen[0].2, bytes, "{name}");
        } else {
            assert!(error.is_some() && seen.is_empty(), "{name}");
        }
        read += 1;
    }
    assert!(read >= 11, "{read} vectors");
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i8>().prop_map(Value::I8),
        any::<i16>().prop_map(Value::I16),
        any::<i32>().prop_map(Value::I32),
        any::<i64>().prop_map(Value::I64),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(Value::Bytes),
        "[a-z:]{0,12}".prop_map(Value::String),
        any::<i64>().prop_map(Value::Timestamp),
        any::<[u8; 16]>().prop_map(Value::Uuid),
    ]
}

/// Messages: their other headers, name and payload.
fn messages() -> impl Strategy<Value = Vec<(Vec<Value>, String, Vec<u8>)>> {
    let one = (
        prop::collection::vec(value(), 0..4),
        "[a-zA-Z]{1,12}",
        prop::collection::vec(any::<u8>(), 0..60),
    );
    prop::collection::vec(one, 0..6)
}

fn encoded(messages: &[(Vec<Value>, String, Vec<u8>)]) -> Vec<Vec<u8>> {
    let one = |(others, name, payload): &(Vec<Value>, String, Vec<u8>)| {
        let mut headers: Vec<_> = others.iter().map(|value| ("x", value.clone())).collect();
        headers.push((":event-type", text(name)));
        message(&headers, payload)
    };
    messages.iter().map(one).collect()
}

fn split<'b>(bytes: &'b [u8], cuts: &[Index]) -> Vec<&'b [u8]> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    let pairs = places.windows(2);
    pairs.map(|pair| &bytes[pair[0]..pair[1]]).collect()
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(messages in messages(), cuts in prop::collection::vec(any::<Index>(), 0..12)) {
        let frames = encoded(&messages);
        let bytes = frames.concat();
        let (seen, error) = decode(&split(&bytes, &cuts), LIMIT, false);
        prop_assert_eq!(error, None);
        let want: Vec<Seen> = messages.into_iter().zip(frames)
            .map(|((_, name, payload), frame)| (name, payload, frame, false))
            .collect();
        prop_assert_eq!(seen, want);
    }

    /// Damage, its checksums repaired where the frame still stands, never panics and is read alike however it is cut.
    #[test]
    fn damage_is_read_alike(
        messages in messages(),
        changes in prop::collection::vec((any::<Index>(), any::<Index>(), any::<u8>()), 0..6),
        repaired in any::<bool>(),
        chunks in any::<bool>(),
        limit in 16usize..200,
        cuts in prop::collection::vec(any::<Index>(), 0..12),
    ) {
        let mut frames = encoded(&messages);
        if !frames.is_empty() {
            for (frame, place, byte) in changes {
                let frame = frame.index(frames.len());
                let place = place.index(frames[frame].len());
                frames[frame][place] = byte;
                if repaired {
                    repair(&mut frames[frame]);
                }
            }
        }
        let bytes = frames.concat();
        prop_assert_eq!(decode(&split(&bytes, &cuts), limit, chunks), decode(&[&bytes], limit, chunks));
    }

    #[test]
    fn any_bytes_are_read_alike(bytes in prop::collection::vec(any::<u8>(), 0..100), cuts in prop::collection::vec(any::<Index>(), 0..6)) {
        prop_assert_eq!(decode(&split(&bytes, &cuts), LIMIT, false), whole(&bytes));
    }
}
