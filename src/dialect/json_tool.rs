//! A response format by way of a forced tool: where a provider has no JSON mode, the model is made to call a tool whose
//! arguments are the answer, and what it calls it with comes back as the answer's text.

use crate::chat::{Event, FinishReason, ResponseFormat};
use crate::json::{self, Value};

/// Turns the forced tool's call back into text, event by event.
#[derive(Debug)]
pub struct JsonTool {
    name: Option<String>,
    /// The forced call of each choice that has begun: choice, index.
    forced: Vec<(u32, u32)>,
    /// Whether other tools were called too.
    others: bool,
}

impl JsonTool {
    /// The name that the tool is given.
    pub const NAME: &str = "json_tool_call";

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
            forced: Vec::new(),
            others: false,
        }
    }

    /// What the client is to see of an event; `None` where it is nothing.
    pub fn map<'a>(&mut self, event: Event<'a>) -> Option<Event<'a>> {
        let Some(wanted) = &self.name else {
            return Some(event);
        };
        match event {
            Event::ToolStart {
                choice,
                index,
                ref name,
                ..
            } => {
                if name.is(wanted) {
                    self.forced.push((choice, index));
                    return None;
                }
                self.others = true;
                Some(self.moved(event))
            }
            Event::ToolArguments {
                choice,
                index,
                fragment,
            } if self.forced.contains(&(choice, index)) => {
                (!fragment.is_empty()).then_some(Event::Text {
                    choice,
                    text: fragment,
                })
            }
            event @ Event::ToolArguments { .. } => Some(self.moved(event)),
            Event::Finish {
                choice,
                reason: FinishReason::ToolCalls,
                stop_sequence,
            } if !self.others => Some(Event::Finish {
                choice,
                reason: FinishReason::Stop,
                stop_sequence,
            }),
            event => Some(event),
        }
    }

    /// The client's calls are counted without the forced one.
    fn moved<'a>(&self, mut event: Event<'a>) -> Event<'a> {
        if let Event::ToolStart { choice, index, .. } | Event::ToolArguments { choice, index, .. } =
            &mut event
        {
            let before = self.forced.iter().filter(|(c, i)| c == choice && i < index);
            *index = index.saturating_sub(u32::try_from(before.count()).unwrap_or(0));
        }
        event
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Text;

    #[test]
    fn a_tools_input_is_an_object() {
        for (schema, takes) in [
            (r#"{"properties":{}}"#, true),
            (r#"{"type":"object"}"#, true),
            (r#"{"type":"array","properties":{}}"#, false),
            ("{}", false),
            ("[]", false),
        ] {
            assert_eq!(JsonTool::takes(schema), takes, "{schema}");
        }
    }

    #[test]
    fn the_forced_tools_arguments_are_the_text() {
        let mut tool = JsonTool::new(Some(JsonTool::NAME.to_owned()));
        let start = Event::ToolStart {
            choice: 0,
            index: 0,
            id: Text::from("c"),
            name: Text::from(JsonTool::NAME),
            signature: None,
        };
        assert!(tool.map(start).is_none());
        let piece = Event::ToolArguments {
            choice: 0,
            index: 0,
            fragment: Text::from("{}"),
        };
        assert!(matches!(tool.map(piece), Some(Event::Text { text, .. }) if text.is("{}")));
        let end = Event::Finish {
            choice: 0,
            reason: FinishReason::ToolCalls,
            stop_sequence: None,
        };
        assert!(matches!(
            tool.map(end),
            Some(Event::Finish {
                reason: FinishReason::Stop,
                ..
            })
        ));
    }
}
