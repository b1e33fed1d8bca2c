//! A unary answer: gathered from its events, written at the end.

use super::{Ending, cited, image, literal, marked};
use crate::chat::{Event, signed_id};
use crate::dialect::anthropic::usage;
use crate::dialect::{AnswerContext, AnswerWriter};
use crate::json::{self, Text, Value, Writer};
use crate::meter::Usage;

/// Writes a message.
#[derive(Debug)]
pub struct BodyWriter {
    context: AnswerContext,
    id: String,
    model: String,
    blocks: Vec<Block>,
    /// Citations that came before any text: the first one has them.
    late: Vec<String>,
    usage: Usage,
    tier: Option<Text<'static>>,
    ending: Ending,
}

/// A content block. Strings are gathered as the insides of JSON literals.
#[derive(Debug)]
enum Block {
    Text {
        text: Vec<u8>,
        /// Its citations' objects.
        citations: Vec<String>,
    },
    Image {
        media_type: Text<'static>,
        data: Text<'static>,
    },
    Thinking {
        text: Vec<u8>,
        signature: Option<Text<'static>>,
    },
    Redacted(Text<'static>),
    Call {
        index: u32,
        id: Text<'static>,
        name: Text<'static>,
        arguments: String,
    },
}

impl BodyWriter {
    /// A writer at an answer's beginning.
    pub fn new(context: AnswerContext) -> Self {
        BodyWriter {
            context,
            id: String::new(),
            model: String::new(),
            blocks: Vec::new(),
            late: Vec::new(),
            usage: Usage::default(),
            tier: None,
            ending: Ending::default(),
        }
    }

    /// The text block that goes on.
    fn open_text(&mut self) -> Option<&mut Vec<u8>> {
        if !matches!(self.blocks.last(), Some(Block::Text { .. })) {
            self.blocks.push(Block::Text {
                text: Vec::new(),
                citations: std::mem::take(&mut self.late),
            });
        }
        match self.blocks.last_mut() {
            Some(Block::Text { text, .. }) => Some(text),
            _ => None,
        }
    }

    fn text(&mut self, piece: &Text<'_>) {
        // An empty block is refused when it comes back.
        if !piece.is_empty()
            && let Some(text) = self.open_text()
        {
            piece.write_inside(text);
        }
    }

    /// A citation is about the last text, wherever that is.
    fn cite(&mut self, citation: String) {
        let texts = self.blocks.iter_mut().rev();
        let mut texts = texts.filter_map(|block| match block {
            Block::Text { citations, .. } => Some(citations),
            _ => None,
        });
        match texts.next() {
            Some(citations) => citations.push(citation),
            None => self.late.push(citation),
        }
    }

    fn thinking(&mut self, piece: Option<&Text<'_>>, sign: Option<&Text<'_>>) {
        if !matches!(
            self.blocks.last(),
            Some(Block::Thinking {
                signature: None,
                ..
            })
        ) {
            self.blocks.push(Block::Thinking {
                text: Vec::new(),
                signature: None,
            });
        }
        if let Some(Block::Thinking { text, signature }) = self.blocks.last_mut() {
            if let Some(piece) = piece {
                piece.write_inside(text);
            }
            *signature = sign.map(|sign| sign.clone().into_owned());
        }
    }
}

impl AnswerWriter for BodyWriter {
    fn event(&mut self, event: &Event<'_>, _: &mut Vec<u8>) {
        match event {
            Event::Start { id, model, .. } => {
                self.id = id.decode().into_owned();
                self.model = model.decode().into_owned();
            }
            // This wire has one answer only; `n` is refused on the way in.
            Event::Text { choice: 0, text } => self.text(text),
            Event::Refusal { choice: 0, text } => {
                text.write_inside(&mut self.ending.refusal);
                self.text(text);
            }
            Event::Audio {
                choice: 0,
                transcript,
                ..
            } if !transcript.is_empty() => self.text(transcript),
            Event::Citation {
                choice: 0,
                citation,
            } => self.cite(cited(citation)),
            Event::TextSignature {
                choice: 0,
                signature,
            } => self.blocks.push(Block::Redacted(marked(signature))),
            Event::Image {
                choice: 0,
                media_type,
                data,
            } => self.blocks.push(Block::Image {
                media_type: media_type.clone().into_owned(),
                data: data.clone().into_owned(),
            }),
            Event::Reasoning { choice: 0, text } => self.thinking(Some(text), None),
            Event::ReasoningSignature {
                choice: 0,
                signature,
            } => self.thinking(None, Some(signature)),
            Event::RedactedReasoning { choice: 0, data } => {
                self.blocks.push(Block::Redacted(data.clone().into_owned()))
            }
            Event::ToolStart {
                choice: 0,
                index,
                id,
                name,
                signature,
            } => self.blocks.push(Block::Call {
                index: *index,
                id: signed_id::join(id, signature.as_ref()).into_owned(),
                name: self.context.tool_name(name).into_owned(),
                arguments: String::new(),
            }),
            Event::ToolArguments {
                choice: 0,
                index,
                fragment,
            } => {
                // The last call, as good as always.
                let call = self.blocks.iter_mut().rev().find_map(|block| match block {
                    Block::Call {
                        index: own,
                        arguments,
                        ..
                    } if own == index => Some(arguments),
                    _ => None,
                });
                if let Some(arguments) = call {
                    arguments.push_str(&fragment.decode());
                }
            }
            Event::Finish {
                choice: 0,
                reason,
                stop_sequence,
            } => self.ending.finish(*reason, stop_sequence.as_ref()),
            Event::Usage(usage) => self.usage = *usage,
            Event::ServiceTier(tier) => self.tier = Some(tier.clone().into_owned()),
            _ => {}
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        let mut w = Writer::new(out);
        w.begin_object();
        w.field_str(
            "id",
            if self.id.is_empty() {
                &self.context.id
            } else {
                &self.id
            },
        );
        w.field_str("type", "message");
        w.field_str("role", "assistant");
        w.field_str(
            "model",
            if self.model.is_empty() {
                &self.context.model
            } else {
                &self.model
            },
        );
        w.key("content");
        w.begin_array();
        self.blocks.iter().for_each(|block| block.write(&mut w));
        w.end_array();
        self.ending.write(&mut w);
        w.key("usage");
        usage::write(&self.usage, self.tier.as_ref(), &mut w);
        w.end_object();
    }
}

impl Block {
    fn write(&self, w: &mut Writer<'_>) {
        w.begin_object();
        match self {
            Block::Text { text, citations } => {
                w.field_str("type", "text");
                w.field_text("text", &Text::Escaped(&literal(text)));
                if !citations.is_empty() {
                    w.key("citations");
                    w.begin_array();
                    citations.iter().for_each(|citation| w.raw(citation));
                    w.end_array();
                }
            }
            Block::Image { media_type, data } => image(w, media_type, data),
            Block::Thinking { text, signature } => {
                w.field_str("type", "thinking");
                w.field_text("thinking", &Text::Escaped(&literal(text)));
                w.field_text("signature", signature.as_ref().unwrap_or(&Text::default()));
            }
            Block::Redacted(data) => {
                w.field_str("type", "redacted_thinking");
                w.field_text("data", data);
            }
            Block::Call {
                id,
                name,
                arguments,
                ..
            } => {
                w.field_str("type", "tool_use");
                w.field_text("id", id);
                w.field_text("name", name);
                match json::parse(arguments.as_bytes()) {
                    Ok(Value::Object(object)) => w.field_raw("input", object.raw()),
                    _ if arguments.trim().is_empty() => w.field_raw("input", "{}"),
                    // A model's broken JSON cannot be an object here; it is kept where the client can see it.
                    _ => {
                        w.key("input");
                        w.begin_object();
                        w.field_str("invalid_json", arguments);
                        w.end_object();
                    }
                }
            }
        }
        w.end_object();
    }
}
