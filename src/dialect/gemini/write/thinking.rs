//! `thinkingConfig`.

use super::Draft;
use crate::chat::{Error, Reasoning};
use crate::dialect::gemini::models::{self, Thinking};
use crate::json::{Text, Writer};

/// What the model is told.
enum Told {
    /// Not to show its thoughts; this many tokens, or this level, where it cannot be turned off.
    Off(Amount),
    Think(Amount),
}

enum Amount {
    /// As the model sees fit.
    Own,
    Tokens(i64),
    Level(&'static str),
}

pub(super) fn write(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    if let Some(own) = draft.own_field("generationConfig.thinkingConfig") {
        w.field_value("thinkingConfig", own);
        return Ok(());
    }
    let Some(reasoning) = &draft.request.reasoning else {
        return Ok(());
    };
    let Some(told) = told(draft, reasoning) else {
        let field = draft.word("reasoning_effort", "thinking");
        return draft.unsupported(field);
    };
    let (amount, shown) = match told {
        Told::Off(Amount::Own) => return Ok(()),
        Told::Off(amount) => (amount, false),
        Told::Think(amount) => (amount, true),
    };
    w.key("thinkingConfig");
    w.begin_object();
    match amount {
        Amount::Own => {}
        Amount::Tokens(tokens) => w.field_raw("thinkingBudget", &tokens.to_string()),
        Amount::Level(level) => w.field_str("thinkingLevel", &level.to_ascii_uppercase()),
    }
    if shown {
        w.field_bool("includeThoughts", true);
    }
    w.end_object();
    Ok(())
}

/// What the model is told; `None` where it cannot be.
fn told(draft: &Draft<'_, '_>, reasoning: &Reasoning<'_>) -> Option<Told> {
    let off = |word: &Text<'_>| word.is("none") || word.is("disable");
    let reasoning = match reasoning {
        Reasoning::Effort(word) if off(word) => &Reasoning::Off,
        Reasoning::Budget(0) => &Reasoning::Off,
        other => other,
    };
    match draft.rules.thinking {
        Thinking::None => match reasoning {
            Reasoning::Off => Some(Told::Off(Amount::Own)),
            _ => None,
        },
        Thinking::Budget { least, most, off } => {
            let tokens = |tokens: u64| {
                let tokens = tokens.clamp(least, most);
                Amount::Tokens(i64::try_from(tokens).unwrap_or(i64::MAX))
            };
            Some(match reasoning {
                Reasoning::Off if off => Told::Off(Amount::Tokens(0)),
                Reasoning::Off => Told::Off(tokens(least)),
                Reasoning::Budget(count) => Told::Think(tokens(*count)),
                Reasoning::Adaptive { effort: None } => Told::Think(Amount::Tokens(-1)),
                Reasoning::Adaptive { effort: Some(word) } | Reasoning::Effort(word) => {
                    Told::Think(tokens(models::tokens(&word.decode())?))
                }
            })
        }
        Thinking::Levels(known) => Some(match reasoning {
            Reasoning::Off => Told::Off(Amount::Level(known.first()?)),
            // Its own clients may still say it in tokens.
            Reasoning::Budget(count) if draft.own() => {
                Told::Think(Amount::Tokens(i64::try_from(*count).unwrap_or(i64::MAX)))
            }
            Reasoning::Budget(count) => {
                Told::Think(Amount::Level(models::level_of(*count, known)?))
            }
            Reasoning::Adaptive { effort: None } => Told::Think(Amount::Own),
            Reasoning::Adaptive { effort: Some(word) } | Reasoning::Effort(word) => {
                Told::Think(Amount::Level(models::level(&word.decode(), known)?))
            }
        }),
    }
}
