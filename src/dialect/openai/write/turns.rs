//! Turns with several calls, taken apart for a provider that wants a tool's result right after the message that has its
//! call: each call goes in a message of its own, and its result follows it.

use super::Draft;
use super::messages::{assistant, tool_message};
use crate::chat::{Error, Message, Part, Role};
use crate::json::Writer;
use crate::order::Places;

/// Whether a message has more than one call.
pub(super) fn has_several(message: &Message<'_>) -> bool {
    let calls = message.content.iter().filter(|part| is_call(part));
    calls.take(2).count() > 1
}

/// Writes a turn, with the results that the messages after it have, and tells how many messages these are. What else
/// they say is not written.
pub(super) fn apart(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    path: &str,
    message: &Message<'_>,
    following: &[Message<'_>],
) -> Result<usize, Error> {
    let mut results = Vec::new();
    let mut places = Places::default();
    let mut answering = 0usize;
    for next in following {
        let before = results.len();
        for part in &next.content {
            if let Part::ToolResult { id, .. } = part {
                places.add(&id.decode(), results.len());
                results.push(Some((next, part)));
            }
        }
        if results.len() == before {
            break;
        }
        answering = answering.saturating_add(1);
    }
    // What else is said goes with the first call.
    let mut parts: Vec<&Part<'_>> = message
        .content
        .iter()
        .filter(|part| !is_call(part))
        .collect();
    let bare = Message {
        role: Role::Assistant,
        name: None,
        content: Vec::new(),
        extra: Vec::new(),
    };
    let mut turn = message;
    for part in &message.content {
        let Part::ToolCall { id, .. } = part else {
            continue;
        };
        parts.push(part);
        assistant(w, draft, path, turn, &parts, false)?;
        parts.clear();
        turn = &bare;
        let place = places.get(&id.decode());
        if let Some((next, result)) = place.and_then(|place| results.get_mut(place)?.take()) {
            tool_message(w, draft, path, next, result)?;
        }
    }
    for (next, result) in results.into_iter().flatten() {
        tool_message(w, draft, path, next, result)?;
    }
    Ok(answering)
}

fn is_call(part: &Part<'_>) -> bool {
    matches!(part, Part::ToolCall { .. })
}
