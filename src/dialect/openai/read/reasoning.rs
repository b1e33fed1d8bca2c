//! How much to think, in the words of several hosts at once.

use super::{invalid, missing};
use crate::chat::{Error, Reasoning};
use crate::json::{Text, Value};

/// What a request says of thinking, field by field.
#[derive(Default)]
pub(super) struct Asked<'a> {
    effort: Option<Text<'a>>,
    thinking: Option<Reasoning<'a>>,
}

impl<'a> Asked<'a> {
    /// Reads a field; whether it says something that the neutral language knows.
    pub(super) fn field(&mut self, name: &str, value: &Value<'a>) -> Result<bool, Error> {
        match name {
            "thinking" => self.thinking = thinking(value).or(self.thinking.take()),
            "reasoning" => return Ok(self.object(value)),
            _ => {
                // A word, or an object with one (as some clients send it).
                self.effort = Some(match value {
                    Value::String(word) => word.clone(),
                    Value::Object(object) => object
                        .str("effort")
                        .cloned()
                        .ok_or_else(|| missing("reasoning_effort.effort"))?,
                    other => return Err(invalid("reasoning_effort", "a string", other)),
                });
            }
        }
        Ok(name != "thinking" || thinking(value).is_some())
    }

    /// OpenRouter's `reasoning`: `{"effort" | "max_tokens" | "enabled", "exclude"}`.
    fn object(&mut self, value: &Value<'a>) -> bool {
        let Some(object) = value.as_object() else {
            return false;
        };
        let said = match (object.u64("max_tokens"), object.bool("enabled")) {
            (_, Some(false)) => Some(Reasoning::Off),
            (Some(tokens), _) => Some(Reasoning::Budget(tokens)),
            (None, Some(true)) => Some(Reasoning::Adaptive { effort: None }),
            (None, None) => None,
        };
        let effort = object.str("effort").cloned();
        let known = said.is_some() || effort.is_some();
        self.thinking = said.or(self.thinking.take());
        self.effort = effort.or(self.effort.take());
        known
    }

    /// All of it in one. A word beside `thinking` is the effort to think with.
    pub(super) fn finish(self) -> Option<Reasoning<'a>> {
        match (self.thinking, self.effort) {
            (Some(Reasoning::Adaptive { .. }), effort) => Some(Reasoning::Adaptive { effort }),
            (Some(thinking), _) => Some(thinking),
            (None, Some(word)) if word.is("none") => Some(Reasoning::Off),
            (None, word) => word.map(Reasoning::Effort),
        }
    }
}

/// `thinking`, in Anthropic's form, which other hosts have as well.
fn thinking<'a>(value: &Value<'a>) -> Option<Reasoning<'a>> {
    let object = value.as_object()?;
    match object.str("type")?.decode().as_ref() {
        "enabled" => Some(match object.u64("budget_tokens") {
            Some(tokens) => Reasoning::Budget(tokens),
            None => Reasoning::Adaptive { effort: None },
        }),
        "adaptive" | "auto" => Some(Reasoning::Adaptive { effort: None }),
        "disabled" => Some(Reasoning::Off),
        _ => None,
    }
}
