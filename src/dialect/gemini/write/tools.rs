//! Tools and the choice among them: `tools`, `toolConfig`.

use super::{Draft, LEGAL, format, rest};
use crate::chat::{Error, Request, ResponseFormat, Tool, ToolChoice, WebSearch};
use crate::dialect::JsonTool;
use crate::dialect::gemini::models::Thinking;
use crate::json::{Text, Writer};

pub(super) fn write(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let request = draft.request;
    let functions = request
        .tools
        .iter()
        .any(|tool| matches!(tool, Tool::Function { .. }));
    let mut built_in = Vec::new();
    for (index, tool) in request.tools.iter().enumerate() {
        built_in.extend(provided(draft, index, tool)?);
    }
    if let Some(own) = draft.own_field("tools") {
        w.field_value("tools", own);
    } else if functions || !built_in.is_empty() {
        w.key("tools");
        w.begin_array();
        if functions {
            w.begin_object();
            w.key("functionDeclarations");
            w.begin_array();
            for (index, tool) in request.tools.iter().enumerate() {
                function(w, draft, index, tool)?;
            }
            if draft.json_tool {
                answer(w, draft)?;
            }
            w.end_array();
            w.end_object();
        }
        built_in.iter().for_each(|tool| w.raw(tool));
        w.end_array();
    }
    let mut inside = Vec::new();
    let mut config = Writer::new(&mut inside);
    config.begin_object();
    if let Some(own) = draft.own_field("toolConfig.functionCallingConfig") {
        config.field_value("functionCallingConfig", own);
    } else if functions {
        choice(&mut config, draft)?;
    }
    // The newest run their own tools beside the client's functions, if they are told to tell of it.
    if functions && !built_in.is_empty() && draft.rules.third && !draft.own() {
        config.field_bool("includeServerSideToolInvocations", true);
    }
    rest::tool_config(&mut config, draft);
    config.end_object();
    if inside.len() > 2
        && let Ok(inside) = std::str::from_utf8(&inside)
    {
        w.field_raw("toolConfig", inside);
    }
    Ok(())
}

/// A tool that the provider runs; `None` of a function, or of one that was dropped.
fn provided(
    draft: &mut Draft<'_, '_>,
    index: usize,
    tool: &Tool<'_>,
) -> Result<Option<String>, Error> {
    match tool {
        Tool::Function { .. } => Ok(None),
        Tool::WebSearch(WebSearch { own: Some(own), .. }) if draft.own() => {
            Ok(Some(own.raw().to_owned()))
        }
        Tool::WebSearch(search) => web_search(draft, index, search).map(Some),
        Tool::CodeExecution { own } if draft.own() => Ok(Some(own.raw().to_owned())),
        Tool::CodeExecution { .. } => Ok(Some(r#"{"codeExecution":{}}"#.to_owned())),
        Tool::Other { value, .. } if draft.own() => Ok(Some(value.raw().to_owned())),
        Tool::Other { .. } => {
            draft.unsupported(&format!("tools[{index}]"))?;
            Ok(None)
        }
    }
}

fn web_search(
    draft: &mut Draft<'_, '_>,
    index: usize,
    search: &WebSearch<'_>,
) -> Result<String, Error> {
    let blocked = !search.blocked_domains.is_empty();
    let medium = |size: &Text<'_>| size.is("medium");
    let asked = [
        ("allowed_domains", !search.allowed_domains.is_empty()),
        // The Gemini API has no such list.
        ("blocked_domains", blocked && !draft.vertex()),
        ("max_uses", search.max_uses.is_some()),
        (
            "search_context_size",
            search
                .context_size
                .as_ref()
                .is_some_and(|size| !medium(size)),
        ),
        ("user_location", search.user_location.is_some()),
    ];
    for (name, _) in asked.iter().filter(|(_, asked)| *asked) {
        draft.unsupported(&format!("tools[{index}].{name}"))?;
    }
    let mut out = Vec::new();
    let mut w = Writer::new(&mut out);
    w.begin_object();
    w.key("googleSearch");
    w.begin_object();
    if blocked && draft.vertex() {
        w.key("excludeDomains");
        w.begin_array();
        search.blocked_domains.iter().for_each(|name| w.text(name));
        w.end_array();
    }
    w.end_object();
    w.end_object();
    Ok(String::from_utf8(out).unwrap_or_default())
}

fn function(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    index: usize,
    tool: &Tool<'_>,
) -> Result<(), Error> {
    let Tool::Function {
        name,
        description,
        parameters,
        ..
    } = tool
    else {
        return Ok(());
    };
    w.begin_object();
    w.field_text("name", &LEGAL.make(name));
    if let Some(description) = description {
        w.field_text("description", description);
    }
    if let Some(schema) = parameters.filter(|schema| schema.trim() != "{}") {
        parameters_field(w, draft, &format!("tools[{index}].parameters"), schema)?;
    }
    w.end_object();
    Ok(())
}

fn parameters_field(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    path: &str,
    schema: &str,
) -> Result<(), Error> {
    if draft.rules.json_schema {
        w.field_raw("parametersJsonSchema", schema);
        return Ok(());
    }
    let subset = format::subset(path, schema)?;
    // An object without properties is refused, no parameters are not.
    if subset.contains("\"properties\"") {
        w.field_raw("parameters", &subset);
    }
    Ok(())
}

/// The function whose arguments are the answer.
fn answer(w: &mut Writer<'_>, draft: &Draft<'_, '_>) -> Result<(), Error> {
    let (description, schema) = match &draft.request.response_format {
        Some(ResponseFormat::JsonSchema {
            description,
            schema,
            ..
        }) => (description.clone(), *schema),
        _ => (None, None),
    };
    w.begin_object();
    w.field_str("name", &JsonTool::name_beside(&draft.request.tools));
    let usual = Text::from("Gives the final answer to the user.");
    w.field_text("description", &description.unwrap_or(usual));
    parameters_field(w, draft, "response_format", schema.unwrap_or(format::ANY))?;
    w.end_object();
    Ok(())
}

/// The mode, and the functions that may be called.
fn choice(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let request = draft.request;
    if request.parallel_tool_calls == Some(false) {
        draft.unsupported(draft.word(
            "parallel_tool_calls",
            "tool_choice.disable_parallel_tool_use",
        ))?;
    }
    let strict = request.tools.iter().any(|tool| {
        matches!(
            tool,
            Tool::Function {
                strict: Some(true),
                ..
            }
        )
    });
    let validates = draft.rules.thinking != Thinking::None;
    // A model that must call, or whose calls are validated, follows the schemas.
    let auto = if strict && validates {
        "VALIDATED"
    } else {
        "AUTO"
    };
    let own: Vec<Text<'_>> = request.tools.iter().filter_map(name_of).collect();
    let forced = Text::from(JsonTool::name_beside(&request.tools));
    let (mode, names) = match &request.tool_choice {
        None | Some(ToolChoice::Auto) if draft.json_tool => ("ANY", Vec::new()),
        Some(ToolChoice::None) if draft.json_tool => ("ANY", vec![forced]),
        Some(ToolChoice::Required) if draft.json_tool => ("ANY", own),
        None if auto == "AUTO" => return Ok(()),
        None | Some(ToolChoice::Auto) => (auto, Vec::new()),
        Some(ToolChoice::None) => ("NONE", Vec::new()),
        Some(ToolChoice::Required) => ("ANY", Vec::new()),
        Some(ToolChoice::Named(name)) => ("ANY", vec![LEGAL.make(name)]),
        Some(ToolChoice::Allowed { required, names }) => {
            let mut names: Vec<Text<'_>> = names.iter().map(|name| LEGAL.make(name)).collect();
            match (required, draft.json_tool) {
                (true, _) => ("ANY", names),
                (false, true) => {
                    names.push(forced);
                    ("ANY", names)
                }
                // Only a mode that validates takes names.
                (false, false) if validates => ("VALIDATED", names),
                (false, false) => return draft.unsupported("tool_choice"),
            }
        }
        Some(ToolChoice::Other(value)) if draft.own() => {
            w.field_value("functionCallingConfig", value);
            return Ok(());
        }
        Some(ToolChoice::Other(_)) => return draft.unsupported("tool_choice"),
    };
    w.key("functionCallingConfig");
    w.begin_object();
    w.field_str("mode", mode);
    if !names.is_empty() {
        w.key("allowedFunctionNames");
        w.begin_array();
        names.iter().for_each(|name| w.text(name));
        w.end_array();
    }
    w.end_object();
    Ok(())
}

fn name_of<'a>(tool: &Tool<'a>) -> Option<Text<'a>> {
    match tool {
        Tool::Function { name, .. } => Some(LEGAL.make(name)),
        _ => None,
    }
}

/// Names that were made legal, with the client's own: answers must come back with these.
pub(super) fn names(request: &Request<'_>) -> Vec<(String, String)> {
    let named = request.tools.iter().filter_map(|tool| match tool {
        Tool::Function { name, .. } => Some(name),
        _ => None,
    });
    LEGAL.renamed(named)
}
