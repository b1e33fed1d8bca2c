//! Looks on while answers pass in this wire: what the meter needs, and nothing more.
//!
//! Most events are a few words of text, and the counts so far. Of such a one no more than the counts is parsed: a few
//! searches tell that it has no finish reason, no call, no sources and no error, and its text is measured where it
//! stands. Every other is parsed.

use super::answer;
use super::failure::{failure, read_inline};
use super::stream::Reader;
use crate::chat::{Error, Event};
use crate::dialect::{Passing, StreamReader, StreamScanner, foreign_answer};
use crate::framing;
use crate::json::scan::top_level;
use crate::json::{self, Text, Value};
use memchr::memmem::Finder;

/// A passing stream's state.
pub struct Scanner {
    reader: Reader,
    marks: [Finder<'static>; 6],
    text: Finder<'static>,
}

impl Default for Scanner {
    fn default() -> Self {
        Scanner {
            reader: Reader::default(),
            // Searches made once a stream, not once an event.
            marks: [
                "\"finishReason\"",
                "\"functionCall\"",
                "\"inlineData\"",
                "\"error\"",
                "\"groundingMetadata\"",
                "\"promptFeedback\"",
            ]
            .map(Finder::new),
            text: Finder::new("\"text\""),
        }
    }
}

impl StreamScanner for Scanner {
    fn event(&mut self, event: &framing::Event<'_>, sink: &mut dyn FnMut(Event<'_>)) -> Passing {
        let data = event.data.trim_ascii();
        let plain = !data.is_empty()
            && event.name.is_empty()
            && !self.reader.is_over()
            && self.marks.iter().all(|mark| mark.find(data).is_none());
        if !(plain && self.measure(data, sink)) {
            self.reader.event(event, sink);
        }
        Passing::Keep
    }

    fn end(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        self.reader.end(sink);
    }
}

impl Scanner {
    /// Tells an event's text and counts; false where it is none of this wire's.
    fn measure(&mut self, data: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> bool {
        // Checks every byte, and builds nothing.
        let Ok([counts, candidates]) = top_level(data, ["usageMetadata", "candidates"]) else {
            return false;
        };
        let candidates = candidates.map(|member| member.value).unwrap_or_default();
        for place in self.text.find_iter(candidates) {
            let from = place.saturating_add(self.text.needle().len());
            let rest = candidates.get(from..).unwrap_or_default();
            let value = rest.trim_ascii_start().strip_prefix(b":");
            let literal = value.and_then(|value| value.trim_ascii_start().strip_prefix(b"\""));
            if let Some(inside) = literal.map(inside)
                && let Ok(text) = std::str::from_utf8(inside)
                && !text.is_empty()
            {
                sink(Event::Text {
                    choice: 0,
                    text: Text::Escaped(text),
                });
            }
        }
        if let Some(Ok(Value::Object(counts))) = counts.map(|member| json::parse(member.value)) {
            self.reader.counts(&counts, sink);
        }
        true
    }
}

/// The inside of the literal whose opening quote was taken off.
fn inside(rest: &[u8]) -> &[u8] {
    let mut at = 0usize;
    while let Some(found) = memchr::memchr2(b'"', b'\\', rest.get(at..).unwrap_or_default()) {
        at = at.saturating_add(found);
        if rest.get(at) == Some(&b'"') {
            return rest.get(..at).unwrap_or_default();
        }
        at = at.saturating_add(2);
    }
    b""
}

/// Tells what a passing unary answer says. One of another operation, such as a count of tokens, says nothing.
///
/// # Errors
/// A 200 that carries an error, or bytes that are no answer.
pub fn scan_answer(body: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
    let parsed = json::parse(body).map_err(|_| foreign_answer("is not JSON"))?;
    match &parsed {
        whole if failure(whole).is_some() => Err(read_inline(whole)),
        Value::Object(whole) if !answer::is_answer(whole) => Ok(()),
        whole => answer::tell(whole, sink),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::Tally;

    fn scanned(datas: &[&str]) -> Tally {
        let mut scanner = Scanner::default();
        let mut tally = Tally::default();
        for data in datas {
            let event = framing::Event {
                name: b"",
                data: data.as_bytes().into(),
                raw: data.as_bytes(),
                complete: true,
                exception: false,
            };
            scanner.event(&event, &mut |event| tally.see(&event, 1));
        }
        scanner.end(&mut |event| tally.see(&event, 1));
        tally
    }

    #[test]
    fn text_is_measured_and_the_last_counts_count() {
        let first = r#"{"candidates":[{"content":{"parts":[{"text": "twenty \"bytes\" now"}]}}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1,"totalTokenCount":4}}"#;
        let cut = scanned(&[first]);
        assert!(cut.error().is_some());
        assert_eq!(cut.usage(0).0.output_tokens, 5);
        let last = r#"{"candidates":[{"finishReason":"MAX_TOKENS"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":9,"totalTokenCount":12}}"#;
        let whole = scanned(&[first, last]);
        assert!(whole.error().is_none() && whole.ended());
        assert_eq!(whole.finish().map(|reason| reason.as_str()), Some("length"));
        assert_eq!(whole.usage(0).0.output_tokens, 9);
    }

    #[test]
    fn broken_events_are_found() {
        assert!(
            scanned(&[r#"{"candidates":[{"content":{"parts":[{"text":"a}]}}]}"#])
                .error()
                .is_some_and(|error| error.message.contains("not JSON"))
        );
    }

    #[test]
    fn counts_of_tokens_pass() {
        let mut events = 0;
        let told = scan_answer(br#"{"totalTokens":31}"#, &mut |_| events += 1);
        assert!(told.is_ok() && events == 0);
        assert!(scan_answer(b"<html>", &mut |_| ()).is_err());
    }
}
