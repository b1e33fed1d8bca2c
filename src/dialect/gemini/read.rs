//! Reads a client's request.
//!
//! Google takes every field in camel case and in snake case, and so does this. Leftovers go under their camel-case
//! names, those of `generationConfig` and `toolConfig` as `generationConfig.NAME`; all of them are parameters that an
//! answer can do without, but `cachedContent`, which stands for content. What the neutral language says less exactly is
//! kept beside it, under the same names, for a provider of this wire.

mod calls;
mod config;
mod contents;
mod fields;
mod made;
mod media;
mod schema;
#[cfg(test)]
mod tests;
mod tools;

use crate::chat::{Error, Request};
use crate::dialect::{Asked, not_json};
use crate::json::{self, Text, Value};
use fields::{Path, camel, field, list, missing, object, text};
use made::Making;

/// Reads a request.
///
/// # Errors
/// A 400 that names the field, with what was found and what was expected.
pub fn read<'a>(body: &'a [u8], asked: &Asked<'a>) -> Result<Request<'a>, Error> {
    let value = json::parse(body).map_err(not_json)?;
    let object = object(&Path::of("request"), &value)?;
    let mut request = Request {
        model: Text::from(asked.model),
        stream: asked.stream,
        include_usage: true,
        ..Request::default()
    };
    let mut making = Making::default();
    let mut turns = None;
    for (key, value) in object.members() {
        let name = camel(key);
        match name.as_ref() {
            _ if value.is_null() => {}
            // The path says it.
            "model" => {}
            "contents" => turns = Some(contents::read(value)?),
            "systemInstruction" => request.messages.extend(contents::system(value)?),
            "tools" => tools::read(value, &mut request, &mut making)?,
            "toolConfig" => tools::config(value, &mut request)?,
            "generationConfig" => config::read(value, &mut request, &mut making)?,
            "labels" => {
                let labels = fields::object(&Path::of("labels"), value)?;
                request.metadata = Some(labels.clone()).filter(|map| !map.members().is_empty());
            }
            "serviceTier" => request.service_tier = tier(value)?,
            // Other providers have nothing to be told.
            "safetySettings" if !filters(value)? => keep(&mut request, name.into_owned(), value),
            _ if says_nothing(value) => {}
            name => leave(&mut request, name.to_owned(), value),
        }
    }
    match turns {
        Some(turns) if !turns.is_empty() => request.messages.extend(turns),
        _ => return Err(missing(&Path::of("contents"))),
    }
    // Without tools there is nothing to choose, and other wires refuse the choice.
    if request.tools.is_empty() {
        request.tool_choice = None;
    }
    making.finish(asked.made, &mut request)?;
    Ok(request)
}

/// Leaves a field to a writer that knows its name.
fn leave<'a>(request: &mut Request<'a>, name: String, value: &Value<'a>) {
    request.extra.push((Text::from(name), value.clone()));
}

/// Keeps a field for a provider of this wire, in place of what the neutral language says of it.
fn keep<'a>(request: &mut Request<'a>, name: String, value: &Value<'a>) {
    if !says_nothing(value) {
        request.own.push((Text::from(name), value.clone()));
    }
}

/// Whether a field asks for what is so anyway, at any provider.
fn says_nothing(value: &Value<'_>) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(word) => word.is_empty() || word.decode().ends_with("_UNSPECIFIED"),
        Value::Array(array) => array.items().is_empty(),
        Value::Object(object) => object.members().is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

/// Whether `safetySettings` ask for a filter at all: to be without is what other providers give anyway.
fn filters(value: &Value<'_>) -> Result<bool, Error> {
    let path = Path::of("safetySettings");
    for (index, item) in list(&path, value)?.iter().enumerate() {
        let setting = object(&path.item(index), item)?;
        let threshold = field(setting, "threshold").and_then(Value::as_str);
        let none = threshold.is_none_or(|word| {
            ["OFF", "BLOCK_NONE", "HARM_BLOCK_THRESHOLD_UNSPECIFIED"]
                .iter()
                .any(|known| word.decode().eq_ignore_ascii_case(known))
        });
        if !none {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The service tier; Google's `standard` is what others call `default`.
fn tier<'a>(value: &Value<'a>) -> Result<Option<Text<'a>>, Error> {
    let word = text(&Path::of("serviceTier"), value)?
        .decode()
        .to_ascii_lowercase();
    let word = word.strip_prefix("service_tier_").unwrap_or(&word);
    Ok(match word {
        "" | "unspecified" => None,
        "standard" => Some(Text::from("default")),
        other => Some(Text::from(other.to_owned())),
    })
}
