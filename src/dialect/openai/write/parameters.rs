//! How the answer is to be made.

use super::Draft;
use crate::chat::{Error, Reasoning, ResponseFormat};
use crate::json::{self, Object, Text, Value, Writer};
use crate::order::Places;
use crate::provider::ReasoningForm;

pub(super) fn write(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let request = draft.request;
    if let Some(most) = request.max_tokens
        && draft.own("max_completion_tokens").is_none()
    {
        // The older name, which every host knows; OpenAI's models that refuse it have a rule.
        w.field_number("max_tokens", most);
    }
    let numbers = [
        ("temperature", request.temperature),
        ("top_p", request.top_p),
        ("frequency_penalty", request.frequency_penalty),
        ("presence_penalty", request.presence_penalty),
        ("seed", request.seed),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            w.field_raw(name, number);
        }
    }
    if let Some(number) = request.top_k {
        if draft.same || draft.quirks.top_k {
            w.field_raw("top_k", number);
        } else {
            draft.unsupported("top_k")?;
        }
    }
    if let Some(n) = request.n {
        w.field_number("n", n);
    }
    if let Some(wanted) = request.logprobs {
        w.field_bool("logprobs", wanted);
    }
    if let Some(number) = request.top_logprobs {
        w.field_number("top_logprobs", number);
    }
    if !request.stop.is_empty() {
        w.key("stop");
        w.begin_array();
        request.stop.iter().for_each(|text| w.text(text));
        w.end_array();
    }
    reasoning(w, draft);
    if let Some(format) = &request.response_format {
        write_format(w, format, draft.same);
    }
    output(w, draft);
    identity(w, draft);
    stream(w, draft);
    Ok(())
}

/// What the answer is made of. Text alone need not be asked for.
fn output(w: &mut Writer<'_>, draft: &Draft<'_, '_>) {
    let request = draft.request;
    let more = request.modalities.iter().any(|kind| !kind.is("text"));
    if more || (draft.same && !request.modalities.is_empty()) {
        w.key("modalities");
        w.begin_array();
        request.modalities.iter().for_each(|kind| w.text(kind));
        w.end_array();
    }
    if let Some(audio) = &request.audio {
        w.field_raw("audio", audio.raw());
    }
}

fn identity(w: &mut Writer<'_>, draft: &Draft<'_, '_>) {
    let request = draft.request;
    if let Some(user) = &request.user
        && draft.own("safety_identifier").is_none()
    {
        w.field_text("user", user);
    }
    if let Some(labels) = &request.metadata {
        w.field_raw("metadata", labels.raw());
    }
    match &request.service_tier {
        Some(tier) if draft.same => w.field_text("service_tier", tier),
        // Anthropic's words; `auto` is what every host does unasked.
        Some(tier) if tier.is("standard_only") => w.field_str("service_tier", "default"),
        Some(tier) if !tier.is("auto") => w.field_text("service_tier", tier),
        _ => {}
    }
}

fn stream(w: &mut Writer<'_>, draft: &Draft<'_, '_>) {
    let options = draft.own("stream_options").and_then(Value::as_object);
    if draft.request.stream {
        w.field_bool("stream", true);
    }
    if draft.quirks.no_stream_options {
        return;
    }
    if !draft.request.stream {
        if let Some(options) = options {
            w.field_raw("stream_options", options.raw());
        }
        return;
    }
    // Usage is asked for always: what the client did not ask for is taken out of the answer.
    w.key("stream_options");
    w.begin_object();
    w.field_bool("include_usage", true);
    let others = options.map(Object::members).unwrap_or_default().iter();
    for (name, value) in others.filter(|(name, _)| !name.is("include_usage")) {
        w.field_value(&name.decode(), value);
    }
    w.end_object();
}

fn reasoning(w: &mut Writer<'_>, draft: &Draft<'_, '_>) {
    let Some(reasoning) = &draft.request.reasoning else {
        return;
    };
    if ["thinking", "reasoning", "reasoning_effort"]
        .iter()
        .any(|name| draft.own(name).is_some())
    {
        return;
    }
    let word = effort(reasoning);
    if draft.same {
        // A word is all that was not kept.
        w.field_text("reasoning_effort", &word.unwrap_or(Text::from("none")));
        return;
    }
    let off = matches!(reasoning, Reasoning::Off);
    match draft.quirks.reasoning {
        ReasoningForm::Effort => {
            if let Some(word) = word {
                w.field_text("reasoning_effort", &word);
            }
        }
        ReasoningForm::Thinking => {
            let thinking = if off {
                r#"{"type":"disabled"}"#
            } else {
                r#"{"type":"enabled"}"#
            };
            w.field_raw("thinking", thinking);
            if let Some(word) = word {
                w.field_text("reasoning_effort", &word);
            }
        }
        ReasoningForm::EnableThinking => {
            w.field_bool("enable_thinking", !off);
            if let Reasoning::Budget(tokens) = reasoning {
                w.field_number("thinking_budget", *tokens);
            }
        }
        ReasoningForm::Object => {
            w.key("reasoning");
            w.begin_object();
            match (reasoning, word) {
                (Reasoning::Budget(tokens), _) => w.field_number("max_tokens", *tokens),
                (_, Some(word)) => w.field_text("effort", &word),
                _ => w.field_bool("enabled", !off),
            }
            w.end_object();
        }
    }
}

/// The effort that comes nearest. Budgets map by the thresholds that LiteLLM uses the other way round.
fn effort<'a>(reasoning: &Reasoning<'a>) -> Option<Text<'a>> {
    Some(match reasoning {
        Reasoning::Off => return None,
        Reasoning::Adaptive { effort } => effort.clone()?,
        Reasoning::Effort(word) => word.clone(),
        Reasoning::Budget(0..=1024) => Text::from("low"),
        Reasoning::Budget(1025..=2048) => Text::from("medium"),
        Reasoning::Budget(_) => Text::from("high"),
    })
}

fn write_format(w: &mut Writer<'_>, format: &ResponseFormat<'_>, same: bool) {
    match format {
        ResponseFormat::Text if same => w.field_raw("response_format", r#"{"type":"text"}"#),
        ResponseFormat::Text => {}
        ResponseFormat::JsonObject => w.field_raw("response_format", r#"{"type":"json_object"}"#),
        ResponseFormat::JsonSchema {
            name,
            description,
            schema,
            strict,
        } => {
            w.key("response_format");
            w.begin_object();
            w.field_str("type", "json_schema");
            w.key("json_schema");
            w.begin_object();
            match name {
                Some(name) => w.field_text("name", name),
                // Some hosts do without; OpenAI requires one.
                None if same => {}
                None => w.field_str("name", "answer"),
            }
            if let Some(description) = description {
                w.field_text("description", description);
            }
            if let Some(schema) = schema {
                w.field_raw("schema", schema);
            }
            // Other wires hold the model to every schema; this one to those only that leave nothing open.
            let closed = || schema.is_some_and(is_closed) && !same;
            if let Some(strict) = strict.or_else(|| closed().then_some(true)) {
                w.field_bool("strict", strict);
            }
            w.end_object();
            w.end_object();
        }
    }
}

/// Whether OpenAI takes a schema as `strict`: every object lists all its properties as required and allows no other.
fn is_closed(schema: &str) -> bool {
    json::parse(schema.as_bytes()).is_ok_and(|value| closed(&value))
}

/// How deep it goes is bounded by the parser.
fn closed(value: &Value<'_>) -> bool {
    match value {
        Value::Array(list) => list.items().iter().all(closed),
        Value::Object(object) => {
            let is_object = object.str("type").is_some_and(|kind| kind.is("object"));
            let shut = object.bool("additionalProperties") == Some(false);
            let required = object.array("required").map(|list| list.items());
            let required = required.unwrap_or_default().iter();
            let required = Places::of(required.filter_map(Value::as_str).map(Text::decode));
            let properties = object.object("properties").map(Object::members);
            let all = properties
                .unwrap_or_default()
                .iter()
                .all(|(name, _)| required.has(&name.decode()));
            (!is_object || (shut && all)) && object.members().iter().all(|(_, part)| closed(part))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_closed_schemas_are_strict() {
        assert!(is_closed(
            r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}"#
        ));
        assert!(!is_closed(
            r#"{"type":"object","properties":{"a":{"type":"object"}},"required":["a"],"additionalProperties":false}"#
        ));
        assert!(!is_closed(
            r#"{"type":"object","properties":{"a":{}},"additionalProperties":false}"#
        ));
    }
}
