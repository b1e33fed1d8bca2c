//! Names: of metrics, and of the keys in filter state. They are public API.
//!
//! Envoy's Wasm metrics have no labels: a label is written into the name as `key=.=value;.;`, before the base name, and
//! `stats_tags` of the bootstrap takes it out again.

mod keys;

pub use keys::{Key, Published, words};

use crate::config::LabelLimits;
use crate::exchange::identity::clean;
use crate::exchange::settlement::Settlement;
use std::collections::HashSet;

/// Requests, by operation, provider, model, outcome and caller.
pub const REQUESTS: &str = "weir_requests_total";
/// Attempts, by operation, provider, model and outcome.
pub const ATTEMPTS: &str = "weir_attempts_total";
/// Tokens, by operation, provider, model, outcome, caller and type.
pub const TOKENS: &str = "weir_tokens_total";
/// Nano-dollars, by operation, provider, model, outcome and caller.
pub const COST: &str = "weir_cost_nanousd_total";
/// Requests whose tokens have no price.
pub const UNPRICED: &str = "weir_unpriced_requests_total";
/// Events and parts of answers that this version does not know, by provider, model and outcome of the attempt.
pub const SKIPPED: &str = "weir_skipped_parts_total";
/// Milliseconds to the first content, by operation, provider, model and outcome.
pub const TTFT: &str = "weir_ttft_ms";
/// Milliseconds in all, by operation, provider, model and outcome.
pub const DURATION: &str = "weir_duration_ms";

/// A metric's name with its labels. Labels without a value are left out.
pub fn name(base: &str, labels: &[(&str, &str)]) -> String {
    let mut name = String::with_capacity(128);
    for (key, value) in labels {
        if !value.is_empty() {
            name.push_str(key);
            name.push_str("=.=");
            name.push_str(value);
            name.push_str(";.;");
        }
    }
    name.push_str(base);
    name
}

/// Keeps the number of label values bounded: each is a series in every worker for ever.
#[derive(Debug, Default)]
pub struct Labels {
    models: HashSet<String>,
    callers: HashSet<String>,
}

impl Labels {
    /// A model as a label.
    pub fn model(&mut self, limits: &LabelLimits, name: &str) -> String {
        bounded(&mut self.models, limits.models, name)
    }

    /// A caller as a label.
    pub fn caller(&mut self, limits: &LabelLimits, name: &str) -> String {
        bounded(&mut self.callers, limits.callers, name)
    }
}

fn bounded(seen: &mut HashSet<String>, limit: usize, name: &str) -> String {
    let name = clean(name);
    if name.is_empty() || seen.contains(&name) {
        return name;
    }
    if seen.len() >= limit {
        return "other".to_owned();
    }
    seen.insert(name.clone());
    name
}

/// The tokens of a settlement by the `type` label.
pub fn token_counts(settled: &Settlement) -> [(&'static str, u64); 7] {
    let usage = &settled.usage;
    [
        ("input", usage.input_tokens),
        ("output", usage.output_tokens),
        ("cache_read", usage.cache_read_tokens),
        ("cache_write", usage.cache_write_tokens),
        ("reasoning", usage.reasoning_tokens),
        ("audio_input", usage.audio_input_tokens),
        ("audio_output", usage.audio_output_tokens),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_before_the_name() {
        let name = name(
            REQUESTS,
            &[("model", "gpt-4o"), ("caller", ""), ("outcome", "ok")],
        );
        assert_eq!(name, "model=.=gpt-4o;.;outcome=.=ok;.;weir_requests_total");
    }

    #[test]
    fn values_are_bounded() {
        let limits = LabelLimits {
            callers: 2,
            models: 2,
        };
        let mut labels = Labels::default();
        assert_eq!(labels.caller(&limits, "a"), "a");
        assert_eq!(labels.caller(&limits, "b;x=1"), "b_x_1");
        assert_eq!(labels.caller(&limits, "c"), "other");
        assert_eq!(labels.caller(&limits, "a"), "a");
    }
}
