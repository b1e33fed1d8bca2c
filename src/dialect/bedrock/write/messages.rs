//! The conversation: `system` and `messages`.
//!
//! Leading system messages are lifted out; neighbours of one role are merged, because roles must alternate; tools'
//! results come first in the user's turn that follows their calls; an assistant's turn has its thinking first, then
//! text, then calls. Nothing blank is sent.

use super::blocks::{self, Place};
use super::options::extra;
use super::tools::cache_point;
use super::{Draft, thinking};
use crate::chat::{Error, ErrorKind, Message, Part, Role};
use crate::json::Writer;
use crate::order;

/// What stands where Converse wants a text and the client has none.
const FILLER: &str = r#"{"text":"."}"#;

/// A turn: neighbouring messages of one role.
struct Turn<'r, 'a> {
    assistant: bool,
    parts: Vec<Place<'r, 'a>>,
}

/// Writes both.
pub(super) fn write(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let request = draft.request;
    let is_system = |message: &&Message<'_>| matches!(message.role, Role::System | Role::Developer);
    let leading = match draft.rules.system {
        true => request.messages.iter().take_while(is_system).count(),
        false => 0,
    };
    system(w, draft, leading)?;
    let mut turns: Vec<Turn<'_, '_>> = Vec::new();
    for (index, message) in request.messages.iter().enumerate().skip(leading) {
        if message.name.is_some() {
            draft.unsupported(&format!("messages[{index}].name"))?;
        }
        let assistant = message.role == Role::Assistant;
        let parts = message.content.iter().enumerate();
        let parts: Vec<_> = parts
            .filter(|(_, part)| !is_blank(part, draft))
            .map(|(place, part)| Place {
                path: format!("messages[{index}].content[{place}]"),
                part,
            })
            .collect();
        match turns.last_mut().filter(|turn| turn.assistant == assistant) {
            _ if parts.is_empty() => {}
            Some(turn) => turn.parts.extend(parts),
            None => turns.push(Turn { assistant, parts }),
        }
    }
    w.key("messages");
    w.begin_array();
    // A conversation begins with the user.
    if turns.first().is_none_or(|turn| turn.assistant) {
        w.begin_object();
        w.field_str("role", "user");
        w.key("content");
        w.begin_array();
        w.raw(FILLER);
        w.end_array();
        w.end_object();
    }
    let last = turns.len().saturating_sub(1);
    for (index, turn) in turns.into_iter().enumerate() {
        w.begin_object();
        w.field_str("role", if turn.assistant { "assistant" } else { "user" });
        w.key("content");
        w.begin_array();
        write_turn(w, draft, turn, index == last)?;
        if index == last {
            // A client of Anthropic's wire may leave to the provider where the cached prefix ends: as far as it goes.
            cache_point(w, extra(draft, "cache_control"), draft.rules.cache);
        }
        w.end_array();
        w.end_object();
    }
    w.end_array();
    Ok(())
}

/// Text must not be blank, and thinking cannot be replayed without its signature, or to another model than Claude.
fn is_blank(part: &Part<'_>, draft: &Draft<'_, '_>) -> bool {
    match part {
        Part::Text { text, .. } | Part::Refusal { text } => text.is_blank(),
        Part::Reasoning { .. } | Part::RedactedReasoning { .. } => {
            !thinking::is_signed(part) || !draft.rules.replay
        }
        _ => false,
    }
}

fn system(w: &mut Writer<'_>, draft: &Draft<'_, '_>, leading: usize) -> Result<(), Error> {
    let messages = draft.request.messages.iter().enumerate().take(leading);
    let parts: Vec<_> = messages
        .flat_map(|(index, message)| message.content.iter().map(move |part| (index, part)))
        .filter(|(_, part)| !is_blank(part, draft))
        .collect();
    if parts.is_empty() {
        return Ok(());
    }
    w.key("system");
    w.begin_array();
    for (index, part) in parts {
        let Part::Text {
            text,
            cache_control,
            ..
        } = part
        else {
            let path = format!("messages[{index}].content");
            let message = format!("`{path}`: a system message may have text only");
            return Err(Error::new(ErrorKind::Unsupported, message).with_param(path));
        };
        blocks::text(w, text);
        cache_point(w, cache_control.as_ref(), draft.rules.cache);
    }
    w.end_array();
    Ok(())
}

/// Where a part stands in its turn. Without tools, calls and results are text like any other.
fn rank(assistant: bool, tools: bool, part: &Part<'_>) -> u8 {
    match part {
        Part::ToolResult { .. } if tools => 0,
        Part::Reasoning { .. } | Part::RedactedReasoning { .. } if assistant => 0,
        Part::ToolCall { .. } if tools => 2,
        _ => 1,
    }
}

fn write_turn(
    w: &mut Writer<'_>,
    draft: &mut Draft<'_, '_>,
    mut turn: Turn<'_, '_>,
    last: bool,
) -> Result<(), Error> {
    let assistant = turn.assistant;
    let tools = draft.tools;
    turn.parts = order::by_key(turn.parts, |place| {
        u64::from(rank(assistant, tools, place.part))
    });
    let is_result = |place: &&Place<'_, '_>| tools && matches!(place.part, Part::ToolResult { .. });
    let results = turn.parts.iter().take_while(is_result).count();
    let parts = turn.parts.as_slice();
    let (mut head, mut tail) = parts.split_at_checked(results).unwrap_or((parts, &[]));
    if results > 0 && draft.rules.results_alone {
        // What the user says beside the results goes into the last of them.
        (head, tail) = (parts, &[]);
    }
    blocks::results(w, draft, head)?;
    let end = tail.len().saturating_sub(1);
    for (index, place) in tail.iter().enumerate() {
        match place.part {
            // A prefill must not end in blanks.
            Part::Text { text, .. } if assistant && last && index == end => {
                w.begin_object();
                w.field_str("text", text.decode().trim_end());
                w.end_object();
            }
            _ => blocks::write(w, draft, place)?,
        }
    }
    let has = |wanted: fn(&Part<'_>) -> bool| tail.iter().any(|place| wanted(place.part));
    if has(|part| matches!(part, Part::Document { .. }))
        && !has(|part| matches!(part, Part::Text { .. } | Part::Refusal { .. }))
    {
        // A document needs a text beside it.
        w.raw(FILLER);
    }
    Ok(())
}
