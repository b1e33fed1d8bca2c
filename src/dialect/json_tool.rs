//! A response format by way of a forced tool: where a provider has no JSON mode, the model is made to call a tool whose
//! arguments are the answer, and what it calls it with comes back as the answer's text.
//!
//! The text is then those arguments and nothing else: text beside the call, and further calls of the tool, are left out
//! (the meter has seen them). A model that could only be asked to call may answer in text instead, so text waits until
//! the choice has called a tool or has ended.

use crate::chat::{Event, FinishReason, ResponseFormat, Tool};
use crate::json::{self, Text, Value};
use crate::order::Places;

/// Turns the forced tool's call back into text, event by event.
#[derive(Debug)]
pub struct JsonTool {
    name: Option<String>,
    /// In the order of their numbers.
    choices: Vec<Choice>,
}

/// What a choice has said so far.
#[derive(Debug, Default)]
struct Choice {
    number: u32,
    /// Text of which it is not known yet whether it is the answer.
    text: String,
    /// Whether the tool was called.
    answered: bool,
    /// The calls that have begun, in the order of their numbers.
    calls: Vec<(u32, Call)>,
    /// How many of them are of the client's tools.
    others: u32,
}

#[derive(Debug, Clone, Copy)]
enum Call {
    /// The answer.
    Answer,
    /// The tool's again.
    Again,
    /// Of a tool of the client's, with its number without the forced ones.
    Client(u32),
}

impl JsonTool {
    /// The name that the tool is given, if no other has it.
    pub const NAME: &str = "json_tool_call";

    /// A name for the tool that none of the client's has.
    pub fn name_beside(tools: &[Tool<'_>]) -> String {
        let names = tools.iter().filter_map(|tool| match tool {
            Tool::Function { name, .. } => Some(name.decode()),
            _ => None,
        });
        let taken = Places::of(names.filter(|name| name.starts_with(Self::NAME)));
        let mut name = Self::NAME.to_owned();
        let mut number = 1u32;
        // Ends: there are fewer names than numbers.
        while taken.has(&name) {
            number = number.saturating_add(1);
            name = format!("{}_{number}", Self::NAME);
        }
        name
    }

    /// The schema of any JSON object.
    pub const ANY_OBJECT: &str = r#"{"type":"object","properties":{},"additionalProperties":true}"#;

    /// What the model is told of the tool: what it is for, and what the client says of the answer.
    pub fn description(format: Option<&ResponseFormat<'_>>) -> String {
        let mut text = "Give the final answer by calling this tool, with the answer as its input, \
                        and say nothing else."
            .to_owned();
        if let Some(ResponseFormat::JsonSchema {
            description: Some(more),
            ..
        }) = format
        {
            text.push('\n');
            text.push_str(&more.decode());
        }
        text
    }

    /// Whether a schema can be a tool's input: an object's.
    pub fn takes(schema: &str) -> bool {
        let Ok(Value::Object(schema)) = json::parse(schema.as_bytes()) else {
            return false;
        };
        let kind = schema.str("type").map(|kind| kind.is("object"));
        kind.unwrap_or_else(|| schema.get("properties").is_some())
    }

    /// For the tool of this name; `None` lets everything pass.
    pub fn new(name: Option<String>) -> Self {
        JsonTool {
            name,
            choices: Vec::new(),
        }
    }

    /// Whether everything passes.
    pub fn passes(&self) -> bool {
        self.name.is_none()
    }

    /// Tells `sink` what the client is to see of an event.
    pub fn map(&mut self, event: Event<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        let Some(wanted) = &self.name else {
            return sink(event);
        };
        match event {
            Event::Text { choice, text } => {
                let Some(own) = of(&mut self.choices, choice) else {
                    return;
                };
                if own.others > 0 && !own.answered {
                    sink(Event::Text { choice, text });
                } else if !own.answered {
                    own.text.push_str(&text.decode());
                }
            }
            Event::ToolStart {
                choice,
                index,
                id,
                name,
                signature,
            } => {
                let Some(own) = of(&mut self.choices, choice) else {
                    return;
                };
                if name.is(wanted) {
                    own.text.clear();
                    let again = std::mem::replace(&mut own.answered, true);
                    own.begin(index, if again { Call::Again } else { Call::Answer });
                    return;
                }
                own.release(sink);
                let number = own.others;
                own.others = number.saturating_add(1);
                own.begin(index, Call::Client(number));
                sink(Event::ToolStart {
                    choice,
                    index: number,
                    id,
                    name,
                    signature,
                });
            }
            Event::ToolArguments {
                choice,
                index,
                fragment,
            } => {
                let own = of(&mut self.choices, choice);
                match own.and_then(|own| own.call(index)) {
                    Some(Call::Answer) if fragment.is_empty() => {}
                    Some(Call::Answer) => sink(Event::Text {
                        choice,
                        text: fragment,
                    }),
                    Some(Call::Client(number)) => sink(Event::ToolArguments {
                        choice,
                        index: number,
                        fragment,
                    }),
                    Some(Call::Again) | None => {}
                }
            }
            Event::Finish {
                choice,
                mut reason,
                stop_sequence,
            } => {
                if let Some(own) = of(&mut self.choices, choice) {
                    own.release(sink);
                    if reason == FinishReason::ToolCalls && own.others == 0 {
                        reason = FinishReason::Stop;
                    }
                }
                sink(Event::Finish {
                    choice,
                    reason,
                    stop_sequence,
                });
            }
            // They are about the text before them.
            Event::Citation { choice, .. } | Event::TextSignature { choice, .. } => {
                if let Some(own) = of(&mut self.choices, choice) {
                    own.release(sink);
                }
                sink(event);
            }
            Event::Error(_) | Event::End => {
                self.finish(sink);
                sink(event);
            }
            event => sink(event),
        }
    }

    /// The answer is complete: tells `sink` the text that waited.
    pub fn finish(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        self.choices.iter_mut().for_each(|own| own.release(sink));
    }
}

/// The choice of this number; it is made where there is none.
fn of(choices: &mut Vec<Choice>, number: u32) -> Option<&mut Choice> {
    let place = choices.partition_point(|own| own.number < number);
    if choices.get(place).is_none_or(|own| own.number != number) {
        let choice = Choice {
            number,
            ..Choice::default()
        };
        choices.insert(place, choice);
    }
    choices.get_mut(place)
}

impl Choice {
    fn begin(&mut self, index: u32, call: Call) {
        let place = self.calls.partition_point(|(own, _)| *own < index);
        self.calls.insert(place, (index, call));
    }

    fn call(&self, index: u32) -> Option<Call> {
        let place = self.calls.partition_point(|(own, _)| *own < index);
        let found = self.calls.get(place).filter(|(own, _)| *own == index);
        found.map(|(_, call)| *call)
    }

    fn release(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        if !self.text.is_empty() {
            let choice = self.number;
            let text = Text::from(std::mem::take(&mut self.text));
            sink(Event::Text { choice, text });
        }
    }
}

#[cfg(test)]
mod tests;
