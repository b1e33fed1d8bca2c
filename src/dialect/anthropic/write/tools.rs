//! Tools and the choice among them.

use super::super::LEGAL;
use super::Draft;
use crate::chat::{Error, Part, Request, Tool, ToolChoice};
use crate::json::Writer;

/// Every schema's least.
const EMPTY_SCHEMA: &str = r#"{"type":"object","properties":{}}"#;

pub(super) fn write(
    w: &mut Writer<'_>,
    draft: &mut Draft<'_, '_>,
    thinks: bool,
) -> Result<(), Error> {
    let request = draft.request;
    let mut any = false;
    for (index, tool) in request.tools.iter().enumerate() {
        match tool {
            Tool::Function { .. } => {
                begin(w, &mut any);
                function(w, tool);
            }
            Tool::WebSearch(_) | Tool::CodeExecution { .. } | Tool::Other { .. } => {
                draft.unsupported(&format!("tools[{index}]"))?
            }
        }
    }
    if !any && has_tool_parts(request) {
        // Turns with tools need the list to be there, even where the client offers none any more.
        begin(w, &mut any);
        w.begin_object();
        w.field_str("name", "unavailable");
        w.field_str("description", "No tool is available any more.");
        w.field_raw("input_schema", EMPTY_SCHEMA);
        w.end_object();
    }
    if any {
        w.end_array();
        choice(w, draft, thinks)?;
    }
    Ok(())
}

fn begin(w: &mut Writer<'_>, any: &mut bool) {
    if !*any {
        w.key("tools");
        w.begin_array();
        *any = true;
    }
}

fn function(w: &mut Writer<'_>, tool: &Tool<'_>) {
    let Tool::Function {
        name,
        description,
        parameters,
        strict,
        cache_control,
    } = tool
    else {
        return;
    };
    w.begin_object();
    w.field_text("name", &LEGAL.make(name));
    if let Some(description) = description {
        w.field_text("description", description);
    }
    w.field_raw(
        "input_schema",
        parameters
            .filter(|schema| schema.trim() != "{}")
            .unwrap_or(EMPTY_SCHEMA),
    );
    if *strict == Some(true) {
        w.field_bool("strict", true);
    }
    if let Some(value) = cache_control {
        w.field_value("cache_control", value);
    }
    w.end_object();
}

fn choice(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>, thinks: bool) -> Result<(), Error> {
    let alone = draft.request.parallel_tool_calls == Some(false);
    let (kind, name) = match &draft.request.tool_choice {
        None if alone => ("auto", None),
        None => return Ok(()),
        Some(ToolChoice::Auto) => ("auto", None),
        Some(ToolChoice::None) => ("none", None),
        // While it thinks, the model cannot be made to call.
        Some(ToolChoice::Required | ToolChoice::Named(_)) if thinks => {
            return draft.unsupported("tool_choice");
        }
        Some(ToolChoice::Required) => ("any", None),
        Some(ToolChoice::Named(name)) => ("tool", Some(LEGAL.make(name))),
        Some(ToolChoice::Other(_) | ToolChoice::Allowed { .. }) => {
            return draft.unsupported("tool_choice");
        }
    };
    w.key("tool_choice");
    w.begin_object();
    w.field_str("type", kind);
    if let Some(name) = name {
        w.field_text("name", &name);
    }
    if alone && kind != "none" {
        w.field_bool("disable_parallel_tool_use", true);
    }
    w.end_object();
    Ok(())
}

fn has_tool_parts(request: &Request<'_>) -> bool {
    let parts = request.messages.iter().flat_map(|message| &message.content);
    parts
        .into_iter()
        .any(|part| matches!(part, Part::ToolCall { .. } | Part::ToolResult { .. }))
}

/// Names that were made legal, with the client's own: answers must come back with these.
pub(super) fn names(request: &Request<'_>) -> Vec<(String, String)> {
    let named = request.tools.iter().filter_map(|tool| match tool {
        Tool::Function { name, .. } => Some(name),
        _ => None,
    });
    LEGAL.renamed(named)
}
