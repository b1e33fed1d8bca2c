//! Events that repeat each other but for one piece of text: what most of a passing stream is.
//!
//! ```text
//! {"id":"c","choices":[{"index":0,"delta":{"content":"  Hel  "}}]}
//! └──────────────────── before ───────────────────────┘ └ text ┘ └ after ┘
//! ```
//! The first two of such events are read as every other. If both said one piece of text and nothing else, a third that
//! begins and ends with the same bytes says what stands between them, and leaves its reader as it is: it needs no
//! parsing, and what is told of it is what the reader would have told, whatever the bytes are.

use super::StreamReader;
use crate::chat::Event;
use crate::framing;
use crate::json::{self, Text};

/// Longest event that is remembered.
const MAX_BYTES: usize = 4096;

/// What the latest event looked like.
#[derive(Debug, Default)]
pub(super) struct Repeat {
    name: Vec<u8>,
    /// The data up to its text, and behind it: both hold a quote of it.
    before: Vec<u8>,
    after: Vec<u8>,
    said: Option<Said>,
    /// Whether two events looked so.
    twice: bool,
}

/// What kind of text it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Text(u32),
    Reasoning(u32),
}

impl Repeat {
    /// Tells `sink` what an event says, with `reader`'s help where it is not like the one before.
    pub(super) fn event(
        &mut self,
        reader: &mut dyn StreamReader,
        event: &framing::Event<'_>,
        sink: &mut dyn FnMut(Event<'_>),
    ) {
        let data = event.data.trim_ascii();
        let alike = self.alike(event, data);
        if self.twice
            && let Some(said) = self.said
            && let Some(text) = alike.and_then(json::literal)
        {
            if !text.is_empty() {
                let text = Text::Escaped(text);
                sink(match said {
                    Said::Text(choice) => Event::Text { choice, text },
                    Said::Reasoning(choice) => Event::Reasoning { choice, text },
                });
            }
            return;
        }
        let mut events = 0u32;
        let mut found = None;
        reader.event(event, &mut |event| {
            let said = match &event {
                Event::Text { choice, text } => Some((Said::Text(*choice), text)),
                Event::Reasoning { choice, text } => Some((Said::Reasoning(*choice), text)),
                _ => None,
            };
            found = said.and_then(|(said, text)| place(data, text, said));
            // An answer begins only once.
            events = events.saturating_add(u32::from(!matches!(event, Event::Start { .. })));
            sink(event);
        });
        let Some((said, before, after)) = found.filter(|_| events == 1 && !event.exception) else {
            self.said = None;
            return;
        };
        self.twice = alike.is_some() && self.said == Some(said);
        if !self.twice {
            self.said = Some(said).filter(|_| data.len() <= MAX_BYTES);
            for (own, new) in [
                (&mut self.name, event.name),
                (&mut self.before, before),
                (&mut self.after, after),
            ] {
                own.clear();
                own.extend_from_slice(new);
            }
        }
    }

    /// What stands where the latest event had its text, quotes included, if the event looks like it.
    fn alike<'d>(&self, event: &framing::Event<'_>, data: &'d [u8]) -> Option<&'d [u8]> {
        self.said?;
        if event.exception || event.name != self.name {
            return None;
        }
        let rest = data.strip_prefix(self.before.as_slice())?;
        let inside = rest.strip_suffix(self.after.as_slice())?;
        data.get(self.before.len().checked_sub(1)?..)?
            .get(..inside.len().checked_add(2)?)
    }
}

/// Cuts an event's data around a text that is borrowed from it.
fn place<'d>(data: &'d [u8], text: &Text<'_>, said: Said) -> Option<(Said, &'d [u8], &'d [u8])> {
    let Text::Escaped(source) = text else {
        return None;
    };
    // A text from elsewhere gives a place outside.
    let start = source.as_ptr().addr().checked_sub(data.as_ptr().addr())?;
    let end = start.checked_add(source.len())?;
    let (before, after) = (data.get(..start)?, data.get(end..)?);
    (before.ends_with(b"\"") && after.starts_with(b"\"")).then_some((said, before, after))
}
