//! What a request came to, over all its attempts. Made once, when the answer has come to its end, or the edge's stream has.

use super::identity::clean;
use super::{AttemptRecord, Operation};
use crate::chat::{ErrorKind, FinishReason};
use crate::json::Writer;
use crate::meter::{Usage, UsageSource};
use crate::telemetry::{Key, Published};
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
    /// Calls `sink` with the public filter-state values. Parts of the usage that are nothing are not told.
    fn tell(&self, sink: &mut dyn FnMut(Key, Told<'_>)) {
        let usage = &self.usage;
        let mut number = |key: Key, count: u64| sink(key, Told::Number(count));
        number(Key::InputTokens, usage.input_tokens);
        number(Key::OutputTokens, usage.output_tokens);
        number(Key::TotalTokens, usage.total_tokens());
        number(Key::CostNanousd, self.cost_nanousd);
        let parts = [
            (Key::CacheReadTokens, usage.cache_read_tokens),
            (Key::CacheWriteTokens, usage.cache_write_tokens),
            (Key::ReasoningTokens, usage.reasoning_tokens),
        ];
        for (key, count) in parts.into_iter().filter(|(_, count)| *count > 0) {
            number(key, count);
        }
        if let Some(ttft) = self.ttft_ms {
            number(Key::TtftMs, ttft);
        }
        let mut word = |key: Key, word: &str| sink(key, Told::Word(word));
        word(Key::UsageSource, self.usage_source.as_str());
        word(Key::Outcome, self.outcome.as_str());
        if !self.provider.is_empty() {
            word(Key::Provider, &self.provider);
            word(Key::UpstreamModel, &clean(&self.upstream_model));
        }
        if let Some(reason) = self.finish_reason {
            word(Key::FinishReason, reason.as_str());
        }
        if let Some(error) = self.error {
            word(Key::Error, error.as_str());
        }
    }

    /// Calls `set` with those of the public filter-state values that are published. `asked` is what was told of the
    /// request before: it stands in the log's members too, in front.
    pub fn properties(
        &self,
        published: Published,
        asked: &[(&str, &str)],
        set: &mut dyn FnMut(&str, &[u8]),
    ) {
        let mut text = String::new();
        self.tell(&mut |key, told| {
            if !published.has(key) {
                return;
            }
            match told {
                Told::Word(word) => set(key.name(), word.as_bytes()),
                Told::Number(count) => {
                    text.clear();
                    // Writing into a string cannot fail.
                    let _ = write!(text, "{count}");
                    set(key.name(), text.as_bytes());
                }
            }
        });
        if published.has(Key::Log) {
            set(Key::Log.name(), &self.members(asked));
        }
    }

    /// Everything as members of a line of JSON, with a comma before each: an access log puts them after its own, and
    /// has nothing there where nothing was settled.
    fn members(&self, asked: &[(&str, &str)]) -> Vec<u8> {
        let mut out = Vec::with_capacity(384);
        let mut w = Writer::new(&mut out);
        w.begin_object();
        for (name, value) in asked.iter().filter(|(_, value)| !value.is_empty()) {
            w.field_str(name, value);
        }
        self.tell(&mut |key, told| match told {
            Told::Word(word) => w.field_str(key.word(), word),
            Told::Number(count) => w.field_number(key.word(), count),
        });
        w.end_object();
        out.pop();
        if let Some(brace) = out.first_mut() {
            *brace = b',';
        }
        out
    }
}

/// A value that is told.
enum Told<'t> {
    Word(&'t str),
    Number(u64),
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
    fn a_log_line_has_every_value_and_filter_state_those_that_are_published() {
        let settled = settle(
            &end(200, true),
            &[record(3, Some(5), UsageSource::Provider)],
        );
        let told = |published: Published| {
            let mut told = Vec::new();
            settled.properties(published, &[("model", "m\"")], &mut |key, value| {
                told.push(format!("{key}={}", String::from_utf8_lossy(value)));
            });
            told
        };
        let log = told(Published::only([Key::Log as usize].into_iter()));
        let want = r#"weir.log=,"model":"m\"","input_tokens":3,"output_tokens":0,"total_tokens":3,"cost_nanousd":5,"usage_source":"provider","outcome":"ok","provider":"p","upstream_model":"""#;
        assert_eq!(log, [want]);
        let each = told(Published::default());
        assert!(each.contains(&"weir.cost_nanousd=5".to_owned()), "{each:?}");
        assert!(!each.iter().any(|told| told.starts_with("weir.log")));
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
