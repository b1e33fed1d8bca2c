//! `envoy/weir.schema.json`, as a real validator reads it, beside the parser.
#![cfg(test)]

mod random;
mod table;

use jsonschema::Validator;
use serde_json::Value;
use std::path::PathBuf;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../envoy/weir.schema.json")
}

fn text() -> String {
    std::fs::read_to_string(path()).expect("the schema")
}

fn schema() -> Value {
    serde_json::from_str(&text()).expect("JSON")
}

fn validator(schema: &Value) -> Validator {
    jsonschema::draft7::new(schema).expect("a schema")
}

fn parsed(config: &Value) -> Vec<String> {
    let env = |name: &str| (name != "UNSET").then(|| "x".to_owned());
    let read = weir::config::parse(config.to_string().as_bytes(), &env);
    let mistakes = read.err().into_iter().flatten();
    mistakes.map(|mistake| mistake.to_string()).collect()
}
