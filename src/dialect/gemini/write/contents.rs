//! The conversation: `systemInstruction` and `contents`.
//!
//! Leading system messages are lifted out; later ones are said by the user. Neighbours of one role are merged. Results
//! stand first in the turn that follows their calls, in the order of the calls.

use super::{Draft, LEGAL, media, results};
use crate::chat::{Arguments, Error, ErrorKind, Message, Part, Role};
use crate::dialect::Wire;
use crate::json::{self, Text, Value, Writer};
use crate::order::Places;

/// What stands for a signature that was lost: documented by Google as the last resort. It is the base64 of
/// `skip_thought_signature_validator`.
const NO_SIGNATURE: &str = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=";

/// Ids that a reader of this wire invents for calls that have none: the provider never had them.
const INVENTED: &str = "call_weir_";

/// A part, and where the request has it.
pub(super) struct Placed<'r, 'a> {
    pub(super) part: &'r Part<'a>,
    message: usize,
    index: usize,
}

impl Placed<'_, '_> {
    /// Its place, for messages to people.
    pub(super) fn path(&self) -> String {
        format!("messages[{}].content[{}]", self.message, self.index)
    }
}

/// A turn: neighbouring messages of one role.
struct Turn<'r, 'a> {
    model: bool,
    parts: Vec<Placed<'r, 'a>>,
}

/// A call that was made.
pub(super) struct Call<'r, 'a> {
    id: &'r Text<'a>,
    name: &'r Text<'a>,
}

/// The calls so far.
#[derive(Default)]
pub(super) struct Calls<'r, 'a> {
    list: Vec<Call<'r, 'a>>,
    places: Places,
}

impl<'r, 'a> Calls<'r, 'a> {
    fn push(&mut self, call: Call<'r, 'a>) {
        self.places.set(&call.id.decode(), self.list.len());
        self.list.push(call);
    }

    /// The last call of this id: its place among all, and its tool's name.
    pub(super) fn find(&self, id: &Text<'_>) -> Option<(usize, &'r Text<'a>)> {
        let place = self.places.get(&id.decode())?;
        Some((place, self.list.get(place)?.name))
    }
}

pub(super) fn write<'a>(w: &mut Writer<'_>, draft: &mut Draft<'_, 'a>) -> Result<(), Error> {
    let request = draft.request;
    let is_system = |message: &&Message<'_>| matches!(message.role, Role::System | Role::Developer);
    let leading = request.messages.iter().take_while(is_system).count();
    system(w, request.messages.get(..leading).unwrap_or_default());
    let mut turns: Vec<Turn<'_, 'a>> = Vec::new();
    for (message, said) in request.messages.iter().enumerate().skip(leading) {
        if said.name.is_some() {
            draft.unsupported(&format!("messages[{message}].name"))?;
        }
        let model = said.role == Role::Assistant;
        let parts = said.content.iter().enumerate();
        let parts = parts.filter(|(_, part)| !is_silent(part, draft.own()));
        let parts = parts.map(|(index, part)| Placed {
            part,
            message,
            index,
        });
        match turns.last_mut().filter(|turn| turn.model == model) {
            Some(turn) => turn.parts.extend(parts),
            None => turns.push(Turn {
                model,
                parts: parts.collect(),
            }),
        }
    }
    turns.retain(|turn| !turn.parts.is_empty());
    // What the person said last begins the turn whose signatures are asked for.
    let asked = turns.iter().rposition(|turn| {
        let other = |placed: &Placed<'_, '_>| !matches!(placed.part, Part::ToolResult { .. });
        !turn.model && turn.parts.iter().any(other)
    });
    w.key("contents");
    w.begin_array();
    if turns.is_empty() {
        w.raw(r#"{"role":"user","parts":[{"text":" "}]}"#);
    }
    let mut calls: Calls<'_, 'a> = Calls::default();
    for (index, turn) in turns.iter().enumerate() {
        w.begin_object();
        w.field_str("role", if turn.model { "model" } else { "user" });
        w.key("parts");
        w.begin_array();
        if turn.model {
            let made = turn.parts.iter().filter_map(call_of);
            made.for_each(|call| calls.push(call));
            model(w, draft, turn, Some(index) > asked)?;
        } else {
            user(w, draft, turn, &calls)?;
        }
        w.end_array();
        w.end_object();
    }
    w.end_array();
    Ok(())
}

/// What is not said again: empty text (but of this wire's own clients), and thinking, which has no place in a request
/// but for its signatures.
fn is_silent(part: &Part<'_>, own: bool) -> bool {
    match part {
        Part::Text {
            text, signature, ..
        } => text.is_empty() && signature.is_none() && !own,
        Part::Refusal { text } => text.is_empty(),
        Part::Reasoning { .. } | Part::RedactedReasoning { .. } => true,
        _ => false,
    }
}

fn call_of<'r, 'a>(placed: &Placed<'r, 'a>) -> Option<Call<'r, 'a>> {
    match placed.part {
        Part::ToolCall { id, name, .. } => Some(Call { id, name }),
        _ => None,
    }
}

fn system(w: &mut Writer<'_>, messages: &[Message<'_>]) {
    let parts = messages.iter().flat_map(|message| &message.content);
    let texts: Vec<&Text<'_>> = parts
        .filter_map(|part| match part {
            Part::Text { text, .. } if !text.is_empty() => Some(text),
            _ => None,
        })
        .collect();
    if texts.is_empty() {
        return;
    }
    w.key("systemInstruction");
    w.begin_object();
    w.key("parts");
    w.begin_array();
    texts.into_iter().for_each(|text| plain(w, text, None));
    w.end_array();
    w.end_object();
}

fn plain(w: &mut Writer<'_>, text: &Text<'_>, signature: Option<&Text<'_>>) {
    w.begin_object();
    w.field_text("text", text);
    if let Some(signature) = signature {
        w.field_text("thoughtSignature", signature);
    }
    w.end_object();
}

/// The model's turn. `current` tells whether its calls' signatures are asked for.
fn model(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    turn: &Turn<'_, '_>,
    current: bool,
) -> Result<(), Error> {
    let mut called = false;
    for placed in &turn.parts {
        match placed.part {
            Part::Text {
                text, signature, ..
            } => plain(w, text, signature.as_ref()),
            Part::Refusal { text } => plain(w, text, None),
            Part::ToolCall {
                id,
                name,
                arguments,
                signature,
                ..
            } => {
                let first = !std::mem::replace(&mut called, true);
                w.begin_object();
                w.key("functionCall");
                w.begin_object();
                write_id(w, draft, id);
                w.field_text("name", &LEGAL.make(name));
                w.field_raw("args", &object(&placed.path(), arguments)?);
                w.end_object();
                if let Some(signature) = signature {
                    w.field_text("thoughtSignature", signature);
                } else if first && current && draft.rules.third && !draft.own() {
                    w.field_str("thoughtSignature", NO_SIGNATURE);
                }
                w.end_object();
            }
            part => other(w, draft, &placed.path(), part)?,
        }
    }
    Ok(())
}

/// Older models refuse ids; newer ones want them back.
pub(super) fn write_id(w: &mut Writer<'_>, draft: &Draft<'_, '_>, id: &Text<'_>) {
    let known = draft.rules.third || draft.own();
    if known && !id.is_empty() && !id.decode().starts_with(INVENTED) {
        w.field_text("id", id);
    }
}

/// The user's turn: results, then what the person says.
fn user(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    turn: &Turn<'_, '_>,
    calls: &Calls<'_, '_>,
) -> Result<(), Error> {
    let answered = results::write(w, draft, &turn.parts, calls)?;
    let mut said = answered;
    for placed in &turn.parts {
        match placed.part {
            Part::ToolResult { .. } => {}
            Part::Text {
                text, signature, ..
            } => {
                said = true;
                plain(w, text, signature.as_ref());
            }
            part => {
                said |= media::is_words(part);
                other(w, draft, &placed.path(), part)?;
            }
        }
    }
    // Vertex AI refuses a turn without a word.
    if !said && !draft.own() {
        plain(w, &Text::from(" "), None);
    }
    Ok(())
}

/// A part that either may say.
fn other(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    path: &str,
    part: &Part<'_>,
) -> Result<(), Error> {
    match part {
        Part::Refusal { text } => plain(w, text, None),
        Part::Other { kind, value } => {
            if !draft.own() {
                return Err(unsupported(path, &kind.decode()));
            }
            w.raw(value.raw());
        }
        Part::ToolCall { .. } => return Err(unsupported(path, "a call by the user")),
        Part::ToolResult { .. } => return Err(unsupported(path, "a result by the assistant")),
        part => media::write(w, draft, path, part)?,
    }
    Ok(())
}

/// A call's arguments as an object.
fn object(path: &str, arguments: &Arguments<'_>) -> Result<String, Error> {
    let text = match arguments {
        Arguments::Json(json) => return Ok((*json).to_owned()),
        Arguments::Text(text) => text.decode(),
    };
    if text.trim().is_empty() {
        return Ok("{}".to_owned());
    }
    let why = match json::parse(text.as_bytes()) {
        Ok(Value::Object(object)) => return Ok(object.raw().to_owned()),
        Ok(other) => format!("found {}", other.kind_name()),
        Err(error) => error.to_string(),
    };
    let message = format!("`{path}`: a tool call's `arguments` must be a JSON object: {why}");
    Err(Error::new(ErrorKind::InvalidRequest, message).with_param(path))
}

/// The error of a part that this wire cannot say.
pub(super) fn unsupported(path: &str, what: &str) -> Error {
    let message = format!(
        "`{path}`: `{what}` is not supported by {}",
        Wire::Gemini.name()
    );
    Error::new(ErrorKind::Unsupported, message).with_param(path)
}
