//! Looks on while a stream passes in one wire: what the meter needs, and nothing more.

use super::{Passing, Repeat, StreamReader};
use crate::chat::Event;
use crate::framing;
use crate::meter::Tally;

/// Sees the events of a stream that passes in one wire, tells the meter what they say, and edits where it must.
pub struct Scanner {
    reader: Box<dyn StreamReader>,
    repeat: Repeat,
    edit: Option<Edit>,
}

/// What becomes of an event that the client does not see whole.
pub type Edit = fn(&framing::Event<'_>) -> Passing;

impl Scanner {
    /// A scanner with its wire's reader. `edit` says what the client does not see.
    pub fn new(reader: Box<dyn StreamReader>, edit: Option<Edit>) -> Self {
        Scanner {
            reader,
            repeat: Repeat::default(),
            edit,
        }
    }

    /// One whole event.
    pub fn event(
        &mut self,
        event: &framing::Event<'_>,
        sink: &mut dyn FnMut(Event<'_>),
    ) -> Passing {
        let mut learned = false;
        if let Some(again) = self.repeat.again(event) {
            again.tell(sink);
            self.repeat.counts(&again, self.reader.as_mut(), sink);
        } else {
            learned = self.repeat.read(self.reader.as_mut(), event, sink);
        }
        let passing = self.edit.map_or(Passing::Keep, |edit| edit(event));
        if learned {
            self.repeat.passes(&passing);
        }
        passing
    }

    /// Passes over the events at the beginning of a stream's `bytes` that are like the one before, and has `tally` count
    /// them; see [`Repeat::skip`].
    pub fn skip(
        &mut self,
        bytes: &[u8],
        limit: usize,
        (tally, now_ms): (&mut Tally, u64),
        out: &mut Vec<u8>,
    ) -> usize {
        let out = self.edit.map(|_| out);
        let (mut text, mut last) = (0usize, None);
        let passed = self.repeat.skip(bytes, limit, out, &mut |again| {
            text = text.saturating_add(again.text().len());
            last = Some(again);
        });
        if text > 0 {
            tally.text(text, now_ms);
        }
        if let Some(again) = last {
            let reader = self.reader.as_mut();
            let mut see = |event: Event<'_>| tally.see(&event, now_ms);
            self.repeat.counts(&again, reader, &mut see);
        }
        passed
    }

    /// The bytes ended.
    pub fn end(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        self.reader.end(sink);
    }
}
