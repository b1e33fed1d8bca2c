//! What was given, as one system: Weir's blocks, and what of the proxies' configuration concerns them.

use crate::block::Block;
use crate::cluster::Cluster;
use crate::cursor::Cursor;
use crate::document::Document;
use crate::listener::Listener;
use crate::route::Route;
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
}

/// A bootstrap is a system of its own, with the resources that were given beside it; Kubernetes' objects are one together.
pub fn systems(documents: &[Rc<Document>]) -> Vec<System> {
    let (objects, rest): (Vec<_>, Vec<_>) = documents.iter().partition(|doc| !doc.kind.is_empty());
    let (bootstraps, resources): (Vec<_>, Vec<_>) =
        rest.into_iter().partition(|doc| doc.is_bootstrap());
    let mut groups: Vec<Vec<&Rc<Document>>> = bootstraps
        .into_iter()
        .map(|bootstrap| {
            std::iter::once(bootstrap)
                .chain(resources.iter().copied())
                .collect()
        })
        .collect();
    if groups.is_empty() {
        groups.push(resources);
    }
    groups.push(objects);
    groups.retain(|group| !group.is_empty());
    groups.into_iter().map(|group| system(&group)).collect()
}

fn system(documents: &[&Rc<Document>]) -> System {
    let mut system = System {
        documents: documents
            .iter()
            .map(|document| Cursor::root(document))
            .collect(),
        ..System::default()
    };
    crate::read::read(&mut system);
    system
}

impl System {
    /// Kubernetes' objects of a kind.
    pub fn objects<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s Cursor> {
        let of = move |root: &&Cursor| root.document.kind == kind;
        self.documents.iter().filter(of)
    }

    /// Whether any is a Kubernetes object of these kinds.
    pub fn has(&self, kinds: &[&str]) -> bool {
        let mut documents = self.documents.iter();
        documents.any(|root| kinds.contains(&root.document.kind.as_str()))
    }
}
