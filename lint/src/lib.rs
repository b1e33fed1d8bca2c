//! Checks configuration of Envoy, Istio and Envoy Gateway that carries Weir's, without a proxy.
//!
//! Text becomes documents ([`yaml`], [`document`]), these become systems ([`system`]: Weir's blocks, listeners, routes and
//! clusters, whatever control plane they are written for), and every check ([`check`]) looks at a whole system. What a
//! plugin is told is judged by [`weir::config::parse`], which is what the plugin itself runs.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

pub mod block;
pub mod check;
pub mod cluster;
pub mod cursor;
pub mod document;
pub mod finding;
pub mod listener;
mod near;
mod read;
pub mod report;
pub mod route;
pub mod system;
#[cfg(test)]
mod testing;
pub mod wanted;
pub mod yaml;

use document::Source;
use finding::Findings;
use report::Report;
use std::collections::BTreeSet;

/// Looks at all sources together.
pub fn lint(sources: &[Source]) -> Report {
    let mut findings = Findings::default();
    let documents = document::documents(sources, &mut findings);
    let mut blocks = report::Blocks::default();
    let mut notes = BTreeSet::new();
    for system in system::systems(&documents) {
        blocks.count(&system);
        notes.extend(report::unseen(&system));
        check::check(&system, &mut findings);
    }
    Report {
        findings: findings.take(),
        blocks,
        notes: notes.into_iter().collect(),
    }
}
