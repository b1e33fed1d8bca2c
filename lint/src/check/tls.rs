//! Providers are reached over TLS, and their certificates are looked at: what is sent holds a key.

use crate::cursor::Cursor;
use crate::finding::Findings;
use crate::system::System;
use std::collections::BTreeSet;

const NAME: &str = "tls";

pub(super) fn check(system: &System, findings: &mut Findings) {
    let routes = system.weirs_routes();
    let destinations = routes.iter().flat_map(|route| route.destinations());
    let named: BTreeSet<&str> = destinations
        .map(|destination| destination.cluster.as_str())
        .collect();
    for cluster in &system.clusters {
        if cluster.own && named.contains(cluster.name.as_str()) {
            envoy(&cluster.at, findings);
        }
    }
    for name in named {
        istio(name, system, findings);
    }
    for route in routes {
        for backend in route.at.list("backendRefs") {
            gateway(&backend, system, findings);
        }
    }
}

fn envoy(cluster: &Cursor, findings: &mut Findings) {
    // Where sockets are chosen by endpoint the cluster's own is for those that none fits.
    let matches = cluster.list("transport_socket_matches");
    let mut sockets: Vec<Cursor> = matches
        .iter()
        .filter_map(|one| one.get("transport_socket"))
        .collect();
    if sockets.is_empty() {
        sockets.extend(cluster.get("transport_socket"));
    }
    if sockets.is_empty() && ports(cluster).contains(&443) {
        findings.error(
            NAME,
            cluster.place(),
            "has no `transport_socket`: what goes to port 443, keys included, goes unencrypted",
        );
    }
    for socket in sockets {
        let message = socket.get("typed_config").and_then(|any| any.message());
        if let Some((name, context)) = message
            && name.ends_with("UpstreamTlsContext")
        {
            looks(cluster, &context, findings);
        }
    }
}

fn looks(cluster: &Cursor, context: &Cursor, findings: &mut Findings) {
    let common = context.get("common_tls_context");
    let validations = [
        "validation_context",
        "combined_validation_context",
        "validation_context_sds_secret_config",
    ];
    let validates = |key: &&str| {
        common
            .as_ref()
            .is_some_and(|common| common.get(key).is_some())
    };
    if !validations.iter().any(validates) {
        findings.warn(
            NAME,
            context.place(),
            "has no `validation_context`: Envoy then takes any certificate, and whoever answers gets the key",
        );
    }
    let options = cluster
        .get("typed_extension_protocol_options")
        .map(|options| options.entries());
    let auto = options.unwrap_or_default().iter().any(|(_, options)| {
        let http = options.get("upstream_http_protocol_options");
        http.and_then(|http| http.get("auto_sni"))
            .is_some_and(|auto| auto.is_true())
    });
    let host = context
        .get("auto_host_sni")
        .is_some_and(|auto| auto.is_true());
    if context.get("sni").is_none() && !auto && !host {
        findings.warn(
            NAME,
            context.place(),
            "has no `sni`: hosts that serve several names refuse it or show another's certificate",
        );
    }
}

fn ports(cluster: &Cursor) -> Vec<u64> {
    let assignment = cluster.get("load_assignment");
    let localities = assignment
        .map(|assignment| assignment.list("endpoints"))
        .unwrap_or_default();
    let endpoints = localities
        .iter()
        .flat_map(|locality| locality.list("lb_endpoints"));
    endpoints
        .filter_map(|one| {
            one.at(&["endpoint", "address", "socket_address", "port_value"])?
                .number()
        })
        .collect()
}

/// A ServiceEntry's port 443 that plain HTTP is routed to, without a DestinationRule that makes TLS of it.
fn istio(cluster: &str, system: &System, findings: &mut Findings) {
    let parts: Vec<&str> = cluster.split('|').collect();
    let ["outbound", "443", _, host] = parts.as_slice() else {
        return;
    };
    let is_host = |at: &Cursor| at.text() == Some(host);
    let entries = system.objects("ServiceEntry");
    let entry = entries.iter().find(|entry| {
        let hosts = entry.at(&["spec", "hosts"]);
        hosts.is_some_and(|hosts| hosts.items().iter().any(is_host))
    });
    let Some(entry) = entry else { return };
    // A name with a `*` is a rule for many hosts.
    let of_host = |rule: &&Cursor| {
        let name = rule.at(&["spec", "host"]);
        let name = name
            .as_ref()
            .and_then(|name| name.text())
            .unwrap_or_default();
        weir::config::Pattern::new(name).matches(host)
    };
    let rules = system.objects("DestinationRule");
    let makes_tls = |rule: &Cursor| {
        let policies = rule.at(&["spec", "trafficPolicy"]);
        let policies = policies.iter().flat_map(|policy| {
            let ports = policy.list("portLevelSettings").into_iter();
            ports.chain(std::iter::once(policy.clone()))
        });
        let modes = policies.filter_map(|policy| policy.at(&["tls", "mode"]));
        modes
            .into_iter()
            .any(|mode| matches!(mode.text(), Some("SIMPLE" | "MUTUAL")))
    };
    if !rules.iter().filter(of_host).any(makes_tls) {
        findings.error(
            NAME,
            entry.place(),
            format!("no DestinationRule with `tls: {{mode: SIMPLE}}` is for {host}: what goes to its port 443, keys included, goes unencrypted"),
        );
    }
}

/// A Backend at port 443 without TLS.
fn gateway(reference: &Cursor, system: &System, findings: &mut Findings) {
    let name = reference.word("name").unwrap_or_default();
    if reference.word("kind").as_deref() != Some("Backend") {
        return;
    }
    let policies = system.objects("BackendTLSPolicy");
    let covered = policies.iter().any(|policy| {
        let targets = policy
            .at(&["spec", "targetRefs"])
            .map(|targets| targets.items());
        let mut targets = targets.unwrap_or_default().into_iter();
        targets.any(|target| target.word("name").as_deref() == Some(&name))
    });
    for backend in system.objects("Backend") {
        let Some(spec) = backend
            .get("spec")
            .filter(|_| backend.document.name == name)
        else {
            continue;
        };
        let endpoints = spec.list("endpoints");
        let mut ports = endpoints.iter().filter_map(|endpoint| {
            let at = endpoint
                .at(&["fqdn", "port"])
                .or_else(|| endpoint.at(&["ip", "port"]));
            at?.number()
        });
        if spec.get("tls").is_none() && !covered && ports.any(|port| port == 443) {
            findings.error(
                NAME,
                spec.place(),
                "has no `tls`: what goes to port 443, keys included, goes unencrypted",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::found;

    fn cluster(socket: &str, port: u64) -> Vec<String> {
        let text = format!(
            "static_resources: {{listeners: [{{route_config: {{virtual_hosts: [{{routes: [{{match: {{headers: [{{name: x-weir-target}}]}}, route: {{cluster: a}}}}]}}]}}}}], clusters: [{{name: a, {socket}load_assignment: {{endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{socket_address: {{port_value: {port}}}}}}}}}]}}]}}}}]}}"
        );
        found(super::check, &text)
    }

    fn context(inside: &str) -> String {
        format!(
            "transport_socket: {{typed_config: {{\"@type\": x/a.UpstreamTlsContext, {inside}}}}}, "
        )
    }

    #[test]
    fn envoys_clusters_have_tls_that_looks() {
        let good = context("sni: a.com, common_tls_context: {validation_context: {}}");
        assert!(cluster(&good, 443).is_empty());
        assert!(cluster("", 8080).is_empty());
        let chosen = format!(
            "transport_socket: {{typed_config: {{\"@type\": x/a.UpstreamTlsContext}}}}, transport_socket_matches: [{{{good}}}], "
        );
        assert!(cluster(&chosen, 443).is_empty());
        assert_eq!(cluster(&chosen.replace("sni", "x"), 443).len(), 1);
        assert!(cluster("", 443)[0].contains("goes unencrypted"));
        assert!(cluster(&context("sni: a.com"), 443)[0].contains("no `validation_context`"));
        let sni = cluster(
            &context("common_tls_context: {validation_context: {}}"),
            443,
        );
        assert!(sni[0].contains("no `sni`"), "{sni:?}");
    }

    #[test]
    fn istios_hosts_have_a_rule() {
        let text = "kind: ServiceEntry\nspec: {hosts: [a.com], ports: [{number: 443}]}\n---\nkind: VirtualService\nspec: {http: [{match: [{headers: {x-weir-target: {exact: a}}}], route: [{destination: {host: a.com}}]}]}\n---\nkind: DestinationRule\nspec: {host: a.com, trafficPolicy: {tls: {mode: SIMPLE}}}\n";
        assert!(found(super::check, text).is_empty());
        assert_eq!(
            found(super::check, &text.replace("SIMPLE", "DISABLE")).len(),
            1
        );
        assert_eq!(
            found(
                super::check,
                &text.replace("host: a.com, traffic", "host: b.com, traffic")
            )
            .len(),
            1
        );
        assert!(
            found(
                super::check,
                &text.replace("host: a.com, traffic", "host: \"*.com\", traffic")
            )
            .is_empty()
        );
    }

    #[test]
    fn backends_have_tls() {
        let text = "kind: HTTPRoute\nspec: {rules: [{matches: [{headers: [{name: x-weir-target, value: a}]}], backendRefs: [{kind: Backend, name: b}]}]}\n---\nkind: Backend\nmetadata: {name: b}\nspec: {endpoints: [{fqdn: {hostname: a.com, port: 443}}]}\n";
        assert_eq!(found(super::check, text).len(), 1);
        assert!(found(super::check, &text.replace("port: 443", "port: 80")).is_empty());
        assert!(
            found(
                super::check,
                &text.replace("spec: {endpoints", "spec: {tls: {}, endpoints")
            )
            .is_empty()
        );
        let policy = "---\nkind: BackendTLSPolicy\nspec: {targetRefs: [{name: b}]}\n";
        assert!(found(super::check, &format!("{text}{policy}")).is_empty());
    }
}
