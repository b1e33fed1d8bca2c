//! Writes a chat request for a provider of this wire.

mod messages;
mod tools;

use super::models::{Rules, rules};
use crate::chat::{Error, Part, Reasoning, Request, ResponseFormat, Role};
use crate::dialect::{Wire, WriteOptions, Written};
use crate::json::{Text, Value, Writer};

/// Least tokens of a thinking budget.
const LEAST_BUDGET: u64 = 1024;

/// Fields of this wire that clients of another send as they are, for it.
const OWN_FIELDS: [&str; 6] = [
    "cache_control",
    "context_management",
    "mcp_servers",
    "container",
    "speed",
    "inference_geo",
];

/// A request being written.
struct Draft<'r, 'a> {
    request: &'r Request<'a>,
    options: &'r WriteOptions<'r>,
    rules: Rules,
    dropped: Vec<String>,
}

/// How the model is to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thinking<'t> {
    Off,
    Budget(u64),
    Adaptive(Option<&'t str>),
}

/// Writes a request.
///
/// # Errors
/// A 400 that names a field or part which this wire cannot say.
pub fn write(request: &Request<'_>, options: &WriteOptions<'_>) -> Result<Written, Error> {
    let mut draft = Draft {
        request,
        options,
        rules: rules(options.model),
        dropped: Vec::new(),
    };
    let word = request.reasoning.as_ref().and_then(effort_word);
    let (thinking, max_tokens) = draft.thinking(word.as_deref());
    let mut body = Vec::with_capacity(1024);
    let mut w = Writer::new(&mut body);
    w.begin_object();
    w.field_str("model", options.model);
    w.field_number("max_tokens", max_tokens);
    messages::write(&mut w, request, &mut draft)?;
    draft.sampling(&mut w, thinking)?;
    draft.stop(&mut w)?;
    if request.stream {
        w.field_bool("stream", true);
    }
    tools::write(&mut w, &mut draft, thinking != Thinking::Off)?;
    draft.output(&mut w, thinking)?;
    draft.identity(&mut w)?;
    draft.rest(&mut w)?;
    w.end_object();
    Ok(Written {
        body,
        dropped: draft.dropped,
        names: tools::names(request),
        ..Written::default()
    })
}

fn effort_word(reasoning: &Reasoning<'_>) -> Option<String> {
    let word = match reasoning {
        Reasoning::Effort(word) => word,
        Reasoning::Adaptive { effort } => effort.as_ref()?,
        Reasoning::Off | Reasoning::Budget(_) => return None,
    };
    Some(word.decode().into_owned())
}

/// Tokens for an effort. Source: LiteLLM's default budgets.
fn budget(effort: &str) -> u64 {
    match effort {
        "medium" => 2048,
        "high" => 4096,
        "xhigh" => 8192,
        "max" => 16384,
        _ => LEAST_BUDGET,
    }
}

/// The effort whose budget is nearest below.
fn effort_of(budget: u64) -> &'static str {
    match budget {
        0..2048 => "low",
        2048..4096 => "medium",
        4096..8192 => "high",
        8192..16384 => "xhigh",
        _ => "max",
    }
}

impl Draft<'_, '_> {
    fn unsupported(&mut self, field: &str) -> Result<(), Error> {
        self.options
            .unsupported(field, Wire::Anthropic, &mut self.dropped)
    }

    /// How to think, and the token limit that goes with it.
    fn thinking<'t>(&self, effort: Option<&'t str>) -> (Thinking<'t>, u64) {
        let asked = self.request.max_tokens;
        let most = asked.unwrap_or(self.options.default_max_tokens);
        let tokens = match &self.request.reasoning {
            None | Some(Reasoning::Off) => return (Thinking::Off, most),
            _ if !self.can_replay() => return (Thinking::Off, most),
            Some(Reasoning::Budget(tokens)) if self.rules.adaptive => {
                return (Thinking::Adaptive(Some(effort_of(*tokens))), most);
            }
            Some(_) if self.rules.adaptive => {
                let effort = effort.map(|word| if word == "minimal" { "low" } else { word });
                return (Thinking::Adaptive(effort), most);
            }
            Some(Reasoning::Budget(tokens)) => *tokens,
            Some(_) => budget(effort.unwrap_or("high")),
        };
        let tokens = tokens.max(LEAST_BUDGET);
        match asked {
            // The limit includes the thinking: a client that named none gets its answer's room beside it.
            None => (
                Thinking::Budget(tokens),
                tokens.saturating_add(self.options.default_max_tokens),
            ),
            Some(most) if most > LEAST_BUDGET => {
                (Thinking::Budget(tokens.min(most.saturating_sub(1))), most)
            }
            Some(most) => (Thinking::Off, most),
        }
    }

    /// Whether the thinking of the turn that waits for tools' results can be replayed: without its signed blocks the
    /// provider refuses the request, and clients that speak only OpenAI's API lose them.
    fn can_replay(&self) -> bool {
        let last = self
            .request
            .messages
            .iter()
            .rev()
            .find(|message| message.role == Role::Assistant);
        let Some(last) = last else { return true };
        let calls = last
            .content
            .iter()
            .any(|part| matches!(part, Part::ToolCall { .. }));
        let signed = last.content.iter().any(|part| {
            matches!(
                part,
                Part::Reasoning {
                    signature: Some(_),
                    ..
                } | Part::RedactedReasoning { .. }
            )
        });
        !calls || signed
    }

    fn sampling(&mut self, w: &mut Writer<'_>, thinking: Thinking<'_>) -> Result<(), Error> {
        let thinks = thinking != Thinking::Off;
        if let Some(number) = self.request.temperature {
            let value: f64 = number.parse().unwrap_or(1.0);
            let default = value == 1.0;
            let allowed =
                default || (self.rules.sampling && !thinks && (0.0..=1.0).contains(&value));
            match (allowed, default && !self.rules.sampling) {
                (true, false) => w.field_raw("temperature", number),
                // The default need not be said to a model that does not want to hear of it.
                (true, true) => {}
                (false, _) => self.unsupported("temperature")?,
            }
        }
        if let Some(number) = self.request.top_p {
            let value: f64 = number.parse().unwrap_or(1.0);
            match self.rules.sampling && (!thinks || value >= 0.95) {
                true => w.field_raw("top_p", number),
                false if value == 1.0 => {}
                false => self.unsupported("top_p")?,
            }
        }
        if let Some(number) = self.request.top_k {
            match self.rules.sampling && !thinks {
                true => w.field_raw("top_k", number),
                false => self.unsupported("top_k")?,
            }
        }
        let zero = |number: Option<&str>| number.is_none_or(|text| text.parse() == Ok(0.0f64));
        if !zero(self.request.frequency_penalty) {
            self.unsupported("frequency_penalty")?;
        }
        if !zero(self.request.presence_penalty) {
            self.unsupported("presence_penalty")?;
        }
        if self.request.seed.is_some() {
            self.unsupported("seed")?;
        }
        if self.request.n.is_some_and(|n| n != 1) {
            self.unsupported("n")?;
        }
        Ok(())
    }

    fn stop(&mut self, w: &mut Writer<'_>) -> Result<(), Error> {
        let blank = |text: &Text<'_>| text.decode().trim().is_empty();
        if self.request.stop.iter().any(blank) {
            self.unsupported("stop")?;
        }
        let kept: Vec<&Text<'_>> = self
            .request
            .stop
            .iter()
            .filter(|text| !blank(text))
            .collect();
        if !kept.is_empty() {
            w.key("stop_sequences");
            w.begin_array();
            kept.iter().for_each(|text| w.text(text));
            w.end_array();
        }
        Ok(())
    }

    /// `thinking` and `output_config`.
    fn output(&mut self, w: &mut Writer<'_>, thinking: Thinking<'_>) -> Result<(), Error> {
        match thinking {
            Thinking::Off => {}
            Thinking::Budget(tokens) => {
                w.key("thinking");
                w.begin_object();
                w.field_str("type", "enabled");
                w.field_number("budget_tokens", tokens);
                w.end_object();
            }
            // Without `display` the newer models leave the text out.
            Thinking::Adaptive(_) => {
                w.field_raw("thinking", r#"{"type":"adaptive","display":"summarized"}"#)
            }
        }
        let schema = match &self.request.response_format {
            None | Some(ResponseFormat::Text) => None,
            Some(ResponseFormat::JsonObject) => {
                self.unsupported("response_format")?;
                None
            }
            Some(ResponseFormat::JsonSchema { schema, .. }) => {
                Some(schema.unwrap_or(r#"{"type":"object"}"#))
            }
        };
        let effort = match thinking {
            Thinking::Adaptive(effort) => effort,
            _ => None,
        };
        if effort.is_none() && schema.is_none() {
            return Ok(());
        }
        w.key("output_config");
        w.begin_object();
        if let Some(effort) = effort {
            w.field_str("effort", effort);
        }
        if let Some(schema) = schema {
            w.key("format");
            w.begin_object();
            w.field_str("type", "json_schema");
            w.field_raw("schema", schema);
            w.end_object();
        }
        w.end_object();
        Ok(())
    }

    fn identity(&mut self, w: &mut Writer<'_>) -> Result<(), Error> {
        if let Some(user) = &self.request.user {
            let name = user.decode();
            let phone = name.starts_with('+')
                && name.chars().skip(1).all(|c| c.is_ascii_digit() || c == ' ');
            // Anthropic asks for opaque ids, and refuses addresses.
            if name.contains('@') || phone {
                self.unsupported("user")?;
            } else {
                w.key("metadata");
                w.begin_object();
                w.field_text("user_id", user);
                w.end_object();
            }
        }
        if let Some(tier) = &self.request.service_tier {
            match tier.decode().as_ref() {
                "auto" => w.field_str("service_tier", "auto"),
                "default" | "standard_only" => w.field_str("service_tier", "standard_only"),
                _ => self.unsupported("service_tier")?,
            }
        }
        Ok(())
    }

    fn rest(&mut self, w: &mut Writer<'_>) -> Result<(), Error> {
        for (name, value) in &self.request.extra {
            let name = name.decode();
            if OWN_FIELDS.contains(&name.as_ref()) {
                w.field_value(&name, value);
            } else if !says_nothing(&name, value) {
                self.unsupported(&name)?;
            }
        }
        Ok(())
    }
}

/// Whether a field asks for what is so anyway.
fn says_nothing(name: &str, value: &Value<'_>) -> bool {
    match (name, value) {
        (_, Value::Null) => true,
        ("store" | "logprobs", Value::Bool(false)) => true,
        ("logit_bias" | "metadata", Value::Object(object)) => object.members().is_empty(),
        ("top_logprobs", Value::Number(number)) => *number == "0",
        ("modalities", Value::Array(list)) => {
            matches!(list.items(), [Value::String(only)] if only.is("text"))
        }
        _ => false,
    }
}
