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
    /// By name, so that no name is defined twice.
    ids: HashMap<String, Option<u32>>,
    /// By the labels of a request, so that no name is built twice.
    groups: HashMap<String, Group>,
    /// By the labels of an attempt.
    attempts: HashMap<String, [Slot; 2]>,
    labels: Labels,
    /// The key that is looked up, built in place.
    key: String,
}

/// The metrics of all requests that have the same labels; ids are found when first used.
#[derive(Default)]
struct Group {
    requests: Slot,
    tokens: [Slot; 7],
    cost: Slot,
    unpriced: Slot,
    ttft: Slot,
    duration: Slot,
}

/// An id that may not have been looked for yet.
#[derive(Default, Clone, Copy)]
struct Slot(Option<Option<u32>>);

thread_local! {
    static METRICS: RefCell<Metrics> = RefCell::default();
}

type Label<'l> = (&'l str, &'l str);

/// Finds a metric's id once.
fn id(
    slot: &mut Slot,
    ids: &mut HashMap<String, Option<u32>>,
    (base, labels): (&str, &[Label<'_>]),
    define: fn(&str) -> Option<u32>,
) -> Option<u32> {
    *slot.0.get_or_insert_with(|| {
        *ids.entry(name(base, labels))
            .or_insert_with_key(|name| define(name))
    })
}

impl Group {
    fn charge(
        &mut self,
        ids: &mut HashMap<String, Option<u32>>,
        who: [Label<'_>; 5],
        settled: &Settlement,
    ) {
        let mut add = |slot: &mut Slot, base: &str, labels: &[Label<'_>], by: u64| {
            if by > 0
                && let Some(id) = id(slot, ids, (base, labels), host::define_counter)
            {
                host::increment(id, by);
            }
        };
        add(&mut self.requests, telemetry::REQUESTS, &who, 1);
        let [operation, provider, model, outcome, caller] = who;
        let counts = telemetry::token_counts(settled);
        for (slot, (kind, count)) in self.tokens.iter_mut().zip(counts) {
            let labels = [operation, provider, model, outcome, caller, ("type", kind)];
            add(slot, telemetry::TOKENS, &labels, count);
        }
        add(&mut self.cost, telemetry::COST, &who, settled.cost_nanousd);
        let unpriced = u64::from(settled.unpriced);
        add(&mut self.unpriced, telemetry::UNPRICED, &who, unpriced);
        // Histograms are many series each: callers are left out.
        let labels = [operation, provider, model, outcome];
        let mut record = |slot: &mut Slot, base: &str, value: u64| {
            if let Some(id) = id(slot, ids, (base, &labels), host::define_histogram) {
                host::record(id, value);
            }
        };
        if let Some(ttft) = settled.ttft_ms {
            record(&mut self.ttft, telemetry::TTFT, ttft);
        }
        record(&mut self.duration, telemetry::DURATION, settled.duration_ms);
    }
}

fn with(act: impl FnOnce(&mut Metrics)) {
    METRICS.with(|metrics| {
        if let Ok(mut metrics) = metrics.try_borrow_mut() {
            act(&mut metrics);
        }
    });
}

/// Makes the key of these labels.
fn key<'k>(key: &'k mut String, labels: &[Label<'_>]) -> &'k str {
    key.clear();
    for (_, value) in labels {
        key.push_str(value);
        key.push('\n');
    }
    key
}

/// Charges a settled request.
pub fn request(settled: &Settlement, operation: &str, caller: &str, limits: &LabelLimits) {
    with(|metrics| {
        let who = |model, caller| {
            [
                ("operation", operation),
                ("provider", settled.provider.as_str()),
                ("model", model),
                ("outcome", settled.outcome.as_str()),
                ("caller", caller),
            ]
        };
        // Most requests are like others before; only of the first of its kind is it asked what its labels are.
        let same = who(&settled.upstream_model, caller);
        if let Some(group) = metrics.groups.get_mut(key(&mut metrics.key, &same)) {
            return group.charge(&mut metrics.ids, same, settled);
        }
        let model = metrics.labels.model(limits, &settled.upstream_model);
        let caller = metrics.labels.caller(limits, caller);
        let who = who(&model, &caller);
        let key = key(&mut metrics.key, &who).to_owned();
        let group = metrics.groups.entry(key).or_default();
        group.charge(&mut metrics.ids, who, settled);
    });
}

/// Counts a request's attempts.
///
/// At the edge, as everything else: before Envoy 1.39 an upstream filter's metrics go by other names.
pub fn attempts(records: &[AttemptRecord], limits: &LabelLimits) {
    with(|metrics| {
        // What the gateway answered well by itself (dry runs, estimates) was no attempt at a provider.
        let asked = |record: &&AttemptRecord| !record.local || record.error.is_some();
        for record in records.iter().filter(asked) {
            let outcome = match (record.error, record.complete) {
                (Some(error), _) => error.as_str(),
                (None, true) => "ok",
                (None, false) => "aborted",
            };
            let operation = record.operation.map(Operation::as_str).unwrap_or_default();
            let labels = |model| {
                [
                    ("operation", operation),
                    ("provider", record.provider.as_str()),
                    ("model", model),
                    ("outcome", outcome),
                ]
            };
            let counts = [
                (telemetry::ATTEMPTS, 1),
                (telemetry::SKIPPED, u64::from(record.skipped)),
            ];
            let same = labels(&record.model);
            if let Some(slots) = metrics.attempts.get_mut(key(&mut metrics.key, &same)) {
                add(&mut metrics.ids, slots, &same, counts);
                continue;
            }
            let model = metrics.labels.model(limits, &record.model);
            let labels = labels(&model);
            let key = key(&mut metrics.key, &labels).to_owned();
            let slots = metrics.attempts.entry(key).or_default();
            add(&mut metrics.ids, slots, &labels, counts);
        }
    });
}

/// Adds to counters that have the same labels.
fn add(
    ids: &mut HashMap<String, Option<u32>>,
    slots: &mut [Slot; 2],
    labels: &[Label<'_>],
    counts: [(&str, u64); 2],
) {
    for (slot, (base, count)) in slots.iter_mut().zip(counts) {
        if count > 0
            && let Some(id) = id(slot, ids, (base, labels), host::define_counter)
        {
            host::increment(id, count);
        }
    }
}
