//! The conversation's messages.

use super::content::{self, Place};
use super::{Draft, ids, thoughts, turns};
use crate::chat::{Arguments, Error, Message, Part, Role};
use crate::dialect::openai::read::is_made;
use crate::json::{Value, Writer};

/// Writes all messages into the array that is open.
pub(super) fn write(w: &mut Writer<'_>, draft: &Draft<'_, '_>) -> Result<(), Error> {
    let messages = &draft.request.messages;
    let mut after_tool = false;
    // The results of messages before this one were told with their calls.
    let mut told = 0usize;
    for (index, message) in messages.iter().enumerate() {
        let path = format!("messages[{index}]");
        let next = index.saturating_add(1);
        if draft.quirks.one_call_per_turn && turns::has_several(message) {
            let following = messages.get(next..).unwrap_or_default();
            told = next.saturating_add(turns::apart(w, draft, &path, message, following)?);
            after_tool = told > next;
            continue;
        }
        let results = index >= told;
        if draft.same {
            own(w, draft, &path, message, results, &mut after_tool)?;
        } else {
            let last = next == messages.len();
            foreign(w, draft, &path, message, (last, results), &mut after_tool)?;
        }
    }
    Ok(())
}

/// A message of a client of this wire: one for one.
fn own(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    path: &str,
    message: &Message<'_>,
    results: bool,
    after_tool: &mut bool,
) -> Result<(), Error> {
    match (message.role, &message.content[..]) {
        (Role::Assistant, parts) => assistant(w, draft, path, message, &borrow(parts), false)?,
        (Role::Tool, [part @ Part::ToolResult { .. }]) => {
            if results {
                tool_message(w, draft, path, message, part)?;
            }
        }
        (_, parts) => {
            between(w, draft, message.role, *after_tool);
            spoken(w, draft, path, message, &borrow(parts))?;
        }
    }
    *after_tool = message.role == Role::Tool;
    Ok(())
}

fn borrow<'p, 'a>(parts: &'p [Part<'a>]) -> Vec<&'p Part<'a>> {
    parts.iter().collect()
}

/// A message of another wire's client. Tools' results are messages of their own here, and must come before what else
/// their message says.
fn foreign(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    path: &str,
    message: &Message<'_>,
    (last, results): (bool, bool),
    after_tool: &mut bool,
) -> Result<(), Error> {
    let mut rest: Vec<&Part<'_>> = Vec::new();
    let mut media: Vec<&Part<'_>> = Vec::new();
    for part in &message.content {
        match part {
            Part::ToolResult { content, .. } => {
                if results {
                    tool_message(w, draft, path, message, part)?;
                }
                let text =
                    |part: &&Part<'_>| matches!(part, Part::Text { .. } | Part::Other { .. });
                media.extend(content.iter().filter(|part| !text(part)));
                *after_tool = true;
            }
            other => rest.push(other),
        }
    }
    // This wire's tool messages hold text only: what else a tool gave follows as the user's.
    rest.splice(0..0, media);
    if rest.is_empty() && (ids::has_results(&message.content) || message.role == Role::Tool) {
        return Ok(());
    }
    if message.role == Role::Assistant {
        assistant(w, draft, path, message, &rest, last)?;
    } else {
        between(w, draft, message.role, *after_tool);
        spoken(w, draft, path, message, &rest)?;
    }
    *after_tool = false;
    Ok(())
}

/// What some providers want between a tool's result and the user.
fn between(w: &mut Writer<'_>, draft: &Draft<'_, '_>, role: Role, after_tool: bool) {
    if after_tool && draft.quirks.assistant_after_tool && matches!(role, Role::User | Role::Tool) {
        w.raw(r#"{"role":"assistant","content":"OK."}"#);
    }
}

/// A message of the person's or the operator's.
fn spoken(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    path: &str,
    message: &Message<'_>,
    parts: &[&Part<'_>],
) -> Result<(), Error> {
    let role = match message.role {
        Role::System | Role::Developer if draft.family.no_system => "user",
        Role::Developer if draft.same && !draft.quirks.no_developer => "developer",
        Role::System | Role::Developer => "system",
        Role::User | Role::Tool => "user",
        Role::Assistant => "assistant",
    };
    w.begin_object();
    w.field_str("role", role);
    name(w, draft, message);
    w.key("content");
    content::write(w, draft, &Place::of(path, message), parts)?;
    extra(w, draft, message);
    w.end_object();
    Ok(())
}

fn name(w: &mut Writer<'_>, draft: &Draft<'_, '_>, message: &Message<'_>) {
    if let Some(name) = &message.name
        && (!draft.quirks.no_names || message.role == Role::Tool)
    {
        w.field_text("name", name);
    }
}

/// Members that the neutral language does not name, for a provider of the client's wire that takes them.
fn extra(w: &mut Writer<'_>, draft: &Draft<'_, '_>, message: &Message<'_>) {
    if !draft.same {
        return;
    }
    for (key, value) in &message.extra {
        let key = key.decode();
        if key != "content" && draft.quirks.allows_member(&key) {
            w.field_value(&key, value);
        }
    }
}

/// Whether messages keep OpenAI's legacy form of calls.
fn legacy(draft: &Draft<'_, '_>) -> bool {
    draft.legacy && draft.quirks.allows_member("function_call")
}

/// A tool's result: its text, where the client is another wire's.
pub(super) fn tool_message(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    path: &str,
    message: &Message<'_>,
    part: &Part<'_>,
) -> Result<(), Error> {
    let Part::ToolResult {
        id,
        name: tool,
        content,
        is_error,
        cache_control,
    } = part
    else {
        return Ok(());
    };
    w.begin_object();
    if legacy(draft) && is_made(id, tool) {
        w.field_str("role", "function");
        w.field_text("name", tool);
    } else {
        w.field_str("role", "tool");
        w.field_text("tool_call_id", &ids::id(draft, id));
        name(w, draft, message);
    }
    w.key("content");
    if draft.same {
        content::write(w, draft, &Place::of(path, message), &borrow(content))?;
        extra(w, draft, message);
        w.end_object();
        return Ok(());
    }
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
            _ => {}
        }
    }
    if *is_error && text.is_empty() {
        text.push_str("error");
    }
    w.string(&text);
    draft.cache_control(w, cache_control.as_ref());
    w.end_object();
    Ok(())
}

/// An assistant's turn.
pub(super) fn assistant(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    path: &str,
    message: &Message<'_>,
    parts: &[&Part<'_>],
    last: bool,
) -> Result<(), Error> {
    let mut said: Vec<&Part<'_>> = Vec::new();
    let mut calls: Vec<&Part<'_>> = Vec::new();
    let mut refusal = None;
    let mut audio = None;
    for (index, &part) in parts.iter().enumerate() {
        match part {
            Part::Text { .. } => said.push(part),
            Part::Refusal { text } if draft.quirks.allows_member("refusal") => refusal = Some(text),
            // What cannot be a refusal is text all the same.
            Part::Refusal { .. } => said.push(part),
            Part::ToolCall { .. } => calls.push(part),
            Part::Reasoning { .. } | Part::RedactedReasoning { .. } => {}
            Part::Other { kind, value } if draft.same => {
                if kind.is("audio") && value.get("type").is_none() {
                    audio = Some(value);
                } else if value.get("id").is_some() {
                    calls.push(part);
                } else {
                    said.push(part);
                }
            }
            other => {
                let path = format!("{path}.content[{index}]");
                return Err(content::unsupported(&path, other));
            }
        }
    }
    let place = Place::of(path, message);
    w.begin_object();
    w.field_str("role", "assistant");
    name(w, draft, message);
    if !(said.is_empty() && draft.quirks.no_nulls && place.verbatim(draft).is_none()) {
        w.key("content");
        content::write(w, draft, &place, &said)?;
    }
    // Where the content goes as it stood, it says its refusal itself.
    if let Some(text) = refusal.filter(|_| place.verbatim(draft).is_none()) {
        w.field_text("refusal", text);
    }
    if let Some(audio) = audio {
        w.field_raw("audio", audio.raw());
    }
    if !draft.same {
        thoughts::write(w, draft, parts);
    }
    extra(w, draft, message);
    let legacy = match &calls[..] {
        [Part::ToolCall { id, name, .. }] => legacy(draft) && is_made(id, name),
        _ => false,
    };
    if legacy {
        for call in &calls {
            w.key("function_call");
            function(w, draft, call);
        }
    } else if !calls.is_empty() {
        w.key("tool_calls");
        w.begin_array();
        calls.iter().for_each(|call| tool_call(w, draft, call));
        w.end_array();
    } else if last && !draft.quirks.prefill.is_empty() {
        w.field_bool(draft.quirks.prefill, true);
    }
    w.end_object();
    Ok(())
}

fn tool_call(w: &mut Writer<'_>, draft: &Draft<'_, '_>, call: &Part<'_>) {
    let Part::ToolCall {
        id,
        cache_control,
        signature,
        ..
    } = call
    else {
        if let Part::Other { value, .. } = call {
            w.raw(value.raw());
        }
        return;
    };
    w.begin_object();
    w.field_text("id", &ids::id(draft, id));
    w.field_str("type", "function");
    w.key("function");
    function(w, draft, call);
    draft.cache_control(w, cache_control.as_ref());
    if let Some(signature) = signature
        .as_ref()
        .filter(|_| draft.quirks.google_signatures)
    {
        thoughts::google_signature(w, signature);
    }
    w.end_object();
}

fn function(w: &mut Writer<'_>, draft: &Draft<'_, '_>, call: &Part<'_>) {
    let Part::ToolCall {
        name, arguments, ..
    } = call
    else {
        w.null();
        return;
    };
    w.begin_object();
    w.field_text("name", &ids::name(draft, name));
    match arguments {
        Arguments::Json(json) => w.field_str("arguments", json),
        Arguments::Text(text) if text.is_empty() && !draft.same => w.field_str("arguments", "{}"),
        Arguments::Text(text) => w.field_text("arguments", text),
    }
    w.end_object();
}

/// The content that a message had, where it says more than the neutral language.
pub(super) fn content_of<'m, 'a>(message: &'m Message<'a>) -> Option<&'m Value<'a>> {
    let found = message.extra.iter().find(|(key, _)| key.is("content"));
    found.map(|(_, value)| value)
}
