//! Envoy's routes.

use crate::cursor::Cursor;
use crate::route::{Action, Destination, Retry, Route, Timeout, millis};
use crate::wanted::{By, How, Wanted};

/// What Envoy lets an answer take where a route says nothing.
pub(super) const ENVOY_TIMEOUT_MS: u64 = 15_000;

/// The routes of a virtual host.
pub(super) fn virtual_host(host: &Cursor, table: usize) -> Vec<Route> {
    let routes = host.list("routes").into_iter();
    routes
        .map(|at| {
            let mut route = route(&at, table);
            let outer = host.get("request_body_buffer_limit");
            let limit = at.get("request_body_buffer_limit").or(outer);
            route.body_limit = limit.and_then(|limit| limit.number());
            if route.retry.at.is_none()
                && let Some(policy) = host.get("retry_policy")
            {
                retry(&mut route, &policy);
            }
            route
        })
        .collect()
}

/// One route.
pub(super) fn route(at: &Cursor, table: usize) -> Route {
    let mut route = Route::new(at, ENVOY_TIMEOUT_MS, table);
    route.name = at.word("name");
    let condition = at.get("match");
    let headers = condition
        .iter()
        .flat_map(|condition| condition.list("headers"));
    for header in headers {
        let Some(by) = header.word("name").and_then(|name| By::header(&name)) else {
            continue;
        };
        let inverted = header
            .get("invert_match")
            .is_some_and(|invert| invert.is_true());
        let matcher = header.get("string_match");
        let how = match (&matcher, inverted) {
            (Some(matcher), false) => How::read(matcher),
            (None, false) => header.word("exact_match").map_or(How::Anything, How::Exact),
            (_, true) => How::Anything,
        };
        route.wanted.push(Wanted {
            at: matcher.unwrap_or(header),
            by,
            how,
        });
    }
    let states = condition
        .iter()
        .flat_map(|condition| condition.list("filter_state"));
    for state in states {
        let Some(by) = state.word("key").and_then(|key| By::filter_state(&key)) else {
            continue;
        };
        let matcher = state.get("string_match");
        let how = matcher.as_ref().map_or(How::Anything, How::read);
        route.wanted.push(Wanted {
            at: matcher.unwrap_or(state),
            by,
            how,
        });
    }
    if let Some(action) = at.get("route") {
        apply(&mut route, &action);
    }
    route
}

/// What a route action says, over what was said before.
pub(super) fn apply(route: &mut Route, action: &Cursor) {
    if let Some(found) = destinations(action, &mut route.retry) {
        route.action = found;
    }
    if let Some(timeout) = action.get("timeout")
        && let Some(ms) = timeout.text().and_then(millis)
    {
        route.timeout = Timeout::Set(timeout, ms);
    }
    if let Some(rewrite) = action.get("auto_host_rewrite").filter(Cursor::is_true) {
        route.rewrites_host = Some(rewrite);
    }
    if let Some(policy) = action.get("retry_policy") {
        retry(route, &policy);
    }
}

fn retry(route: &mut Route, policy: &Cursor) {
    let retry = &mut route.retry;
    retry.at.get_or_insert_with(|| policy.clone());
    if let Some(on) = policy.word("retry_on") {
        retry.on = on.split(',').map(|word| word.trim().to_owned()).collect();
    }
    if let Some(count) = policy.get("num_retries") {
        retry.count = count.number();
    }
    if let Some(refresh) = policy.get("refresh_cluster_on_retry") {
        retry.refreshes = refresh.is_true();
    }
    retry.priorities |= policy.get("retry_priority").is_some();
    if let Some(timeout) = policy.get("per_try_timeout")
        && timeout.text().and_then(millis) != Some(0)
    {
        route.per_try_timeout = Some(timeout);
    }
}

fn destinations(action: &Cursor, retry: &mut Retry) -> Option<Action> {
    let named = |at: Cursor| {
        let cluster = at.text()?.to_owned();
        Some(Destination { at, cluster })
    };
    if let Some(cluster) = action.get("cluster") {
        return Some(Action::Clusters(named(cluster).into_iter().collect()));
    }
    if let Some(weighted) = action.get("weighted_clusters") {
        let clusters = weighted.list("clusters").into_iter();
        let found = clusters.filter_map(|cluster| named(cluster.get("name")?));
        return Some(Action::Clusters(found.collect()));
    }
    if let Some(plugin) = action.at(&[
        "inline_cluster_specifier_plugin",
        "extension",
        "typed_config",
    ]) {
        let (name, message) = plugin.message()?;
        if !name.ends_with("PriorityGroupClusterSpecifier") {
            return Some(Action::Somewhere);
        }
        let groups = message.get("priority_groups")?;
        if groups.items().len() > 1 {
            retry.groups = Some(groups.clone());
        }
        let clusters = groups
            .items()
            .into_iter()
            .flat_map(|group| group.list("clusters"));
        let found = clusters.filter_map(|cluster| {
            named(
                cluster
                    .get("cluster_name")
                    .or_else(|| cluster.get("name"))?,
            )
        });
        return Some(Action::Clusters(found.collect()));
    }
    let other = ["cluster_header", "cluster_specifier_plugin"];
    other
        .iter()
        .any(|key| action.get(key).is_some())
        .then_some(Action::Somewhere)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::cursor;

    fn read(text: &str) -> Route {
        route(&cursor(text), 0)
    }

    fn clusters(text: &str) -> Vec<String> {
        let route = read(text);
        let names = route
            .destinations()
            .iter()
            .map(|destination| destination.cluster.clone());
        names.collect()
    }

    #[test]
    fn destinations_are_found() {
        assert_eq!(clusters("route: {cluster: a}"), ["a"]);
        assert_eq!(
            clusters("route: {weighted_clusters: {clusters: [{name: a}, {name: b}]}}"),
            ["a", "b"]
        );
        let group = "route: {inline_cluster_specifier_plugin: {extension: {typed_config: {\"@type\": x/a.PriorityGroupClusterSpecifier, priority_groups: [{clusters: [{cluster_name: a}]}, {clusters: [{name: b}]}]}}}}";
        assert_eq!(clusters(group), ["a", "b"]);
        assert!(read(group).falls_back());
        assert!(matches!(
            read("route: {cluster_header: a}").action,
            Action::Somewhere
        ));
        assert!(matches!(
            read("direct_response: {status: 404}").action,
            Action::Answer
        ));
    }

    #[test]
    fn conditions_are_found() {
        let route = read(
            "match: {headers: [{name: x-weir-target, string_match: {exact: a}}, {name: y}], filter_state: [{key: wasm.weir.model, string_match: {exact: b}}]}",
        );
        assert_eq!(route.wanted.len(), 2);
        assert_eq!(route.wanted[0].exact(), Some("a"));
        assert_eq!(route.wanted[1].by, By::Model);
        let inverted = read(
            "match: {headers: [{name: x-weir-target, string_match: {exact: a}, invert_match: true}]}",
        );
        assert!(inverted.fits("b"));
    }

    #[test]
    fn tries_are_found() {
        let route = read(
            "route: {cluster: a, timeout: 0s, retry_policy: {retry_on: \"5xx, reset\", num_retries: 2, per_try_timeout: 3s, refresh_cluster_on_retry: true}}",
        );
        assert_eq!(route.retry.on, ["5xx", "reset"]);
        assert_eq!(route.retry.count, Some(2));
        assert!(route.retry.refreshes && route.per_try_timeout.is_some());
        assert!(matches!(route.timeout, Timeout::Set(_, 0)));
        assert!(matches!(
            read("route: {cluster: a}").timeout,
            Timeout::Default(15_000)
        ));
    }

    #[test]
    fn a_virtual_host_says_what_its_routes_do_not() {
        let host = cursor(
            "{request_body_buffer_limit: 5, retry_policy: {num_retries: 3}, routes: [{route: {cluster: a}}, {request_body_buffer_limit: 6, route: {cluster: b, retry_policy: {num_retries: 1}}}]}",
        );
        let routes = virtual_host(&host, 0);
        let said = routes
            .iter()
            .map(|route| (route.body_limit, route.retry.count));
        assert_eq!(
            said.collect::<Vec<_>>(),
            [(Some(5), Some(3)), (Some(6), Some(1))]
        );
    }
}
