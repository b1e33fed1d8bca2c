//! Streams of compatible hosts, in the odd forms that they have, are understood however their bytes are cut, whole or
//! damaged.
#![cfg(not(target_arch = "wasm32"))]

#[allow(dead_code, reason = "streams and ways of other tests")]
mod common;

use common::{Seen, through};
use proptest::prelude::*;
use proptest::sample::Index;
use weir::dialect::Wire;
use weir::framing::Framing;

/// Streams in OpenAI's wire as compatible hosts have them: OpenRouter's, Groq's, Perplexity's without an end, a legacy
/// completion, one that was not streamed at all, and one that fails.
#[allow(
    dead_code,
    reason = "not every test that shares this module needs them"
)]
const COMPATIBLE: [&str; 6] = [
    concat!(
        ": OPENROUTER PROCESSING\r\r",
        "data: {\"id\":\"g\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\",\"reasoning\":\"h\\u006dm\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"hmm\"}]}}]}\n\n",
        "data: {\"id\":\"g\",\"choices\":[{\"index\":0,\"delta\":{\"reasoning_details\":[{\"signature\":\"s\"},{\"data\":\"e\"}]}}]}\n\n",
        "data: {\"id\":\"g\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"naïve\",\"annotations\":[{\"type\":\"url_citation\",\"url_citation\":{\"url\":\"u\",\"title\":\"t\"}}]}}]}\n\n",
        "data: {\"id\":\"g\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":null}}]},\"finish_reason\":\"tool_calls\"}]}\n\n",
        "data: {\"id\":\"g\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"id\":\"b\",\"function\":{\"name\":\"f\",\"arguments\":{}}}]},\"finish_reason\":\"tool_calls\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}\n\n",
        "data: [DONE]\n\n",
    ),
    concat!(
        "data: {\"id\":\"q\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"naïve\"},\"finish_reason\":null}],\"x_groq\":{\"id\":\"r\"}}\n\n",
        "data: {\"id\":\"q\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}],\"x_groq\":{\"id\":\"r\",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}}\n\n",
        "data: [DONE]\n\n",
    ),
    concat!(
        "data: {\"id\":\"p\",\"citations\":[\"u\"],\"choices\":[{\"index\":0,\"message\":{\"content\":\"na\"},\"delta\":{\"content\":\"na\"}}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\r\n\r\n",
        "data: {\"id\":\"p\",\"citations\":[\"u\"],\"choices\":[{\"index\":0,\"message\":{\"content\":\"naïve\"},\"delta\":{\"content\":\"ïve\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}\r\n\r\n",
    ),
    concat!(
        "data: {\"id\":\"l\",\"object\":\"text_completion\",\"choices\":[{\"text\":\"naïve\",\"index\":0,\"logprobs\":{\"tokens\":[\"naïve\"],\"token_logprobs\":[-1]},\"finish_reason\":null}],\"usage\":null}\n\n",
        "data: {\"id\":\"l\",\"object\":\"text_completion\",\"choices\":[{\"text\":\"\",\"index\":0,\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}\n\n",
        "data: [DONE]\n\n",
    ),
    "{\"id\":\"w\",\n\"choices\":[{\"index\":0,\"message\":{\"content\":\"naïve\"},\"finish_reason\":\"stop\"}],\n\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}\n",
    concat!(
        "data: {\"id\":\"e\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"naïve\"}}]}\n\n",
        "event: error\ndata: {\"error\":{\"message\":\"no\",\"status_code\":400}}\n\n",
    ),
];

const CLIENTS: [Wire; 4] = [
    Wire::OpenAi,
    Wire::Anthropic,
    Wire::Completions,
    Wire::Gemini,
];

fn seen(client: Wire, strip: bool, pieces: &[&[u8]]) -> Seen {
    through((Wire::OpenAi, client, strip, Framing::Sse), pieces, 1 << 16)
}

#[test]
fn compatible_hosts_are_understood_however_they_are_cut() {
    for (place, stream) in COMPATIBLE.iter().enumerate() {
        let bytes = stream.as_bytes();
        for (client, strip) in CLIENTS
            .iter()
            .flat_map(|client| [(*client, false), (*client, true)])
        {
            let whole = seen(client, strip, &[bytes]);
            // The last fails, and says so.
            let fails = place == COMPATIBLE.len() - 1;
            assert_eq!(whole.error.is_some(), fails, "{client:?} {stream}");
            let counted = (whole.usage.0.input_tokens, whole.usage.0.output_tokens);
            assert!(
                fails || counted == (9, 4),
                "{client:?} {stream}: {counted:?}"
            );
            assert!(
                whole.out.contains("ïve"),
                "{client:?} {stream}: {}",
                whole.out
            );
            for size in [1, 2, 7, 61] {
                let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
                assert_eq!(seen(client, strip, &pieces), whole, "{client:?} {stream}");
            }
        }
    }
}

/// One of the streams with some bytes changed, or cut off.
fn damaged(stream: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let length = stream.len();
    let bytes = prop::sample::select(b"\r\n:{}[]\",\\ue0\xff".to_vec());
    let changes = prop::collection::vec((0..length, bytes), 0..6);
    (changes, 0..=length).prop_map(move |(changes, end)| {
        let mut bytes = stream.as_bytes().to_vec();
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
    fn cuts_are_invisible_in_damaged_streams(
        bytes in (0..COMPATIBLE.len()).prop_flat_map(|place| damaged(COMPATIBLE[place])),
        client in prop::sample::select(CLIENTS.to_vec()),
        strip in any::<bool>(),
        cuts in prop::collection::vec(any::<Index>(), 0..12),
    ) {
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.extend([0, bytes.len()]);
        places.sort_unstable();
        let pieces: Vec<&[u8]> = places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(seen(client, strip, &pieces), seen(client, strip, &[&bytes]));
    }

    /// The scanner that looks on and the reader that translates say the same of a stream.
    #[test]
    fn passing_and_translated_streams_are_metered_alike(
        bytes in (0..COMPATIBLE.len()).prop_flat_map(|place| damaged(COMPATIBLE[place])),
    ) {
        let passing = seen(Wire::OpenAi, false, &[&bytes]);
        let translated = seen(Wire::Anthropic, false, &[&bytes]);
        prop_assert_eq!(passing.error, translated.error);
        prop_assert_eq!(passing.finish, translated.finish);
        prop_assert_eq!(passing.usage, translated.usage);
    }
}
