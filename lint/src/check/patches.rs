//! A control plane's patches are for something that is there: one that is for nothing is left out without a word.

use crate::block::{Block, Position};
use crate::cursor::Cursor;
use crate::finding::Findings;
use crate::near;
use crate::system::System;
use std::collections::BTreeSet;
use std::rc::Rc;

const NAME: &str = "patches";

pub(super) fn check(system: &System, findings: &mut Findings) {
    gateway(system, findings);
    istio(system, findings);
}

/// `NAMESPACE/GATEWAY/LISTENER`, of every Gateway that is given.
fn listeners(system: &System) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for gateway in system.objects("Gateway") {
        if gateway.document.group != "gateway.networking.k8s.io" {
            continue;
        }
        let listed = gateway.get("spec").map(|spec| spec.list("listeners"));
        for listener in listed.unwrap_or_default() {
            let document = &gateway.document;
            let name = listener.word("name").unwrap_or_default();
            names.insert(format!("{}/{}/{name}", document.namespace, document.name));
        }
    }
    names
}

fn gateway(system: &System, findings: &mut Findings) {
    let listeners = listeners(system);
    let mut edges: BTreeSet<String> = BTreeSet::new();
    let mut place = None;
    for policy in system.objects("EnvoyPatchPolicy") {
        let patches = policy.get("spec").map(|spec| spec.list("jsonPatches"));
        for patch in patches.unwrap_or_default() {
            let (Some(kind), Some(at)) = (patch.word("type"), patch.get("name")) else {
                continue;
            };
            let name = at.text().unwrap_or_default();
            let kind = kind.rsplit('.').next().unwrap_or_default().to_owned();
            let names: Vec<&str> = match kind.as_str() {
                "Listener" | "RouteConfiguration" => listeners.iter().map(String::as_str).collect(),
                "Cluster" => clusters(system),
                _ => Vec::new(),
            };
            if !names.is_empty() && !names.contains(&name) {
                let near = near::hint(name, names.iter().copied());
                findings.error(
                    NAME,
                    at.place(),
                    format!("Envoy Gateway makes no {kind} of the name {name:?} of what was given: this patch changes nothing{near}"),
                );
            }
            if kind == "Listener" && system.blocks.iter().any(|block| holds(&patch, block)) {
                edges.insert(name.to_owned());
                place.get_or_insert(at);
            }
        }
    }
    // Those of the same gateway that are left out.
    let Some(place) = place else { return };
    let gateways: BTreeSet<&str> = edges
        .iter()
        .filter_map(|name| Some(name.rsplit_once('/')?.0))
        .collect();
    for name in &listeners {
        let same = name
            .rsplit_once('/')
            .is_some_and(|(gateway, _)| gateways.contains(gateway));
        if same && !edges.contains(name) {
            findings.warn(
                NAME,
                place.place(),
                format!("the gateway has the listener {name:?} too, and no patch puts the edge into it: what comes there has no target"),
            );
        }
    }
}

/// Whether a patch holds an edge.
fn holds(patch: &Cursor, block: &Block) -> bool {
    block.position == Position::Downstream
        && Rc::ptr_eq(&block.filter.document, &patch.document)
        && block.filter.path.starts_with(&format!("{}.", patch.path))
}

fn clusters(system: &System) -> Vec<&str> {
    let names = system.clusters.iter().flat_map(|cluster| {
        let parts = cluster.parts.iter().map(String::as_str);
        parts.chain(std::iter::once(cluster.name.as_str()))
    });
    names.collect()
}

/// EnvoyFilters that name a route of a VirtualService, or a service.
fn istio(system: &System, findings: &mut Findings) {
    let services = system.objects("VirtualService");
    let rules = services
        .iter()
        .filter_map(|service| service.at(&["spec", "http"]));
    let routes: Vec<String> = rules
        .flat_map(|http| http.items())
        .filter_map(|rule| rule.word("name"))
        .collect();
    let hosts: BTreeSet<&str> = system
        .clusters
        .iter()
        .filter_map(|cluster| cluster.name.rsplit('|').next())
        .collect();
    for filter in system.objects("EnvoyFilter") {
        let patches = filter.get("spec").map(|spec| spec.list("configPatches"));
        for patch in patches.unwrap_or_default() {
            if let Some(at) = patch.at(&["match", "routeConfiguration", "vhost", "route", "name"]) {
                let name = at.text().unwrap_or_default();
                if !routes.is_empty() && !routes.iter().any(|route| route == name) {
                    let near = near::hint(name, routes.iter().map(String::as_str));
                    findings.error(NAME, at.place(), format!("no VirtualService has a route of the name {name:?}: this patch changes nothing{near}"));
                }
            }
            if let Some(at) = patch.at(&["match", "cluster", "service"]) {
                let name = at.text().unwrap_or_default();
                let near = near::hint(name, hosts.iter().copied());
                // A service that was not given may be there all the same.
                if !hosts.contains(name) && !near.is_empty() {
                    findings.error(
                        NAME,
                        at.place(),
                        format!(
                            "no service has the name {name:?}: this patch changes nothing{near}"
                        ),
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{block, found};

    fn gateway(listener: &str, cluster: &str, more: &str) -> Vec<String> {
        let edge = block("e", "{stage: edge}");
        let text = format!(
            "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: g, namespace: n}}\nspec: {{listeners: [{{name: http}}{more}]}}\n---\nkind: HTTPRoute\nmetadata: {{name: r, namespace: n}}\nspec: {{rules: [{{backendRefs: [{{name: b}}]}}]}}\n---\nkind: EnvoyPatchPolicy\nspec:\n  jsonPatches:\n  - {{type: x/a.Listener, name: {listener}, operation: {{value: {edge}}}}}\n  - {{type: x/a.Cluster, name: {cluster}, operation: {{value: 1}}}}\n"
        );
        found(super::check, &text)
    }

    #[test]
    fn envoy_gateways_names_are_there() {
        assert!(gateway("n/g/http", "httproute/n/r/rule/0", "").is_empty());
        assert!(gateway("n/g/http", "httproute/n/r/rule/0/backend/0", "").is_empty());
        let listener = gateway("n/g/htp", "httproute/n/r/rule/0", "");
        assert!(
            listener[0].contains("did you mean \"n/g/http\"?"),
            "{listener:?}"
        );
        let cluster = gateway("n/g/http", "httproute/n/r/rule/1", "");
        assert!(cluster[0].contains("no Cluster of the name"), "{cluster:?}");
    }

    #[test]
    fn every_listener_has_the_edge() {
        let said = gateway("n/g/http", "httproute/n/r/rule/0", ", {name: https}");
        assert_eq!(said.len(), 1);
        assert!(said[0].starts_with("warning") && said[0].contains("\"n/g/https\" too"));
    }

    #[test]
    fn istios_names_are_there() {
        let said = |route: &str, service: &str| {
            let text = format!(
                "kind: ServiceEntry\nspec: {{hosts: [openai.test], ports: [{{number: 443}}]}}\n---\nkind: VirtualService\nspec: {{http: [{{name: openai, route: []}}]}}\n---\nkind: EnvoyFilter\nspec:\n  configPatches:\n  - {{applyTo: HTTP_ROUTE, match: {{routeConfiguration: {{vhost: {{route: {{name: {route}}}}}}}}}}}\n  - {{applyTo: CLUSTER, match: {{cluster: {{service: {service}}}}}}}\n"
            );
            found(super::check, &text)
        };
        assert!(said("openai", "openai.test").is_empty());
        assert!(said("opneai", "openai.test")[0].contains("did you mean \"openai\"?"));
        assert!(said("openai", "opneai.test")[0].contains("no service has the name"));
        assert!(said("openai", "elsewhere.example.com").is_empty());
    }
}
