//! What the model may call.

use super::{Draft, format, ids};
use crate::chat::{Error, Tool, ToolChoice, WebSearch};
use crate::json::{Text, Value, Writer};
use crate::order::Places;

pub(super) fn write(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let verbatim = draft.own("tools").filter(|value| {
        // Unless it has what this provider refuses.
        let source = value.as_array().map(|list| list.raw()).unwrap_or_default();
        !(draft.quirks.no_strict && source.contains("\"strict\""))
            && (draft.quirks.allows_cache_control() || !source.contains("\"cache_control\""))
    });
    let mut open = false;
    if let Some(value) = verbatim {
        w.key("tools");
        w.begin_array();
        let items = value.as_array().map(|list| list.items());
        items
            .unwrap_or_default()
            .iter()
            .for_each(|tool| w.value(tool));
        if let Some(schema) = draft.json_tool {
            format::tool(w, draft, schema);
        }
        w.end_array();
        open = true;
        for tool in &draft.request.tools {
            if let Tool::WebSearch(search) = tool {
                web_search(w, draft, search);
            }
        }
    } else {
        open |= list(w, draft)?;
    }
    let answers = draft.json_tool.is_some() && format::choice(w, draft);
    if !answers && draft.own("tool_choice").is_none() && draft.own("function_call").is_none() {
        choice(w, draft, open)?;
    }
    let parallel = draft.request.parallel_tool_calls;
    // The client's legacy form has room for one call in a turn.
    let alone = open && draft.request.legacy_functions && !draft.legacy;
    if alone {
        w.field_bool("parallel_tool_calls", false);
    } else if let Some(parallel) = parallel.filter(|_| open || draft.same) {
        w.field_bool("parallel_tool_calls", parallel);
    }
    Ok(())
}

/// Writes each tool in its place; whether there was one beside a search of the web.
fn list(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<bool, Error> {
    let mut open = false;
    let mut searches = Vec::new();
    let request = draft.request;
    let only = only_these(draft).map(|names| Places::of(names.iter().map(Text::decode)));
    for (index, tool) in request.tools.iter().enumerate() {
        let known = match tool {
            Tool::Function { name, .. } => {
                only.as_ref().is_none_or(|names| names.has(&name.decode()))
            }
            Tool::WebSearch(search) if draft.same || searches_web(draft) => {
                searches.push((index, search));
                continue;
            }
            Tool::Other { .. } if draft.same => true,
            Tool::WebSearch(_) | Tool::CodeExecution { .. } | Tool::Other { .. } => {
                draft.unsupported(&format!("tools[{index}]"))?;
                continue;
            }
        };
        if !known {
            continue;
        }
        if !open {
            w.key(if draft.legacy { "functions" } else { "tools" });
            w.begin_array();
            open = true;
        }
        match tool {
            Tool::Other { value, .. } => w.raw(value.raw()),
            tool => function(w, draft, tool),
        }
    }
    if let Some(schema) = draft.json_tool {
        if !open {
            w.key("tools");
            w.begin_array();
            open = true;
        }
        format::tool(w, draft, schema);
    }
    if open {
        w.end_array();
    }
    for (index, search) in searches {
        let filters = [
            ("allowed_domains", !search.allowed_domains.is_empty()),
            ("blocked_domains", !search.blocked_domains.is_empty()),
            ("max_uses", search.max_uses.is_some()),
        ];
        for (name, _) in filters.into_iter().filter(|(_, there)| *there) {
            draft.unsupported(&format!("tools[{index}].{name}"))?;
        }
        web_search(w, draft, search);
    }
    Ok(open)
}

/// Whether a search of the web can be asked for.
fn searches_web(draft: &Draft<'_, '_>) -> bool {
    draft.quirks.web_search || draft.family.searches
}

/// The only tools that may be called, for a provider that cannot be told so: it is not told of the others.
fn only_these<'r, 'a>(draft: &Draft<'r, 'a>) -> Option<&'r [Text<'a>]> {
    match &draft.request.tool_choice {
        Some(ToolChoice::Allowed { names, .. }) if !draft.same && !draft.quirks.native_openai => {
            Some(names)
        }
        _ => None,
    }
}

fn function(w: &mut Writer<'_>, draft: &Draft<'_, '_>, tool: &Tool<'_>) {
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
    if !draft.legacy {
        w.field_str("type", "function");
        w.key("function");
        w.begin_object();
    }
    w.field_text("name", &ids::name(draft, name));
    if let Some(description) = description {
        w.field_text("description", description);
    }
    match parameters {
        Some(parameters) => w.field_raw("parameters", parameters),
        // Left out by a client of this wire, it means the same; others' providers require it.
        None if draft.same => {}
        None => w.field_raw("parameters", r#"{"type":"object","properties":{}}"#),
    }
    if let Some(strict) = strict
        && !draft.quirks.no_strict
    {
        w.field_bool("strict", *strict);
    }
    if !draft.legacy {
        w.end_object();
        draft.cache_control(w, cache_control.as_ref());
    }
    w.end_object();
}

fn web_search(w: &mut Writer<'_>, draft: &Draft<'_, '_>, search: &WebSearch<'_>) {
    if let Some(own) = search.own.as_ref().filter(|_| draft.same) {
        w.field_raw("web_search_options", own.raw());
        return;
    }
    w.key("web_search_options");
    w.begin_object();
    if let Some(place) = &search.user_location {
        w.key("user_location");
        w.begin_object();
        w.field_str("type", "approximate");
        w.key("approximate");
        w.begin_object();
        for (name, value) in place.members().iter().filter(|(name, _)| !name.is("type")) {
            w.field_value(&name.decode(), value);
        }
        w.end_object();
        w.end_object();
    }
    if let Some(size) = &search.context_size {
        w.field_text("search_context_size", size);
    }
    w.end_object();
}

fn choice(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>, open: bool) -> Result<(), Error> {
    let request = draft.request;
    let Some(choice) = request.tool_choice.as_ref() else {
        return Ok(());
    };
    if !open && (!draft.same || draft.modernised()) {
        return Ok(());
    }
    let key = if draft.legacy {
        "function_call"
    } else {
        "tool_choice"
    };
    match choice {
        ToolChoice::Auto => w.field_str(key, "auto"),
        ToolChoice::None => w.field_str(key, "none"),
        ToolChoice::Required => w.field_str(key, "required"),
        ToolChoice::Named(name) => {
            w.key(key);
            w.begin_object();
            if !draft.legacy {
                w.field_str("type", "function");
                w.key("function");
                w.begin_object();
            }
            w.field_text("name", &ids::name(draft, name));
            if !draft.legacy {
                w.end_object();
            }
            w.end_object();
        }
        ToolChoice::Allowed { required, .. } if only_these(draft).is_some() => {
            w.field_str(key, if *required { "required" } else { "auto" });
        }
        ToolChoice::Allowed { required, names } => {
            w.key(key);
            w.begin_object();
            w.field_str("type", "allowed_tools");
            w.key("allowed_tools");
            w.begin_object();
            w.field_str("mode", if *required { "required" } else { "auto" });
            w.key("tools");
            w.begin_array();
            for name in names {
                w.begin_object();
                w.field_str("type", "function");
                w.key("function");
                w.begin_object();
                w.field_text("name", &ids::name(draft, name));
                w.end_object();
                w.end_object();
            }
            w.end_array();
            w.end_object();
            w.end_object();
        }
        ToolChoice::Other(value) if draft.same => w.field_value(key, value),
        ToolChoice::Other(_) => draft.unsupported("tool_choice")?,
    }
    Ok(())
}

impl Draft<'_, '_> {
    /// A prompt-cache marker, for a provider that heeds it, or has it from a client of this wire and takes it.
    pub(super) fn cache_control(&self, w: &mut Writer<'_>, marker: Option<&Value<'_>>) {
        if let Some(marker) = marker.filter(|_| self.writes_markers()) {
            w.field_value("cache_control", marker);
        }
    }

    pub(super) fn writes_markers(&self) -> bool {
        // A string has no room for one.
        let takes = self.quirks.allows_cache_control() && !self.quirks.string_content;
        self.quirks.cache_markers || (self.same && takes)
    }
}
