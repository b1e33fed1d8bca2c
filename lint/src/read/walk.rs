//! Walks through a document, whatever it is, and takes what it knows by its type or its place.

use super::action;
use crate::block::{Block, Position};
use crate::cluster::Cluster;
use crate::cursor::Cursor;
use crate::listener::{Buffer, Listener};
use crate::system::System;

/// What is around a value.
#[derive(Clone, Default)]
struct Around {
    position: Position,
    chain: Option<(Cursor, usize)>,
    listener: Option<usize>,
    cluster: Option<usize>,
}

/// Takes what one document holds into the system.
pub(super) fn walk(root: &Cursor, system: &mut System) {
    let at = |position| Around {
        position,
        ..Around::default()
    };
    let spec = |key: &str| {
        root.get("spec")
            .map(|spec| spec.list(key))
            .unwrap_or_default()
    };
    match root.document.kind.as_str() {
        "EnvoyFilter" => {
            for patch in spec("configPatches") {
                let filter = patch.word("applyTo").as_deref() == Some("HTTP_FILTER");
                let position = if filter {
                    Position::Downstream
                } else {
                    Position::Unknown
                };
                value(&patch, &at(position), system);
            }
        }
        "EnvoyPatchPolicy" => {
            for patch in spec("jsonPatches") {
                value(&patch, &at(patched(&patch)), system);
            }
        }
        _ => value(root, &Around::default(), system),
    }
}

/// Where a JSON patch of Envoy Gateway's puts a filter.
fn patched(patch: &Cursor) -> Position {
    let kind = patch.word("type").unwrap_or_default();
    let operation = patch.get("operation");
    let word = |key: &str| operation.as_ref().and_then(|operation| operation.word(key));
    let path = ["jsonPath", "path"]
        .map(|key| word(key).unwrap_or_default())
        .concat();
    if path.contains("upstream_http_filters") || kind.ends_with(".Cluster") {
        Position::Upstream
    } else if kind.ends_with(".Listener") {
        Position::Downstream
    } else {
        Position::Unknown
    }
}

fn value(at: &Cursor, around: &Around, system: &mut System) {
    if let Some(block) = Block::read(at) {
        system.blocks.push(Block {
            position: around.position,
            chain: around.chain.clone(),
            listener: around.listener,
            cluster: around.cluster,
            ..block
        });
        return;
    }
    let mut around = around.clone();
    typed(at, &mut around, system);
    members(at, &around, system);
}

fn members(at: &Cursor, around: &Around, system: &mut System) {
    for (index, item) in at.items().iter().enumerate() {
        let inside = Around {
            chain: Some((at.clone(), index)),
            ..around.clone()
        };
        value(item, &inside, system);
    }
    for (key, member) in at.entries() {
        let mut inside = Around {
            chain: None,
            ..around.clone()
        };
        match key.as_str() {
            "upstream_http_filters" | "upstreamHttpFilters" => inside.position = Position::Upstream,
            "virtual_hosts" | "virtualHosts" => virtual_hosts(&member, system),
            "listeners" | "clusters" if lists_resources(at) => {
                resources(&key, &member, &inside, system);
                continue;
            }
            // The same again as the dump's other parts.
            "bootstrap" | "static_route_configs" if in_dump(at) => continue,
            _ => {}
        }
        value(&member, &inside, system);
    }
}

/// A bootstrap's resources, and those of a plain list by kind, have no types: their place says what they are.
fn lists_resources(at: &Cursor) -> bool {
    let static_ = ["static_resources", "staticResources"];
    static_.iter().any(|end| at.path.ends_with(end))
        || (at.path.is_empty() && at.document.kind.is_empty())
}

fn resources(key: &str, list: &Cursor, around: &Around, system: &mut System) {
    for resource in list.items() {
        let mut around = around.clone();
        if key == "listeners" {
            add_listener(&resource, &mut around, system);
        } else {
            add_cluster(&resource, &mut around, system);
        }
        members(&resource, &around, system);
    }
}

/// Whether a value is a part of what Envoy's `/config_dump` shows.
fn in_dump(at: &Cursor) -> bool {
    at.type_name()
        .is_some_and(|name| name.starts_with("envoy.admin."))
}

/// What a message's type says of what is in it.
fn typed(at: &Cursor, around: &mut Around, system: &mut System) {
    let Some(name) = at.type_name() else {
        return;
    };
    match name.rsplit('.').next().unwrap_or_default() {
        "Listener" => add_listener(at, around, system),
        "Cluster" => add_cluster(at, around, system),
        "HttpConnectionManager" => around.position = Position::Downstream,
        "HttpProtocolOptions" => around.position = Position::Upstream,
        _ => {}
    }
}

fn add_listener(at: &Cursor, around: &mut Around, system: &mut System) {
    around.listener = Some(system.listeners.len());
    system.listeners.push(Listener {
        at: at.clone(),
        buffer: Buffer::of_envoy(at, "listener"),
    });
}

fn add_cluster(at: &Cursor, around: &mut Around, system: &mut System) {
    around.cluster = Some(system.clusters.len());
    system.clusters.push(Cluster::of_envoy(at));
}

fn virtual_hosts(at: &Cursor, system: &mut System) {
    for host in at.items() {
        let table = system.routes.len();
        system.routes.extend(action::virtual_host(&host, table));
    }
}

#[cfg(test)]
mod tests {
    use crate::block::Position;
    use crate::testing::{block, system};

    fn positions(text: &str) -> Vec<(Position, bool, Option<usize>, Option<usize>)> {
        let system = system(text);
        let blocks = system.blocks.iter();
        blocks
            .map(|block| {
                (
                    block.position,
                    block.chain.is_some(),
                    block.listener,
                    block.cluster,
                )
            })
            .collect()
    }

    #[test]
    fn filters_are_found_where_they_stand() {
        let edge = block("a", "{stage: edge}");
        let hcm = format!(
            "{{\"@type\": x/a.HttpConnectionManager, http_filters: [{edge}, {{name: envoy.filters.http.router, typed_config: {{upstream_http_filters: [{edge}]}}}}]}}"
        );
        let options =
            format!("{{o: {{\"@type\": x/a.HttpProtocolOptions, http_filters: [{edge}]}}}}");
        let text = format!(
            "static_resources: {{listeners: [{{filter_chains: [{{filters: [{{typed_config: {hcm}}}]}}]}}], clusters: [{{name: a}}, {{name: b, typed_extension_protocol_options: {options}}}]}}"
        );
        assert_eq!(
            positions(&text),
            [
                (Position::Downstream, true, Some(0), None),
                (Position::Upstream, true, Some(0), None),
                (Position::Upstream, true, None, Some(1)),
            ]
        );
    }

    #[test]
    fn a_dump_and_resources_are_known_by_type() {
        let edge = block("a", "{stage: edge}");
        let hcm = format!("{{\"@type\": x/a.HttpConnectionManager, http_filters: [{edge}]}}");
        let listener = format!(
            "{{\"@type\": x/envoy.config.listener.v3.Listener, filter_chains: [{{filters: [{{typed_config: {hcm}}}]}}]}}"
        );
        let resources = format!("resources: [{listener}]");
        let dump = format!(
            "configs: [{{dynamic_listeners: [{{active_state: {{listener: {listener}}}}}]}}]"
        );
        for text in [resources, dump] {
            assert_eq!(
                positions(&text),
                [(Position::Downstream, true, Some(0), None)]
            );
        }
    }

    #[test]
    fn resources_by_kind_are_known_by_place() {
        let edge = block("a", "{stage: edge}");
        let text = format!(
            "listeners: [{{x: {edge}}}]\nclusters: [{{name: a}}]\nroutes: [{{virtual_hosts: [{{routes: [{{}}]}}]}}]\n"
        );
        let system = system(&text);
        let counts = (
            system.listeners.len(),
            system.clusters.len(),
            system.routes.len(),
            system.blocks.len(),
        );
        assert_eq!(counts, (1, 1, 1, 1));
    }

    #[test]
    fn a_dump_says_things_once() {
        let edge = block("a", "{stage: edge}");
        let text = format!(
            "configs: [{{\"@type\": x/envoy.admin.v3.BootstrapConfigDump, bootstrap: {{static_resources: {{listeners: [{{x: {edge}}}]}}}}}}]"
        );
        assert!(positions(&text).is_empty());
    }

    #[test]
    fn patches_say_where_they_put_what_they_hold() {
        let edge = block("a", "{stage: edge}");
        let istio = |apply: &str| {
            format!(
                "{{kind: EnvoyFilter, spec: {{configPatches: [{{applyTo: {apply}, patch: {{value: {edge}}}}}]}}}}"
            )
        };
        assert_eq!(positions(&istio("HTTP_FILTER"))[0].0, Position::Downstream);
        assert_eq!(
            positions(&istio("EXTENSION_CONFIG"))[0].0,
            Position::Unknown
        );
        let gateway = |kind: &str, path: &str| {
            format!(
                "{{kind: EnvoyPatchPolicy, spec: {{jsonPatches: [{{type: x/a.{kind}, operation: {{op: add, path: {path:?}, value: [{edge}]}}}}]}}}}"
            )
        };
        assert_eq!(
            positions(&gateway("Listener", "/x"))[0].0,
            Position::Downstream
        );
        assert_eq!(
            positions(&gateway("Listener", "a/upstream_http_filters"))[0].0,
            Position::Upstream
        );
        assert_eq!(
            positions(&gateway("Cluster", "/x"))[0].0,
            Position::Upstream
        );
        assert_eq!(positions(&gateway("Other", "/x"))[0].0, Position::Unknown);
    }
}
