//! The cost of one answer.

use super::rate::PLACES;
use super::{Rate, Rates};
use crate::meter::Usage;

/// What an answer costs, in nano-dollars, rounded half up, once.
///
/// Counts that overlap more than their whole are clamped: cache reads and writes to the input, reasoning to the output.
/// Source: LiteLLM's `llm_cost_calc/utils.py`, `generic_cost_per_token`.
pub fn cost_nanousd(rates: &Rates, usage: &Usage) -> u64 {
    let read = usage.cache_read_tokens.min(usage.input_tokens);
    let uncached = usage.input_tokens.saturating_sub(read);
    let write = usage.cache_write_tokens.min(uncached);
    let write_1h = usage.cache_write_1h_tokens.min(write);
    let write_5m = write.saturating_sub(write_1h);
    let fresh = uncached.saturating_sub(write);
    let reasoning = usage.reasoning_tokens.min(usage.output_tokens);
    let spoken = usage.output_tokens.saturating_sub(reasoning);

    let write_rate = rates.cache_write.unwrap_or(rates.input);
    let parts: [(u64, Rate); 6] = [
        (fresh, rates.input),
        (read, rates.cache_read.unwrap_or(rates.input)),
        (write_5m, write_rate),
        (write_1h, rates.cache_write_1h.unwrap_or(write_rate)),
        (spoken, rates.output),
        (reasoning, rates.reasoning.unwrap_or(rates.output)),
    ];
    let total = parts.iter().fold(0u128, |sum, (tokens, rate)| {
        sum.saturating_add(u128::from(*tokens).saturating_mul(rate.0))
    });
    let nano = 10u128.saturating_pow(PLACES.saturating_sub(9));
    let rounded = total.saturating_add(nano.div_euclid(2)).checked_div(nano);
    rounded
        .and_then(|nanos| u64::try_from(nanos).ok())
        .unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_count_has_its_rate() {
        let rate = |dollars: &str| Rate::parse(dollars).expect("a rate");
        let rates = Rates {
            input: rate("1e-6"),
            output: rate("1e-5"),
            cache_read: Some(rate("0")),
            cache_write: Some(rate("2e-6")),
            cache_write_1h: None,
            reasoning: Some(rate("3e-5")),
        };
        let usage = Usage {
            input_tokens: 100,
            output_tokens: 10,
            cache_read_tokens: 40,
            cache_write_tokens: 10,
            cache_write_1h_tokens: 5,
            reasoning_tokens: 4,
            ..Usage::default()
        };
        // 50 fresh · 1 µ$ + 40 read · 0 + 10 written · 2 µ$ + 6 spoken · 10 µ$ + 4 reasoned · 30 µ$
        assert_eq!(
            cost_nanousd(&rates, &usage),
            50_000 + 20_000 + 60_000 + 120_000
        );
    }

    #[test]
    fn halves_round_up_and_nothing_overflows() {
        let rates = Rates {
            input: Rate::parse("5e-10").expect("a rate"),
            ..Rates::default()
        };
        let usage = |input_tokens| Usage {
            input_tokens,
            ..Usage::default()
        };
        assert_eq!(cost_nanousd(&rates, &usage(1)), 1);
        let dear = Rates {
            input: Rate::parse("1000").expect("a rate"),
            ..Rates::default()
        };
        assert_eq!(cost_nanousd(&dear, &usage(u64::MAX)), u64::MAX);
    }
}
