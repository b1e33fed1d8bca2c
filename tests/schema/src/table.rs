//! What the schema has from the provider table. `UPDATE=1` (`make providers`) writes it.

use super::{parsed, path, schema, text, validator};
use serde_json::{Value, json};
use weir::dialect::Wire;
use weir::provider::{Api, ProviderKind, kinds};

/// The rules are what the parser does with each kind of the table.
#[test]
fn what_a_kind_needs_and_has_is_said() {
    let validator = validator(&schema());
    let pieces = [
        json!({"host": "h", "path_prefix": "/p"}),
        json!({"host": "h"}),
        json!({"path_prefix": "/p"}),
        json!({"region": "x"}),
        json!({"location": "x"}),
        json!({"project": "x", "location": "x"}),
        json!({"account": "x"}),
        json!({"api_version": "v1"}),
        json!({"chat_path": "c"}),
        json!({"auth": "env"}),
        json!({"completions": true}),
        json!({"completions": false}),
        json!({"wire": "chat"}),
        json!({"wire": "completions"}),
    ];
    let (mut right, mut wrong) = (0, 0);
    for kind in kinds() {
        for one in &pieces {
            for other in &pieces {
                let mut provider = json!({"provider": kind.name});
                for piece in [one, other] {
                    let piece = piece.as_object().expect("an object").clone();
                    provider.as_object_mut().expect("an object").extend(piece);
                }
                let config = json!({"stage": "attempt", "providers": [provider]});
                let mistakes = parsed(&config);
                let valid = validator.is_valid(&config);
                assert_eq!(valid, mistakes.is_empty(), "{config}: {mistakes:?}");
                *(if valid { &mut right } else { &mut wrong }) += 1;
            }
        }
    }
    assert!(
        right > 1_000 && wrong > 1_000,
        "{right} right, {wrong} wrong"
    );
}

/// Which keys a kind does not have: rules of the schema, from the table.
fn refusals() -> [Value; 5] {
    let other_wire = |kind: &ProviderKind| kind.wire != Wire::OpenAi;
    let azure = |kind: &ProviderKind| matches!(kind.api, Api::Azure | Api::Foundry);
    let completions = |kind: &ProviderKind| kind.wire == Wire::OpenAi && kind.completions;
    let names = |of: &dyn Fn(&ProviderKind) -> bool| -> Value {
        kinds()
            .filter(|kind| of(kind))
            .map(|kind| kind.name)
            .collect()
    };
    let of =
        |provider: Value| json!({"required": ["provider"], "properties": {"provider": provider}});
    let not = |key: &str, value: Value| json!({"properties": {key: {"not": {"const": value}}}});
    let mut without = of(json!({"not": {"enum": names(&completions)}}));
    without["not"] = json!({"required": ["completions"]});
    let said_without =
        json!({"required": ["completions"], "properties": {"completions": {"const": false}}});
    [
        json!({
            "if": of(json!({"enum": names(&other_wire)})),
            "then": {"properties": {"chat_path": false, "completions": {"not": {"const": true}}}},
        }),
        json!({"if": of(json!({"not": {"enum": names(&azure)}})), "then": {"properties": {"api_version": false}}}),
        json!({
            "if": of(json!({"enum": names(&|kind| kind.env.is_empty())})),
            "then": not("auth", json!("env")),
        }),
        json!({"if": without, "then": not("wire", json!("completions"))}),
        json!({"if": said_without, "then": not("wire", json!("completions"))}),
    ]
}

/// Which keys a kind needs, and which it does not have.
fn rules() -> Vec<Value> {
    let rule = |instead: &str, key: &str, needs: &dyn Fn(&ProviderKind) -> bool| {
        let names: Vec<&str> = kinds()
            .filter(|kind| needs(kind))
            .map(|kind| kind.name)
            .collect();
        let mut condition =
            json!({"required": ["provider"], "properties": {"provider": {"enum": names}}});
        if instead != key {
            condition["not"] = json!({"required": [instead]});
        }
        (!names.is_empty()).then(|| json!({"if": condition, "then": {"required": [key]}}))
    };
    let mut rules = vec![rule("host", "host", &|kind| kind.host.is_none())];
    for key in ["region", "location", "project", "account"] {
        let place = format!("{{{key}}}");
        rules.push(rule("host", key, &|kind| {
            kind.host.is_some_and(|host| host.contains(&place))
        }));
        rules.push(rule("path_prefix", key, &|kind| {
            kind.path_prefix.contains(&place)
        }));
    }
    rules.into_iter().flatten().chain(refusals()).collect()
}

/// What stands between two texts, replaced.
fn between(text: &str, begin: &str, end: &str, what: &str) -> String {
    let (before, rest) = text.split_once(begin).expect(begin);
    let (_, after) = rest.split_once(end).expect(end);
    [before, begin, what, end, after].concat()
}

#[test]
fn the_tables_part_is_current() {
    let mut names = String::new();
    let mut line = String::new();
    for kind in kinds() {
        if line.len() + kind.name.len() > 110 {
            names = names + "\n        " + line.trim_end();
            line.clear();
        }
        line = line + "\"" + kind.name + "\", ";
    }
    let names = names + "\n        " + line.trim_end_matches(", ") + "\n      ";
    let rules: Vec<String> = rules()
        .iter()
        .map(|rule| format!("\n        {rule}"))
        .collect();
    let rules = rules.join(",") + "\n      ";
    let now = text();
    let current = between(&now, "\"kind\": {\n      \"enum\": [", "]", &names);
    let current = between(&current, "\"allOf\": [", "]\n    },", &rules);
    if std::env::var_os("UPDATE").is_some() {
        assert!(std::env::var_os("CI").is_none(), "UPDATE is not for CI");
        std::fs::write(path(), current).expect("written");
        return;
    }
    assert!(
        now == current,
        "envoy/weir.schema.json is not current: run `make providers`"
    );
}
