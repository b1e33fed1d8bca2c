//! The parts of a client's messages.

use super::read::{invalid, items, missing, object};
use crate::chat::{Arguments, Error, ErrorKind, Media, MediaSource, Part};
use crate::json::{Object, Text, Value};

/// A message's content: a string, an array of parts, or nothing.
pub(super) fn content<'a>(path: &str, value: Option<&Value<'a>>) -> Result<Vec<Part<'a>>, Error> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![plain(text.clone())]),
        Some(Value::Array(array)) => {
            let list = array.items().iter().enumerate();
            list.map(|(index, item)| part(&format!("{path}[{index}]"), item))
                .collect()
        }
        Some(other) => Err(invalid(path, "a string or an array of parts", other)),
    }
}

fn plain(text: Text<'_>) -> Part<'_> {
    Part::Text {
        text,
        cache_control: None,
        signature: None,
    }
}

fn part<'a>(path: &str, value: &Value<'a>) -> Result<Part<'a>, Error> {
    let part = match value {
        Value::String(text) => return Ok(plain(text.clone())),
        value => object(path, value.clone())?,
    };
    let kind = part
        .str("type")
        .ok_or_else(|| missing(&format!("{path}.type")))?;
    let cache_control = part
        .get("cache_control")
        .filter(|value| !value.is_null())
        .cloned();
    let need = |key: &str| {
        let found = part.str(key).cloned();
        found.ok_or_else(|| missing(&format!("{path}.{key}")))
    };
    match kind.decode().as_ref() {
        "text" | "input_text" | "output_text" => Ok(Part::Text {
            text: need("text")?,
            cache_control,
            signature: None,
        }),
        "refusal" => Ok(Part::Refusal {
            text: need("refusal")?,
        }),
        "image_url" => image(path, &part, cache_control),
        "input_audio" => {
            let audio = part
                .object("input_audio")
                .ok_or_else(|| missing(&format!("{path}.input_audio")))?;
            let need = |key: &str| {
                let found = audio.str(key).cloned();
                found.ok_or_else(|| missing(&format!("{path}.input_audio.{key}")))
            };
            let media_type = Text::from(format!("audio/{}", need("format")?.decode()));
            let data = need("data")?;
            Ok(Part::Audio {
                media: MediaSource::Base64 { media_type, data }.into(),
            })
        }
        "file" => file(path, &part, cache_control),
        _ => Ok(Part::Other {
            kind: kind.clone(),
            value: part,
        }),
    }
}

fn image<'a>(
    path: &str,
    part: &Object<'a>,
    cache_control: Option<Value<'a>>,
) -> Result<Part<'a>, Error> {
    let (url, detail) = match part.get("image_url") {
        // Some clients send the URL itself.
        Some(Value::String(url)) => (url.clone(), None),
        Some(Value::Object(image)) => {
            let url = image
                .str("url")
                .ok_or_else(|| missing(&format!("{path}.image_url.url")))?;
            (url.clone(), image.str("detail").cloned())
        }
        Some(other) => return Err(invalid(&format!("{path}.image_url"), "an object", other)),
        None => return Err(missing(&format!("{path}.image_url"))),
    };
    Ok(Part::Image {
        media: media(&format!("{path}.image_url.url"), url)?,
        detail,
        cache_control,
    })
}

fn file<'a>(
    path: &str,
    part: &Object<'a>,
    cache_control: Option<Value<'a>>,
) -> Result<Part<'a>, Error> {
    let file = part
        .object("file")
        .ok_or_else(|| missing(&format!("{path}.file")))?;
    let media = match (file.str("file_data"), file.str("file_id")) {
        (Some(data), _) => media(&format!("{path}.file.file_data"), data.clone())?,
        (None, Some(id)) => MediaSource::File(id.clone()).into(),
        (None, None) => return Err(missing(&format!("{path}.file.file_data"))),
    };
    Ok(Part::Document {
        media,
        name: file.str("filename").cloned(),
        cache_control,
    })
}

/// An URL, or what a `data:` URL holds.
fn media<'a>(path: &str, url: Text<'a>) -> Result<Media<'a>, Error> {
    if !url.decode().starts_with("data:") {
        return Ok(MediaSource::Url(url).into());
    }
    let broken = || {
        let message =
            format!("`{path}`: expected a data URL with base64, such as data:image/png;base64,…");
        Error::new(ErrorKind::InvalidRequest, message).with_param(path)
    };
    // A data URL that was spelled without escapes can be cut where it stands.
    let (media_type, data) = match url {
        Text::Escaped(source) if !source.contains('\\') => {
            let (kind, data) = split(source).ok_or_else(broken)?;
            (Text::Escaped(kind), Text::Escaped(data))
        }
        url => {
            let decoded = url.decode().into_owned();
            let (kind, data) = split(&decoded).ok_or_else(broken)?;
            (Text::from(kind.to_owned()), Text::from(data.to_owned()))
        }
    };
    Ok(MediaSource::Base64 { media_type, data }.into())
}

fn split(url: &str) -> Option<(&str, &str)> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    let (kind, _) = head.split_once(";base64")?;
    // Parameters such as a charset are no part of the type.
    let kind = kind.split_once(';').map_or(kind, |(kind, _)| kind);
    (!kind.is_empty()).then_some((kind, data))
}

/// The content of an assistant's message: thinking first, then text, then calls.
pub(super) fn assistant<'a>(path: &str, message: &Object<'a>) -> Result<Vec<Part<'a>>, Error> {
    let mut parts = thinking(message);
    parts.extend(content(&format!("{path}.content"), message.get("content"))?);
    if let Some(text) = message.str("refusal") {
        parts.push(Part::Refusal { text: text.clone() });
    }
    if let Some(calls) = message.get("tool_calls").filter(|value| !value.is_null()) {
        let list = items(&format!("{path}.tool_calls"), calls.clone())?
            .into_iter()
            .enumerate();
        for (index, call) in list {
            parts.push(tool_call(&format!("{path}.tool_calls[{index}]"), call)?);
        }
    }
    if let Some(call) = message.object("function_call") {
        // The legacy form has no ids: the name stands for one, as in its result.
        let name = call
            .str("name")
            .ok_or_else(|| missing(&format!("{path}.function_call.name")))?;
        parts.push(Part::ToolCall {
            id: name.clone(),
            name: name.clone(),
            arguments: Arguments::Text(call.str("arguments").cloned().unwrap_or_default()),
            cache_control: None,
            signature: None,
        });
    }
    Ok(parts)
}

/// LiteLLM's `thinking_blocks`, else the bare `reasoning_content`.
fn thinking<'a>(message: &Object<'a>) -> Vec<Part<'a>> {
    let blocks = message
        .array("thinking_blocks")
        .map(|array| array.items())
        .unwrap_or_default();
    let read = blocks.iter().filter_map(|block| {
        let block = block.as_object()?;
        if let Some(data) = block.str("data") {
            return Some(Part::RedactedReasoning { data: data.clone() });
        }
        Some(Part::Reasoning {
            text: block.str("thinking")?.clone(),
            signature: block.str("signature").cloned(),
        })
    });
    let parts: Vec<Part<'a>> = read.collect();
    if !parts.is_empty() {
        return parts;
    }
    let bare = message
        .str("reasoning_content")
        .or(message.str("reasoning"));
    let bare = bare.filter(|text| !text.is_empty());
    let part = bare.map(|text| Part::Reasoning {
        text: text.clone(),
        signature: None,
    });
    part.into_iter().collect()
}

fn tool_call<'a>(path: &str, value: Value<'a>) -> Result<Part<'a>, Error> {
    let call = object(path, value)?;
    let kind = call
        .str("type")
        .cloned()
        .unwrap_or_else(|| Text::from("function"));
    if !kind.is("function") {
        return Ok(Part::Other { kind, value: call });
    }
    let function = call
        .object("function")
        .ok_or_else(|| missing(&format!("{path}.function")))?;
    let name = function
        .str("name")
        .ok_or_else(|| missing(&format!("{path}.function.name")))?;
    let arguments = match function.get("arguments") {
        None | Some(Value::Null) => Arguments::Text(Text::default()),
        Some(Value::String(text)) => Arguments::Text(text.clone()),
        // Not OpenAI's form, but meant unmistakably.
        Some(Value::Object(object)) => Arguments::Json(object.raw()),
        Some(other) => {
            return Err(invalid(
                &format!("{path}.function.arguments"),
                "a string",
                other,
            ));
        }
    };
    Ok(Part::ToolCall {
        // Some hosts leave it out; the name tells the call then, as in the legacy form.
        id: call.str("id").unwrap_or(name).clone(),
        name: name.clone(),
        arguments,
        cache_control: call.get("cache_control").cloned(),
        signature: None,
    })
}

/// A tool message: one result.
pub(super) fn tool_result<'a>(path: &str, message: &Object<'a>) -> Result<Part<'a>, Error> {
    // Legacy `function` messages name the function instead of the call.
    let legacy = message.str("role").is_some_and(|role| role.is("function"));
    let key = if legacy { "name" } else { "tool_call_id" };
    let id = message
        .str(key)
        .ok_or_else(|| missing(&format!("{path}.{key}")))?;
    Ok(Part::ToolResult {
        id: id.clone(),
        name: message.str("name").cloned().unwrap_or_default(),
        content: content(&format!("{path}.content"), message.get("content"))?,
        is_error: message.bool("is_error").unwrap_or(false),
        cache_control: message.get("cache_control").cloned(),
    })
}
