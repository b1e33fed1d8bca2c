//! Reads a provider's stream of Converse events.
//!
//! ```text
//! messageStart ─ ([contentBlockStart] ─ contentBlockDelta … ─ contentBlockStop)… ─ messageStop ─ metadata ─ end of bytes
//! ```
//! Only calls, provider-side results and images have a start. A message's `exception` may come anywhere.

use super::{blocks, error, finish_reason, usage};
use crate::chat::Event;
use crate::dialect::{NO_END, StreamReader, broken_stream, no_event};
use crate::framing;
use crate::json::{self, Object, Text, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Most blocks that may be open at a time; providers have one.
const MAX_OPEN: usize = 256;

/// Most base64 that an image may have: it is kept until it is whole.
const MAX_IMAGE_BYTES: usize = 32 << 20;

/// A stream's state.
#[derive(Debug, Default)]
pub struct Reader {
    started: bool,
    /// Whether `messageStop` came.
    stopped: bool,
    ended: bool,
    calls: u32,
    /// Characters of text so far.
    characters: u64,
    /// Blocks that have begun and not ended, with their numbers.
    open: Vec<(u64, Block)>,
}

/// What is kept of a block until it ends.
#[derive(Debug)]
enum Block {
    /// The client's call: its number, and whether any arguments came.
    Call(u32, bool),
    /// A call of a tool that the provider runs, or its result.
    Server,
    /// Text: where it began, and the sources that it cites (JSON), which may come before it.
    Text(u64, Vec<String>),
    /// An image: its type, and its bytes so far.
    Image(Text<'static>, Vec<String>),
}

impl StreamReader for Reader {
    fn event(&mut self, event: &framing::Event<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        if self.ended {
            return;
        }
        if event.exception {
            self.ended = true;
            sink(Event::Error(error::exception(event.name, &event.data)));
            return;
        }
        match json::parse(&event.data) {
            Ok(Value::Object(object)) => self.step(event.name, &object, sink),
            _ => self.fail(&no_event(&event.data), sink),
        }
    }

    fn repeated(&mut self, said: &Event<'_>) {
        if let Event::Text { text, .. } = said {
            self.characters = self.characters.saturating_add(blocks::characters(text));
        }
    }

    fn end(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        if self.ended {
            return;
        }
        self.ended = true;
        // Bytes may end before `metadata`: the answer is whole all the same.
        sink(if self.stopped {
            Event::End
        } else {
            broken_stream(NO_END)
        });
    }
}

impl Reader {
    fn fail(&mut self, what: &str, sink: &mut dyn FnMut(Event<'_>)) {
        self.ended = true;
        sink(broken_stream(what));
    }

    fn step(&mut self, name: &[u8], object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        if !self.started {
            self.started = true;
            sink(Event::Start {
                id: Text::default(),
                model: Text::default(),
                created: None,
            });
        }
        if self.open.len() > MAX_OPEN {
            return self.fail("too many blocks without an end", sink);
        }
        let block = object.u64("contentBlockIndex").unwrap_or(0);
        match name {
            b"messageStart" => {}
            b"contentBlockStart" => match object.object("start") {
                Some(start) => self.block_start(block, start, sink),
                None => sink(Event::Skipped),
            },
            b"contentBlockDelta" => match object.object("delta") {
                Some(delta) => self.block_delta(block, delta, sink),
                None => sink(Event::Skipped),
            },
            b"contentBlockStop" => self.block_stop(block, sink),
            b"messageStop" => self.message_stop(object, sink),
            b"metadata" => self.metadata(object, sink),
            _ => sink(Event::Skipped),
        }
    }

    fn block_start(&mut self, block: u64, start: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        self.block_stop(block, sink);
        if let Some(call) = start.object("toolUse")
            && !blocks::is_server_tool(call)
        {
            let index = self.calls;
            self.calls = index.saturating_add(1);
            self.open.push((block, Block::Call(index, false)));
            let id = call.str("toolUseId").filter(|id| !id.is_empty()).cloned();
            sink(Event::ToolStart {
                choice: 0,
                index,
                id: id.unwrap_or_else(|| Text::from(format!("tooluse_{index}"))),
                name: call.str("name").cloned().unwrap_or_default(),
                signature: None,
            });
        } else if let Some(image) = start.object("image") {
            let kind = blocks::media_type("image", image.str("format"));
            self.open.push((block, Block::Image(kind, Vec::new())));
        } else {
            self.open.push((block, Block::Server));
            sink(Event::Skipped);
        }
    }

    fn block_delta(&mut self, block: u64, delta: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        // A delta is an union: it has one member.
        let Some((kind, value)) = delta.members().first() else {
            return sink(Event::Skipped);
        };
        match (kind.decode().as_ref(), value) {
            ("text", Value::String(text)) if !text.is_empty() => {
                self.text_block(block);
                self.characters = self.characters.saturating_add(blocks::characters(text));
                sink(Event::Text {
                    choice: 0,
                    text: text.clone(),
                });
            }
            ("text", Value::String(_)) => {}
            ("toolUse", Value::Object(call)) => self.arguments(block, call, sink),
            ("reasoningContent", Value::Object(reasoning)) => {
                self.reasoning(reasoning, sink);
            }
            ("citation", Value::Object(citation)) => {
                if let Some(held) = self.text_block(block) {
                    held.push(citation.raw().to_owned());
                }
            }
            ("image", Value::Object(image)) => self.image(block, image, sink),
            _ => sink(Event::Skipped),
        }
    }

    fn find(&mut self, block: u64) -> Option<&mut Block> {
        let found = self.open.iter_mut().find(|(number, _)| *number == block);
        found.map(|(_, block)| block)
    }

    /// The citations of this text block, which begins here where it has not begun.
    fn text_block(&mut self, block: u64) -> Option<&mut Vec<String>> {
        if self.find(block).is_none() {
            let start = self.characters;
            self.open.push((block, Block::Text(start, Vec::new())));
        }
        match self.find(block) {
            Some(Block::Text(_, held)) => Some(held),
            _ => None,
        }
    }

    fn arguments(&mut self, block: u64, call: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        let Some(Block::Call(index, any)) = self.find(block) else {
            // Arguments of provider-side tools are not the client's.
            return sink(Event::Skipped);
        };
        if let Some(fragment) = call.str("input").filter(|input| !input.is_empty()) {
            *any = true;
            sink(Event::ToolArguments {
                choice: 0,
                index: *index,
                fragment: fragment.clone(),
            });
        }
    }

    fn reasoning(&mut self, reasoning: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        let said = |key: &str| reasoning.str(key).filter(|text| !text.is_empty()).cloned();
        if let Some(text) = said("text") {
            sink(Event::Reasoning { choice: 0, text });
        }
        if let Some(signature) = said("signature") {
            sink(Event::ReasoningSignature {
                choice: 0,
                signature,
            });
        }
        if let Some(data) = said("redactedContent") {
            sink(Event::RedactedReasoning { choice: 0, data });
        }
    }

    fn image(&mut self, block: u64, image: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        let Some(Block::Image(_, pieces)) = self.find(block) else {
            return sink(Event::Skipped);
        };
        let Some(data) = blocks::bytes(image) else {
            return sink(Event::Skipped);
        };
        let so_far = pieces
            .iter()
            .fold(0usize, |sum, piece| sum.saturating_add(piece.len()));
        pieces.push(data.decode().into_owned());
        if so_far > MAX_IMAGE_BYTES {
            self.fail("an image that is too large", sink);
        }
    }

    fn block_stop(&mut self, block: u64, sink: &mut dyn FnMut(Event<'_>)) {
        let Some(place) = self.open.iter().position(|(number, _)| *number == block) else {
            return;
        };
        let (_, block) = self.open.remove(place);
        self.close(block, sink);
    }

    fn close(&self, block: Block, sink: &mut dyn FnMut(Event<'_>)) {
        match block {
            // A call without arguments still is a call with an object.
            Block::Call(index, false) => sink(Event::ToolArguments {
                choice: 0,
                index,
                fragment: Text::from("{}"),
            }),
            Block::Call(_, true) | Block::Server => {}
            Block::Text(start, citations) => {
                let span = (self.characters > start).then_some((start, self.characters));
                for source in &citations {
                    if let Ok(Value::Object(citation)) = json::parse(source.as_bytes()) {
                        blocks::citation(&citation, span, sink);
                    }
                }
            }
            Block::Image(media_type, pieces) => match joined(&pieces) {
                Some(data) => sink(Event::Image {
                    choice: 0,
                    media_type,
                    data: Text::from(data),
                }),
                None => sink(Event::Skipped),
            },
        }
    }

    fn message_stop(&mut self, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        for (_, block) in std::mem::take(&mut self.open) {
            self.close(block, sink);
        }
        if std::mem::replace(&mut self.stopped, true) {
            return;
        }
        let word = object.str("stopReason").cloned().unwrap_or_default();
        sink(Event::Finish {
            choice: 0,
            reason: finish_reason(&word),
            stop_sequence: blocks::stop_sequence(object.object("additionalModelResponseFields")),
        });
    }

    fn metadata(&mut self, object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        if let Some(usage) = object.object("usage").and_then(usage::read) {
            sink(Event::Usage(usage));
        }
        blocks::tier(object, sink);
        if object.get("trace").is_some() {
            sink(Event::Skipped);
        }
        if self.stopped {
            self.ended = true;
            sink(Event::End);
        }
    }
}

/// The base64 of what the pieces hold together; `None` where they are not base64, or nothing.
fn joined(pieces: &[String]) -> Option<String> {
    if let [one] = pieces {
        return Some(one.clone());
    }
    let mut bytes = Vec::new();
    for piece in pieces {
        bytes.extend(STANDARD.decode(piece).ok()?);
    }
    (!bytes.is_empty()).then(|| STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests;
