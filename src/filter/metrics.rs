//! Counters and histograms. Ids and label values belong to the VM, not to a configuration: a reload defines nothing
//! twice.

use super::host;
use crate::config::LabelLimits;
use crate::exchange::settlement::Settlement;
use crate::exchange::{AttemptRecord, Operation};
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
            ("outcome", settled.outcome.as_str()),
            ("caller", caller.as_str()),
        ];
        metrics.add(telemetry::REQUESTS, &who, 1);
        let [operation, provider, model, outcome, caller] = who;
        for (kind, count) in telemetry::token_counts(settled) {
            let labels = [operation, provider, model, outcome, caller, ("type", kind)];
            metrics.add(telemetry::TOKENS, &labels, count);
        }
        metrics.add(telemetry::COST, &who, settled.cost_nanousd);
        metrics.add(telemetry::UNPRICED, &who, u64::from(settled.unpriced));
        // Histograms are many series each: callers are left out.
        let labels = [operation, provider, model, outcome];
        if let Some(ttft) = settled.ttft_ms {
            metrics.record(telemetry::TTFT, &labels, ttft);
        }
        metrics.record(telemetry::DURATION, &labels, settled.duration_ms);
    });
}

/// Counts a request's attempts.
///
/// At the edge, as everything else: before Envoy 1.39 an upstream filter's metrics go by other names.
pub fn attempts(records: &[AttemptRecord], limits: &LabelLimits) {
    with(|metrics| {
        for record in records {
            let model = metrics.labels.model(limits, &record.model);
            let outcome = match (record.error, record.complete) {
                (Some(error), _) => error.as_str(),
                (None, true) => "ok",
                (None, false) => "aborted",
            };
            let operation = record.operation.map(Operation::as_str).unwrap_or_default();
            let labels = [
                ("operation", operation),
                ("provider", record.provider.as_str()),
                ("model", model.as_str()),
                ("outcome", outcome),
            ];
            metrics.add(telemetry::ATTEMPTS, &labels, 1);
        }
    });
}
