//! Takes usage out of a passing event that the gateway, not the client, asked for, or that the provider sent unasked.

use crate::dialect::Passing;
use crate::dialect::repeat::place_in;
use crate::framing;
use crate::json::scan::{Member, top_level};
use crate::json::splice::Splice;
use crate::json::{self, Value};
use crate::search;

/// As OpenAI ends every chunk but the last where usage was asked for. In valid JSON only a member of the outermost
/// object can stand before its closing brace.
const NONE_YET: &[u8] = b",\"usage\":null}";

/// The event without its usage; nothing where usage was all it had. `only` tells that it has the word but once.
pub(super) fn stripped(event: &framing::Event<'_>, data: &[u8], only: bool) -> Passing {
    if only && data.ends_with(NONE_YET) {
        let tail = event.raw.trim_ascii_end();
        if tail.ends_with(NONE_YET) {
            let end = tail.len().saturating_sub(1);
            let start = tail.len().saturating_sub(NONE_YET.len());
            return Passing::Cut(start..end);
        }
    }
    let Ok([usage, choices, groq]) = top_level(data, ["usage", "choices", "x_groq"]) else {
        return Passing::Keep;
    };
    let mut splice = Splice::new(data);
    let mut changed = false;
    let mut gone = None;
    if let Some(usage) = usage {
        let alone = choices
            .as_ref()
            .is_some_and(|choices| choices.value.trim_ascii() == b"[]");
        if alone && usage.value != b"null" {
            return Passing::Drop;
        }
        gone = Some(splice.removal(&usage));
        splice.remove(&usage);
    }
    if let Some(groq) = groq
        && let Some(rest) = without(groq.value)
    {
        splice.replace(&groq, rest);
        changed = true;
    }
    if let Some(choices) = choices
        && let Some(rest) = choices_without(&choices)
    {
        splice.replace(&choices, rest);
        changed = true;
    }
    // The rest of the event stays as it came: comments, field names, line endings.
    let place = place_in(event.raw, data);
    match (changed, gone, &place) {
        (false, None, _) => return Passing::Keep,
        (false, Some(gone), Some(place)) => {
            let at = |offset: usize| place.start.saturating_add(offset);
            return Passing::Cut(at(gone.start)..at(gone.end));
        }
        _ => {}
    }
    let edited = splice.apply();
    let Some(place) = place else {
        // Its data came in several lines.
        let line: Vec<u8> = edited
            .into_iter()
            .filter(|byte| !matches!(byte, b'\n' | b'\r'))
            .collect();
        return Passing::Replace([b"data: ".as_slice(), &line, b"\n\n"].concat());
    };
    let (before, rest) = event
        .raw
        .split_at_checked(place.start)
        .unwrap_or((event.raw, &[]));
    let after = rest.get(data.len()..).unwrap_or_default();
    Passing::Replace([before, &edited, after].concat())
}

/// An object's source without its `usage`; `None` where it has none.
fn without(object: &[u8]) -> Option<Vec<u8>> {
    let [usage] = top_level(object, ["usage"]).ok()?;
    let mut splice = Splice::new(object);
    splice.remove(&usage?);
    Some(splice.apply())
}

/// The choices without their `usage`; `None` where none has any.
fn choices_without(choices: &Member<'_>) -> Option<Vec<u8>> {
    search::find(choices.value, b"\"usage\"")?;
    let Ok(Value::Array(list)) = json::parse(choices.value) else {
        return None;
    };
    let mut out = vec![b'['];
    let mut any = false;
    for (place, item) in list.items().iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        match item
            .as_object()
            .and_then(|item| without(item.raw().as_bytes()))
        {
            Some(rest) => {
                any = true;
                out.extend_from_slice(&rest);
            }
            None => item.write(&mut out),
        }
    }
    out.push(b']');
    any.then_some(out)
}
