//! The models' targets have routes, and the routes' targets have models.

use crate::block::Stage;
use crate::finding::Findings;
use crate::near;
use crate::route::{Action, Route};
use crate::system::System;
use crate::wanted::{By, How, Wanted};
use std::collections::BTreeSet;

const NAME: &str = "targets";

pub(super) fn check(system: &System, findings: &mut Findings) {
    if system.routes.is_empty() || system.edges().next().is_none() {
        return;
    }
    routed(system, findings);
    asked_for(system, findings);
    told(system, findings);
}

/// Every target of a model has a route.
fn routed(system: &System, findings: &mut Findings) {
    let wanted: BTreeSet<&str> = conditions(system).filter_map(Wanted::exact).collect();
    for target in system.targets() {
        let Some(name) = target.text() else { continue };
        let mut routes = system.routes.iter();
        if !routes.any(|route| route.fits(name) && serves(route, system)) {
            let near = near::hint(name, wanted.iter().copied());
            findings.error(
                NAME,
                target.place(),
                format!("no route takes the target {name:?}, so that its requests find none{near}"),
            );
        }
    }
}

/// A route for whatever target serves it only where there is somebody.
fn serves(route: &Route, system: &System) -> bool {
    if route.is_weirs() {
        return true;
    }
    match &route.action {
        Action::Answer => false,
        Action::Somewhere => true,
        Action::Clusters(destinations) => {
            let mut destinations = destinations.iter();
            system.clusters.is_empty()
                || destinations.any(|to| system.clusters_called(&to.cluster).next().is_some())
        }
    }
}

/// Every target of a route is a model's.
fn asked_for(system: &System, findings: &mut Findings) {
    let targets = system.target_names();
    let models = system.edges().filter_map(|edge| edge.tree());
    let mut models = models.flat_map(|tree| tree.list("models"));
    // A target that is missing, or misspelt, may be the one that a route looks for.
    if targets.is_empty() || models.any(|model| model.get("target").is_none()) {
        return;
    }
    for wanted in
        conditions(system).filter(|wanted| matches!(wanted.by, By::TargetHeader | By::TargetState))
    {
        if targets.iter().any(|target| wanted.fits(target)) {
            continue;
        }
        let message = match &wanted.how {
            How::Exact(name) => {
                let near = near::hint(name, targets.iter().map(String::as_str));
                format!("no model has the target {name:?}: this route is never taken{near}")
            }
            _ => "no model has a target that fits: this route is never taken".to_owned(),
        };
        findings.warn(NAME, wanted.at.place(), message);
    }
}

/// A route that looks at a header needs an edge that writes it.
fn told(system: &System, findings: &mut Findings) {
    let silent = system.edges().all(|edge| {
        let headers = edge.tree().and_then(|tree| tree.get("route_headers"));
        headers.is_some_and(|headers| headers.is_false())
    });
    let inline = system.edges().all(|edge| edge.stage == Some(Stage::Inline));
    for wanted in conditions(system).filter(|wanted| wanted.by == By::Nothing) {
        findings.error(
            NAME,
            wanted.at.place(),
            "this route looks at something that Weir does not write: a target is in filter state `wasm.weir.target` and in the header x-weir-target",
        );
    }
    for wanted in conditions(system).filter(|wanted| wanted.by == By::TargetHeader) {
        if silent {
            findings.error(
                NAME,
                wanted.at.place(),
                "this route looks at the header x-weir-target, which the edge does not write (`route_headers: false`): match filter state `wasm.weir.target`",
            );
        } else if inline {
            findings.error(
                NAME,
                wanted.at.place(),
                "this route looks at the header x-weir-target, which an inline edge takes out again before the route is chosen: match filter state `wasm.weir.target`",
            );
        }
    }
}

fn conditions(system: &System) -> impl Iterator<Item = &Wanted> {
    system.routes.iter().flat_map(|route| &route.wanted)
}

#[cfg(test)]
mod tests {
    use crate::testing::{block, found};

    fn said(edge: &str, routes: &str) -> Vec<String> {
        let edge = block(
            "edge",
            &format!(
                "{{stage: edge, {edge}models: [{{name: a, target: openai}}, {{name: b, target: azure}}]}}"
            ),
        );
        let text = format!(
            "static_resources: {{listeners: [{{http_filters: [{edge}], route_config: {{virtual_hosts: [{{routes: [{routes}]}}]}}}}], clusters: [{{name: a}}]}}"
        );
        found(super::check, &text)
    }

    fn route(target: &str) -> String {
        format!(
            "{{match: {{filter_state: [{{key: wasm.weir.target, string_match: {{exact: {target}}}}}]}}, route: {{cluster: a}}}}"
        )
    }

    #[test]
    fn targets_have_routes() {
        let both = route("openai") + ", " + &route("azure");
        assert!(said("", &both).is_empty());
        let one = said(
            "",
            &(route("openai") + ", {match: {prefix: /}, route: {cluster: none}}"),
        );
        assert_eq!(one.len(), 1, "{one:?}");
        assert!(
            one[0].ends_with("no route takes the target \"azure\", so that its requests find none")
        );
        // One for all.
        assert!(said("", "{match: {prefix: /}, route: {cluster: a}}").is_empty());
    }

    #[test]
    fn routes_have_targets() {
        let three = [route("openai"), route("azure"), route("azzure")].join(", ");
        let found = said("", &three);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("warning") && found[0].ends_with("did you mean \"azure\"?"));
        let misspelt = said("", &(route("opneai") + ", " + &route("azure")));
        assert!(
            misspelt[0].contains("did you mean \"opneai\"?"),
            "{misspelt:?}"
        );
    }

    #[test]
    fn a_misspelt_key_is_told_once() {
        let edge = block(
            "edge",
            "{stage: edge, models: [{name: a, target: openai}, {name: b, targt: azure}]}",
        );
        let routes = route("openai") + ", " + &route("azure");
        let text = format!("a: {edge}\nvirtual_hosts: [{{routes: [{routes}]}}]\n");
        assert!(found(super::check, &text).is_empty());
    }

    #[test]
    fn headers_are_written() {
        let header = |target: &str| {
            format!(
                "{{match: {{headers: [{{name: x-weir-target, string_match: {{exact: {target}}}}}]}}, route: {{cluster: a}}}}"
            )
        };
        let both = header("openai") + ", " + &header("azure");
        assert!(said("", &both).is_empty());
        let misspelt = both.replace("x-weir-target", "x-weir-tagret");
        assert!(
            said("", &misspelt)
                .iter()
                .any(|line| line.contains("does not write"))
        );
        assert!(said("route_headers: false, ", &both)[0].contains("route_headers: false"));
        assert!(said("translate: inline, ", &both)[0].contains("an inline edge"));
    }
}
