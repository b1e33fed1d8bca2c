//! The checks, each an idea of its own.
mod config;
mod plugin;
mod vms;

use crate::finding::Findings;
use crate::system::System;

/// Runs every check over a system.
pub fn check(system: &System, findings: &mut Findings) {
    for check in [config::check, plugin::check, vms::check] {
        check(system, findings);
    }
}
