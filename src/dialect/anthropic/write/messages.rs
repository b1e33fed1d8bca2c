//! The conversation: `system` and `messages`.
//!
//! Leading system messages are lifted out; neighbours of one role are merged; tools' results come first in the user's
//! turn that follows their calls; an assistant's turn has its thinking first, then text, then calls. A later system
//! message stays one where the model takes it there, and is the user's text elsewhere. A client of this same wire has its
//! messages as they are.

use super::markers::of_message;
use super::{Draft, blocks};
use crate::chat::{Error, ErrorKind, Message, Part, Role};
use crate::json::{Text, Value, Writer};
use crate::order;

/// Who speaks in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaker {
    System,
    User,
    Assistant,
}

/// A part with its place in the request, and the marker that it is to have.
#[derive(Clone, Copy)]
struct Placed<'r, 'a> {
    message: usize,
    place: usize,
    part: &'r Part<'a>,
    marker: Option<&'r Value<'a>>,
}

/// A turn: neighbouring messages of one speaker.
struct Turn<'r, 'a> {
    speaker: Speaker,
    parts: Vec<Placed<'r, 'a>>,
    extra: &'r [(Text<'a>, Value<'a>)],
}

pub(super) fn write(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let request = draft.request;
    let is_system = |message: &&Message<'_>| speaker(message) == Speaker::System;
    // In this wire the system prompt is one field, and a message of that role another matter.
    let most = if draft.own { 1 } else { usize::MAX };
    let leading = request.messages.iter().take(most).take_while(is_system);
    let leading = leading.count();
    let head = request.messages.iter().enumerate().take(leading);
    let head: Vec<Placed<'_, '_>> = head.flat_map(|(at, message)| placed(at, message)).collect();
    match draft.kept("system") {
        Some(own) => w.field_value("system", own),
        None => system(w, draft, &head)?,
    }
    let turns = if draft.own {
        as_they_are(draft, leading)
    } else {
        turns(draft, leading)?
    };
    if let Some(turn) = turns
        .last()
        .filter(|turn| turn.speaker == Speaker::Assistant)
        && !draft.own
        && !draft.rules.prefill
    {
        let message = turn.parts.last().map_or(0, |placed| placed.message);
        let path = format!("messages[{message}]");
        let message = format!(
            "`{path}`: this model does not continue the assistant's words; the conversation must end with the user's"
        );
        return Err(Error::new(ErrorKind::Unsupported, message).with_param(path));
    }
    w.key("messages");
    w.begin_array();
    let last = turns.len().saturating_sub(1);
    for (index, turn) in turns.iter().enumerate() {
        w.begin_object();
        let role = match turn.speaker {
            Speaker::System => "system",
            Speaker::User => "user",
            Speaker::Assistant => "assistant",
        };
        w.field_str("role", role);
        w.key("content");
        content(w, draft, turn, index == last)?;
        for (key, value) in turn.extra {
            w.field_value(&key.decode(), value);
        }
        w.end_object();
    }
    w.end_array();
    Ok(())
}

fn speaker(message: &Message<'_>) -> Speaker {
    match message.role {
        Role::System | Role::Developer => Speaker::System,
        Role::User | Role::Tool => Speaker::User,
        Role::Assistant => Speaker::Assistant,
    }
}

/// A message's parts in their places. A marker of the message's own is its last part's.
fn placed<'r, 'a>(at: usize, message: &'r Message<'a>) -> Vec<Placed<'r, 'a>> {
    let last = message.content.len().saturating_sub(1);
    let parts = message.content.iter().enumerate();
    let parts = parts.map(|(place, part)| Placed {
        message: at,
        place,
        part,
        marker: blocks::marker(part).or_else(|| of_message(message).filter(|_| place == last)),
    });
    parts.filter(|placed| !is_blank(placed.part)).collect()
}

/// Blocks of text must not be blank, and thinking without a signature cannot be replayed.
pub(super) fn is_blank(part: &Part<'_>) -> bool {
    match part {
        Part::Text { text, .. } | Part::Refusal { text } => text.is_blank(),
        Part::Reasoning { signature, .. } => signature.is_none(),
        _ => false,
    }
}

/// Every message as a turn of its own.
fn as_they_are<'r, 'a>(draft: &Draft<'r, 'a>, leading: usize) -> Vec<Turn<'r, 'a>> {
    let messages = draft.request.messages.iter().enumerate().skip(leading);
    let turn = |(at, message): (usize, &'r Message<'a>)| {
        let parts = message.content.iter().enumerate();
        // What held only another provider's signature is nothing without it, nor is thinking that none signed.
        let parts = parts.filter(|(_, part)| match part {
            Part::Text {
                text,
                signature: Some(_),
                ..
            } => !text.is_empty(),
            Part::Reasoning { signature, .. } => signature.is_some(),
            _ => true,
        });
        let parts: Vec<_> = parts
            .map(|(place, part)| Placed {
                message: at,
                place,
                part,
                marker: blocks::marker(part),
            })
            .collect();
        // A turn of which nothing is left is none: the provider refuses empty ones.
        (!parts.is_empty() || message.content.is_empty()).then(|| Turn {
            speaker: speaker(message),
            parts,
            extra: &message.extra,
        })
    };
    messages.filter_map(turn).collect()
}

/// The turns that the wire allows.
fn turns<'r, 'a>(draft: &mut Draft<'r, 'a>, leading: usize) -> Result<Vec<Turn<'r, 'a>>, Error> {
    let request = draft.request;
    let inside = draft.host.has_system_inside(draft.rules);
    let mut turns: Vec<Turn<'_, '_>> = Vec::new();
    for (at, message) in request.messages.iter().enumerate().skip(leading) {
        if message.name.is_some() && message.role != Role::Tool {
            draft.unsupported(&format!("messages[{at}].name"))?;
        }
        let parts = placed(at, message);
        if parts.is_empty() {
            continue;
        }
        let spoken = match speaker(message) {
            Speaker::System if !inside || !parts.iter().all(|placed| is_text(placed.part)) => {
                Speaker::User
            }
            // It must follow the user's words, and not come before more of them.
            Speaker::System
                if turns
                    .last()
                    .is_none_or(|turn| turn.speaker == Speaker::Assistant) =>
            {
                Speaker::User
            }
            spoken => spoken,
        };
        if spoken == Speaker::User {
            give_back(&mut turns);
        }
        push(&mut turns, spoken, parts);
    }
    Ok(turns)
}

fn is_text(part: &Part<'_>) -> bool {
    matches!(part, Part::Text { .. })
}

/// Makes a system turn at the end the user's.
fn give_back(turns: &mut Vec<Turn<'_, '_>>) {
    if let Some(turn) = turns.pop_if(|turn| turn.speaker == Speaker::System) {
        push(turns, Speaker::User, turn.parts);
    }
}

fn push<'r, 'a>(turns: &mut Vec<Turn<'r, 'a>>, speaker: Speaker, parts: Vec<Placed<'r, 'a>>) {
    match turns.last_mut().filter(|turn| turn.speaker == speaker) {
        Some(turn) => turn.parts.extend(parts),
        None => turns.push(Turn {
            speaker,
            parts,
            extra: &[],
        }),
    }
}

fn system(
    w: &mut Writer<'_>,
    draft: &mut Draft<'_, '_>,
    parts: &[Placed<'_, '_>],
) -> Result<(), Error> {
    match parts {
        [] => {}
        [
            Placed {
                part: Part::Text { text, .. },
                marker: None,
                message,
                place,
            },
        ] if draft.kept(&path(*message, *place)).is_none() => w.field_text("system", text),
        parts => {
            w.key("system");
            w.begin_array();
            for placed in parts {
                if !matches!(placed.part, Part::Text { .. } | Part::Refusal { .. }) {
                    return Err(blocks::unsupported(
                        &path(placed.message, placed.place),
                        "a system message's parts other than text",
                    ));
                }
                block(w, draft, placed)?;
            }
            w.end_array();
        }
    }
    Ok(())
}

fn path(message: usize, place: usize) -> String {
    format!("messages[{message}].content[{place}]")
}

fn block(
    w: &mut Writer<'_>,
    draft: &mut Draft<'_, '_>,
    placed: &Placed<'_, '_>,
) -> Result<(), Error> {
    let path = path(placed.message, placed.place);
    blocks::write(w, draft, &path, placed.part, placed.marker)
}

/// Where a part stands in its turn.
fn rank(speaker: Speaker, part: &Part<'_>) -> u8 {
    match part {
        Part::ToolResult { .. } => 0,
        Part::Reasoning { .. } | Part::RedactedReasoning { .. }
            if speaker == Speaker::Assistant =>
        {
            0
        }
        Part::ToolCall { .. } => 2,
        _ => 1,
    }
}

fn content(
    w: &mut Writer<'_>,
    draft: &mut Draft<'_, '_>,
    turn: &Turn<'_, '_>,
    last: bool,
) -> Result<(), Error> {
    // A prefill must not end in blanks.
    let prefills = last && turn.speaker == Speaker::Assistant && !draft.own;
    if let [
        Placed {
            part: Part::Text { text, .. },
            marker: None,
            message,
            place,
        },
    ] = turn.parts.as_slice()
        && draft.kept(&path(*message, *place)).is_none()
    {
        if prefills {
            w.string(text.decode().trim_end());
        } else {
            w.text(text);
        }
        return Ok(());
    }
    let mut parts = turn.parts.clone();
    if !draft.own {
        parts = order::by_key(parts, |placed| u64::from(rank(turn.speaker, placed.part)));
    }
    w.begin_array();
    let end = parts.len().saturating_sub(1);
    for (place, placed) in parts.iter().enumerate() {
        match placed.part {
            Part::Text { text, .. } if prefills && place == end => {
                let trimmed = Text::from(text.decode().trim_end().to_owned());
                blocks::text(w, draft, &trimmed, placed.marker);
            }
            _ => block(w, draft, placed)?,
        }
    }
    w.end_array();
    Ok(())
}
