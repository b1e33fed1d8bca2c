//! How the model is to think, and the token limit that goes with it.

use super::Draft;
use crate::chat::{Error, Part, Reasoning, Role};
use crate::dialect::anthropic::models::{Thinks, Unasked};
use crate::dialect::effort::{LEAST_BUDGET, budget, effort_of};

/// How the model is to think.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Thinking {
    /// Nothing is said of it.
    Unsaid,
    /// It is told not to.
    Off,
    /// For so many tokens.
    Budget(u64),
    /// As it sees fit, at an effort.
    Adaptive(Option<String>),
    /// Nothing is said of thinking, but an effort for all of the answer.
    Effort(String),
}

impl Draft<'_, '_> {
    /// Decides how to think; the token limit that goes with it, where there is one.
    pub(super) fn think(&mut self) -> Result<Option<u64>, Error> {
        let asked = self.request.max_tokens;
        if self.own {
            self.thinking = self.as_asked();
            return Ok(asked);
        }
        let most = asked.unwrap_or(self.options.default_max_tokens);
        let wanted = match &self.request.reasoning {
            None => return Ok(Some(most)),
            Some(Reasoning::Off) => {
                self.think_not()?;
                return Ok(Some(most));
            }
            Some(wanted) => wanted,
        };
        match self.rules.thinks {
            Thinks::Never => {
                self.unsupported("reasoning_effort")?;
                Ok(Some(most))
            }
            Thinks::Adaptive => {
                let word = match wanted {
                    Reasoning::Budget(tokens) => Some(effort_of(*tokens).to_owned()),
                    other => word(other),
                };
                self.thinking = Thinking::Adaptive(word.map(|word| self.effort(&word)));
                Ok(Some(most))
            }
            Thinks::Budget => {
                let tokens = match wanted {
                    Reasoning::Budget(tokens) => *tokens,
                    other => {
                        let tokens = budget(word(other).as_deref().unwrap_or("high"));
                        // An effort is not to use up what the answer needs.
                        asked.map_or(tokens, |most| tokens.min(most.saturating_sub(most / 4)))
                    }
                };
                Ok(Some(self.think_for(tokens.max(LEAST_BUDGET))))
            }
        }
    }

    /// What a client of this wire asked.
    fn as_asked(&self) -> Thinking {
        match &self.request.reasoning {
            None => Thinking::Unsaid,
            Some(Reasoning::Off) => Thinking::Off,
            Some(Reasoning::Budget(tokens)) => Thinking::Budget(*tokens),
            Some(Reasoning::Effort(effort)) => Thinking::Effort(effort.decode().into_owned()),
            Some(adaptive @ Reasoning::Adaptive { .. }) => Thinking::Adaptive(word(adaptive)),
        }
    }

    fn think_not(&mut self) -> Result<(), Error> {
        match self.rules.unasked {
            Unasked::No => Ok(()),
            Unasked::Yes => {
                self.thinking = Thinking::Off;
                Ok(())
            }
            Unasked::Always => self.unsupported("reasoning_effort"),
        }
    }

    /// An effort in the model's words.
    fn effort(&self, word: &str) -> String {
        match word {
            "minimal" => "low",
            "xhigh" if !self.rules.xhigh => "max",
            word => word,
        }
        .to_owned()
    }

    /// Thinks for so many tokens, where that can be; the token limit.
    fn think_for(&mut self, tokens: u64) -> u64 {
        let asked = self.request.max_tokens;
        // The limit includes the thinking: a client that named none gets its answer's room beside it.
        let most = asked.unwrap_or_else(|| tokens.saturating_add(self.options.default_max_tokens));
        if !self.can_replay() || most <= LEAST_BUDGET {
            self.dropped.push("reasoning_effort".to_owned());
            return asked.unwrap_or(self.options.default_max_tokens);
        }
        self.thinking = Thinking::Budget(tokens.min(most.saturating_sub(1)));
        most
    }

    /// Whether the thinking of the turn that waits for tools' results can be replayed: without its signed blocks the
    /// provider refuses the request, and clients that speak only OpenAI's API lose them.
    fn can_replay(&self) -> bool {
        let messages = self.request.messages.iter();
        let mut assistant = messages
            .rev()
            .filter(|message| message.role == Role::Assistant);
        let Some(last) = assistant.next() else {
            return true;
        };
        let calls = |part: &Part<'_>| matches!(part, Part::ToolCall { .. });
        let signed = |part: &Part<'_>| match part {
            Part::Reasoning { signature, .. } => signature.is_some(),
            Part::RedactedReasoning { .. } => true,
            _ => false,
        };
        !last.content.iter().any(calls) || last.content.iter().any(signed)
    }
}

fn word(reasoning: &Reasoning<'_>) -> Option<String> {
    let word = match reasoning {
        Reasoning::Effort(word) => word,
        Reasoning::Adaptive { effort } => effort.as_ref()?,
        Reasoning::Off | Reasoning::Budget(_) => return None,
    };
    Some(word.decode().into_owned())
}
