//! Any split of a stream's bytes gives the same output, errors and usage: for every way through the gateway.
#![cfg(not(target_arch = "wasm32"))]

mod common;

use common::{Seen, WAYS, Way, framed, source_of, stream_of, through};
use proptest::prelude::*;
use proptest::sample::Index;
use weir::dialect::Wire;
use weir::framing::Framing;
use weir::json::Value;

const LIMIT: usize = 1 << 16;

fn split<'b>(bytes: &'b [u8], cuts: &[Index]) -> Vec<&'b [u8]> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places
        .windows(2)
        .map(|pair| &bytes[pair[0]..pair[1]])
        .collect()
}

#[test]
fn the_streams_are_understood() {
    for way in WAYS {
        let seen = through(way, &[&stream_of(way)], LIMIT);
        assert_eq!(seen.error, None, "{way:?}");
        assert_eq!(seen.finish, Some("tool_calls"), "{way:?}");
        assert!(seen.usage.0.output_tokens > 0, "{way:?}");
        assert!(seen.out.contains("naïve"), "{way:?}: {}", seen.out);
    }
}

#[test]
fn byte_by_byte() {
    for way in WAYS {
        let bytes = stream_of(way);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(
            through(way, &single, LIMIT),
            through(way, &[&bytes], LIMIT),
            "{way:?}"
        );
    }
}

/// A chunk that begins with a whole object, where the array is over, says nothing: not even an error.
#[test]
fn what_follows_an_array_says_nothing() {
    for way in WAYS.into_iter().filter(|way| way.3 == Framing::JsonArray) {
        for end in [
            stream_of(way),
            b"[]".to_vec(),
            b"[{\"candidates\":[]}]".to_vec(),
        ] {
            let more = b"{\"error\":{\"code\":429,\"message\":\"late\"}}";
            let apart = through(way, &[&end, more], LIMIT);
            let whole = through(way, &[&[end.as_slice(), more].concat()], LIMIT);
            let late = apart.error.iter().any(|error| error.contains("late"));
            assert!(!late && apart == whole, "{way:?}: {apart:?} {whole:?}");
        }
    }
}

/// What is compared: bytes that pass are gone before their framing is known to be broken.
fn alike(way: Way, mut cut: Seen, mut whole: Seen) -> (Seen, Seen) {
    let (provider, client, strip, _) = way;
    let broken = |error: &String| error.contains("longer") || error.contains("not a JSON array");
    if provider == client && !strip && whole.error.as_ref().is_some_and(broken) {
        (cut.out, whole.out) = Default::default();
    }
    (cut, whole)
}

/// Whatever a provider sends, a Gemini client that takes an array gets one: whole, or with an error at its end.
fn is_array(out: &str) -> bool {
    matches!(weir::json::parse(out.as_bytes()), Ok(Value::Array(_)))
}

/// A real stream with some bytes changed, or cut off. Where checksums would find that, they may be right all the same.
fn damaged(way: usize) -> impl Strategy<Value = Vec<u8>> {
    let way = WAYS[way];
    prop_oneof![
        changed(stream_of(way)),
        changed(source_of(way)).prop_map(move |source| framed(way, source)),
    ]
}

fn changed(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = bytes.len();
    let changes = prop::collection::vec(
        (
            0..length,
            prop::sample::select(b"\r\n:{}[]\",\\ue0\xff".to_vec()),
        ),
        0..6,
    );
    (changes, 0..=length).prop_map(move |(changes, end)| {
        let mut bytes = bytes.clone();
        for (place, byte) in changes {
            bytes[place] = byte;
        }
        bytes.truncate(end);
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn cuts_are_invisible(way in 0..WAYS.len(), cuts in prop::collection::vec(any::<Index>(), 0..12)) {
        let bytes = stream_of(WAYS[way]);
        prop_assert_eq!(through(WAYS[way], &split(&bytes, &cuts), LIMIT), through(WAYS[way], &[&bytes], LIMIT));
    }

    #[test]
    fn cuts_are_invisible_in_damaged_streams(
        (way, bytes) in (0..WAYS.len()).prop_flat_map(|way| (Just(way), damaged(way))),
        cuts in prop::collection::vec(any::<Index>(), 0..12),
    ) {
        let seen = through(WAYS[way], &split(&bytes, &cuts), LIMIT);
        let (cut, whole) = alike(WAYS[way], seen, through(WAYS[way], &[&bytes], LIMIT));
        if WAYS[way].1 == Wire::Gemini && WAYS[way].2 {
            prop_assert!(is_array(&cut.out), "{}", cut.out);
        }
        prop_assert_eq!(cut, whole);
    }

    #[test]
    fn cuts_are_invisible_in_arbitrary_bytes(
        way in 0..WAYS.len(),
        bytes in prop::collection::vec(prop_oneof![prop::sample::select(b"data:\n\r {}\"".to_vec()), any::<u8>()], 0..400),
        cuts in prop::collection::vec(any::<Index>(), 0..12),
    ) {
        let (cut, whole) = alike(WAYS[way], through(WAYS[way], &split(&bytes, &cuts), 64), through(WAYS[way], &[&bytes], 64));
        prop_assert_eq!(cut, whole);
    }

    /// The scanner that looks on and the reader that translates say the same of a stream.
    #[test]
    fn passing_and_translated_streams_are_metered_alike(
        (way, bytes) in (0..WAYS.len()).prop_flat_map(|way| (Just(way), damaged(way))),
    ) {
        let (provider, _, _, framing) = WAYS[way];
        // No client speaks it: it is never passed.
        prop_assume!(provider != Wire::Bedrock);
        let passing = through((provider, provider, false, framing), &[&bytes], LIMIT);
        let other = WAYS.iter().find(|(from, to, _, framed)| *from == provider && from != to && *framed == framing);
        let other = other.expect("a translation");
        let translated = through(*other, &[&bytes], LIMIT);
        prop_assert_eq!(&passing.error, &translated.error);
        prop_assert_eq!(passing.finish, translated.finish);
        prop_assert_eq!(passing.usage, translated.usage);
    }
}
