//! The answer's form: JSON, or JSON of a schema.

use super::Draft;
use crate::chat::{Error, ErrorKind, Request, ResponseFormat, Tool};
use crate::dialect::gemini::models::Rules;
use crate::json::{Writer, schema};

/// Any JSON object.
pub(super) const ANY: &str = r#"{"type":"object"}"#;

/// Whether the form must be asked for by way of a forced tool: before the third generation a model that has functions
/// takes no `responseMimeType`.
pub(super) fn needs_tool(request: &Request<'_>, rules: Rules) -> bool {
    let functions = request
        .tools
        .iter()
        .any(|tool| matches!(tool, Tool::Function { .. }));
    !rules.third && functions && asked(request)
}

fn asked(request: &Request<'_>) -> bool {
    let text = matches!(request.response_format, None | Some(ResponseFormat::Text));
    !text
}

/// `responseMimeType`, and the schema.
pub(super) fn write(w: &mut Writer<'_>, draft: &Draft<'_, '_>) -> Result<(), Error> {
    if !asked(draft.request) || draft.json_tool {
        return Ok(());
    }
    w.field_str("responseMimeType", "application/json");
    if let Some(ResponseFormat::JsonSchema {
        schema: Some(schema),
        ..
    }) = &draft.request.response_format
    {
        if draft.rules.json_schema {
            w.field_raw("responseJsonSchema", schema);
        } else {
            w.field_raw("responseSchema", &subset("response_format", schema)?);
        }
    }
    Ok(())
}

/// A schema as older models take it.
pub(super) fn subset(path: &str, source: &str) -> Result<String, Error> {
    schema::openapi(source).map_err(|problem| {
        let message = format!("`{path}`: {problem}");
        Error::new(ErrorKind::InvalidRequest, message).with_param(path)
    })
}
