//! Reads a client's Messages request.

use super::media;
use crate::chat::{
    Arguments, Error, ErrorKind, Message, Part, Reasoning, Request, ResponseFormat, Role, Tool,
    ToolChoice,
};
use crate::dialect::not_json;
use crate::json::{self, Object, Text, Value};

/// Reads a request.
///
/// # Errors
/// A 400 that names the field, with what was found and what was expected.
pub fn read(body: &[u8]) -> Result<Request<'_>, Error> {
    let value = json::parse(body).map_err(not_json)?;
    let object = object("request", value)?;
    for required in ["model", "max_tokens", "messages"] {
        if object.get(required).is_none() {
            return Err(missing(required));
        }
    }
    let mut request = Request {
        include_usage: true,
        ..Request::default()
    };
    let mut effort = None;
    let mut turns = Vec::new();
    for (key, value) in object.into_members() {
        match key.decode().as_ref() {
            "model" => request.model = text("model", &value)?,
            "max_tokens" => request.max_tokens = Some(count("max_tokens", &value)?),
            "messages" => turns = messages(value)?,
            "system" => request.messages = system("system", &value)?,
            "stream" => {
                request.stream = value
                    .as_bool()
                    .ok_or_else(|| invalid("stream", "a boolean", &value))?
            }
            "temperature" => request.temperature = Some(number("temperature", &value)?),
            "top_p" => request.top_p = Some(number("top_p", &value)?),
            "top_k" => request.top_k = Some(number("top_k", &value)?),
            "stop_sequences" => {
                let list = array("stop_sequences", &value)?.iter().enumerate();
                let read = list.map(|(index, item)| text(&format!("stop_sequences.{index}"), item));
                request.stop = read.collect::<Result<_, _>>()?;
            }
            "tools" => request.tools = tools(value)?,
            "tool_choice" => tool_choice(&mut request, value)?,
            "thinking" => request.reasoning = thinking(&value)?,
            "output_config" => effort = output_config(&mut request, value)?,
            "metadata" => metadata(&mut request, key, value),
            "service_tier" => request.service_tier = Some(text("service_tier", &value)?),
            _ => request.extra.push((key, value)),
        }
    }
    request.messages.extend(turns);
    if let Some(word) = effort {
        request.reasoning = Some(match request.reasoning {
            Some(Reasoning::Adaptive { .. }) => Reasoning::Adaptive { effort: Some(word) },
            Some(other) => other,
            None => Reasoning::Effort(word),
        });
    }
    Ok(request)
}

fn invalid(path: &str, expected: &str, found: &Value<'_>) -> Error {
    let message = format!("{path}: found {}, expected {expected}", found.kind_name());
    Error::new(ErrorKind::InvalidRequest, message).with_param(path)
}

/// In Anthropic's own words.
fn missing(path: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("{path}: Field required")).with_param(path)
}

fn object<'a>(path: &str, value: Value<'a>) -> Result<Object<'a>, Error> {
    match value {
        Value::Object(object) => Ok(object),
        other => Err(invalid(path, "an object", &other)),
    }
}

fn array<'v, 'a>(path: &str, value: &'v Value<'a>) -> Result<&'v [Value<'a>], Error> {
    let found = value.as_array().map(|array| array.items());
    found.ok_or_else(|| invalid(path, "an array", value))
}

fn text<'a>(path: &str, value: &Value<'a>) -> Result<Text<'a>, Error> {
    value
        .as_str()
        .cloned()
        .ok_or_else(|| invalid(path, "a string", value))
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

fn need<'a>(path: &str, object: &Object<'a>, key: &str) -> Result<Text<'a>, Error> {
    object
        .str(key)
        .cloned()
        .ok_or_else(|| missing(&format!("{path}.{key}")))
}

fn cache_control<'a>(object: &Object<'a>) -> Option<Value<'a>> {
    object
        .get("cache_control")
        .filter(|value| !value.is_null())
        .cloned()
}

/// The system prompt: a string, or text blocks. One message.
fn system<'a>(path: &str, value: &Value<'a>) -> Result<Vec<Message<'a>>, Error> {
    if value.is_null() {
        return Ok(Vec::new());
    }
    let content = content(path, value)?;
    Ok(vec![Message {
        role: Role::System,
        name: None,
        content,
        extra: Vec::new(),
    }])
}

fn messages(value: Value<'_>) -> Result<Vec<Message<'_>>, Error> {
    let list = array("messages", &value)?.iter().enumerate();
    list.map(|(index, item)| {
        let path = format!("messages.{index}");
        let message = object(&path, item.clone())?;
        let role = need(&path, &message, "role")?;
        let role = match role.decode().as_ref() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "system" => Role::System,
            other => {
                let message = format!("{path}.role: found {other:?}, expected user or assistant");
                return Err(Error::new(ErrorKind::InvalidRequest, message)
                    .with_param(format!("{path}.role")));
            }
        };
        let content = message
            .get("content")
            .ok_or_else(|| missing(&format!("{path}.content")))?;
        Ok(Message {
            role,
            name: None,
            content: self::content(&format!("{path}.content"), content)?,
            extra: Vec::new(),
        })
    })
    .collect()
}

fn content<'a>(path: &str, value: &Value<'a>) -> Result<Vec<Part<'a>>, Error> {
    match value {
        Value::String(text) => Ok(vec![Part::Text {
            text: text.clone(),
            cache_control: None,
            signature: None,
        }]),
        Value::Array(blocks) => {
            let list = blocks.items().iter().enumerate();
            list.map(|(index, item)| block(&format!("{path}.{index}"), item))
                .collect()
        }
        other => Err(invalid(path, "a string or an array of blocks", other)),
    }
}

fn block<'a>(path: &str, value: &Value<'a>) -> Result<Part<'a>, Error> {
    let block = object(path, value.clone())?;
    let kind = need(path, &block, "type")?;
    let cache_control = cache_control(&block);
    match kind.decode().as_ref() {
        "text" => Ok(Part::Text {
            text: need(path, &block, "text")?,
            cache_control,
            signature: None,
        }),
        "image" => Ok(Part::Image {
            media: media::read(path, &block)?,
            detail: None,
            cache_control,
        }),
        // A document made of blocks, or one whose citations are wanted, is this wire's own.
        "document" if media::is_plain(&block) => Ok(Part::Document {
            media: media::read(path, &block)?,
            name: block.str("title").cloned(),
            cache_control,
        }),
        "tool_use" => {
            let input = block
                .get("input")
                .and_then(Value::as_object)
                .map(Object::raw);
            Ok(Part::ToolCall {
                id: need(path, &block, "id")?,
                name: need(path, &block, "name")?,
                arguments: Arguments::Json(input.unwrap_or("{}")),
                cache_control,
                signature: None,
            })
        }
        "tool_result" => {
            let inner = match block.get("content") {
                None | Some(Value::Null) => Vec::new(),
                Some(value) => content(&format!("{path}.content"), value)?,
            };
            Ok(Part::ToolResult {
                id: need(path, &block, "tool_use_id")?,
                name: Text::default(),
                content: inner,
                is_error: block.bool("is_error").unwrap_or(false),
                cache_control,
            })
        }
        "thinking" => Ok(Part::Reasoning {
            text: need(path, &block, "thinking")?,
            signature: block.str("signature").cloned(),
        }),
        "redacted_thinking" => Ok(Part::RedactedReasoning {
            data: need(path, &block, "data")?,
        }),
        _ => Ok(Part::Other { kind, value: block }),
    }
}

fn tools(value: Value<'_>) -> Result<Vec<Tool<'_>>, Error> {
    let list = array("tools", &value)?.iter().enumerate();
    list.map(|(index, item)| {
        let path = format!("tools.{index}");
        let tool = object(&path, item.clone())?;
        if let Some(kind) = tool.str("type").filter(|kind| !kind.is("custom")).cloned() {
            return Ok(Tool::Other { kind, value: tool });
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

fn tool_choice<'a>(request: &mut Request<'a>, value: Value<'a>) -> Result<(), Error> {
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

fn thinking<'a>(value: &Value<'a>) -> Result<Option<Reasoning<'a>>, Error> {
    let thinking = object("thinking", value.clone())?;
    let kind = need("thinking", &thinking, "type")?;
    Ok(match kind.decode().as_ref() {
        "enabled" => {
            let budget = thinking
                .u64("budget_tokens")
                .ok_or_else(|| missing("thinking.budget_tokens"))?;
            Some(Reasoning::Budget(budget))
        }
        "adaptive" => Some(Reasoning::Adaptive { effort: None }),
        "disabled" => Some(Reasoning::Off),
        other => {
            let message =
                format!("thinking.type: found {other:?}, expected enabled, adaptive or disabled");
            return Err(Error::new(ErrorKind::InvalidRequest, message).with_param("thinking.type"));
        }
    })
}

/// `output_config`: the effort is returned, the format is taken over, anything else is kept aside.
fn output_config<'a>(
    request: &mut Request<'a>,
    value: Value<'a>,
) -> Result<Option<Text<'a>>, Error> {
    let config = object("output_config", value)?;
    let mut effort = None;
    for (key, value) in config.into_members() {
        match (key.decode().as_ref(), &value) {
            ("effort", Value::String(word)) => effort = Some(word.clone()),
            ("format", Value::Object(format))
                if format
                    .str("type")
                    .is_some_and(|kind| kind.is("json_schema")) =>
            {
                request.response_format = Some(ResponseFormat::JsonSchema {
                    name: None,
                    description: None,
                    schema: format.object("schema").map(Object::raw),
                    strict: Some(true),
                });
            }
            (name, _) => request
                .extra
                .push((Text::from(format!("output_config.{name}")), value)),
        }
    }
    Ok(effort)
}

fn metadata<'a>(request: &mut Request<'a>, key: Text<'a>, value: Value<'a>) {
    match &value {
        Value::Object(object) if object.members().iter().all(|(name, _)| name.is("user_id")) => {
            request.user = object.str("user_id").cloned();
        }
        _ => request.extra.push((key, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str) -> String {
        read(body.as_bytes()).expect_err(body).message
    }

    #[test]
    fn mistakes_name_their_field() {
        assert_eq!(message("{}"), "model: Field required");
        assert_eq!(
            message(r#"{"model":"m","messages":[]}"#),
            "max_tokens: Field required"
        );
        let body =
            |messages: &str| format!(r#"{{"model":"m","max_tokens":1,"messages":{messages}}}"#);
        assert_eq!(
            message(&body(r#"[{"role":"user"}]"#)),
            "messages.0.content: Field required"
        );
        assert_eq!(
            message(&body(r#"[{"role":"user","content":[{"type":"text"}]}]"#)),
            "messages.0.content.0.text: Field required"
        );
        assert_eq!(
            message(&body("7")),
            "messages: found a number, expected an array"
        );
    }

    #[test]
    fn system_comes_first_wherever_it_stands() {
        let body = r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"u"}],"system":"s"}"#;
        let request = read(body.as_bytes()).expect("valid");
        assert_eq!(request.messages[0].role, Role::System);
        assert_eq!(request.messages.len(), 2);
    }
}
