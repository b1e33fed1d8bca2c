//! Bodies up to the edge's own limit reach it.

use crate::finding::Findings;
use crate::listener::ENVOY_BUFFER_BYTES;
use crate::route::{Action, Route};
use crate::system::System;
use std::collections::BTreeSet;

const NAME: &str = "bodies";
const KEY: &str = "request_body_buffer_limit";

pub(super) fn check(system: &System, findings: &mut Findings) {
    let most = system
        .edges()
        .map(|edge| edge.number("max_request_bytes", 16 << 20))
        .max();
    let Some(most) = most else { return };
    let held = held(system);
    let ours = system.routes.iter().filter(|route| route.is_weirs());
    let tables: BTreeSet<usize> = ours.map(|route| route.table).collect();
    for table in tables {
        let routes: Vec<&Route> = system
            .routes
            .iter()
            .filter(|route| route.table == table)
            .collect();
        let first = routes.iter().find(|route| !route.is_weirs());
        let cost = |bytes: u64| {
            format!(
                "Envoy refuses bodies beyond {bytes} bytes with a 413 of its own, before `max_request_bytes` ({most}) of the edge"
            )
        };
        match first {
            Some(route) if matches!(route.action, Action::Answer) && held < most => findings.warn(
                NAME,
                route.at.place(),
                format!("{}: until its body was read a request has no target and is on this route, and Envoy takes a `{KEY}` from routes to clusters only, not from direct responses", cost(held)),
            ),
            Some(route) if route.body_limit.unwrap_or(held) < most => findings.warn(
                NAME,
                route.at.place(),
                format!("{}: until its body was read a request has no target and is on this route; give it, or its virtual host, a `{KEY}`", cost(route.body_limit.unwrap_or(held))),
            ),
            None if held < most => {
                if let Some(route) = routes.first() {
                    findings.warn(
                        NAME,
                        route.at.place(),
                        format!("{}: until its body was read a request has no target, and no route here takes it then; add one with a `{KEY}`, to no cluster", cost(held)),
                    );
                }
            }
            _ => {}
        }
    }
}

/// What is held of a body where no route says it.
fn held(system: &System) -> u64 {
    let listeners = system
        .edges()
        .filter_map(|edge| system.listeners.get(edge.listener?));
    let own = listeners.map(|listener| listener.buffer.bytes);
    let all = own.chain(system.listener_buffers.iter().map(|buffer| buffer.bytes));
    all.min().unwrap_or(ENVOY_BUFFER_BYTES)
}

#[cfg(test)]
mod tests {
    use crate::testing::{block, found};

    fn said(edge: &str, listener: &str, host: &str, last: &str) -> Vec<String> {
        let edge = block("e", &format!("{{stage: edge{edge}}}"));
        let ours = "{match: {headers: [{name: x-weir-target, string_match: {exact: a}}]}, route: {cluster: a}}";
        let text = format!(
            "static_resources: {{listeners: [{{{listener}http_filters: [{edge}], route_config: {{virtual_hosts: [{{{host}routes: [{ours}{last}]}}]}}}}]}}"
        );
        found(super::check, &text)
    }

    const LAST: &str = ", {match: {prefix: /}, route: {cluster: none}}";
    const LIMIT: &str = "request_body_buffer_limit: 17825792, ";

    #[test]
    fn the_route_without_a_target_has_the_limit() {
        assert!(said("", "", LIMIT, LAST).is_empty());
        let none = said("", "", "", LAST);
        assert_eq!(none.len(), 1);
        assert!(none[0].contains("beyond 1048576 bytes"), "{none:?}");
        assert!(said(", max_request_bytes: 1000", "", "", LAST).is_empty());
        assert!(
            said(
                "",
                "per_connection_buffer_limit_bytes: 20000000, ",
                "",
                LAST
            )
            .is_empty()
        );
    }

    #[test]
    fn it_is_there_and_no_direct_response() {
        assert!(said("", "", LIMIT, "")[0].contains("no route here takes it"));
        let direct = said(
            "",
            "",
            LIMIT,
            ", {match: {prefix: /}, direct_response: {status: 404}}",
        );
        assert!(
            direct[0].contains("not from direct responses"),
            "{direct:?}"
        );
    }
}
