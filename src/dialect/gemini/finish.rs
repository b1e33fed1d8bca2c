//! `finishReason` and `blockReason`.

use crate::chat::FinishReason;
use crate::json::{Text, Value};

/// The reason of a candidate's `finishReason`: a word, or an enum's number where a host sends it so; what is not known
/// is a stop.
///
/// Source: Google's API reference, `Candidate.FinishReason`, and `Candidate.FinishReason` of Vertex AI.
pub(super) fn reason(value: &Value<'_>) -> FinishReason {
    match value {
        Value::String(word) => of_word(word),
        Value::Number("2") => FinishReason::Length,
        // 3 SAFETY, 4 RECITATION; then LANGUAGE and OTHER, or OTHER and BLOCKLIST, PROHIBITED_CONTENT, SPII.
        Value::Number("3" | "4" | "5" | "6" | "7" | "8" | "9") => FinishReason::ContentFilter,
        _ => FinishReason::Stop,
    }
}

fn of_word(word: &Text<'_>) -> FinishReason {
    match word.decode().as_ref() {
        "MAX_TOKENS" | "CONTINUATION" => FinishReason::Length,
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "OTHER"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION"
        | "IMAGE_OTHER"
        | "NO_IMAGE"
        | "MODEL_ARMOR"
        | "ESCALATION" => FinishReason::ContentFilter,
        _ => FinishReason::Stop,
    }
}

/// Whether a `finishReason` says that the candidate is complete.
pub(super) fn is_reason(value: &Value<'_>) -> bool {
    match value {
        Value::String(word) => !word.is_empty() && !word.is("FINISH_REASON_UNSPECIFIED"),
        Value::Number(number) => *number != "0",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers() {
        let word = |text: &'static str| reason(&Value::String(Text::from(text)));
        assert_eq!(word("MAX_TOKENS"), FinishReason::Length);
        assert_eq!(word("MODEL_ARMOR"), FinishReason::ContentFilter);
        assert_eq!(word("SOMETHING_NEW"), FinishReason::Stop);
        assert_eq!(reason(&Value::Number("1")), FinishReason::Stop);
        assert!(!is_reason(&Value::Number("0")) && is_reason(&Value::Number("1")));
    }
}
