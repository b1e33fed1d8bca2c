//! Reads a client's chat completions request.

use super::parts;
use crate::chat::{
    Error, ErrorKind, Message, Reasoning, Request, ResponseFormat, Role, Tool, ToolChoice,
};
use crate::dialect::not_json;
use crate::json::{self, Object, Text, Value};

/// Reads a request.
///
/// # Errors
/// A 400 that names the field, with what was found and what was expected.
pub fn read(body: &[u8]) -> Result<Request<'_>, Error> {
    let value = json::parse(body).map_err(not_json)?;
    let Value::Object(object) = value else {
        return Err(invalid("", "an object", &value));
    };
    let mut request = Request::default();
    let mut max_completion_tokens = None;
    let mut seen_messages = false;
    for (key, value) in object.into_members() {
        if value.is_null() {
            continue;
        }
        match key.decode().as_ref() {
            "model" => request.model = text("model", value)?,
            "messages" => {
                seen_messages = true;
                request.messages = messages(value)?;
            }
            "tools" => request.tools.extend(tools(value)?),
            "functions" => request.tools.extend(functions(value)?),
            "tool_choice" => request.tool_choice = Some(tool_choice(value)?),
            "function_call" => request.tool_choice = Some(function_call(value)?),
            "parallel_tool_calls" => {
                request.parallel_tool_calls = Some(truth("parallel_tool_calls", &value)?)
            }
            "max_tokens" => request.max_tokens = Some(count("max_tokens", &value)?),
            "max_completion_tokens" => {
                max_completion_tokens = Some(count("max_completion_tokens", &value)?)
            }
            "temperature" => request.temperature = Some(number("temperature", &value)?),
            "top_p" => request.top_p = Some(number("top_p", &value)?),
            "top_k" => request.top_k = Some(number("top_k", &value)?),
            "frequency_penalty" => {
                request.frequency_penalty = Some(number("frequency_penalty", &value)?)
            }
            "presence_penalty" => {
                request.presence_penalty = Some(number("presence_penalty", &value)?)
            }
            "seed" => request.seed = Some(number("seed", &value)?),
            "n" => request.n = Some(count("n", &value)?),
            "stop" => request.stop = stop(value)?,
            "reasoning_effort" => request.reasoning = Some(effort(value)?),
            "thinking" => request.reasoning = thinking(&value).or(request.reasoning),
            "response_format" => request.response_format = Some(response_format(value)?),
            "stream" => request.stream = truth("stream", &value)?,
            "stream_options" => {
                let asked = value
                    .as_object()
                    .and_then(|options| options.bool("include_usage"));
                request.include_usage = asked.unwrap_or(false);
            }
            "user" => request.user = Some(text("user", value)?),
            "service_tier" => request.service_tier = Some(text("service_tier", value)?),
            _ => request.extra.push((key, value)),
        }
    }
    // When both are there the newer name counts.
    request.max_tokens = max_completion_tokens.or(request.max_tokens);
    if !seen_messages {
        return Err(
            Error::new(ErrorKind::InvalidRequest, "`messages`: missing").with_param("messages")
        );
    }
    Ok(request)
}

pub(super) fn invalid(path: &str, expected: &str, found: &Value<'_>) -> Error {
    let message = format!("`{path}`: found {}, expected {expected}", found.kind_name());
    Error::new(ErrorKind::InvalidRequest, message).with_param(path)
}

pub(super) fn missing(path: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("`{path}`: missing")).with_param(path)
}

pub(super) fn text<'a>(path: &str, value: Value<'a>) -> Result<Text<'a>, Error> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(invalid(path, "a string", &other)),
    }
}

fn truth(path: &str, value: &Value<'_>) -> Result<bool, Error> {
    value
        .as_bool()
        .ok_or_else(|| invalid(path, "true or false", value))
}

fn count(path: &str, value: &Value<'_>) -> Result<u64, Error> {
    value
        .as_u64()
        .ok_or_else(|| invalid(path, "a whole number", value))
}

fn number<'a>(path: &str, value: &Value<'a>) -> Result<&'a str, Error> {
    match value {
        Value::Number(spelled) => Ok(spelled),
        other => Err(invalid(path, "a number", other)),
    }
}

pub(super) fn items<'a>(path: &str, value: Value<'a>) -> Result<Vec<Value<'a>>, Error> {
    match value {
        Value::Array(array) => Ok(array.into_items()),
        other => Err(invalid(path, "an array", &other)),
    }
}

pub(super) fn object<'a>(path: &str, value: Value<'a>) -> Result<Object<'a>, Error> {
    match value {
        Value::Object(object) => Ok(object),
        other => Err(invalid(path, "an object", &other)),
    }
}

fn messages(value: Value<'_>) -> Result<Vec<Message<'_>>, Error> {
    let read = |(index, item)| message(&format!("messages[{index}]"), item);
    items("messages", value)?
        .into_iter()
        .enumerate()
        .map(read)
        .collect()
}

fn message<'a>(path: &str, value: Value<'a>) -> Result<Message<'a>, Error> {
    let object = object(path, value)?;
    let word = object
        .str("role")
        .ok_or_else(|| missing(&format!("{path}.role")))?;
    let role = match word.decode().as_ref() {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        other => {
            let message = format!(
                "`{path}.role`: found {other:?}, expected system, developer, user, assistant, tool or function"
            );
            return Err(
                Error::new(ErrorKind::InvalidRequest, message).with_param(format!("{path}.role"))
            );
        }
    };
    let name = object.str("name").cloned();
    let content = match role {
        Role::Tool => vec![parts::tool_result(path, &object)?],
        Role::Assistant => parts::assistant(path, &object)?,
        _ => parts::content(&format!("{path}.content"), object.get("content"))?,
    };
    Ok(Message {
        role,
        name,
        content,
        extra: Vec::new(),
    })
}

fn tools(value: Value<'_>) -> Result<Vec<Tool<'_>>, Error> {
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

fn functions(value: Value<'_>) -> Result<Vec<Tool<'_>>, Error> {
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
    Ok(Tool::Function {
        name: name.clone(),
        description: function.str("description").cloned(),
        parameters,
        strict: function.bool("strict"),
        cache_control: cache_control.or_else(|| function.get("cache_control").cloned()),
    })
}

fn tool_choice(value: Value<'_>) -> Result<ToolChoice<'_>, Error> {
    match &value {
        Value::String(word) => match word.decode().as_ref() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" | "any" => Ok(ToolChoice::Required),
            other => {
                let message = format!(
                    "`tool_choice`: found {other:?}, expected none, auto, required or an object"
                );
                Err(Error::new(ErrorKind::InvalidRequest, message).with_param("tool_choice"))
            }
        },
        Value::Object(object) => {
            let named = object
                .object("function")
                .and_then(|function| function.str("name"));
            match (object.str("type"), named) {
                (Some(kind), Some(name)) if kind.is("function") => {
                    Ok(ToolChoice::Named(name.clone()))
                }
                _ => Ok(ToolChoice::Other(value)),
            }
        }
        other => Err(invalid("tool_choice", "a string or an object", other)),
    }
}

/// The legacy form: `none`, `auto` or `{"name":…}`.
fn function_call(value: Value<'_>) -> Result<ToolChoice<'_>, Error> {
    match &value {
        Value::Object(object) => {
            let name = object
                .str("name")
                .ok_or_else(|| missing("function_call.name"))?;
            Ok(ToolChoice::Named(name.clone()))
        }
        _ => tool_choice(value),
    }
}

fn stop(value: Value<'_>) -> Result<Vec<Text<'_>>, Error> {
    match value {
        Value::String(text) => Ok(vec![text]),
        value => {
            let list = items("stop", value)?.into_iter().enumerate();
            list.map(|(index, item)| text(&format!("stop[{index}]"), item))
                .collect()
        }
    }
}

/// `reasoning_effort`: a word, or an object with one (as some clients send it).
fn effort(value: Value<'_>) -> Result<Reasoning<'_>, Error> {
    let word = match &value {
        Value::String(word) => word.clone(),
        Value::Object(object) => object
            .str("effort")
            .cloned()
            .ok_or_else(|| missing("reasoning_effort.effort"))?,
        other => return Err(invalid("reasoning_effort", "a string", other)),
    };
    Ok(if word.is("none") {
        Reasoning::Off
    } else {
        Reasoning::Effort(word)
    })
}

/// LiteLLM's `thinking`, in Anthropic's form.
fn thinking<'a>(value: &Value<'a>) -> Option<Reasoning<'a>> {
    let object = value.as_object()?;
    match object.str("type")?.decode().as_ref() {
        "enabled" => object.u64("budget_tokens").map(Reasoning::Budget),
        "adaptive" => Some(Reasoning::Adaptive { effort: None }),
        "disabled" => Some(Reasoning::Off),
        _ => None,
    }
}

fn response_format(value: Value<'_>) -> Result<ResponseFormat<'_>, Error> {
    let format = object("response_format", value)?;
    let kind = format
        .str("type")
        .ok_or_else(|| missing("response_format.type"))?;
    match kind.decode().as_ref() {
        "text" => Ok(ResponseFormat::Text),
        "json_object" => Ok(ResponseFormat::JsonObject),
        "json_schema" => {
            let schema = format
                .object("json_schema")
                .ok_or_else(|| missing("response_format.json_schema"))?;
            Ok(ResponseFormat::JsonSchema {
                name: schema.str("name").cloned(),
                description: schema.str("description").cloned(),
                schema: schema.object("schema").map(Object::raw),
                strict: schema.bool("strict"),
            })
        }
        other => {
            let message = format!(
                "`response_format.type`: found {other:?}, expected text, json_object or json_schema"
            );
            Err(Error::new(ErrorKind::InvalidRequest, message).with_param("response_format.type"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn param(body: &str) -> String {
        read(body.as_bytes())
            .expect_err(body)
            .param
            .unwrap_or_default()
    }

    #[test]
    fn mistakes_name_their_field() {
        assert_eq!(param("{}"), "messages");
        assert_eq!(
            param(r#"{"messages":[{"content":"x"}]}"#),
            "messages[0].role"
        );
        assert_eq!(
            param(r#"{"messages":[{"role":"user","content":7}]}"#),
            "messages[0].content"
        );
        assert_eq!(param(r#"{"messages":[],"stop":[1]}"#), "stop[0]");
        assert_eq!(param(r#"{"messages":[],"max_tokens":"1"}"#), "max_tokens");
        assert_eq!(
            param(r#"{"messages":[],"tools":[{"type":"function"}]}"#),
            "tools[0].function"
        );
        assert_eq!(
            param(r#"{"messages":[{"role":"tool","content":"x"}]}"#),
            "messages[0].tool_call_id"
        );
    }

    #[test]
    fn unknown_fields_are_kept_aside() {
        let request =
            read(br#"{"messages":[],"verbosity":"low","max_tokens":1,"max_completion_tokens":2}"#)
                .expect("valid");
        assert_eq!(request.extra.len(), 1);
        assert_eq!(request.max_tokens, Some(2));
    }
}
