//! Looks on while unary answers pass in this wire: what the meter needs, and nothing more.

use super::answer;
use super::failure::{failure, read_inline};
use crate::chat::{Error, Event};
use crate::dialect::no_object;
use crate::json::{self, Value};

/// Tells what a passing unary answer says. One of another operation, such as a count of tokens, says nothing.
///
/// # Errors
/// A 200 that carries an error, or bytes that are no answer.
pub fn scan_answer(body: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
    let parsed = json::parse(body).map_err(|_| no_object(body))?;
    match &parsed {
        whole if failure(whole).is_some() => Err(read_inline(whole)),
        Value::Object(whole) if !answer::is_answer(whole) => Ok(()),
        whole => answer::tell(whole, sink),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Wire;
    use crate::framing;
    use crate::meter::Tally;

    fn scanned(datas: &[&str]) -> Tally {
        let mut scanner = Wire::Gemini.stream_scanner(false);
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
