//! Google's schemas (a subset of OpenAPI 3.0's) into JSON Schema.
//!
//! Types become lower case, `nullable` becomes a type, counts that stand in strings become numbers, and properties
//! take the order that `propertyOrdering` says. What is JSON Schema already stays as it is.
//!
//! Source: Google's API reference, "Schema"; JSON Schema 2020-12.

use super::fields::camel;
use crate::json::{Array, Object, Text, Value, Writer};

/// Most properties whose order is looked after.
const MOST_ORDERED: usize = 100;

/// Writes the schema of a function's arguments: an object's.
pub(super) fn parameters(schema: &Object<'_>, w: &mut Writer<'_>) {
    convert(schema, true, w);
}

/// Writes a schema.
pub(super) fn any(schema: &Object<'_>, w: &mut Writer<'_>) {
    convert(schema, false, w);
}

fn value(value: &Value<'_>, w: &mut Writer<'_>) {
    match value {
        Value::Object(schema) => convert(schema, false, w),
        // `additionalProperties` and the like may be a truth value.
        other => w.value(other),
    }
}

fn convert(schema: &Object<'_>, arguments: bool, w: &mut Writer<'_>) {
    let find = |name: &str| super::fields::field(schema, name);
    let nullable = find("nullable").and_then(Value::as_bool) == Some(true);
    let order = find("propertyOrdering").and_then(Value::as_array);
    w.begin_object();
    for (key, member) in schema.members() {
        let name = camel(key);
        match (name.as_ref(), member) {
            (_, Value::Null) if name != "default" => {}
            ("nullable" | "propertyOrdering", _) => {}
            ("type", member) => kind(member, nullable, w),
            // Google's way to say that a string has an `enum`.
            ("format", Value::String(word)) if word.is("enum") => {}
            ("enum", Value::Array(words)) => enumeration(words, nullable, w),
            ("properties" | "patternProperties" | "$defs" | "definitions", Value::Object(map)) => {
                properties(&name, map, order.filter(|_| name == "properties"), w)
            }
            ("defs", Value::Object(map)) => properties("$defs", map, None, w),
            ("ref", Value::String(place)) => {
                let place = place.decode().replace("#/defs/", "#/$defs/");
                w.field_str("$ref", &place);
            }
            ("items" | "additionalProperties" | "not" | "contains", member) => {
                w.key(&name);
                value(member, w);
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(list)) => {
                w.key(&name);
                w.begin_array();
                list.items().iter().for_each(|item| value(item, w));
                if nullable && name == "anyOf" {
                    w.raw(r#"{"type":"null"}"#);
                }
                w.end_array();
            }
            ("example", member) => {
                w.key("examples");
                w.begin_array();
                w.value(member);
                w.end_array();
            }
            (
                "minItems" | "maxItems" | "minLength" | "maxLength" | "minProperties"
                | "maxProperties",
                Value::String(count),
            ) if !count.is_empty() && count.decode().bytes().all(|b| b.is_ascii_digit()) => {
                w.field_raw(&name, plain_digits(&count.decode()));
            }
            (
                "minItems" | "maxItems" | "minLength" | "maxLength" | "minProperties"
                | "maxProperties" | "uniqueItems" | "multipleOf",
                member,
            ) => w.field_value(&name, member),
            // Whatever else it says, under its own name.
            (_, member) => {
                w.key(&key.decode());
                w.value(member);
            }
        }
    }
    if arguments && find("type").is_none() && find("anyOf").is_none() && find("$ref").is_none() {
        w.field_str("type", "object");
    }
    // A function without arguments: the other wires want its empty object said.
    if arguments && find("properties").is_none() {
        w.field_raw("properties", "{}");
    }
    w.end_object();
}

/// Digits as a number of JSON, which begins with no zero but its only one.
fn plain_digits(digits: &str) -> &str {
    match digits.trim_start_matches('0') {
        "" => "0",
        rest => rest,
    }
}

/// `type`: a word, or several in JSON Schema's way.
fn kind(value: &Value<'_>, nullable: bool, w: &mut Writer<'_>) {
    let items = match value {
        Value::Array(array) => array.items(),
        one => std::slice::from_ref(one),
    };
    let words = items
        .iter()
        .filter_map(Value::as_str)
        .map(|word| word.decode().to_ascii_lowercase());
    let mut words: Vec<String> = words.filter(|word| word != "type_unspecified").collect();
    if nullable && !words.is_empty() && !words.iter().any(|word| word == "null") {
        words.push("null".to_owned());
    }
    match words.as_slice() {
        [] => {}
        [word] => w.field_str("type", word),
        words => {
            w.key("type");
            w.begin_array();
            words.iter().for_each(|word| w.string(word));
            w.end_array();
        }
    }
}

fn enumeration(words: &Array<'_>, nullable: bool, w: &mut Writer<'_>) {
    w.key("enum");
    w.begin_array();
    words.items().iter().for_each(|word| w.value(word));
    if nullable && !words.items().iter().any(Value::is_null) {
        w.null();
    }
    w.end_array();
}

fn properties(name: &str, map: &Object<'_>, order: Option<&Array<'_>>, w: &mut Writer<'_>) {
    let words = order.map(Array::items).unwrap_or_default().iter();
    let mut order: Vec<&Text<'_>> = Vec::new();
    for word in words.take(MOST_ORDERED).filter_map(Value::as_str) {
        if !order.contains(&word) {
            order.push(word);
        }
    }
    let said = |key: &Text<'_>| order.contains(&key);
    let first = order.iter().filter_map(|wanted| {
        let mut members = map.members().iter();
        members.find(|(key, _)| key == *wanted)
    });
    let rest = map.members().iter().filter(|(key, _)| !said(key));
    w.key(name);
    w.begin_object();
    for (key, member) in first.chain(rest) {
        w.key(&key.decode());
        value(member, w);
    }
    w.end_object();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    fn converted(source: &str, arguments: bool) -> String {
        let value = parse(source.as_bytes()).expect("JSON");
        let mut out = Vec::new();
        let object = value.as_object().expect("an object");
        convert(object, arguments, &mut Writer::new(&mut out));
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn types_become_lower_case_at_every_depth() {
        let given = r#"{"type":"OBJECT","properties":{"TYPE":{"type":"ARRAY","items":{"type":"STRING"},"min_items":"1"}}}"#;
        let want = r#"{"type":"object","properties":{"TYPE":{"type":"array","items":{"type":"string"},"minItems":1}}}"#;
        assert_eq!(converted(given, true), want);
    }

    #[test]
    fn counts_in_strings_become_numbers() {
        assert_eq!(
            converted(
                r#"{"minItems":"007","max_items":"000","minLength":"-1"}"#,
                false
            ),
            r#"{"minItems":7,"maxItems":0,"minLength":"-1"}"#
        );
    }

    #[test]
    fn nullable_becomes_a_type() {
        assert_eq!(
            converted(
                r#"{"type":"STRING","format":"enum","enum":["a"],"nullable":true}"#,
                false
            ),
            r#"{"type":["string","null"],"enum":["a",null]}"#
        );
        assert_eq!(
            converted(r#"{"any_of":[{"type":"NUMBER"}],"nullable":true}"#, false),
            r#"{"anyOf":[{"type":"number"},{"type":"null"}]}"#
        );
    }

    #[test]
    fn properties_take_the_order_said() {
        assert_eq!(
            converted(
                r#"{"properties":{"b":{},"a":{},"c":{}},"propertyOrdering":["c","a","x","c"]}"#,
                false
            ),
            r#"{"properties":{"c":{},"a":{},"b":{}}}"#
        );
    }

    #[test]
    fn arguments_are_an_object() {
        assert_eq!(
            converted("{}", true),
            r#"{"type":"object","properties":{}}"#
        );
        assert_eq!(
            converted(r#"{"type":"OBJECT"}"#, true),
            r#"{"type":"object","properties":{}}"#
        );
    }

    #[test]
    fn json_schema_stays() {
        let given = r##"{"type":["integer","null"],"$defs":{"a_b":{"type":"string"}},"$ref":"#/$defs/a_b","additionalProperties":false,"x_own":1,"default":null}"##;
        assert_eq!(converted(given, false), given);
    }
}
