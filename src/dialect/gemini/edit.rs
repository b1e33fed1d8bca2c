//! Edits a request that passes to a provider of the same wire.

use super::signature::{MARK, own};
use crate::json::{self, Text, Value};
use crate::search::find;

/// Takes out the signatures of providers of other wires, which Google would refuse; `None` where there are none.
///
/// A client may have had them from an earlier turn that such a provider served.
pub fn edit(body: &[u8]) -> Option<Vec<u8>> {
    find(body, MARK.as_bytes())?;
    let mut spans = Vec::new();
    let value = json::parse(body).ok()?;
    foreign(&value, body, &mut spans);
    let mut out = Vec::with_capacity(body.len());
    let mut at = 0;
    for (start, end) in &spans {
        out.extend_from_slice(body.get(at..*start)?);
        at = *end;
    }
    out.extend_from_slice(body.get(at..)?);
    (!spans.is_empty()).then_some(out)
}

/// Finds the insides of the literals that are to be empty: as good as absent, to Google.
fn foreign(value: &Value<'_>, body: &[u8], spans: &mut Vec<(usize, usize)>) {
    match value {
        Value::Array(array) => {
            let items = array.items().iter();
            items.for_each(|item| foreign(item, body, spans));
        }
        Value::Object(object) => {
            for (key, member) in object.members() {
                let signature = key.is("thoughtSignature") || key.is("thought_signature");
                match member {
                    Value::String(text @ Text::Escaped(inside)) if signature => {
                        if own(Some(text.clone())).is_none() && !inside.is_empty() {
                            let start = (inside.as_ptr().addr()).checked_sub(body.as_ptr().addr());
                            spans.extend(
                                start.map(|start| (start, start.saturating_add(inside.len()))),
                            );
                        }
                    }
                    member => foreign(member, body, spans),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::signature::Foreign;
    use super::*;

    #[test]
    fn foreign_signatures_are_taken_out_and_nothing_else() {
        let mark = Foreign::Thinking("sig".to_owned()).mark();
        let body = format!(
            r#"{{"contents":[{{"parts":[{{"text":"{mark}"}},{{"thoughtSignature":"{mark}"}},{{"thought_signature":"{mark}","text":"a"}},{{"thoughtSignature":"c2ln"}}]}}]}}"#
        );
        let want = format!(
            r#"{{"contents":[{{"parts":[{{"text":"{mark}"}},{{"thoughtSignature":""}},{{"thought_signature":"","text":"a"}},{{"thoughtSignature":"c2ln"}}]}}]}}"#
        );
        let edited = edit(body.as_bytes()).expect("edited");
        assert_eq!(String::from_utf8(edited).expect("text"), want);
        assert_eq!(edit(br#"{"contents":[{"thoughtSignature":"c2ln"}]}"#), None);
    }
}
