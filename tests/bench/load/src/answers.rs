//! What the provider answers: bytes that the simulator wrote, kept ready to be sent.

use serde::Deserialize;
use std::io;
use std::rc::Rc;

/// The place in a request's text that says whose it is: this, six digits.
pub const MARK: &[u8] = b"[bench ";

/// An answer, as the manifest describes it.
#[derive(Debug, Deserialize)]
struct Entry {
    name: String,
    wire: Wire,
    /// Whether it answers requests for a stream.
    stream: bool,
    /// Whether it answers OpenAI's requests that ask for usage; `None` where that is not asked.
    usage: Option<bool>,
    headers: Vec<(String, String)>,
    /// The file of its body.
    file: String,
    /// Where the body's events end; empty for a unary answer.
    cuts: Vec<usize>,
    /// Events before the first of the content's.
    lead: usize,
    /// The content's events.
    deltas: usize,
    input: u64,
    output: u64,
}

/// The wires that the provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wire {
    Openai,
    Anthropic,
    Gemini,
    Bedrock,
}

impl Wire {
    /// The wire's name.
    pub fn name(self) -> &'static str {
        match self {
            Wire::Openai => "openai",
            Wire::Anthropic => "anthropic",
            Wire::Gemini => "gemini",
            Wire::Bedrock => "bedrock",
        }
    }
}

/// An answer, ready to be written.
#[derive(Debug)]
pub struct Answer {
    pub wire: Wire,
    /// All of it: head and body.
    pub whole: Vec<u8>,
    /// The same in one write an event; the first has the head, the last the end.
    pub writes: Vec<Vec<u8>>,
    pub lead: usize,
    pub deltas: usize,
    pub input: u64,
    pub output: u64,
}

/// Every answer, by name.
#[derive(Debug, Default)]
pub struct Answers(Vec<(Entry, Rc<Answer>)>);

impl Answers {
    /// Reads the manifest, a JSON file, and the bodies it names.
    ///
    /// # Errors
    /// Files that are not there, or are not what they should be.
    pub fn load(manifest: &str) -> io::Result<Self> {
        let entries: Vec<Entry> = serde_json::from_slice(&std::fs::read(manifest)?)?;
        let answers = entries.into_iter().map(|entry| {
            let body = std::fs::read(&entry.file)?;
            let answer = Answer::new(&entry, &body);
            Ok((entry, Rc::new(answer)))
        });
        Ok(Answers(answers.collect::<io::Result<_>>()?))
    }

    /// The answer to a request, where the names of a unary and of a streamed one are told.
    pub fn to(&self, path: &str, body: &[u8], unary: &str, stream: &str) -> Option<Rc<Answer>> {
        let has = |needle: &[u8]| memchr::memmem::find(body, needle).is_some();
        let (path, _) = path.split_once('?').unwrap_or((path, ""));
        let (wire, streamed) = if path.ends_with("/chat/completions") {
            (Wire::Openai, None)
        } else if path.ends_with("/messages") {
            (Wire::Anthropic, None)
        } else if path.ends_with(":streamGenerateContent") {
            (Wire::Gemini, Some(true))
        } else if path.ends_with(":generateContent") {
            (Wire::Gemini, Some(false))
        } else if path.ends_with("/converse-stream") {
            (Wire::Bedrock, Some(true))
        } else if path.ends_with("/converse") {
            (Wire::Bedrock, Some(false))
        } else {
            return None;
        };
        let streamed =
            streamed.unwrap_or_else(|| has(b"\"stream\":true") || has(b"\"stream\": true"));
        let usage = streamed && wire == Wire::Openai && has(b"\"include_usage\"");
        let name = if streamed { stream } else { unary };
        let fits = |entry: &Entry| {
            (entry.wire, entry.stream) == (wire, streamed)
                && entry.name == name
                && entry.usage.is_none_or(|asked| asked == usage)
        };
        let found = self.0.iter().find(|(entry, _)| fits(entry));
        found.map(|(_, answer)| answer.clone())
    }
}

impl Answer {
    fn new(entry: &Entry, body: &[u8]) -> Self {
        let mut head = b"HTTP/1.1 200 OK\r\n".to_vec();
        for (name, value) in &entry.headers {
            head.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        let (mut whole, mut writes) = (Vec::new(), Vec::new());
        if entry.stream {
            head.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
            let mut from = 0;
            for cut in &entry.cuts {
                let mut write = if from == 0 { head.clone() } else { Vec::new() };
                write.extend(chunk(body.get(from..*cut).unwrap_or_default()));
                writes.push(write);
                from = *cut;
            }
            if let Some(last) = writes.last_mut() {
                last.extend_from_slice(b"0\r\n\r\n");
            }
            // All at once, and yet a chunk an event: a provider does not know that the network will join them.
            whole = writes.concat();
        } else {
            head.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
            whole.extend(head);
            whole.extend_from_slice(body);
        }
        Answer {
            wire: entry.wire,
            whole,
            writes,
            lead: entry.lead,
            deltas: entry.deltas,
            input: entry.input,
            output: entry.output,
        }
    }
}

fn chunk(data: &[u8]) -> Vec<u8> {
    let mut out = format!("{:x}\r\n", data.len()).into_bytes();
    out.extend_from_slice(data);
    out.extend_from_slice(b"\r\n");
    out
}

/// The number after the mark in a request's body.
pub fn marked(body: &[u8]) -> Option<u32> {
    let place = memchr::memmem::find(body, MARK)? + MARK.len();
    let digits = body.get(place..place + 6)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}
