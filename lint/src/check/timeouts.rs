//! An answer may take its time.

use crate::finding::Findings;
use crate::route::{Action, Route, Timeout};
use crate::system::System;

const NAME: &str = "timeouts";

/// A limit below this cuts answers that are long, not wrong.
const SHORT_MS: u64 = 60_000;

pub(super) fn check(system: &System, findings: &mut Findings) {
    for route in system.weirs_routes() {
        if !matches!(route.action, Action::Answer) {
            whole(route, findings);
            each(route, findings);
        }
    }
}

fn whole(route: &Route, findings: &mut Findings) {
    match &route.timeout {
        Timeout::Default(ms) if *ms > 0 => findings.warn(
            NAME,
            route.at.place(),
            format!("has no timeout, and so Envoy's of {}: a longer answer is cut, or a 504; set 0s, and idle timeouts against silence", seconds(*ms)),
        ),
        Timeout::Set(at, ms) if (1..SHORT_MS).contains(ms) => findings.warn(
            NAME,
            at.place(),
            format!("covers the whole answer: one that takes longer than {} is cut, or a 504; set 0s, and idle timeouts against silence", seconds(*ms)),
        ),
        _ => {}
    }
}

fn each(route: &Route, findings: &mut Findings) {
    if let Some(at) = &route.per_try_timeout {
        findings.warn(
            NAME,
            at.place(),
            "covers a whole try, and of an answer that Weir holds all of it: use `per_try_idle_timeout`",
        );
    }
}

fn seconds(ms: u64) -> String {
    if ms.is_multiple_of(1_000) {
        format!("{} s", ms.div_euclid(1_000))
    } else {
        format!("{ms} ms")
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::found;

    fn said(action: &str) -> Vec<String> {
        let text = format!(
            "static_resources: {{listeners: [{{route_config: {{virtual_hosts: [{{routes: [{{match: {{headers: [{{name: x-weir-target}}]}}, route: {{cluster: a{action}}}}}, {{match: {{prefix: /}}, route: {{cluster: other}}}}]}}]}}}}]}}"
        );
        found(super::check, &text)
    }

    #[test]
    fn an_answer_takes_its_time() {
        assert!(said(", timeout: 0s").is_empty());
        assert!(said(", timeout: 600s").is_empty());
        let default = said("");
        assert_eq!(default.len(), 1);
        assert!(default[0].contains("Envoy's of 15 s"), "{default:?}");
        assert!(said(", timeout: 30s")[0].contains("longer than 30 s"));
        assert!(said(", timeout: 0.5s")[0].contains("500 ms"));
    }

    #[test]
    fn a_try_is_not_bounded_as_a_whole() {
        let said = said(", timeout: 0s, retry_policy: {per_try_timeout: 30s}");
        assert_eq!(said.len(), 1);
        assert!(said[0].contains("retry_policy.per_try_timeout: covers a whole try"));
    }

    #[test]
    fn istio_has_no_timeout_and_envoy_gateway_has() {
        let istio = "kind: VirtualService\nspec: {http: [{match: [{headers: {x-weir-target: {exact: a}}}], route: [{destination: {host: a.com, port: {number: 443}}}]}]}\n";
        assert!(found(super::check, istio).is_empty());
        let gateway = "kind: HTTPRoute\nspec: {rules: [{matches: [{headers: [{name: x-weir-target, value: a}]}], backendRefs: [{name: a}]}]}\n";
        assert!(found(super::check, gateway)[0].contains("Envoy's of 15 s"));
    }
}
