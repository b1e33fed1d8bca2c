//! The two stages' VMs are two.

use crate::block::{Block, Stage};
use crate::finding::Findings;
use crate::system::System;

const NAME: &str = "vm_id";

pub(super) fn check(system: &System, findings: &mut Findings) {
    let id = |block: &Block| {
        let id = block.vm_id();
        id.and_then(|id| id.text().map(str::to_owned))
            .unwrap_or_default()
    };
    let is_attempt = |block: &Block| block.stage == Some(Stage::Attempt);
    let edges = system.blocks.iter().filter(|block| !is_attempt(block));
    let edges: Vec<String> = edges.map(id).collect();
    for block in &system.blocks {
        let own = id(block);
        let place = block
            .vm_id()
            .unwrap_or_else(|| block.plugin.follow("vm_config"))
            .place();
        if own.is_empty() {
            findings.error(
                NAME,
                place,
                "has no `vm_id`: both stages would run in one VM, where a crash of one takes the other with it; name one for each stage",
            );
        } else if is_attempt(block) && edges.contains(&own) {
            findings.error(
                NAME,
                place,
                format!("{own:?} is the edge's too: both stages would run in one VM, where a crash of one takes the other with it; give each its own"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{block, found};

    #[test]
    fn each_stage_has_its_own() {
        let two = |edge: &str, attempt: &str| {
            let one = |id: &str, stage: &str| {
                let text = block("x", &format!("{{stage: {stage}}}"));
                format!("- {}\n", text.replace("vm_id: x", &format!("vm_id: {id}")))
            };
            found(
                super::check,
                &(one(edge, "edge") + &one(attempt, "attempt")),
            )
        };
        assert!(two("a", "b").is_empty());
        assert!(two("a", "a")[0].contains("\"a\" is the edge's too"));
        assert_eq!(two("\"\"", "\"\"").len(), 2);
    }
}
