//! Each stage stands where it has to: the edge before the router, the attempt before the upstream codec.

use crate::block::{Block, Position, Stage};
use crate::cursor::Cursor;
use crate::finding::Findings;
use crate::system::System;

const NAME: &str = "order";

pub(super) fn check(system: &System, findings: &mut Findings) {
    for block in &system.blocks {
        match (block.stage, block.position) {
            (Some(Stage::Attempt), Position::Downstream) => findings.error(
                NAME,
                block.filter.place(),
                "the attempt stands in the connection manager's filters: it has to be in the router's `upstream_http_filters` or in the cluster's HttpProtocolOptions, where each try passes it",
            ),
            (Some(Stage::Edge | Stage::Inline), Position::Upstream) => findings.error(
                NAME,
                block.filter.place(),
                "the edge stands in upstream filters: it has to be in the connection manager's, before the router, where routes can follow what it says",
            ),
            (Some(stage), _) => {
                chained(block, stage, findings);
            }
            _ => {}
        }
    }
    for patch in patches(system) {
        inserted(&patch, system, findings);
    }
}

/// A list of filters ends with its terminal one, and what stands behind it is never asked.
fn chained(block: &Block, stage: Stage, findings: &mut Findings) {
    let Some((list, place)) = &block.chain else {
        return;
    };
    let (last, known) = match stage {
        Stage::Attempt => ("UpstreamCodec", "upstream_codec"),
        _ => ("Router", "router"),
    };
    let filters = list.items();
    let end = filters.iter().position(|filter| is(filter, last, known));
    match end {
        Some(end) if end < *place => findings.error(
            NAME,
            block.filter.place(),
            format!("stands behind the {known}, where no request comes: put it before"),
        ),
        None if stage == Stage::Attempt && alone(list) => findings.error(
            NAME,
            list.place(),
            "has no envoy.filters.http.upstream_codec at its end, without which Envoy refuses a list of upstream filters",
        ),
        _ => {}
    }
}

fn is(filter: &Cursor, kind: &str, name: &str) -> bool {
    let message = filter.get("typed_config").and_then(|any| any.message());
    let by_type = message.is_some_and(|(found, _)| found.ends_with(&format!(".{kind}")));
    by_type
        || filter
            .word("name")
            .is_some_and(|found| found == format!("envoy.filters.http.{name}"))
}

/// Whether a list is whole, and not a patch's.
fn alone(list: &Cursor) -> bool {
    list.path.ends_with("http_filters") || list.path.ends_with("httpFilters")
}

/// The patches of EnvoyFilters and EnvoyPatchPolicies.
fn patches(system: &System) -> Vec<Cursor> {
    let lists = [
        ("EnvoyFilter", "configPatches"),
        ("EnvoyPatchPolicy", "jsonPatches"),
    ];
    let objects = lists.iter().flat_map(|(kind, key)| {
        let objects = system.objects(kind).into_iter();
        objects.filter_map(|object| object.at(&["spec", key]))
    });
    objects.flat_map(|list| list.items()).collect()
}

/// A patch that puts the edge somewhere.
fn inserted(patch: &Cursor, system: &System, findings: &mut Findings) {
    let inside = format!("{}.", patch.path);
    let holds = |block: &&Block| {
        block.position == Position::Downstream
            && std::rc::Rc::ptr_eq(&block.filter.document, &patch.document)
            && block.filter.path.starts_with(&inside)
    };
    if !system.blocks.iter().any(|block| holds(&block)) {
        return;
    }
    let behind = "puts the edge behind the router, where no request comes";
    match patch.document.kind.as_str() {
        "EnvoyFilter" => {
            let operation = patch.at(&["patch", "operation"]);
            let word = operation
                .as_ref()
                .and_then(|at| at.text())
                .unwrap_or_default();
            let place = operation.as_ref().unwrap_or(patch).place();
            let filter = patch.at(&[
                "match",
                "listener",
                "filterChain",
                "filter",
                "subFilter",
                "name",
            ]);
            let router =
                filter.as_ref().and_then(|at| at.text()) == Some("envoy.filters.http.router");
            match word {
                "INSERT_AFTER" if router => findings.error(NAME, place, format!("{behind}: INSERT_BEFORE")),
                "ADD" => findings.error(NAME, place, format!("{behind}: INSERT_BEFORE with the router as `subFilter`")),
                "INSERT_BEFORE" | "INSERT_AFTER" if filter.is_none() => findings.warn(
                    NAME,
                    place,
                    "names no `subFilter`: whether the edge is before the router is left to what else there is; name envoy.filters.http.router",
                ),
                _ => {}
            }
            inbound(patch, findings);
        }
        _ => {
            let path = patch.at(&["operation", "path"]);
            let word = path.as_ref().and_then(|at| at.text()).unwrap_or_default();
            if word.ends_with("/-") {
                let place = path.as_ref().unwrap_or(patch).place();
                findings.error(
                    NAME,
                    place,
                    format!("{behind}: name the router's own place in the list"),
                );
            }
        }
    }
}

/// Without a context a patch is for what sidecars receive too. A waypoint's chain for a service is inbound, too, and may be named.
fn inbound(patch: &Cursor, findings: &mut Findings) {
    let chain = patch.at(&["match", "listener", "filterChain", "name"]);
    let name = chain.as_ref().and_then(|at| at.text()).unwrap_or_default();
    if name.starts_with("inbound-vip|") {
        return;
    }
    let context = patch.at(&["match", "context"]);
    let word = context.as_ref().and_then(|at| at.text()).unwrap_or("ANY");
    if matches!(word, "ANY" | "SIDECAR_INBOUND") {
        findings.warn(
            NAME,
            context.as_ref().unwrap_or(patch).place(),
            "puts the edge before what a workload receives too, where nothing is for it: `context: GATEWAY` or SIDECAR_OUTBOUND",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{block, found};

    const ROUTER: &str = "{name: envoy.filters.http.router}";
    const CODEC: &str = "{name: envoy.filters.http.upstream_codec}";

    fn chain(key: &str, filters: &[&str]) -> Vec<String> {
        let text = format!(
            "static_resources: {{listeners: [{{a: {{\"@type\": x/a.HttpConnectionManager, {key}: [{}]}}}}]}}",
            filters.join(", ")
        );
        found(super::check, &text)
    }

    #[test]
    fn the_edge_is_before_the_router() {
        let edge = block("e", "{stage: edge}");
        assert!(chain("http_filters", &[&edge, ROUTER]).is_empty());
        assert!(chain("http_filters", &[ROUTER, &edge])[0].contains("behind the router"));
        assert!(
            chain("upstream_http_filters", &[&edge, CODEC])[0]
                .contains("the edge stands in upstream")
        );
    }

    #[test]
    fn the_attempt_is_before_the_codec() {
        let attempt = block("a", "{stage: attempt, providers: []}");
        assert!(chain("upstream_http_filters", &[&attempt, CODEC]).is_empty());
        assert!(
            chain("upstream_http_filters", &[CODEC, &attempt])[0]
                .contains("behind the upstream_codec")
        );
        assert!(
            chain("upstream_http_filters", &[&attempt])[0]
                .contains("has no envoy.filters.http.upstream_codec")
        );
        assert!(
            chain("http_filters", &[&attempt, ROUTER])[0]
                .contains("the attempt stands in the connection")
        );
    }

    #[test]
    fn istio_puts_the_edge_before_the_router() {
        let said = |operation: &str, context: &str| {
            let text = format!(
                "kind: EnvoyFilter\nspec: {{configPatches: [{{applyTo: HTTP_FILTER, match: {{{context}listener: {{filterChain: {{filter: {{subFilter: {{name: envoy.filters.http.router}}}}}}}}}}, patch: {{operation: {operation}, value: {}}}}}]}}",
                block("e", "{stage: edge}")
            );
            found(super::check, &text)
        };
        assert!(said("INSERT_BEFORE", "context: GATEWAY, ").is_empty());
        assert!(said("INSERT_AFTER", "context: GATEWAY, ")[0].contains("behind the router"));
        assert!(said("ADD", "context: GATEWAY, ")[0].contains("behind the router"));
        assert!(said("INSERT_BEFORE", "")[0].contains("a workload receives"));
        assert!(
            said("INSERT_BEFORE", "context: SIDECAR_INBOUND, ")[0].contains("a workload receives")
        );
        let waypoint = format!(
            "kind: EnvoyFilter\nspec: {{configPatches: [{{applyTo: HTTP_FILTER, match: {{context: SIDECAR_INBOUND, listener: {{filterChain: {{name: 'inbound-vip|80|http|llm.weir.internal', filter: {{subFilter: {{name: envoy.filters.http.router}}}}}}}}}}, patch: {{operation: INSERT_BEFORE, value: {}}}}}]}}",
            block("e", "{stage: edge}")
        );
        assert!(found(super::check, &waypoint).is_empty());
    }

    #[test]
    fn envoy_gateway_puts_the_edge_before_the_router() {
        let said = |path: &str| {
            let text = format!(
                "kind: EnvoyPatchPolicy\nspec: {{jsonPatches: [{{type: x/a.Listener, operation: {{op: add, {path}value: {}}}}}]}}",
                block("e", "{stage: edge}")
            );
            found(super::check, &text)
        };
        assert!(
            said("jsonPath: \"$..http_filters[?(@.name=='envoy.filters.http.router')]\", ")
                .is_empty()
        );
        assert!(said("path: /a/http_filters/-, ")[0].contains("behind the router"));
    }
}
