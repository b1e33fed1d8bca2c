//! Token counts, in one meaning for all providers.

use serde::{Deserialize, Serialize};

/// Token counts of one answer.
///
/// `input_tokens` includes cached and cache-write tokens, `output_tokens` includes reasoning, whatever the provider's
/// own counts include.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt, cached and written to the cache included.
    pub input_tokens: u64,
    /// Tokens of the answer, reasoning included.
    pub output_tokens: u64,
    /// Part of the input that was read from the provider's prompt cache.
    pub cache_read_tokens: u64,
    /// Part of the input that was written to the provider's prompt cache.
    pub cache_write_tokens: u64,
    /// Part of those written to be kept for an hour, at another price.
    pub cache_write_1h_tokens: u64,
    /// Part of the output that was reasoning.
    pub reasoning_tokens: u64,
    /// Part of the input that was audio.
    pub audio_input_tokens: u64,
    /// Part of the output that was audio.
    pub audio_output_tokens: u64,
}

/// Most tokens of one answer: what says more is no count, and sums of such would not fit a counter.
const MAX_TOKENS: u64 = 1 << 40;

impl Usage {
    /// Whether these can be an answer's counts.
    pub fn is_plausible(&self) -> bool {
        let counts = [
            self.input_tokens,
            self.output_tokens,
            self.cache_read_tokens,
            self.cache_write_tokens,
            self.cache_write_1h_tokens,
            self.reasoning_tokens,
            self.audio_input_tokens,
            self.audio_output_tokens,
        ];
        counts.iter().all(|count| *count <= MAX_TOKENS)
    }

    /// Input and output together.
    pub fn total_tokens(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }

    /// Adds another answer's counts.
    pub fn add(&mut self, other: &Usage) {
        let add = |own: &mut u64, more: u64| *own = own.saturating_add(more);
        add(&mut self.input_tokens, other.input_tokens);
        add(&mut self.output_tokens, other.output_tokens);
        add(&mut self.cache_read_tokens, other.cache_read_tokens);
        add(&mut self.cache_write_tokens, other.cache_write_tokens);
        add(&mut self.cache_write_1h_tokens, other.cache_write_1h_tokens);
        add(&mut self.reasoning_tokens, other.reasoning_tokens);
        add(&mut self.audio_input_tokens, other.audio_input_tokens);
        add(&mut self.audio_output_tokens, other.audio_output_tokens);
    }
}

/// Where token counts are from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum UsageSource {
    /// Nothing was used, as far as is known.
    #[default]
    None,
    /// The provider said them.
    Provider,
    /// The gateway counted what it saw.
    Estimated,
}

impl UsageSource {
    /// The word in filter state and access logs.
    pub fn as_str(self) -> &'static str {
        match self {
            UsageSource::None => "none",
            UsageSource::Provider => "provider",
            UsageSource::Estimated => "estimated",
        }
    }

    /// The source of a sum of two counts: estimated where either is.
    pub fn and(self, other: UsageSource) -> UsageSource {
        match (self, other) {
            (UsageSource::Estimated, _) | (_, UsageSource::Estimated) => UsageSource::Estimated,
            (UsageSource::Provider, _) | (_, UsageSource::Provider) => UsageSource::Provider,
            _ => UsageSource::None,
        }
    }
}
