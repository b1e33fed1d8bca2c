//! A fallback falls back: on what fails, to another cluster, under load.

use crate::block::Stage;
use crate::finding::Findings;
use crate::route::Route;
use crate::system::System;

const NAME: &str = "retries";

/// What Envoy has to retry on for a failure that the attempt shows as a status.
const STATUSES: [&str; 4] = [
    "5xx",
    "gateway-error",
    "retriable-status-codes",
    "retriable-headers",
];

pub(super) fn check(system: &System, findings: &mut Findings) {
    let routes = system.weirs_routes();
    for route in routes.iter().filter(|route| route.falls_back()) {
        tried(route, findings);
        enough(route, system, findings);
    }
    let mut attempts = system
        .blocks
        .iter()
        .filter(|block| block.stage == Some(Stage::Attempt));
    let waits = |block: &crate::block::Block| block.tree().and_then(|tree| tree.get("fallback"));
    if let Some(waiting) = attempts.clone().find_map(waits) {
        let retried = |route: &&Route| route.retry.count != Some(0) && on_status(route);
        if !routes.is_empty() && !routes.iter().any(retried) {
            findings.warn(
                NAME,
                waiting.place(),
                "`fallback` makes streams wait for their first content so that Envoy can try again, but no route retries on a status: add 5xx and retriable-status-codes (with 429) to a route's `retry_on`",
            );
        }
    } else if let (Some(route), Some(block)) = (
        routes.iter().find(|route| route.falls_back()),
        attempts.next(),
    ) {
        let (file, line) = (&route.at.document.file, route.at.line);
        findings.warn(
            NAME,
            block.tree().unwrap_or(&block.plugin).place(),
            format!("a route falls back to another provider ({file}:{line}), but without `fallback` a stream that begins with an error is sent on and not tried again"),
        );
    }
}

/// Whether a failure that the attempt shows as a status is tried again. Istio takes numbers too.
fn on_status(route: &Route) -> bool {
    let status = |word: &String| STATUSES.contains(&word.as_str()) || word.parse::<u16>().is_ok();
    route.retry.on.iter().any(status)
}

/// A further try is made, for what providers do, elsewhere.
fn tried(route: &Route, findings: &mut Findings) {
    let retry = &route.retry;
    let place = || {
        retry
            .groups
            .as_ref()
            .or(retry.at.as_ref())
            .unwrap_or(&route.at)
            .place()
    };
    if retry.at.is_none() || retry.count == Some(0) {
        findings.error(
            NAME,
            place(),
            "no retry policy: what the first provider fails is never asked of the next",
        );
        return;
    }
    if retry.groups.is_some() && !retry.refreshes {
        findings.error(
            NAME,
            place(),
            "`refresh_cluster_on_retry: true` is missing in the retry policy: without it each further try goes to the first group's cluster again",
        );
    }
    if !retry
        .on
        .iter()
        .any(|word| STATUSES.contains(&word.as_str()))
    {
        findings.warn(
            NAME,
            retry.at.as_ref().unwrap_or(&route.at).place(),
            "retries on no status: a provider's 429 or 5xx goes to the client, not to the next provider; add 5xx and retriable-status-codes (with 429)",
        );
    }
}

/// A cluster allows three retries at once, unless it is told otherwise.
fn enough(route: &Route, system: &System, findings: &mut Findings) {
    for destination in route.destinations() {
        for cluster in system
            .clusters_called(&destination.cluster)
            .filter(|cluster| cluster.own)
        {
            let breakers = cluster.at.get("circuit_breakers");
            let thresholds = breakers
                .as_ref()
                .map(|breakers| breakers.list("thresholds"));
            let thresholds = thresholds.unwrap_or_default();
            let default = |threshold: &crate::cursor::Cursor| {
                !matches!(threshold.word("priority").as_deref(), Some("HIGH"))
            };
            let mut set = thresholds
                .iter()
                .filter(|threshold| default(threshold))
                .filter_map(|threshold| {
                    let budget = threshold.get("retry_budget").map(|_| u64::MAX);
                    budget.or_else(|| threshold.get("max_retries")?.number())
                });
            let most = set.next().unwrap_or(3);
            if most <= 3 {
                findings.warn(
                    NAME,
                    cluster.at.place(),
                    format!("the cluster {:?} allows {most} retries at once (`max_retries` of its circuit breaker): under load a fallback fails with 503; set it to as many as requests", cluster.name),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{block, found};

    fn said(policy: &str, breakers: &str, fallback: &str) -> Vec<String> {
        let attempt = block(
            "a",
            &format!("{{stage: attempt{fallback}, providers: [{{provider: openai}}]}}"),
        );
        let groups = "inline_cluster_specifier_plugin: {extension: {typed_config: {\"@type\": x/a.PriorityGroupClusterSpecifier, priority_groups: [{clusters: [{cluster_name: a}]}, {clusters: [{cluster_name: b}]}]}}}";
        let text = format!(
            "static_resources: {{listeners: [{{upstream_http_filters: [{attempt}], route_config: {{virtual_hosts: [{{routes: [{{match: {{headers: [{{name: x-weir-target}}]}}, route: {{{groups}{policy}}}}}]}}]}}}}], clusters: [{{name: a{breakers}}}, {{name: b{breakers}}}]}}"
        );
        found(super::check, &text)
    }

    const POLICY: &str =
        ", retry_policy: {retry_on: \"5xx,reset\", num_retries: 1, refresh_cluster_on_retry: true}";
    const BREAKERS: &str = ", circuit_breakers: {thresholds: [{max_retries: 1000}]}";
    const WAITS: &str = ", fallback: {}";

    #[test]
    fn a_good_fallback_is_good() {
        assert!(said(POLICY, BREAKERS, WAITS).is_empty());
        let budget = ", circuit_breakers: {thresholds: [{retry_budget: {}}]}";
        assert!(said(POLICY, budget, WAITS).is_empty());
    }

    #[test]
    fn a_further_try_goes_elsewhere() {
        assert!(said("", BREAKERS, "")[0].contains("no retry policy"));
        let same = POLICY.replace(", refresh_cluster_on_retry: true", "");
        assert!(said(&same, BREAKERS, WAITS)[0].contains("refresh_cluster_on_retry"));
        let statuses = said(&POLICY.replace("5xx,", ""), BREAKERS, WAITS);
        assert!(statuses[0].contains("retries on no status"), "{statuses:?}");
    }

    #[test]
    fn there_are_enough_retries() {
        let few = said(POLICY, "", WAITS);
        assert_eq!(few.len(), 2);
        assert!(few[0].contains("allows 3 retries at once"), "{few:?}");
        let high = ", circuit_breakers: {thresholds: [{priority: HIGH, max_retries: 1000}]}";
        assert_eq!(said(POLICY, high, WAITS).len(), 2);
    }

    #[test]
    fn streams_wait_if_and_only_if_there_is_a_retry() {
        let waits = said(POLICY, BREAKERS, "");
        assert!(waits[0].contains("without `fallback`"), "{waits:?}");
        let text = "static_resources: {listeners: [{upstream_http_filters: [BLOCK], route_config: {virtual_hosts: [{routes: [{match: {headers: [{name: x-weir-target}]}, route: {cluster: a}}]}]}}]}";
        let attempt = block(
            "a",
            "{stage: attempt, fallback: {}, providers: [{provider: openai}]}",
        );
        let never = found(super::check, &text.replace("BLOCK", &attempt));
        assert!(
            never[0].contains("no route retries on a status"),
            "{never:?}"
        );
    }
}
