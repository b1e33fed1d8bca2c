//! Reads a provider's unary answer, and what answers and chunks have in common: choices.

use super::{error, finish_reason, usage};
use crate::chat::{Citation, Error, Event, FinishReason};
use crate::dialect::foreign_answer;
use crate::json::{self, Object, Text, Value};

/// Reads a `chat.completion` as the events that a stream of it would have had.
///
/// # Errors
/// A 200 that carries an error, or bytes that are no answer of this wire.
pub fn read(body: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
    let object = match json::parse(body) {
        Ok(Value::Object(object)) => object,
        _ => return Err(foreign_answer("is not a JSON object")),
    };
    if object.get("error").is_some_and(|error| !error.is_null()) {
        return Err(error::read_object(&object));
    }
    let Some(choices) = object.array("choices") else {
        return Err(foreign_answer("has no `choices`"));
    };
    sink(Event::Start {
        id: object.str("id").cloned().unwrap_or_default(),
        model: object.str("model").cloned().unwrap_or_default(),
        created: object.u64("created"),
    });
    let mut state = Choices::default();
    for (place, choice) in choices.items().iter().enumerate() {
        if let Some(choice) = choice.as_object() {
            choice_events(choice, "message", place, &mut state, sink);
        }
    }
    if let Some(tier) = object.str("service_tier") {
        sink(Event::ServiceTier(tier.clone()));
    }
    if let Some(counts) = object.object("usage") {
        sink(Event::Usage(usage::read(counts)));
    }
    sink(Event::End);
    Ok(())
}

/// Most tool calls of one answer: their indexes are kept.
const MAX_CALLS: usize = 4096;

/// The tool calls begun so far, of every choice.
#[derive(Debug, Default)]
pub(super) struct Choices {
    calls: Vec<Call>,
}

#[derive(Debug)]
struct Call {
    choice: u32,
    /// The provider's index, which may have gaps or be absent.
    theirs: Option<u64>,
    id: String,
    /// Ours, without gaps.
    index: u32,
}

impl Choices {
    fn count(&self, choice: u32) -> usize {
        self.calls
            .iter()
            .filter(|call| call.choice == choice)
            .count()
    }
}

/// One choice's events. `key` is `delta` or `message`. Returns whether it is finished.
pub(super) fn choice_events(
    choice: &Object<'_>,
    key: &str,
    place: usize,
    state: &mut Choices,
    sink: &mut dyn FnMut(Event<'_>),
) -> bool {
    let number = choice
        .u64("index")
        .and_then(|index| u32::try_from(index).ok());
    let index = number.unwrap_or_else(|| u32::try_from(place).unwrap_or(u32::MAX));
    if let Some(delta) = choice.object(key) {
        delta_events(delta, index, state, sink);
    }
    if let Some(value) = choice.object("logprobs") {
        sink(Event::Logprobs {
            choice: index,
            json: value.raw(),
        });
    }
    let Some(word) = choice.str("finish_reason") else {
        return false;
    };
    let called = state.count(index) > 0;
    let reason = match finish_reason(word) {
        // Some hosts say nothing, or a plain stop, when they wait for tools.
        FinishReason::Stop if called => FinishReason::ToolCalls,
        reason => reason,
    };
    sink(Event::Finish {
        choice: index,
        reason,
        stop_sequence: choice.str("stop_reason").cloned(),
    });
    true
}

fn delta_events(
    delta: &Object<'_>,
    choice: u32,
    state: &mut Choices,
    sink: &mut dyn FnMut(Event<'_>),
) {
    let said = |key: &str| delta.str(key).filter(|text| !text.is_empty()).cloned();
    if let Some(text) = said("reasoning_content").or_else(|| said("reasoning")) {
        sink(Event::Reasoning { choice, text });
    }
    content(delta, choice, sink);
    if let Some(text) = said("refusal") {
        sink(Event::Refusal { choice, text });
    }
    for entry in delta
        .array("annotations")
        .map(|array| array.items())
        .unwrap_or_default()
    {
        if let Some(object) = entry.as_object() {
            let cited = object.object("url_citation");
            let said = |key: &str| cited.and_then(|cited| cited.str(key)).cloned();
            sink(Event::Citation {
                choice,
                citation: Citation {
                    url: said("url").unwrap_or_default(),
                    title: said("title").unwrap_or_default(),
                    cited_text: said("content").unwrap_or_default(),
                    span: cited.and_then(|cited| {
                        Some((cited.u64("start_index")?, cited.u64("end_index")?))
                    }),
                    own: Some(object.raw()),
                },
            });
        }
    }
    for call in delta
        .array("tool_calls")
        .map(|array| array.items())
        .unwrap_or_default()
    {
        if let Some(call) = call.as_object() {
            tool_call(call, choice, state, sink);
        }
    }
    if let Some(call) = delta.object("function_call") {
        function(call, choice, Some(0), &Text::default(), state, sink);
    }
}

/// Content is a string, or (Mistral) an array of parts, some of which are thinking.
fn content(delta: &Object<'_>, choice: u32, sink: &mut dyn FnMut(Event<'_>)) {
    match delta.get("content") {
        Some(Value::String(text)) if !text.is_empty() => sink(Event::Text {
            choice,
            text: text.clone(),
        }),
        Some(Value::Array(parts)) => {
            for part in parts.items().iter().filter_map(Value::as_object) {
                if let Some(text) = part.str("text").filter(|text| !text.is_empty()) {
                    sink(Event::Text {
                        choice,
                        text: text.clone(),
                    });
                }
                let thinking = part
                    .array("thinking")
                    .map(|array| array.items())
                    .unwrap_or_default();
                for text in thinking
                    .iter()
                    .filter_map(|piece| piece.as_object()?.str("text"))
                {
                    sink(Event::Reasoning {
                        choice,
                        text: text.clone(),
                    });
                }
            }
        }
        _ => {}
    }
}

fn tool_call(call: &Object<'_>, choice: u32, state: &mut Choices, sink: &mut dyn FnMut(Event<'_>)) {
    let id = call.str("id").cloned().unwrap_or_default();
    if let Some(inner) = call.object("function") {
        function(inner, choice, call.u64("index"), &id, state, sink);
    }
}

fn function(
    function: &Object<'_>,
    choice: u32,
    theirs: Option<u64>,
    id: &Text<'_>,
    state: &mut Choices,
    sink: &mut dyn FnMut(Event<'_>),
) {
    let name = function.str("name").cloned().unwrap_or_default();
    let known = state.calls.iter().rev().find(|call| {
        let same_index = theirs.is_none() || call.theirs == theirs;
        // Hosts that give no indexes, or the same to every call, tell a new call by its id.
        let same_id = id.is_empty() || id.is(&call.id);
        call.choice == choice && same_index && same_id
    });
    let index = match known {
        Some(call) => call.index,
        None => {
            if state.calls.len() >= MAX_CALLS {
                return;
            }
            let index = u32::try_from(state.count(choice)).unwrap_or(u32::MAX);
            let given = id.decode().into_owned();
            let shown = if given.is_empty() {
                format!("call_{choice}_{index}")
            } else {
                given.clone()
            };
            state.calls.push(Call {
                choice,
                theirs,
                id: given,
                index,
            });
            sink(Event::ToolStart {
                choice,
                index,
                id: Text::from(shown),
                name,
                signature: None,
            });
            index
        }
    };
    let fragment = match function.get("arguments") {
        Some(Value::String(text)) if !text.is_empty() => text.clone(),
        // Some hosts send the object itself.
        Some(Value::Object(object)) => Text::from(object.raw()),
        _ => return,
    };
    sink(Event::ToolArguments {
        choice,
        index,
        fragment,
    });
}
