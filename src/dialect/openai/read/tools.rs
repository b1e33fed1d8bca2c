//! The tools of a client's request, and which of them may be called.

use super::{invalid, items, missing, object, odd_word, text};
use crate::chat::{Error, Tool, ToolChoice, WebSearch};
use crate::json::{Object, Text, Value};

/// Whether tools have members that the neutral language does not name.
pub(super) fn says_more(tools: &Value<'_>) -> bool {
    let unknown = |object: &Object<'_>, known: &[&str]| {
        let mut keys = object.members().iter().map(|(key, _)| key.decode());
        keys.any(|key| !known.contains(&key.as_ref()))
    };
    let list = tools.as_array().map(|list| list.items());
    list.unwrap_or_default().iter().any(|tool| {
        let Some(tool) = tool.as_object() else {
            return false;
        };
        let Some(function) = tool.object("function") else {
            // One of another type travels whole.
            return false;
        };
        unknown(tool, &["type", "function", "cache_control"])
            || unknown(function, &["name", "description", "parameters", "strict"])
            || function
                .get("description")
                .is_some_and(|text| text.as_str().is_none())
    })
}

pub(super) fn tools(value: Value<'_>) -> Result<Vec<Tool<'_>>, Error> {
    let list = items("tools", value)?.into_iter().enumerate();
    list.map(|(index, item)| {
        let path = format!("tools[{index}]");
        let tool = object(&path, item)?;
        let kind = tool
            .str("type")
            .cloned()
            .unwrap_or_else(|| Text::from("function"));
        if !kind.is("function") {
            return Ok(Tool::Other { kind, value: tool });
        }
        let cache_control = tool.get("cache_control").cloned();
        let path = format!("{path}.function");
        let function = tool
            .get("function")
            .cloned()
            .ok_or_else(|| missing(&path))?;
        self::function(&path, function, cache_control)
    })
    .collect()
}

pub(super) fn functions(value: Value<'_>) -> Result<Vec<Tool<'_>>, Error> {
    let list = items("functions", value)?.into_iter().enumerate();
    list.map(|(index, item)| function(&format!("functions[{index}]"), item, None))
        .collect()
}

fn function<'a>(
    path: &str,
    value: Value<'a>,
    cache_control: Option<Value<'a>>,
) -> Result<Tool<'a>, Error> {
    let function = object(path, value)?;
    let name = function
        .str("name")
        .ok_or_else(|| missing(&format!("{path}.name")))?;
    let parameters = match function.get("parameters") {
        None | Some(Value::Null) => None,
        Some(Value::Object(schema)) => Some(schema.raw()),
        Some(other) => return Err(invalid(&format!("{path}.parameters"), "an object", other)),
    };
    let marker = cache_control.or_else(|| function.get("cache_control").cloned());
    Ok(Tool::Function {
        name: name.clone(),
        description: function.str("description").cloned(),
        parameters,
        strict: function.bool("strict"),
        cache_control: marker.filter(|value| !value.is_null()),
    })
}

/// `web_search_options`: `{"search_context_size","user_location":{"type":"approximate","approximate":{…}}}`.
pub(super) fn web_search(value: Value<'_>) -> Result<Tool<'_>, Error> {
    let options = object("web_search_options", value)?;
    let place = options.object("user_location");
    let place = place.map(|place| place.object("approximate").unwrap_or(place));
    Ok(Tool::WebSearch(WebSearch {
        context_size: options.str("search_context_size").cloned(),
        user_location: place.cloned(),
        own: Some(options),
        ..WebSearch::default()
    }))
}

pub(super) fn choice(value: Value<'_>) -> Result<ToolChoice<'_>, Error> {
    match &value {
        Value::String(word) => match word.decode().as_ref() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" | "any" => Ok(ToolChoice::Required),
            other => Err(odd_word(
                "tool_choice",
                other,
                "none, auto, required or an object",
            )),
        },
        Value::Object(object) => {
            // Some clients leave the type out.
            let kind = object.str("type");
            let named = object
                .object("function")
                .and_then(|function| function.str("name"));
            if kind.is_none_or(|kind| kind.is("function"))
                && let Some(name) = named
            {
                return Ok(ToolChoice::Named(name.clone()));
            }
            let allowed = object.object("allowed_tools").and_then(allowed);
            Ok(allowed.unwrap_or(ToolChoice::Other(value)))
        }
        other => Err(invalid("tool_choice", "a string or an object", other)),
    }
}

/// `{"mode":"auto"|"required","tools":[{"type":"function","function":{"name"}}]}`; `None` where not all are functions.
fn allowed<'a>(object: &Object<'a>) -> Option<ToolChoice<'a>> {
    let tools = object.array("tools")?.items().iter();
    let names = tools.map(|tool| {
        let function = tool.as_object()?.object("function")?;
        function.str("name").cloned()
    });
    Some(ToolChoice::Allowed {
        required: object.str("mode").is_some_and(|mode| mode.is("required")),
        names: names.collect::<Option<Vec<Text<'a>>>>()?,
    })
}

/// The legacy form: `none`, `auto` or `{"name":…}`.
pub(super) fn function_call(value: Value<'_>) -> Result<ToolChoice<'_>, Error> {
    match value {
        Value::Object(object) => {
            let name = object.get("name").cloned();
            let name = name.ok_or_else(|| missing("function_call.name"))?;
            Ok(ToolChoice::Named(text("function_call.name", name)?))
        }
        value => choice(value),
    }
}
