//! Reads a client's chat completions request.
//!
//! What the neutral language says in other words is kept beside them (`Request::own`, `Message::extra`), so that a
//! provider of this wire gets what the client wrote.

mod ids;
mod reasoning;
mod tools;

pub(super) use ids::is_made;

use super::parts;
use crate::chat::{Error, ErrorKind, Message, Request, ResponseFormat, Role};
use crate::dialect::not_json;
use crate::json::{self, Object, Text, Value};
use reasoning::Asked;

/// Reads a request.
///
/// # Errors
/// A 400 that names the field, with what was found and what was expected.
pub fn read(body: &[u8]) -> Result<Request<'_>, Error> {
    let value = json::parse(body).map_err(not_json)?;
    let Value::Object(object) = value else {
        return Err(invalid("", "an object", &value));
    };
    let mut draft = Draft::default();
    for (key, value) in object.into_members() {
        if !value.is_null() {
            draft.field(key, value)?;
        }
    }
    draft.finish()
}

/// A request being read.
#[derive(Default)]
struct Draft<'a> {
    request: Request<'a>,
    max_completion_tokens: Option<u64>,
    reasoning: Asked<'a>,
    effort: Option<Text<'a>>,
    safety_identifier: Option<Text<'a>>,
    function_call: Option<Value<'a>>,
    functions: bool,
    seen_messages: bool,
}

impl<'a> Draft<'a> {
    fn field(&mut self, key: Text<'a>, value: Value<'a>) -> Result<(), Error> {
        let request = &mut self.request;
        let name = key.decode().into_owned();
        match name.as_str() {
            "model" => request.model = text("model", value)?,
            "messages" => {
                self.seen_messages = true;
                request.messages = messages(value, &mut request.legacy_functions)?;
            }
            "tools" => {
                if tools::says_more(&value) {
                    request.own.push((key, value.clone()));
                }
                request.tools.extend(tools::tools(value)?);
            }
            "functions" => {
                self.functions = true;
                request.tools.extend(tools::functions(value)?);
            }
            "web_search_options" => request.tools.push(tools::web_search(value)?),
            "tool_choice" => {
                if value.as_str().is_some_and(|word| word.is("any")) {
                    request.own.push((key, value.clone()));
                }
                request.tool_choice = Some(tools::choice(value)?);
            }
            "function_call" => {
                self.function_call = Some(value.clone());
                request.tool_choice = Some(tools::function_call(value)?);
            }
            "parallel_tool_calls" => request.parallel_tool_calls = Some(truth(&name, &value)?),
            "max_tokens" => request.max_tokens = Some(count(&name, &value)?),
            "max_completion_tokens" => {
                self.max_completion_tokens = Some(count(&name, &value)?);
                request.own.push((key, value));
            }
            "temperature" => request.temperature = Some(number(&name, &value)?),
            "top_p" => request.top_p = Some(number(&name, &value)?),
            "top_k" => request.top_k = Some(number(&name, &value)?),
            "frequency_penalty" => request.frequency_penalty = Some(number(&name, &value)?),
            "presence_penalty" => request.presence_penalty = Some(number(&name, &value)?),
            "seed" => request.seed = Some(number(&name, &value)?),
            "n" => request.n = Some(count(&name, &value)?),
            "stop" => request.stop = stop(value)?,
            "reasoning_effort" | "thinking" | "reasoning" => {
                match (self.reasoning.field(&name, &value)?, value) {
                    (false, value) => request.extra.push((key, value)),
                    (true, Value::String(word)) => self.effort = Some(word),
                    (true, value) => request.own.push((key, value)),
                }
            }
            "response_format" => match response_format(&value)? {
                Some(format) => request.response_format = Some(format),
                None => request.extra.push((key, value)),
            },
            "stream" => request.stream = truth(&name, &value)?,
            "stream_options" => {
                let options = object(&name, value.clone())?;
                request.include_usage = options.bool("include_usage").unwrap_or(false);
                request.own.push((key, value));
            }
            "user" => request.user = Some(text(&name, value)?),
            "safety_identifier" => self.safety_identifier = Some(text(&name, value)?),
            "service_tier" => request.service_tier = Some(text(&name, value)?),
            "top_logprobs" => request.top_logprobs = Some(count(&name, &value)?),
            "metadata" => request.metadata = Some(object(&name, value)?),
            "audio" => request.audio = Some(object(&name, value)?),
            "modalities" => request.modalities = words(&name, value)?,
            _ => match (name.as_str(), value.as_bool()) {
                ("logprobs", Some(wanted)) => request.logprobs = Some(wanted),
                // Some hosts have numbers there.
                _ => request.extra.push((key, value)),
            },
        }
        Ok(())
    }

    fn finish(self) -> Result<Request<'a>, Error> {
        let mut request = self.request;
        // When both are there the newer name counts.
        request.max_tokens = self.max_completion_tokens.or(request.max_tokens);
        request.reasoning = self.reasoning.finish();
        if let Some(word) = self.effort
            && request
                .owns("thinking")
                .or(request.owns("reasoning"))
                .is_some()
        {
            let name = Text::from("reasoning_effort");
            request.own.push((name, Value::String(word)));
        }
        if let Some(identifier) = self.safety_identifier {
            if let Some(user) = request.user.clone() {
                request.own.push((Text::from("user"), Value::String(user)));
            }
            let value = Value::String(identifier.clone());
            request.own.push((Text::from("safety_identifier"), value));
            request.user.get_or_insert(identifier);
        }
        // A conversation that went over to tools is answered with them.
        request.legacy_functions =
            self.functions || (request.legacy_functions && request.tools.is_empty());
        if let Some(choice) = self.function_call.filter(|_| !self.functions) {
            request.own.push((Text::from("function_call"), choice));
        }
        if !self.seen_messages {
            return Err(missing("messages"));
        }
        ids::complete(&mut request.messages)?;
        Ok(request)
    }
}

pub(super) fn invalid(path: &str, expected: &str, found: &Value<'_>) -> Error {
    let message = format!("`{path}`: found {}, expected {expected}", found.kind_name());
    Error::new(ErrorKind::InvalidRequest, message).with_param(path)
}

/// A word that is none of those expected.
pub(super) fn odd_word(path: &str, word: &str, expected: &str) -> Error {
    let message = format!("`{path}`: found {word:?}, expected {expected}");
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

/// An array of strings.
fn words<'a>(path: &str, value: Value<'a>) -> Result<Vec<Text<'a>>, Error> {
    let list = items(path, value)?.into_iter().enumerate();
    list.map(|(index, item)| text(&format!("{path}[{index}]"), item))
        .collect()
}

fn messages<'a>(value: Value<'a>, legacy: &mut bool) -> Result<Vec<Message<'a>>, Error> {
    let list = items("messages", value)?.into_iter().enumerate();
    list.map(|(index, item)| message(&format!("messages[{index}]"), item, legacy))
        .collect()
}

fn message<'a>(path: &str, value: Value<'a>, legacy: &mut bool) -> Result<Message<'a>, Error> {
    let object = object(path, value)?;
    let word = object
        .str("role")
        .ok_or_else(|| missing(&format!("{path}.role")))?;
    let role = match word.decode().as_ref() {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => Role::Tool,
        "function" => {
            *legacy = true;
            Role::Tool
        }
        other => {
            let expected = "system, developer, user, assistant, tool or function";
            return Err(odd_word(&format!("{path}.role"), other, expected));
        }
    };
    *legacy |= object.object("function_call").is_some();
    let mut content = match role {
        Role::Tool => vec![parts::tool_result(path, &object)?],
        Role::Assistant => parts::assistant(path, &object)?,
        _ => parts::content(&format!("{path}.content"), object.get("content"))?,
    };
    if let Some(marker) = object.get("cache_control").filter(|value| !value.is_null()) {
        parts::mark_last(&mut content, marker);
    }
    Ok(Message {
        role,
        name: object.str("name").cloned(),
        content,
        extra: parts::extra(role, object),
    })
}

fn stop(value: Value<'_>) -> Result<Vec<Text<'_>>, Error> {
    match value {
        Value::String(text) => Ok(vec![text]),
        value => words("stop", value),
    }
}

/// `None` for a type that only some hosts have.
fn response_format<'a>(value: &Value<'a>) -> Result<Option<ResponseFormat<'a>>, Error> {
    let format = object("response_format", value.clone())?;
    let kind = format
        .str("type")
        .ok_or_else(|| missing("response_format.type"))?;
    Ok(match kind.decode().as_ref() {
        "text" => Some(ResponseFormat::Text),
        "json_object" if format.members().len() == 1 => Some(ResponseFormat::JsonObject),
        "json_schema" => match format.object("json_schema") {
            Some(schema) => Some(ResponseFormat::JsonSchema {
                name: schema.str("name").cloned(),
                description: schema.str("description").cloned(),
                schema: schema.object("schema").map(Object::raw),
                strict: schema.bool("strict"),
            }),
            None => return Err(missing("response_format.json_schema")),
        },
        _ => None,
    })
}

#[cfg(test)]
mod tests;
