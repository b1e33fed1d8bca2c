//! What the attempt writes into a held body is no more than Envoy lets it hold.

use crate::block::{Block, Stage};
use crate::finding::Findings;
use crate::listener::Buffer;
use crate::system::System;

const NAME: &str = "buffers";
const KEY: &str = "envoy_buffer_limit_bytes";

pub(super) fn check(system: &System, findings: &mut Findings) {
    for block in system.attempts() {
        let Some(tree) = block.tree() else { continue };
        let told = block.buffer_limit();
        let place = || tree.get(KEY).as_ref().unwrap_or(tree).place();
        let buffers = buffers(block, system);
        for buffer in buffers.iter().filter(|buffer| buffer.bytes < told) {
            let (file, line) = (&buffer.at.document.file, buffer.at.line);
            findings.error(
                NAME,
                place(),
                format!("`{KEY}` is {told}, more than {}, {}: Envoy crashes when a held body outgrows it ({file}:{line})", named(buffer), buffer.bytes),
            );
        }
        let least = buffers.iter().min_by_key(|buffer| buffer.bytes);
        if let Some(least) = least.filter(|least| least.bytes > told) {
            let half = told.div_euclid(2);
            findings.warn(
                NAME,
                place(),
                format!("`{KEY}` is {told}, less than {}, {}: the headers of unary answers beyond {half} bytes are sent before all of it is there, so that one that fails then is cut, and not tried again", named(least), least.bytes),
            );
        }
    }
}

fn named(buffer: &Buffer) -> &str {
    buffer.what.trim_end_matches(',')
}

/// The limits of whatever a block's bodies may be held in.
fn buffers(block: &Block, system: &System) -> Vec<Buffer> {
    let mut places: Vec<usize> = system.edges().filter_map(|edge| edge.listener).collect();
    if block.stage == Some(Stage::Inline) || places.is_empty() {
        places = block.listener.into_iter().collect();
    }
    places.sort_unstable();
    places.dedup();
    let listeners = places
        .iter()
        .filter_map(|place| system.listeners.get(*place));
    let mut buffers: Vec<Buffer> = listeners.map(|listener| listener.buffer.clone()).collect();
    buffers.extend(system.listener_buffers.iter().cloned());
    if block.stage == Some(Stage::Inline) {
        return buffers;
    }
    let routed = |name: &str| {
        let routes = system.weirs_routes();
        let mut destinations = routes.iter().flat_map(|route| route.destinations());
        destinations.any(|destination| destination.cluster == name)
    };
    for (place, cluster) in system.clusters.iter().enumerate() {
        let in_it = match block.cluster {
            Some(own) => own == place,
            None => cluster.filters.is_none() && routed(&cluster.name),
        };
        if in_it {
            buffers.extend(cluster.buffer.clone());
        }
    }
    buffers.extend(system.cluster_buffers.iter().cloned());
    buffers
}

#[cfg(test)]
mod tests {
    use crate::testing::{block, found};

    fn said(told: &str, listener: &str, cluster: &str) -> Vec<String> {
        let edge = block("e", "{stage: edge}");
        let attempt = block(
            "a",
            &format!("{{stage: attempt, {told}providers: [{{provider: openai}}]}}"),
        );
        let options = format!(
            "typed_extension_protocol_options: {{x: {{\"@type\": x/a.HttpProtocolOptions, http_filters: [{attempt}]}}}}"
        );
        let text = format!(
            "static_resources: {{listeners: [{{{listener}http_filters: [{edge}]}}], clusters: [{{name: openai, {cluster}{options}}}]}}"
        );
        found(super::check, &text)
    }

    const MIB: &str = "per_connection_buffer_limit_bytes: 1048576, ";

    #[test]
    fn no_more_is_said_than_there_is() {
        let told = "envoy_buffer_limit_bytes: 1048576, ";
        assert!(said(told, MIB, MIB).is_empty());
        // Envoy's default is the same.
        assert!(said(told, "", "").is_empty());
        let small = "per_connection_buffer_limit_bytes: 32768, ";
        let listener = said(told, small, MIB);
        assert_eq!(listener.len(), 1);
        assert!(
            listener[0].starts_with("error") && listener[0].contains("the listener's"),
            "{listener:?}"
        );
        assert!(said(told, MIB, small)[0].contains("the cluster's"));
    }

    #[test]
    fn what_less_costs_is_said() {
        let less = said("", MIB, MIB);
        assert_eq!(less.len(), 1);
        assert!(
            less[0].starts_with("warning") && less[0].contains("beyond 16384 bytes"),
            "{less:?}"
        );
    }

    #[test]
    fn a_control_planes_limits_count() {
        let attempt = block(
            "a",
            "{stage: attempt, envoy_buffer_limit_bytes: 1048576, providers: [{provider: openai}]}",
        );
        let text = |policy: &str| {
            format!(
                "kind: EnvoyPatchPolicy\nspec: {{jsonPatches: [{{type: x.Listener, operation: {{path: upstream_http_filters, value: [{attempt}]}}}}]}}\n{policy}"
            )
        };
        let said = found(super::check, &text(""));
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].contains("Envoy Gateway's default"));
        let policies = "---\nkind: ClientTrafficPolicy\nspec: {connection: {bufferLimit: 1Mi}}\n---\nkind: BackendTrafficPolicy\nspec: {connection: {bufferLimit: 1Mi}}\n";
        assert!(found(super::check, &text(policies)).is_empty());
    }
}
