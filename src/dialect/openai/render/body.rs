//! A unary answer: gathered from its events, written at the end.

use crate::chat::{Event, FinishReason};
use crate::dialect::openai::{finish_word, usage};
use crate::dialect::{AnswerContext, AnswerWriter};
use crate::json::{Text, Writer};
use crate::meter::Usage;

/// Writes a `chat.completion`.
#[derive(Debug)]
pub struct BodyWriter {
    context: AnswerContext,
    id: String,
    model: String,
    created: Option<u64>,
    choices: Vec<Choice>,
    usage: Usage,
    tier: Option<Text<'static>>,
}

/// One choice. Strings are gathered as the insides of JSON literals.
#[derive(Debug, Default)]
struct Choice {
    index: u32,
    text: Option<Vec<u8>>,
    reasoning: Vec<u8>,
    refusal: Option<Vec<u8>>,
    /// `thinking_blocks` as LiteLLM has them: `(reasoning so far, signature)`, or redacted data.
    blocks: Vec<Block>,
    block_from: usize,
    annotations: Vec<String>,
    calls: Vec<Call>,
    finish: Option<FinishReason>,
}

#[derive(Debug)]
enum Block {
    Signed {
        text: Vec<u8>,
        signature: Text<'static>,
    },
    Redacted(Text<'static>),
}

#[derive(Debug)]
struct Call {
    id: Text<'static>,
    name: Text<'static>,
    arguments: Vec<u8>,
}

impl BodyWriter {
    /// A writer at an answer's beginning.
    pub fn new(context: AnswerContext) -> Self {
        BodyWriter {
            context,
            id: String::new(),
            model: String::new(),
            created: None,
            choices: Vec::new(),
            usage: Usage::default(),
            tier: None,
        }
    }

    fn choice(&mut self, index: u32) -> Option<&mut Choice> {
        if !self.choices.iter().any(|choice| choice.index == index) {
            self.choices.push(Choice {
                index,
                ..Choice::default()
            });
        }
        self.choices.iter_mut().find(|choice| choice.index == index)
    }

    fn part(&mut self, index: u32, add: impl FnOnce(&mut Choice)) {
        if let Some(choice) = self.choice(index) {
            add(choice);
        }
    }
}

impl AnswerWriter for BodyWriter {
    fn event(&mut self, event: &Event<'_>, _: &mut Vec<u8>) {
        match event {
            Event::Start { id, model, created } => {
                self.id = id.decode().into_owned();
                self.model = model.decode().into_owned();
                self.created = *created;
            }
            Event::Text { choice, text } => {
                self.part(*choice, |choice| {
                    text.write_inside(choice.text.get_or_insert_default())
                });
            }
            Event::Reasoning { choice, text } => {
                self.part(*choice, |choice| text.write_inside(&mut choice.reasoning))
            }
            Event::ReasoningSignature { choice, signature } => self.part(*choice, |choice| {
                let text = choice
                    .reasoning
                    .get(choice.block_from..)
                    .unwrap_or_default()
                    .to_vec();
                choice.block_from = choice.reasoning.len();
                let signature = signature.clone().into_owned();
                choice.blocks.push(Block::Signed { text, signature });
            }),
            Event::RedactedReasoning { choice, data } => {
                self.part(*choice, |choice| {
                    choice
                        .blocks
                        .push(Block::Redacted(data.clone().into_owned()))
                });
            }
            Event::Refusal { choice, text } => {
                self.part(*choice, |choice| {
                    text.write_inside(choice.refusal.get_or_insert_default())
                });
            }
            Event::ToolStart {
                choice, id, name, ..
            } => {
                let name = self.context.tool_name(name).into_owned();
                self.part(*choice, |choice| {
                    choice.calls.push(Call {
                        id: id.clone().into_owned(),
                        name,
                        arguments: Vec::new(),
                    });
                });
            }
            Event::ToolArguments {
                choice,
                index,
                fragment,
            } => self.part(*choice, |choice| {
                let place = usize::try_from(*index).unwrap_or(usize::MAX);
                if let Some(call) = choice.calls.get_mut(place) {
                    fragment.write_inside(&mut call.arguments);
                }
            }),
            Event::Citation { choice, citation } => {
                let mut json = Vec::new();
                super::annotation(&mut Writer::new(&mut json), citation);
                let json = String::from_utf8_lossy(&json).into_owned();
                self.part(*choice, |choice| choice.annotations.push(json));
            }
            Event::Finish { choice, reason, .. } => {
                self.part(*choice, |choice| choice.finish = Some(*reason))
            }
            Event::Usage(usage) => self.usage = *usage,
            Event::ServiceTier(tier) => self.tier = Some(tier.clone().into_owned()),
            _ => {}
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        // An answer that says nothing at all is still one choice.
        self.choice(0);
        self.choices.sort_by_key(|choice| choice.index);
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
        w.field_str("object", "chat.completion");
        w.field_number("created", self.created.unwrap_or(self.context.created));
        w.field_str(
            "model",
            if self.model.is_empty() {
                &self.context.model
            } else {
                &self.model
            },
        );
        w.key("choices");
        w.begin_array();
        self.choices.iter().for_each(|choice| choice.write(&mut w));
        w.end_array();
        w.key("usage");
        usage::write(&self.usage, &mut w);
        if let Some(tier) = &self.tier {
            w.field_text("service_tier", tier);
        }
        w.end_object();
    }
}

impl Choice {
    fn write(&self, w: &mut Writer<'_>) {
        w.begin_object();
        w.field_number("index", self.index);
        w.key("message");
        w.begin_object();
        w.field_str("role", "assistant");
        literal(w, "content", self.text.as_deref());
        if !self.reasoning.is_empty() {
            literal(w, "reasoning_content", Some(&self.reasoning));
        }
        if !self.blocks.is_empty() {
            w.key("thinking_blocks");
            w.begin_array();
            self.blocks.iter().for_each(|block| block.write(w));
            w.end_array();
        }
        literal(w, "refusal", self.refusal.as_deref());
        if !self.annotations.is_empty() {
            w.key("annotations");
            w.begin_array();
            self.annotations.iter().for_each(|json| w.raw(json));
            w.end_array();
        }
        if !self.calls.is_empty() {
            w.key("tool_calls");
            w.begin_array();
            for call in &self.calls {
                w.begin_object();
                w.field_text("id", &call.id);
                w.field_str("type", "function");
                w.key("function");
                w.begin_object();
                w.field_text("name", &call.name);
                let empty = call.arguments.is_empty();
                literal(
                    w,
                    "arguments",
                    Some(if empty { b"{}" } else { &call.arguments }),
                );
                w.end_object();
                w.end_object();
            }
            w.end_array();
        }
        w.end_object();
        w.field_null("logprobs");
        w.field_str(
            "finish_reason",
            finish_word(self.finish.unwrap_or(FinishReason::Stop)),
        );
        w.end_object();
    }
}

impl Block {
    fn write(&self, w: &mut Writer<'_>) {
        w.begin_object();
        match self {
            Block::Signed { text, signature } => {
                w.field_str("type", "thinking");
                literal(w, "thinking", Some(text));
                w.field_text("signature", signature);
            }
            Block::Redacted(data) => {
                w.field_str("type", "redacted_thinking");
                w.field_text("data", data);
            }
        }
        w.end_object();
    }
}

/// A member whose value is gathered already: the inside of a literal, or nothing.
fn literal(w: &mut Writer<'_>, key: &str, inside: Option<&[u8]>) {
    // What was gathered came from `&str`s, so this borrows.
    match inside.map(String::from_utf8_lossy) {
        Some(inside) => w.field_text(key, &Text::Escaped(&inside)),
        None => w.field_null(key),
    }
}
