//! The answer's form: `thinking` and `output_config`, and the tool that stands for a format.

use super::Draft;
use super::thinking::Thinking;
use crate::chat::{Error, ResponseFormat};
use crate::dialect::JsonTool;
use crate::dialect::anthropic::schema;
use crate::json::Writer;

/// What form the answer must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Format {
    /// Any.
    Free,
    /// `output_config.format`, with this schema.
    Native(String),
    /// The arguments of a tool that the model is made to call, with this schema.
    Tool(String),
}

impl Draft<'_, '_> {
    /// Decides how the answer's form is asked for.
    pub(super) fn decide_format(&mut self) -> Result<(), Error> {
        self.format = match &self.request.response_format {
            None | Some(ResponseFormat::Text) => Format::Free,
            Some(ResponseFormat::JsonSchema {
                schema: Some(source),
                ..
            }) => {
                if self.own {
                    Format::Native((*source).to_owned())
                } else if self.host.has_schema(self.rules) {
                    Format::Native(schema::strict(source))
                } else if JsonTool::takes(source) {
                    Format::Tool(schema::input(source).into_owned())
                } else {
                    self.unsupported("response_format")?;
                    Format::Free
                }
            }
            Some(ResponseFormat::JsonObject | ResponseFormat::JsonSchema { schema: None, .. }) => {
                Format::Tool(JsonTool::ANY_OBJECT.to_owned())
            }
        };
        Ok(())
    }

    /// The tool that stands for the format.
    pub(super) fn json_tool(&self, w: &mut Writer<'_>, schema: &str) {
        let text = JsonTool::description(self.request.response_format.as_ref());
        w.begin_object();
        w.field_str("name", &JsonTool::name_beside(&self.request.tools));
        w.field_str("description", &text);
        w.field_raw("input_schema", schema);
        w.end_object();
    }

    /// `thinking` and `output_config`.
    pub(super) fn output(&self, w: &mut Writer<'_>) {
        match (&self.thinking, self.kept("thinking")) {
            (_, Some(own)) => w.field_value("thinking", own),
            (Thinking::Unsaid | Thinking::Effort(_), _) => {}
            (Thinking::Off, _) => w.field_raw("thinking", r#"{"type":"disabled"}"#),
            (Thinking::Budget(tokens), _) => {
                w.key("thinking");
                w.begin_object();
                w.field_str("type", "enabled");
                w.field_number("budget_tokens", *tokens);
                w.end_object();
            }
            (Thinking::Adaptive(_), _) if self.own => {
                w.field_raw("thinking", r#"{"type":"adaptive"}"#)
            }
            // Without `display` the newer models leave the text out.
            (Thinking::Adaptive(_), _) => {
                w.field_raw("thinking", r#"{"type":"adaptive","display":"summarized"}"#)
            }
        }
        if let Some(own) = self.kept("output_config") {
            return w.field_value("output_config", own);
        }
        let effort = match &self.thinking {
            Thinking::Adaptive(effort) => effort.as_ref(),
            Thinking::Effort(effort) => Some(effort),
            _ => None,
        };
        let schema = match &self.format {
            Format::Native(schema) => Some(schema),
            _ => None,
        };
        if effort.is_none() && schema.is_none() {
            return;
        }
        w.key("output_config");
        w.begin_object();
        if let Some(effort) = effort {
            w.field_str("effort", effort);
        }
        if let Some(schema) = schema {
            w.key("format");
            w.begin_object();
            w.field_str("type", "json_schema");
            w.field_raw("schema", schema);
            w.end_object();
        }
        w.end_object();
    }
}
