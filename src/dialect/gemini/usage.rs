//! `usageMetadata`: what a provider says of tokens.
//!
//! Every chunk of a stream has it whole, counted so far; the last one's is the answer's.

use crate::json::{Object, Value};
use crate::meter::Usage;

/// Counts as the wire has them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    usage: Usage,
    /// What the provider's own tools read: files, pages, results of code.
    tools: u64,
}

impl Counts {
    /// Reads a `usageMetadata`; `None` where it counts nothing.
    pub(super) fn read(object: &Object<'_>) -> Option<Self> {
        let prompt = object.u64("promptTokenCount");
        let total = object.u64("totalTokenCount");
        if prompt.is_none() && total.is_none() {
            return None;
        }
        let candidates = object.u64("candidatesTokenCount").unwrap_or(0);
        let thoughts = object.u64("thoughtsTokenCount").unwrap_or(0);
        Some(Counts {
            usage: Usage {
                input_tokens: prompt.unwrap_or(0),
                output_tokens: candidates.saturating_add(thoughts),
                cache_read_tokens: object.u64("cachedContentTokenCount").unwrap_or(0),
                reasoning_tokens: thoughts,
                audio_input_tokens: audio(object, "promptTokensDetails"),
                audio_output_tokens: audio(object, "candidatesTokensDetails"),
                ..Usage::default()
            },
            tools: object.u64("toolUsePromptTokenCount").unwrap_or(0),
        })
    }

    /// The counts in the neutral meaning. What a search of the web read is not billed by tokens.
    pub(super) fn usage(&self, searched: bool) -> Usage {
        let mut usage = self.usage;
        if !searched {
            usage.input_tokens = usage.input_tokens.saturating_add(self.tools);
        }
        usage
    }
}

fn audio(object: &Object<'_>, key: &str) -> u64 {
    let details = object.array(key).map(|list| list.items());
    let audio = details
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_object)
        .filter(|detail| match detail.get("modality") {
            Some(Value::String(word)) => word.is("AUDIO"),
            // The enum's number, where a host sends it so.
            Some(Value::Number(number)) => *number == "4",
            _ => false,
        });
    audio
        .filter_map(|detail| detail.u64("tokenCount"))
        .fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn read(source: &str) -> Option<Counts> {
        match json::parse(source.as_bytes()) {
            Ok(Value::Object(object)) => Counts::read(&object),
            _ => None,
        }
    }

    #[test]
    fn every_count() {
        let counts = read(
            r#"{"promptTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":3,"toolUsePromptTokenCount":7,"cachedContentTokenCount":4,"totalTokenCount":25,"promptTokensDetails":[{"modality":"TEXT","tokenCount":8},{"modality":"AUDIO","tokenCount":2}],"candidatesTokensDetails":[{"modality":4,"tokenCount":1}]}"#,
        );
        let counts = counts.expect("counts");
        let usage = counts.usage(false);
        assert_eq!((usage.input_tokens, usage.output_tokens), (17, 8));
        assert_eq!((usage.cache_read_tokens, usage.reasoning_tokens), (4, 3));
        assert_eq!(
            (usage.audio_input_tokens, usage.audio_output_tokens),
            (2, 1)
        );
        assert_eq!(counts.usage(true).input_tokens, 10);
        assert!(read(r#"{"trafficType":"ON_DEMAND"}"#).is_none());
    }
}
