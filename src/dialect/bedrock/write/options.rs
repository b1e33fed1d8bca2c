//! Limits, sampling, tiers and labels, and what clients send for Bedrock alone.

use super::{Draft, thinking};
use crate::chat::Error;
use crate::json::number;
use crate::json::{Object, Text, Value, Writer};

/// Fields of Converse that clients of another wire send as they are.
const OWN_FIELDS: [&str; 3] = ["guardrailConfig", "performanceConfig", "promptVariables"];

/// `inferenceConfig`.
pub(super) fn inference(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let request = draft.request;
    let mut members: Vec<(&str, String)> = Vec::new();
    if let Some(most) = request.max_tokens {
        if !draft.thinking.unlimited() {
            let most = most.max(draft.rules.least_tokens);
            members.push(("maxTokens", most.to_string()));
        } else if !thinking::must_limit(draft.options.from) {
            draft.unsupported("max_tokens")?;
        }
    }
    let temperature = request.temperature.filter(|number| says(number, 1.0));
    if let Some(number) = request.temperature {
        if samples(draft, number) {
            members.push(("temperature", number.to_owned()));
        } else if temperature.is_some() {
            draft.unsupported("temperature")?;
        }
    }
    if let Some(number) = request.top_p {
        let value = number::value(number).unwrap_or(1.0);
        let beside = draft.rules.one_sampler && request.temperature.is_some();
        let fits = match draft.thinking.of_claude() {
            true => draft.rules.sampling && value >= 0.95,
            false => samples(draft, number),
        };
        if fits && !beside {
            members.push(("topP", number.to_owned()));
        } else if says(number, 1.0) {
            draft.unsupported("top_p")?;
        }
    }
    stop(draft, &mut members)?;
    top_k(draft)?;
    if members.is_empty() {
        return Ok(());
    }
    w.key("inferenceConfig");
    w.begin_object();
    for (name, json) in &members {
        w.field_raw(name, json);
    }
    w.end_object();
    Ok(())
}

/// Whether a number says something else than the default.
fn says(number: &str, default: f64) -> bool {
    number::value(number) != Some(default)
}

/// Whether a sampling parameter of this value may be sent.
fn samples(draft: &Draft<'_, '_>, number: &str) -> bool {
    let value = number::value(number).unwrap_or(f64::NAN);
    let free = draft.rules.sampling && !draft.thinking.unlimited();
    let default = draft.thinking.of_claude() && value != 1.0;
    free && !default && (0.0..=1.0).contains(&value)
}

fn stop(draft: &mut Draft<'_, '_>, members: &mut Vec<(&str, String)>) -> Result<(), Error> {
    let list = &draft.request.stop;
    // Claude refuses sequences of blanks; Converse refuses empty ones.
    let claude = draft.rules.claude;
    let says = |text: &&Text<'_>| match claude {
        true => !text.is_blank(),
        false => !text.is_empty(),
    };
    let kept: Vec<&Text<'_>> = list.iter().filter(says).collect();
    if kept.len() < list.len() || (!draft.rules.stop && !kept.is_empty()) {
        draft.unsupported_as("stop", "stop_sequences")?;
    }
    if kept.is_empty() || !draft.rules.stop {
        return Ok(());
    }
    let mut json = Vec::new();
    let mut w = Writer::new(&mut json);
    w.begin_array();
    kept.iter().for_each(|text| w.text(text));
    w.end_array();
    members.push(("stopSequences", String::from_utf8(json).unwrap_or_default()));
    Ok(())
}

fn top_k(draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let Some(number) = draft.request.top_k else {
        return Ok(());
    };
    let thinks = draft.thinking.of_claude() || draft.thinking.unlimited();
    let name = draft
        .rules
        .top_k
        .filter(|_| draft.rules.sampling && !thinks);
    match name.map(|name| name.split_once('.').ok_or(name)) {
        Some(Ok((outer, inner))) => draft.fields.set(outer, |w| {
            w.begin_object();
            w.field_raw(inner, number);
            w.end_object();
        }),
        Some(Err(name)) => draft.fields.set(name, |w| w.raw(number)),
        None => draft.unsupported("top_k")?,
    }
    Ok(())
}

/// Everything else.
pub(super) fn rest(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let request = draft.request;
    let zero = |number: Option<&str>| number.is_none_or(|number| !says(number, 0.0));
    let absent = [
        (zero(request.frequency_penalty), "frequency_penalty"),
        (zero(request.presence_penalty), "presence_penalty"),
        (request.seed.is_none(), "seed"),
        (request.n.is_none_or(|n| n == 1), "n"),
        (request.logprobs != Some(true), "logprobs"),
        (request.top_logprobs.unwrap_or(0) == 0, "top_logprobs"),
        (request.audio.is_none(), "audio"),
        (
            request.modalities.iter().all(|word| word.is("text")),
            "modalities",
        ),
    ];
    for (_, name) in absent.iter().filter(|(absent, _)| !absent) {
        draft.unsupported(name)?;
    }
    tier(w, draft)?;
    labels(w, draft)?;
    let mut paths = Vec::new();
    if draft.rules.claude && !request.stop.is_empty() {
        // Converse leaves out which sequence matched, unless the model's own field is asked for.
        paths.push(Text::from(match request.stream {
            true => "/delta/stop_sequence",
            false => "/stop_sequence",
        }));
    }
    for (name, value) in &request.extra {
        let name = name.decode();
        match (name.as_ref(), value) {
            (own, Value::Object(_)) if OWN_FIELDS.contains(&own) => w.field_value(own, value),
            ("additionalModelRequestFields", Value::Object(own)) => draft.fields.set_all(own),
            ("additionalModelResponseFieldPaths", Value::Array(list)) => {
                paths.extend(list.items().iter().filter_map(Value::as_str).cloned());
            }
            ("anthropic_beta", Value::Array(_)) if draft.rules.claude => {
                draft.fields.set("anthropic_beta", |w| w.value(value));
            }
            // Written with the labels, the tier, the messages.
            ("requestMetadata" | "safety_identifier" | "serviceTier" | "cache_control", _) => {}
            (name, value) if says_nothing(name, value) => {}
            (name, _) => draft.unsupported(name)?,
        }
    }
    if !paths.is_empty() {
        w.key("additionalModelResponseFieldPaths");
        w.begin_array();
        paths.iter().for_each(|path| w.text(path));
        w.end_array();
    }
    Ok(())
}

/// Whether a field asks for what is so anyway.
fn says_nothing(name: &str, value: &Value<'_>) -> bool {
    match (name, value) {
        (_, Value::Null) => true,
        ("store", Value::Bool(false)) => true,
        ("logit_bias", Value::Object(object)) => object.members().is_empty(),
        _ => false,
    }
}

/// The field of this name that the neutral language does not name.
pub(super) fn extra<'r, 'a>(draft: &Draft<'r, 'a>, name: &str) -> Option<&'r Value<'a>> {
    let found = draft.request.extra.iter().find(|(own, _)| own.is(name));
    found.map(|(_, value)| value)
}

fn tier(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let Some(tier) = &draft.request.service_tier else {
        if let Some(own @ Value::Object(_)) = extra(draft, "serviceTier") {
            w.field_value("serviceTier", own);
        }
        return Ok(());
    };
    let kind = match tier.decode().as_ref() {
        "auto" => return Ok(()),
        "default" | "standard_only" => "default",
        "flex" => "flex",
        "priority" => "priority",
        "reserved" => "reserved",
        _ => return draft.unsupported("service_tier"),
    };
    w.key("serviceTier");
    w.begin_object();
    w.field_str("type", kind);
    w.end_object();
    Ok(())
}

/// Most labels of a request, and most characters of one's name or value.
const MAX_LABELS: usize = 16;
const MAX_LABEL: usize = 256;

fn is_legal(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == ' ' || ":_@$#=/+,-.".contains(c)
}

/// `requestMetadata`: the application's labels, Bedrock's own, and who the user is.
fn labels(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let request = draft.request;
    let mut labels: Vec<(String, String)> = Vec::new();
    let own = extra(draft, "requestMetadata").and_then(Value::as_object);
    for (object, field) in [
        (own, "requestMetadata"),
        (request.metadata.as_ref(), "metadata"),
    ] {
        if !object.is_none_or(|object| take(object, &mut labels)) {
            draft.unsupported(field)?;
        }
    }
    let users = [
        ("user", request.user.as_ref()),
        (
            "safety_identifier",
            extra(draft, "safety_identifier").and_then(Value::as_str),
        ),
    ];
    for (name, user) in users {
        let known = labels.iter().any(|(known, _)| known == name);
        if let Some(user) = user.filter(|user| !user.is_empty() && !known) {
            // An opaque name stays one with other characters in place of those that a label may not have.
            let legal = |c: char| if is_legal(c) { c } else { '_' };
            let value = user.decode().chars().take(MAX_LABEL).map(legal).collect();
            labels.push((name.to_owned(), value));
        }
    }
    if labels.is_empty() {
        return Ok(());
    }
    if labels.len() > MAX_LABELS {
        labels.truncate(MAX_LABELS);
        draft.unsupported("metadata")?;
    }
    w.key("requestMetadata");
    w.begin_object();
    for (name, value) in &labels {
        w.field_str(name, value);
    }
    w.end_object();
    Ok(())
}

/// Takes over the labels that may be said; false where there are others.
fn take(object: &Object<'_>, labels: &mut Vec<(String, String)>) -> bool {
    let fits = |text: &str| text.chars().count() <= MAX_LABEL && text.chars().all(is_legal);
    let mut all = true;
    for (name, value) in object.members() {
        let (name, value) = (name.decode(), value.as_str().map(Text::decode));
        match value {
            Some(value) if !name.is_empty() && fits(&name) && fits(&value) => {
                labels.push((name.into_owned(), value.into_owned()));
            }
            _ => all = false,
        }
    }
    all
}
