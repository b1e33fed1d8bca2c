//! Ids and names as a provider takes them.

use super::Draft;
use crate::chat::{Part, Request, Tool};
use crate::dialect::names::{Legal, fnv1a};
use crate::json::Text;

/// Functions' names.
const NAME: Legal = Legal {
    max: 64,
    more: b"_-",
    letter_first: false,
};

/// Most characters of a call's id at OpenAI, which takes any.
pub(in crate::dialect::openai) const LONGEST_ID: usize = 40;

/// Calls' ids.
const ID: Legal = Legal {
    max: LONGEST_ID,
    more: b"_-.:",
    letter_first: false,
};

/// Digits of [`nine`].
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A function's name as the provider takes it: what a client of this wire wrote is not touched.
pub(super) fn name<'a>(draft: &Draft<'_, '_>, name: &Text<'a>) -> Text<'a> {
    if draft.same {
        name.clone()
    } else {
        NAME.make(name)
    }
}

/// Names that were changed, with the client's own.
pub(super) fn names(request: &Request<'_>) -> Vec<(String, String)> {
    let tools = request.tools.iter().filter_map(|tool| match tool {
        Tool::Function { name, .. } => Some(name),
        _ => None,
    });
    NAME.renamed(tools)
}

/// Whether an id is nine letters or digits.
pub(in crate::dialect::openai) fn is_nine(id: &str) -> bool {
    id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A call's id as the provider takes it: the same for the call and its result, in every request.
pub(super) fn id<'a>(draft: &Draft<'_, '_>, id: &Text<'a>) -> Text<'a> {
    let decoded = id.decode();
    if draft.quirks.nine_character_ids {
        if is_nine(&decoded) {
            return id.clone();
        }
        return Text::from(nine(&decoded));
    }
    let bounded = !draft.same || draft.quirks.native_openai;
    if bounded && decoded.len() > LONGEST_ID {
        return ID.make(id);
    }
    id.clone()
}

/// Nine letters or digits for an id: another for another.
fn nine(id: &str) -> String {
    let mut hash = fnv1a(id.as_bytes());
    let mut out = String::with_capacity(9);
    for _ in 0..9 {
        let digit = usize::try_from(hash % 62).unwrap_or_default();
        out.extend(DIGITS.get(digit).map(|digit| char::from(*digit)));
        hash /= 62;
    }
    out
}

/// Whether a message has results of tools.
pub(super) fn has_results(parts: &[Part<'_>]) -> bool {
    parts
        .iter()
        .any(|part| matches!(part, Part::ToolResult { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_characters_keep_ids_apart() {
        let made = ["call_1", "call_2", "toolu_01A", ""].map(nine);
        assert!(made.iter().all(|id| is_nine(id)), "{made:?}");
        assert_ne!(made[0], made[1]);
        assert_eq!(made[0], nine("call_1"));
    }
}
