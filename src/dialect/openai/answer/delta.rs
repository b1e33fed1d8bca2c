//! What a delta or a message says beside its calls.

use super::{calls, media, sources};
use crate::chat::Event;
use crate::json::{Array, Object, Text, Value};

/// Whether the text so far is thinking, which Google's compatible layer writes into the content, between `<thought>` and
/// `</thought>`, and marks in `extra_content`.
///
/// The mark alone is no sign: it stands at answers, too, that have no more of their thinking than its signature.
#[derive(Debug, Default)]
pub(super) struct Thought(bool);

const THOUGHT: &str = "<thought>";
const THOUGHT_ENDS: &str = "</thought>";

/// The events of a delta or a message; returns whether it cites anything.
pub(super) fn events(
    delta: &Object<'_>,
    choice: u32,
    thought: &mut Thought,
    sink: &mut dyn FnMut(Event<'_>),
) -> bool {
    reasoning(delta, choice, sink);
    match delta.get("content") {
        Some(Value::String(text)) => content(delta, text, choice, thought, sink),
        Some(Value::Array(parts)) => self::parts(parts, choice, sink),
        _ => {}
    }
    if let Some(text) = said(delta, "refusal") {
        sink(Event::Refusal { choice, text });
    }
    media::events(delta, choice, sink);
    let annotations = delta.array("annotations");
    if let Some(list) = annotations {
        sources::annotations(list, choice, sink);
    }
    if let Some(signature) = calls::signature(delta) {
        sink(Event::TextSignature {
            choice,
            signature: signature.clone(),
        });
    }
    annotations.is_some_and(|list| !list.items().is_empty())
}

/// The string at `key`, if it says anything.
fn said<'a>(object: &Object<'a>, key: &str) -> Option<Text<'a>> {
    object.str(key).filter(|text| !text.is_empty()).cloned()
}

fn content(
    delta: &Object<'_>,
    text: &Text<'_>,
    choice: u32,
    thought: &mut Thought,
    sink: &mut dyn FnMut(Event<'_>),
) {
    let google = || delta.object("extra_content")?.object("google");
    let marked = google().and_then(|google| google.bool("thought")) == Some(true);
    if !marked && !thought.0 {
        if !text.is_empty() {
            let text = text.clone();
            sink(Event::Text { choice, text });
        }
        return;
    }
    let decoded = text.decode();
    let begun = decoded.strip_prefix(THOUGHT).filter(|_| marked);
    let rest = begun.unwrap_or(&decoded);
    let thinks = begun.is_some() || thought.0;
    let (thinking, said, ended) = match rest.split_once(THOUGHT_ENDS).filter(|_| thinks) {
        Some((thinking, said)) => (thinking, said, true),
        None if thinks && marked => (rest, "", false),
        None => ("", rest, true),
    };
    thought.0 = !ended;
    if !thinking.is_empty() {
        let text = Text::from(thinking);
        sink(Event::Reasoning { choice, text });
    }
    if !said.is_empty() {
        let text = Text::from(said);
        sink(Event::Text { choice, text });
    }
}

/// A piece of thinking in one of its structured forms.
enum Piece<'a> {
    Text(Text<'a>),
    Signature(Text<'a>),
    Redacted(Text<'a>),
}

/// Thinking: a string under one of two names, and beside it or in its place a list with signatures (OpenRouter's
/// `reasoning_details`, LiteLLM's `thinking_blocks`), whose text is the same and must not be told twice.
fn reasoning(delta: &Object<'_>, choice: u32, sink: &mut dyn FnMut(Event<'_>)) {
    let plain = said(delta, "reasoning_content").or_else(|| said(delta, "reasoning"));
    let list = |key: &str| delta.array(key).filter(|list| !list.items().is_empty());
    let Some(list) = list("thinking_blocks").or_else(|| list("reasoning_details")) else {
        if let Some(text) = plain {
            sink(Event::Reasoning { choice, text });
        }
        return;
    };
    let mut pieces = Vec::new();
    for object in list.items().iter().filter_map(Value::as_object) {
        let texts = ["thinking", "text", "summary"];
        let text = texts.iter().find_map(|key| said(object, key));
        pieces.extend(text.map(Piece::Text));
        pieces.extend(said(object, "signature").map(Piece::Signature));
        pieces.extend(said(object, "data").map(Piece::Redacted));
    }
    // In the list each text stands before its own signature; where it does not say the same, the string counts.
    let listed = plain.is_none_or(|plain| {
        let joined: String = pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Text(text) => Some(text.decode()),
                _ => None,
            })
            .collect();
        let same = plain.is(&joined);
        if !same {
            sink(Event::Reasoning {
                choice,
                text: plain,
            });
        }
        same
    });
    for piece in pieces {
        match piece {
            Piece::Text(_) if !listed => {}
            Piece::Text(text) => sink(Event::Reasoning { choice, text }),
            Piece::Signature(signature) => sink(Event::ReasoningSignature { choice, signature }),
            Piece::Redacted(data) => sink(Event::RedactedReasoning { choice, data }),
        }
    }
}

/// Content as a list: of Mistral, whose thinking models answer so, of Databricks' Claude, and others.
fn parts(parts: &Array<'_>, choice: u32, sink: &mut dyn FnMut(Event<'_>)) {
    for part in parts.items() {
        let part = match part {
            Value::Object(part) => part,
            Value::String(text) if !text.is_empty() => {
                let text = text.clone();
                sink(Event::Text { choice, text });
                continue;
            }
            _ => continue,
        };
        let kind = part.str("type").cloned().unwrap_or_default();
        match kind.decode().as_ref() {
            "text" | "output_text" | "" => {
                if let Some(text) = said(part, "text") {
                    sink(Event::Text { choice, text });
                }
                for key in ["citations", "annotations"] {
                    if let Some(list) = part.array(key) {
                        sources::annotations(list, choice, sink);
                    }
                }
            }
            "thinking" | "reasoning" => thinking(part, choice, sink),
            "redacted_thinking" => {
                if let Some(data) = said(part, "data") {
                    sink(Event::RedactedReasoning { choice, data });
                }
            }
            "refusal" => {
                if let Some(text) = said(part, "refusal") {
                    sink(Event::Refusal { choice, text });
                }
            }
            "image_url" => media::image(part, choice, sink),
            // Mistral's references to documents of the request, and what is not known yet.
            _ => sink(Event::Skipped),
        }
    }
}

/// A part that is thinking: a string, or a list of pieces, some of which are signed.
fn thinking(part: &Object<'_>, choice: u32, sink: &mut dyn FnMut(Event<'_>)) {
    let signed = |object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)| {
        if let Some(signature) = said(object, "signature") {
            sink(Event::ReasoningSignature { choice, signature });
        }
    };
    for key in ["thinking", "summary", "reasoning", "text"] {
        match part.get(key) {
            Some(Value::String(text)) if !text.is_empty() => {
                let text = text.clone();
                sink(Event::Reasoning { choice, text });
            }
            Some(Value::Array(pieces)) => {
                for piece in pieces.items() {
                    match piece {
                        Value::Object(piece) => {
                            if let Some(text) = said(piece, "text") {
                                sink(Event::Reasoning { choice, text });
                            }
                            signed(piece, sink);
                        }
                        Value::String(text) if !text.is_empty() => {
                            let text = text.clone();
                            sink(Event::Reasoning { choice, text });
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    signed(part, sink);
}
