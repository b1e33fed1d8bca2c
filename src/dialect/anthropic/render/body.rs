//! A unary answer: gathered from its events, written at the end.

use crate::chat::{Event, FinishReason};
use crate::dialect::anthropic::{stop_word, usage};
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
    usage: Usage,
    finish: Option<(FinishReason, Option<Text<'static>>)>,
}

/// A content block. Strings are gathered as the insides of JSON literals.
#[derive(Debug)]
enum Block {
    Text(Vec<u8>),
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
            usage: Usage::default(),
            finish: None,
        }
    }

    fn text(&mut self, text: &Text<'_>) {
        if !matches!(self.blocks.last(), Some(Block::Text(_))) {
            self.blocks.push(Block::Text(Vec::new()));
        }
        if let Some(Block::Text(own)) = self.blocks.last_mut() {
            text.write_inside(own);
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
            Event::Text { choice: 0, text } | Event::Refusal { choice: 0, text } => self.text(text),
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
                ..
            } => self.blocks.push(Block::Call {
                index: *index,
                id: id.clone().into_owned(),
                name: self.context.tool_name(name).into_owned(),
                arguments: String::new(),
            }),
            Event::ToolArguments {
                choice: 0,
                index,
                fragment,
            } => {
                for block in &mut self.blocks {
                    match block {
                        Block::Call {
                            index: own,
                            arguments,
                            ..
                        } if own == index => arguments.push_str(&fragment.decode()),
                        _ => {}
                    }
                }
            }
            Event::Finish {
                choice: 0,
                reason,
                stop_sequence,
            } => {
                self.finish = Some((*reason, stop_sequence.clone().map(Text::into_owned)));
            }
            Event::Usage(usage) => self.usage = *usage,
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
        let (reason, stop_sequence) = self.finish.take().unwrap_or((FinishReason::Stop, None));
        w.field_str("stop_reason", stop_word(reason));
        match &stop_sequence {
            Some(text) => w.field_text("stop_sequence", text),
            None => w.field_null("stop_sequence"),
        }
        w.key("usage");
        usage::write(&self.usage, &mut w);
        w.end_object();
    }
}

impl Block {
    fn write(&self, w: &mut Writer<'_>) {
        // What was gathered came from `&str`s, so this borrows.
        let literal = |inside: &[u8]| String::from_utf8_lossy(inside).into_owned();
        w.begin_object();
        match self {
            Block::Text(text) => {
                w.field_str("type", "text");
                w.field_text("text", &Text::Escaped(&literal(text)));
            }
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
