//! A configuration is told all of its mistakes at once, so that an operator mends it once.

use super::mistakes;

#[test]
fn a_provider_of_no_kind_is_told_the_rest_too() {
    let json = r#"{"stage":"attempt","providers":[{"provider":"opnai","name":"a b","auth":{"kee":1,"header":"","scheme":[]},
        "models":{"m":1},"headers":{"h":"${A}${B}","a b":"c"},"match":{"cluster":1,"cluster_metadata":{"kee":1}},
        "host":"a b","path_prefix":1,"region":"a/b","api_version":"1.0","chat_path":"?","wire":"chats","completions":1,
        "prices":{"m":{"output_cost_per_token":-1}},"unsupported_params":"x","default_max_tokens":0,
        "forward_caller_auth":1,"force_translate":1,"project":["p"]}],
        "envoy_buffer_limit_bytes":1,"max_response_bytes":"1","max_event_bytes":0.5,"unsupported_params":1,
        "default_max_tokens":"x","forward_caller_auth":"no","prices":[],
        "fallback":{"on":["rate_limit",1],"first_event_timeout":"1m","first_event_bytes":0}}"#;
    let mut found = mistakes(json);
    found.sort();
    let unset = "is not set for this plugin's VM (vm_config.environment_variables)";
    let mut want = [
        "default_max_tokens: found a string, expected a whole number from 1 to 16777216",
        "envoy_buffer_limit_bytes: found 1, expected a whole number from 1024 to 1073741824",
        "fallback.first_event_bytes: found 0, expected a whole number from 1 to 1048576",
        "fallback.first_event_timeout: found a string, expected a duration such as 10s or 250ms",
        "fallback.on[0]: unknown \"rate_limit\", expected context_length, content_policy, authentication, permission, insufficient_quota or model_not_found",
        "fallback.on[1]: found 1, expected context_length, content_policy, authentication, permission, insufficient_quota or model_not_found",
        "forward_caller_auth: found a string, expected true or false",
        "max_event_bytes: found 0.5, expected a whole number from 1024 to 67108864",
        "max_response_bytes: found a string, expected a whole number from 1024 to 536870912",
        "prices: found a list, expected an object",
        "providers[0].api_version: found \"1.0\", expected a version such as 2024-10-21",
        "providers[0].auth.header: found an empty string, expected a string that is not empty",
        "providers[0].auth.kee: unknown key; did you mean \"key\"?",
        "providers[0].auth.key: missing",
        "providers[0].auth.scheme: found a list, expected a string",
        "providers[0].chat_path: found \"?\", expected a path such as chat/completions",
        "providers[0].completions: found 1, expected true or false",
        "providers[0].default_max_tokens: found 0, expected a whole number from 1 to 16777216",
        "providers[0].force_translate: found 1, expected true or false",
        "providers[0].forward_caller_auth: found 1, expected true or false",
        &format!("providers[0].headers[\"h\"]: the environment variable A {unset}"),
        &format!("providers[0].headers[\"h\"]: the environment variable B {unset}"),
        "providers[0].headers[\"a b\"]: expected a header's name and a value of one line",
        "providers[0].host: expected a host name, with a port at most",
        "providers[0].match.cluster: found 1, expected a string that is not empty",
        "providers[0].match.cluster_metadata.kee: unknown key; did you mean \"key\"?",
        "providers[0].match.cluster_metadata.key: missing",
        "providers[0].match.cluster_metadata.value: missing",
        "providers[0].models[\"m\"]: found 1, expected a string that is not empty",
        "providers[0].name: found \"a b\", expected at most 64 letters, digits, `_`, `.` or `-`",
        "providers[0].path_prefix: found 1, expected a string",
        "providers[0].prices[\"m\"].input_cost_per_token: missing",
        "providers[0].prices[\"m\"].output_cost_per_token: expected 0 or more dollars per token",
        "providers[0].project: found a list, expected a string that is not empty",
        "providers[0].provider: unknown \"opnai\"; did you mean \"openai\"?",
        "providers[0].region: expected letters, digits, `-`, `_`, `.` or `:`",
        "providers[0].unsupported_params: unknown \"x\", expected reject or drop",
        "providers[0].wire: unknown \"chats\"; did you mean \"chat\"?",
        "unsupported_params: found 1, expected reject or drop",
    ];
    want.sort_unstable();
    assert_eq!(found, want);
}

#[test]
fn a_list_without_providers_is_told_the_rest_too() {
    let json = r#"{"stage":"attempt","max_event_bytes":1,"prices":{"m":{}},"max_evnt_bytes":1}"#;
    assert_eq!(
        mistakes(json),
        [
            "max_evnt_bytes: unknown key; did you mean \"max_event_bytes\"?",
            "prices[\"m\"].input_cost_per_token: missing",
            "providers: missing",
            "max_event_bytes: found 1, expected a whole number from 1024 to 67108864",
        ]
    );
}

#[test]
fn what_a_kind_wants_is_told_with_the_rest() {
    let json = r#"{"stage":"attempt","unsupported_params":"x","providers":[
        {"provider":"anthropic","name":"a","match":{"cluster":"a"},"wire":"completions","completions":true,"chat_path":"/","api_version":"a.b","auth":"env"},
        {"provider":"anthropic","name":"a","match":{"cluster":"b"},"auth":"evn"},
        {"provider":"vertex_ai","match":{"cluster":"c"},"wire":"completions"},
        {"provider":"openai_compatible","auth":"env"}]}"#;
    assert_eq!(
        mistakes(json),
        [
            "unsupported_params: unknown \"x\", expected reject or drop",
            "providers[0].auth: the environment variable ANTHROPIC_API_KEY is not set for this plugin's VM (vm_config.environment_variables)",
            "providers[0].completions: anthropic has no completions",
            "providers[0].chat_path: only a host of OpenAI's wire has one",
            "providers[0].chat_path: found \"\", expected a path such as chat/completions",
            "providers[0].api_version: only azure_openai and azure_ai_foundry have an api_version, and this is anthropic",
            "providers[0].api_version: found \"a.b\", expected a version such as 2024-10-21",
            "providers[1].auth: expected none, env or {key: \"${NAME}\"}",
            "providers[2].wire: vertex_ai has no completions",
            "providers[2].location: missing",
            "providers[2].project: missing",
            "providers[3].auth: openai_compatible has no environment variable of its own: name one, {key: \"${NAME}\"}",
            "providers[3].host: missing",
            "providers[1]: the name \"a\" is taken by an earlier provider; give it a `name`",
        ]
    );
}

#[test]
fn an_edge_is_told_what_its_parts_and_its_attempt_have() {
    let json = r#"{"stage":"edge","translate":"inline","hosts":["a:1",1],"publish":["logs",1],"fallback":{},
        "caller":{"header":1,"filter_state":"","metadata":{"namespace":1,"path":[1]}},"team":{"metadata":{}},
        "models":[{"created":-1},1],"unknown_models":"x","dry_run":1,"route_headers":"no","providers":[{}],
        "max_event_bytes":1}"#;
    assert_eq!(
        mistakes(json),
        [
            "models[0].name: missing",
            "models[0].target: missing",
            "models[0].created: found -1, expected a whole number from 0 to 1099511627776",
            "models[1]: found 1, expected an object",
            "hosts[0]: found \"a:1\", expected a host name without scheme and port",
            "hosts[1]: found 1, expected a string that is not empty",
            "unknown_models: unknown \"x\", expected reject or pass",
            "caller.header: found 1, expected a string that is not empty",
            "caller.filter_state: found an empty string, expected a string that is not empty",
            "caller.metadata.namespace: found 1, expected a string that is not empty",
            "caller.metadata.path[0]: found 1, expected a string that is not empty",
            "caller: expected exactly one of header, filter_state and metadata",
            "team.metadata.namespace: missing",
            "team.metadata.path: missing",
            "publish[0]: unknown \"logs\"; did you mean \"log\"?",
            "publish[1]: found 1, expected operation, caller, team, model, input_tokens, output_tokens, total_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_nanousd, ttft_ms, usage_source, outcome, provider, upstream_model, finish_reason, error or log",
            "route_headers: found a string, expected true or false",
            "dry_run: found 1, expected true or false",
            "fallback: an inline attempt is the only one: fallback needs the attempt stage in an upstream filter",
            "providers[0].provider: missing",
            "max_event_bytes: found 1, expected a whole number from 1024 to 67108864",
        ]
    );
}
