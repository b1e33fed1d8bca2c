//! How much the model is to think.

use super::fields::Fields;
use super::{Draft, Wire};
use crate::chat::{Error, Part, Reasoning, Role};
use crate::dialect::bedrock::models::Think;
use crate::dialect::effort::{LEAST_BUDGET, budget, effort_of};

/// How the model is to think.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Thinking {
    /// As it does unasked.
    Off,
    /// Claude's, by tokens.
    Budget(u64),
    /// Claude's own judgement, at an effort where one is named.
    Adaptive(Option<String>),
    /// The open models' word.
    Effort(&'static str),
    /// OpenAI's word.
    EffortObject(String),
    /// Nova's word.
    Nova(&'static str),
}

/// What the request asks for, in the model's words.
pub(super) fn plan(draft: &mut Draft<'_, '_>) -> Result<Thinking, Error> {
    let reasoning = match &draft.request.reasoning {
        None | Some(Reasoning::Off) => return Ok(Thinking::Off),
        Some(reasoning) => reasoning,
    };
    let word = match reasoning {
        Reasoning::Effort(word) => Some(word.decode().into_owned()),
        Reasoning::Adaptive { effort } => effort.as_ref().map(|word| word.decode().into_owned()),
        Reasoning::Budget(tokens) => Some(effort_of(*tokens).to_owned()),
        Reasoning::Off => None,
    };
    let three = || level(word.as_deref().unwrap_or("medium"));
    Ok(match draft.rules.think {
        Think::No => {
            draft.unsupported_as("reasoning_effort", "thinking")?;
            Thinking::Off
        }
        Think::Always => Thinking::Off,
        Think::Effort => Thinking::Effort(three()),
        Think::EffortObject => Thinking::EffortObject(word.unwrap_or_else(|| "medium".to_owned())),
        Think::Nova => Thinking::Nova(three()),
        Think::Budget | Think::Adaptive if !can_replay(draft) => unthought(draft),
        Think::Adaptive => Thinking::Adaptive(word.map(|word| {
            if word == "minimal" {
                "low".to_owned()
            } else {
                word
            }
        })),
        Think::Budget => {
            let tokens = match reasoning {
                Reasoning::Budget(tokens) => *tokens,
                _ => budget(word.as_deref().unwrap_or("high")),
            };
            let tokens = tokens.max(LEAST_BUDGET);
            match draft.request.max_tokens {
                // The limit includes the thinking.
                None => Thinking::Budget(tokens),
                Some(most) if most > LEAST_BUDGET => {
                    Thinking::Budget(tokens.min(most.saturating_sub(1)))
                }
                Some(_) => unthought(draft),
            }
        }
    })
}

/// The conversation or its limit leaves no way to think: the answer comes without, and that is told.
fn unthought(draft: &mut Draft<'_, '_>) -> Thinking {
    let own = draft.options.from == Wire::Anthropic;
    let field = if own { "thinking" } else { "reasoning_effort" };
    draft.dropped.push(field.to_owned());
    Thinking::Off
}

impl Thinking {
    /// Whether Claude thinks, which excludes other settings.
    pub(super) fn of_claude(&self) -> bool {
        matches!(self, Thinking::Budget(_) | Thinking::Adaptive(_))
    }

    /// Whether Nova thinks so hard that it takes no limits.
    pub(super) fn unlimited(&self) -> bool {
        *self == Thinking::Nova("high")
    }

    /// Writes it among the model's own fields.
    pub(super) fn write(&self, fields: &mut Fields) {
        match self {
            Thinking::Off => {}
            Thinking::Budget(tokens) => fields.set("thinking", |w| {
                w.begin_object();
                w.field_str("type", "enabled");
                w.field_number("budget_tokens", *tokens);
                w.end_object();
            }),
            Thinking::Adaptive(effort) => {
                // Without `display` the newer models leave the text out.
                fields.set("thinking", |w| {
                    w.raw(r#"{"type":"adaptive","display":"summarized"}"#);
                });
                if let Some(effort) = effort {
                    fields.set("output_config", |w| {
                        w.begin_object();
                        w.field_str("effort", effort);
                        w.end_object();
                    });
                }
            }
            Thinking::Effort(word) => fields.set("reasoning_effort", |w| w.string(word)),
            Thinking::EffortObject(word) => fields.set("reasoning", |w| {
                w.begin_object();
                w.field_str("effort", word);
                w.end_object();
            }),
            Thinking::Nova(word) => fields.set("reasoningConfig", |w| {
                w.begin_object();
                w.field_str("type", "enabled");
                w.field_str("maxReasoningEffort", word);
                w.end_object();
            }),
        }
    }
}

/// The nearest of three levels.
fn level(effort: &str) -> &'static str {
    match effort {
        "minimal" | "low" => "low",
        "medium" => "medium",
        _ => "high",
    }
}

/// Whether the thinking of the turn that waits for tools' results can be replayed: without its signed blocks the
/// provider refuses the request, and clients that speak only OpenAI's API lose them.
fn can_replay(draft: &Draft<'_, '_>) -> bool {
    let mut turns = draft.request.messages.iter().rev();
    let Some(last) = turns.find(|message| message.role == Role::Assistant) else {
        return true;
    };
    let has = |wanted: fn(&Part<'_>) -> bool| last.content.iter().any(wanted);
    let calls = has(|part| matches!(part, Part::ToolCall { .. }));
    !calls || has(is_signed)
}

/// Whether a part is thinking that can be replayed.
pub(super) fn is_signed(part: &Part<'_>) -> bool {
    matches!(
        part,
        Part::Reasoning {
            signature: Some(_),
            ..
        } | Part::RedactedReasoning { .. }
    )
}

/// Whether clients of this wire must name a limit, wanted or not.
pub(super) fn must_limit(from: Wire) -> bool {
    from == Wire::Anthropic
}
