//! What a request came to, over all its attempts. Made once, when the edge's stream ends.

use super::identity::clean;
use super::{AttemptRecord, Operation};
use crate::chat::{ErrorKind, FinishReason};
use crate::meter::{Usage, UsageSource};
use std::fmt::Write;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A whole answer was delivered.
    Ok,
    /// The client got an error that came from a provider, or from Envoy in its place.
    Error,
    /// The gateway refused it, or the provider refused the request.
    Refused,
    /// The answer was cut off before its end, by the client or by the provider.
    Aborted,
}

impl Outcome {
    /// The label in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Error => "error",
            Outcome::Refused => "refused",
            Outcome::Aborted => "aborted",
        }
    }
}

/// What the edge itself knows of a request at its end.
#[derive(Debug, Clone, Copy, Default)]
pub struct End {
    /// What was asked; `None` where it is no operation.
    pub operation: Option<Operation>,
    /// Unix milliseconds at which the request arrived.
    pub started_ms: u64,
    /// Unix milliseconds now.
    pub now_ms: u64,
    /// The status that the client got; 0 where it got none.
    pub status: u16,
    /// Whether the response was passed on to its end.
    pub complete: bool,
    /// Why the gateway itself refused, where it did.
    pub refused: Option<ErrorKind>,
}

/// What a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The provider that served, or failed last; empty where none was asked.
    pub provider: String,
    /// The model as that provider was asked for it.
    pub upstream_model: String,
    /// Tokens, over all attempts.
    pub usage: Usage,
    /// Where they are from.
    pub usage_source: UsageSource,
    /// Nano-dollars, over all attempts that have a price.
    pub cost_nanousd: u64,
    /// Whether tokens were used that have no price.
    pub unpriced: bool,
    /// Milliseconds to the first content.
    pub ttft_ms: Option<u64>,
    /// Milliseconds in all.
    pub duration_ms: u64,
    /// Why the answer ended.
    pub finish_reason: Option<FinishReason>,
    /// Why the request failed.
    pub error: Option<ErrorKind>,
    /// How it ended.
    pub outcome: Outcome,
    /// How many attempts were made.
    pub attempts: usize,
}

/// Settles a request from its attempts' records, in their order.
pub fn settle(end: &End, records: &[AttemptRecord]) -> Settlement {
    let last = records.last();
    let mut usage = Usage::default();
    let mut source = UsageSource::None;
    let mut cost = 0u64;
    let mut unpriced = false;
    for record in records {
        usage.add(&record.usage);
        source = source.and(record.usage_source);
        cost = cost.saturating_add(record.cost_nanousd.unwrap_or(0));
        unpriced |= record.cost_nanousd.is_none() && record.usage.total_tokens() > 0;
    }
    let first_content = last
        .map(|record| record.first_content_ms)
        .filter(|at| *at != 0);
    let failed = end.status == 0 || end.status >= 400;
    let error = end
        .refused
        .or(last.and_then(|record| record.error))
        .or_else(|| {
            // Envoy's own errors have no record.
            (failed && end.status != 0).then(|| ErrorKind::from_status(end.status))
        });
    let by_provider = last.is_some_and(|record| !record.local);
    let outcome = if end.refused.is_some()
        || last.is_some_and(|record| record.local && record.error.is_some())
    {
        Outcome::Refused
    } else if !end.complete && last.is_none_or(|record| record.error.is_none()) {
        Outcome::Aborted
    } else if failed && end.status < 500 && end.status != 429 && by_provider {
        Outcome::Refused
    } else if failed || last.is_some_and(|record| record.error.is_some()) {
        Outcome::Error
    } else {
        Outcome::Ok
    };
    Settlement {
        provider: last
            .map(|record| record.provider.clone())
            .unwrap_or_default(),
        upstream_model: last.map(|record| record.model.clone()).unwrap_or_default(),
        usage,
        usage_source: source,
        cost_nanousd: cost,
        unpriced,
        ttft_ms: first_content.map(|at| at.saturating_sub(end.started_ms)),
        duration_ms: end.now_ms.saturating_sub(end.started_ms),
        finish_reason: last.and_then(|record| record.finish_reason),
        error: if outcome == Outcome::Ok { None } else { error },
        outcome,
        attempts: records.len(),
    }
}

impl Settlement {
    /// Calls `set` with every public filter-state value, by key. Parts of the usage that are nothing are not told.
    pub fn properties(&self, set: &mut dyn FnMut(&str, &[u8])) {
        let usage = &self.usage;
        let mut text = String::new();
        let mut number = |key: &str, count: u64| {
            text.clear();
            // Writing into a string cannot fail.
            let _ = write!(text, "{count}");
            set(key, text.as_bytes());
        };
        number("weir.input_tokens", usage.input_tokens);
        number("weir.output_tokens", usage.output_tokens);
        number("weir.total_tokens", usage.total_tokens());
        number("weir.cost_nanousd", self.cost_nanousd);
        let parts = [
            ("weir.cache_read_tokens", usage.cache_read_tokens),
            ("weir.cache_write_tokens", usage.cache_write_tokens),
            ("weir.reasoning_tokens", usage.reasoning_tokens),
        ];
        for (key, count) in parts.into_iter().filter(|(_, count)| *count > 0) {
            number(key, count);
        }
        if let Some(ttft) = self.ttft_ms {
            number("weir.ttft_ms", ttft);
        }
        let mut word = |key: &str, word: &str| set(key, word.as_bytes());
        word("weir.usage_source", self.usage_source.as_str());
        word("weir.outcome", self.outcome.as_str());
        if !self.provider.is_empty() {
            word("weir.provider", &self.provider);
            word("weir.upstream_model", &clean(&self.upstream_model));
        }
        if let Some(reason) = self.finish_reason {
            word("weir.finish_reason", reason.as_str());
        }
        if let Some(error) = self.error {
            word("weir.error", error.as_str());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(input: u64, cost: Option<u64>, source: UsageSource) -> AttemptRecord {
        AttemptRecord {
            provider: "p".into(),
            usage: Usage {
                input_tokens: input,
                ..Usage::default()
            },
            usage_source: source,
            cost_nanousd: cost,
            ..AttemptRecord::default()
        }
    }

    fn end(status: u16, complete: bool) -> End {
        End {
            started_ms: 100,
            now_ms: 350,
            status,
            complete,
            ..End::default()
        }
    }

    #[test]
    fn attempts_add_up() {
        let records = [
            record(3, Some(5), UsageSource::Estimated),
            record(4, None, UsageSource::Provider),
        ];
        let settled = settle(&end(200, true), &records);
        assert_eq!((settled.usage.input_tokens, settled.cost_nanousd), (7, 5));
        assert!(settled.unpriced);
        assert_eq!(settled.usage_source, UsageSource::Estimated);
        assert_eq!(
            (settled.outcome, settled.duration_ms, settled.attempts),
            (Outcome::Ok, 250, 2)
        );
    }

    #[test]
    fn outcomes() {
        let served = [record(1, Some(1), UsageSource::Provider)];
        assert_eq!(settle(&end(200, false), &served).outcome, Outcome::Aborted);
        // The client was told of the error, and then the stream was cut.
        let broken = [AttemptRecord {
            error: Some(ErrorKind::BadGateway),
            ..record(1, Some(1), UsageSource::Estimated)
        }];
        assert_eq!(settle(&end(200, false), &broken).outcome, Outcome::Error);
        assert_eq!(settle(&end(503, true), &[]).outcome, Outcome::Error);
        assert_eq!(
            settle(&end(503, true), &[]).error,
            Some(ErrorKind::Overloaded)
        );
        assert_eq!(settle(&end(400, true), &served).outcome, Outcome::Refused);
        let refused = End {
            refused: Some(ErrorKind::TooLarge),
            ..end(413, true)
        };
        assert_eq!(settle(&refused, &[]).outcome, Outcome::Refused);
    }
}
