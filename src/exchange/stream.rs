//! A streamed answer on its way through: framing, metering, and rendering where the wires differ.

use crate::chat::{Error, ErrorKind, Event};
use crate::dialect::{AnswerContext, AnswerWriter, Passing, StreamReader, StreamScanner, Wire};
use crate::framing::{FramingError, sse};
use crate::meter::Tally;

/// How a stream goes from the provider's wire to the client's.
enum Path {
    /// Same wire, nothing to take out: the bytes pass, a scanner looks on.
    Pass(Box<dyn StreamScanner>),
    /// Same wire, but something asked for by the gateway is taken out again.
    Edit(Box<dyn StreamScanner>),
    /// Another wire.
    Translate {
        reader: Box<dyn StreamReader>,
        writer: Box<dyn AnswerWriter>,
    },
}

/// A streamed answer.
pub struct Stream {
    decoder: sse::Decoder,
    path: Path,
    client: Wire,
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
    /// A stream from a provider of `provider`'s wire to a client of `client`'s.
    pub fn new(
        provider: Wire,
        client: Wire,
        strip_usage: bool,
        max_event_bytes: usize,
        context: AnswerContext,
    ) -> Self {
        let path = if provider != client {
            Path::Translate {
                reader: provider.stream_reader(),
                writer: client.stream_writer(context),
            }
        } else if strip_usage {
            Path::Edit(provider.stream_scanner(true))
        } else {
            Path::Pass(provider.stream_scanner(false))
        };
        Stream {
            decoder: sse::Decoder::new(max_event_bytes),
            path,
            client,
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
        let result = self.decoder.feed(chunk, &mut |event: sse::Event<'_>| {
            if !done {
                done = step(path, &event, tally, now_ms, out);
            }
        });
        self.done = done;
        self.finish_chunk(result, tally, now_ms, out)
    }

    /// The provider's bytes ended. Appends what ends the client's stream.
    pub fn end(&mut self, tally: &mut Tally, now_ms: u64, out: &mut Vec<u8>) -> Passed {
        if self.done {
            return self.passed(false);
        }
        let mut done = false;
        let path = &mut self.path;
        let result = self.decoder.finish(&mut |event: sse::Event<'_>| {
            if !done {
                done = step(path, &event, tally, now_ms, out);
            }
        });
        if !done && result.is_ok() {
            let mut see = |event: Event<'_>| tally.see(&event, now_ms);
            match path {
                Path::Pass(scanner) | Path::Edit(scanner) => scanner.end(&mut see),
                Path::Translate { reader, writer } => {
                    let mut ended = false;
                    reader.end(&mut |event| {
                        tally.see(&event, now_ms);
                        ended |= render(writer.as_mut(), &event, out);
                    });
                    if !ended {
                        writer.finish(out);
                    }
                }
            }
        }
        self.done = true;
        self.finish_chunk(result, tally, now_ms, out)
    }

    fn finish_chunk(
        &mut self,
        result: Result<(), FramingError>,
        tally: &mut Tally,
        now_ms: u64,
        out: &mut Vec<u8>,
    ) -> Passed {
        let Err(error) = result else {
            return self.passed(false);
        };
        let message = format!("The provider's stream is broken: {error}");
        let error = Error::new(ErrorKind::BadGateway, message);
        // Where bytes pass, the beginning of the long event is gone already: it is cut off, not continued by another.
        if !matches!(self.path, Path::Pass(_)) {
            self.client.error_event(&error, out);
        }
        tally.see(&Event::Error(error), now_ms);
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

/// One event through the path; true once nothing more may follow.
fn step(
    path: &mut Path,
    event: &sse::Event<'_>,
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
                Passing::Drop => {}
                Passing::Replace(bytes) => out.extend_from_slice(&bytes),
            }
            false
        }
        Path::Translate { reader, writer } => {
            let mut ended = false;
            reader.event(event, &mut |event| {
                if !ended {
                    tally.see(&event, now_ms);
                    ended = render(writer.as_mut(), &event, out);
                }
            });
            ended
        }
    }
}

/// Renders one event; true once nothing more may follow.
fn render(writer: &mut dyn AnswerWriter, event: &Event<'_>, out: &mut Vec<u8>) -> bool {
    writer.event(event, out);
    match event {
        // The end is rendered with the event, not with the bytes' end: that may come as trailers, where no body can be
        // written any more.
        Event::End => {
            writer.finish(out);
            true
        }
        Event::Error(_) => true,
        _ => false,
    }
}
