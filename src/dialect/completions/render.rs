//! Renders answers for this wire's clients.
//!
//! An answer is text here: a refusal's words are text too, thinking is left out, and there are no calls, for this wire's
//! requests offer no tools.

mod logprobs;

use crate::chat::{Event, FinishReason};
use crate::dialect::openai::{error, finish_word, usage};
use crate::dialect::{AnswerContext, AnswerWriter};
use crate::json::{Text, Writer};
use crate::meter::Usage;
use crate::order;
use logprobs::Logprobs;

/// Why a choice ended: this wire has three words for it, and calls are nothing that it knows.
fn word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::ToolCalls => "stop",
        reason => finish_word(reason),
    }
}

/// What an answer of either form begins with: id, time, model.
#[derive(Debug, Default)]
struct Head {
    id: String,
    model: String,
    created: u64,
}

impl Head {
    fn of(context: &AnswerContext) -> Self {
        Head {
            id: context.id.clone(),
            model: context.model.clone(),
            created: context.created,
        }
    }

    fn start(&mut self, id: &Text<'_>, model: &Text<'_>, created: Option<u64>) {
        for (own, said) in [(&mut self.id, id), (&mut self.model, model)] {
            if !said.is_empty() {
                *own = said.decode().into_owned();
            }
        }
        self.created = created.unwrap_or(self.created);
    }

    fn write(&self, w: &mut Writer<'_>) {
        w.field_str("id", &self.id);
        w.field_str("object", "text_completion");
        w.field_number("created", self.created);
        w.field_str("model", &self.model);
    }
}

/// Writes a streamed answer.
#[derive(Debug)]
pub struct StreamWriter {
    head: Head,
    include_usage: bool,
    choices: Vec<Choice>,
    usage: Usage,
    failed: bool,
}

/// What was told of a choice.
#[derive(Debug, Default)]
struct Choice {
    index: u32,
    /// In a stream, always empty; else the text so far, as the inside of a literal.
    text: Vec<u8>,
    logprobs: Logprobs,
    finish: Option<FinishReason>,
}

/// The choice of this number, made where it is new.
fn at(choices: &mut Vec<Choice>, index: u32) -> Option<&mut Choice> {
    if !choices.iter().any(|choice| choice.index == index) {
        choices.push(Choice {
            index,
            ..Choice::default()
        });
    }
    choices.iter_mut().find(|choice| choice.index == index)
}

impl StreamWriter {
    /// A writer at an answer's beginning.
    pub fn new(context: AnswerContext) -> Self {
        StreamWriter {
            head: Head::of(&context),
            include_usage: context.include_usage,
            choices: Vec::new(),
            usage: Usage::default(),
            failed: false,
        }
    }

    fn chunk(
        &mut self,
        choice: u32,
        text: &Text<'_>,
        finish: Option<FinishReason>,
        out: &mut Vec<u8>,
    ) {
        let Some(own) = at(&mut self.choices, choice) else {
            return;
        };
        if own.finish.is_some() && finish.is_some() {
            return;
        }
        own.finish = finish.or(own.finish);
        out.extend_from_slice(b"data: ");
        let mut w = Writer::new(out);
        w.begin_object();
        self.head.write(&mut w);
        w.key("choices");
        w.begin_array();
        w.begin_object();
        w.field_text("text", text);
        w.field_number("index", choice);
        own.logprobs.write(&mut w);
        match finish {
            Some(reason) => w.field_str("finish_reason", word(reason)),
            None => w.field_null("finish_reason"),
        }
        w.end_object();
        w.end_array();
        if self.include_usage {
            w.field_null("usage");
        }
        w.end_object();
        out.extend_from_slice(b"\n\n");
    }
}

impl AnswerWriter for StreamWriter {
    fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        match event {
            Event::Start { id, model, created } => self.head.start(id, model, *created),
            Event::Text { choice, text } | Event::Refusal { choice, text } => {
                self.chunk(*choice, text, None, out);
            }
            Event::Logprobs { choice, json } => {
                if let Some(own) = at(&mut self.choices, *choice) {
                    own.logprobs.add(json);
                }
            }
            Event::Finish { choice, reason, .. } => {
                self.chunk(*choice, &Text::default(), Some(*reason), out);
            }
            Event::Usage(usage) => self.usage = *usage,
            Event::Error(error) => {
                self.failed = true;
                error::event(error, out);
            }
            _ => {}
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.failed {
            return;
        }
        at(&mut self.choices, 0);
        let open: Vec<u32> = self
            .choices
            .iter()
            .filter(|own| own.finish.is_none())
            .map(|own| own.index)
            .collect();
        for choice in open {
            self.chunk(choice, &Text::default(), Some(FinishReason::Stop), out);
        }
        if self.include_usage {
            out.extend_from_slice(b"data: ");
            let mut w = Writer::new(out);
            w.begin_object();
            self.head.write(&mut w);
            w.field_raw("choices", "[]");
            w.key("usage");
            usage::write(&self.usage, &mut w);
            w.end_object();
            out.extend_from_slice(b"\n\n");
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }
}

/// Writes a unary answer.
#[derive(Debug)]
pub struct BodyWriter {
    head: Head,
    choices: Vec<Choice>,
    usage: Usage,
}

impl BodyWriter {
    /// A writer at an answer's beginning.
    pub fn new(context: AnswerContext) -> Self {
        BodyWriter {
            head: Head::of(&context),
            choices: Vec::new(),
            usage: Usage::default(),
        }
    }
}

impl AnswerWriter for BodyWriter {
    fn event(&mut self, event: &Event<'_>, _: &mut Vec<u8>) {
        match event {
            Event::Start { id, model, created } => self.head.start(id, model, *created),
            Event::Text { choice, text } | Event::Refusal { choice, text } => {
                if let Some(own) = at(&mut self.choices, *choice) {
                    text.write_inside(&mut own.text);
                }
            }
            Event::Logprobs { choice, json } => {
                if let Some(own) = at(&mut self.choices, *choice) {
                    own.logprobs.add(json);
                }
            }
            Event::Finish { choice, reason, .. } => {
                if let Some(own) = at(&mut self.choices, *choice) {
                    own.finish = Some(*reason);
                }
            }
            Event::Usage(usage) => self.usage = *usage,
            _ => {}
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        at(&mut self.choices, 0);
        let choices = std::mem::take(&mut self.choices);
        self.choices = order::by_key(choices, |choice| u64::from(choice.index));
        let mut w = Writer::new(out);
        w.begin_object();
        self.head.write(&mut w);
        w.key("choices");
        w.begin_array();
        for choice in &mut self.choices {
            // What was gathered came from `&str`s, so this borrows.
            let text = String::from_utf8_lossy(&choice.text);
            w.begin_object();
            w.field_text("text", &Text::Escaped(&text));
            w.field_number("index", choice.index);
            choice.logprobs.write(&mut w);
            let reason = choice.finish.unwrap_or(FinishReason::Stop);
            w.field_str("finish_reason", word(reason));
            w.end_object();
        }
        w.end_array();
        w.key("usage");
        usage::write(&self.usage, &mut w);
        w.end_object();
    }
}

#[cfg(test)]
mod tests;
