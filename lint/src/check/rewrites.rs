//! The attempt's `:authority` is what the provider gets.

use crate::block::Stage;
use crate::finding::Findings;
use crate::system::System;

const NAME: &str = "rewrites";

pub(super) fn check(system: &System, findings: &mut Findings) {
    let mut blocks = system.blocks.iter();
    if !blocks.any(|block| block.stage == Some(Stage::Attempt)) {
        return;
    }
    for route in system.weirs_routes() {
        if let Some(at) = &route.rewrites_host {
            findings.warn(
                NAME,
                at.place(),
                "Envoy rewrites the host after the attempt has set it, so that the provider gets the endpoint's name in place of its own, and a signature over it does not fit: leave it out",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{block, found};

    #[test]
    fn the_host_is_not_rewritten_after_the_attempt() {
        let text = format!(
            "static_resources: {{listeners: [{{upstream_http_filters: [{}], route_config: {{virtual_hosts: [{{routes: [{{match: {{headers: [{{name: x-weir-target}}]}}, route: {{cluster: a, auto_host_rewrite: true}}}}]}}]}}}}]}}",
            block("a", "{stage: attempt, providers: [{provider: openai}]}")
        );
        assert_eq!(found(super::check, &text).len(), 1);
        let not = text.replace("rewrite: true", "rewrite: false");
        assert!(found(super::check, &not).is_empty());
        // An inline edge's host is set before.
        let inline = text.replace("stage: attempt", "stage: edge, translate: inline");
        assert!(found(super::check, &inline).is_empty());
    }
}
