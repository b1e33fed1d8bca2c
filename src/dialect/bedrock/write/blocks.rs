//! Blocks of content.

use super::media::{self, Kind};
use super::tools::cache_point;
use super::{Draft, Wire};
use crate::chat::{Arguments, Error, ErrorKind, Part};
use crate::dialect::bedrock::{LEGAL_ID, LEGAL_NAME};
use crate::json::{self, Text, Value, Writer};
use crate::order::Places;
use std::borrow::Cow;

/// A part, and its place in the request.
#[derive(Debug)]
pub(super) struct Place<'r, 'a> {
    pub(super) path: String,
    pub(super) part: &'r Part<'a>,
}

/// A block of text.
pub(super) fn text(w: &mut Writer<'_>, text: &Text<'_>) {
    w.begin_object();
    w.field_text("text", text);
    w.end_object();
}

/// Writes a part that is no result, and its cached prefix's end.
pub(super) fn write(
    w: &mut Writer<'_>,
    draft: &mut Draft<'_, '_>,
    place: &Place<'_, '_>,
) -> Result<(), Error> {
    let cache = draft.rules.cache;
    match place.part {
        Part::ToolCall {
            name, arguments, ..
        } if !draft.tools => {
            let input = input(&place.path, arguments)?;
            let told = format!("[The tool {} was called with {input}]", name.decode());
            text(w, &Text::from(told));
        }
        Part::ToolResult { content, .. } if !draft.tools => {
            text(w, &Text::from("[The tool answered:]"));
            contents(w, draft, &place.path, content)?;
        }
        Part::ToolCall {
            id,
            name,
            arguments,
            cache_control,
            ..
        } => {
            w.begin_object();
            w.key("toolUse");
            w.begin_object();
            w.field_text("toolUseId", &LEGAL_ID.make(id));
            w.field_text("name", &LEGAL_NAME.make(name));
            w.field_raw("input", &input(&place.path, arguments)?);
            w.end_object();
            w.end_object();
            cache_point(w, cache_control.as_ref(), cache);
        }
        Part::ToolResult { .. } => results(w, draft, std::slice::from_ref(place))?,
        Part::Reasoning { text, signature } => {
            w.begin_object();
            w.key("reasoningContent");
            w.begin_object();
            w.key("reasoningText");
            w.begin_object();
            w.field_text("text", text);
            if let Some(signature) = signature {
                w.field_text("signature", signature);
            }
            w.end_object();
            w.end_object();
            w.end_object();
        }
        Part::RedactedReasoning { data } => {
            w.begin_object();
            w.key("reasoningContent");
            w.begin_object();
            w.field_text("redactedContent", data);
            w.end_object();
            w.end_object();
        }
        part => {
            plain(w, draft, &place.path, part)?;
            cache_point(w, marker(part), cache);
        }
    }
    Ok(())
}

fn marker<'r, 'a>(part: &'r Part<'a>) -> Option<&'r Value<'a>> {
    match part {
        Part::Text { cache_control, .. }
        | Part::Image { cache_control, .. }
        | Part::Document { cache_control, .. }
        | Part::ToolResult { cache_control, .. } => cache_control.as_ref(),
        _ => None,
    }
}

/// Writes a part that may stand in a message and in a result.
fn plain(
    w: &mut Writer<'_>,
    draft: &mut Draft<'_, '_>,
    path: &str,
    part: &Part<'_>,
) -> Result<(), Error> {
    match part {
        Part::Text { text, .. } | Part::Refusal { text } => {
            self::text(w, text);
            Ok(())
        }
        Part::Image { media, .. } => media::write(w, path, Kind::Image, media, None),
        Part::Document { media, name, .. } => {
            let name = draft.documents.give(name.as_ref());
            media::write(w, path, Kind::Document, media, Some(&name))
        }
        Part::Audio { media } => media::write(w, path, Kind::Audio, media, None),
        Part::Video { media, .. } => media::write(w, path, Kind::Video, media, None),
        Part::Other { kind, .. } => Err(unsupported(path, &kind.decode())),
        Part::ToolCall { .. } => Err(unsupported(path, "tool call")),
        Part::ToolResult { .. } => Err(unsupported(path, "tool result")),
        Part::Reasoning { .. } | Part::RedactedReasoning { .. } => {
            Err(unsupported(path, "thinking"))
        }
    }
}

fn unsupported(path: &str, kind: &str) -> Error {
    let message = format!(
        "`{path}`: a part of type `{kind}` is not supported by {}",
        Wire::Bedrock.name()
    );
    Error::new(ErrorKind::Unsupported, message).with_param(path)
}

/// Writes the contents of a result; false where there are none.
fn contents(
    w: &mut Writer<'_>,
    draft: &mut Draft<'_, '_>,
    path: &str,
    content: &[Part<'_>],
) -> Result<bool, Error> {
    let mut any = false;
    for (index, part) in content.iter().enumerate() {
        let blank = match part {
            Part::Text { text, .. } => text.is_blank(),
            _ => false,
        };
        if !blank {
            plain(w, draft, &format!("{path}.content[{index}]"), part)?;
            any = true;
        }
    }
    Ok(any)
}

/// Writes tools' results, one block a call; other parts among them go into the last.
pub(super) fn results(
    w: &mut Writer<'_>,
    draft: &mut Draft<'_, '_>,
    places: &[Place<'_, '_>],
) -> Result<(), Error> {
    let id_of = |place: &Place<'_, '_>| match place.part {
        Part::ToolResult { id, .. } => Some(LEGAL_ID.make(id).decode().into_owned()),
        _ => None,
    };
    let mut known = Places::default();
    let mut calls: Vec<(String, Vec<&Place<'_, '_>>)> = Vec::new();
    let mut others = Vec::new();
    for place in places {
        let Some(id) = id_of(place) else {
            others.push(place);
            continue;
        };
        if known.add(&id, calls.len()) {
            calls.push((id, vec![place]));
        } else if let Some((_, mine)) = known.get(&id).and_then(|at| calls.get_mut(at)) {
            mine.push(place);
        }
    }
    if let Some((_, mine)) = calls.last_mut() {
        mine.extend(others);
    }
    for (id, mine) in &calls {
        result(w, draft, id, mine)?;
    }
    Ok(())
}

fn result(
    w: &mut Writer<'_>,
    draft: &mut Draft<'_, '_>,
    id: &str,
    places: &[&Place<'_, '_>],
) -> Result<(), Error> {
    let failed = places
        .iter()
        .any(|place| matches!(place.part, Part::ToolResult { is_error: true, .. }));
    w.begin_object();
    w.key("toolResult");
    w.begin_object();
    w.field_str("toolUseId", id);
    w.key("content");
    w.begin_array();
    if failed && !draft.rules.result_status {
        text(w, &Text::from("The tool failed:"));
    }
    let mut said = failed && !draft.rules.result_status;
    for place in places {
        match place.part {
            Part::ToolResult { content, .. } => {
                said |= contents(w, draft, &place.path, content)?;
            }
            part => {
                plain(w, draft, &place.path, part)?;
                said = true;
            }
        }
    }
    if !said {
        // A blank text is refused, here too.
        text(w, &Text::from("(empty)"));
    }
    w.end_array();
    if failed && draft.rules.result_status {
        w.field_str("status", "error");
    }
    w.end_object();
    w.end_object();
    let inner = |place: &&&Place<'_, '_>| match place.part {
        Part::ToolResult { content, .. } => content.iter().any(|part| marker(part).is_some()),
        _ => false,
    };
    // A cached prefix ends after a result, never in one.
    let own = places.iter().find_map(|place| marker(place.part));
    let inner = places
        .iter()
        .find(inner)
        .and_then(|place| match place.part {
            Part::ToolResult { content, .. } => content.iter().find_map(marker),
            _ => None,
        });
    cache_point(w, own.or(inner), draft.rules.cache);
    Ok(())
}

/// A call's arguments as an object.
fn input<'r>(path: &str, arguments: &'r Arguments<'_>) -> Result<Cow<'r, str>, Error> {
    let text = match arguments {
        Arguments::Json(json) => return Ok(Cow::Borrowed(json)),
        Arguments::Text(text) => text.decode(),
    };
    if text.trim().is_empty() {
        return Ok(Cow::Borrowed("{}"));
    }
    match json::parse(text.as_bytes()) {
        Ok(Value::Object(object)) => Ok(Cow::Owned(object.raw().to_owned())),
        Ok(other) => Err(broken(path, &format!("found {}", other.kind_name()))),
        Err(error) => Err(broken(path, &error.to_string())),
    }
}

fn broken(path: &str, why: &str) -> Error {
    let message = format!("`{path}`: a tool call's `arguments` must be a JSON object: {why}");
    Error::new(ErrorKind::InvalidRequest, message).with_param(path)
}
