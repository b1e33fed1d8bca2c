//! Turns with several calls, taken apart: each call goes in a message of its own, and its result follows it.

use crate::chat::{Message, Part, Role};
use crate::json::Text;
use crate::order::Places;

/// The messages, each with its place in the conversation, as a provider takes them that wants a tool's result right
/// after the message that has its call.
pub(super) fn apart<'a>(messages: &[Message<'a>]) -> Vec<(usize, Message<'a>)> {
    let mut out = Vec::with_capacity(messages.len());
    let mut rest = messages.iter().enumerate().peekable();
    while let Some((index, message)) = rest.next() {
        if message.role != Role::Assistant || calls(message).count() < 2 {
            out.push((index, message.clone()));
            continue;
        }
        // All that answers it, and what else is said in the messages that do.
        let mut results = Vec::new();
        let mut places = Places::default();
        let mut said = Vec::new();
        while let Some((index, message)) = rest.next_if(|(_, next)| has_results(next)) {
            let (own, others): (Vec<_>, Vec<_>) =
                message.content.iter().cloned().partition(is_result);
            for part in own {
                if let Some(id) = id_of(&part) {
                    places.add(&id.decode(), results.len());
                }
                results.push(Some((index, with(message, Role::Tool, part))));
            }
            if !others.is_empty() {
                said.push((
                    index,
                    Message {
                        content: others,
                        ..message.clone()
                    },
                ));
            }
        }
        let mut first = message.clone();
        first
            .content
            .retain(|part| !matches!(part, Part::ToolCall { .. }));
        for call in calls(message) {
            let mut turn = std::mem::replace(
                &mut first,
                Message {
                    role: Role::Assistant,
                    name: message.name.clone(),
                    content: Vec::new(),
                    extra: Vec::new(),
                },
            );
            turn.content.push(call.clone());
            out.push((index, turn));
            let answer = id_of(call).and_then(|id| places.get(&id.decode()));
            out.extend(answer.and_then(|place| results.get_mut(place)?.take()));
        }
        out.extend(results.into_iter().flatten());
        out.append(&mut said);
    }
    out
}

fn calls<'m, 'a>(message: &'m Message<'a>) -> impl Iterator<Item = &'m Part<'a>> {
    let is_call = |part: &&Part<'_>| matches!(part, Part::ToolCall { .. });
    message.content.iter().filter(is_call)
}

fn id_of<'p, 'a>(part: &'p Part<'a>) -> Option<&'p Text<'a>> {
    match part {
        Part::ToolCall { id, .. } | Part::ToolResult { id, .. } => Some(id),
        _ => None,
    }
}

fn is_result(part: &Part<'_>) -> bool {
    matches!(part, Part::ToolResult { .. })
}

fn has_results(message: &Message<'_>) -> bool {
    message.content.iter().any(is_result)
}

fn with<'a>(message: &Message<'a>, role: Role, part: Part<'a>) -> Message<'a> {
    Message {
        role,
        name: message.name.clone(),
        content: vec![part],
        extra: if message.role == role {
            message.extra.clone()
        } else {
            Vec::new()
        },
    }
}
