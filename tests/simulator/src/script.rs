//! An answer as a script: what is written, when, and where it breaks.

use crate::options::{Claim, Options};
use bytes::Bytes;

/// One thing that an answer's body does.
#[derive(Debug, Clone)]
pub enum Step {
    /// Writes.
    Write(Bytes),
    /// Waits, milliseconds.
    Wait(u64),
    /// Breaks the connection.
    Die,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Script {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub steps: Vec<Step>,
    /// Tokens that it claims, if it is told to its end.
    pub claim: Option<Claim>,
    /// Whether the connection is closed instead of answered.
    pub die_before: bool,
    /// Milliseconds before the head.
    pub stall: u64,
}

impl Script {
    /// A whole body.
    pub fn whole(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Script {
            status,
            headers: vec![("content-type", content_type.to_owned())],
            steps: vec![Step::Write(Bytes::from(body))],
            claim: None,
            die_before: false,
            stall: 0,
        }
    }

    /// A stream of events, each with its bytes.
    pub fn stream(events: Vec<Vec<u8>>, options: &Options) -> Self {
        let mut script = Script::whole(200, "text/event-stream; charset=utf-8", Vec::new());
        script
            .headers
            .push(("cache-control", "no-cache".to_owned()));
        script.steps.clear();
        let paced = ["trickle", "stall_mid", "die_mid", "per_write"]
            .iter()
            .any(|name| options.has(name));
        if paced {
            for (index, event) in events.into_iter().enumerate() {
                script.steps.push(Step::Write(Bytes::from(event)));
                if index == 1 {
                    script
                        .steps
                        .push(Step::Wait(options.number("stall_mid").unwrap_or(0)));
                }
                script
                    .steps
                    .push(Step::Wait(options.number("trickle").unwrap_or(0)));
            }
        } else {
            script.steps.push(Step::Write(Bytes::from(events.concat())));
        }
        script
    }

    /// Applies the faults that are the same in every wire.
    pub fn with_faults(mut self, options: &Options, streamed: bool) -> Self {
        self.die_before = options.has("die_before");
        self.stall = options.number("stall").unwrap_or(0);
        let kind = if streamed {
            "text/event-stream"
        } else {
            "application/json"
        };
        if options.has("garbage") {
            self = Script::whole(
                200,
                kind,
                b"data: {\"choices\": oops\n\n\xff\xfe<<<".to_vec(),
            );
        }
        if options.has("html") {
            self = Script::whole(
                200,
                "text/html",
                b"<html><body>Bad gateway, said a proxy</body></html>".to_vec(),
            );
        }
        if options.has("gzip") {
            self.gzip();
        }
        if options.has("byte_by_byte") {
            let whole = self.bytes();
            self.steps = whole
                .iter()
                .map(|byte| Step::Write(Bytes::copy_from_slice(&[*byte])))
                .collect();
        }
        if options.has("die_head") {
            self.steps = vec![Step::Wait(20), Step::Die];
        }
        if let Some(count) = options.number("die_mid") {
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            if self.steps.len() == 1 {
                // A unary body breaks off in the middle.
                let whole = self.bytes();
                self.steps = vec![Step::Write(Bytes::copy_from_slice(
                    &whole[..whole.len() / 2],
                ))];
            } else {
                self.steps.truncate(count * 2);
            }
            self.steps.push(Step::Wait(20));
            self.steps.push(Step::Die);
        }
        // What breaks off, or cannot be read, claims nothing.
        let lost = ["error_first", "error_mid", "broken_crc", "gzip"];
        if lost.iter().any(|name| options.has(name)) {
            self.claim = None;
        }
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let written = self.steps.iter().filter_map(|step| match step {
            Step::Write(bytes) => Some(bytes.as_ref()),
            _ => None,
        });
        written.collect::<Vec<_>>().concat()
    }

    fn gzip(&mut self) {
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let written = encoder
            .write_all(&self.bytes())
            .and_then(|()| encoder.finish());
        self.steps = vec![Step::Write(Bytes::from(written.unwrap_or_default()))];
        self.headers.push(("content-encoding", "gzip".to_owned()));
    }

    /// Whether it is told in one piece, so that its length can be said before.
    pub fn length(&self) -> Option<usize> {
        match self.steps.as_slice() {
            [Step::Write(bytes)] => Some(bytes.len()),
            _ => None,
        }
    }
}

/// An SSE event with a name, or without.
pub fn event(name: Option<&str>, data: &str, options: &Options) -> Vec<u8> {
    let end = if options.has("crlf") { "\r\n" } else { "\n" };
    let comment = if options.has("comments") {
        format!(": keep-alive{end}{end}")
    } else {
        String::new()
    };
    let name = name
        .map(|name| format!("event: {name}{end}"))
        .unwrap_or_default();
    format!("{comment}{name}data: {data}{end}{end}").into_bytes()
}
