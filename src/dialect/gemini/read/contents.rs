//! The conversation: `contents` and `systemInstruction`.

use super::calls::{self, Calls};
use super::fields::{Path, field, invalid, list, missing, mistake, object, text, text_at};
use super::media;
use crate::chat::{Arguments, Error, Message, Part, Role};
use crate::dialect::gemini::signature::{self, Foreign};
use crate::json::{Object, Text, Value};

/// What a function answers that has nothing to say.
const NOTHING: &str = "{}";

/// The system prompt: one message, of text alone.
pub(super) fn system<'a>(value: &Value<'a>) -> Result<Option<Message<'a>>, Error> {
    let path = Path::of("systemInstruction");
    let content = match value {
        // Not Google's form, but meant unmistakably.
        Value::String(text) => vec![plain(text.clone())],
        value => {
            let parts = field(object(&path, value)?, "parts");
            let path = path.field("parts");
            let parts = parts.ok_or_else(|| missing(&path))?;
            let read = |(index, item): (usize, &Value<'a>)| {
                let path = path.item(index);
                match text_at(&path, object(&path, item)?, "text")? {
                    Some(text) => Ok(plain(text)),
                    None => Err(mistake(&path, "a system instruction holds text only")),
                }
            };
            let items = list(&path, parts)?.iter().enumerate();
            items.map(read).collect::<Result<_, Error>>()?
        }
    };
    let message = message(Role::System, content);
    Ok((!message.content.is_empty()).then_some(message))
}

fn plain(text: Text<'_>) -> Part<'_> {
    Part::Text {
        text,
        cache_control: None,
        signature: None,
    }
}

fn message(role: Role, content: Vec<Part<'_>>) -> Message<'_> {
    Message {
        role,
        name: None,
        content,
        extra: Vec::new(),
    }
}

/// The turns. Neighbouring ones of the model's are one: clients keep a streamed answer chunk by chunk.
pub(super) fn read<'a>(value: &Value<'a>) -> Result<Vec<Message<'a>>, Error> {
    let path = Path::of("contents");
    let items = match value {
        // Not Google's form either.
        Value::String(text) => return Ok(vec![message(Role::User, vec![plain(text.clone())])]),
        value => list(&path, value)?,
    };
    let mut calls = Calls::default();
    let mut messages: Vec<Message<'a>> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let path = path.item(index);
        let (model, parts) = turn(&path, object(&path, item)?, &mut calls)?;
        let mut begun = false;
        for part in parts {
            // A tool's result is the user's, whoever is said to speak.
            let model = model && !matches!(part, Part::ToolResult { .. });
            match messages.last_mut() {
                Some(last) if model && last.role == Role::Assistant => {
                    append(&mut last.content, part)
                }
                Some(last) if !model && begun && last.role == Role::User => last.content.push(part),
                _ => {
                    let role = if model { Role::Assistant } else { Role::User };
                    messages.push(message(role, vec![part]));
                }
            }
            begun |= !model;
        }
    }
    Ok(messages)
}

/// One of `contents`: whether the model speaks, and its parts.
fn turn<'a>(
    path: &Path<'_>,
    content: &Object<'a>,
    calls: &mut Calls<'a>,
) -> Result<(bool, Vec<Part<'a>>), Error> {
    let path_parts = path.field("parts");
    let items = match field(content, "parts") {
        Some(value) => list(&path_parts, value)?,
        None => &[],
    };
    let calling = items.iter().any(|item| {
        let part = item.as_object();
        part.is_some_and(|part| field(part, "functionCall").is_some())
    });
    let model = match text_at(path, content, "role")? {
        Some(role) if role.is("model") || role.is("assistant") => true,
        // Older clients have a role for results.
        Some(role) if ["user", "function", "tool", ""].iter().any(|r| role.is(r)) => false,
        Some(role) => {
            let what = format!("found {:?}, expected user or model", role.decode());
            return Err(mistake(&path.field("role"), &what));
        }
        None => calling,
    };
    // The model may have had nothing to say, a person may not.
    if items.is_empty() && !model {
        return Err(mistake(&path_parts, "must not be empty"));
    }
    if !model {
        calls.turn();
    }
    let mut parts = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let path = path_parts.item(index);
        let part = object(&path, item)?;
        if model {
            parts.extend(of_model(&path, part, calls)?);
        } else {
            parts.push(of_user(&path, part, calls)?);
        }
    }
    Ok((model, parts))
}

/// The part's data: its kind, and what it is.
fn data<'v, 'a>(part: &'v Object<'a>) -> Option<(&'v Text<'a>, &'v Value<'a>)> {
    let mut members = part.members().iter();
    let found = members.find(|(name, value)| !media::is_flag(name) && !value.is_null());
    found.map(|(name, value)| (name, value))
}

fn of_user<'a>(
    path: &Path<'_>,
    part: &Object<'a>,
    calls: &mut Calls<'a>,
) -> Result<Part<'a>, Error> {
    if field(part, "functionCall").is_some() {
        return Err(mistake(path, "a function call is the model's to make"));
    }
    let Some((name, _)) = data(part) else {
        return Err(mistake(path, "the part has no data"));
    };
    match common(path, part, calls)? {
        Some(part) => Ok(part),
        None => Ok(other(name, part)),
    }
}

fn of_model<'a>(
    path: &Path<'_>,
    part: &Object<'a>,
    calls: &mut Calls<'a>,
) -> Result<Option<Part<'a>>, Error> {
    let given = text_at(path, part, "thoughtSignature")?;
    let foreign = given.as_ref().and_then(Foreign::read);
    let own = signature::own(given);
    let thought = field(part, "thought").and_then(Value::as_bool) == Some(true);
    match foreign {
        Some(Foreign::Redacted(data)) => {
            return Ok(Some(Part::RedactedReasoning {
                data: Text::from(data),
            }));
        }
        Some(Foreign::Thinking(said)) if field(part, "functionCall").is_none() => {
            return Ok(Some(Part::Reasoning {
                text: text_at(path, part, "text")?.unwrap_or_default(),
                signature: Some(Text::from(said)),
            }));
        }
        _ => {}
    }
    if thought && field(part, "functionCall").is_none() {
        // An image that was thought of has no place elsewhere. Google's signature is over its own thinking only: no
        // other provider may get it.
        let text = text_at(path, part, "text")?.filter(|text| !text.is_empty());
        return Ok(text.map(|text| Part::Reasoning {
            text,
            signature: None,
        }));
    }
    let Some((name, _)) = data(part) else {
        return Ok(own.map(|signature| signed_text(Text::default(), Some(signature))));
    };
    if let Some(call) = field(part, "functionCall") {
        return function_call(&path.field("functionCall"), call, own, calls).map(Some);
    }
    if let Some(said) = text_at(path, part, "text")? {
        let empty = said.is_empty() && own.is_none();
        return Ok((!empty).then(|| signed_text(said, own)));
    }
    match common(path, part, calls)? {
        Some(part) => Ok(Some(part)),
        None => Ok(Some(other(name, part))),
    }
}

fn signed_text<'a>(text: Text<'a>, signature: Option<Text<'a>>) -> Part<'a> {
    Part::Text {
        text,
        cache_control: None,
        signature,
    }
}

fn other<'a>(name: &Text<'a>, part: &Object<'a>) -> Part<'a> {
    Part::Other {
        kind: Text::from(super::fields::camel(name).into_owned()),
        value: part.clone(),
    }
}

/// What either may say; `None` for what only this wire has.
fn common<'a>(
    path: &Path<'_>,
    part: &Object<'a>,
    calls: &mut Calls<'a>,
) -> Result<Option<Part<'a>>, Error> {
    if let Some(said) = field(part, "text") {
        return Ok(Some(plain(text(&path.field("text"), said)?)));
    }
    if let Some(media) = medium(path, part)? {
        return Ok(Some(media));
    }
    let Some(answer) = field(part, "functionResponse") else {
        return Ok(None);
    };
    let path = path.field("functionResponse");
    let answer = object(&path, answer)?;
    let name = calls::name(&path, answer)?;
    let (id, _) = calls::id(&path, answer)?;
    let (said, is_error) = calls::outcome(&path, answer)?;
    let silent = said.is_empty() || said.is(NOTHING);
    let mut content = vec![plain(said)];
    if let Some(parts) = field(answer, "parts") {
        let path = path.field("parts");
        for (index, item) in list(&path, parts)?.iter().enumerate() {
            let path = path.item(index);
            let part = object(&path, item)?;
            let media = medium(&path, part)?;
            content.push(media.ok_or_else(|| missing(&path.field("inlineData")))?);
        }
    }
    // What there is beside it says it all.
    if silent && content.len() > 1 {
        content.remove(0);
    }
    Ok(Some(Part::ToolResult {
        id: calls.answer(id, &name),
        name,
        content,
        is_error,
        cache_control: None,
    }))
}

fn medium<'a>(path: &Path<'_>, part: &Object<'a>) -> Result<Option<Part<'a>>, Error> {
    if let Some(blob) = field(part, "inlineData") {
        let path = path.field("inlineData");
        return media::inline(&path, object(&path, blob)?, part).map(Some);
    }
    if let Some(file) = field(part, "fileData") {
        let path = path.field("fileData");
        return media::file(&path, object(&path, file)?, part).map(Some);
    }
    Ok(None)
}

fn function_call<'a>(
    path: &Path<'_>,
    value: &Value<'a>,
    signature: Option<Text<'a>>,
    calls: &mut Calls<'a>,
) -> Result<Part<'a>, Error> {
    let call = object(path, value)?;
    let name = calls::name(path, call)?;
    let (id, packed) = calls::id(path, call)?;
    let arguments = match field(call, "args") {
        None => "{}",
        Some(Value::Object(args)) => args.raw(),
        Some(other) => return Err(invalid(&path.field("args"), "an object", other)),
    };
    Ok(Part::ToolCall {
        id: calls.call(path, id, &name)?,
        name,
        arguments: Arguments::Json(arguments),
        cache_control: None,
        signature: signature.or(packed),
    })
}

/// Adds what the model said to what it said before. Pieces of a text, or of a thought, are one, up to its signature.
fn append<'a>(content: &mut Vec<Part<'a>>, part: Part<'a>) {
    match (content.last_mut(), part) {
        (
            Some(Part::Text {
                text: before,
                signature: before_signature @ None,
                ..
            }),
            Part::Text {
                text, signature, ..
            },
        )
        | (
            Some(Part::Reasoning {
                text: before,
                signature: before_signature @ None,
            }),
            Part::Reasoning { text, signature },
        ) => {
            join(before, &text);
            *before_signature = signature;
        }
        (_, part) => content.push(part),
    }
}

fn join(before: &mut Text<'_>, text: &Text<'_>) {
    if text.is_empty() {
        return;
    }
    let mut joined = std::mem::take(before).into_decoded().into_owned();
    joined.push_str(&text.decode());
    *before = Text::from(joined);
}
