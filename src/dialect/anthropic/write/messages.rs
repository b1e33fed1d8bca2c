//! The conversation: `system` and `messages`.
//!
//! Leading system messages are lifted out; neighbours of one role are merged; tools' results come first in the user's
//! turn that follows their calls; an assistant's turn has its thinking first, then text, then calls.

use super::super::LEGAL;
use super::super::media;
use super::Draft;
use crate::chat::{Arguments, Error, ErrorKind, Message, Part, Request, Role};
use crate::dialect::Wire;
use crate::json::{self, Text, Value, Writer};

/// A turn: neighbouring messages of one role, each part with its place in the request.
struct Turn<'r, 'a> {
    assistant: bool,
    parts: Vec<(usize, usize, &'r Part<'a>)>,
}

pub(super) fn write(
    w: &mut Writer<'_>,
    request: &Request<'_>,
    draft: &mut Draft<'_, '_>,
) -> Result<(), Error> {
    let is_system = |message: &&Message<'_>| matches!(message.role, Role::System | Role::Developer);
    let leading = request.messages.iter().take_while(is_system).count();
    system(w, request.messages.get(..leading).unwrap_or_default());
    let mut turns: Vec<Turn<'_, '_>> = Vec::new();
    for (index, message) in request.messages.iter().enumerate().skip(leading) {
        if message.name.is_some() {
            draft.unsupported(&format!("messages[{index}].name"))?;
        }
        let assistant = message.role == Role::Assistant;
        let parts = message
            .content
            .iter()
            .enumerate()
            .map(|(place, part)| (index, place, part));
        let parts = parts.filter(|(_, _, part)| !is_blank(part));
        match turns.last_mut().filter(|turn| turn.assistant == assistant) {
            Some(turn) => turn.parts.extend(parts),
            None => turns.push(Turn {
                assistant,
                parts: parts.collect(),
            }),
        }
    }
    turns.retain(|turn| !turn.parts.is_empty());
    w.key("messages");
    w.begin_array();
    let last = turns.len().saturating_sub(1);
    for (index, turn) in turns.iter().enumerate() {
        w.begin_object();
        w.field_str("role", if turn.assistant { "assistant" } else { "user" });
        w.key("content");
        write_turn(w, turn, index == last)?;
        w.end_object();
    }
    w.end_array();
    Ok(())
}

/// Blocks of text must not be blank, and thinking without a signature cannot be replayed.
fn is_blank(part: &Part<'_>) -> bool {
    match part {
        Part::Text { text, .. } | Part::Refusal { text } => text.decode().trim().is_empty(),
        Part::Reasoning { signature, .. } => signature.is_none(),
        _ => false,
    }
}

fn system(w: &mut Writer<'_>, messages: &[Message<'_>]) {
    let parts: Vec<&Part<'_>> = messages
        .iter()
        .flat_map(|message| &message.content)
        .filter(|part| !is_blank(part))
        .collect();
    match parts.as_slice() {
        [] => {}
        [
            Part::Text {
                text,
                cache_control: None,
                ..
            },
        ] => w.field_text("system", text),
        parts => {
            w.key("system");
            w.begin_array();
            for part in parts {
                if let Part::Text {
                    text,
                    cache_control,
                    ..
                } = part
                {
                    text_block(w, text, cache_control.as_ref());
                }
            }
            w.end_array();
        }
    }
}

fn text_block(w: &mut Writer<'_>, text: &Text<'_>, cache_control: Option<&Value<'_>>) {
    w.begin_object();
    w.field_str("type", "text");
    w.field_text("text", text);
    marker(w, cache_control);
    w.end_object();
}

fn marker(w: &mut Writer<'_>, cache_control: Option<&Value<'_>>) {
    if let Some(value) = cache_control {
        w.field_value("cache_control", value);
    }
}

/// Where a part stands in its turn.
fn rank(assistant: bool, part: &Part<'_>) -> u8 {
    match part {
        Part::ToolResult { .. } => 0,
        Part::Reasoning { .. } | Part::RedactedReasoning { .. } if assistant => 0,
        Part::ToolCall { .. } => 2,
        _ => 1,
    }
}

fn write_turn(w: &mut Writer<'_>, turn: &Turn<'_, '_>, last: bool) -> Result<(), Error> {
    if let [
        (
            _,
            _,
            Part::Text {
                text,
                cache_control: None,
                ..
            },
        ),
    ] = turn.parts.as_slice()
    {
        // A prefill must not end in blanks.
        if last && turn.assistant {
            w.string(text.decode().trim_end());
        } else {
            w.text(text);
        }
        return Ok(());
    }
    let mut parts = turn.parts.clone();
    parts.sort_by_key(|(_, _, part)| rank(turn.assistant, part));
    w.begin_array();
    let end = parts.len().saturating_sub(1);
    for (place, (message, index, part)) in parts.iter().enumerate() {
        let path = format!("messages[{message}].content[{index}]");
        match part {
            Part::Text {
                text,
                cache_control,
                ..
            } if last && turn.assistant && place == end => {
                let trimmed = Text::from(text.decode().trim_end().to_owned());
                text_block(w, &trimmed, cache_control.as_ref());
            }
            part => block(w, &path, part)?,
        }
    }
    w.end_array();
    Ok(())
}

fn block(w: &mut Writer<'_>, path: &str, part: &Part<'_>) -> Result<(), Error> {
    match part {
        Part::Text {
            text,
            cache_control,
            ..
        } => {
            text_block(w, text, cache_control.as_ref());
            return Ok(());
        }
        Part::Refusal { text } => {
            text_block(w, text, None);
            return Ok(());
        }
        _ => {}
    }
    w.begin_object();
    match part {
        Part::Image {
            media,
            cache_control,
            ..
        } => {
            w.field_str("type", "image");
            media::write(w, path, media)?;
            marker(w, cache_control.as_ref());
        }
        Part::Document {
            media,
            name,
            cache_control,
        } => {
            w.field_str("type", "document");
            media::write(w, path, media)?;
            if let Some(name) = name {
                w.field_text("title", name);
            }
            marker(w, cache_control.as_ref());
        }
        Part::ToolCall {
            id,
            name,
            arguments,
            cache_control,
            ..
        } => {
            w.field_str("type", "tool_use");
            w.field_text("id", &LEGAL.make(id));
            w.field_text("name", &LEGAL.make(name));
            w.field_raw("input", &input(path, arguments)?);
            marker(w, cache_control.as_ref());
        }
        Part::ToolResult {
            id,
            content,
            is_error,
            cache_control,
            ..
        } => {
            w.field_str("type", "tool_result");
            w.field_text("tool_use_id", &LEGAL.make(id));
            result(w, path, content)?;
            if *is_error {
                w.field_bool("is_error", true);
            }
            marker(w, cache_control.as_ref());
        }
        Part::Reasoning { text, signature } => {
            w.field_str("type", "thinking");
            w.field_text("thinking", text);
            w.field_text("signature", signature.as_ref().unwrap_or(&Text::default()));
        }
        Part::RedactedReasoning { data } => {
            w.field_str("type", "redacted_thinking");
            w.field_text("data", data);
        }
        Part::Audio { .. } => return Err(unsupported(path, "input_audio")),
        Part::Video { .. } => return Err(unsupported(path, "video")),
        Part::Other { kind, .. } => return Err(unsupported(path, &kind.decode())),
        Part::Text { .. } | Part::Refusal { .. } => {}
    }
    w.end_object();
    Ok(())
}

fn result(w: &mut Writer<'_>, path: &str, content: &[Part<'_>]) -> Result<(), Error> {
    let kept: Vec<&Part<'_>> = content.iter().filter(|part| !is_blank(part)).collect();
    match kept.as_slice() {
        [] => {}
        [Part::Text { text, .. }] => w.field_text("content", text),
        parts => {
            w.key("content");
            w.begin_array();
            for part in parts {
                block(w, path, part)?;
            }
            w.end_array();
        }
    }
    Ok(())
}

/// A call's arguments as an object.
fn input(path: &str, arguments: &Arguments<'_>) -> Result<String, Error> {
    let text = match arguments {
        Arguments::Json(json) => return Ok((*json).to_owned()),
        Arguments::Text(text) => text.decode(),
    };
    if text.trim().is_empty() {
        return Ok("{}".to_owned());
    }
    match json::parse(text.as_bytes()) {
        Ok(Value::Object(object)) => Ok(object.raw().to_owned()),
        Ok(other) => Err(broken(path, &format!("found {}", other.kind_name()))),
        Err(error) => Err(broken(path, &error.to_string())),
    }
}

fn broken(path: &str, why: &str) -> Error {
    let message = format!("`{path}`: a tool call's `arguments` must be a JSON object: {why}");
    Error::new(ErrorKind::InvalidRequest, message).with_param(path)
}

fn unsupported(path: &str, kind: &str) -> Error {
    let message = format!(
        "`{path}`: a part of type `{kind}` is not supported by {}",
        Wire::Anthropic.name()
    );
    Error::new(ErrorKind::Unsupported, message).with_param(path)
}
