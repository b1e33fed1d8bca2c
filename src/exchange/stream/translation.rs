//! A stream between two wires: a reader, and a writer.
//!
//! Most events say one piece of text, and both the provider's events and those for the client repeat the ones before but
//! for it. Where both do, the text goes from one into the other: the reader need not parse, nor the writer write.

use crate::chat::Event;
use crate::dialect::{Again, AnswerWriter, JsonTool, Repeat, StreamReader};
use crate::framing;
use crate::json::Text;
use crate::search;

/// A stream between two wires.
pub(super) struct Translation {
    reader: Box<dyn StreamReader>,
    repeat: Repeat,
    rest: Output,
}

/// What becomes of a stream's events.
struct Output {
    writer: Box<dyn AnswerWriter>,
    json_tool: JsonTool,
    echo: Echo,
}

/// Tells the meter.
type See<'s> = dyn FnMut(&Event<'_>) + 's;

impl Translation {
    /// A stream at its beginning. `json_tool` names the forced tool whose arguments are the answer.
    pub(super) fn new(
        reader: Box<dyn StreamReader>,
        writer: Box<dyn AnswerWriter>,
        json_tool: Option<String>,
    ) -> Self {
        Translation {
            reader,
            repeat: Repeat::default(),
            rest: Output {
                writer,
                json_tool: JsonTool::new(json_tool),
                echo: Echo::default(),
            },
        }
    }

    /// Whether the provider's stream may be over, though only the end of its bytes will tell.
    pub(super) fn may_be_over(&self) -> bool {
        self.reader.may_be_over()
    }

    /// One event; true once nothing more may follow.
    pub(super) fn event(
        &mut self,
        event: &framing::Event<'_>,
        see: &mut See<'_>,
        out: &mut Vec<u8>,
    ) -> bool {
        let Translation {
            reader,
            repeat,
            rest,
        } = self;
        if let Some(again) = repeat.again(event) {
            rest.again(&again, reader.as_mut(), see, out);
            repeat.counts(&again, reader.as_mut(), &mut |event| {
                see(&event);
                rest.event(event, out);
            });
            return false;
        }
        let mut ended = false;
        repeat.read(reader.as_mut(), event, &mut |event| {
            if !ended {
                see(&event);
                ended = rest.event(event, out);
            }
        });
        ended
    }

    /// Passes over the events at the beginning of a stream's `bytes` that are like the one before; see [`Repeat::skip`].
    pub(super) fn skip(
        &mut self,
        bytes: &[u8],
        limit: usize,
        see: &mut See<'_>,
        out: &mut Vec<u8>,
    ) -> usize {
        let Translation {
            reader,
            repeat,
            rest,
        } = self;
        let mut last = None;
        let passed = repeat.skip(bytes, limit, None, &mut |again| {
            rest.again(&again, reader.as_mut(), see, out);
            last = Some(again);
        });
        if let Some(again) = last {
            repeat.counts(&again, reader.as_mut(), &mut |event| {
                see(&event);
                rest.event(event, out);
            });
        }
        passed
    }

    /// The provider's bytes ended.
    pub(super) fn end(&mut self, see: &mut See<'_>, out: &mut Vec<u8>) {
        let Output {
            writer, json_tool, ..
        } = &mut self.rest;
        let mut ended = false;
        self.reader.end(&mut |event| {
            see(&event);
            json_tool.map(event, &mut |event| {
                ended |= render(writer.as_mut(), &event, out);
            });
        });
        if !ended {
            json_tool.finish(&mut |event| writer.event(&event, out));
            writer.finish(out);
        }
    }

    /// The stream is broken.
    pub(super) fn fail(&mut self, error: &Event<'_>, out: &mut Vec<u8>) {
        // The writer knows what it has written: an array's first element is written otherwise than its others.
        self.rest.writer.event(error, out);
    }
}

impl Output {
    /// One event; true once nothing more may follow.
    fn event(&mut self, event: Event<'_>, out: &mut Vec<u8>) -> bool {
        let mut ended = false;
        self.json_tool.map(event, &mut |event| {
            let from = out.len();
            ended = render(self.writer.as_mut(), &event, out);
            if let Event::Text { text, .. } | Event::Reasoning { text, .. } = &event {
                self.echo.learn(text, out.get(from..).unwrap_or_default());
            }
        });
        ended
    }

    /// The text of an event that is like the one before.
    fn again(
        &mut self,
        again: &Again<'_>,
        reader: &mut dyn StreamReader,
        see: &mut See<'_>,
        out: &mut Vec<u8>,
    ) {
        again.tell(&mut |event| {
            reader.repeated(&event);
            see(&event);
            if self.json_tool.passes() && self.echo.write(again.text(), out) {
                self.writer.repeated(&event);
            } else {
                self.event(event, out);
            }
        });
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

/// How the latest text was written for the client.
#[derive(Debug, Default)]
struct Echo {
    /// What stood before it and behind it, its quotes included.
    before: Vec<u8>,
    after: Vec<u8>,
    text: Vec<u8>,
    /// Whether another text before it was written so, too.
    twice: bool,
}

impl Echo {
    /// A text was written by the writer.
    fn learn(&mut self, text: &Text<'_>, written: &[u8]) {
        let Text::Escaped(source) = text else {
            self.twice = false;
            return;
        };
        let literal = [b"\"", source.as_bytes(), b"\""].concat();
        let place = search::find(written, &literal).unwrap_or(written.len());
        let before = written.get(..place.saturating_add(1)).unwrap_or_default();
        let end = place.saturating_add(literal.len()).saturating_sub(1);
        let after = written.get(end..).unwrap_or_default();
        let same = !after.is_empty() && self.before == before && self.after == after;
        // The same text twice would not tell which of its places is the text's, if it has several.
        self.twice = same && (self.twice || self.text != source.as_bytes());
        for (own, new) in [
            (&mut self.before, before),
            (&mut self.after, after),
            (&mut self.text, source.as_bytes()),
        ] {
            own.clear();
            own.extend_from_slice(new);
        }
    }

    /// Writes a text as the one before it was; false where that is not known.
    fn write(&self, text: &str, out: &mut Vec<u8>) -> bool {
        if self.twice {
            out.extend_from_slice(&self.before);
            out.extend_from_slice(text.as_bytes());
            out.extend_from_slice(&self.after);
        }
        self.twice
    }
}
