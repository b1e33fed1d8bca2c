//! The form of the answer: JSON of a schema, where the model has that, else the arguments of a forced tool.

use super::Draft;
use crate::chat::{Request, ResponseFormat};
use crate::dialect::bedrock::models::Rules;
use crate::json::{self, Object, Text, Value, Writer};

/// A schema of any object.
const ANY_OBJECT: &str = r#"{"type":"object","additionalProperties":true}"#;

/// How the answer's form is asked for.
#[derive(Debug)]
pub(super) enum Format<'r> {
    /// Any text.
    Text,
    /// `outputConfig.textFormat`.
    Native {
        name: Option<&'r Text<'r>>,
        description: Option<&'r Text<'r>>,
        schema: &'r str,
    },
    /// A tool whose arguments are the answer.
    Tool {
        description: Option<&'r Text<'r>>,
        schema: &'r str,
    },
}

/// How this request's form is asked for.
pub(super) fn plan<'r>(request: &'r Request<'_>, rules: Rules) -> Format<'r> {
    match &request.response_format {
        None | Some(ResponseFormat::Text) => Format::Text,
        Some(ResponseFormat::JsonObject) => Format::Tool {
            description: None,
            schema: ANY_OBJECT,
        },
        Some(ResponseFormat::JsonSchema {
            name,
            description,
            schema,
            ..
        }) => match schema {
            Some(schema) if rules.schema && is_held(schema) => Format::Native {
                name: name.as_ref(),
                description: description.as_ref(),
                schema,
            },
            // A tool takes any schema; the native form would refuse this one.
            schema => Format::Tool {
                description: description.as_ref(),
                schema: schema.unwrap_or(ANY_OBJECT),
            },
        },
    }
}

pub(super) fn write(w: &mut Writer<'_>, draft: &Draft<'_, '_>) {
    let Format::Native {
        name,
        description,
        schema,
    } = draft.format
    else {
        return;
    };
    w.key("outputConfig");
    w.begin_object();
    w.key("textFormat");
    w.begin_object();
    w.field_str("type", "json_schema");
    w.key("structure");
    w.begin_object();
    w.key("jsonSchema");
    w.begin_object();
    if let Some(name) = name {
        w.field_text("name", name);
    }
    if let Some(description) = description.filter(|text| !text.is_empty()) {
        w.field_text("description", description);
    }
    // The schema is a string that holds JSON.
    w.field_str("schema", schema);
    w.end_object();
    w.end_object();
    w.end_object();
    w.end_object();
}

/// Keywords that Bedrock's grammars cannot hold an answer to. Source: AWS's user guide, "Structured outputs".
const UNHELD: [&str; 24] = [
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
    "unevaluatedProperties",
    "unevaluatedItems",
    "if",
    "then",
    "else",
    "not",
    "oneOf",
];

/// Whether an answer can be held to a schema: its objects are closed, and it has none of those keywords.
fn is_held(schema: &str) -> bool {
    match json::parse(schema.as_bytes()) {
        Ok(Value::Object(object)) => held(&object),
        _ => false,
    }
}

fn held(schema: &Object<'_>) -> bool {
    let open = schema.get("properties").is_some()
        || schema.str("type").is_some_and(|kind| kind.is("object"));
    if open && schema.bool("additionalProperties") != Some(false) {
        return false;
    }
    schema.members().iter().all(|(key, value)| {
        let key = key.decode();
        match (key.as_ref(), value) {
            (key, _) if UNHELD.contains(&key) => false,
            ("minItems", value) => value.as_u64().is_some_and(|least| least <= 1),
            ("properties" | "$defs" | "definitions", Value::Object(map)) => {
                map.members().iter().all(|(_, inner)| is_held_value(inner))
            }
            ("items", inner) => is_held_value(inner),
            ("anyOf" | "allOf", Value::Array(list)) => list.items().iter().all(is_held_value),
            _ => true,
        }
    })
}

fn is_held_value(schema: &Value<'_>) -> bool {
    match schema {
        Value::Object(object) => held(object),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_closed_schemas_are_held() {
        assert!(is_held(
            r##"{"type":"object","properties":{"a":{"type":"array","items":{"$ref":"#/$defs/A"}}},"additionalProperties":false,"$defs":{"A":{"anyOf":[{"type":"string"},{"type":"null"}]}}}"##
        ));
        assert!(!is_held(r#"{"type":"object","properties":{}}"#));
        assert!(!is_held(
            r#"{"type":"object","properties":{"a":{"type":"integer","minimum":1}},"additionalProperties":false}"#
        ));
        assert!(!is_held(
            r#"{"type":"object","properties":{"a":{"type":"object"}},"additionalProperties":false}"#
        ));
        // A property may be called like a keyword.
        assert!(is_held(
            r#"{"type":"object","properties":{"minimum":{"type":"string"}},"additionalProperties":false}"#
        ));
    }
}
