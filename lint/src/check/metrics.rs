//! A bootstrap takes the labels out of Weir's metric names.

use crate::finding::Findings;
use crate::system::System;

const NAME: &str = "metrics";

/// The labels in the names.
const LABELS: [&str; 6] = [
    "operation",
    "provider",
    "model",
    "outcome",
    "caller",
    "type",
];

pub(super) fn check(system: &System, findings: &mut Findings) {
    let (Some(bootstrap), false) = (system.bootstrap(), system.blocks.is_empty()) else {
        return;
    };
    let config = bootstrap.get("stats_config");
    let tags = config
        .as_ref()
        .map(|config| config.list("stats_tags"))
        .unwrap_or_default();
    let taken = |label: &&&str| {
        let of = |tag: &crate::cursor::Cursor| {
            let regex = tag.word("regex").unwrap_or_default();
            tag.word("tag_name").as_deref() == Some(label) || regex.contains(&format!("({label}="))
        };
        !tags.iter().any(of)
    };
    let missing: Vec<&str> = LABELS.iter().filter(taken).copied().collect();
    if !missing.is_empty() {
        let place = config.as_ref().unwrap_or(bootstrap).place();
        findings.warn(
            NAME,
            place,
            format!("no `stats_tags` for {}: these labels of Weir's metrics stay part of the metrics' names", missing.join(", ")),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{block, found};

    #[test]
    fn labels_have_tags() {
        let said = |tags: &[&str]| {
            let tags: Vec<String> = tags
                .iter()
                .map(|tag| format!("{{tag_name: {tag}, regex: x}}"))
                .collect();
            let text = format!(
                "static_resources: {{listeners: [{{x: {}}}]}}\nstats_config: {{stats_tags: [{}]}}\n",
                block("e", "{stage: edge}"),
                tags.join(", ")
            );
            found(super::check, &text)
        };
        assert!(said(&super::LABELS).is_empty());
        let some = said(&super::LABELS[2..]);
        assert!(
            some[0].contains("no `stats_tags` for operation, provider:"),
            "{some:?}"
        );
        assert!(
            found(
                super::check,
                &format!("resources: [{}]", block("e", "{stage: edge}"))
            )
            .is_empty()
        );
    }
}
