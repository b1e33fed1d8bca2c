//! The configuration's bytes: JSON text, or the `google.protobuf.Struct` that Envoy hands over as it is on the wire.

use super::reader::Mistake;
use prost::Message;
use prost_types::{Struct, Value as Field, value::Kind};
use serde_json::{Map, Value};

/// Reads either form.
///
/// Envoy gives a `StringValue` as its text and a `Struct` as serialised protobuf, whose first byte is never that of a
/// JSON object.
pub(super) fn read(bytes: &[u8]) -> Result<Value, Mistake> {
    if bytes.is_empty() {
        return Err(Mistake::new("", "missing: the plugin has no configuration"));
    }
    if bytes.trim_ascii_start().starts_with(b"{") {
        return serde_json::from_slice(bytes)
            .map_err(|error| Mistake::new("", format!("not JSON: {error}")));
    }
    // The library bounds the depth at 100.
    let fields = Struct::decode(bytes)
        .map_err(|_| Mistake::new("", "neither a JSON object nor a google.protobuf.Struct"))?;
    Ok(object(fields))
}

fn object(fields: Struct) -> Value {
    // One by one: collected, they would be sorted, and a sort of a type's own takes five kilobytes of the module.
    let mut members = Map::new();
    for (key, field) in fields.fields {
        members.insert(key, value(field));
    }
    Value::Object(members)
}

fn value(field: Field) -> Value {
    match field.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::NumberValue(number)) => {
            serde_json::Number::from_f64(number).map_or(Value::Null, Value::Number)
        }
        Some(Kind::StringValue(text)) => Value::String(text),
        Some(Kind::BoolValue(truth)) => Value::Bool(truth),
        Some(Kind::StructValue(fields)) => object(fields),
        Some(Kind::ListValue(list)) => Value::Array(list.values.into_iter().map(value).collect()),
    }
}
