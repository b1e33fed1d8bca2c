//! Content blocks.

use super::Draft;
use super::messages::is_blank;
use crate::chat::{Arguments, Error, ErrorKind, Media, MediaSource, Part};
use crate::dialect::Wire;
use crate::dialect::anthropic::{LEGAL, media};
use crate::json::{self, Text, Value, Writer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The beta that files kept by the provider need.
const FILES_BETA: &str = "files-api-2025-04-14";

/// A part's own prompt-cache marker.
pub(super) fn marker<'p, 'a>(part: &'p Part<'a>) -> Option<&'p Value<'a>> {
    match part {
        Part::Text { cache_control, .. }
        | Part::Image { cache_control, .. }
        | Part::Document { cache_control, .. }
        | Part::ToolCall { cache_control, .. }
        | Part::ToolResult { cache_control, .. } => cache_control.as_ref(),
        _ => None,
    }
}

/// A block of text.
pub(super) fn text(
    w: &mut Writer<'_>,
    draft: &mut Draft<'_, '_>,
    text: &Text<'_>,
    marker: Option<&Value<'_>>,
) {
    w.begin_object();
    w.field_str("type", "text");
    w.field_text("text", text);
    draft.marker(w, marker);
    w.end_object();
}

/// Writes a part as a block.
///
/// # Errors
/// A 400 that names a part which the wire or its host cannot say.
pub(super) fn write(
    w: &mut Writer<'_>,
    draft: &mut Draft<'_, '_>,
    path: &str,
    part: &Part<'_>,
    marker: Option<&Value<'_>>,
) -> Result<(), Error> {
    if let Some(own) = draft.kept(path) {
        w.value(own);
        return Ok(());
    }
    match part {
        Part::Text { text, .. } => {
            self::text(w, draft, text, marker);
            return Ok(());
        }
        Part::Refusal { text } => {
            self::text(w, draft, text, None);
            return Ok(());
        }
        Part::Audio { .. } => return Err(unsupported(path, "a part of type `input_audio`")),
        Part::Video { .. } => return Err(unsupported(path, "a part of type `video`")),
        Part::Other { value, .. } if draft.own => {
            w.raw(value.raw());
            return Ok(());
        }
        Part::Other { kind, .. } => {
            let what = format!("a part of type `{}`", kind.decode());
            return Err(unsupported(path, &what));
        }
        _ => {}
    }
    w.begin_object();
    match part {
        Part::Image { media, .. } => {
            w.field_str("type", "image");
            source(w, draft, path, media)?;
        }
        Part::Document { media, name, .. } => document(w, draft, path, media, name.as_ref())?,
        Part::ToolCall {
            id,
            name,
            arguments,
            ..
        } => {
            w.field_str("type", "tool_use");
            w.field_text("id", &LEGAL.make(id));
            w.field_text("name", &LEGAL.make(name));
            w.field_raw("input", &input(path, arguments)?);
        }
        Part::ToolResult {
            id,
            content,
            is_error,
            ..
        } => {
            w.field_str("type", "tool_result");
            w.field_text("tool_use_id", &LEGAL.make(id));
            result(w, draft, path, content)?;
            if *is_error {
                w.field_bool("is_error", true);
            }
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
        _ => {}
    }
    draft.marker(w, marker);
    w.end_object();
    Ok(())
}

fn source(
    w: &mut Writer<'_>,
    draft: &mut Draft<'_, '_>,
    path: &str,
    media: &Media<'_>,
) -> Result<(), Error> {
    match &media.source {
        MediaSource::Url(_) => draft.host.takes_urls(path)?,
        MediaSource::File(_) if !draft.host.has_own_tools() => {
            return Err(unsupported(path, "a file by its id at this host"));
        }
        MediaSource::File(_) => draft.betas.push(FILES_BETA),
        _ => {}
    }
    media::write(w, path, media)
}

/// A document: what is an image is one here, and what is text is text.
fn document(
    w: &mut Writer<'_>,
    draft: &mut Draft<'_, '_>,
    path: &str,
    media: &Media<'_>,
    name: Option<&Text<'_>>,
) -> Result<(), Error> {
    let mut own = None;
    if let MediaSource::Base64 { media_type, data } = &media.source {
        let kind = media_type.decode().to_ascii_lowercase();
        if kind.starts_with("image/") {
            w.field_str("type", "image");
            return source(w, draft, path, media);
        }
        if kind.starts_with("text/") || kind == "application/json" {
            let bytes = STANDARD.decode(data.decode().trim().as_bytes()).ok();
            let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            let text = text.ok_or_else(|| unsupported(path, "text that is not base64 of UTF-8"))?;
            own = Some(Media::from(MediaSource::Text(Text::from(text))));
        } else if kind != "application/pdf" {
            return Err(unsupported(path, &format!("a file of type `{kind}`")));
        }
    }
    w.field_str("type", "document");
    source(w, draft, path, own.as_ref().unwrap_or(media))?;
    if let Some(name) = name {
        w.field_text("title", name);
    }
    Ok(())
}

fn result(
    w: &mut Writer<'_>,
    draft: &mut Draft<'_, '_>,
    path: &str,
    content: &[Part<'_>],
) -> Result<(), Error> {
    let kept: Vec<&Part<'_>> = content.iter().filter(|part| !is_blank(part)).collect();
    match kept.as_slice() {
        [] => {}
        [
            Part::Text {
                text,
                cache_control: None,
                ..
            },
        ] => w.field_text("content", text),
        parts => {
            w.key("content");
            w.begin_array();
            for part in parts {
                // Parts inside have no names of their own.
                write(w, draft, &format!("{path}.content"), part, marker(part))?;
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

/// The error of content that cannot be said: it is never dropped.
pub(super) fn unsupported(path: &str, what: &str) -> Error {
    let message = format!(
        "`{path}`: {what} is not supported by {}",
        Wire::Anthropic.name()
    );
    Error::new(ErrorKind::Unsupported, message).with_param(path)
}
