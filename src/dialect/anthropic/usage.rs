//! `usage` in this wire: the input's count leaves cached tokens out, in both directions.

use crate::chat::Event;
use crate::json::{Object, Text, Writer};
use crate::meter::Usage;

/// Counts as the wire has them. Streams repeat them, later ones overriding field by field.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    input: u64,
    output: u64,
    read: u64,
    write: u64,
    write_1h: u64,
    thinking: u64,
    /// Whether anything was said of them.
    known: bool,
}

impl Counts {
    /// Takes over what a `usage` object says.
    pub(super) fn update(&mut self, usage: &Object<'_>) {
        // Rounds of compaction and the like are left out at the top: their sum is what is billed.
        let rounds = usage
            .array("iterations")
            .map(|array| array.items())
            .unwrap_or_default();
        let rounds: Vec<&Object<'_>> = rounds
            .iter()
            .filter_map(|round| round.as_object())
            .collect();
        let count = |key: &str| {
            if rounds.is_empty() {
                return usage.u64(key);
            }
            let said: Vec<u64> = rounds.iter().filter_map(|round| round.u64(key)).collect();
            let sum = said
                .iter()
                .fold(0u64, |sum, count| sum.saturating_add(*count));
            if said.is_empty() {
                usage.u64(key)
            } else {
                Some(sum)
            }
        };
        let set = |own: &mut u64, said: Option<u64>| *own = said.unwrap_or(*own);
        let (input, output) = (count("input_tokens"), count("output_tokens"));
        self.known |= input.or(output).is_some();
        set(&mut self.input, input);
        set(&mut self.output, output);
        set(&mut self.read, count("cache_read_input_tokens"));
        set(&mut self.write, count("cache_creation_input_tokens"));
        let hour = usage
            .object("cache_creation")
            .and_then(|split| split.u64("ephemeral_1h_input_tokens"));
        set(&mut self.write_1h, hour);
        let thinking = usage
            .object("output_tokens_details")
            .and_then(|details| details.u64("thinking_tokens"));
        set(&mut self.thinking, thinking);
    }

    /// Takes over what Bedrock adds to the last event (`amazon-bedrock-invocationMetrics`), where the wire's own counts
    /// never came.
    pub(super) fn update_from_metrics(&mut self, metrics: &Object<'_>) -> bool {
        if self.known {
            return false;
        }
        let count = |key: &str| metrics.u64(key).unwrap_or(0);
        self.known = true;
        self.input = count("inputTokenCount");
        self.output = count("outputTokenCount");
        self.read = count("cacheReadInputTokenCount");
        self.write = count("cacheWriteInputTokenCount");
        true
    }

    /// Tells the counts so far, and what else their object says.
    pub(super) fn tell(&self, usage: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        if self.known {
            sink(Event::Usage(self.usage()));
        }
        // In the words that the neutral language has of OpenAI; a batch is none of its tiers.
        let tier = usage.str("service_tier");
        let tier = tier.and_then(|tier| match tier.decode().as_ref() {
            "standard" => Some("default"),
            "priority" => Some("priority"),
            _ => None,
        });
        if let Some(tier) = tier {
            sink(Event::ServiceTier(Text::from(tier)));
        }
    }

    /// The counts in the neutral meaning.
    pub(super) fn usage(&self) -> Usage {
        Usage {
            input_tokens: self
                .input
                .saturating_add(self.read)
                .saturating_add(self.write),
            output_tokens: self.output,
            cache_read_tokens: self.read,
            cache_write_tokens: self.write,
            cache_write_1h_tokens: self.write_1h,
            reasoning_tokens: self.thinking,
            ..Usage::default()
        }
    }
}

/// Writes a `usage` object; `tier` is the one that served.
pub(super) fn write(usage: &Usage, tier: Option<&Text<'_>>, w: &mut Writer<'_>) {
    let cached = usage
        .cache_read_tokens
        .saturating_add(usage.cache_write_tokens);
    w.begin_object();
    // Some providers count cached tokens beside the prompt's.
    w.field_number("input_tokens", usage.input_tokens.saturating_sub(cached));
    w.field_number("cache_creation_input_tokens", usage.cache_write_tokens);
    w.field_number("cache_read_input_tokens", usage.cache_read_tokens);
    if usage.cache_write_tokens > 0 {
        let hour = usage.cache_write_1h_tokens.min(usage.cache_write_tokens);
        w.key("cache_creation");
        w.begin_object();
        w.field_number(
            "ephemeral_5m_input_tokens",
            usage.cache_write_tokens.saturating_sub(hour),
        );
        w.field_number("ephemeral_1h_input_tokens", hour);
        w.end_object();
    }
    w.field_number("output_tokens", usage.output_tokens);
    if usage.reasoning_tokens > 0 {
        w.key("output_tokens_details");
        w.begin_object();
        w.field_number("thinking_tokens", usage.reasoning_tokens);
        w.end_object();
    }
    if let Some(tier) = tier {
        w.field_str("service_tier", served(tier));
    }
    w.end_object();
}

/// This wire's word for the tier that served: it has three.
fn served(tier: &Text<'_>) -> &'static str {
    match tier.decode().as_ref() {
        "priority" => "priority",
        "batch" => "batch",
        _ => "standard",
    }
}
