//! What is left of a request: identity, tier, labels, and fields that only some clients send.
//!
//! Clients of this wire have leftovers under their own names: `safetySettings`, `generationConfig.NAME`,
//! `toolConfig.NAME`. Clients of OpenAI's have Google's words in snake case, or in an object `google`, as for Google's
//! own layer of that wire.

use super::Draft;
use crate::chat::Error;
use crate::json::{Object, Text, Value, Writer};

/// Fields of this wire that clients of another send as they are, for it.
const OWN_FIELDS: [(&str, &str); 4] = [
    ("safety_settings", "safetySettings"),
    ("safetySettings", "safetySettings"),
    ("cached_content", "cachedContent"),
    ("cachedContent", "cachedContent"),
];

const CONFIG: &str = "generationConfig.";
const TOOL_CONFIG: &str = "toolConfig.";

/// Leftovers of `generationConfig`.
pub(super) fn config(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    prefixed(w, draft, CONFIG);
    // What the neutral language has words for counts more.
    if draft.request.reasoning.is_none()
        && let Some(value) = google(draft).and_then(|google| google.get("thinking_config"))
    {
        w.field_value("thinkingConfig", value);
    }
    Ok(())
}

/// Leftovers of `toolConfig`.
pub(super) fn tool_config(w: &mut Writer<'_>, draft: &Draft<'_, '_>) {
    prefixed(w, draft, TOOL_CONFIG);
}

fn prefixed(w: &mut Writer<'_>, draft: &Draft<'_, '_>, prefix: &str) {
    if !draft.own() {
        return;
    }
    for (name, value) in &draft.request.extra {
        if let Some(name) = name.decode().strip_prefix(prefix) {
            w.field_value(name, value);
        }
    }
}

/// The object of Google's own words in an OpenAI client's request.
fn google<'r, 'a>(draft: &Draft<'r, 'a>) -> Option<&'r Object<'a>> {
    let extra = draft.request.extra.iter();
    extra.into_iter().find_map(|(name, value)| match value {
        Value::Object(object) if name.is("google") => Some(object),
        Value::Object(object) if name.is("extra_body") => object.object("google"),
        _ => None,
    })
}

/// Everything else.
pub(super) fn write(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    tier(w, draft)?;
    labels(w, draft)?;
    if let Some(own) = draft.own_field("safetySettings") {
        w.field_value("safetySettings", own);
    }
    let request = draft.request;
    for (name, value) in &request.extra {
        let name = name.decode();
        let known = OWN_FIELDS.iter().find(|(theirs, _)| *theirs == name);
        match known {
            Some((_, own)) => w.field_value(own, value),
            None if draft.own() => {
                if !name.starts_with(CONFIG) && !name.starts_with(TOOL_CONFIG) {
                    w.field_value(&name, value);
                }
            }
            None if matches!(name.as_ref(), "google" | "extra_body") => {
                googles(w, draft, &name, value)?
            }
            None if says_nothing(&name, value) => {}
            None => draft.unsupported(&name)?,
        }
    }
    Ok(())
}

/// Members of the object `google`, and nothing else beside it.
fn googles(
    w: &mut Writer<'_>,
    draft: &mut Draft<'_, '_>,
    name: &str,
    value: &Value<'_>,
) -> Result<(), Error> {
    let Some(object) = value.as_object() else {
        return draft.unsupported(name);
    };
    for (key, value) in object.members() {
        let key = key.decode();
        let path = format!("{name}.{key}");
        let known = OWN_FIELDS.iter().find(|(theirs, _)| *theirs == key);
        match known {
            _ if name == "extra_body" && key == "google" => googles(w, draft, &path, value)?,
            Some((_, own)) if name != "extra_body" => w.field_value(own, value),
            // Written with the rest of the configuration.
            _ if key == "thinking_config" && draft.request.reasoning.is_none() => {}
            _ => draft.unsupported(&path)?,
        }
    }
    Ok(())
}

fn tier(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let Some(tier) = &draft.request.service_tier else {
        return Ok(());
    };
    let word = match tier.decode().as_ref() {
        "auto" => return Ok(()),
        "default" | "standard" | "standard_only" => "standard",
        "flex" => "flex",
        "priority" => "priority",
        _ => return draft.unsupported("service_tier"),
    };
    // At Vertex AI a header says it.
    if draft.vertex() && !draft.own() {
        return match word {
            "standard" => Ok(()),
            _ => draft.unsupported("service_tier"),
        };
    }
    w.field_str("serviceTier", word);
    Ok(())
}

/// Labels are Vertex AI's alone.
fn labels(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let request = draft.request;
    let own = draft.own();
    let metadata = request
        .metadata
        .as_ref()
        .filter(|object| !object.members().is_empty());
    let user = request.user.as_ref().filter(|user| !user.is_empty());
    let fits = |object: &&Object<'_>| {
        let mut members = object.members().iter();
        members.all(|(key, value)| is_label(key) && value.as_str().is_some_and(is_label))
    };
    let told = metadata.filter(|object| draft.vertex() && (own || fits(object)));
    let named = user.filter(|user| draft.vertex() && is_label(user));
    if metadata.is_some() && told.is_none() {
        draft.unsupported(if own { "labels" } else { "metadata" })?;
    }
    if user.is_some() && named.is_none() {
        draft.unsupported(draft.word("user", "metadata.user_id"))?;
    }
    if told.is_none() && named.is_none() {
        return Ok(());
    }
    w.key("labels");
    w.begin_object();
    for (key, value) in told.map(Object::members).unwrap_or_default() {
        w.field_value(&key.decode(), value);
    }
    if let Some(user) = named {
        w.field_text("user", user);
    }
    w.end_object();
    Ok(())
}

/// Source: Google Cloud, "Requirements for labels".
fn is_label(text: &Text<'_>) -> bool {
    let text = text.decode();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    !text.is_empty() && text.len() <= 63 && text.chars().all(plain)
}

/// Whether a field asks for what is so anyway.
fn says_nothing(name: &str, value: &Value<'_>) -> bool {
    match (name, value) {
        (_, Value::Null) => true,
        ("store", Value::Bool(false)) => true,
        ("logit_bias", Value::Object(object)) => object.members().is_empty(),
        ("verbosity", Value::String(word)) => word.is("medium"),
        _ => false,
    }
}
