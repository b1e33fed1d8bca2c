//! A unary answer.

use super::choice::{self, Choice, media_part, text_part};
use super::usage;
use crate::chat::Event;
use crate::dialect::gemini::signature::Foreign;
use crate::dialect::{AnswerContext, AnswerWriter};
use crate::json::{Text, Writer};
use crate::meter::Usage;

/// Writes a `GenerateContentResponse`.
#[derive(Debug)]
pub struct BodyWriter {
    context: AnswerContext,
    id: Text<'static>,
    model: Text<'static>,
    choices: Vec<Choice>,
    /// Each choice's parts, in order.
    parts: Vec<(u32, Piece)>,
    usage: Option<Usage>,
    tier: Option<Text<'static>>,
}

#[derive(Debug)]
enum Piece {
    Text {
        /// The inside of a literal.
        inside: Vec<u8>,
        thought: bool,
        signature: Option<Text<'static>>,
    },
    Media {
        media_type: Text<'static>,
        data: Text<'static>,
        /// Whether more of it may come.
        sound: bool,
    },
    /// The call of this number.
    Call(u32),
}

impl BodyWriter {
    /// A writer at an answer's beginning.
    pub fn new(context: AnswerContext) -> Self {
        BodyWriter {
            id: Text::from(context.id.clone()),
            model: Text::from(context.model.clone()),
            context,
            choices: Vec::new(),
            parts: Vec::new(),
            usage: None,
            tier: None,
        }
    }

    fn choice(&mut self, number: u32, gather: impl FnOnce(&mut Choice)) {
        if let Some(choice) = choice::of(&mut self.choices, number) {
            gather(choice);
        }
    }

    fn last(&mut self, number: u32) -> Option<&mut Piece> {
        let found = self.parts.iter_mut().rev().find(|(own, _)| *own == number);
        found.map(|(_, piece)| piece)
    }

    fn push(&mut self, number: u32, piece: Piece) {
        self.choice(number, |_| {});
        self.parts.push((number, piece));
    }

    /// Text goes on where the last part is of its kind and not signed yet.
    fn text(&mut self, number: u32, text: &Text<'_>, thought: bool, sign: Option<Text<'static>>) {
        if let Some(Piece::Text {
            inside,
            thought: own,
            signature: signature @ None,
        }) = self.last(number)
            && *own == thought
        {
            text.write_inside(inside);
            *signature = sign;
            return;
        }
        let mut inside = Vec::new();
        text.write_inside(&mut inside);
        let piece = Piece::Text {
            inside,
            thought,
            signature: sign,
        };
        self.push(number, piece);
    }

    fn sound(&mut self, number: u32, media_type: &Text<'_>, data: &Text<'_>) {
        if let Some(Piece::Media {
            data: before,
            sound: true,
            ..
        }) = self.last(number)
            && !before.decode().ends_with('=')
        {
            let mut joined = std::mem::take(before).into_decoded().into_owned();
            joined.push_str(&data.decode());
            *before = Text::from(joined);
            return;
        }
        let piece = Piece::Media {
            media_type: media_type.clone().into_owned(),
            data: data.clone().into_owned(),
            sound: true,
        };
        self.push(number, piece);
    }
}

impl AnswerWriter for BodyWriter {
    fn event(&mut self, event: &Event<'_>, _: &mut Vec<u8>) {
        match event {
            Event::Start { id, model, .. } => {
                if !id.is_empty() {
                    self.id = id.clone().into_owned();
                }
                if !model.is_empty() {
                    self.model = model.clone().into_owned();
                }
            }
            Event::Text { choice, text } => {
                self.choice(*choice, |own| own.said(text));
                self.text(*choice, text, false, None);
            }
            Event::Refusal { choice, text } => {
                self.choice(*choice, |own| {
                    own.said(text);
                    own.refused();
                });
                if !text.is_empty() {
                    self.text(*choice, text, false, None);
                }
            }
            Event::Reasoning { choice, text } => self.text(*choice, text, true, None),
            Event::ReasoningSignature { choice, signature } => {
                let marked = Foreign::Thinking(signature.decode().into_owned()).mark();
                self.text(*choice, &Text::default(), true, Some(Text::from(marked)));
            }
            Event::RedactedReasoning { choice, data } => {
                let marked = Foreign::Redacted(data.decode().into_owned()).mark();
                let piece = Piece::Text {
                    inside: Vec::new(),
                    thought: true,
                    signature: Some(Text::from(marked)),
                };
                self.push(*choice, piece);
            }
            Event::TextSignature { choice, signature } => {
                let signature = signature.clone().into_owned();
                self.text(*choice, &Text::default(), false, Some(signature));
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
                self.push(*choice, Piece::Call(*index));
            }
            Event::ToolArguments {
                choice,
                index,
                fragment,
            } => self.choice(*choice, |own| own.arguments(*index, fragment)),
            Event::Citation { choice, citation } => self.choice(*choice, |own| own.cite(citation)),
            Event::Image {
                choice,
                media_type,
                data,
            } => {
                let piece = Piece::Media {
                    media_type: media_type.clone().into_owned(),
                    data: data.clone().into_owned(),
                    sound: false,
                };
                self.push(*choice, piece);
            }
            Event::Audio {
                choice,
                media_type,
                data,
                transcript,
                ..
            } => {
                if !data.is_empty() {
                    self.sound(*choice, media_type, data);
                }
                if !transcript.is_empty() {
                    self.choice(*choice, |own| own.said(transcript));
                    self.text(*choice, transcript, false, None);
                }
            }
            Event::Logprobs { choice, json } => {
                self.choice(*choice, |own| own.logprobs.push((*json).to_owned()))
            }
            Event::Finish { choice, reason, .. } => {
                self.choice(*choice, |own| own.finish(*reason));
            }
            Event::Usage(usage) => self.usage = Some(*usage),
            Event::ServiceTier(tier) => self.tier = Some(tier.clone().into_owned()),
            _ => {}
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        // An answer that says nothing is an answer all the same.
        self.choice(0, |_| {});
        let mut w = Writer::new(out);
        w.begin_object();
        w.key("candidates");
        w.begin_array();
        for choice in &self.choices {
            let own = self
                .parts
                .iter()
                .filter(|(number, _)| *number == choice.number);
            choice.write_last(&mut w, |w| {
                own.for_each(|(_, piece)| piece.write(choice, w));
            });
        }
        w.end_array();
        if let Some(counts) = &self.usage {
            w.key("usageMetadata");
            usage::write(counts, self.tier.as_ref(), &mut w);
        }
        w.field_text("modelVersion", &self.model);
        w.field_text("responseId", &self.id);
        w.end_object();
    }
}

impl Piece {
    fn write(&self, choice: &Choice, w: &mut Writer<'_>) {
        match self {
            Piece::Text {
                inside,
                thought,
                signature,
            } => {
                // What was gathered came from `&str`s, so this borrows.
                let inside = String::from_utf8_lossy(inside);
                text_part(w, &Text::Escaped(&inside), *thought, signature.as_ref());
            }
            Piece::Media {
                media_type, data, ..
            } => media_part(w, media_type, data),
            Piece::Call(index) => {
                // They are numbered as they came.
                let place = usize::try_from(*index).unwrap_or(usize::MAX);
                let call = choice
                    .calls
                    .get(place)
                    .filter(|call| call.index() == *index);
                let others = || choice.calls.iter().find(|call| call.index() == *index);
                let call = call.or_else(others);
                if let Some(call) = call {
                    call.write(w);
                }
            }
        }
    }
}
