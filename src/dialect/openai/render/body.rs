//! A unary answer: gathered from its events, written at the end.

mod choice;

use super::{pieces, usage};
use crate::chat::Event;
use crate::dialect::{AnswerContext, AnswerWriter};
use crate::json::{Text, Writer};
use crate::meter::Usage;
use crate::order;
use choice::{Block, Call, Choice};

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

    fn part(&mut self, index: u32, add: impl FnOnce(&mut Choice)) {
        if !self.choices.iter().any(|choice| choice.index == index) {
            self.choices.push(Choice {
                index,
                ..Choice::default()
            });
        }
        if let Some(choice) = self.choices.iter_mut().find(|choice| choice.index == index) {
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
            Event::Text { choice, text } => self.part(*choice, |choice| {
                choice.progress.text(text);
                text.write_inside(choice.text.get_or_insert_default());
            }),
            Event::Reasoning { choice, text } => {
                self.part(*choice, |choice| text.write_inside(&mut choice.reasoning));
            }
            Event::ReasoningSignature { choice, signature } => self.part(*choice, |choice| {
                let signature = signature.clone().into_owned();
                choice.sign(Block::Signed(signature));
            }),
            Event::RedactedReasoning { choice, data } => self.part(*choice, |choice| {
                choice.sign(Block::Redacted(data.clone().into_owned()));
            }),
            Event::Refusal { choice, text } => self.part(*choice, |choice| {
                text.write_inside(choice.refusal.get_or_insert_default());
            }),
            Event::TextSignature { choice, signature } => self.part(*choice, |choice| {
                choice.signature = Some(signature.clone().into_owned());
            }),
            Event::ToolStart {
                choice,
                index,
                id,
                name,
                signature,
            } => {
                let call = Call {
                    index: *index,
                    id: id.clone().into_owned(),
                    name: self.context.tool_name(name).into_owned(),
                    signature: signature.clone().map(Text::into_owned),
                    arguments: Vec::new(),
                };
                self.part(*choice, |choice| choice.calls.push(call));
            }
            Event::ToolArguments {
                choice,
                index,
                fragment,
            } => self.part(*choice, |choice| {
                let mut calls = choice.calls.iter_mut().rev();
                let known = calls.find(|call| call.index == *index);
                if let Some(call) = known {
                    fragment.write_inside(&mut call.arguments);
                }
            }),
            Event::Citation { choice, citation } => self.part(*choice, |choice| {
                let span = choice.progress.cite(citation);
                let mut json = Vec::new();
                let list = if citation.url.is_empty() {
                    pieces::own_citation(&mut Writer::new(&mut json), citation, span, None);
                    &mut choice.documents
                } else {
                    pieces::annotation(&mut Writer::new(&mut json), citation, span, None);
                    &mut choice.annotations
                };
                list.push(String::from_utf8_lossy(&json).into_owned());
            }),
            Event::Image {
                choice,
                media_type,
                data,
            } => self.part(*choice, |choice| {
                choice.images.push(pieces::data_url(media_type, data));
            }),
            Event::Audio {
                choice,
                id,
                data,
                transcript,
                expires_at,
                ..
            } => self.part(*choice, |choice| {
                let audio = choice.audio.get_or_insert_default();
                id.write_inside(&mut audio.id);
                data.write_inside(&mut audio.data);
                transcript.write_inside(&mut audio.transcript);
                audio.expires_at = expires_at.or(audio.expires_at);
            }),
            Event::Logprobs { choice, json } => {
                self.part(*choice, |choice| choice.logprobs.add(json));
            }
            Event::Finish {
                choice,
                reason,
                stop_sequence,
            } => self.part(*choice, |choice| {
                choice.finish = Some(*reason);
                choice.stop_sequence = stop_sequence.clone().map(Text::into_owned);
            }),
            Event::Usage(usage) => self.usage = *usage,
            Event::ServiceTier(tier) => self.tier = Some(tier.clone().into_owned()),
            _ => {}
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        // An answer that says nothing at all is still one choice.
        self.part(0, |_| {});
        let choices = std::mem::take(&mut self.choices);
        self.choices = order::by_key(choices, |choice| u64::from(choice.index));
        let mut w = Writer::new(out);
        w.begin_object();
        let or = |own: &str, given: &str| if own.is_empty() { given } else { own }.to_owned();
        w.field_str("id", &or(&self.id, &self.context.id));
        w.field_str("object", "chat.completion");
        w.field_number("created", self.created.unwrap_or(self.context.created));
        w.field_str("model", &or(&self.model, &self.context.model));
        w.key("choices");
        w.begin_array();
        for choice in &self.choices {
            choice.write(&mut w, &self.context);
        }
        w.end_array();
        w.key("usage");
        usage::write(&self.usage, &mut w);
        if let Some(tier) = &self.tier {
            w.field_text("service_tier", tier);
        }
        w.end_object();
    }
}
