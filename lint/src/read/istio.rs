//! What istiod makes of Istio's objects: clusters, routes, and what EnvoyFilters change of them.

use super::action;
use crate::cluster::Cluster;
use crate::cursor::Cursor;
use crate::listener::{Buffer, ENVOY_BUFFER_BYTES};
use crate::route::{Action, Destination, Route, Timeout, millis};
use crate::system::System;
use crate::wanted::{By, How, Wanted};

/// Takes Istio's objects into the system.
pub(super) fn read(system: &mut System) {
    clusters(system);
    routes(system);
    patches(system);
}

/// `outbound|PORT|SUBSET|HOST`, of every host that is given.
fn clusters(system: &mut System) {
    let mut ports: Vec<(Cursor, String, String)> = Vec::new();
    for entry in system.objects("ServiceEntry") {
        let Some(spec) = entry.get("spec") else {
            continue;
        };
        for host in spec.list("hosts") {
            for port in spec.list("ports") {
                if let (Some(name), Some(number)) = (host.text(), number(&port, "number")) {
                    ports.push((host.clone(), name.to_owned(), number));
                }
            }
        }
    }
    for service in system.objects("Service") {
        let document = &service.document;
        let host = format!("{}.{}.svc.cluster.local", document.name, document.namespace);
        let listed = service.get("spec").map(|spec| spec.list("ports"));
        for port in listed.unwrap_or_default() {
            if let Some(number) = number(&port, "port") {
                ports.push((port.clone(), host.clone(), number));
            }
        }
    }
    let rules = system.objects("DestinationRule");
    for (at, host, port) in ports {
        let mut subsets = vec![String::new()];
        for rule in &rules {
            let Some(spec) = rule.get("spec") else {
                continue;
            };
            let of = spec
                .word("host")
                .map(|name| qualified(&name, &rule.document.namespace));
            if of.as_deref() == Some(host.as_str()) {
                subsets.extend(
                    spec.list("subsets")
                        .iter()
                        .filter_map(|subset| subset.word("name")),
                );
            }
        }
        for subset in subsets {
            let name = format!("outbound|{port}|{subset}|{host}");
            system.clusters.push(Cluster::made(&at, name));
        }
    }
}

fn routes(system: &mut System) {
    for service in system.objects("VirtualService") {
        let table = system.routes.len();
        let Some(spec) = service.get("spec") else {
            continue;
        };
        let gateways = spec.list("gateways");
        let is_mesh = |at: &Cursor| at.text() == Some("mesh");
        let mut contexts = Vec::new();
        if gateways.is_empty() || gateways.iter().any(is_mesh) {
            contexts.push("SIDECAR_OUTBOUND");
        }
        if !gateways.iter().all(is_mesh) {
            contexts.push("GATEWAY");
        }
        for rule in spec.list("http") {
            let mut route = route(&rule, table, system);
            route.contexts.clone_from(&contexts);
            system.routes.push(route);
        }
    }
}

fn route(rule: &Cursor, table: usize, system: &System) -> Route {
    // Istio's default is no limit at all.
    let mut route = Route::new(rule, 0, table);
    route.name = rule.word("name");
    for condition in rule.list("match") {
        let headers = condition.get("headers").map(|headers| headers.entries());
        for (name, matcher) in headers.unwrap_or_default() {
            if let Some(by) = By::header(&name) {
                let how = How::read(&matcher);
                route.wanted.push(Wanted {
                    at: matcher,
                    by,
                    how,
                });
            }
        }
    }
    let to = rule.list("route").into_iter();
    let found: Vec<Destination> = to
        .filter_map(|to| destination(&to.get("destination")?, system))
        .collect();
    if rule.get("route").is_some() {
        route.action = Action::Clusters(found);
    }
    if let Some(timeout) = rule.get("timeout")
        && let Some(ms) = timeout.text().and_then(millis)
    {
        route.timeout = Timeout::Set(timeout, ms);
    }
    if let Some(retries) = rule.get("retries") {
        route.per_try_timeout = retries.get("perTryTimeout");
        route.retry.count = retries.get("attempts").and_then(|count| count.number());
        let on = retries.word("retryOn").unwrap_or_default();
        route.retry.on = on.split(',').map(|word| word.trim().to_owned()).collect();
        route.retry.at = Some(retries);
    }
    route
}

fn destination(to: &Cursor, system: &System) -> Option<Destination> {
    let host = qualified(&to.word("host")?, &to.document.namespace);
    let subset = to.word("subset").unwrap_or_default();
    let port = to
        .get("port")
        .and_then(|port| number(&port, "number"))
        .or_else(|| {
            // Without a port it is the service's, if it has one only.
            let tail = format!("|{host}");
            let mut of_host = system
                .clusters
                .iter()
                .filter(|cluster| cluster.name.ends_with(&tail));
            let port = |cluster: &Cluster| cluster.name.split('|').nth(1).map(str::to_owned);
            let first = of_host.next().and_then(port)?;
            of_host
                .all(|other| port(other).as_ref() == Some(&first))
                .then_some(first)
        })?;
    Some(Destination {
        at: to.clone(),
        cluster: format!("outbound|{port}|{subset}|{host}"),
    })
}

/// A short name is one of the object's own namespace.
pub(super) fn qualified(host: &str, namespace: &str) -> String {
    if host.contains(['.', '*']) {
        host.to_owned()
    } else {
        format!("{host}.{namespace}.svc.cluster.local")
    }
}

fn number(at: &Cursor, key: &str) -> Option<String> {
    Some(at.get(key)?.number()?.to_string())
}

/// What EnvoyFilters change of listeners, clusters, virtual hosts and routes, in their order.
fn patches(system: &mut System) {
    let filters = system.objects("EnvoyFilter");
    if filters.is_empty() {
        return;
    }
    let lists = filters
        .iter()
        .filter_map(|filter| filter.at(&["spec", "configPatches"]));
    let patches: Vec<Cursor> = lists.flat_map(|list| list.items()).collect();
    for patch in &patches {
        let Some(value) = patch.at(&["patch", "value"]) else {
            continue;
        };
        let limit = value.get("per_connection_buffer_limit_bytes");
        let buffer = |what: &str| limit.as_ref().map(|_| Buffer::of_envoy(&value, what));
        match patch.word("applyTo").as_deref() {
            Some("LISTENER") => system.listener_buffers.extend(buffer("listener")),
            Some("CLUSTER") => system.cluster_buffers.extend(buffer("cluster")),
            Some("VIRTUAL_HOST") => {
                let limit = value
                    .get("request_body_buffer_limit")
                    .and_then(|limit| limit.number());
                let routes = system
                    .routes
                    .iter_mut()
                    .filter(|route| reaches(patch, route));
                routes.for_each(|route| route.body_limit = limit.or(route.body_limit));
            }
            Some("HTTP_ROUTE") => patch_routes(patch, &value, system),
            _ => {}
        }
    }
    for (what, buffers) in [
        ("listener", &mut system.listener_buffers),
        ("cluster", &mut system.cluster_buffers),
    ] {
        if let (true, Some(filter)) = (buffers.is_empty(), filters.first()) {
            buffers.push(Buffer {
                at: filter.clone(),
                bytes: ENVOY_BUFFER_BYTES,
                what: format!("Envoy's default, no EnvoyFilter merging a `per_connection_buffer_limit_bytes` into a {what},"),
            });
        }
    }
}

/// Whether a patch is for the context of a route.
fn reaches(patch: &Cursor, route: &Route) -> bool {
    let context = patch.at(&["match", "context"]);
    let context = context
        .as_ref()
        .and_then(|context| context.text())
        .unwrap_or("ANY");
    context == "ANY" || route.contexts.is_empty() || route.contexts.contains(&context)
}

fn patch_routes(patch: &Cursor, value: &Cursor, system: &mut System) {
    let operation = patch.at(&["patch", "operation"]);
    let operation = operation
        .as_ref()
        .and_then(|operation| operation.text())
        .unwrap_or_default();
    if operation != "MERGE" {
        if operation.starts_with("INSERT") || operation == "ADD" {
            let table = system.routes.len();
            system.routes.push(action::route(value, table));
        }
        return;
    }
    let name = patch.at(&["match", "routeConfiguration", "vhost", "route", "name"]);
    let name = name.as_ref().and_then(|name| name.text());
    let limit = value
        .get("request_body_buffer_limit")
        .and_then(|limit| limit.number());
    for route in system
        .routes
        .iter_mut()
        .filter(|route| reaches(patch, route))
    {
        if name.is_some() && route.name.as_deref() != name {
            continue;
        }
        // What is for all routes is for those only that go somewhere.
        if matches!(route.action, Action::Answer) && name.is_none() {
            continue;
        }
        if let Some(action) = value.get("route") {
            action::apply(route, &action);
        }
        route.body_limit = limit.or(route.body_limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::system;

    const ENTRY: &str =
        "kind: ServiceEntry\nspec: {hosts: [a.com, b.com], ports: [{number: 443}]}\n---\n";

    #[test]
    fn clusters_are_called_as_istiod_calls_them() {
        let text = format!(
            "{ENTRY}kind: DestinationRule\nspec: {{host: a.com, subsets: [{{name: eu}}]}}\n---\nkind: Service\nmetadata: {{name: s, namespace: n}}\nspec: {{ports: [{{port: 80}}]}}\n"
        );
        let names = system(&text)
            .clusters
            .iter()
            .map(|cluster| cluster.name.clone())
            .collect::<Vec<_>>();
        let want = [
            "outbound|443||a.com",
            "outbound|443|eu|a.com",
            "outbound|443||b.com",
            "outbound|80||s.n.svc.cluster.local",
        ];
        assert_eq!(names, want);
    }

    fn service(rule: &str) -> Route {
        let text = format!(
            "{ENTRY}kind: VirtualService\nmetadata: {{namespace: n}}\nspec: {{http: [{rule}]}}\n"
        );
        system(&text).routes.swap_remove(0)
    }

    #[test]
    fn routes_are_read() {
        let route = service(
            "{match: [{headers: {x-weir-target: {exact: t}}}], route: [{destination: {host: a.com}}], timeout: 3s, retries: {attempts: 2, perTryTimeout: 1s, retryOn: \"5xx\"}}",
        );
        assert_eq!(route.wanted[0].exact(), Some("t"));
        assert_eq!(route.destinations()[0].cluster, "outbound|443||a.com");
        assert!(matches!(route.timeout, Timeout::Set(_, 3_000)));
        assert!(route.per_try_timeout.is_some());
        assert_eq!((route.retry.count, route.retry.on.len()), (Some(2), 1));
        let short = service("{route: [{destination: {host: s, subset: v1, port: {number: 80}}}]}");
        assert_eq!(
            short.destinations()[0].cluster,
            "outbound|80|v1|s.n.svc.cluster.local"
        );
        assert!(matches!(
            service("{directResponse: {status: 404}}").action,
            Action::Answer
        ));
    }

    #[test]
    fn patches_change_routes() {
        let text = |patch: &str| {
            format!(
                "{ENTRY}kind: VirtualService\nspec: {{http: [{{name: r, route: [{{destination: {{host: a.com}}}}]}}, {{name: d, directResponse: {{}}}}]}}\n---\nkind: EnvoyFilter\nspec: {{configPatches: [{patch}]}}\n"
            )
        };
        let merge = |match_: &str, value: &str| {
            text(&format!(
                "{{applyTo: HTTP_ROUTE, match: {match_}, patch: {{operation: MERGE, value: {value}}}}}"
            ))
        };
        let named = "{routeConfiguration: {vhost: {route: {name: d}}}}";
        let routes = system(&merge(named, "{route: {cluster: x, timeout: 5s}}")).routes;
        assert_eq!(routes[0].destinations()[0].cluster, "outbound|443||a.com");
        assert_eq!(routes[1].destinations()[0].cluster, "x");
        let routes = system(&merge(
            "{}",
            "{route: {retry_policy: {per_try_timeout: 5s}}}",
        ))
        .routes;
        assert!(routes[0].per_try_timeout.is_some() && routes[1].per_try_timeout.is_none());
        // A gateway's patch is not for what sidecars have.
        let sidecars = merge("{context: GATEWAY}", "{route: {cluster: x}}");
        assert_eq!(
            system(&sidecars).routes[0].destinations()[0].cluster,
            "outbound|443||a.com"
        );
        let limit = "{applyTo: VIRTUAL_HOST, patch: {operation: MERGE, value: {request_body_buffer_limit: 5}}}";
        assert_eq!(system(&text(limit)).routes[0].body_limit, Some(5));
        let buffer = "{applyTo: LISTENER, patch: {operation: MERGE, value: {per_connection_buffer_limit_bytes: 7}}}";
        let system = system(&text(buffer));
        assert_eq!(system.listener_buffers[0].bytes, 7);
        assert_eq!(system.cluster_buffers[0].bytes, ENVOY_BUFFER_BYTES);
    }
}
