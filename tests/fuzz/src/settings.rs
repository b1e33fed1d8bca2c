//! What operators and hosts hand over: configuration, route metadata, packed records; paths; prices.

use super::input::Input;
use super::requests::all_kinds;
use prost::Message;
use prost_types::{ListValue, Struct, Value, value::Kind};
use weir::chat::Error;
use weir::config::{Config, Mistake, Pattern, RouteSettings, parse};
use weir::exchange::dry_run::Query;
use weir::exchange::operation::recognise;
use weir::exchange::{AttemptRecord, Exchange};
use weir::meter::Usage;
use weir::meter::price::{Rate, cost_nanousd, lookup};

/// A key that must not be shown.
const KEY: &str = "k3y-that-nobody-sees";

fn configuration(bytes: &[u8]) {
    let env = |name: &str| (name == "KEY").then(|| KEY.to_owned());
    let shown = match parse(bytes, &env) {
        Ok(config) => format!("{config:?}"),
        Err(mistakes) => {
            assert!(!mistakes.is_empty(), "what is refused is told");
            mistakes.iter().map(Mistake::to_string).collect()
        }
    };
    assert!(!shown.contains(KEY), "{shown}");
}

/// Configuration as JSON text, or any bytes.
pub fn config_json(data: &[u8]) {
    configuration(data);
}

/// Configuration as Envoy hands over a `Struct`: the same JSON, in protobuf, and any other bytes.
pub fn config_struct(data: &[u8]) {
    configuration(data);
    let Ok(serde_json::Value::Object(map)) = serde_json::from_slice(data) else {
        return;
    };
    let env = |name: &str| (name == "KEY").then(|| KEY.to_owned());
    let packed = structure(map).encode_to_vec();
    let (text, packed) = (parse(data, &env), parse(&packed, &env));
    let shown = |config: &Result<Config, Vec<Mistake>>| {
        config.as_ref().map(|config| format!("{config:?}")).ok()
    };
    // A `Struct` has its keys in no order, and numbers as doubles: what is accepted of one is of the other.
    if text.is_ok() && data.len() < 400 {
        assert_eq!(
            shown(&text).is_some(),
            shown(&packed).is_some(),
            "{packed:?}"
        );
    }
}

fn structure(map: serde_json::Map<String, serde_json::Value>) -> Struct {
    Struct {
        fields: map
            .into_iter()
            .map(|(key, field)| (key, value(field)))
            .collect(),
    }
}

fn value(json: serde_json::Value) -> Value {
    use serde_json::Value as Json;
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(truth) => Kind::BoolValue(truth),
        Json::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Json::String(text) => Kind::StringValue(text),
        Json::Array(list) => Kind::ListValue(ListValue {
            values: list.into_iter().map(value).collect(),
        }),
        Json::Object(map) => Kind::StructValue(structure(map)),
    };
    Value { kind: Some(kind) }
}

/// A route's metadata as the host packs it, and both stages' records as the other finds them.
pub fn metadata(data: &[u8]) {
    if let Err(mistakes) = RouteSettings::read(data) {
        assert!(!mistakes.is_empty());
    }
    if let Some(exchange) = Exchange::unpack(data) {
        assert_eq!(Exchange::unpack(&exchange.pack()), Some(exchange));
    }
    if let Some(record) = AttemptRecord::unpack(data) {
        assert_eq!(AttemptRecord::unpack(&record.pack()), Some(record));
    }
}

/// Paths and queries that clients ask for, and patterns of names.
pub fn paths(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let path = format!("/{text}");
    let bare = path.split_once('?').map_or(path.as_str(), |(bare, _)| bare);
    for method in ["GET", "POST", "DELETE"] {
        let _ = recognise(method, bare);
    }
    let _: Result<Query, Error> = Query::read(&path);
    let (pattern, name) = text.split_once('\n').unwrap_or((&text, ""));
    let pattern = Pattern::new(pattern);
    assert!(!pattern.matches(name) || pattern.source().contains('*') || pattern.source() == name);
}

/// Prices by any name, of any usage.
pub fn prices(data: &[u8]) {
    let mut input = Input::new(data);
    let kind = all_kinds()[input.below(all_kinds().len())];
    let mut number = || {
        let digits = input.below(20) as u32;
        10u64
            .saturating_pow(digits)
            .saturating_mul(u64::from(input.byte()))
    };
    let usage = Usage {
        input_tokens: number(),
        output_tokens: number(),
        cache_read_tokens: number(),
        cache_write_tokens: number(),
        cache_write_1h_tokens: number(),
        reasoning_tokens: number(),
        ..Usage::default()
    };
    let model = String::from_utf8_lossy(input.rest()).into_owned();
    if let Some(rates) = lookup(kind.name, "own", &model) {
        let cost = cost_nanousd(&rates, &usage);
        let more = Usage {
            input_tokens: usage.input_tokens.saturating_add(1),
            ..usage
        };
        assert!(cost_nanousd(&rates, &more) >= cost, "{model}");
        assert_eq!(cost_nanousd(&rates, &Usage::default()), 0);
    }
    if let Ok(rate) = Rate::parse(&model) {
        assert!(rate >= Rate::default(), "no price is negative");
    }
}
