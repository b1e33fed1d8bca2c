//! The conversation's messages.

use crate::chat::{Arguments, Error, ErrorKind, Media, MediaSource, Message, Part, Role};
use crate::dialect::Wire;
use crate::json::{Text, Writer};

pub(super) fn write(w: &mut Writer<'_>, path: &str, message: &Message<'_>) -> Result<(), Error> {
    // Tools' results are messages of their own here, and must come before what else their message says.
    let mut rest: Vec<&Part<'_>> = Vec::new();
    let mut media: Vec<&Part<'_>> = Vec::new();
    for part in &message.content {
        match part {
            Part::ToolResult {
                id,
                content,
                is_error,
                ..
            } => tool_message(w, id, content, *is_error, &mut media),
            other => rest.push(other),
        }
    }
    if !media.is_empty() {
        // This wire's tool messages hold text only: what else a tool gave follows as the user's.
        rest.splice(0..0, media);
    }
    if rest.is_empty()
        && (message
            .content
            .iter()
            .any(|part| matches!(part, Part::ToolResult { .. }))
            || message.role == Role::Tool)
    {
        return Ok(());
    }
    let role = match message.role {
        Role::System => "system",
        Role::Developer => "developer",
        Role::User | Role::Tool => "user",
        Role::Assistant => return assistant(w, path, &rest),
    };
    w.begin_object();
    w.field_str("role", role);
    if let Some(name) = &message.name {
        w.field_text("name", name);
    }
    w.key("content");
    write_parts(w, path, &rest)?;
    w.end_object();
    Ok(())
}

fn tool_message<'p, 'a>(
    w: &mut Writer<'_>,
    id: &Text<'_>,
    content: &'p [Part<'a>],
    is_error: bool,
    media: &mut Vec<&'p Part<'a>>,
) {
    let mut text = String::new();
    for part in content {
        match part {
            Part::Text { text: piece, .. } => {
                if !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(&piece.decode());
            }
            Part::Other { value, .. } => text.push_str(value.raw()),
            other => media.push(other),
        }
    }
    if is_error && text.is_empty() {
        text.push_str("error");
    }
    w.begin_object();
    w.field_str("role", "tool");
    w.field_text("tool_call_id", id);
    w.field_str("content", &text);
    w.end_object();
}

/// An assistant's turn. Its thinking is left out: this wire's providers refuse it, and make their own anew.
fn assistant(w: &mut Writer<'_>, path: &str, parts: &[&Part<'_>]) -> Result<(), Error> {
    w.begin_object();
    w.field_str("role", "assistant");
    let text: Vec<&Part<'_>> = parts
        .iter()
        .filter(|part| matches!(part, Part::Text { .. }))
        .copied()
        .collect();
    w.key("content");
    if text.is_empty() {
        w.null();
    } else {
        write_parts(w, path, &text)?;
    }
    let mut calls = false;
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Text { .. }
            | Part::Reasoning { .. }
            | Part::RedactedReasoning { .. }
            | Part::ToolCall { .. } => {}
            Part::Refusal { text } => w.field_text("refusal", text),
            other => return Err(unsupported_part(&format!("{path}.content[{index}]"), other)),
        }
    }
    for part in parts {
        let Part::ToolCall {
            id,
            name,
            arguments,
            ..
        } = part
        else {
            continue;
        };
        if !calls {
            w.key("tool_calls");
            w.begin_array();
            calls = true;
        }
        w.begin_object();
        w.field_text("id", id);
        w.field_str("type", "function");
        w.key("function");
        w.begin_object();
        w.field_text("name", name);
        match arguments {
            Arguments::Json(json) => w.field_str("arguments", json),
            Arguments::Text(text) => w.field_text("arguments", text),
        }
        w.end_object();
        w.end_object();
    }
    if calls {
        w.end_array();
    }
    w.end_object();
    Ok(())
}

fn write_parts(w: &mut Writer<'_>, path: &str, parts: &[&Part<'_>]) -> Result<(), Error> {
    if let [Part::Text { text, .. }] = parts {
        w.text(text);
        return Ok(());
    }
    w.begin_array();
    for (index, part) in parts.iter().enumerate() {
        w.begin_object();
        match part {
            Part::Text { text, .. } => {
                w.field_str("type", "text");
                w.field_text("text", text);
            }
            Part::Image { media, detail, .. } => {
                w.field_str("type", "image_url");
                w.key("image_url");
                w.begin_object();
                w.field_str("url", &url(&format!("{path}.content[{index}]"), media)?);
                if let Some(detail) = detail {
                    w.field_text("detail", detail);
                }
                w.end_object();
            }
            Part::Document { media, name, .. } => {
                document(w, &format!("{path}.content[{index}]"), media, name.as_ref())?
            }
            Part::Audio { media } => {
                let MediaSource::Base64 { media_type, data } = &media.source else {
                    return Err(unsupported_part(&format!("{path}.content[{index}]"), part));
                };
                let kind = media_type.decode();
                w.field_str("type", "input_audio");
                w.key("input_audio");
                w.begin_object();
                w.field_text("data", data);
                w.field_str("format", kind.strip_prefix("audio/").unwrap_or(&kind));
                w.end_object();
            }
            other => return Err(unsupported_part(&format!("{path}.content[{index}]"), other)),
        }
        w.end_object();
    }
    w.end_array();
    Ok(())
}

fn document(
    w: &mut Writer<'_>,
    path: &str,
    media: &Media<'_>,
    name: Option<&Text<'_>>,
) -> Result<(), Error> {
    if let MediaSource::Text(text) = &media.source {
        w.field_str("type", "text");
        w.field_text("text", text);
        return Ok(());
    }
    w.field_str("type", "file");
    w.key("file");
    w.begin_object();
    match &media.source {
        MediaSource::File(id) => w.field_text("file_id", id),
        MediaSource::Base64 { .. } => {
            w.field_text("filename", name.unwrap_or(&Text::from("document.pdf")));
            w.field_str("file_data", &url(path, media)?);
        }
        _ => {
            return Err(Error::unsupported(
                format!("{path}.source.url"),
                Wire::OpenAi.name(),
            ));
        }
    }
    w.end_object();
    Ok(())
}

/// An URL of the medium: its own, or a `data:` URL of its bytes.
fn url(path: &str, media: &Media<'_>) -> Result<String, Error> {
    match &media.source {
        MediaSource::Url(url) => Ok(url.decode().into_owned()),
        MediaSource::Base64 { media_type, data } => Ok(format!(
            "data:{};base64,{}",
            media_type.decode(),
            data.decode()
        )),
        _ => Err(Error::unsupported(
            format!("{path}.source"),
            Wire::OpenAi.name(),
        )),
    }
}

fn unsupported_part(path: &str, part: &Part<'_>) -> Error {
    let kind = match part {
        Part::Other { kind, .. } => kind.decode().into_owned(),
        Part::ToolCall { .. } => "tool_use".to_owned(),
        Part::Reasoning { .. } | Part::RedactedReasoning { .. } => "thinking".to_owned(),
        _ => "this part".to_owned(),
    };
    let message = format!(
        "`{path}`: a part of type `{kind}` is not supported by {}",
        Wire::OpenAi.name()
    );
    Error::new(ErrorKind::Unsupported, message).with_param(path)
}
