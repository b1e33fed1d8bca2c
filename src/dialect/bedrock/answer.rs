//! Reads a provider's unary answer.

use super::{blocks, error, finish_reason, usage};
use crate::chat::{Error, Event};
use crate::dialect::{foreign_answer, no_object};
use crate::json::{self, Object, Text, Value};

/// Reads an answer as the events that a stream of it would have had.
///
/// # Errors
/// A 200 that carries an error, or bytes that are no answer of this wire.
pub fn read(body: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
    let object = match json::parse(body) {
        Ok(Value::Object(object)) => object,
        _ => return Err(no_object(body)),
    };
    let message = object
        .object("output")
        .and_then(|output| output.object("message"));
    if message.is_none() && object.str("stopReason").is_none() {
        return Err(if error::is_object(&object) {
            error::read_object(&object)
        } else {
            foreign_answer("has no `output.message`")
        });
    }
    sink(Event::Start {
        id: Text::default(),
        model: Text::default(),
        created: None,
    });
    let content = message.and_then(|message| message.array("content"));
    let mut reader = Reader::default();
    for block in content.map(|list| list.items()).unwrap_or_default() {
        match block.as_object() {
            Some(block) => reader.block(block, sink),
            None => sink(Event::Skipped),
        }
    }
    if let Some(word) = object.str("stopReason") {
        sink(Event::Finish {
            choice: 0,
            reason: finish_reason(word),
            stop_sequence: blocks::stop_sequence(object.object("additionalModelResponseFields")),
        });
    }
    if let Some(usage) = object.object("usage").and_then(usage::read) {
        sink(Event::Usage(usage));
    }
    blocks::tier(&object, sink);
    sink(Event::End);
    Ok(())
}

#[derive(Debug, Default)]
struct Reader {
    /// The client's calls so far.
    calls: u32,
    /// Characters of text so far.
    characters: u64,
}

impl Reader {
    fn block(&mut self, block: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        // A block is an union: it has one member.
        let Some((kind, value)) = block.members().first() else {
            return sink(Event::Skipped);
        };
        match (kind.decode().as_ref(), value) {
            ("text", Value::String(text)) => self.text(text, sink),
            ("reasoningContent", Value::Object(reasoning)) => self.reasoning(reasoning, sink),
            ("toolUse", Value::Object(call)) if !blocks::is_server_tool(call) => {
                self.call(call, sink);
            }
            ("citationsContent", Value::Object(cited)) => self.cited(cited, sink),
            ("image", Value::Object(image)) => match blocks::bytes(image) {
                Some(data) => sink(Event::Image {
                    choice: 0,
                    media_type: blocks::media_type("image", image.str("format")),
                    data: data.clone(),
                }),
                None => sink(Event::Skipped),
            },
            ("audio", Value::Object(audio)) => match blocks::bytes(audio) {
                Some(data) => sink(Event::Audio {
                    choice: 0,
                    id: Text::default(),
                    media_type: blocks::media_type("audio", audio.str("format")),
                    data: data.clone(),
                    transcript: Text::default(),
                    expires_at: None,
                }),
                None => sink(Event::Skipped),
            },
            // Among them the provider's own tools: their calls and results are not the client's.
            _ => sink(Event::Skipped),
        }
    }

    fn text(&mut self, text: &Text<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        if text.is_empty() {
            return;
        }
        self.characters = self.characters.saturating_add(blocks::characters(text));
        sink(Event::Text {
            choice: 0,
            text: text.clone(),
        });
    }

    fn reasoning(&mut self, reasoning: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        if let Some(data) = reasoning.str("redactedContent") {
            sink(Event::RedactedReasoning {
                choice: 0,
                data: data.clone(),
            });
        }
        let Some(spoken) = reasoning.object("reasoningText") else {
            return;
        };
        let said = |key: &str| spoken.str(key).filter(|text| !text.is_empty()).cloned();
        if let Some(text) = said("text") {
            sink(Event::Reasoning { choice: 0, text });
        }
        if let Some(signature) = said("signature") {
            sink(Event::ReasoningSignature {
                choice: 0,
                signature,
            });
        }
    }

    fn call(&mut self, call: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        let index = self.calls;
        self.calls = index.saturating_add(1);
        let id = call.str("toolUseId").filter(|id| !id.is_empty()).cloned();
        sink(Event::ToolStart {
            choice: 0,
            index,
            id: id.unwrap_or_else(|| Text::from(format!("tooluse_{index}"))),
            name: call.str("name").cloned().unwrap_or_default(),
            signature: None,
        });
        let input = call.object("input").map_or("{}", Object::raw);
        sink(Event::ToolArguments {
            choice: 0,
            index,
            fragment: Text::from(input),
        });
    }

    /// Text with the sources that it cites; either may be missing.
    fn cited(&mut self, cited: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        let list = |key: &str| cited.array(key).map(|l| l.items()).unwrap_or_default();
        let start = self.characters;
        for piece in list("content") {
            if let Some(text) = piece.as_object().and_then(|piece| piece.str("text")) {
                self.text(text, sink);
            }
        }
        let span = (self.characters > start).then_some((start, self.characters));
        for citation in list("citations").iter().filter_map(Value::as_object) {
            blocks::citation(citation, span, sink);
        }
    }
}
