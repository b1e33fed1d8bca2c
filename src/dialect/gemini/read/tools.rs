//! `tools` and `toolConfig`.

use super::fields::{
    Path, camel, count, field, list, missing, mistake, object, text, text_at, texts,
};
use super::made::{Making, Place};
use super::schema;
use crate::chat::{Error, Request, Tool, ToolChoice, WebSearch};
use crate::json::{Object, Text, Value, Writer};

/// What a function gives back: JSON Schema, or Google's.
const RETURNS: [&str; 2] = ["responseJsonSchema", "response"];

/// Reads `tools`: each may hold functions and tools that Google runs.
pub(super) fn read<'a>(
    value: &Value<'a>,
    request: &mut Request<'a>,
    making: &mut Making,
) -> Result<(), Error> {
    let path = Path::of("tools");
    let mut more = false;
    for (index, item) in list(&path, value)?.iter().enumerate() {
        let path = path.item(index);
        let tool = object(&path, item)?;
        let single = tool.members().len() == 1;
        for (name, value) in tool.members() {
            let kind = camel(name);
            if value.is_null() {
                continue;
            }
            if kind == "functionDeclarations" {
                let path = path.field("functionDeclarations");
                for (index, item) in list(&path, value)?.iter().enumerate() {
                    let path = path.item(index);
                    let item = object(&path, item)?;
                    more |= says_more(item);
                    let read = function(&path, item, request.tools.len(), making)?;
                    request.tools.push(read);
                }
                continue;
            }
            let own = if single {
                tool.clone()
            } else {
                // One of several in a tool: it becomes one of its own.
                making.make(Place::Own(request.tools.len()), |w| {
                    w.begin_object();
                    w.field_value(&kind, value);
                    w.end_object();
                });
                Object::default()
            };
            request
                .tools
                .push(built_in(&path.field(&kind), &kind, value, own)?);
        }
    }
    if more {
        super::keep(request, path.to_string(), value);
    }
    Ok(())
}

/// Whether a function's declaration has what the neutral language has no words for: what it gives back, how it runs.
fn says_more(function: &Object<'_>) -> bool {
    let known = ["name", "description", "parameters", "parametersJsonSchema"];
    let mut members = function.members().iter();
    members.any(|(key, value)| {
        !value.is_null() && !known.iter().any(|known| camel(key).as_ref() == *known)
    })
}

fn function<'a>(
    path: &Path<'_>,
    function: &Object<'a>,
    index: usize,
    making: &mut Making,
) -> Result<Tool<'a>, Error> {
    let name = text_at(path, function, "name")?.ok_or_else(|| missing(&path.field("name")))?;
    let mut description = text_at(path, function, "description")?;
    // JSON Schema is the other wires' own.
    let mut parameters = None;
    if let Some(value) = field(function, "parametersJsonSchema") {
        let schema = object(&path.field("parametersJsonSchema"), value)?;
        parameters = Some(schema.raw());
    } else if let Some(value) = field(function, "parameters") {
        let schema = object(&path.field("parameters"), value)?;
        making.make(Place::Parameters(index), |w| schema::parameters(schema, w));
    }
    // No other wire declares what a function gives back: it is said in words.
    if let Some(value) = RETURNS.iter().find_map(|name| field(function, name)) {
        let mut out = Vec::new();
        match value {
            Value::Object(schema) => schema::any(schema, &mut Writer::new(&mut out)),
            other => other.write(&mut out),
        }
        let said = description.map(|text| text.decode().into_owned());
        let said = said.filter(|said| !said.is_empty());
        let before = said.map_or_else(String::new, |said| format!("{said}\n\n"));
        let schema = String::from_utf8_lossy(&out);
        description = Some(Text::from(format!(
            "{before}Returns JSON of this schema: {schema}"
        )));
    }
    Ok(Tool::Function {
        name,
        description,
        parameters,
        strict: None,
        cache_control: None,
    })
}

/// A tool that Google runs.
fn built_in<'a>(
    path: &Path<'_>,
    kind: &str,
    value: &Value<'a>,
    own: Object<'a>,
) -> Result<Tool<'a>, Error> {
    match (kind, value) {
        ("googleSearch", Value::Object(search)) => {
            let mut web = WebSearch::default();
            for (name, value) in search.members() {
                match camel(name).as_ref() {
                    _ if value.is_null() => {}
                    "excludeDomains" => {
                        web.blocked_domains = texts(&path.field("excludeDomains"), value)?
                    }
                    // A search that is asked for more than others can be asked.
                    _ => {
                        return Ok(Tool::Other {
                            kind: Text::from(kind.to_owned()),
                            value: own,
                        });
                    }
                }
            }
            web.own = Some(own);
            Ok(Tool::WebSearch(web))
        }
        // When to search is the model's to decide, everywhere but at Gemini 1.5.
        ("googleSearchRetrieval", _) => Ok(Tool::WebSearch(WebSearch {
            own: Some(own),
            ..WebSearch::default()
        })),
        ("codeExecution", _) => Ok(Tool::CodeExecution { own }),
        _ => Ok(Tool::Other {
            kind: Text::from(kind.to_owned()),
            value: own,
        }),
    }
}

/// Reads `toolConfig`.
pub(super) fn config<'a>(value: &Value<'a>, request: &mut Request<'a>) -> Result<(), Error> {
    let path = Path::of("toolConfig");
    for (name, value) in object(&path, value)?.members() {
        let name = camel(name);
        match name.as_ref() {
            _ if super::says_nothing(value) => {}
            "functionCallingConfig" => {
                let path = path.field("functionCallingConfig");
                request.tool_choice = choice(&path, value)?;
                super::keep(request, path.to_string(), value);
            }
            name => super::leave(request, path.field(name).to_string(), value),
        }
    }
    Ok(())
}

fn choice<'a>(path: &Path<'_>, value: &Value<'a>) -> Result<Option<ToolChoice<'a>>, Error> {
    let config = object(path, value)?;
    let names = match field(config, "allowedFunctionNames") {
        Some(value) => texts(&path.field("allowedFunctionNames"), value)?,
        None => Vec::new(),
    };
    let Some(mode) = field(config, "mode") else {
        return Ok(None);
    };
    let path = path.field("mode");
    // Protocol buffers' JSON has the numbers of enumerations too.
    let mode = match mode {
        Value::Number(_) => match count(&path, mode)? {
            0 => "MODE_UNSPECIFIED",
            1 => "AUTO",
            2 => "ANY",
            3 => "NONE",
            4 => "VALIDATED",
            _ => "",
        }
        .to_owned(),
        mode => text(&path, mode)?.decode().to_ascii_uppercase(),
    };
    Ok(Some(match (mode.as_str(), names.as_slice()) {
        ("MODE_UNSPECIFIED" | "AUTO", _) => ToolChoice::Auto,
        ("NONE", _) => ToolChoice::None,
        ("ANY", []) => ToolChoice::Required,
        ("ANY", [name]) => ToolChoice::Named(name.clone()),
        ("ANY", _) => ToolChoice::Allowed {
            required: true,
            names,
        },
        // The calls' schemas are followed as well as the provider can.
        ("VALIDATED", []) => ToolChoice::Auto,
        ("VALIDATED", _) => ToolChoice::Allowed {
            required: false,
            names,
        },
        (other, _) => {
            let what = format!("found {other:?}, expected AUTO, ANY, NONE or VALIDATED");
            return Err(mistake(&path, &what));
        }
    }))
}
