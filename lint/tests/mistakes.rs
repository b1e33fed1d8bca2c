//! Every mistake that an operator makes in one of the examples is found, and nothing but it.

use std::path::Path;
use weir_lint::document::Source;

/// A file of `envoy/`, what of it is replaced, by what, and what is said of it.
type Row = (&'static str, &'static str, &'static str, &'static str);

const ROWS: [Row; 42] = [
    (
        "minimal",
        "stage: edge",
        "stage: egde",
        "error: value.stage: unknown \"egde\"; did you mean \"edge\"?",
    ),
    (
        "minimal",
        "models: [{name: \"gpt-*\", target: openai}",
        "models: [{name: \"gpt-*\", target: opneai}",
        "no route takes the target \"opneai\", so that its requests find none; did you mean \"openai\"?",
    ),
    (
        "minimal",
        "stage: edge",
        "stage: edge\n                    modles: []",
        "error: value.modles: unknown key; did you mean \"models\"?",
    ),
    (
        "minimal",
        "stage: edge",
        "stage: edge\n                    max_request_bytes: 0",
        "error: value.max_request_bytes: ",
    ),
    (
        "minimal",
        "stage: edge",
        "stage: edge\n                    max_request_bytes: 33554432",
        "warning: virtual_hosts[0].routes[2]: Envoy refuses bodies beyond 17825792 bytes",
    ),
    (
        "minimal",
        "request_body_buffer_limit: 17825792",
        "include_request_attempt_count: true",
        "warning: virtual_hosts[0].routes[2]: Envoy refuses bodies beyond 1048576 bytes",
    ),
    (
        "minimal",
        "- match: {prefix: /}\n",
        "- match: {prefix: /, headers: [{name: x-weir-target, string_match: {exact: openai}}]}\n",
        "no route here takes it then",
    ),
    (
        "minimal",
        "route: {cluster: none, cluster_not_found_response_code: NOT_FOUND}",
        "direct_response: {status: 404}",
        "from routes to clusters only",
    ),
    (
        "minimal",
        "failure_policy: FAIL_RELOAD",
        "failure_policy: FAIL_CLOSED",
        "warning: config.failure_policy: ",
    ),
    (
        "minimal",
        "failure_policy: FAIL_RELOAD",
        "failure_policy: FAIL_OPEN",
        "error: config.failure_policy: ",
    ),
    (
        "minimal",
        "allow_on_headers_stop_iteration: true",
        "root_id: weir",
        "error: config: `allow_on_headers_stop_iteration: true` is missing",
    ),
    (
        "minimal",
        "vm_id: weir-attempt",
        "vm_id: weir-edge",
        "error: vm_config.vm_id: \"weir-edge\" is the edge's too",
    ),
    (
        "minimal",
        "                  vm_id: weir-edge\n",
        "",
        "has no `vm_id`",
    ),
    (
        "minimal",
        "host_env_keys: [OPENAI_API_KEY, ANTHROPIC_API_KEY]",
        "host_env_keys: [OPENAI_API_KEY]",
        "the environment variable ANTHROPIC_API_KEY is not set",
    ),
    (
        "minimal",
        "auth: {key: \"${OPENAI_API_KEY}\"}",
        "auth: {key: sk-1234}",
        "warning: value.providers[0].auth.key: a key stands in the configuration",
    ),
    (
        "minimal",
        "environment_variables: {host_env_keys: [OPENAI_API_KEY, ANTHROPIC_API_KEY]}",
        "environment_variables: {key_values: {OPENAI_API_KEY: a, ANTHROPIC_API_KEY: b}}",
        "warning: vm_config.environment_variables.key_values.OPENAI_API_KEY: the value",
    ),
    (
        "minimal",
        "match: {cluster: openai}",
        "match: {cluster: opneai}",
        "error: value.providers[0].match.cluster: the cluster, \"opneai\", is not there; did you mean \"openai\"?",
    ),
    (
        "minimal",
        "route: {cluster: anthropic, timeout",
        "route: {cluster: anthropc, timeout",
        "this route's cluster, \"anthropc\", is not there; did you mean \"anthropic\"?",
    ),
    (
        "minimal",
        "- {provider: anthropic, match: {cluster: anthropic}",
        "- {provider: anthropic, match: {cluster: openai}",
        "no provider's `match` fits the cluster \"anthropic\"",
    ),
    (
        "minimal",
        "string_match: {exact: anthropic}",
        "string_match: {exact: antropic}",
        "no model has the target \"antropic\": this route is never taken; did you mean \"anthropic\"?",
    ),
    (
        "minimal",
        "envoy_buffer_limit_bytes: 1048576",
        "envoy_buffer_limit_bytes: 2097152",
        "error: value.envoy_buffer_limit_bytes: `envoy_buffer_limit_bytes` is 2097152, more than the listener's",
    ),
    (
        "minimal",
        "                  envoy_buffer_limit_bytes: 1048576\n",
        "",
        "warning: value: `envoy_buffer_limit_bytes` is 32768, less than",
    ),
    (
        "minimal",
        "    per_connection_buffer_limit_bytes: 1048576\n    filter_chains",
        "    per_connection_buffer_limit_bytes: 32768\n    filter_chains",
        "more than the listener's `per_connection_buffer_limit_bytes`, 32768",
    ),
    (
        "minimal",
        "connect_timeout: 5s\n    per_connection_buffer_limit_bytes: 1048576",
        "connect_timeout: 5s\n    per_connection_buffer_limit_bytes: 32768",
        "more than the cluster's `per_connection_buffer_limit_bytes`, 32768",
    ),
    (
        "minimal",
        "route: {cluster: openai, timeout: 0s, ",
        "route: {cluster: openai, ",
        "warning: virtual_hosts[0].routes[0]: has no timeout, and so Envoy's of 15 s",
    ),
    (
        "minimal",
        "route: {cluster: openai, timeout: 0s, ",
        "route: {cluster: openai, timeout: 30s, ",
        "warning: routes[0].route.timeout: covers the whole answer",
    ),
    (
        "minimal",
        "per_try_idle_timeout: 120s",
        "per_try_timeout: 120s",
        "warning: retry_policy.per_try_timeout: covers a whole try",
    ),
    (
        "minimal",
        "route: {cluster: openai, ",
        "route: {cluster: openai, auto_host_rewrite: true, ",
        "warning: routes[0].route.auto_host_rewrite: Envoy rewrites the host",
    ),
    (
        "minimal",
        "  - {tag_name: outcome, regex: \"(outcome=\\\\.=(.*?);\\\\.;)\"}\n",
        "",
        "warning: stats_config: no `stats_tags` for outcome",
    ),
    (
        "minimal",
        "port_value: 18080",
        "port_value: 443",
        "error: static_resources.clusters[0]: has no `transport_socket`",
    ),
    (
        "minimal",
        "        - name: envoy.filters.http.upstream_codec\n          typed_config: {\"@type\": type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec}\n",
        "",
        "has no envoy.filters.http.upstream_codec at its end",
    ),
    (
        "minimal",
        "stage: attempt",
        "stage: attempt\n                  fallback: {}",
        "`fallback` makes streams wait",
    ),
    (
        "minimal",
        "wasm.weir.target, string_match: {exact: openai}",
        "wasm.weir.tagret, string_match: {exact: openai}",
        "Weir writes no `wasm.weir.tagret`; did you mean \"target\"?",
    ),
    (
        "minimal",
        "configuration:\n                  \"@type\": type.googleapis.com/google.protobuf.Struct\n                  value:",
        "configuration:\n                  value:",
        "no google.protobuf.Struct and no StringValue",
    ),
    (
        "fallback",
        "                    refresh_cluster_on_retry: true\n",
        "",
        "error: priority_groups: `refresh_cluster_on_retry: true` is missing",
    ),
    (
        "fallback",
        "5xx,reset,connect-failure,retriable-status-codes",
        "reset,connect-failure",
        "warning: route.retry_policy: retries on no status",
    ),
    (
        "fallback",
        ", max_retries: 1000",
        "",
        "allows 3 retries at once",
    ),
    (
        "fallback",
        "                  fallback: {first_event_timeout: 10s}\n",
        "",
        "without `fallback` a stream that begins with an error",
    ),
    (
        "fallback",
        "num_retries: 1",
        "num_retries: 0",
        "error: priority_groups: no retry policy",
    ),
    (
        "fallback-priorities",
        ", max_retries: 1000",
        "",
        "the cluster \"providers\" allows 3 retries at once",
    ),
    (
        "inline",
        "target: anthropic",
        "target: antropic",
        "no provider's `match.cluster` is the target \"antropic\"",
    ),
    (
        "inline",
        "filter_state: [{key: wasm.weir.target, string_match: {exact: openai}}]",
        "headers: [{name: x-weir-target, string_match: {exact: openai}}]",
        "an inline edge takes out again",
    ),
];

fn lint(text: &str) -> Vec<String> {
    let source = Source {
        name: "a.yaml".to_owned(),
        text: text.to_owned(),
    };
    let report = weir_lint::lint(&[source]);
    report.findings.iter().map(ToString::to_string).collect()
}

/// A finding begins with its level and ends its path with what is wanted.
fn says(finding: &str, wanted: &str) -> bool {
    let Some((level, rest)) = wanted
        .split_once(": ")
        .filter(|(level, _)| matches!(*level, "error" | "warning"))
    else {
        return finding.contains(wanted);
    };
    finding.contains(&format!(" {level}: ")) && finding.contains(rest)
}

#[test]
fn every_mistake_is_found() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../envoy");
    let mut failures = Vec::new();
    for (file, from, to, wanted) in ROWS {
        let text =
            std::fs::read_to_string(folder.join(format!("{file}.yaml"))).expect("an example");
        assert!(text.contains(from), "{file}.yaml has no {from:?}");
        let found = lint(&text.replacen(from, to, 1));
        if !found.iter().any(|finding| says(finding, wanted)) {
            failures.push(format!(
                "{file}.yaml, {to:?}: nothing said {wanted:?}, but:\n  {}",
                found.join("\n  ")
            ));
        }
        if found.len() > 4 {
            failures.push(format!(
                "{file}.yaml, {to:?}: one mistake, and much said:\n  {}",
                found.join("\n  ")
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
