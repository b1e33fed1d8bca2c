//! What was given, as one system: Weir's blocks, and what of the proxies' configuration concerns them.

use crate::block::{Block, Position, Stage};
use crate::cluster::Cluster;
use crate::cursor::Cursor;
use crate::document::Document;
use crate::listener::{Buffer, Listener};
use crate::route::Route;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Documents that are one proxy's configuration, or one control plane's.
#[derive(Debug, Default)]
pub struct System {
    /// Each whole.
    pub documents: Vec<Cursor>,
    /// Weir's filters.
    pub blocks: Vec<Block>,
    /// Envoy's listeners.
    pub listeners: Vec<Listener>,
    /// Envoy's clusters, and those that a control plane makes.
    pub clusters: Vec<Cluster>,
    /// Envoy's routes, and those that a control plane makes.
    pub routes: Vec<Route>,
    /// What a control plane lets every proxy hold, on the clients' side.
    pub listener_buffers: Vec<Buffer>,
    /// What a control plane lets every proxy hold, on the providers' side.
    pub cluster_buffers: Vec<Buffer>,
}

/// A bootstrap is a system of its own, with the resources that were given beside it; Kubernetes' objects are one together.
pub fn systems(documents: &[Rc<Document>]) -> Vec<System> {
    let object = |document: &&Rc<Document>| !document.kind.is_empty();
    let (objects, rest): (Vec<_>, Vec<_>) = documents.iter().partition(object);
    let (bootstraps, resources): (Vec<_>, Vec<_>) = rest
        .into_iter()
        .partition(|document| document.is_bootstrap());
    let with_resources = |bootstrap| {
        let one = std::iter::once(bootstrap);
        one.chain(resources.iter().copied()).collect()
    };
    let mut groups: Vec<Vec<_>> = bootstraps.into_iter().map(with_resources).collect();
    if groups.is_empty() {
        groups.push(resources);
    }
    groups.push(objects);
    groups.retain(|group| !group.is_empty());
    groups.into_iter().map(|group| system(&group)).collect()
}

fn system(documents: &[&Rc<Document>]) -> System {
    let roots = documents.iter().map(|document| Cursor::root(document));
    let mut system = System {
        documents: roots.collect(),
        ..System::default()
    };
    crate::read::read(&mut system);
    system
}

impl System {
    /// Kubernetes' objects of a kind.
    pub fn objects(&self, kind: &str) -> Vec<Cursor> {
        let of = |root: &&Cursor| root.document.kind == kind;
        self.documents.iter().filter(of).cloned().collect()
    }

    /// Whether any is a Kubernetes object of this kind.
    pub fn has(&self, kind: &str) -> bool {
        let mut documents = self.documents.iter();
        documents.any(|root| root.document.kind == kind)
    }

    /// Documents that are a plugin's configuration alone, to be put into a filter by something else.
    pub fn bare(&self) -> impl Iterator<Item = &Cursor> {
        let bare = |root: &&Cursor| root.document.kind.is_empty() && root.word("stage").is_some();
        self.documents.iter().filter(bare)
    }

    /// The whole Envoy's configuration, where it is one.
    pub fn bootstrap(&self) -> Option<&Cursor> {
        let mut documents = self.documents.iter();
        documents.find(|root| root.document.is_bootstrap())
    }

    /// Whether there can be clusters that were not given: those of a control plane.
    pub fn is_open(&self) -> bool {
        let dynamic = |root: &Cursor| root.at(&["dynamic_resources", "cds_config"]).is_some();
        self.bootstrap().is_none_or(dynamic)
    }

    /// The blocks of the edge's stage.
    pub fn edges(&self) -> impl Iterator<Item = &Block> {
        let edge = |block: &&Block| matches!(block.stage, Some(Stage::Edge | Stage::Inline));
        self.blocks.iter().filter(edge)
    }

    /// The blocks that make attempts: upstream, or inline.
    pub fn attempts(&self) -> impl Iterator<Item = &Block> {
        let attempt = |block: &&Block| matches!(block.stage, Some(Stage::Attempt | Stage::Inline));
        self.blocks.iter().filter(attempt)
    }

    /// Where each edge's models say a request goes.
    pub fn targets(&self) -> Vec<Cursor> {
        let models = self.edges().filter_map(|block| block.tree());
        let models = models.flat_map(|tree| tree.list("models"));
        models.filter_map(|model| model.get("target")).collect()
    }

    /// The targets' names.
    pub fn target_names(&self) -> BTreeSet<String> {
        let targets = self.targets();
        let names = targets.iter().filter_map(|target| target.text());
        names.map(str::to_owned).collect()
    }

    /// The clusters that a pattern of names is of.
    pub fn clusters_called<'s>(&'s self, pattern: &'s str) -> impl Iterator<Item = &'s Cluster> {
        let called = move |cluster: &&Cluster| cluster.is_called(pattern);
        self.clusters.iter().filter(called)
    }

    /// The providers that serve a cluster's attempts: of its own filters, else of the router's.
    pub fn providers_of(&self, cluster: &str) -> Vec<Cursor> {
        let place = self.clusters.iter().position(|other| other.name == cluster);
        let own = place.filter(|place| {
            let cluster = self.clusters.get(*place);
            cluster.is_some_and(|cluster| cluster.filters.is_some())
        });
        let here = |block: &&Block| {
            block.stage == Some(Stage::Attempt)
                && match own {
                    Some(_) => block.cluster == own,
                    // A control plane's patch may be for any cluster.
                    None => block.cluster.is_none() && block.position != Position::Downstream,
                }
        };
        let known = place.and_then(|place| self.clusters.get(place));
        let providers = self.blocks.iter().filter(here).flat_map(Block::providers);
        providers
            .filter(|provider| match provider.at(&["match", "cluster"]) {
                Some(pattern) => {
                    let pattern = pattern.text().unwrap_or_default();
                    known.is_some_and(|known| known.is_called(pattern))
                        || weir::config::Pattern::new(pattern).matches(cluster)
                }
                None => true,
            })
            .collect()
    }

    /// The routes that carry Weir's requests: they look at its target, or go to a cluster of a provider's.
    pub fn weirs_routes(&self) -> Vec<&Route> {
        let ours = |route: &&Route| {
            let mut destinations = route.destinations().iter();
            route.is_weirs()
                || destinations
                    .any(|destination| !self.providers_of(&destination.cluster).is_empty())
        };
        self.routes.iter().filter(ours).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::system;

    #[test]
    fn bootstraps_are_systems_of_their_own() {
        let text = "static_resources: {}\n---\nstatic_resources: {}\n---\nresources: []\n---\nkind: A\n---\nkind: B\n";
        let mut findings = crate::finding::Findings::default();
        let source = crate::document::Source {
            name: "a.yaml".to_owned(),
            text: text.to_owned(),
        };
        let documents = crate::document::documents(&[source], &mut findings);
        let sizes = systems(&documents)
            .iter()
            .map(|system| system.documents.len())
            .collect::<Vec<_>>();
        assert_eq!(sizes, [2, 2, 2]);
    }

    #[test]
    fn a_clusters_own_filters_replace_the_routers() {
        let block = |provider: &str| {
            crate::testing::block(
                "a",
                &format!("{{stage: attempt, providers: [{{provider: {provider}}}]}}"),
            )
        };
        let text = format!(
            "static_resources: {{listeners: [{{x: {{upstream_http_filters: [{}]}}}}], clusters: [{{name: a}}, {{name: b, typed_extension_protocol_options: {{x: {{\"@type\": x/a.HttpProtocolOptions, http_filters: [{}]}}}}}}]}}",
            block("openai"),
            block("anthropic")
        );
        let system = system(&text);
        let names = |cluster: &str| {
            let providers = system.providers_of(cluster);
            providers
                .iter()
                .filter_map(|provider| provider.word("provider"))
                .collect::<Vec<_>>()
        };
        assert_eq!(names("a"), ["openai"]);
        assert_eq!(names("b"), ["anthropic"]);
    }
}
