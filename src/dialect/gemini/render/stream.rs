//! A streamed answer.

use super::choice::{self, Choice, Held, content, media_part, text_part};
use super::usage;
use crate::chat::Event;
use crate::dialect::gemini::error;
use crate::dialect::gemini::signature::Foreign;
use crate::dialect::{AnswerContext, AnswerWriter};
use crate::json::{Text, Writer};
use crate::meter::Usage;

/// Writes `GenerateContentResponse` events.
#[derive(Debug)]
pub struct StreamWriter {
    context: AnswerContext,
    /// The answer's id and model, as every event tells them.
    id: Text<'static>,
    model: Text<'static>,
    /// Whether an event was written.
    begun: bool,
    failed: bool,
    choices: Vec<Choice>,
    usage: Option<Usage>,
    tier: Option<Text<'static>>,
}

impl StreamWriter {
    /// A writer at an answer's beginning.
    pub fn new(context: AnswerContext) -> Self {
        StreamWriter {
            id: Text::from(context.id.clone()),
            model: Text::from(context.model.clone()),
            context,
            begun: false,
            failed: false,
            choices: Vec::new(),
            usage: None,
            tier: None,
        }
    }

    /// One event with these candidates.
    fn chunk(&mut self, last: bool, out: &mut Vec<u8>, candidates: impl FnOnce(&mut Writer<'_>)) {
        let array = self.context.array;
        error::begin_event(array, self.begun, out);
        self.begun = true;
        let mut w = Writer::new(out);
        w.begin_object();
        w.key("candidates");
        w.begin_array();
        candidates(&mut w);
        w.end_array();
        if let Some(counts) = self.usage.as_ref().filter(|_| last) {
            w.key("usageMetadata");
            usage::write(counts, self.tier.as_ref(), &mut w);
        }
        w.field_text("modelVersion", &self.model);
        w.field_text("responseId", &self.id);
        w.end_object();
        error::end_event(array, last, out);
    }

    /// One event with these parts of a choice.
    fn parts(&mut self, number: u32, out: &mut Vec<u8>, parts: impl FnOnce(&mut Writer<'_>)) {
        self.chunk(false, out, |w| {
            w.begin_object();
            content(w, parts);
            w.field_number("index", number);
            w.end_object();
        });
    }

    /// One event with text of a choice, after the calls that came before it: it waits until they are whole.
    fn text(
        &mut self,
        number: u32,
        text: &Text<'_>,
        thought: bool,
        signature: Option<&Text<'_>>,
        out: &mut Vec<u8>,
    ) {
        if self.flush(number, out) {
            self.parts(number, out, |w| text_part(w, text, thought, signature));
            return;
        }
        let held = Held::Text {
            text: text.clone().into_owned(),
            thought,
            signature: signature.map(|signature| signature.clone().into_owned()),
        };
        self.choice(number, |own| own.held.push(held));
    }

    /// One event with an image or a sound, as [`StreamWriter::text`].
    fn media(&mut self, number: u32, media_type: &Text<'_>, data: &Text<'_>, out: &mut Vec<u8>) {
        if self.flush(number, out) {
            self.parts(number, out, |w| media_part(w, media_type, data));
            return;
        }
        let held = Held::Media {
            media_type: media_type.clone().into_owned(),
            data: data.clone().into_owned(),
        };
        self.choice(number, |own| own.held.push(held));
    }

    /// Writes the calls that were gathered, and what waits for them; false where some are not whole.
    fn flush(&mut self, number: u32, out: &mut Vec<u8>) -> bool {
        let (calls, held) = match choice::of(&mut self.choices, number) {
            Some(choice) if !choice.is_whole() => return false,
            Some(choice) if !choice.calls.is_empty() => (
                std::mem::take(&mut choice.calls),
                std::mem::take(&mut choice.held),
            ),
            _ => return true,
        };
        self.parts(number, out, |w| calls.iter().for_each(|call| call.write(w)));
        self.held(number, &held, out);
        true
    }

    /// Writes what waited, part by part: each is an event of its own, as it came.
    fn held(&mut self, number: u32, held: &[Held], out: &mut Vec<u8>) {
        for piece in held {
            self.parts(number, out, |w| piece.write(w));
        }
    }

    fn choice(&mut self, number: u32, gather: impl FnOnce(&mut Choice)) {
        if let Some(choice) = choice::of(&mut self.choices, number) {
            gather(choice);
        }
    }
}

impl AnswerWriter for StreamWriter {
    fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        match event {
            Event::Start { id, model, .. } if !self.begun => {
                if !id.is_empty() {
                    self.id = id.clone().into_owned();
                }
                if !model.is_empty() {
                    self.model = model.clone().into_owned();
                }
            }
            Event::Text { choice, text } => {
                self.choice(*choice, |own| own.said(text));
                self.text(*choice, text, false, None, out);
            }
            Event::Refusal { choice, text } => {
                self.choice(*choice, |own| {
                    own.said(text);
                    own.refused();
                });
                if !text.is_empty() {
                    self.text(*choice, text, false, None, out);
                }
            }
            Event::Reasoning { choice, text } => self.text(*choice, text, true, None, out),
            Event::ReasoningSignature { choice, signature } => {
                let marked = Foreign::Thinking(signature.decode().into_owned()).mark();
                let marked = Text::from(marked);
                self.text(*choice, &Text::default(), true, Some(&marked), out);
            }
            Event::RedactedReasoning { choice, data } => {
                let marked = Foreign::Redacted(data.decode().into_owned()).mark();
                let marked = Text::from(marked);
                self.text(*choice, &Text::default(), true, Some(&marked), out);
            }
            Event::TextSignature { choice, signature } => {
                self.text(*choice, &Text::default(), false, Some(signature), out)
            }
            Event::ToolStart {
                choice,
                index,
                id,
                name,
                signature,
            } => {
                let name = self.context.tool_name(name);
                self.choice(*choice, |own| {
                    own.call(*index, id, name, signature.as_ref())
                });
            }
            Event::ToolArguments {
                choice,
                index,
                fragment,
            } => {
                let mut waits = false;
                self.choice(*choice, |own| {
                    own.arguments(*index, fragment);
                    waits = !own.held.is_empty();
                });
                if waits {
                    self.flush(*choice, out);
                }
            }
            Event::Citation { choice, citation } => self.choice(*choice, |own| own.cite(citation)),
            Event::Image {
                choice,
                media_type,
                data,
            } => self.media(*choice, media_type, data, out),
            Event::Audio {
                choice,
                media_type,
                data,
                transcript,
                ..
            } => {
                if !data.is_empty() {
                    self.media(*choice, media_type, data, out);
                }
                if !transcript.is_empty() {
                    self.choice(*choice, |own| own.said(transcript));
                    self.text(*choice, transcript, false, None, out);
                }
            }
            Event::Logprobs { choice, json } => {
                let number = *choice;
                let mut own = Choice::default();
                own.logprobs.push((*json).to_owned());
                self.chunk(false, out, |w| {
                    w.begin_object();
                    content(w, |w| text_part(w, &Text::default(), false, None));
                    w.field_number("index", number);
                    own.write_logprobs(w);
                    w.end_object();
                });
            }
            Event::Finish { choice, reason, .. } => {
                self.choice(*choice, |own| own.finish(*reason));
            }
            Event::Usage(usage) => self.usage = Some(*usage),
            Event::ServiceTier(tier) => self.tier = Some(tier.clone().into_owned()),
            Event::Error(error) => {
                self.failed = true;
                // Calls that are not whole are left out, but not what was said beside them.
                for mut choice in std::mem::take(&mut self.choices) {
                    let held = std::mem::take(&mut choice.held);
                    self.held(choice.number, &held, out);
                }
                error::write_event(error, self.context.array, self.begun, out);
            }
            _ => {}
        }
    }

    fn repeated(&mut self, said: &Event<'_>) {
        if let Event::Text { choice, text } = said {
            self.choice(*choice, |own| own.said(text));
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.failed {
            return;
        }
        let mut choices = std::mem::take(&mut self.choices);
        for choice in choices.iter_mut().filter(|own| !own.held.is_empty()) {
            let (calls, held) = (
                std::mem::take(&mut choice.calls),
                std::mem::take(&mut choice.held),
            );
            self.parts(choice.number, out, |w| {
                calls.iter().for_each(|call| call.write(w))
            });
            self.held(choice.number, &held, out);
        }
        // An answer that says nothing is an answer all the same.
        choice::of(&mut choices, 0);
        self.chunk(true, out, |w| {
            for choice in &choices {
                choice.write_last(w, |w| {
                    choice.calls.iter().for_each(|call| call.write(w));
                    // Google's SDK forgets the whole turn if an event of it has no part.
                    if choice.calls.is_empty() {
                        text_part(w, &Text::default(), false, None);
                    }
                });
            }
        });
    }
}

#[cfg(test)]
mod tests;
