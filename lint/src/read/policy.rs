//! Envoy Gateway's policies of clients and backends: which of them a route is under.

use crate::cursor::Cursor;
use crate::route::{Route, Timeout, millis};
use crate::system::System;

/// The policies of a kind that hold for a route, the weakest first.
pub(super) fn policies(system: &System, kind: &str, route: &Cursor) -> Vec<Cursor> {
    let (mut near, mut far) = (Vec::new(), Vec::new());
    for policy in system.objects(kind) {
        let same = policy.document.namespace == route.document.namespace;
        let targets = targets(&policy);
        let of_route = |target: &(String, String)| {
            target.0 == "HTTPRoute" && same && target.1 == route.document.name
        };
        if targets.iter().any(of_route) {
            near.push(policy);
        } else if targets.is_empty() || targets.iter().any(|target| target.0 == "Gateway") {
            far.push(policy);
        }
    }
    // A route's own policy stands in place of the gateway's, unless it is merged with it.
    let merged = |policy: &Cursor| policy.at(&["spec", "mergeType"]).is_some();
    if near.is_empty() || near.iter().any(merged) {
        far.extend(near);
        return far;
    }
    near
}

/// Kinds and names; none where they are chosen by label.
fn targets(policy: &Cursor) -> Vec<(String, String)> {
    let Some(spec) = policy.get("spec") else {
        return Vec::new();
    };
    let one = spec.get("targetRef").into_iter();
    let all = one.chain(spec.list("targetRefs"));
    all.filter_map(|target| Some((target.word("kind")?, target.word("name")?)))
        .collect()
}

/// What a BackendTrafficPolicy says of a route.
pub(super) fn apply(route: &mut Route, policy: &Cursor) {
    let Some(spec) = policy.get("spec") else {
        return;
    };
    if let Some(timeout) = spec.at(&["timeout", "http", "requestTimeout"])
        && let Some(ms) = timeout.text().and_then(millis)
    {
        route.timeout = Timeout::Set(timeout, ms);
    }
    let Some(retry) = spec.get("retry") else {
        return;
    };
    if let Some(timeout) = retry.at(&["perRetry", "timeout"]) {
        route.per_try_timeout = Some(timeout);
    }
    if let Some(count) = retry.get("numRetries") {
        route.retry.count = count.number();
    }
    if let Some(on) = retry.at(&["retryOn", "triggers"]) {
        let words = on.items();
        let words = words.iter().filter_map(|word| word.text());
        route.retry.on = words.map(str::to_owned).collect();
    }
    route.retry.at = Some(retry);
}

/// Bytes of a quantity as Kubernetes spells it: `1Mi`, `32Ki`, `1M`, `32768`.
pub(super) fn quantity(at: &Cursor) -> Option<u64> {
    if let Some(number) = at.number() {
        return Some(number);
    }
    let text = at.text()?;
    let units = [
        ("Ki", 1 << 10),
        ("Mi", 1 << 20),
        ("Gi", 1 << 30),
        ("k", 1_000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
    ];
    units.iter().find_map(|(unit, scale)| {
        let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
        let bytes = number * f64::from(*scale);
        (0.0..=1e15).contains(&bytes).then_some(bytes as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cursor, system};

    #[test]
    fn quantities_are_read() {
        let bytes = |text: &str| {
            cursor(&format!("a: {text}"))
                .get("a")
                .and_then(|at| quantity(&at))
        };
        assert_eq!(
            ["1Mi", "32Ki", "1M", "32768", "0.5Ki"].map(bytes),
            [1 << 20, 32 << 10, 1_000_000, 32_768, 512].map(Some)
        );
        assert_eq!(["x", "Mi", "1Ti"].map(bytes), [None; 3]);
    }

    #[test]
    fn a_routes_own_policy_replaces_the_gateways() {
        let policies_of = |merge: &str| {
            let text = format!(
                "kind: HTTPRoute\nmetadata: {{name: r}}\n---\nkind: P\nmetadata: {{name: near}}\nspec: {{{merge}targetRefs: [{{kind: HTTPRoute, name: r}}]}}\n---\nkind: P\nmetadata: {{name: far}}\nspec: {{targetRef: {{kind: Gateway, name: g}}}}\n---\nkind: P\nmetadata: {{name: other}}\nspec: {{targetRef: {{kind: HTTPRoute, name: x}}}}\n"
            );
            let system = system(&text);
            let route = system.objects("HTTPRoute").swap_remove(0);
            let found = policies(&system, "P", &route);
            found
                .iter()
                .map(|policy| policy.document.name.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(policies_of(""), ["near"]);
        assert_eq!(policies_of("mergeType: StrategicMerge, "), ["far", "near"]);
    }
}
