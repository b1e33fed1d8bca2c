//! How the answer is to be made.

use super::{Draft, format};
use crate::chat::{Error, Reasoning};
use crate::json::{Object, Text, Value, Writer};
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
    if let Some(format) = &request.response_format
        && draft.json_tool.is_none()
    {
        format::write(w, format, draft.same);
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
        // Unasked it would think, and could not be made to call.
        if draft.json_tool.is_some() && draft.quirks.no_forcing_of_thinkers {
            w.field_raw("thinking", r#"{"type":"disabled"}"#);
        }
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
