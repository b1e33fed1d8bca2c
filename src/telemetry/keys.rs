//! The public values in filter state, and which of them an edge publishes.

/// A value in filter state, `wasm.` and [`Key::name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// What was asked.
    Operation,
    /// Who asked.
    Caller,
    /// Their team.
    Team,
    /// The model as the client named it.
    Model,
    /// Tokens of the prompts.
    InputTokens,
    /// Tokens of the answers.
    OutputTokens,
    /// Both together.
    TotalTokens,
    /// Tokens read from a prompt cache.
    CacheReadTokens,
    /// Tokens written to a prompt cache.
    CacheWriteTokens,
    /// Tokens of reasoning.
    ReasoningTokens,
    /// What it cost.
    CostNanousd,
    /// Milliseconds to the first content.
    TtftMs,
    /// Where the counts are from.
    UsageSource,
    /// How the request ended.
    Outcome,
    /// The provider that served, or failed last.
    Provider,
    /// The model as that provider was asked for it.
    UpstreamModel,
    /// Why the answer ended.
    FinishReason,
    /// Why the request failed.
    Error,
    /// All of these at once, as members of a line of JSON.
    Log,
}

/// The keys' names, in the order of [`Key`].
pub const NAMES: [&str; 19] = [
    "weir.operation",
    "weir.caller",
    "weir.team",
    "weir.model",
    "weir.input_tokens",
    "weir.output_tokens",
    "weir.total_tokens",
    "weir.cache_read_tokens",
    "weir.cache_write_tokens",
    "weir.reasoning_tokens",
    "weir.cost_nanousd",
    "weir.ttft_ms",
    "weir.usage_source",
    "weir.outcome",
    "weir.provider",
    "weir.upstream_model",
    "weir.finish_reason",
    "weir.error",
    "weir.log",
];

/// The names without what they all begin with, as configuration and log lines have them.
pub fn words() -> [&'static str; NAMES.len()] {
    NAMES.map(word)
}

fn word(name: &'static str) -> &'static str {
    name.strip_prefix("weir.").unwrap_or(name)
}

impl Key {
    /// The key's name.
    pub fn name(self) -> &'static str {
        NAMES.get(self as usize).copied().unwrap_or_default()
    }

    /// The key's name without what all names begin with, as configuration and log lines have it.
    pub fn word(self) -> &'static str {
        word(self.name())
    }

    fn bit(self) -> u32 {
        1u32.checked_shl(self as u32).unwrap_or_default()
    }
}

/// Which values an edge publishes: each is a call of the host's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published(u32);

impl Published {
    /// These of [`words`], by their places.
    pub fn only(places: impl Iterator<Item = usize>) -> Self {
        let bits = places.filter_map(|place| 1u32.checked_shl(u32::try_from(place).ok()?));
        Published(bits.fold(0, |all, bit| all | bit))
    }

    /// Whether this one is among them.
    pub fn has(self, key: Key) -> bool {
        self.0 & key.bit() != 0
    }
}

impl Default for Published {
    /// Each by itself.
    fn default() -> Self {
        Published(!Key::Log.bit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_order_of_the_keys() {
        assert_eq!(Key::Operation.name(), "weir.operation");
        assert_eq!(Key::Log.name(), "weir.log");
        assert_eq!(Key::Log as usize + 1, NAMES.len());
        let only = Published::only([Key::Error as usize].into_iter());
        assert!(only.has(Key::Error) && !only.has(Key::Log) && !only.has(Key::Model));
        assert!(Published::default().has(Key::Error) && !Published::default().has(Key::Log));
    }
}
