//! `usage` in this wire: the input's count leaves cached tokens out.

use crate::json::{Object, Value};
use crate::meter::Usage;

/// Reads a `TokenUsage`; `None` where it counts nothing.
pub(super) fn read(usage: &Object<'_>) -> Option<Usage> {
    let count = |key: &str| usage.u64(key);
    let read = count("cacheReadInputTokens").or_else(|| count("cacheReadInputTokenCount"));
    let written = count("cacheWriteInputTokens").or_else(|| count("cacheWriteInputTokenCount"));
    let (read, written) = (read.unwrap_or(0), written.unwrap_or(0));
    let details = usage
        .array("cacheDetails")
        .map(|list| list.items())
        .unwrap_or_default();
    let hours = details
        .iter()
        .filter_map(Value::as_object)
        .filter(|detail| detail.str("ttl").is_some_and(|ttl| ttl.is("1h")));
    let hour = hours.fold(0u64, |sum, detail| {
        sum.saturating_add(detail.u64("inputTokens").unwrap_or(0))
    });
    let (input, output) = (count("inputTokens"), count("outputTokens"));
    input.or(output)?;
    Some(Usage {
        input_tokens: input
            .unwrap_or(0)
            .saturating_add(read)
            .saturating_add(written),
        output_tokens: output.unwrap_or(0),
        cache_read_tokens: read,
        cache_write_tokens: written,
        cache_write_1h_tokens: hour.min(written),
        ..Usage::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn cached_tokens_are_input() {
        let source = br#"{"inputTokens":3,"outputTokens":4,"totalTokens":37,"cacheReadInputTokens":10,"cacheReadInputTokenCount":10,"cacheWriteInputTokens":20,"cacheDetails":[{"ttl":"1h","inputTokens":15},{"ttl":"5m","inputTokens":5}]}"#;
        let value = json::parse(source).expect("JSON");
        let usage = read(value.as_object().expect("an object")).expect("counts");
        assert_eq!((usage.input_tokens, usage.output_tokens), (33, 4));
        assert_eq!(
            (usage.cache_read_tokens, usage.cache_write_tokens),
            (10, 20)
        );
        assert_eq!(usage.cache_write_1h_tokens, 15);
    }
}
