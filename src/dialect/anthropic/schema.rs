//! JSON schemas made legal.
//!
//! Sources: Anthropic's "Structured outputs", section "JSON Schema limitations", and its client packages, which move what
//! they take out into the description, as is done here.

use crate::json::{self, Object, Text, Value, Writer};
use crate::order::Places;
use std::borrow::Cow;

/// The least schema of a tool's input.
pub(super) const EMPTY: &str = r#"{"type":"object","properties":{}}"#;

/// Formats of strings that may stay.
const FORMATS: [&str; 10] = [
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "uri",
    "ipv4",
    "ipv6",
    "uuid",
];

/// Keywords that structured outputs refuse, beside those that depend on their value.
const REFUSED: [&str; 23] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
    "uniqueItems",
    "contains",
    "prefixItems",
    "minProperties",
    "maxProperties",
    "patternProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "unevaluatedProperties",
    "if",
    "then",
    "else",
    "not",
];

/// Keywords whose value is a schema's member list: name to schema.
const MAPS: [&str; 3] = ["properties", "$defs", "definitions"];
/// Keywords whose value is a list of schemas.
const LISTS: [&str; 3] = ["anyOf", "oneOf", "allOf"];

/// A schema that structured outputs take; one that they take already keeps its meaning.
///
/// Objects are closed, refused keywords are told in the description, `oneOf` becomes `anyOf`.
pub(super) fn strict(source: &str) -> String {
    let Ok(Value::Object(schema)) = json::parse(source.as_bytes()) else {
        return source.to_owned();
    };
    let mut out = Vec::with_capacity(source.len().saturating_add(64));
    close(&schema, &mut Writer::new(&mut out));
    String::from_utf8(out).unwrap_or_else(|_| source.to_owned())
}

/// Writes a schema that structured outputs take. Depth is bounded by the parser's.
fn close(schema: &Object<'_>, w: &mut Writer<'_>) {
    let mut noted: Vec<String> = Vec::new();
    let mut note = |name: &str, value: &Value<'_>| {
        let mut text = Vec::new();
        value.write(&mut text);
        noted.push(format!("{name}: {}", String::from_utf8_lossy(&text)));
    };
    let is_object = schema.str("type").is_some_and(|kind| kind.is("object"))
        || (schema.get("type").is_none() && schema.get("properties").is_some());
    w.begin_object();
    for (key, value) in schema.members() {
        let name = key.decode();
        match (name.as_ref(), value) {
            ("description", Value::String(_)) => {}
            ("$schema" | "$id", _) => {}
            ("additionalProperties", Value::Bool(_)) => {}
            ("additionalProperties", value) => note(&name, value),
            ("minItems", Value::Number(count)) if !matches!(*count, "0" | "1") => {
                note(&name, value)
            }
            ("format", Value::String(text)) if !FORMATS.iter().any(|known| text.is(known)) => {
                note(&name, value)
            }
            // Patterns that look around or back are beyond the grammar that constrains the model.
            ("pattern", Value::String(text)) if !is_plain_pattern(&text.decode()) => {
                note(&name, value)
            }
            (refused, value) if REFUSED.contains(&refused) => note(&name, value),
            (map, Value::Object(inner)) if MAPS.contains(&map) => {
                w.key(map);
                w.begin_object();
                for (key, value) in inner.members() {
                    w.key(&key.decode());
                    close_value(value, w);
                }
                w.end_object();
            }
            (list, Value::Array(inner)) if LISTS.contains(&list) => {
                w.key(if list == "oneOf" { "anyOf" } else { list });
                w.begin_array();
                inner.items().iter().for_each(|value| close_value(value, w));
                w.end_array();
            }
            ("items", value) => {
                w.key("items");
                close_value(value, w);
            }
            (other, value) => w.field_value(other, value),
        }
    }
    if is_object {
        if schema.get("properties").is_none() {
            w.field_raw("properties", "{}");
        }
        w.field_bool("additionalProperties", false);
    }
    describe(schema, &noted, w);
    w.end_object();
}

fn close_value(value: &Value<'_>, w: &mut Writer<'_>) {
    match value {
        Value::Object(schema) => close(schema, w),
        other => w.value(other),
    }
}

/// The description, with what was taken out.
fn describe(schema: &Object<'_>, noted: &[String], w: &mut Writer<'_>) {
    let own = schema.str("description");
    match (own, noted) {
        (Some(own), []) => w.field_text("description", own),
        (None, []) => {}
        (own, noted) => {
            let own = own.map(Text::decode).filter(|own| !own.is_empty());
            let gap = if own.is_some() { "\n\n" } else { "" };
            let own = own.unwrap_or_default();
            w.field_str(
                "description",
                &format!("{own}{gap}Note: {}", noted.join(", ")),
            );
        }
    }
}

fn is_plain_pattern(pattern: &str) -> bool {
    let back = |digit: char| pattern.contains(&format!("\\{digit}"));
    let looks = ["(?=", "(?!", "(?<", "\\b", "\\B"];
    !looks.iter().any(|piece| pattern.contains(piece)) && !('1'..='9').any(back)
}

/// A tool's input schema: an object's, without alternatives at its top. Itself where it is one already.
pub(super) fn input(source: &str) -> Cow<'_, str> {
    let Ok(Value::Object(schema)) = json::parse(source.as_bytes()) else {
        return Cow::Borrowed(source);
    };
    let typed = schema.str("type").is_some_and(|kind| kind.is("object"));
    let alternatives: Vec<&Text<'_>> = schema
        .members()
        .iter()
        .filter(|(key, value)| LISTS.iter().any(|list| key.is(list)) && value.as_array().is_some())
        .map(|(key, _)| key)
        .collect();
    if typed && alternatives.is_empty() {
        return Cow::Borrowed(source);
    }
    if schema.members().is_empty() {
        return Cow::Borrowed(EMPTY);
    }
    let mut out = Vec::with_capacity(source.len().saturating_add(64));
    flatten(&schema, &mut Writer::new(&mut out));
    String::from_utf8(out).map_or(Cow::Borrowed(source), Cow::Owned)
}

/// Writes an object's schema whose alternatives are told in its description, and whose properties are all of theirs.
fn flatten(schema: &Object<'_>, w: &mut Writer<'_>) {
    let mut noted = Vec::new();
    let mut properties: Vec<(&Text<'_>, &Value<'_>)> = Vec::new();
    w.begin_object();
    w.field_str("type", "object");
    let mut gather = vec![schema];
    for (key, value) in schema.members() {
        let name = key.decode();
        match (name.as_ref(), value) {
            ("type" | "properties", _) => {}
            ("description", Value::String(_)) => {}
            (list, Value::Array(branches)) if LISTS.contains(&list) => {
                noted.push(format!("{list}: {}", branches.raw()));
                gather.extend(branches.items().iter().filter_map(Value::as_object));
            }
            (other, value) => w.field_value(other, value),
        }
    }
    let mut known = Places::default();
    for object in gather {
        let own = object.object("properties");
        for (key, value) in own.map(Object::members).unwrap_or_default() {
            if known.add(&key.decode(), 0) {
                properties.push((key, value));
            }
        }
    }
    w.key("properties");
    w.begin_object();
    for (key, value) in properties {
        w.key(&key.decode());
        w.value(value);
    }
    w.end_object();
    describe(schema, &noted, w);
    w.end_object();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_closed_and_tell_what_they_lost() {
        let given = r#"{"$schema":"x","type":"object","description":"d","required":["a"],"properties":{"a":{"type":"integer","minimum":1,"maximum":9},"b":{"oneOf":[{"type":"string","minLength":2,"format":"color"},{"type":"null"}]},"minimum":{"type":"array","minItems":1,"items":{"type":"object"}}},"additionalProperties":true,"$defs":{"t":{"type":"object","properties":{}}}}"#;
        let want = r#"{"type":"object","required":["a"],"properties":{"a":{"type":"integer","description":"Note: minimum: 1, maximum: 9"},"b":{"anyOf":[{"type":"string","description":"Note: minLength: 2, format: \"color\""},{"type":"null"}]},"minimum":{"type":"array","minItems":1,"items":{"type":"object","properties":{},"additionalProperties":false}}},"$defs":{"t":{"type":"object","properties":{},"additionalProperties":false}},"additionalProperties":false,"description":"d"}"#;
        assert_eq!(strict(given), want);
        // What was made legal is legal.
        assert_eq!(strict(want), want);
    }

    #[test]
    fn patterns_stay_where_they_can() {
        assert!(strict(r#"{"type":"string","pattern":"^[a-z]+$"}"#).contains("pattern\":"));
        assert!(strict(r#"{"type":"string","pattern":"(?=a)b"}"#).contains("Note: pattern: "));
    }

    #[test]
    fn inputs_are_objects() {
        for legal in [
            EMPTY,
            r#"{"type":"object","properties":{"a":{"anyOf":[{}]}}}"#,
        ] {
            assert!(matches!(input(legal), Cow::Borrowed(source) if source == legal));
        }
        assert_eq!(input("{}"), EMPTY);
        assert_eq!(
            input(r#"{"properties":{"a":{}}}"#),
            r#"{"type":"object","properties":{"a":{}}}"#
        );
        assert_eq!(
            input(
                r#"{"description":"d","anyOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]}"#
            ),
            r#"{"type":"object","properties":{"a":{},"b":{}},"description":"d\n\nNote: anyOf: [{\"properties\":{\"a\":{}}},{\"properties\":{\"b\":{}}}]"}"#
        );
    }
}
