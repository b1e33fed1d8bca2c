use super::*;

fn mistakes(json: &str) -> Vec<String> {
    let env = |name: &str| (name == "KEY").then(|| "s3cret".to_owned());
    match parse(json.as_bytes(), &env) {
        Ok(_) => Vec::new(),
        Err(list) => list.iter().map(Mistake::to_string).collect(),
    }
}

fn attempt(providers: &str) -> AttemptConfig {
    let json = format!(r#"{{"stage":"attempt","providers":{providers}}}"#);
    match parse(json.as_bytes(), &|_| Some("k".into())) {
        Ok(Config::Attempt(config)) => config,
        other => panic!("{other:?}"),
    }
}

#[test]
fn stages() {
    assert_eq!(mistakes(""), ["missing: the plugin has no configuration"]);
    assert_eq!(mistakes("{}"), ["stage: missing"]);
    assert_eq!(
        mistakes(r#"{"stage":"egde"}"#),
        [r#"stage: unknown "egde"; did you mean "edge"?"#]
    );
    assert_eq!(
        mistakes("\u{1}x"),
        ["neither a JSON object nor a google.protobuf.Struct"]
    );
    assert!(mistakes(r#"{"stage":"edge"}"#).is_empty());
}

#[test]
fn every_mistake_of_an_edge_at_once() {
    let json = r#"{"stage":"edge","hostz":[],"hosts":["a/b"],"path_prefix":"x","unknown_paths":"drop",
        "models":[{"name":"m"},{"name":"m","target":"t"},{"name":"m","target":"t"},{"name":"n","target":"a b"}],
        "caller":{"header":"a","filter_state":"b"},"max_request_bytes":0,"providers":[]}"#;
    assert_eq!(
        mistakes(json),
        [
            r#"hostz: unknown key; did you mean "hosts"?"#,
            "providers: providers belong to the attempt stage; on the edge only with `translate: inline`",
            "models[0].target: missing",
            r#"models[2]: the model "m" is in the list twice"#,
            "models[3].target: expected at most 128 visible ASCII characters: it becomes a header",
            r#"hosts[0]: found "a/b", expected a host name without scheme and port"#,
            r#"path_prefix: found "x", expected a path that begins with /"#,
            r#"unknown_paths: unknown "drop", expected reject or pass"#,
            "caller: expected exactly one of header, filter_state and metadata",
            "max_request_bytes: found 0, expected a whole number from 1 to 1073741824",
        ]
    );
}

#[test]
fn what_kubernetes_makes_of_on_is_told() {
    let json = r#"{"stage":"attempt","fallback":{"true":["permission"]},"providers":[{"provider":"openai","auth":"none"}]}"#;
    assert_eq!(
        mistakes(json),
        [
            "fallback.true: unknown key; did you mean \"on\"? Kubernetes reads it as true unless it is in quotes"
        ]
    );
}

#[test]
fn every_mistake_of_providers_at_once() {
    let json = r#"{"stage":"attempt","fallback":{"on":["context"],"first_event_timeout":"soon"},"providers":[
        {"provider":"openai"},
        {"provider":"opnai"},
        {"provider":"openai_compatible","name":"x"},
        {"provider":"anthropic","api_version":"v1","auth":{"key":"${NO_SUCH}"}},
        {"provider":"openai","name":"a b","auth":{"key":"${KEY}\n"},"prices":{"m":{"input_cost_per_token":-1}}}
    ]}"#;
    let found = mistakes(json);
    let want = [
        r#"providers[1].provider: unknown "opnai"; did you mean "openai"?"#,
        "providers[2].host: missing",
        "providers[3].auth.key: the environment variable NO_SUCH is not set for this plugin's VM (vm_config.environment_variables)",
        "providers[4].auth.key: the key has characters that a header cannot have (a line break at its end?)",
        "providers[4].prices[\"m\"].input_cost_per_token: expected 0 or more dollars per token",
        "fallback.on[0]: unknown \"context\", expected context_length, content_policy, authentication, permission, insufficient_quota or model_not_found",
        "fallback.first_event_timeout: found a string, expected a duration such as 10s or 250ms",
    ];
    for line in want {
        assert!(
            found.iter().any(|mistake| mistake == line),
            "{line}\nin {found:#?}"
        );
    }
    assert!(!found.join("\n").contains("s3cret"));
}

/// Nothing that is wrong keeps the rest from being looked at.
#[test]
fn no_mistake_hides_another() {
    let json = r#"{"stage":"edge","translate":"inline","fallback":{},"hosts":["a/b",7],"path_prefix":9,
        "models":[{"created":-1,"nam":"m"},5],"unknown_models":"rejekt",
        "caller":{"header":"a b","filter_state":7,"metadata":{"nmespace":"n","path":[1]}},"team":{"metadata":7},
        "publish":["modell"],"dry_run":"yes","max_response_bytes":1,"unsupported_params":"dorp",
        "default_max_tokens":0,"forward_caller_auth":1,"prices":{"m":{"output_cost_per_token":"x"}},
        "providers":[
        {"provider":"opnai","name":"a b","auth":{"kee":"x","header":"a b","scheme":1},"models":{"m":7,"n":""},"host":"a/b",
         "path_prefix":"p","region":"a/b","match":{"cluster":7,"cluster_metadata":{"namespace":7},"endpoint_metadata":[]},
         "completions":"x","wire":"chatt","chat_path":"","api_version":"a b","default_max_tokens":0,
         "forward_caller_auth":"x","force_translate":"x","unsupported_params":"x","headers":{"a b":"${NO_SUCH}","c":7},
         "prices":{"m":{"input_cost_per_token":-1,"output_cost_per_token":[]}}},
        7,
        {"provider":"vertex_ai","auth":"nome","api_version":"v1","chat_path":"?","completions":true},
        {"auth":"env","models":7,"headers":7,"prices":7,"match":7}
    ]}"#;
    let found = mistakes(json);
    let mut paths: Vec<&str> = found
        .iter()
        .map(|mistake| mistake.split(": ").next().unwrap_or_default())
        .collect();
    paths.sort_unstable();
    let want = "fallback hosts[0] hosts[1] path_prefix models[0].created models[0].nam models[0].name models[0].target \
        models[1] unknown_models caller caller.header caller.filter_state caller.metadata.nmespace \
        caller.metadata.namespace caller.metadata.path[0] team.metadata publish[0] dry_run max_response_bytes \
        unsupported_params default_max_tokens forward_caller_auth prices[\"m\"].input_cost_per_token \
        prices[\"m\"].output_cost_per_token providers[1] providers[2].auth providers[2].api_version \
        providers[2].chat_path providers[2].chat_path providers[2].completions providers[2].location \
        providers[2].project providers[3].provider providers[3].models providers[3].headers providers[3].prices \
        providers[3].match";
    let first = "provider name auth.kee auth.key auth.header auth.scheme models[\"m\"] models[\"n\"] host path_prefix region \
        match.cluster match.cluster_metadata.namespace match.cluster_metadata.key match.cluster_metadata.value \
        match.endpoint_metadata completions wire chat_path api_version default_max_tokens forward_caller_auth \
        force_translate unsupported_params headers[\"a|b\"] headers[\"a|b\"] headers[\"c\"] \
        prices[\"m\"].input_cost_per_token prices[\"m\"].output_cost_per_token";
    let first: Vec<String> = first
        .split_whitespace()
        .map(|path| format!("providers[0].{}", path.replace('|', " ")))
        .collect();
    let mut all: Vec<&str> = want.split_whitespace().collect();
    all.extend(first.iter().map(String::as_str));
    all.sort_unstable();
    assert_eq!(paths, all, "{found:#?}");
}

#[test]
fn a_provider_that_hides_the_rest_is_a_mistake() {
    let json = r#"{"stage":"attempt","providers":[{"provider":"openai"},{"provider":"openai"}]}"#;
    assert_eq!(
        mistakes(json),
        [
            "providers[0]: it has no `match` and serves every cluster, so those after it are never reached: put it last",
            r#"providers[1]: the name "openai" is taken by an earlier provider; give it a `name`"#,
        ]
    );
}

#[test]
fn models_map_by_the_most_exact_pattern() {
    let config = attempt(
        r#"[{"provider":"anthropic","models":{"*":"claude-haiku-4-5","gpt-4o":"claude-sonnet-4-5","claude-*":"claude-*","azure-gpt-*":"gpt-*","groq/*":"*","o3":"*","a-*-*":"*/*"}}]"#,
    );
    let upstream = |asked: &str| config.providers[0].upstream_model(asked).into_owned();
    assert_eq!(upstream("gpt-4o"), "claude-sonnet-4-5");
    assert_eq!(upstream("claude-opus-4-1"), "claude-opus-4-1");
    assert_eq!(upstream("azure-gpt-5"), "gpt-5");
    assert_eq!(upstream("other"), "claude-haiku-4-5");
    // A star is what the pattern's star stands for, also where it is all there is.
    assert_eq!(upstream("groq/llama-4"), "llama-4");
    assert_eq!(upstream("groq/"), "");
    assert_eq!(upstream("o3"), "o3");
    assert_eq!(upstream("a-b-c"), "b/b");
    let config = attempt(r#"[{"provider":"openai","models":{"*":"*"}}]"#);
    assert_eq!(config.providers[0].upstream_model("x/y"), "x/y");
}

#[test]
fn keys_go_where_the_kind_wants_them_and_are_not_shown() {
    let config = attempt(
        r#"[{"provider":"anthropic","name":"a","match":{"cluster":"a"},"auth":{"key":"${K}"}},{"provider":"openai","auth":{"key":"x","header":"X-Own"}}]"#,
    );
    let header = |index: usize| match &config.providers[index].auth {
        Auth::Header { name, value } => (name.clone(), value.expose().to_owned()),
        Auth::None => panic!("no key"),
    };
    assert_eq!(header(0), ("x-api-key".into(), "k".into()));
    assert_eq!(header(1), ("x-own".into(), "x".into()));
    assert!(!format!("{config:?}").contains("\"k\""));
}

#[test]
fn an_operator_knows_better_what_a_host_has() {
    let config = attempt(
        r#"[{"provider":"groq","name":"a","match":{"cluster":"a"},"completions":true,"wire":"completions"},{"provider":"hosted_vllm","host":"v:8000","completions":false}]"#,
    );
    let [groq, vllm] = &config.providers[..] else {
        panic!("two");
    };
    assert!(groq.completions && !groq.kind.completions);
    assert!(!vllm.completions && vllm.kind.completions);
    assert_eq!(groq.host, "api.groq.com");
}

#[test]
fn a_struct_on_the_wire_is_read_as_json_is() {
    use prost::Message;
    use prost_types::{Struct, Value, value::Kind};
    let field = |kind| Value { kind: Some(kind) };
    let fields = [
        ("stage".to_owned(), field(Kind::StringValue("edge".into()))),
        (
            "max_request_bytes".to_owned(),
            field(Kind::NumberValue(1_048_576.0)),
        ),
    ];
    let bytes = Struct {
        fields: fields.into_iter().collect(),
    }
    .encode_to_vec();
    match parse(&bytes, &|_| None) {
        Ok(Config::Edge(edge)) => assert_eq!(edge.max_request_bytes, 1 << 20),
        other => panic!("{other:?}"),
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_judged(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let _ = parse(&bytes, &|_| None);
    }
}

#[test]
fn no_mistake_repeats_a_key() {
    // Where an operator may have put one.
    for provider in [
        r#""auth":"sk-5ecret""#,
        r#""auth":["sk-5ecret"]"#,
        r#""auth":{"key":["sk-5ecret"]}"#,
        r#""auth":{"key":"${sk-5ecret}"}"#,
        r#""auth":{"key":"${sk-5ecret"}"#,
        r#""auth":{"key":"sk-5ecret\n"}"#,
        r#""auth":{"kee":"sk-5ecret"}"#,
        r#""auth":{"key":"sk-5ecret","header":7}"#,
        r#""auth":{"key":"sk-5ecret","scheme":[]}"#,
        r#""auth":{"key":"x"},"api_key":"sk-5ecret""#,
        r#""headers":{"authorization":"sk-5ecret\n"}"#,
        r#""headers":{"a b":"sk-5ecret"}"#,
        r#""headers":["sk-5ecret"]"#,
        r#""headers":"sk-5ecret""#,
    ] {
        let json =
            format!(r#"{{"stage":"attempt","providers":[{{"provider":"openai",{provider}}}]}}"#);
        let mistakes = parse(json.as_bytes(), &|_| None).expect_err(provider);
        for mistake in mistakes {
            assert!(!mistake.to_string().contains("5ecret"), "{mistake}");
        }
    }
    let json = r#"{"stage":"attempt","providers":[{"provider":"openai","auth":{"key":"${K}"}}]}"#;
    let broken = |_: &str| Some("sk-5ecret\r\nx: y".to_owned());
    let mistakes = parse(json.as_bytes(), &broken).expect_err("a line break");
    assert!(
        mistakes
            .iter()
            .all(|said| !said.to_string().contains("5ecret"))
    );
    let good = parse(json.as_bytes(), &|_| Some("sk-5ecret".to_owned())).expect("valid");
    assert!(!format!("{good:?}").contains("5ecret"));
}

/// Keys, and headers that may be made of them, are not shown: neither what is accepted nor what is mistaken.
#[test]
fn keys_are_not_shown() {
    let shown = |provider: &str| {
        let text =
            format!(r#"{{"stage":"attempt","providers":[{{"provider":"openai",{provider}}}]}}"#);
        match parse(text.as_bytes(), &|_| Some("k3y".to_owned())) {
            Ok(config) => format!("{config:?}"),
            Err(mistakes) => format!("{mistakes:?}"),
        }
    };
    for provider in [
        r#""auth":{"key":"k3y"}"#,
        r#""auth":"k3y""#,
        r#""auth":["k3y"]"#,
        r#""auth":"env""#,
        r#""headers":{"x-key":"${KEY}"}"#,
        r#""headers":{"":"k3y"}"#,
        r#""auth":{"key":"${KEY}\n"}"#,
    ] {
        let shown = shown(provider);
        assert!(!shown.contains("k3y"), "{provider}: {shown}");
    }
}

mod at_once;
mod schema;
