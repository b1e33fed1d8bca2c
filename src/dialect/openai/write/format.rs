//! The answer's form: `response_format`, or the tool that stands for it.

use super::Draft;
use crate::chat::{Error, Reasoning, ResponseFormat, Tool, ToolChoice};
use crate::dialect::JsonTool;
use crate::json::{self, Object, Text, Value, Writer};
use crate::order::Places;

pub(super) fn write(w: &mut Writer<'_>, format: &ResponseFormat<'_>, same: bool) {
    match format {
        ResponseFormat::Text if same => w.field_raw("response_format", r#"{"type":"text"}"#),
        ResponseFormat::Text => {}
        ResponseFormat::JsonObject => w.field_raw("response_format", r#"{"type":"json_object"}"#),
        ResponseFormat::JsonSchema {
            name,
            description,
            schema,
            strict,
        } => {
            w.key("response_format");
            w.begin_object();
            w.field_str("type", "json_schema");
            w.key("json_schema");
            w.begin_object();
            match name {
                Some(name) => w.field_text("name", name),
                // Some hosts do without; OpenAI requires one.
                None if same => {}
                None => w.field_str("name", "answer"),
            }
            if let Some(description) = description {
                w.field_text("description", description);
            }
            if let Some(schema) = schema {
                w.field_raw("schema", schema);
            }
            // Other wires hold the model to every schema; this one to those only that leave nothing open.
            let closed = || schema.is_some_and(is_closed) && !same;
            if let Some(strict) = strict.or_else(|| closed().then_some(true)) {
                w.field_bool("strict", strict);
            }
            w.end_object();
            w.end_object();
        }
    }
}

/// Whether OpenAI takes a schema as `strict`: every object lists all its properties as required and allows no other.
fn is_closed(schema: &str) -> bool {
    json::parse(schema.as_bytes()).is_ok_and(|value| closed(&value))
}

/// How deep it goes is bounded by the parser.
fn closed(value: &Value<'_>) -> bool {
    match value {
        Value::Array(list) => list.items().iter().all(closed),
        Value::Object(object) => {
            let is_object = object.str("type").is_some_and(|kind| kind.is("object"));
            let shut = object.bool("additionalProperties") == Some(false);
            let required = object.array("required").map(|list| list.items());
            let required = required.unwrap_or_default().iter();
            let required = Places::of(required.filter_map(Value::as_str).map(Text::decode));
            let properties = object.object("properties").map(Object::members);
            let all = properties
                .unwrap_or_default()
                .iter()
                .all(|(name, _)| required.has(&name.decode()));
            (!is_object || (shut && all)) && object.members().iter().all(|(_, part)| closed(part))
        }
        _ => true,
    }
}

/// The schema of the tool that stands for the answer's form, where the model does not take the form itself.
pub(super) fn by_tool<'a>(draft: &mut Draft<'_, 'a>) -> Result<Option<&'a str>, Error> {
    let Some(ResponseFormat::JsonSchema { schema, .. }) = &draft.request.response_format else {
        return Ok(None);
    };
    if draft.quirks.schemas.has(draft.options.model) {
        return Ok(None);
    }
    let schema = schema.unwrap_or(JsonTool::ANY_OBJECT);
    if JsonTool::takes(schema) {
        return Ok(Some(schema));
    }
    // A tool's arguments are an object always.
    draft.unsupported("response_format")?;
    Ok(None)
}

/// The tool that stands for the answer's form.
pub(super) fn tool(w: &mut Writer<'_>, draft: &Draft<'_, '_>, schema: &str) {
    w.begin_object();
    w.field_str("type", "function");
    w.key("function");
    w.begin_object();
    w.field_str("name", &JsonTool::name_beside(&draft.request.tools));
    let text = JsonTool::description(draft.request.response_format.as_ref());
    w.field_str("description", &text);
    w.field_raw("parameters", schema);
    w.end_object();
    w.end_object();
}

/// `tool_choice` where a tool stands for the answer's form; whether it was written.
pub(super) fn choice(w: &mut Writer<'_>, draft: &Draft<'_, '_>) -> bool {
    let request = draft.request;
    let thinks = !matches!(request.reasoning, None | Some(Reasoning::Off));
    if draft.quirks.no_forcing_of_thinkers && thinks {
        // What the tool is for is all that the model is told.
        w.field_str("tool_choice", "auto");
        return true;
    }
    let others = request
        .tools
        .iter()
        .any(|tool| !matches!(tool, Tool::WebSearch(_)));
    match &request.tool_choice {
        Some(ToolChoice::Named(_)) if others => return false,
        // The model may call the client's tools first; in the end it must call the one that answers.
        None | Some(ToolChoice::Auto | ToolChoice::Required | ToolChoice::Allowed { .. })
            if others =>
        {
            w.field_str("tool_choice", "required");
        }
        _ => {
            w.key("tool_choice");
            w.begin_object();
            w.field_str("type", "function");
            w.key("function");
            w.begin_object();
            w.field_str("name", &JsonTool::name_beside(&request.tools));
            w.end_object();
            w.end_object();
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_closed_schemas_are_strict() {
        assert!(is_closed(
            r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}"#
        ));
        assert!(!is_closed(
            r#"{"type":"object","properties":{"a":{"type":"object"}},"required":["a"],"additionalProperties":false}"#
        ));
        assert!(!is_closed(
            r#"{"type":"object","properties":{"a":{}},"additionalProperties":false}"#
        ));
    }
}
