//! What logs, spans, limits and routes read of filter state is something that Weir writes.

use crate::cursor::Cursor;
use crate::finding::Findings;
use crate::near;
use crate::system::System;
use crate::yaml::Value;
use weir::telemetry::words;

const NAME: &str = "names";
const BEFORE: &str = "wasm.weir.";

/// Written always, and not among the words of `publish`.
const ALWAYS: &str = "target";

pub(super) fn check(system: &System, findings: &mut Findings) {
    if system.edges().next().is_none() {
        return;
    }
    for root in &system.documents {
        read(root, system, findings);
    }
}

fn read(at: &Cursor, system: &System, findings: &mut Findings) {
    match &at.node.value {
        Value::Text(text) => {
            for word in keys(text) {
                written(word, at, system, findings);
            }
        }
        Value::List(_) => at
            .items()
            .iter()
            .for_each(|item| read(item, system, findings)),
        Value::Map(_) => {
            for (_, member) in at.entries() {
                read(&member, system, findings);
            }
        }
        _ => {}
    }
}

/// The keys that a text names, without what they begin with.
fn keys(text: &str) -> impl Iterator<Item = &str> {
    text.split(BEFORE).skip(1).map(|after| {
        let part = |letter: char| letter.is_ascii_alphanumeric() || "_.".contains(letter);
        let end = after.find(|letter| !part(letter)).unwrap_or(after.len());
        after.get(..end).unwrap_or_default().trim_end_matches('.')
    })
}

fn written(word: &str, at: &Cursor, system: &System, findings: &mut Findings) {
    if word == ALWAYS {
        return;
    }
    let words = words();
    if !words.contains(&word) {
        let near = near::hint(word, words.into_iter().chain([ALWAYS]));
        findings.error(
            NAME,
            at.place(),
            format!("Weir writes no `{BEFORE}{word}`{near}"),
        );
        return;
    }
    let publishes = |list: &Cursor| list.items().iter().any(|item| item.text() == Some(word));
    let mut edges = system.edges();
    let silent = edges.all(
        |edge| match edge.tree().and_then(|tree| tree.get("publish")) {
            Some(list) => !publishes(&list),
            None => word == "log",
        },
    );
    if silent {
        findings.warn(
            NAME,
            at.place(),
            format!("the edge does not write `{BEFORE}{word}`: add {word} to its `publish`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{block, found};

    fn said(told: &str, text: &str) -> Vec<String> {
        found(
            super::check,
            &format!("a: {}\nb: {text:?}\n", block("e", told)),
        )
    }

    #[test]
    fn what_is_read_is_written() {
        let edge = "{stage: edge}";
        assert!(
            said(
                edge,
                "%FILTER_STATE(wasm.weir.model:PLAIN)% wasm.weir.target"
            )
            .is_empty()
        );
        let wrong = said(edge, "%FILTER_STATE(wasm.weir.total_token:PLAIN)%");
        assert_eq!(
            wrong,
            ["error: b: Weir writes no `wasm.weir.total_token`; did you mean \"total_tokens\"?"]
        );
        assert!(said(edge, "%FILTER_STATE(wasm.other.x:PLAIN)%").is_empty());
    }

    #[test]
    fn what_is_read_is_published() {
        let text = "%FILTER_STATE(wasm.weir.model:PLAIN)%";
        assert!(said("{stage: edge, publish: [model]}", text).is_empty());
        let silent = said("{stage: edge, publish: [log]}", text);
        assert!(
            silent[0].contains("add model to its `publish`"),
            "{silent:?}"
        );
        assert!(said("{stage: edge}", "wasm.weir.log")[0].contains("add log"));
    }
}
