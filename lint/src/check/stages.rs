//! Both stages are there.

use crate::finding::Findings;
use crate::system::System;

const NAME: &str = "stages";

pub(super) fn check(system: &System, findings: &mut Findings) {
    // A stage that cannot be read may be the one that is missing.
    if system.blocks.iter().any(|block| block.stage.is_none()) {
        return;
    }
    let (edge, attempt) = (system.edges().next(), system.attempts().next());
    let (block, message) = match (edge, attempt) {
        (Some(edge), None) => (
            edge,
            "there is no attempt (`stage: attempt` in the upstream filters): nothing is translated, and no request gets a key",
        ),
        (None, Some(attempt)) => (
            attempt,
            "there is no edge (`stage: edge` before the router): without what it publishes an attempt passes everything untouched",
        ),
        _ => return,
    };
    let place = block.plugin.place();
    if system.is_open() {
        findings.warn(NAME, place, message);
    } else {
        findings.error(NAME, place, message);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{block, found};

    #[test]
    fn there_are_two_stages_or_one_inline() {
        let said = |told: &[&str], around: &str| {
            let blocks: Vec<String> = told.iter().map(|told| block("a", told)).collect();
            found(
                super::check,
                &format!("{around}: {{listeners: [{{x: [{}]}}]}}", blocks.join(", ")),
            )
        };
        assert!(said(&["{stage: edge}", "{stage: attempt}"], "static_resources").is_empty());
        assert!(said(&["{stage: edge, translate: inline}"], "static_resources").is_empty());
        let edge = said(&["{stage: edge}"], "static_resources");
        assert!(
            edge[0].starts_with("error") && edge[0].contains("no attempt"),
            "{edge:?}"
        );
        assert!(said(&["{stage: attempt}"], "static_resources")[0].contains("no edge"));
        // A file of several.
        assert!(said(&["{stage: edge}"], "resources")[0].starts_with("warning"));
        assert!(said(&["{stage: edge}", "{stge: attempt}"], "resources").is_empty());
    }
}
