//! Reads a system's documents.
mod action;
mod gateway;
mod istio;
mod policy;
mod walk;

use crate::system::System;

/// Fills a system from its documents.
pub fn read(system: &mut System) {
    for document in system.documents.clone() {
        walk::walk(&document, system);
    }
    istio::read(system);
    gateway::read(system);
}
