//! The operator's own prices.

use super::pattern::Pattern;
use super::provider::by_exactness;
use super::reader::{Fields, Reader};
use crate::meter::price::{Rate, Rates};

/// Reads `prices`: rates by upstream model, LiteLLM's names.
pub(super) fn prices(fields: &Fields<'_>) -> Vec<(Pattern, Rates)> {
    let map = fields.optional("prices").and_then(|field| field.object());
    let entries = map.iter().flat_map(|map| map.entries());
    let read = entries.filter_map(|(name, field)| Some((Pattern::new(name), rates(&field)?)));
    by_exactness(read.collect())
}

fn rates(reader: &Reader<'_>) -> Option<Rates> {
    const NAMES: [&str; 6] = [
        "input_cost_per_token",
        "output_cost_per_token",
        "cache_read_input_token_cost",
        "cache_creation_input_token_cost",
        "cache_creation_input_token_cost_above_1hr",
        "output_cost_per_reasoning_token",
    ];
    let fields = reader.object()?;
    fields.only(&NAMES);
    let rate = |name: &str| {
        let field = fields.optional(name)?;
        let parsed = Rate::parse(&field.spelled()?);
        parsed
            .map_err(|error| field.mistake(error.to_string()))
            .ok()
    };
    fields.field("input_cost_per_token");
    Some(Rates {
        input: rate("input_cost_per_token").unwrap_or_default(),
        output: rate("output_cost_per_token").unwrap_or_default(),
        cache_read: rate("cache_read_input_token_cost"),
        cache_write: rate("cache_creation_input_token_cost"),
        cache_write_1h: rate("cache_creation_input_token_cost_above_1hr"),
        reasoning: rate("output_cost_per_reasoning_token"),
    })
}
