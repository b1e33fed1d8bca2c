//! The documents of a run: whole bootstraps, resources, Kubernetes objects.

use crate::finding::{Findings, Place};
use crate::yaml::{self, Node, Value};
use std::rc::Rc;

/// A text, and what it is called.
#[derive(Debug)]
pub struct Source {
    /// A path, or `-`.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

/// One document.
#[derive(Debug)]
pub struct Document {
    /// The source's name.
    pub file: String,
    /// `EnvoyFilter`; empty where it is no Kubernetes object.
    pub kind: String,
    /// `networking.istio.io`; empty for Kubernetes' own.
    pub group: String,
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`, else `default`.
    pub namespace: String,
    /// What it holds.
    pub root: Rc<Node>,
}

impl Document {
    /// `EnvoyFilter weir`; empty where it is no Kubernetes object.
    pub fn label(&self) -> String {
        format!("{} {}", self.kind, self.name).trim().to_owned()
    }

    /// Whether it is a whole Envoy's configuration.
    pub fn is_bootstrap(&self) -> bool {
        ["static_resources", "staticResources"]
            .iter()
            .any(|key| self.root.get(key).is_some())
    }
}

/// Reads the documents of every source; the items of a `kind: List` are documents too.
pub fn documents(sources: &[Source], findings: &mut Findings) -> Vec<Rc<Document>> {
    let mut documents = Vec::new();
    for source in sources {
        match yaml::parse(&source.text) {
            Ok(roots) => {
                for root in roots {
                    add(&source.name, root, &mut documents);
                }
            }
            Err(broken) => {
                let place = Place {
                    file: source.name.clone(),
                    line: broken.line,
                    object: String::new(),
                    path: String::new(),
                };
                findings.error("yaml", place, broken.message);
            }
        }
    }
    documents
}

fn add(file: &str, root: Rc<Node>, documents: &mut Vec<Rc<Document>>) {
    let text = |node: &Node, key: &str| match node.get(key).map(|entry| &entry.node.value) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let kind = text(&root, "kind").unwrap_or_default();
    if kind.ends_with("List")
        && let Some(Value::List(items)) = root.get("items").map(|entry| &entry.node.value)
    {
        for item in items {
            add(file, Rc::clone(item), documents);
        }
        return;
    }
    let metadata = root.get("metadata").map(|entry| Rc::clone(&entry.node));
    let of = |key: &str| metadata.as_ref().and_then(|metadata| text(metadata, key));
    let version = text(&root, "apiVersion").unwrap_or_default();
    documents.push(Rc::new(Document {
        file: file.to_owned(),
        group: version
            .split_once('/')
            .map_or("", |(group, _)| group)
            .to_owned(),
        name: of("name").unwrap_or_default(),
        namespace: of("namespace").unwrap_or_else(|| "default".to_owned()),
        kind,
        root,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Vec<String> {
        let mut findings = Findings::default();
        let source = Source {
            name: "a.yaml".to_owned(),
            text: text.to_owned(),
        };
        let documents = documents(&[source], &mut findings);
        assert!(findings.take().is_empty());
        documents.iter().map(|document| document.label()).collect()
    }

    #[test]
    fn objects_have_labels() {
        assert_eq!(labels("static_resources: {}"), [""]);
        assert_eq!(
            labels("kind: A\nmetadata: {name: b}\n---\nkind: C"),
            ["A b", "C"]
        );
        let list = "kind: List\nitems:\n- kind: A\n  metadata: {name: b}\n- {kind: List, items: [{kind: C}]}";
        assert_eq!(labels(list), ["A b", "C"]);
    }

    #[test]
    fn what_is_broken_is_a_finding() {
        let mut findings = Findings::default();
        let sources = [Source {
            name: "a.yaml".to_owned(),
            text: "a: [".to_owned(),
        }];
        assert!(documents(&sources, &mut findings).is_empty());
        assert_eq!(findings.take().len(), 1);
    }
}
