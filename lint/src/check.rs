//! The checks, each an idea of its own.
mod bodies;
mod buffers;
mod clusters;
mod config;
mod environment;
mod inline;
mod keys;
mod metrics;
mod names;
mod objects;
mod order;
mod patches;
mod plugin;
mod retries;
mod rewrites;
mod stages;
mod targets;
mod timeouts;
mod tls;
mod vms;

use crate::finding::Findings;
use crate::system::System;

type Check = fn(&System, &mut Findings);

const CHECKS: [Check; 20] = [
    config::check,
    plugin::check,
    vms::check,
    objects::check,
    stages::check,
    order::check,
    patches::check,
    environment::check,
    targets::check,
    inline::check,
    clusters::check,
    buffers::check,
    bodies::check,
    retries::check,
    timeouts::check,
    rewrites::check,
    tls::check,
    keys::check,
    metrics::check,
    names::check,
];

/// Runs every check over a system.
pub fn check(system: &System, findings: &mut Findings) {
    for check in CHECKS {
        check(system, findings);
    }
}
