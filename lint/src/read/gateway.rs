//! What Envoy Gateway makes of the Gateway API's objects and its own: clusters, routes, buffers.
//!
//! Names are those of its translator (1.9): the cluster of a rule is `httproute/NAMESPACE/NAME/rule/N`, or one for each
//! backend, `…/backend/M`, where a backend has filters of its own. istiod reads HTTPRoutes too, and calls a
//! destination as it calls any.

use super::action::{self, ENVOY_TIMEOUT_MS};
use super::istio::qualified;
use super::policy;
use crate::cluster::Cluster;
use crate::cursor::Cursor;
use crate::listener::Buffer;
use crate::route::{Action, Destination, Route, Timeout, millis};
use crate::system::System;
use crate::wanted::{By, How, Wanted};

/// What Envoy Gateway lets proxies hold where nothing is said.
const BUFFER_BYTES: u64 = 32 << 10;

/// Takes the Gateway API's objects, and Envoy Gateway's, into the system.
pub(super) fn read(system: &mut System) {
    let istio = system.has("EnvoyFilter") && !system.has("EnvoyPatchPolicy");
    let table = system.routes.len();
    for object in system.objects("HTTPRoute") {
        let rules = object.get("spec").map(|spec| spec.list("rules"));
        for (index, rule) in rules.unwrap_or_default().iter().enumerate() {
            if istio {
                let action = istio_action(rule);
                let route = route(rule, 0, action, table);
                system.routes.push(route);
            } else {
                add(rule, index, table, system);
            }
        }
    }
    if !istio && system.has("EnvoyPatchPolicy") {
        patches(system);
        buffers(system);
    }
}

fn add(rule: &Cursor, index: usize, table: usize, system: &mut System) {
    let document = &rule.document;
    let name = format!(
        "httproute/{}/{}/rule/{index}",
        document.namespace, document.name
    );
    let backends = rule.list("backendRefs");
    let mut action = Action::Answer;
    if !backends.is_empty() {
        let mut cluster = Cluster::made(rule, name.clone());
        let part = |number: usize| format!("{name}/backend/{number}");
        cluster.parts = (0..backends.len()).map(part).collect();
        system.clusters.push(cluster);
        action = Action::Clusters(vec![Destination {
            at: rule.clone(),
            cluster: name.clone(),
        }]);
    }
    let mut route = route(rule, ENVOY_TIMEOUT_MS, action, table);
    route.name = Some(name);
    let own = std::mem::replace(&mut route.timeout, Timeout::Default(ENVOY_TIMEOUT_MS));
    for policy in policy::policies(system, "BackendTrafficPolicy", rule) {
        policy::apply(&mut route, &policy);
    }
    if matches!(own, Timeout::Set(..)) {
        route.timeout = own;
    }
    let later = |backend: &Cursor| {
        let name = backend.word("name");
        let mut all = system.objects("Backend").into_iter();
        all.any(|object| {
            let fallback = object.at(&["spec", "fallback"]);
            Some(&object.document.name) == name.as_ref() && fallback.is_some_and(|is| is.is_true())
        })
    };
    route.retry.priorities = backends.iter().any(later);
    system.routes.push(route);
}

fn route(rule: &Cursor, timeout_ms: u64, action: Action, table: usize) -> Route {
    let mut route = Route::new(rule, timeout_ms, table);
    route.action = action;
    for header in rule
        .list("matches")
        .iter()
        .flat_map(|condition| condition.list("headers"))
    {
        let Some(by) = header.word("name").and_then(|name| By::header(&name)) else {
            continue;
        };
        let value = header.word("value").unwrap_or_default();
        let how = match header.word("type").as_deref() {
            None | Some("Exact") => How::Exact(value),
            Some(_) => How::regex(&value),
        };
        route.wanted.push(Wanted {
            at: header,
            by,
            how,
        });
    }
    if let Some(timeouts) = rule.get("timeouts") {
        if let Some(request) = timeouts.get("request")
            && let Some(ms) = request.text().and_then(millis)
        {
            route.timeout = Timeout::Set(request, ms);
        }
        let each = timeouts.get("backendRequest");
        route.per_try_timeout = each.filter(|each| each.text().and_then(millis) != Some(0));
    }
    route
}

/// The clusters that istiod makes of a rule's backends.
fn istio_action(rule: &Cursor) -> Action {
    let backends = rule.list("backendRefs");
    if backends.is_empty() {
        return Action::Answer;
    }
    let named = |backend: &Cursor| {
        let name = backend.word("name")?;
        let port = backend.get("port")?.number()?;
        let host = match backend.word("kind").as_deref() {
            Some("Hostname") => name,
            _ => {
                let own = backend.document.namespace.clone();
                qualified(&name, &backend.word("namespace").unwrap_or(own))
            }
        };
        Some(Destination {
            at: backend.clone(),
            cluster: format!("outbound|{port}||{host}"),
        })
    };
    Action::Clusters(backends.iter().filter_map(named).collect())
}

/// What EnvoyPatchPolicies change of routes, as far as it can be told without applying them.
fn patches(system: &mut System) {
    let policies = system.objects("EnvoyPatchPolicy");
    let lists = policies
        .iter()
        .filter_map(|policy| policy.at(&["spec", "jsonPatches"]));
    let patches: Vec<Cursor> = lists.flat_map(|list| list.items()).collect();
    for patch in patches {
        let routes = patch
            .word("type")
            .is_some_and(|kind| kind.ends_with(".RouteConfiguration"));
        let operation = patch.get("operation").filter(|_| routes);
        let Some((operation, value)) = operation.and_then(|operation| {
            let value = operation.get("value")?;
            Some((operation, value))
        }) else {
            continue;
        };
        let path = ["jsonPath", "path"]
            .map(|key| operation.word(key).unwrap_or_default())
            .join(" ");
        if path.contains("request_body_buffer_limit") {
            let routes = system.routes.iter_mut();
            routes.for_each(|route| route.body_limit = value.number().or(route.body_limit));
        }
        if path.contains("per_try_timeout") && !path.contains("idle") {
            let routes = system.routes.iter_mut();
            routes.for_each(|route| route.per_try_timeout = Some(value.clone()));
        }
        let Some(to) = value.get("route") else {
            continue;
        };
        for route in &mut system.routes {
            let name = route.name.clone().unwrap_or_default();
            if !name.is_empty() && path.contains(&format!("{name}/")) {
                action::apply(route, &to);
            }
        }
    }
}

fn buffers(system: &mut System) {
    let Some(policy) = system.objects("EnvoyPatchPolicy").into_iter().next() else {
        return;
    };
    let said = |kind: &str, what: &str| {
        let objects = system.objects(kind);
        let limits = objects
            .iter()
            .filter_map(|object| object.at(&["spec", "connection", "bufferLimit"]));
        let mut found: Vec<Buffer> = limits
            .filter_map(|at| {
                let bytes = policy::quantity(&at)?;
                let what = format!("the {kind}'s `bufferLimit`");
                Some(Buffer { at, bytes, what })
            })
            .collect();
        if found.is_empty() {
            found.push(Buffer {
                at: policy.clone(),
                bytes: BUFFER_BYTES,
                what: format!("Envoy Gateway's default, no {kind} with a `connection.bufferLimit` being given for {what},"),
            });
        }
        found
    };
    let listeners = said("ClientTrafficPolicy", "its listeners");
    let clusters = said("BackendTrafficPolicy", "its clusters");
    system.listener_buffers.extend(listeners);
    system.cluster_buffers.extend(clusters);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::system;

    const ROUTE: &str = "kind: HTTPRoute\nmetadata: {name: r, namespace: n}\nspec:\n  rules:\n  - matches: [{headers: [{name: x-weir-target, value: t}]}]\n    backendRefs: [{kind: Backend, name: b}]\n";
    const PATCH: &str = "---\nkind: EnvoyPatchPolicy\n";

    #[test]
    fn clusters_are_called_as_the_translator_calls_them() {
        let system = system(ROUTE);
        assert_eq!(system.clusters[0].name, "httproute/n/r/rule/0");
        assert!(system.clusters[0].is_called("httproute/n/r/rule/0/backend/0"));
        assert_eq!(system.routes[0].wanted[0].exact(), Some("t"));
        assert_eq!(
            system.routes[0].destinations()[0].cluster,
            "httproute/n/r/rule/0"
        );
        assert!(matches!(system.routes[0].timeout, Timeout::Default(15_000)));
    }

    #[test]
    fn istiod_calls_them_otherwise() {
        let text = format!(
            "kind: EnvoyFilter\n---\n{}",
            ROUTE.replace("kind: Backend, name: b", "kind: Service, name: b, port: 80")
        );
        let system = system(&text);
        assert_eq!(
            system.routes[0].destinations()[0].cluster,
            "outbound|80||b.n.svc.cluster.local"
        );
        assert!(matches!(system.routes[0].timeout, Timeout::Default(0)));
    }

    #[test]
    fn policies_and_patches_have_their_say() {
        let text = format!(
            "{ROUTE}---\nkind: BackendTrafficPolicy\nmetadata: {{namespace: n}}\nspec: {{connection: {{bufferLimit: 2Mi}}, timeout: {{http: {{requestTimeout: 0s}}}}, retry: {{numRetries: 1, perRetry: {{timeout: 5s}}, retryOn: {{triggers: [5xx]}}}}}}\n---\nkind: Backend\nmetadata: {{name: b}}\nspec: {{fallback: true}}\n{PATCH}spec:\n  jsonPatches:\n  - type: x/a.RouteConfiguration\n    operation: {{op: add, path: /virtual_hosts/0/request_body_buffer_limit, value: 9}}\n  - type: x/a.RouteConfiguration\n    operation: {{op: replace, jsonPath: \"$..routes[?(@.name=='httproute/n/r/rule/0/match/0/*')]\", value: {{route: {{cluster: z}}}}}}\n"
        );
        let system = system(&text);
        let route = &system.routes[0];
        assert!(matches!(route.timeout, Timeout::Set(_, 0)));
        assert!(route.per_try_timeout.is_some() && route.retry.priorities);
        assert_eq!(route.retry.on, ["5xx"]);
        assert_eq!(route.body_limit, Some(9));
        assert_eq!(route.destinations()[0].cluster, "z");
        assert_eq!(system.cluster_buffers[0].bytes, 2 << 20);
        assert_eq!(system.listener_buffers[0].bytes, BUFFER_BYTES);
    }

    #[test]
    fn a_rules_own_timeout_wins() {
        let text = ROUTE.replace(
            "    backendRefs",
            "    timeouts: {request: 1m, backendRequest: 30s}\n    backendRefs",
        );
        let text = format!(
            "{text}---\nkind: BackendTrafficPolicy\nmetadata: {{namespace: n}}\nspec: {{timeout: {{http: {{requestTimeout: 0s}}}}}}\n"
        );
        let route = &system(&text).routes[0];
        assert!(matches!(route.timeout, Timeout::Set(_, 60_000)));
        assert!(route.per_try_timeout.is_some());
    }
}
