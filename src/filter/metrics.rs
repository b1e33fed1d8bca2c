//! Counters and histograms. Ids and label values belong to the VM, not to a configuration: a reload defines nothing
//! twice.

use super::host;
use crate::config::LabelLimits;
use crate::exchange::AttemptRecord;
use crate::exchange::settlement::Settlement;
use crate::telemetry::{self, Labels, name};
use std::cell::RefCell;
use std::collections::HashMap;

#[derive(Default)]
struct Metrics {
    ids: HashMap<String, Option<u32>>,
    labels: Labels,
}

thread_local! {
    static METRICS: RefCell<Metrics> = RefCell::default();
}

impl Metrics {
    fn add(&mut self, base: &str, labels: &[(&str, &str)], by: u64) {
        if by == 0 {
            return;
        }
        let name = name(base, labels);
        let id = *self
            .ids
            .entry(name)
            .or_insert_with_key(|name| host::define_counter(name));
        if let Some(id) = id {
            host::increment(id, by);
        }
    }

    fn record(&mut self, base: &str, labels: &[(&str, &str)], value: u64) {
        let name = name(base, labels);
        let id = *self
            .ids
            .entry(name)
            .or_insert_with_key(|name| host::define_histogram(name));
        if let Some(id) = id {
            host::record(id, value);
        }
    }
}

fn with(act: impl FnOnce(&mut Metrics)) {
    METRICS.with(|metrics| {
        if let Ok(mut metrics) = metrics.try_borrow_mut() {
            act(&mut metrics);
        }
    });
}

/// Charges a settled request.
pub fn request(settled: &Settlement, operation: &str, caller: &str, limits: &LabelLimits) {
    with(|metrics| {
        let model = metrics.labels.model(limits, &settled.upstream_model);
        let caller = metrics.labels.caller(limits, caller);
        let who = [
            ("operation", operation),
            ("provider", settled.provider.as_str()),
            ("model", model.as_str()),
            ("caller", caller.as_str()),
        ];
        let [operation, provider, model, caller] = who;
        let outcome = ("outcome", settled.outcome.as_str());
        metrics.add(
            telemetry::REQUESTS,
            &[operation, provider, model, outcome, caller],
            1,
        );
        for (kind, count) in telemetry::token_counts(settled) {
            metrics.add(
                telemetry::TOKENS,
                &[operation, provider, model, caller, ("type", kind)],
                count,
            );
        }
        metrics.add(telemetry::COST, &who, settled.cost_nanousd);
        metrics.add(telemetry::UNPRICED, &who, u64::from(settled.unpriced));
        if let Some(ttft) = settled.ttft_ms {
            metrics.record(telemetry::TTFT, &[operation, provider, model], ttft);
        }
        metrics.record(
            telemetry::DURATION,
            &[operation, provider, model, outcome],
            settled.duration_ms,
        );
    });
}

/// Counts an attempt.
pub fn attempt(record: &AttemptRecord) {
    // An attempt knows no operator's limits: a label per provider's model is bounded by the same default.
    let limits = LabelLimits {
        callers: 0,
        models: 200,
    };
    with(|metrics| {
        let model = metrics.labels.model(&limits, &record.model);
        let outcome = match (record.error, record.complete) {
            (Some(error), _) => error.as_str(),
            (None, true) => "ok",
            (None, false) => "aborted",
        };
        let provider = record.provider.as_str();
        metrics.add(
            telemetry::ATTEMPTS,
            &[
                ("provider", provider),
                ("model", &model),
                ("outcome", outcome),
            ],
            1,
        );
    });
}
