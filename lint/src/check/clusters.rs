//! The clusters that providers and routes name are there, and each that a route names has a provider.

use crate::block::Stage;
use crate::cursor::Cursor;
use crate::finding::Findings;
use crate::near;
use crate::route::Destination;
use crate::system::System;

const NAME: &str = "clusters";

pub(super) fn check(system: &System, findings: &mut Findings) {
    if system.blocks.is_empty() {
        return;
    }
    if !system.clusters.is_empty() {
        matched(system, findings);
    }
    for route in system.weirs_routes() {
        for destination in route.destinations() {
            if !system.clusters.is_empty()
                && system
                    .clusters_called(&destination.cluster)
                    .next()
                    .is_none()
            {
                missing(
                    &destination.at,
                    &destination.cluster,
                    "this route's cluster",
                    system,
                    findings,
                );
            } else {
                served(destination, system, findings);
            }
        }
    }
}

/// Every provider's `match.cluster` is the name of a cluster.
fn matched(system: &System, findings: &mut Findings) {
    let attempts = system
        .blocks
        .iter()
        .filter(|block| block.stage == Some(Stage::Attempt));
    for provider in attempts.flat_map(|block| block.providers()) {
        let Some(cluster) = provider.at(&["match", "cluster"]) else {
            continue;
        };
        let name = cluster.text().unwrap_or_default();
        if system.clusters_called(name).next().is_none() {
            missing(&cluster, name, "the cluster", system, findings);
        }
    }
}

/// Where a control plane may know more clusters than were given, only what is nearly one of them is surely wrong.
fn missing(at: &Cursor, name: &str, what: &str, system: &System, findings: &mut Findings) {
    let names = system.clusters.iter().map(|cluster| cluster.name.as_str());
    let near = near::hint(name, names);
    if system.is_open() && near.is_empty() {
        let message = format!("{what}, {name:?}, is none of those that were given here");
        findings.warn(NAME, at.place(), message);
    } else {
        findings.error(
            NAME,
            at.place(),
            format!("{what}, {name:?}, is not there{near}"),
        );
    }
}

/// The cluster of a route has a provider.
fn served(destination: &Destination, system: &System, findings: &mut Findings) {
    let mut attempts = system
        .blocks
        .iter()
        .filter(|block| block.stage == Some(Stage::Attempt));
    if attempts.clone().next().is_none() || !system.providers_of(&destination.cluster).is_empty() {
        return;
    }
    let name = &destination.cluster;
    let own = system
        .clusters
        .iter()
        .position(|cluster| cluster.name == *name);
    let filters = own.and_then(|own| system.clusters.get(own)?.filters.as_ref());
    let message = match filters {
        Some(filters) if !attempts.any(|block| block.cluster == own) => format!(
            "the cluster {name:?} has upstream filters of its own (line {}), which replace the router's, and Weir's attempt is not among them: what goes there is neither translated nor given a key",
            filters.line
        ),
        _ => format!(
            "no provider's `match` fits the cluster {name:?}: what goes there is neither translated nor given a key"
        ),
    };
    findings.error(NAME, destination.at.place(), message);
}

#[cfg(test)]
mod tests {
    use crate::testing::{block, found};

    fn said(provider: &str, route: &str, open: &str) -> Vec<String> {
        let attempt = block(
            "a",
            &format!(
                "{{stage: attempt, providers: [{{provider: openai, match: {{cluster: {provider}}}}}]}}"
            ),
        );
        let text = format!(
            "static_resources: {{listeners: [{{upstream_http_filters: [{attempt}], route_config: {{virtual_hosts: [{{routes: [{{match: {{headers: [{{name: x-weir-target, string_match: {{exact: a}}}}]}}, route: {{cluster: {route}}}}}]}}]}}}}], clusters: [{{name: openai}}, {{name: azure}}]}}\n{open}"
        );
        found(super::check, &text)
    }

    #[test]
    fn a_providers_cluster_is_there() {
        assert!(said("openai", "openai", "").is_empty());
        assert!(said("open*", "openai", "").is_empty());
        let wrong = said("opneai", "azure", "");
        assert!(
            wrong[0].contains("is not there; did you mean \"openai\"?"),
            "{wrong:?}"
        );
    }

    #[test]
    fn a_routes_cluster_is_there() {
        let wrong = said("openai", "nowhere", "");
        assert!(
            wrong[0].starts_with("error") && wrong[0].contains("\"nowhere\", is not there"),
            "{wrong:?}"
        );
        // A control plane may know it.
        let open = said(
            "openai",
            "nowhere",
            "dynamic_resources: {cds_config: {ads: {}}}",
        );
        assert!(open[0].starts_with("warning"), "{open:?}");
        let near = said(
            "openai",
            "opneai",
            "dynamic_resources: {cds_config: {ads: {}}}",
        );
        assert!(near[0].starts_with("error"), "{near:?}");
    }

    #[test]
    fn a_routes_cluster_has_a_provider() {
        let wrong = said("openai", "azure", "");
        assert_eq!(wrong.len(), 1);
        assert!(wrong[0].contains("no provider's `match` fits the cluster \"azure\""));
    }

    #[test]
    fn own_filters_replace_the_routers() {
        let own = "typed_extension_protocol_options: {x: {\"@type\": x/a.HttpProtocolOptions, http_filters: [{name: b}]}}";
        let text = format!(
            "static_resources: {{listeners: [{{upstream_http_filters: [{}], route_config: {{virtual_hosts: [{{routes: [{{match: {{headers: [{{name: x-weir-target}}]}}, route: {{cluster: a}}}}]}}]}}}}], clusters: [{{name: a, {own}}}]}}",
            block("a", "{stage: attempt, providers: [{provider: openai}]}")
        );
        let said = found(super::check, &text);
        assert!(said[0].contains("upstream filters of its own"), "{said:?}");
        assert!(found(super::check, &text.replace(own, "x: 1")).is_empty());
    }
}
