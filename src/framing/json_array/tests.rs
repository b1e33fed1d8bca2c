use super::*;
use proptest::prelude::*;
use proptest::sample::Index;

type Seen = (Vec<(String, bool)>, Vec<u8>, Option<FramingError>);

fn decode(pieces: &[&[u8]], limit: usize) -> Seen {
    let mut decoder = Decoder::new(limit);
    let mut events = Vec::new();
    let mut raw = Vec::new();
    let mut error = None;
    let mut sink = |event: Event<'_>| {
        if !event.data.trim_ascii().is_empty() {
            let text = String::from_utf8_lossy(&event.data).into_owned();
            events.push((text, event.complete));
        }
        raw.extend_from_slice(event.raw);
    };
    for piece in pieces {
        error = error.or(decoder.feed(piece, &mut sink).err());
    }
    error = error.or(decoder.finish(&mut sink).err());
    (events, raw, error)
}

fn datas(bytes: &[u8]) -> Vec<String> {
    let (events, raw, error) = decode(&[bytes], 1 << 20);
    assert_eq!((raw.as_slice(), error), (bytes, None));
    events.into_iter().map(|event| event.0).collect()
}

#[test]
fn elements_are_told_apart() {
    assert_eq!(
        datas(b"[{\"a\":1}\n,\r\n{\"b\":[2,{}]} ]\n"),
        ["{\"a\":1}", "{\"b\":[2,{}]}"]
    );
    assert_eq!(datas(b"\xef\xbb\xbf [ {} ] "), ["{}"]);
    assert_eq!(datas(b"[]"), [""; 0]);
    assert_eq!(datas(b""), [""; 0]);
}

#[test]
fn brackets_in_strings_do_not_count() {
    let given = br#"[{"a":"]}\"\\","b\\":"{"},{"c":"\u005d"}]"#;
    assert_eq!(
        datas(given),
        [r#"{"a":"]}\"\\","b\\":"{"}"#, r#"{"c":"\u005d"}"#]
    );
}

#[test]
fn one_object_is_one_event() {
    assert_eq!(
        datas(b"{\"error\": {\"code\": 429}}\n"),
        ["{\"error\": {\"code\": 429}}"]
    );
}

#[test]
fn what_follows_the_array_is_no_element() {
    for cut in 0..b"[{}]{\"a\":1}".len() {
        let (first, second) = b"[{}]{\"a\":1}".split_at(cut);
        let mut decoder = Decoder::new(100);
        let (mut datas, mut raw) = (Vec::new(), Vec::new());
        for piece in [first, second] {
            let fed = decoder.feed(piece, &mut |event| {
                raw.extend_from_slice(event.raw);
                datas.push(event.data.into_owned());
            });
            assert_eq!(fed, Ok(()));
        }
        // An element, the array's end, and what has no data of its own though its raw bytes look like it.
        assert_eq!(
            (datas[0].as_slice(), datas[1].as_slice()),
            (&b"{}"[..], &b""[..])
        );
        assert!(datas[2..].iter().all(|data| data == b" "), "{datas:?}");
        assert_eq!(raw, b"[{}]{\"a\":1}");
    }
}

#[test]
fn what_is_cut_off_is_incomplete() {
    let (events, raw, error) = decode(&[b"[{\"a\":1},", b"{\"b\":\"x"], 100);
    let want = [
        ("{\"a\":1}".to_owned(), true),
        ("{\"b\":\"x".to_owned(), false),
    ];
    assert_eq!(events, want);
    assert_eq!(raw, b"[{\"a\":1},{\"b\":\"x");
    assert_eq!(error, None);
}

#[test]
fn other_bytes_are_refused() {
    for given in ["<html>", "[1]", "[{} {}]", "[,{}]", "\"a\""] {
        let error = decode(&[given.as_bytes()], 100).2;
        assert!(matches!(error, Some(FramingError::Malformed(_))), "{given}");
    }
}

#[test]
fn elements_are_bounded() {
    let too_long = Some(FramingError::EventTooLong { limit_bytes: 8 });
    assert_eq!(decode(&[b"[{\"a\":1}"], 8).2, None);
    assert_eq!(decode(&[b"[ {\"a\":1}"], 8).2, too_long);
    assert_eq!(decode(&[b"[{\"a\":", b"1", b" }"], 8).2, too_long);
    assert_eq!(decode(&[b"[         ]"], 8).2, too_long);
    assert_eq!(decode(&[b"[]          "], 8).2, None);
}

proptest! {
    #[test]
    fn cuts_are_invisible(
        bytes in prop::collection::vec(prop::sample::select(b"[{}],,\"\"\\ \n:a1\xef".to_vec()), 0..60),
        array in any::<bool>(),
        cuts in prop::collection::vec(any::<Index>(), 0..8),
        limit in prop::sample::select(vec![4usize, 12, 1000]),
    ) {
        let bytes = if array { [b"[{".as_slice(), &bytes].concat() } else { bytes };
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.extend([0, bytes.len()]);
        places.sort_unstable();
        let pieces: Vec<&[u8]> = places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        let whole = decode(&[&bytes], limit);
        prop_assert_eq!(&decode(&pieces, limit), &whole);
        if whole.2.is_none() {
            prop_assert_eq!(whole.1, bytes);
        }
    }
}
