//! Tools and the choice among them.

use super::Draft;
use super::output::Format;
use super::thinking::Thinking;
use crate::chat::{Error, Part, Request, Tool, ToolChoice, WebSearch};
use crate::dialect::JsonTool;
use crate::dialect::anthropic::host::{Host, WEB_SEARCH_BETA};
use crate::dialect::anthropic::{LEGAL, schema};
use crate::json::{Text, Writer};
use crate::order::Places;

pub(super) fn write(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let request = draft.request;
    let mut list = List { w, any: false };
    let allowed = match &request.tool_choice {
        Some(ToolChoice::Allowed { names, .. }) => Some(Places::of(names.iter().map(Text::decode))),
        _ => None,
    };
    for (index, tool) in request.tools.iter().enumerate() {
        let path = format!("tools[{index}]");
        if let Some(own) = draft.kept(&path) {
            list.begin().value(own);
        } else if is_allowed(allowed.as_ref(), tool) {
            self::tool(&mut list, draft, &path, tool)?;
        }
    }
    if let Format::Tool(schema) = &draft.format {
        draft.json_tool(list.begin(), schema);
    }
    if !list.any && !draft.own && has_tool_parts(request) {
        // Turns with tools need the list to be there, even where the client offers none any more.
        let w = list.begin();
        w.begin_object();
        w.field_str("name", "unavailable");
        w.field_str("description", "No tool is available any more.");
        w.field_raw("input_schema", schema::EMPTY);
        w.end_object();
    }
    let any = list.any;
    if any {
        w.end_array();
    }
    if any || draft.own {
        choice(w, draft)?;
    }
    Ok(())
}

/// The list of tools, which is there only if something is in it.
struct List<'w, 'o> {
    w: &'w mut Writer<'o>,
    any: bool,
}

impl<'o> List<'_, 'o> {
    /// The writer at the next tool's place.
    fn begin(&mut self) -> &mut Writer<'o> {
        if !self.any {
            self.w.key("tools");
            self.w.begin_array();
            self.any = true;
        }
        self.w
    }
}

/// Whether the client's choice leaves a tool in.
fn is_allowed(names: Option<&Places>, tool: &Tool<'_>) -> bool {
    let Some(names) = names else {
        return true;
    };
    match tool {
        Tool::Function { name, .. } => names.has(&name.decode()),
        Tool::WebSearch(_) => names.has("web_search"),
        _ => true,
    }
}

fn tool(
    list: &mut List<'_, '_>,
    draft: &mut Draft<'_, '_>,
    path: &str,
    tool: &Tool<'_>,
) -> Result<(), Error> {
    match tool {
        Tool::Function { strict, .. } => {
            let mut strict = *strict == Some(true);
            if strict && !draft.own && !draft.host.has_schema(draft.rules) {
                draft.unsupported(&format!("{path}.strict"))?;
                strict = false;
            }
            function(list.begin(), draft, tool, strict);
        }
        Tool::WebSearch(WebSearch { own: Some(own), .. })
        | Tool::CodeExecution { own }
        | Tool::Other { value: own, .. }
            if draft.own =>
        {
            list.begin().raw(own.raw())
        }
        Tool::WebSearch(search) if draft.host.has_web_search() => {
            if draft.host == Host::Vertex {
                draft.betas.push(WEB_SEARCH_BETA);
            }
            web_search(list.begin(), search);
        }
        Tool::CodeExecution { .. } if draft.host.has_own_tools() => {
            draft.betas.push("code-execution-2025-08-25");
            let tool = r#"{"type":"code_execution_20250825","name":"code_execution"}"#;
            list.begin().raw(tool);
        }
        Tool::WebSearch(_) => draft.unsupported("web_search_options")?,
        Tool::CodeExecution { .. } | Tool::Other { .. } => draft.unsupported(path)?,
    }
    Ok(())
}

fn function(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>, tool: &Tool<'_>, strict: bool) {
    let Tool::Function {
        name,
        description,
        parameters,
        strict: asked,
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
    let own = parameters.unwrap_or(schema::EMPTY);
    if draft.own {
        w.field_raw("input_schema", own);
    } else if strict {
        w.field_raw("input_schema", &schema::strict(&schema::input(own)));
    } else {
        w.field_raw("input_schema", &schema::input(own));
    }
    match asked {
        Some(asked) if draft.own => w.field_bool("strict", *asked),
        _ if strict => w.field_bool("strict", true),
        _ => {}
    }
    draft.marker(w, cache_control.as_ref());
    w.end_object();
}

fn web_search(w: &mut Writer<'_>, search: &WebSearch<'_>) {
    w.begin_object();
    w.field_str("type", "web_search_20250305");
    w.field_str("name", "web_search");
    for (key, domains) in [
        ("allowed_domains", &search.allowed_domains),
        ("blocked_domains", &search.blocked_domains),
    ] {
        if !domains.is_empty() {
            w.key(key);
            w.begin_array();
            domains.iter().for_each(|domain| w.text(domain));
            w.end_array();
        }
    }
    // How much is read becomes how often may be searched. Source: LiteLLM.
    let size = search.context_size.as_ref().map(Text::decode);
    let uses = search.max_uses.or(match size.as_deref() {
        Some("low") => Some(1),
        Some("medium") => Some(5),
        Some("high") => Some(10),
        _ => None,
    });
    if let Some(uses) = uses {
        w.field_number("max_uses", uses);
    }
    if let Some(place) = &search.user_location {
        w.key("user_location");
        w.begin_object();
        w.field_str("type", "approximate");
        for (key, value) in place.members().iter().filter(|(_, value)| !value.is_null()) {
            let known = ["city", "country", "region", "timezone"];
            if known.iter().any(|name| key.is(name)) {
                w.field_value(&key.decode(), value);
            }
        }
        w.end_object();
    }
    w.end_object();
}

fn choice(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let request = draft.request;
    // OpenAI's legacy form has room for one call in a turn.
    let mut alone = request.parallel_tool_calls == Some(false) || request.legacy_functions;
    // A model that thinks for a budget cannot be made to call, and the newest cannot be at all.
    let forced =
        draft.own || (draft.rules.forced_tools && !matches!(draft.thinking, Thinking::Budget(_)));
    let answers_by_tool = matches!(draft.format, Format::Tool(_));
    let named;
    let (kind, name) = match &request.tool_choice {
        Some(ToolChoice::Other(value)) if draft.own => {
            w.field_value("tool_choice", value);
            return Ok(());
        }
        Some(ToolChoice::Named(name)) if forced => {
            named = LEGAL.make(name);
            ("tool", Some(&named))
        }
        _ if answers_by_tool && !forced => ("auto", None),
        Some(ToolChoice::None) | None if answers_by_tool && !calls_others(request) => {
            // One answer, not several.
            alone = true;
            named = Text::from(JsonTool::name_beside(&request.tools));
            ("tool", Some(&named))
        }
        // The model may call the client's tools first; in the end it must call the one that answers.
        _ if answers_by_tool => ("any", None),
        None if alone || (draft.own && request.parallel_tool_calls.is_some()) => ("auto", None),
        None => return Ok(()),
        Some(
            ToolChoice::Auto
            | ToolChoice::Allowed {
                required: false, ..
            },
        ) => ("auto", None),
        Some(ToolChoice::None) => ("none", None),
        Some(ToolChoice::Required | ToolChoice::Allowed { required: true, .. }) if forced => {
            ("any", None)
        }
        Some(_) => return draft.unsupported("tool_choice"),
    };
    w.key("tool_choice");
    w.begin_object();
    w.field_str("type", kind);
    if let Some(name) = name {
        w.field_text("name", name);
    }
    if alone && kind != "none" {
        w.field_bool("disable_parallel_tool_use", true);
    } else if draft.own && request.parallel_tool_calls == Some(true) {
        w.field_bool("disable_parallel_tool_use", false);
    }
    w.end_object();
    Ok(())
}

/// Whether the client offers tools that the model may call.
fn calls_others(request: &Request<'_>) -> bool {
    !request.tools.is_empty() && !matches!(request.tool_choice, Some(ToolChoice::None))
}

fn has_tool_parts(request: &Request<'_>) -> bool {
    let mut parts = request.messages.iter().flat_map(|message| &message.content);
    parts.any(|part| matches!(part, Part::ToolCall { .. } | Part::ToolResult { .. }))
}

/// Names that were made legal, with the client's own: answers must come back with these.
pub(super) fn names(request: &Request<'_>) -> Vec<(String, String)> {
    let named = request.tools.iter().filter_map(|tool| match tool {
        Tool::Function { name, .. } => Some(name),
        _ => None,
    });
    LEGAL.renamed(named)
}
