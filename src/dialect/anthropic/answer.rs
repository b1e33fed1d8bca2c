//! Reads a provider's unary answer.

use super::usage::Counts;
use super::{error, finish_reason};
use crate::chat::{Error, Event};
use crate::dialect::foreign_answer;
use crate::json::{self, Object, Text, Value};

/// Reads a message as the events that a stream of it would have had.
///
/// # Errors
/// A 200 that carries an error, or bytes that are no answer of this wire.
pub fn read(body: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
    let object = match json::parse(body) {
        Ok(Value::Object(object)) => object,
        _ => return Err(foreign_answer("is not a JSON object")),
    };
    if object.str("type").is_some_and(|kind| kind.is("error")) {
        return Err(error::read_object(&object));
    }
    let Some(blocks) = object.array("content") else {
        return Err(foreign_answer("has no `content`"));
    };
    sink(Event::Start {
        id: object.str("id").cloned().unwrap_or_default(),
        model: object.str("model").cloned().unwrap_or_default(),
        created: None,
    });
    let mut calls = 0u32;
    for block in blocks.items().iter().filter_map(Value::as_object) {
        self::block(block, &mut calls, sink);
    }
    end(&object, sink);
    Ok(())
}

fn block(block: &Object<'_>, calls: &mut u32, sink: &mut dyn FnMut(Event<'_>)) {
    let said = |key: &str| block.str(key).filter(|text| !text.is_empty()).cloned();
    let kind = block.str("type").cloned().unwrap_or_default();
    match kind.decode().as_ref() {
        "text" => {
            if let Some(text) = said("text") {
                sink(Event::Text { choice: 0, text });
            }
        }
        "thinking" => {
            if let Some(text) = said("thinking") {
                sink(Event::Reasoning { choice: 0, text });
            }
            if let Some(signature) = said("signature") {
                sink(Event::ReasoningSignature {
                    choice: 0,
                    signature,
                });
            }
        }
        "redacted_thinking" => {
            if let Some(data) = said("data") {
                sink(Event::RedactedReasoning { choice: 0, data });
            }
        }
        "tool_use" => {
            sink(Event::ToolStart {
                choice: 0,
                index: *calls,
                id: said("id").unwrap_or_else(|| Text::from(format!("toolu_{calls}"))),
                name: block.str("name").cloned().unwrap_or_default(),
                signature: None,
            });
            let input = block
                .get("input")
                .and_then(Value::as_object)
                .map_or("{}", Object::raw);
            sink(Event::ToolArguments {
                choice: 0,
                index: *calls,
                fragment: Text::from(input),
            });
            *calls = calls.saturating_add(1);
        }
        // Provider-side tools' blocks say nothing in the neutral language.
        _ => sink(Event::Skipped),
    }
}

/// What ends an answer: why, and what it used.
pub(super) fn end(object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
    if let Some(word) = object.str("stop_reason") {
        if word.is("refusal")
            && let Some(text) = object
                .object("stop_details")
                .and_then(|details| details.str("explanation"))
        {
            sink(Event::Refusal {
                choice: 0,
                text: text.clone(),
            });
        }
        sink(Event::Finish {
            choice: 0,
            reason: finish_reason(word),
            stop_sequence: object.str("stop_sequence").cloned(),
        });
    }
    if let Some(usage) = object.object("usage") {
        let mut counts = Counts::default();
        counts.update(usage);
        sink(Event::Usage(counts.usage()));
    }
    sink(Event::End);
}
