//! Reads a client's request: its prompt is one user's message.

use crate::chat::{Error, ErrorKind, Message, Part, Request, Role};
use crate::dialect::not_json;
use crate::json::{self, Text, Value};

/// Reads a request.
///
/// # Errors
/// A 400 that names the field, with what was found and what was expected.
pub fn read(body: &[u8]) -> Result<Request<'_>, Error> {
    let value = json::parse(body).map_err(not_json)?;
    let Value::Object(object) = value else {
        let found = value.kind_name();
        let message = format!("The request body: found {found}, expected an object");
        return Err(Error::new(ErrorKind::InvalidRequest, message));
    };
    let mut request = Request::default();
    for (key, value) in object.into_members() {
        if value.is_null() {
            continue;
        }
        let name = key.decode();
        match name.as_ref() {
            "model" => request.model = text(&name, value)?,
            "prompt" => request.messages = vec![user(prompt(value)?)],
            "max_tokens" => request.max_tokens = Some(count(&name, &value)?),
            "n" => request.n = Some(count(&name, &value)?),
            "temperature" => request.temperature = Some(number(&name, &value)?),
            "top_p" => request.top_p = Some(number(&name, &value)?),
            "top_k" => request.top_k = Some(number(&name, &value)?),
            "frequency_penalty" => request.frequency_penalty = Some(number(&name, &value)?),
            "presence_penalty" => request.presence_penalty = Some(number(&name, &value)?),
            "seed" => request.seed = Some(number(&name, &value)?),
            "stop" => request.stop = stop(value)?,
            "user" => request.user = Some(text(&name, value)?),
            "logprobs" => {
                request.logprobs = Some(true);
                let most = count(&name, &value)?;
                request.top_logprobs = (most > 0).then_some(most);
            }
            "stream" => {
                let truth = value.as_bool();
                request.stream = truth.ok_or_else(|| invalid(&name, "true or false", &value))?;
            }
            "stream_options" => {
                let asked = value.as_object().and_then(|o| o.bool("include_usage"));
                request.include_usage = asked.unwrap_or(false);
            }
            _ if says_nothing(&name, &value) => {}
            _ => request.extra.push((key, value)),
        }
    }
    if request.messages.is_empty() {
        let message = "`prompt`: missing";
        return Err(Error::new(ErrorKind::InvalidRequest, message).with_param("prompt"));
    }
    Ok(request)
}

/// Whether a field has the value that it has anyway.
fn says_nothing(name: &str, value: &Value<'_>) -> bool {
    match (name, value) {
        ("echo", Value::Bool(false)) => true,
        ("suffix", Value::String(text)) => text.is_empty(),
        ("best_of", value) => value.as_u64() == Some(1),
        ("logit_bias", Value::Object(bias)) => bias.members().is_empty(),
        _ => false,
    }
}

fn user(text: Text<'_>) -> Message<'_> {
    Message {
        role: Role::User,
        name: None,
        content: vec![Part::Text {
            text,
            cache_control: None,
            signature: None,
        }],
        extra: Vec::new(),
    }
}

/// A string, or an array of one: an answer to several prompts has no counterpart in a chat, nor have token numbers.
fn prompt(value: Value<'_>) -> Result<Text<'_>, Error> {
    let refuse = |what: &str| {
        let message = format!(
            "`prompt`: found {what}, expected a string or an array of one string: nothing else can be asked of this model's provider"
        );
        Error::new(ErrorKind::InvalidRequest, message).with_param("prompt")
    };
    let list = match value {
        Value::String(text) => return Ok(text),
        Value::Array(list) => list.into_items(),
        other => return Err(refuse(other.kind_name())),
    };
    let count = list.len();
    let mut list = list.into_iter();
    match (list.next(), count) {
        (Some(Value::String(text)), 1) => Ok(text),
        (Some(Value::String(_)), _) => Err(refuse(&format!("{count} prompts"))),
        (Some(Value::Number(_) | Value::Array(_)), _) => Err(refuse("token numbers")),
        (Some(other), _) => Err(refuse(&format!("an array of {}", other.kind_name()))),
        (None, _) => Err(refuse("an empty array")),
    }
}

fn invalid(path: &str, expected: &str, found: &Value<'_>) -> Error {
    let message = format!("`{path}`: found {}, expected {expected}", found.kind_name());
    Error::new(ErrorKind::InvalidRequest, message).with_param(path)
}

fn text<'a>(path: &str, value: Value<'a>) -> Result<Text<'a>, Error> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(invalid(path, "a string", &other)),
    }
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

fn stop(value: Value<'_>) -> Result<Vec<Text<'_>>, Error> {
    match value {
        Value::String(text) => Ok(vec![text]),
        Value::Array(list) => {
            let list = list.into_items().into_iter().enumerate();
            list.map(|(index, item)| text(&format!("stop[{index}]"), item))
                .collect()
        }
        other => Err(invalid("stop", "a string or an array of strings", &other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_is_one_users_message() {
        for prompt in [r#""a\nb""#, r#"["a\nb"]"#] {
            let body = format!(
                r#"{{"model":"m","prompt":{prompt},"logprobs":0,"echo":false,"best_of":1,"suffix":null,"logit_bias":{{}}}}"#
            );
            let request = read(body.as_bytes()).expect("valid");
            let [message] = request.messages.as_slice() else {
                panic!("one message");
            };
            assert!(
                matches!(message.content.as_slice(), [Part::Text { text, .. }] if text.is("a\nb"))
            );
            assert!(request.extra.is_empty());
            assert_eq!((request.logprobs, request.top_logprobs), (Some(true), None));
        }
        let said = br#"{"prompt":"x","echo":true,"suffix":"y","best_of":2}"#;
        assert_eq!(read(said).expect("valid").extra.len(), 3);
    }

    #[test]
    fn what_no_chat_can_be_asked_is_refused() {
        for (body, param) in [
            (r#"{"prompt":["a","b"]}"#, "prompt"),
            (r#"{"prompt":[1,2]}"#, "prompt"),
            (r#"{"prompt":[[1,2]]}"#, "prompt"),
            (r#"{"prompt":[]}"#, "prompt"),
            (r#"{"prompt":{}}"#, "prompt"),
            ("{}", "prompt"),
            (r#"{"prompt":"x","max_tokens":-1}"#, "max_tokens"),
            (r#"{"prompt":"x","stop":[1]}"#, "stop[0]"),
            (r#"{"prompt":"x","logprobs":true}"#, "logprobs"),
        ] {
            let error = read(body.as_bytes()).expect_err(body);
            assert_eq!(error.param.as_deref(), Some(param), "{body}");
            assert_eq!(error.status, 400);
        }
    }
}
