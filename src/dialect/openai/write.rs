//! Writes a chat request for a provider of this wire.

mod messages;

use crate::chat::{Error, Reasoning, Request, ResponseFormat, Tool, ToolChoice};
use crate::dialect::{Wire, WriteOptions, Written};
use crate::json::{Text, Writer};

/// Writes a request.
///
/// # Errors
/// A 400 that names a field or part which this wire cannot say.
pub fn write(request: &Request<'_>, options: &WriteOptions<'_>) -> Result<Written, Error> {
    let mut dropped = Vec::new();
    let mut body = Vec::with_capacity(1024);
    let mut w = Writer::new(&mut body);
    w.begin_object();
    w.field_str("model", options.model);
    w.key("messages");
    w.begin_array();
    for (index, message) in request.messages.iter().enumerate() {
        messages::write(&mut w, &format!("messages[{index}]"), message)?;
    }
    w.end_array();
    parameters(&mut w, request, options, &mut dropped)?;
    write_tools(&mut w, request, options, &mut dropped)?;
    if let Some(format) = &request.response_format {
        write_format(&mut w, format);
    }
    w.end_object();
    Ok(Written {
        body,
        dropped,
        ..Written::default()
    })
}

fn parameters(
    w: &mut Writer<'_>,
    request: &Request<'_>,
    options: &WriteOptions<'_>,
    dropped: &mut Vec<String>,
) -> Result<(), Error> {
    let reasons = options.kind.quirks.native_openai && reasoning_model(options.model);
    if let Some(most) = request.max_tokens {
        // Reasoning models refuse the older name, many compatible hosts do not know the newer.
        let name = if reasons {
            "max_completion_tokens"
        } else {
            "max_tokens"
        };
        w.field_number(name, most);
    }
    let numbers = [
        ("temperature", request.temperature),
        ("top_p", request.top_p),
        ("frequency_penalty", request.frequency_penalty),
        ("presence_penalty", request.presence_penalty),
        ("seed", request.seed),
    ];
    for (name, number) in numbers {
        let Some(number) = number else { continue };
        // Reasoning models take the default only.
        let fixed =
            reasons && matches!(name, "temperature" | "top_p") && number.parse() != Ok(1.0f64);
        if fixed {
            options.unsupported(name, Wire::OpenAi, dropped)?;
        } else {
            w.field_raw(name, number);
        }
    }
    if let Some(n) = request.n {
        w.field_number("n", n);
    }
    if request.top_k.is_some() {
        options.unsupported("top_k", Wire::OpenAi, dropped)?;
    }
    if !request.stop.is_empty() {
        w.key("stop");
        w.begin_array();
        request.stop.iter().for_each(|text| w.text(text));
        w.end_array();
    }
    if let Some(effort) = request.reasoning.as_ref().and_then(effort) {
        w.field_text("reasoning_effort", &effort);
    }
    if let Some(user) = &request.user {
        w.field_text("user", user);
    }
    if let Some(tier) = &request.service_tier {
        // Anthropic's words; `auto` means the same.
        let tier = if tier.is("standard_only") {
            Text::from("default")
        } else {
            tier.clone()
        };
        w.field_text("service_tier", &tier);
    }
    if request.stream {
        w.field_bool("stream", true);
        w.field_raw("stream_options", r#"{"include_usage":true}"#);
    }
    for (name, _) in &request.extra {
        let name = name.decode();
        options.unsupported(&name, Wire::OpenAi, dropped)?;
    }
    Ok(())
}

/// Whether a model of OpenAI's own thinks before it answers: the o series, GPT-5 and later.
fn reasoning_model(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    let number = name
        .strip_prefix("gpt-")
        .and_then(|rest| rest.split(['.', '-', 'o']).next());
    let late = number
        .and_then(|digits| digits.parse::<u32>().ok())
        .is_some_and(|number| number >= 5);
    let o_series = name
        .strip_prefix('o')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    (late && !name.contains("-chat")) || o_series
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

fn write_tools(
    w: &mut Writer<'_>,
    request: &Request<'_>,
    options: &WriteOptions<'_>,
    dropped: &mut Vec<String>,
) -> Result<(), Error> {
    let mut open = false;
    for (index, tool) in request.tools.iter().enumerate() {
        let Tool::Function {
            name,
            description,
            parameters,
            strict,
            ..
        } = tool
        else {
            options.unsupported(&format!("tools[{index}]"), Wire::OpenAi, dropped)?;
            continue;
        };
        if !open {
            w.key("tools");
            w.begin_array();
            open = true;
        }
        w.begin_object();
        w.field_str("type", "function");
        w.key("function");
        w.begin_object();
        w.field_text("name", name);
        if let Some(description) = description {
            w.field_text("description", description);
        }
        w.field_raw(
            "parameters",
            parameters.unwrap_or(r#"{"type":"object","properties":{}}"#),
        );
        if let Some(strict) = strict {
            w.field_bool("strict", *strict);
        }
        w.end_object();
        w.end_object();
    }
    if !open {
        return Ok(());
    }
    w.end_array();
    match &request.tool_choice {
        None => {}
        Some(ToolChoice::Auto) => w.field_str("tool_choice", "auto"),
        Some(ToolChoice::None) => w.field_str("tool_choice", "none"),
        Some(ToolChoice::Required) => w.field_str("tool_choice", "required"),
        Some(ToolChoice::Named(name)) => {
            w.key("tool_choice");
            w.begin_object();
            w.field_str("type", "function");
            w.key("function");
            w.begin_object();
            w.field_text("name", name);
            w.end_object();
            w.end_object();
        }
        Some(ToolChoice::Other(_) | ToolChoice::Allowed { .. }) => {
            options.unsupported("tool_choice", Wire::OpenAi, dropped)?
        }
    }
    if let Some(parallel) = request.parallel_tool_calls {
        w.field_bool("parallel_tool_calls", parallel);
    }
    Ok(())
}

fn write_format(w: &mut Writer<'_>, format: &ResponseFormat<'_>) {
    match format {
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
            w.field_text("name", name.as_ref().unwrap_or(&Text::from("answer")));
            if let Some(description) = description {
                w.field_text("description", description);
            }
            w.field_raw("schema", schema.unwrap_or("{}"));
            w.field_bool("strict", strict.unwrap_or(true));
            w.end_object();
            w.end_object();
        }
    }
}
