//! A streamed answer on its way through: framing, metering, and rendering where the wires differ.

mod translation;

use crate::chat::{Error, ErrorKind, Event};
use crate::dialect::{AnswerContext, Passing, Scanner, Wire};
use crate::framing::{self, Decoder, Framing, FramingError};
use crate::json::scan::top_level;
use crate::meter::Tally;
use translation::Translation;

/// How a stream goes from the provider's wire to the client's.
enum Path {
    /// Same wire, nothing to take out: the bytes pass, a scanner looks on.
    Pass(Box<Scanner>),
    /// Same wire, but something asked for by the gateway is taken out again.
    Edit(Box<Scanner>),
    /// Same wire in an envelope: its events go out as server-sent ones.
    Unwrap(Box<Scanner>),
    /// Another wire.
    Translate(Box<Translation>),
}

/// Where a stream is from, and where it goes.
#[derive(Debug, Clone)]
pub struct Route {
    /// The provider's wire.
    pub provider: Wire,
    /// The client's.
    pub client: Wire,
    /// How the provider frames it.
    pub framing: Framing,
    /// Whether it goes through the neutral language though the wires are the same.
    pub translate: bool,
    /// Whether usage is taken out again that the gateway, not the client, asked for.
    pub strip_usage: bool,
    /// The forced tool whose arguments are the answer.
    pub json_tool: Option<String>,
    /// Largest event.
    pub max_event_bytes: usize,
}

impl Route {
    /// A route between two wires, server-sent events on both sides.
    pub fn new(provider: Wire, client: Wire) -> Self {
        Route {
            provider,
            client,
            framing: Framing::Sse,
            translate: false,
            strip_usage: false,
            json_tool: None,
            max_event_bytes: 1 << 20,
        }
    }
}

/// A streamed answer.
pub struct Stream {
    decoder: Decoder,
    path: Path,
    client: Wire,
    array: bool,
    done: bool,
}

/// What became of one chunk.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Whether the chunk goes to the client as it came, `out` being empty then.
    pub untouched: bool,
    /// Whether the stream cannot go on: its connection is to be reset after `out` was delivered.
    pub broken: bool,
}

impl Stream {
    /// A stream on its way.
    pub fn new(route: Route, context: AnswerContext) -> Self {
        let Route {
            provider, client, ..
        } = route;
        let array = context.array;
        let path = if provider != client || route.translate {
            let (reader, writer) = (provider.stream_reader(), client.stream_writer(context));
            Path::Translate(Box::new(Translation::new(reader, writer, route.json_tool)))
        } else if route.framing == Framing::AwsChunks {
            Path::Unwrap(provider.stream_scanner(false))
        } else if route.strip_usage {
            Path::Edit(provider.stream_scanner(true))
        } else {
            Path::Pass(provider.stream_scanner(false))
        };
        Stream {
            decoder: Decoder::new(route.framing, route.max_event_bytes),
            path,
            client,
            array,
            done: false,
        }
    }

    /// Takes in a chunk; what the client is to see instead is appended to `out`.
    pub fn chunk(
        &mut self,
        chunk: &[u8],
        tally: &mut Tally,
        now_ms: u64,
        out: &mut Vec<u8>,
    ) -> Passed {
        if self.done {
            // After the end or an error nothing may follow in a rendered stream; a passing one stays as it is.
            return Passed {
                untouched: matches!(self.path, Path::Pass(_)),
                broken: false,
            };
        }
        let mut done = false;
        let path = &mut self.path;
        let mut rest = chunk;
        let mut result = Ok(());
        while !rest.is_empty() {
            if let Some(limit) = self.decoder.room() {
                let passed = path.skip(rest, limit, tally, now_ms, out);
                rest = rest.get(passed..).unwrap_or_default();
            }
            let next = self.decoder.next(rest, &mut |event: framing::Event<'_>| {
                if !done {
                    done = step(path, &event, tally, now_ms, out);
                }
            });
            match next {
                Ok(more) => rest = more,
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        self.done = done;
        self.finish_chunk(result, tally, now_ms, out)
    }

    /// Whether the client is told of an error: into bytes that pass nothing is put.
    pub fn tells(&self) -> bool {
        !matches!(self.path, Path::Pass(_))
    }

    /// Whether what was rendered of the latest chunk is better kept until the next callback: the provider's wire has no
    /// terminator, and this may have been its last word. If trailers come, the end can be written only into a buffer
    /// that is still paused.
    ///
    /// `kept` is how much was kept before the chunk and `now` how much there is after it, in bytes; a paused buffer
    /// must not grow past `limit`. Text that comes after an early last word is not kept back in turn.
    pub fn awaits_end(&self, kept: usize, now: usize, limit: usize) -> bool {
        let Path::Translate(translation) = &self.path else {
            return false;
        };
        !self.done && translation.may_be_over() && (kept == 0 || kept == now) && now <= limit / 2
    }

    /// The provider's bytes ended. Appends what ends the client's stream.
    pub fn end(&mut self, tally: &mut Tally, now_ms: u64, out: &mut Vec<u8>) -> Passed {
        if self.done {
            return self.passed(false);
        }
        let mut done = false;
        let path = &mut self.path;
        let result = self.decoder.finish(&mut |event: framing::Event<'_>| {
            if !done {
                done = step(path, &event, tally, now_ms, out);
            }
        });
        if !done && result.is_ok() {
            let mut see = |event: &Event<'_>| tally.see(event, now_ms);
            match path {
                Path::Pass(scanner) | Path::Edit(scanner) => scanner.end(&mut |event| see(&event)),
                // The events are the gateway's own here, and so is what tells that they are not all.
                Path::Unwrap(scanner) => scanner.end(&mut |event| {
                    if let Event::Error(error) = &event {
                        self.client.error_event(error, self.array, out);
                    }
                    see(&event);
                }),
                Path::Translate(translation) => translation.end(&mut see, out),
            }
        }
        self.done = done;
        let passed = self.finish_chunk(result, tally, now_ms, out);
        self.done = true;
        passed
    }

    fn finish_chunk(
        &mut self,
        result: Result<(), FramingError>,
        tally: &mut Tally,
        now_ms: u64,
        out: &mut Vec<u8>,
    ) -> Passed {
        // What follows an end or an error is not read, however it is framed: not where bytes pass either.
        let over = self.done || tally.ended() || tally.error().is_some();
        let Some(error) = result.err().filter(|_| !over) else {
            // Of what the provider goes on with after its error the client would see nothing: it is to stop.
            return self.passed(self.done && tally.error().is_some());
        };
        let message = format!("The provider's stream is broken: {error}");
        let error = Error::new(ErrorKind::BadGateway, message);
        let event = Event::Error(error);
        match (&mut self.path, &event) {
            // Where bytes pass, the beginning of the long event is gone already: it is cut off, not continued by
            // another.
            (Path::Pass(_), _) => {}
            // The writer knows what it has written: an array's first element is written otherwise than its others.
            (Path::Translate(translation), event) => translation.fail(event, out),
            (_, Event::Error(error)) => self.client.error_event(error, self.array, out),
            _ => {}
        }
        tally.see(&event, now_ms);
        self.done = true;
        Passed {
            untouched: false,
            broken: true,
        }
    }

    fn passed(&self, broken: bool) -> Passed {
        Passed {
            untouched: matches!(self.path, Path::Pass(_)),
            broken,
        }
    }
}

impl Path {
    /// Events that are like the one before need no more than a look; returns how many bytes they have.
    fn skip(
        &mut self,
        bytes: &[u8],
        limit: usize,
        tally: &mut Tally,
        now_ms: u64,
        out: &mut Vec<u8>,
    ) -> usize {
        match self {
            Path::Pass(scanner) | Path::Edit(scanner) => {
                scanner.skip(bytes, limit, (tally, now_ms), out)
            }
            Path::Translate(translation) => {
                let mut see = |event: &Event<'_>| tally.see(event, now_ms);
                translation.skip(bytes, limit, &mut see, out)
            }
            Path::Unwrap(_) => 0,
        }
    }
}

/// One event through the path; true once nothing more may follow.
fn step(
    path: &mut Path,
    event: &framing::Event<'_>,
    tally: &mut Tally,
    now_ms: u64,
    out: &mut Vec<u8>,
) -> bool {
    match path {
        Path::Pass(scanner) => {
            scanner.event(event, &mut |event| tally.see(&event, now_ms));
            false
        }
        Path::Edit(scanner) => {
            match scanner.event(event, &mut |event| tally.see(&event, now_ms)) {
                Passing::Keep => out.extend_from_slice(event.raw),
                Passing::Cut(gone) => {
                    out.extend_from_slice(event.raw.get(..gone.start).unwrap_or_default());
                    out.extend_from_slice(event.raw.get(gone.end..).unwrap_or_default());
                }
                Passing::Drop => {}
                Passing::Replace(bytes) => out.extend_from_slice(&bytes),
            }
            false
        }
        Path::Unwrap(scanner) => {
            let mut failed = false;
            scanner.event(event, &mut |event| {
                failed |= matches!(event, Event::Error(_));
                tally.see(&event, now_ms);
            });
            if event.exception {
                // It is the host's, not the wire's: the error says the same in the wire.
                if let Some(error) = tally.error() {
                    Wire::Anthropic.error_event(error, false, out);
                }
                return failed;
            }
            server_sent(event, out);
            false
        }
        Path::Translate(translation) => {
            translation.event(event, &mut |event| tally.see(event, now_ms), out)
        }
    }
}

/// An event of an envelope as a server-sent one, named by its type.
fn server_sent(event: &framing::Event<'_>, out: &mut Vec<u8>) {
    if event.data.is_empty() {
        return;
    }
    if let Ok([Some(kind)]) = top_level(&event.data, ["type"])
        && let Some(kind) = kind
            .value
            .strip_prefix(b"\"")
            .and_then(|k| k.strip_suffix(b"\""))
    {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(kind);
        out.push(b'\n');
    }
    out.extend_from_slice(b"data: ");
    // A line break would end the field; JSON has them between its tokens only.
    out.extend(
        event
            .data
            .iter()
            .filter(|byte| !matches!(byte, b'\n' | b'\r')),
    );
    out.extend_from_slice(b"\n\n");
}
