//! Random configurations, most with a mistake: both judge alike, but for what a schema cannot say.

use super::{parsed, schema, validator};
use serde_json::{Map, Value, json};

/// Mistakes that a schema cannot say.
const BEYOND: [&str; 7] = [
    // One thing beside another.
    "is in the list twice",
    "is taken by an earlier provider",
    "serves every cluster",
    // What is not in the configuration.
    "is not set for this plugin's VM",
    // A number that is spelled in a string.
    "at most 1000",
    "at most 24 decimal places",
    "a duration such as",
];

/// Numbers from a seed: the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed >> 33) % bound as u64).expect("small")
    }

    fn of<'v, T>(&mut self, list: &'v [T]) -> &'v T {
        &list[self.below(list.len())]
    }
}

/// A value as the schema has it, but for rules of one key about another.
fn made(schema: &Value, node: &Value, dice: &mut Dice) -> Value {
    if let Some(reference) = node["$ref"].as_str() {
        return made(
            schema,
            schema.pointer(&reference[1..]).expect("there"),
            dice,
        );
    }
    for choice in ["enum", "examples"] {
        if let Some(list) = node[choice].as_array()
            && node["type"] != "object"
            && node["type"] != "array"
        {
            return dice.of(list).clone();
        }
    }
    if let Some(branches) = node["anyOf"].as_array() {
        let branch = dice.of(branches);
        return made(schema, branch, dice);
    }
    match node["type"].as_str().expect("a type") {
        "boolean" => json!(dice.below(2) == 0),
        "number" => json!(dice.below(100)),
        "integer" => {
            let [least, most] =
                ["minimum", "maximum"].map(|end| node[end].as_u64().expect("an end"));
            json!(*dice.of(&[least, most, least.midpoint(most)]))
        }
        "array" => {
            let count = dice.below(3) + usize::from(node["minItems"] == 1);
            (0..count)
                .map(|_| made(schema, &node["items"], dice))
                .collect()
        }
        "object" => {
            let mut object = Map::new();
            let required = node["required"].as_array().cloned().unwrap_or_default();
            for (key, below) in node["properties"].as_object().into_iter().flatten() {
                if below != false && (required.contains(&json!(key)) || dice.below(4) == 0) {
                    object.insert(key.clone(), made(schema, below, dice));
                }
            }
            if node["additionalProperties"].is_object() {
                let value = made(schema, &node["additionalProperties"], dice);
                object.insert((*dice.of(&["m-1", "x"])).to_owned(), value);
            }
            Value::Object(object)
        }
        "string" if node["pattern"].is_null() => json!(*dice.of(&["m", "a*b", "é x"])),
        other => panic!("no {other} can be made without examples: {node}"),
    }
}

fn configuration(schema: &Value, dice: &mut Dice) -> Value {
    let name = *dice.of(&["edge", "attempt", "inline"]);
    let mut config = made(schema, &schema["definitions"][name], dice);
    config["stage"] = json!(if name == "attempt" { "attempt" } else { "edge" });
    match name {
        "inline" => config["translate"] = json!("inline"),
        "edge" => config["translate"] = json!("upstream"),
        _ => {}
    }
    config
}

fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    let below: Vec<(String, &Value)> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), value))
            .collect(),
        Value::Array(list) => (0..).map(|at: usize| at.to_string()).zip(list).collect(),
        _ => Vec::new(),
    };
    for (key, value) in below {
        let key = key.replace('~', "~0").replace('/', "~1");
        pointers(value, &format!("{at}/{key}"), out);
    }
}

/// Every key, word, example and bound of the schema, and what is next to a bound.
fn material(node: &Value, keys: &mut Vec<String>, values: &mut Vec<Value>) {
    match node {
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("enum" | "examples", Value::Array(list)) => {
                        values.extend(list.iter().take(20).cloned())
                    }
                    ("minimum" | "maximum", value) => {
                        let bound = value.as_i64().expect("whole");
                        values.extend([json!(bound - 1), json!(bound), json!(bound + 1)]);
                    }
                    ("properties", Value::Object(map)) => keys.extend(map.keys().cloned()),
                    _ => {}
                }
                material(value, keys, values);
            }
        }
        Value::Array(list) => list.iter().for_each(|node| material(node, keys, values)),
        _ => {}
    }
}

/// Changes one thing somewhere.
fn mutate(config: &mut Value, keys: &[String], values: &[Value], dice: &mut Dice) {
    let mut places = Vec::new();
    pointers(config, "", &mut places);
    let place = dice.of(&places[1..]).clone();
    let mut value = dice.of(values).clone();
    // Often of the same type: the nearer it is, the more it says.
    if dice.below(2) == 0 {
        let now = config.pointer(&place).expect("there");
        let alike = |other: &&Value| std::mem::discriminant(*other) == std::mem::discriminant(now);
        let alike: Vec<&Value> = values.iter().filter(alike).collect();
        value = (*dice.of(&alike)).clone();
    }
    let (parent, key) = place.rsplit_once('/').expect("below");
    match dice.below(4) {
        0 | 1 => *config.pointer_mut(&place).expect("there") = value,
        2 => match config.pointer_mut(parent).expect("there") {
            Value::Object(map) => drop(map.remove(&key.replace("~1", "/").replace("~0", "~"))),
            Value::Array(list) => drop(list.pop()),
            _ => unreachable!(),
        },
        _ => match config.pointer_mut(parent).expect("there") {
            Value::Object(map) => drop(map.insert(dice.of(keys).clone(), value)),
            Value::Array(list) => list.push(value),
            _ => unreachable!(),
        },
    }
}

#[test]
fn the_validator_and_the_parser_agree() {
    let schema = schema();
    let validator = validator(&schema);
    let mut keys = vec!["zzz".to_owned()];
    let mut values = vec![
        json!(true),
        json!(1.5),
        json!(-1),
        json!(""),
        json!("a b"),
        json!("/a b"),
        json!("a/b:1"),
        json!("ü"),
        json!("a\nb"),
        json!("${UNSET}"),
        json!("${}"),
        json!("${x y}"),
        json!("${x"),
        json!("a$b"),
        json!("1e4"),
        json!("1e-30"),
        json!("1e300s"),
        json!("x".repeat(129)),
        json!([]),
        json!({}),
        json!([1]),
        json!({"x": 1}),
    ];
    material(&schema, &mut keys, &mut values);
    let mut dice = Dice(6);
    let (mut right, mut wrong) = (0, 0);
    let mut seen = [0; BEYOND.len()];
    // What chance does not come upon.
    let rare = [
        json!({"stage": "attempt", "providers": [{"provider": "openai", "auth": {"key": "${UNSET}"}}]}),
        json!({"stage": "attempt", "providers": [{"provider": "openai"}], "prices": {"m": {"input_cost_per_token": "1e-30"}}}),
        json!({"stage": "attempt", "providers": [{"provider": "openai"}], "fallback": {"first_event_timeout": "1e300s"}}),
        json!({"stage": "attempt", "providers": [{"provider": "openai"}], "prices": {"m": {"input_cost_per_token": "1e4"}}}),
    ];
    let mut rare = rare.into_iter();
    for _ in 0..20_000 {
        let untouched = rare.len() > 0;
        let mut config = rare
            .next()
            .unwrap_or_else(|| configuration(&schema, &mut dice));
        // Some as they are: most of these are right.
        if !untouched && dice.below(4) > 0 {
            mutate(&mut config, &keys, &values, &mut dice);
        }
        let mistakes = parsed(&config);
        if !validator.is_valid(&config) {
            wrong += 1;
            assert!(!mistakes.is_empty(), "only the schema refuses {config:#}");
            continue;
        }
        right += 1;
        for mistake in mistakes {
            let beyond = BEYOND.iter().position(|words| mistake.contains(words));
            let beyond =
                beyond.unwrap_or_else(|| panic!("only the parser says {mistake:?} of {config:#}"));
            seen[beyond] += 1;
        }
    }
    assert!(
        right > 3_000 && wrong > 3_000,
        "{right} right, {wrong} wrong"
    );
    let unseen: Vec<&str> = (0..)
        .zip(BEYOND)
        .filter(|(at, _)| seen[*at] == 0)
        .map(|(_, words)| words)
        .collect();
    assert!(
        unseen.is_empty(),
        "a schema can say, or nobody tried: {unseen:?}"
    );
}
