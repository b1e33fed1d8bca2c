//! Tools and the choice among them.

use super::{Verbatim, array, cache_control, has_only, need, object, text};
use crate::chat::{Error, Request, Tool, ToolChoice, WebSearch};
use crate::json::{Object, Text, Value};

/// Reads the tools: the client's, and those that the provider runs, told apart by their dated types.
pub(super) fn tools<'a>(
    value: &Value<'a>,
    verbatim: &mut Verbatim<'a>,
) -> Result<Vec<Tool<'a>>, Error> {
    let list = array("tools", value)?.iter().enumerate();
    list.map(|(index, item)| {
        let path = format!("tools.{index}");
        let tool = object(&path, item.clone())?;
        if let Some(kind) = tool.str("type").filter(|kind| !kind.is("custom")).cloned() {
            return provider_side(&path, kind, tool);
        }
        let known = [
            "name",
            "description",
            "input_schema",
            "strict",
            "cache_control",
        ];
        if !has_only(&tool, &known) {
            verbatim.push((format!("tools[{index}]"), item.clone()));
        }
        Ok(Tool::Function {
            name: need(&path, &tool, "name")?,
            description: tool.str("description").cloned(),
            parameters: tool.object("input_schema").map(Object::raw),
            strict: tool.bool("strict"),
            cache_control: cache_control(&tool),
        })
    })
    .collect()
}

fn provider_side<'a>(path: &str, kind: Text<'a>, tool: Object<'a>) -> Result<Tool<'a>, Error> {
    let word = kind.decode();
    if word.starts_with("code_execution_") {
        return Ok(Tool::CodeExecution { own: tool });
    }
    if !word.starts_with("web_search_") {
        drop(word);
        return Ok(Tool::Other { kind, value: tool });
    }
    let domains = |key: &str| {
        let found = tool.get(key).filter(|value| !value.is_null());
        let path = format!("{path}.{key}");
        match found {
            None => Ok(Vec::new()),
            Some(list) => array(&path, list)?
                .iter()
                .map(|item| text(&path, item))
                .collect(),
        }
    };
    Ok(Tool::WebSearch(WebSearch {
        allowed_domains: domains("allowed_domains")?,
        blocked_domains: domains("blocked_domains")?,
        max_uses: tool.u64("max_uses"),
        context_size: None,
        user_location: tool.object("user_location").cloned(),
        own: Some(tool),
    }))
}

pub(super) fn tool_choice<'a>(request: &mut Request<'a>, value: Value<'a>) -> Result<(), Error> {
    let choice = object("tool_choice", value.clone())?;
    let kind = need("tool_choice", &choice, "type")?;
    request.tool_choice = Some(match kind.decode().as_ref() {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "none" => ToolChoice::None,
        "tool" => ToolChoice::Named(need("tool_choice", &choice, "name")?),
        _ => ToolChoice::Other(value),
    });
    request.parallel_tool_calls = choice
        .bool("disable_parallel_tool_use")
        .map(|disabled| !disabled);
    Ok(())
}
