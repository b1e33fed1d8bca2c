//! An answer's content blocks, whole.

use super::citation::{self, characters};
use crate::chat::Event;
use crate::json::{Object, Text, Value};

/// How far an answer has come.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    /// Calls of the client's tools so far.
    pub(super) calls: u32,
    /// Characters of text so far.
    pub(super) characters: u64,
}

impl Place {
    /// The number of the call that begins.
    pub(super) fn next_call(&mut self) -> u32 {
        let index = self.calls;
        self.calls = index.saturating_add(1);
        index
    }

    /// A piece of text.
    pub(super) fn text(&mut self, text: Text<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        self.passed(&text);
        sink(Event::Text { choice: 0, text });
    }

    /// A piece of text that was told.
    pub(super) fn passed(&mut self, text: &Text<'_>) {
        self.characters = self.characters.saturating_add(characters(text));
    }

    /// A block's citation; the block began at `from`, and has now ended.
    pub(super) fn cite(&self, from: u64, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        let mut citation = citation::read(object);
        citation.span = Some((from, self.characters));
        sink(Event::Citation {
            choice: 0,
            citation,
        });
    }
}

/// A block's string, where it says anything.
pub(super) fn said<'a>(block: &Object<'a>, key: &str) -> Option<Text<'a>> {
    block.str(key).filter(|text| !text.is_empty()).cloned()
}

/// The beginning of a call.
pub(super) fn tool_start(block: &Object<'_>, index: u32, sink: &mut dyn FnMut(Event<'_>)) {
    sink(Event::ToolStart {
        choice: 0,
        index,
        id: said(block, "id").unwrap_or_else(|| Text::from(format!("toolu_{index}"))),
        name: block.str("name").cloned().unwrap_or_default(),
        signature: None,
    });
}

/// Reads a whole block as the events that a stream of it would have had.
pub(super) fn whole(block: &Object<'_>, place: &mut Place, sink: &mut dyn FnMut(Event<'_>)) {
    let kind = block.str("type").cloned().unwrap_or_default();
    match kind.decode().as_ref() {
        "text" => {
            let from = place.characters;
            if let Some(text) = said(block, "text") {
                place.text(text, sink);
            }
            let citations = block.array("citations").map(|list| list.items());
            let objects = citations.unwrap_or_default().iter();
            for object in objects.filter_map(Value::as_object) {
                place.cite(from, object, sink);
            }
        }
        "thinking" => {
            if let Some(text) = said(block, "thinking") {
                sink(Event::Reasoning { choice: 0, text });
            }
            if let Some(signature) = said(block, "signature") {
                sink(Event::ReasoningSignature {
                    choice: 0,
                    signature,
                });
            }
        }
        "redacted_thinking" => {
            if let Some(data) = said(block, "data") {
                sink(Event::RedactedReasoning { choice: 0, data });
            }
        }
        "tool_use" => {
            let index = place.next_call();
            tool_start(block, index, sink);
            let input = block.object("input").map_or("{}", Object::raw);
            sink(Event::ToolArguments {
                choice: 0,
                index,
                fragment: Text::from(input),
            });
        }
        // Provider-side tools' blocks say nothing in the neutral language.
        _ => sink(Event::Skipped),
    }
}
