//! What another wire's client says between two of the assistant's turns: tools' results are messages of their own here.

use super::content::{self, Place};
use super::messages::{between, borrow, extra, legacy, name, spoken};
use super::{Draft, ids};
use crate::chat::{Error, Message, Part, Role};
use crate::dialect::openai::read::is_made;
use crate::json::Writer;

/// Writes the messages after an assistant's turn, each with its path. The results of that turn's calls, all of them,
/// must come before anything else is said.
pub(super) fn run(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    run: &[(String, &Message<'_>)],
    after_tool: &mut bool,
) -> Result<(), Error> {
    let mut said = Vec::with_capacity(run.len());
    for (path, message) in run {
        let mut rest: Vec<&Part<'_>> = Vec::new();
        let mut media: Vec<&Part<'_>> = Vec::new();
        for part in &message.content {
            match part {
                Part::ToolResult { .. } => {
                    tool_message(w, draft, path, message, part, &mut media)?;
                    *after_tool = true;
                }
                other => rest.push(other),
            }
        }
        // This wire's tool messages hold text only: what else a tool gave follows as the user's.
        rest.splice(0..0, media);
        said.push(rest);
    }
    for ((path, message), parts) in run.iter().zip(&said) {
        let results = ids::has_results(&message.content) || message.role == Role::Tool;
        if parts.is_empty() && results {
            continue;
        }
        between(w, draft, message.role, *after_tool);
        spoken(w, draft, path, message, parts)?;
        *after_tool = false;
    }
    Ok(())
}

/// Writes a tool's result; what of it is no text is added to `media`.
pub(super) fn tool_message<'p, 'a>(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    path: &str,
    message: &Message<'_>,
    part: &'p Part<'a>,
    media: &mut Vec<&'p Part<'a>>,
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
            other => media.push(other),
        }
    }
    // The wire has no flag for it.
    if *is_error && text.is_empty() {
        text.push_str("error");
    } else if *is_error && !says_so(&text) {
        text.insert_str(0, "Error: ");
    }
    w.string(&text);
    draft.cache_control(w, cache_control.as_ref());
    w.end_object();
    Ok(())
}

/// Whether a text tells by itself that something failed.
fn says_so(text: &str) -> bool {
    let start = text.trim_start().as_bytes().get(..5);
    start.is_some_and(|start| start.eq_ignore_ascii_case(b"error"))
}
