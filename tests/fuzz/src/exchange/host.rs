//! Envoy's part of an exchange: header maps, a buffer, and what the client and the providers got.

use std::collections::BTreeMap;
use weir::exchange::Headers;
use weir::exchange::headers::Edits;

/// Keys that nobody may see but whom they are for.
pub const CLIENT_KEY: &str = "CLIENT-K3Y";
/// The beginning of providers' keys; their cluster's number follows.
pub const PROVIDER_KEY: &str = "PROVIDER-K3Y-";

/// Whether a callback's chunk goes on or waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    Yes,
    No,
}

/// What a settlement said.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    pub attempts: usize,
    pub outcome: &'static str,
    pub output_tokens: u64,
}

/// What became of the client's response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Client {
    /// Nothing reached it yet.
    Waiting,
    /// Its headers did.
    Begun,
    /// It was passed on to its end.
    Whole,
    /// It was cut off.
    Cut,
}

/// The host of one exchange.
pub struct Host {
    pub now_ms: u64,
    /// The request's headers as they are now.
    pub request: Headers,
    /// The response's.
    pub response: Headers,
    /// The response body's buffer: what waits, or the chunk.
    pub buffer: Vec<u8>,
    /// What providers were asked: their cluster, headers and body.
    pub asked: Vec<(usize, Headers, Vec<u8>)>,
    /// Attempts that were made, whether or not anything was sent.
    pub tries: usize,
    /// The status of a reply that a filter made in place of a response.
    pub replied: Option<u16>,
    /// Whether the response's headers were let go by the attempt.
    pub let_go: bool,
    /// The length that the provider declared, and how many bytes came.
    pub declared: Option<usize>,
    pub fed: usize,
    client: Client,
    body: Vec<u8>,
    replaced: bool,
    limit: usize,
}

impl Host {
    /// A host whose paused buffers may hold `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Host {
            now_ms: 1_700_000_000_000,
            request: Headers::default(),
            response: Headers::default(),
            buffer: Vec::new(),
            asked: Vec::new(),
            tries: 0,
            replied: None,
            let_go: false,
            declared: None,
            fed: 0,
            client: Client::Waiting,
            body: Vec::new(),
            replaced: false,
            limit,
        }
    }

    /// A provider is asked.
    pub fn ask(&mut self, headers: Headers, body: &[u8], cluster: usize) {
        self.asked.push((cluster, headers, body.to_vec()));
    }

    /// A filter may change the response's headers only while they are here.
    pub fn may_edit(&self) {
        assert!(!self.let_go, "headers are edited that are gone");
    }

    /// The end of a response callback.
    pub fn go_on(&mut self, waits: Waits, end_of_stream: bool) {
        if waits == Waits::Yes {
            assert!(!end_of_stream, "nothing will come for which this waits");
            assert!(
                self.buffer.len() <= self.limit,
                "a paused buffer over its limit"
            );
            return;
        }
        self.let_go = true;
        if self.is_over() {
            // What an ended response still gets, Envoy drops.
            self.buffer.clear();
            return;
        }
        self.client = if end_of_stream {
            Client::Whole
        } else {
            Client::Begun
        };
        let chunk = std::mem::take(&mut self.buffer);
        if !self.replaced {
            self.body.extend(chunk);
        }
    }

    /// A filter answers by itself.
    pub fn reply(&mut self, status: u16, headers: &[(String, Vec<u8>)], body: &[u8]) {
        assert!(!self.let_go, "a reply after the response's headers went");
        self.take_over(status, headers, body);
        self.replied = Some(status);
        self.client = Client::Whole;
    }

    /// The edge says an error of Envoy's in other words.
    pub fn replace(&mut self, status: u16, headers: &[(String, Vec<u8>)], body: &[u8]) {
        self.take_over(status, headers, body);
    }

    fn take_over(&mut self, status: u16, headers: &[(String, Vec<u8>)], body: &[u8]) {
        let mut edits = Edits::default();
        edits.set(":status", status.to_string());
        for (name, value) in headers {
            edits.set(name, value.as_slice());
        }
        self.response = Headers::default().edited(&edits);
        self.body = body.to_vec();
        self.replaced = true;
    }

    /// The response is cut off.
    pub fn reset(&mut self) {
        if !self.is_over() {
            self.client = Client::Cut;
        }
        self.buffer.clear();
    }

    /// Envoy tries again: nothing of the response reached the client.
    pub fn forget(&mut self) {
        self.fed = 0;
        self.response = Headers::default();
        self.buffer.clear();
        self.body.clear();
        self.client = Client::Waiting;
        self.let_go = false;
    }

    /// Whether the client's response is over.
    pub fn is_over(&self) -> bool {
        matches!(self.client, Client::Whole | Client::Cut)
    }

    /// Whether the client has its response whole.
    pub fn is_complete(&self) -> bool {
        self.client == Client::Whole
    }

    /// The status as it is now.
    pub fn status(&self) -> u16 {
        self.response
            .text(":status")
            .and_then(|text| text.parse().ok())
            .unwrap_or(0)
    }

    /// What the client has.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// What nobody may see, and numbers that must be right. `forwards` tells that callers' keys go upstream.
    pub fn check(&self, ended: Option<(Ended, BTreeMap<String, Vec<u8>>)>, forwards: bool) {
        for (cluster, headers, body) in &self.asked {
            let own = format!("{PROVIDER_KEY}{cluster}");
            for (name, value) in headers.iter() {
                let text = String::from_utf8_lossy(value);
                let theirs = text.contains(CLIENT_KEY) && !forwards;
                let others = text.contains(PROVIDER_KEY) && !text.contains(&own);
                assert!(
                    !theirs && !others,
                    "{}: {text}",
                    String::from_utf8_lossy(name)
                );
            }
            assert!(!has_key(body));
            let length = headers
                .text("content-length")
                .and_then(|text| text.parse().ok());
            assert_eq!(length, Some(body.len()), "the length of what is sent");
        }
        for (name, value) in self.response.iter() {
            assert!(!has_key(value), "{}", String::from_utf8_lossy(name));
        }
        assert!(
            !has_key(&self.body),
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        let length = self
            .response
            .text("content-length")
            .and_then(|text| text.parse().ok());
        // A provider that lies about its length is Envoy's to find.
        let honest = length.is_none_or(|length| {
            self.declared
                .is_none_or(|own| own != length || own == self.fed)
        });
        if self.is_complete() && self.replied.is_none() && honest {
            assert!(
                length.is_none_or(|length: usize| length == self.body.len()),
                "{length:?}"
            );
        }
        let Some((ended, published)) = ended else {
            return;
        };
        assert_eq!(ended.attempts, self.tries, "every attempt is settled");
        assert!(ended.outcome != "ok" || self.is_complete());
        for (key, value) in &published {
            let packed = key == "weir.exchange" || key.starts_with("weir.attempt.");
            let text = String::from_utf8_lossy(value);
            assert!(
                packed || !text.contains(char::is_control),
                "{key}: {text:?}"
            );
            let own = key == "weir.exchange" && forwards && !text.contains(PROVIDER_KEY);
            assert!(own || !has_key(value), "{key}: {text}");
        }
        let tokens = published.get("weir.output_tokens");
        let wanted = ended.output_tokens.to_string().into_bytes();
        assert_eq!(tokens, Some(&wanted));
    }
}

fn has_key(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.contains(CLIENT_KEY) || text.contains(PROVIDER_KEY)
}
