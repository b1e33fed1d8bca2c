//! `envoy/weir.schema.json` says what the parser asks: key by key, type by type, both ways.
//!
//! The reader keeps, in tests, what it was asked at which path. Complete configurations are read and the record is
//! compared with what the schema says at the same paths.

use super::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

type Asked = BTreeSet<(String, String)>;

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../envoy/weir.schema.json")).expect("JSON")
}

/// What the parser asks of this configuration, which must be right.
fn asked(config: &Value) -> Asked {
    let mistakes = Mistakes::default();
    let env = |_: &str| Some("x".to_owned());
    let read = stage(&Reader::root(config, &mistakes, &env));
    assert_eq!(mistakes.take(), [], "{config}");
    read.expect("read");
    let asked = mistakes.asked.take();
    let mut asked: Asked = asked
        .into_iter()
        .map(|(path, what)| (general(&path), what))
        .collect();
    // A word that is also asked for as a string is asked for its message's sake.
    let words = words_at(&asked);
    asked.retain(|(path, what)| what != "string" || !words.contains(path));
    asked
}

fn words_at(asked: &Asked) -> BTreeSet<String> {
    let kinds: Vec<&str> = crate::provider::kinds().map(|kind| kind.name).collect();
    let kinds = kinds.join(" ");
    let at = asked.iter().filter(|(_, what)| *what == kinds);
    at.map(|(path, _)| path.clone()).collect()
}

/// A path with every place in a list as `[]`, and every key of the operator's own as `{}`.
fn general(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('[') {
        let (inside, after) = after.split_once(']').expect("closed");
        out.push_str(before);
        out.push_str(if inside.starts_with('"') { "{}" } else { "[]" });
        rest = after;
    }
    out + rest
}

/// What the schema says at a path and below it, in the words of the reader's record.
fn said(schema: &Value, node: &Value, path: &str, out: &mut Asked) {
    let mut say = |what: String| {
        out.insert((path.to_owned(), what));
    };
    if let Some(reference) = node["$ref"].as_str() {
        match reference.rsplit('/').next().expect("a name") {
            // Their shapes are tested beside the real validator.
            shape @ ("duration" | "rate") => say(shape.to_owned()),
            _ => {
                let target = schema.pointer(&reference[1..]).expect(reference);
                said(schema, target, path, out);
            }
        }
        return;
    }
    let items = |name: &str| node[name].as_array().into_iter().flatten();
    let words: Vec<&str> = items("enum").filter_map(Value::as_str).collect();
    if !words.is_empty() {
        say(words.join(" "));
    }
    match node["type"].as_str() {
        Some("string") if node["minLength"] == 1 => say("string".to_owned()),
        Some("string") => say("text".to_owned()),
        Some("boolean") => say("bool".to_owned()),
        Some("integer") => say(format!("{} to {}", node["minimum"], node["maximum"])),
        Some("array") => say("list".to_owned()),
        Some("object") if node["additionalProperties"] == false => {
            let keys = node["properties"].as_object().expect("keys").keys();
            keys.for_each(|key| say(format!("key {key}")));
            items("required")
                .filter_map(Value::as_str)
                .for_each(|key| say(format!("required {key}")));
        }
        Some("object") => say("map".to_owned()),
        _ => assert!(
            !words.is_empty() || node["anyOf"].is_array(),
            "{path}: {node}"
        ),
    }
    for branch in items("anyOf") {
        said(schema, branch, path, out);
    }
    if node["items"].is_object() {
        said(schema, &node["items"], &format!("{path}[]"), out);
    }
    if node["additionalProperties"].is_object() {
        let below = format!("{path}{{}}");
        said(schema, &node["additionalProperties"], &below, out);
    }
    for (key, below) in node["properties"].as_object().into_iter().flatten() {
        // `false`: the key is known, and a mistake here.
        if below != false {
            let dot = if path.is_empty() { "" } else { "." };
            said(schema, below, &format!("{path}{dot}{key}"), out);
        }
    }
}

fn rates() -> Value {
    json!({"input_cost_per_token": 1e-6, "output_cost_per_token": "2e-6",
        "cache_read_input_token_cost": 0, "cache_creation_input_token_cost": 0,
        "cache_creation_input_token_cost_above_1hr": 0, "output_cost_per_reasoning_token": 0})
}

/// Providers with every key.
fn providers() -> Value {
    let rates = rates();
    let metadata = json!({"namespace": "n", "key": "k", "value": "v"});
    json!([
        {"provider": "azure_openai", "name": "a", "host": "h", "path_prefix": "/p", "api_version": "v1",
         "match": {"cluster": "c", "cluster_metadata": metadata, "endpoint_metadata": metadata},
         "models": {"m": "n"}, "prices": {"m": rates}, "unsupported_params": "drop", "default_max_tokens": 1,
         "forward_caller_auth": true, "headers": {"x": "y"}, "force_translate": true,
         "region": "r", "location": "l", "project": "p", "account": "a",
         "auth": {"key": "${K}", "header": "x", "scheme": "s"}},
        {"provider": "openai", "auth": "env", "completions": true, "wire": "completions", "chat_path": "c"},
    ])
}

fn with(mut config: Value, more: Value) -> Value {
    let more: Map<String, Value> = serde_json::from_value(more).expect("an object");
    config.as_object_mut().expect("an object").extend(more);
    config
}

/// The stage that the schema calls so, with every key.
fn complete(name: &str) -> Value {
    let attempt = json!({"stage": "attempt", "providers": providers(), "envoy_buffer_limit_bytes": 1024,
        "max_response_bytes": 1024, "max_event_bytes": 1024, "unsupported_params": "drop", "default_max_tokens": 1,
        "forward_caller_auth": true, "prices": {"m": rates()}});
    let edge = json!({"stage": "edge", "hosts": ["h"], "path_prefix": "/p", "unknown_paths": "pass",
        "models": [{"name": "m", "target": "t", "created": 1}], "unknown_models": "pass",
        "caller": {"header": "c"}, "team": {"header": "c"}, "max_caller_labels": 1, "max_model_labels": 1,
        "max_request_bytes": 1, "publish": ["log"], "route_headers": false, "dry_run": true,
        "forward_caller_auth": true, "translate": "upstream"});
    match name {
        "attempt" => with(
            attempt,
            json!({"fallback": {"on": ["permission"], "first_event_timeout": "1s", "first_event_bytes": 1}}),
        ),
        "edge" => edge,
        _ => with(attempt, with(edge, json!({"translate": "inline"}))),
    }
}

/// The complete configuration, and what exactly one of must be given, each in turn.
fn variants(name: &str) -> Vec<Value> {
    let config = complete(name);
    let mut variants = vec![config.clone()];
    if name != "attempt" {
        let identities = [
            json!({"filter_state": "k"}),
            json!({"metadata": {"namespace": "n", "path": ["a"]}}),
        ];
        variants.extend(
            identities.map(|found| with(config.clone(), json!({"caller": found, "team": found}))),
        );
    }
    variants
}

#[test]
fn the_schema_says_what_the_parser_asks() {
    let schema = schema();
    for name in ["edge", "attempt", "inline"] {
        let asked: Asked = variants(name).iter().flat_map(asked).collect();
        let mut stated = Asked::new();
        said(&schema, &schema["definitions"][name], "", &mut stated);
        let of = |left: &Asked, right: &Asked| left.difference(right).cloned().collect::<Vec<_>>();
        let (unsaid, unasked) = (of(&asked, &stated), of(&stated, &asked));
        assert!(
            unsaid.is_empty(),
            "{name}: the schema does not say {unsaid:#?}"
        );
        assert!(
            unasked.is_empty(),
            "{name}: the parser does not ask {unasked:#?}"
        );
    }
}

/// A default that is written out changes nothing.
#[test]
fn the_schemas_defaults_are_the_parsers() {
    let schema = schema();
    let read = |config: &Value| {
        let text = config.to_string();
        let config = parse(text.as_bytes(), &|_| Some("x".to_owned()));
        format!(
            "{:?}",
            config
                .map_err(|mistakes| format!("{mistakes:?}: {text}"))
                .expect("valid")
        )
    };
    let attempt = json!({"stage": "attempt", "fallback": {},
        "providers": [{"provider": "openai", "match": {"cluster_metadata": {"key": "k", "value": "v"}}}]});
    let edge = json!({"stage": "edge"});
    let model = with(
        edge.clone(),
        json!({"models": [{"name": "m", "target": "t"}]}),
    );
    let places = [
        ("edge", &edge, ""),
        ("edge/properties/models/items", &model, "/models/0"),
        ("attempt", &attempt, ""),
        ("attempt/properties/fallback", &attempt, "/fallback"),
        ("provider", &attempt, "/providers/0"),
        ("metadata", &attempt, "/providers/0/match/cluster_metadata"),
    ];
    let mut defaults = 0;
    for (definition, config, at) in places {
        let node = schema
            .pointer(&format!("/definitions/{definition}"))
            .expect("there");
        for (key, said) in node["properties"].as_object().expect("keys") {
            let Some(default) = said.get("default") else {
                continue;
            };
            let mut written = config.clone();
            written.pointer_mut(at).expect("there")[key] = default.clone();
            assert_eq!(read(&written), read(config), "{definition}.{key}");
            defaults += 1;
        }
    }
    // None is anywhere else.
    let all = include_str!("../../../envoy/weir.schema.json")
        .matches("\"default\":")
        .count();
    assert_eq!(defaults, all);
}

/// A route's metadata as the host gives it.
fn route(key: &str, value: &Value) -> Vec<u8> {
    let value = match value {
        Value::String(text) => text.clone().into_bytes(),
        Value::Bool(truth) => vec![u8::from(*truth)],
        number => number.as_f64().expect("a number").to_le_bytes().to_vec(),
    };
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("short").to_le_bytes();
    let lengths = [length(key.as_bytes()), length(&value)].concat();
    [
        &1u32.to_le_bytes()[..],
        &lengths,
        key.as_bytes(),
        b"\0",
        &value,
        b"\0",
    ]
    .concat()
}

#[test]
fn the_schema_says_what_a_route_may() {
    let schema = schema();
    let mut stated = Asked::new();
    said(&schema, &schema["definitions"]["route"], "", &mut stated);
    let takes = |key: &str, value: Value| RouteSettings::read(&route(key, &value)).is_ok();
    let wrong = RouteSettings::read(&route("x", &json!(true))).expect_err("unknown");
    for (path, what) in &stated {
        let bounds = what.split_once(" to ").map(|(least, most)| {
            [least, most].map(|bound| bound.parse::<i64>().expect("a number"))
        });
        match (what.as_str(), bounds) {
            (_, Some([least, most])) => {
                assert!(takes(path, json!(least)) && takes(path, json!(most)));
                assert!(!takes(path, json!(least - 1)) && !takes(path, json!(most + 1)));
                assert!(!takes(path, json!("x")));
            }
            ("bool", _) => {
                assert!(takes(path, json!(true)) && takes(path, json!(false)));
                assert!(!takes(path, json!("true")) && !takes(path, json!("x")));
            }
            (what, _) if path.is_empty() => {
                // The message names every key that there is.
                let key = what.strip_prefix("key ").expect("a key");
                assert!(wrong[0].message.contains(key), "{key}");
            }
            (words, _) => {
                assert!(
                    words.split(' ').all(|word| takes(path, json!(word))),
                    "{path}: {words}"
                );
                assert!(!takes(path, json!("x")));
            }
        }
    }
    let keys = stated.iter().filter(|(path, _)| path.is_empty()).count();
    assert_eq!(wrong[0].message.matches('_').count(), 5, "three names");
    assert_eq!(keys, 3);
}
