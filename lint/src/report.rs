//! What a run says in the end.

use crate::finding::{Finding, Level};
use crate::system::System;
use serde_json::json;
use std::collections::BTreeSet;

/// What was found in all that was given.
#[derive(Debug)]
pub struct Report {
    /// By place.
    pub findings: Vec<Finding>,
    /// Weir's blocks.
    pub blocks: Blocks,
    /// What could not be looked at.
    pub notes: Vec<String>,
}

/// What of a system cannot be looked at, for want of what it would be compared with.
pub fn unseen(system: &System) -> Vec<String> {
    let routes = system.routes.is_empty() && system.edges().next().is_some();
    let clusters = system.clusters.is_empty() && system.attempts().next().is_some();
    let notes = [
        (
            routes,
            "no routes were given: whether the models' targets have any was not looked at",
        ),
        (
            clusters,
            "no clusters were given: whether those that providers and routes name are there was not looked at",
        ),
    ];
    let said = notes.into_iter().filter(|(unseen, _)| *unseen);
    said.map(|(_, note)| note.to_owned()).collect()
}

/// Where Weir's blocks stand: file and line.
#[derive(Debug, Default)]
pub struct Blocks(BTreeSet<(String, usize)>);

impl Blocks {
    /// Takes a system's blocks in; one under an anchor stands once.
    pub fn count(&mut self, system: &System) {
        for block in &system.blocks {
            let file = block.plugin.document.file.clone();
            self.0.insert((file, block.plugin.node.line));
        }
        for bare in system.bare() {
            self.0.insert((bare.document.file.clone(), bare.line));
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn files(&self) -> usize {
        let files: BTreeSet<&String> = self.0.iter().map(|(file, _)| file).collect();
        files.len()
    }
}

impl Report {
    /// How many findings are of a level.
    pub fn count(&self, level: Level) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    }

    /// Whether something has to be mended.
    pub fn failed(&self, strict: bool) -> bool {
        self.blocks.is_empty()
            || self.count(Level::Error) > 0
            || (strict && !self.findings.is_empty())
    }

    /// The last line.
    pub fn summary(&self) -> String {
        if self.blocks.is_empty() {
            return "no Weir block was found: a Wasm HTTP filter that has a `stage` in its configuration, or `weir` in its name, vm_id or file".to_owned();
        }
        format!(
            "{} in {}: {}, {}",
            counted(self.blocks.len(), "Weir block"),
            counted(self.blocks.files(), "file"),
            counted(self.count(Level::Error), "error"),
            counted(self.count(Level::Warning), "warning"),
        )
    }

    /// The whole of it for programs.
    pub fn json(&self) -> String {
        let findings = self.findings.iter().map(|finding| {
            json!({
                "level": finding.level.word(),
                "check": finding.check,
                "file": finding.place.file,
                "line": finding.place.line,
                "object": finding.place.object,
                "path": finding.place.path,
                "message": finding.message,
            })
        });
        let blocks = self
            .blocks
            .0
            .iter()
            .map(|(file, line)| json!({"file": file, "line": line}));
        json!({
            "findings": findings.collect::<Vec<_>>(),
            "blocks": blocks.collect::<Vec<_>>(),
            "notes": self.notes,
            "errors": self.count(Level::Error),
            "warnings": self.count(Level::Warning),
        })
        .to_string()
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
