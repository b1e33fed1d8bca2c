//! One of an answer's choices: what is gathered of it, and how it is written.

use super::finish_word;
use super::grounding::Grounding;
use super::logprobs;
use crate::chat::{Citation, FinishReason};
use crate::dialect::object_end::ObjectEnd;
use crate::json::{self, Text, Value, Writer};

/// A call whose arguments are gathered.
#[derive(Debug)]
pub(super) struct Call {
    index: u32,
    id: Text<'static>,
    name: Text<'static>,
    signature: Option<Text<'static>>,
    arguments: String,
    end: ObjectEnd,
}

/// A part that waits for calls whose arguments are not whole.
#[derive(Debug)]
pub(super) enum Held {
    Text {
        text: Text<'static>,
        thought: bool,
        signature: Option<Text<'static>>,
    },
    Media {
        media_type: Text<'static>,
        data: Text<'static>,
    },
}

impl Held {
    pub(super) fn write(&self, w: &mut Writer<'_>) {
        match self {
            Held::Text {
                text,
                thought,
                signature,
            } => text_part(w, text, *thought, signature.as_ref()),
            Held::Media { media_type, data } => media_part(w, media_type, data),
        }
    }
}

/// What is gathered of a choice.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// Which one, from 0.
    pub(super) number: u32,
    /// Calls in their order; a stream's writer takes out what it has written.
    pub(super) calls: Vec<Call>,
    /// What a stream's writer has to write after these calls.
    pub(super) held: Vec<Held>,
    /// The text so far, as the inside of a literal: citations count its characters.
    said: Vec<u8>,
    grounding: Grounding,
    /// OpenAI's `logprobs` objects that were not written yet.
    pub(super) logprobs: Vec<String>,
    finish: Option<FinishReason>,
    refused: bool,
}

/// The choice of this number; it is made where there is none.
pub(super) fn of(choices: &mut Vec<Choice>, number: u32) -> Option<&mut Choice> {
    let place = choices.partition_point(|choice| choice.number < number);
    if choices
        .get(place)
        .is_none_or(|choice| choice.number != number)
    {
        let choice = Choice {
            number,
            ..Choice::default()
        };
        choices.insert(place, choice);
    }
    choices.get_mut(place)
}

impl Choice {
    pub(super) fn said(&mut self, text: &Text<'_>) {
        text.write_inside(&mut self.said);
    }

    pub(super) fn refused(&mut self) {
        self.refused = true;
    }

    pub(super) fn call(
        &mut self,
        index: u32,
        id: &Text<'_>,
        name: Text<'_>,
        signature: Option<&Text<'_>>,
    ) {
        self.calls.push(Call {
            index,
            id: id.clone().into_owned(),
            name: name.into_owned(),
            signature: signature.map(|signature| signature.clone().into_owned()),
            arguments: String::new(),
            end: ObjectEnd::default(),
        });
    }

    pub(super) fn arguments(&mut self, index: u32, fragment: &Text<'_>) {
        let call = self.calls.iter_mut().rev().find(|call| call.index == index);
        if let Some(call) = call {
            call.arguments.push_str(&fragment.decode());
            call.end.see(fragment);
        }
    }

    /// Whether the arguments of every call so far are whole.
    pub(super) fn is_whole(&self) -> bool {
        self.calls.iter().all(|call| call.end.is_whole())
    }

    pub(super) fn cite(&mut self, citation: &Citation<'_>) {
        self.grounding.add(citation);
    }

    pub(super) fn finish(&mut self, reason: FinishReason) {
        self.finish = Some(reason);
    }

    /// Writes the candidate at the answer's end, with what ends it.
    pub(super) fn write_last(&self, w: &mut Writer<'_>, parts: impl FnOnce(&mut Writer<'_>)) {
        w.begin_object();
        content(w, parts);
        let reason = match self.refused {
            true => FinishReason::ContentFilter,
            false => self.finish.unwrap_or(FinishReason::Stop),
        };
        w.field_str("finishReason", finish_word(reason));
        w.field_number("index", self.number);
        if !self.grounding.is_empty() {
            let said = String::from_utf8_lossy(&self.said);
            w.key("groundingMetadata");
            self.grounding.write(&Text::Escaped(&said).decode(), w);
        }
        self.write_logprobs(w);
        w.end_object();
    }

    pub(super) fn write_logprobs(&self, w: &mut Writer<'_>) {
        if !self.logprobs.is_empty() {
            w.key("logprobsResult");
            logprobs::write(self.logprobs.iter().map(String::as_str), w);
        }
    }
}

/// A candidate's content.
pub(super) fn content(w: &mut Writer<'_>, parts: impl FnOnce(&mut Writer<'_>)) {
    w.key("content");
    w.begin_object();
    w.key("parts");
    w.begin_array();
    parts(w);
    w.end_array();
    w.field_str("role", "model");
    w.end_object();
}

/// A part that is text.
pub(super) fn text_part(
    w: &mut Writer<'_>,
    text: &Text<'_>,
    thought: bool,
    signature: Option<&Text<'_>>,
) {
    w.begin_object();
    w.field_text("text", text);
    if thought {
        w.field_bool("thought", true);
    }
    if let Some(signature) = signature {
        w.field_text("thoughtSignature", signature);
    }
    w.end_object();
}

/// A part that is an image or a sound.
pub(super) fn media_part(w: &mut Writer<'_>, media_type: &Text<'_>, data: &Text<'_>) {
    w.begin_object();
    w.key("inlineData");
    w.begin_object();
    if !media_type.is_empty() {
        w.field_text("mimeType", media_type);
    }
    w.field_text("data", data);
    w.end_object();
    w.end_object();
}

impl Call {
    /// Writes the call as a part.
    pub(super) fn write(&self, w: &mut Writer<'_>) {
        w.begin_object();
        w.key("functionCall");
        w.begin_object();
        w.field_text("id", &self.id);
        w.field_text("name", &self.name);
        w.key("args");
        arguments(&self.arguments, w);
        w.end_object();
        if let Some(signature) = &self.signature {
            w.field_text("thoughtSignature", signature);
        }
        w.end_object();
    }

    pub(super) fn index(&self) -> u32 {
        self.index
    }
}

/// A call's arguments as the object that they are here.
fn arguments(text: &str, w: &mut Writer<'_>) {
    match json::parse(text.as_bytes()) {
        // Between its tokens JSON may have line breaks, which would end an event's field.
        Ok(Value::Object(object)) => w.raw(&object.raw().replace(['\n', '\r'], "")),
        Ok(Value::Null) => w.raw("{}"),
        _ if text.trim().is_empty() => w.raw("{}"),
        // A model's broken JSON cannot be an object; it is kept where the client can see it.
        _ => {
            w.begin_object();
            w.field_str("invalid_json", text);
            w.end_object();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_always_an_object() {
        let written = |text: &str| {
            let mut out = Vec::new();
            arguments(text, &mut Writer::new(&mut out));
            String::from_utf8(out).expect("text")
        };
        assert_eq!(written(""), "{}");
        assert_eq!(written(" null"), "{}");
        assert_eq!(written("{\n \"a\": \"\\n\"\r\n}"), "{ \"a\": \"\\n\"}");
        assert_eq!(written("{\"a\":"), r#"{"invalid_json":"{\"a\":"}"#);
        assert_eq!(written("[1]"), r#"{"invalid_json":"[1]"}"#);
    }

    #[test]
    fn choices_are_kept_in_order() {
        let mut choices = Vec::new();
        for number in [2, 0, 1, 2] {
            of(&mut choices, number).expect("a choice").refused();
        }
        let numbers: Vec<u32> = choices.iter().map(|choice| choice.number).collect();
        assert_eq!(numbers, [0, 1, 2]);
    }
}
