//! Prompt-cache markers: no more than the wire takes.

use super::Draft;
use crate::chat::{Error, Message, Part, Tool};
use crate::json::{Value, Writer};

/// Most markers of a request. Source: Anthropic's "Prompt caching".
const MOST: usize = 4;

/// How many markers are to be passed over, in the order in which they are written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Markers {
    skip: usize,
}

impl Draft<'_, '_> {
    /// Counts the request's markers, and decides how many of the first are passed over: later ones cover what earlier
    /// ones do.
    pub(super) fn count_markers(&mut self) -> Result<(), Error> {
        let messages = self.request.messages.iter();
        let in_messages: usize = messages.map(|message| count(&message.content)).sum();
        let marked = |tool: &&Tool<'_>| {
            matches!(
                tool,
                Tool::Function {
                    cache_control: Some(_),
                    ..
                }
            )
        };
        let in_tools = self.request.tools.iter().filter(marked).count();
        let whole = self.request.extra.iter().any(|(key, value)| {
            // The request's own marker takes one as well.
            key.is("cache_control") && !value.is_null()
        });
        let total = in_messages
            .saturating_add(in_tools)
            .saturating_add(usize::from(whole));
        if !self.own && total > MOST {
            self.unsupported("cache_control")?;
            self.markers.skip = total.saturating_sub(MOST);
        }
        Ok(())
    }

    /// Writes a marker.
    pub(super) fn marker(&mut self, w: &mut Writer<'_>, cache_control: Option<&Value<'_>>) {
        let Some(value) = cache_control.filter(|value| !value.is_null()) else {
            return;
        };
        if self.markers.skip > 0 {
            self.markers.skip = self.markers.skip.saturating_sub(1);
        } else {
            w.field_value("cache_control", value);
        }
    }
}

fn count(parts: &[Part<'_>]) -> usize {
    parts.iter().map(markers_of).sum()
}

fn markers_of(part: &Part<'_>) -> usize {
    let own = match part {
        Part::Text { cache_control, .. }
        | Part::Image { cache_control, .. }
        | Part::Document { cache_control, .. }
        | Part::ToolCall { cache_control, .. }
        | Part::ToolResult { cache_control, .. } => cache_control.is_some(),
        _ => false,
    };
    let inside = match part {
        Part::ToolResult { content, .. } => count(content),
        _ => 0,
    };
    inside.saturating_add(usize::from(own))
}

/// A marker among a message's own members, where the client's wire has it there (a message whose content is a string).
pub(super) fn of_message<'m, 'a>(message: &'m Message<'a>) -> Option<&'m Value<'a>> {
    let found = message
        .extra
        .iter()
        .find(|(key, _)| key.is("cache_control"));
    found
        .map(|(_, value)| value)
        .filter(|value| !value.is_null())
}
