//! An inline edge's providers are told apart by target.

use crate::block::Stage;
use crate::finding::Findings;
use crate::near;
use crate::system::System;
use weir::config::Pattern;

const NAME: &str = "inline";

pub(super) fn check(system: &System, findings: &mut Findings) {
    for block in &system.blocks {
        let (Some(Stage::Inline), Some(tree)) = (block.stage, block.tree()) else {
            continue;
        };
        let models = tree.list("models");
        let targets: Vec<_> = models
            .iter()
            .filter_map(|model| model.get("target"))
            .collect();
        let providers = block.providers();
        let pattern = |provider: &crate::cursor::Cursor| provider.at(&["match", "cluster"]);
        let fits = |provider: &crate::cursor::Cursor, target: &str| {
            let pattern = pattern(provider);
            pattern.is_none_or(|pattern| {
                Pattern::new(pattern.text().unwrap_or_default()).matches(target)
            })
        };
        for target in &targets {
            let Some(name) = target.text() else { continue };
            if !providers.is_empty() && !providers.iter().any(|provider| fits(provider, name)) {
                findings.error(
                    NAME,
                    target.place(),
                    format!("no provider's `match.cluster` is the target {name:?}, with which an inline edge compares it: what goes there is neither translated nor given a key"),
                );
            }
        }
        let names: Vec<&str> = targets.iter().filter_map(|target| target.text()).collect();
        for provider in &providers {
            let Some(cluster) = pattern(provider) else {
                continue;
            };
            if !names.is_empty() && !names.iter().any(|name| fits(provider, name)) {
                let wanted = cluster.text().unwrap_or_default();
                let near = near::hint(wanted, names.iter().copied());
                findings.warn(
                    NAME,
                    cluster.place(),
                    format!("no model has the target {wanted:?}, with which an inline edge compares `match.cluster`: this provider never serves{near}"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{block, found};

    #[test]
    fn providers_are_compared_with_targets() {
        let said = |cluster: &str| {
            let told = format!(
                "{{stage: edge, translate: inline, models: [{{name: a, target: openai}}], providers: [{{provider: openai, match: {{cluster: {cluster}}}}}]}}"
            );
            found(super::check, &block("edge", &told))
        };
        assert!(said("openai").is_empty());
        assert!(said("open*").is_empty());
        let wrong = said("opneai");
        assert_eq!(wrong.len(), 2);
        assert!(wrong[0].starts_with("error"));
        assert!(wrong[1].starts_with("warning") && wrong[1].ends_with("did you mean \"openai\"?"));
    }
}
