//! Answers that are too long to be parsed: a tree of them would take many times their size.

use crate::chat::Event;
use crate::json::Text;
use crate::json::scan::{items, members};

/// Most bytes of one member that is kept.
const MAX_MEMBER_BYTES: usize = 1 << 20;

/// What of an answer is of use beside its counts: its tier, and of each choice its end.
const TOP: [&str; 6] = ["id", "model", "created", "usage", "x_groq", "service_tier"];
const CHOICE: [&str; 6] = [
    "index",
    "finish_reason",
    "stop_reason",
    "matched_stop",
    "usage",
    "error",
];
/// An end is read in the light of the calls before it.
const MESSAGE: [&str; 2] = ["tool_calls", "function_call"];

/// What is told as text: an answer without counts is estimated by it.
const SAID: [&str; 4] = ["content", "text", "reasoning_content", "refusal"];

/// An answer without what makes it long: its texts, which `sink` is told, and log probabilities.
pub(super) fn shortened(body: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Vec<u8> {
    object(body, &TOP, &mut |key, value| {
        (key == "choices").then(|| choices(value, sink))
    })
}

fn choices(list: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    let listed = items(list, |item| {
        out.push(if out.is_empty() { b'[' } else { b',' });
        let choice = object(item, &CHOICE, &mut |key, value| match key {
            "message" => Some(object(value, &MESSAGE, &mut |key, value| {
                text(key, value, sink);
                None
            })),
            key => {
                text(key, value, sink);
                None
            }
        });
        out.extend_from_slice(&choice);
    });
    if listed.is_err() || out.is_empty() {
        return b"[]".to_vec();
    }
    out.push(b']');
    out
}

fn text(key: &str, value: &[u8], sink: &mut dyn FnMut(Event<'_>)) {
    let literal = value.strip_prefix(b"\"");
    let inside = literal.and_then(|rest| rest.strip_suffix(b"\""));
    if SAID.contains(&key)
        && let Some(Ok(inside)) = inside.map(std::str::from_utf8)
        && !inside.is_empty()
    {
        let text = Text::Escaped(inside);
        sink(Event::Text { choice: 0, text });
    }
}

/// Writes the value of a member anew, or leaves it out.
type Inner<'i> = dyn FnMut(&str, &[u8]) -> Option<Vec<u8>> + 'i;

/// An object's members of these names, and those that `inner` writes; an empty object of what is none.
fn object(source: &[u8], keep: &[&str], inner: &mut Inner<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let read = members(source, |key, member| {
        let key = key.decode();
        let written;
        let value = if keep.contains(&key.as_ref()) && member.value.len() <= MAX_MEMBER_BYTES {
            member.value
        } else if let Some(value) = inner(&key, member.value) {
            written = value;
            &written
        } else {
            return;
        };
        // The names that are kept need no escapes.
        out.push(if out.is_empty() { b'{' } else { b',' });
        out.push(b'"');
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(b"\":");
        out.extend_from_slice(value);
    });
    if read.is_err() || out.is_empty() {
        return b"{}".to_vec();
    }
    out.push(b'}');
    out
}
