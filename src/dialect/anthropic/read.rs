//! Reads a client's Messages request.

mod blocks;
mod tools;

use super::host::is_billing;
use crate::chat::{Error, ErrorKind, Message, Part, Reasoning, Request, ResponseFormat, Role};
use crate::dialect::not_json;
use crate::json::{self, Object, Text, Value};

/// Reads a request.
///
/// # Errors
/// A 400 that names the field, with what was found and what was expected.
pub fn read(body: &[u8]) -> Result<Request<'_>, Error> {
    parse(body, &["model", "max_tokens", "messages"])
}

/// Reads a request, or a question for how many tokens one would have.
///
/// # Errors
/// As [`read`].
pub(super) fn any(body: &[u8]) -> Result<Request<'_>, Error> {
    parse(body, &["model", "messages"])
}

fn parse<'a>(body: &'a [u8], required: &[&str]) -> Result<Request<'a>, Error> {
    let value = json::parse(body).map_err(not_json)?;
    let object = object("request", value)?;
    for required in required {
        if object.get(required).is_none() {
            return Err(missing(required));
        }
    }
    let mut request = Request {
        include_usage: true,
        ..Request::default()
    };
    // The system prompt is the first message, wherever it stands.
    let mut verbatim = Vec::new();
    if let Some(value) = object.get("system").filter(|value| !value.is_null()) {
        request.messages = system(value, &mut verbatim)?;
    }
    let mut effort = None;
    for (key, value) in object.into_members() {
        let name = key.decode();
        if value.is_null() && !required.contains(&name.as_ref()) {
            continue;
        }
        match name.as_ref() {
            "system" => {}
            "model" => request.model = text("model", &value)?,
            "max_tokens" => request.max_tokens = Some(count("max_tokens", &value)?),
            "messages" => messages(value, &mut request.messages, &mut verbatim)?,
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
            "tools" => request.tools = tools::tools(&value, &mut verbatim)?,
            "tool_choice" => tools::tool_choice(&mut request, value)?,
            "thinking" => request.reasoning = thinking(value, &mut verbatim)?,
            "output_config" => effort = output_config(&mut request, value, &mut verbatim)?,
            "metadata" => metadata(&mut request, value)?,
            "service_tier" => request.service_tier = Some(text("service_tier", &value)?),
            _ => {
                drop(name);
                request.extra.push((key, value));
            }
        }
    }
    if let Some((word, whole)) = effort {
        request.reasoning = Some(match request.reasoning {
            Some(Reasoning::Adaptive { .. }) => Reasoning::Adaptive { effort: Some(word) },
            None => Reasoning::Effort(word),
            // A budget, or none at all, beside an effort: the neutral language says but one of them.
            Some(other) => {
                verbatim.push(("output_config".to_owned(), whole));
                other
            }
        });
    }
    request.verbatim = verbatim;
    Ok(request)
}

/// Pieces that the neutral language says less of: see [`Request::verbatim`].
type Verbatim<'a> = Vec<(String, Value<'a>)>;

/// Whether an object has no members but these.
fn has_only(object: &Object<'_>, known: &[&str]) -> bool {
    let members = object.members().iter();
    members
        .filter(|(_, value)| !value.is_null())
        .all(|(key, _)| known.iter().any(|name| key.is(name)))
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
fn system<'a>(value: &Value<'a>, verbatim: &mut Verbatim<'a>) -> Result<Vec<Message<'a>>, Error> {
    let whole = "messages[0].content";
    let mut content = blocks::content("system", whole, value, verbatim)?;
    // What Claude Code tells Anthropic's billing is none of the prompt.
    let bills =
        |part: &Part<'_>| matches!(part, Part::Text { text, .. } if is_billing(&text.decode()));
    if content.iter().any(bills) {
        content.retain(|part| !bills(part));
        verbatim.clear();
        verbatim.push(("system".to_owned(), value.clone()));
    }
    if content.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Message {
        role: Role::System,
        name: None,
        content,
        extra: Vec::new(),
    }])
}

fn messages<'a>(
    value: Value<'a>,
    into: &mut Vec<Message<'a>>,
    verbatim: &mut Verbatim<'a>,
) -> Result<(), Error> {
    let Value::Array(list) = value else {
        return Err(invalid("messages", "an array", &value));
    };
    for (index, item) in list.into_items().into_iter().enumerate() {
        let path = format!("messages.{index}");
        let message = object(&path, item)?;
        let role = need(&path, &message, "role")?;
        let role = match role.decode().as_ref() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "system" => Role::System,
            other => {
                let message =
                    format!("{path}.role: found {other:?}, expected user, assistant or system");
                return Err(Error::new(ErrorKind::InvalidRequest, message)
                    .with_param(format!("{path}.role")));
            }
        };
        let place = format!("messages[{}].content", into.len());
        let mut content = None;
        let mut extra = Vec::new();
        for (key, value) in message.into_members() {
            if key.is("content") {
                let path = format!("{path}.content");
                content = Some(blocks::content(&path, &place, &value, verbatim)?);
            } else if !key.is("role") {
                extra.push((key, value));
            }
        }
        into.push(Message {
            role,
            name: None,
            content: content.ok_or_else(|| missing(&format!("{path}.content")))?,
            extra,
        });
    }
    Ok(())
}

fn thinking<'a>(
    value: Value<'a>,
    verbatim: &mut Verbatim<'a>,
) -> Result<Option<Reasoning<'a>>, Error> {
    let thinking = object("thinking", value.clone())?;
    let kind = need("thinking", &thinking, "type")?;
    let between = kind.is("between_tools");
    if between || !has_only(&thinking, &["type", "budget_tokens"]) {
        verbatim.push(("thinking".to_owned(), value));
    }
    Ok(match kind.decode().as_ref() {
        "enabled" => {
            let budget = thinking
                .u64("budget_tokens")
                .ok_or_else(|| missing("thinking.budget_tokens"))?;
            Some(Reasoning::Budget(budget))
        }
        "adaptive" | "between_tools" => Some(Reasoning::Adaptive { effort: None }),
        "disabled" => Some(Reasoning::Off),
        other => {
            let message =
                format!("thinking.type: found {other:?}, expected enabled, adaptive or disabled");
            return Err(Error::new(ErrorKind::InvalidRequest, message).with_param("thinking.type"));
        }
    })
}

/// `output_config`: the effort is returned, with the whole; the format is taken over, anything else is kept aside.
fn output_config<'a>(
    request: &mut Request<'a>,
    value: Value<'a>,
    verbatim: &mut Verbatim<'a>,
) -> Result<Option<(Text<'a>, Value<'a>)>, Error> {
    let config = object("output_config", value.clone())?;
    let mut effort = None;
    let mut more = false;
    for (key, value) in config.into_members() {
        match (key.decode().as_ref(), &value) {
            (_, Value::Null) => {}
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
            (name, _) => {
                more = true;
                let name = Text::from(format!("output_config.{name}"));
                request.extra.push((name, value));
            }
        }
    }
    if more {
        verbatim.push(("output_config".to_owned(), value.clone()));
    }
    Ok(effort.map(|word| (word, value)))
}

/// Its one field of the API is the end user's name.
fn metadata<'a>(request: &mut Request<'a>, value: Value<'a>) -> Result<(), Error> {
    let labels = object("metadata", value)?;
    request.user = labels.str("user_id").cloned();
    if !has_only(&labels, &["user_id"]) {
        request.metadata = Some(labels);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
