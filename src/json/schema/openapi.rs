//! The part of OpenAPI 3.0's Schema Object that older models of Google's take.
//!
//! Source: Google's API reference, `Schema`: "a subset of an OpenAPI 3.0 schema object".

use super::{Flat, Problem, Walk, object, text};
use crate::json::{Object, Text, Value, Writer};
use crate::order::Places;

/// Keywords that are taken as they stand.
const KEPT: [&str; 15] = [
    "title",
    "description",
    "default",
    "minItems",
    "maxItems",
    "propertyOrdering",
    "minProperties",
    "maxProperties",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "example",
    "nullable",
];

/// Formats that are known.
const FORMATS: [&str; 6] = ["enum", "date-time", "int32", "int64", "float", "double"];

/// Most types of one schema.
const MOST_TYPES: usize = 8;

/// What takes the place of a schema that says nothing.
const ANY: &str = r#"{"type":"string"}"#;

/// The schema in OpenAPI's subset: references and `allOf` merged, `oneOf` as `anyOf`, `null` as `nullable`, `const` and
/// other enumerations than of strings left out, as every keyword that the subset does not have.
///
/// # Errors
/// A reference to nothing, or a schema that grows too large.
pub fn openapi(schema: &str) -> Result<String, Problem> {
    let root = object(schema)?;
    let mut out = Vec::with_capacity(schema.len());
    let mut walk = Walk::new(&root);
    walk.subset(&root, false, &mut Writer::new(&mut out))?;
    Ok(text(out))
}

/// Whether a schema is of `null` only.
fn is_null(value: &Value<'_>) -> bool {
    let kind = value.as_object().and_then(|schema| schema.str("type"));
    kind.is_some_and(|kind| kind.is("null"))
}

impl<'s, 'a> Walk<'s, 'a> {
    fn subset(
        &mut self,
        schema: &'s Object<'a>,
        nullable: bool,
        w: &mut Writer<'_>,
    ) -> Result<(), Problem> {
        self.enter()?;
        let mut flat = self.flat(schema)?;
        self.merge(&mut flat)?;
        let (types, null) = types(&flat);
        let nullable = nullable || null;
        let variants: Vec<&'s Value<'a>> = ["anyOf", "oneOf"]
            .iter()
            .filter_map(|key| flat.get(key)?.as_array())
            .flat_map(|list| list.items())
            .collect();
        let nullable = nullable || variants.iter().any(|value| is_null(value));
        let rest = variants.iter().filter_map(|value| value.as_object());
        let rest: Vec<&'s Object<'a>> = rest
            .filter(|schema| !schema.str("type").is_some_and(|kind| kind.is("null")))
            .collect();
        match (rest.as_slice(), types.as_slice()) {
            // Alternatives stand alone; where there are properties, these say more.
            ([_, ..], _) if flat.get("properties").is_none() && rest.len() > 1 => {
                w.begin_object();
                w.key("anyOf");
                w.begin_array();
                for variant in rest {
                    self.subset(variant, nullable, w)?;
                }
                w.end_array();
                w.end_object();
            }
            (_, [_, _, ..]) => {
                w.begin_object();
                w.key("anyOf");
                w.begin_array();
                for kind in &types {
                    self.one(&flat, Some(kind), nullable, w)?;
                }
                w.end_array();
                w.end_object();
            }
            (_, types) => self.one(&flat, types.first(), nullable, w)?,
        }
        self.leave(&flat);
        Ok(())
    }

    /// Takes in what `allOf` and a single alternative say.
    fn merge(&mut self, flat: &mut Flat<'s, 'a>) -> Result<(), Problem> {
        let mut place = 0;
        while let Some((name, value)) = flat.members.get(place).copied() {
            place = place.saturating_add(1);
            let Some(list) = value.as_array() else {
                continue;
            };
            let alternatives = name.is("anyOf") || name.is("oneOf");
            let taken: Vec<&Value<'_>> = list
                .items()
                .iter()
                .filter(|item| !(alternatives && is_null(item)))
                .collect();
            if name.is("allOf") || alternatives && taken.len() == 1 {
                for schema in taken.into_iter().filter_map(Value::as_object) {
                    self.spend(schema.raw().len())?;
                    let inner = self.flat(schema)?;
                    flat.members.extend(inner.members);
                    flat.followed = flat.followed.saturating_add(inner.followed);
                }
            }
        }
        Ok(())
    }

    /// A schema of one type.
    fn one(
        &mut self,
        flat: &Flat<'s, 'a>,
        kind: Option<&Text<'a>>,
        nullable: bool,
        w: &mut Writer<'_>,
    ) -> Result<(), Problem> {
        let is = |word: &str| kind.is_some_and(|kind| kind.decode().eq_ignore_ascii_case(word));
        self.spend(kind.map_or(0, Text::source_len))?;
        w.begin_object();
        match kind {
            Some(kind) => w.field_text("type", kind),
            None => w.field_str("type", "string"),
        }
        if nullable && flat.get("nullable").is_none() {
            w.field_bool("nullable", true);
        }
        for key in KEPT {
            if let Some(value) = flat.get(key) {
                w.key(key);
                self.verbatim(value, w)?;
            }
        }
        if let Some(Value::String(format)) = flat.get("format")
            && FORMATS.iter().any(|known| format.is(known))
        {
            w.field_text("format", format);
        }
        if is("string") || kind.is_none() {
            self.words(flat, w)?;
        }
        if is("array") {
            w.key("items");
            self.items(flat, w)?;
        }
        if is("object") {
            self.properties(flat, w)?;
        }
        w.end_object();
        Ok(())
    }

    fn items(&mut self, flat: &Flat<'s, 'a>, w: &mut Writer<'_>) -> Result<(), Problem> {
        let tuple = flat.get("prefixItems").and_then(Value::as_array);
        let first = tuple.and_then(|list| list.items().first());
        match flat.get("items").or(first) {
            Some(Value::Object(schema)) if !schema.members().is_empty() => {
                self.subset(schema, false, w)
            }
            Some(Value::Array(list)) => match list.items().first().and_then(Value::as_object) {
                Some(schema) => self.subset(schema, false, w),
                None => {
                    w.raw(ANY);
                    Ok(())
                }
            },
            _ => {
                w.raw(ANY);
                Ok(())
            }
        }
    }

    fn properties(&mut self, flat: &Flat<'s, 'a>, w: &mut Writer<'_>) -> Result<(), Problem> {
        let lists = |key: &'static str| {
            let all = flat.members.iter().filter(move |(name, _)| name.is(key));
            all.map(|(_, value)| *value)
        };
        let mut known = Places::default();
        let mut any = false;
        for (name, value) in lists("properties")
            .filter_map(Value::as_object)
            .flat_map(Object::members)
        {
            let key = name.decode();
            if !known.add(&key, 0) {
                continue;
            }
            if !std::mem::replace(&mut any, true) {
                w.key("properties");
                w.begin_object();
            }
            self.spend(name.source_len())?;
            w.key(&key);
            match value {
                Value::Object(schema) if !schema.members().is_empty() => {
                    self.subset(schema, false, w)?
                }
                _ => w.raw(ANY),
            }
        }
        if !any {
            return Ok(());
        }
        w.end_object();
        let required = lists("required")
            .filter_map(Value::as_array)
            .flat_map(|list| list.items());
        let required: Vec<&Text<'_>> = required
            .filter_map(Value::as_str)
            .filter(|name| known.has(&name.decode()))
            .collect();
        self.spend_all(&required)?;
        if !required.is_empty() {
            w.key("required");
            w.begin_array();
            required.into_iter().for_each(|name| w.text(name));
            w.end_array();
        }
        Ok(())
    }

    fn spend_all(&mut self, words: &[&Text<'_>]) -> Result<(), Problem> {
        words
            .iter()
            .try_for_each(|word| self.spend(word.source_len().saturating_add(3)))
    }

    /// An enumeration of strings; others the subset does not have.
    fn words(&mut self, flat: &Flat<'s, 'a>, w: &mut Writer<'_>) -> Result<(), Problem> {
        let listed: Vec<&Text<'_>> = match (flat.get("enum"), flat.get("const")) {
            (Some(Value::Array(list)), _) => {
                list.items().iter().filter_map(Value::as_str).collect()
            }
            (_, Some(Value::String(only))) => vec![only],
            _ => return Ok(()),
        };
        self.spend_all(&listed)?;
        if listed.iter().any(|word| !word.is_empty()) {
            w.key("enum");
            w.begin_array();
            let said = listed.into_iter().filter(|word| !word.is_empty());
            said.for_each(|word| w.text(word));
            w.end_array();
        }
        Ok(())
    }
}

/// The types that a schema names or implies, `null` told apart.
fn types<'a>(flat: &Flat<'_, 'a>) -> (Vec<Text<'a>>, bool) {
    let named: Vec<Text<'a>> = match flat.get("type") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(list)) => list
            .items()
            .iter()
            .filter_map(Value::as_str)
            .cloned()
            .collect(),
        _ => Vec::new(),
    };
    let null = named.iter().any(|kind| kind.is("null"));
    let mut kinds: Vec<Text<'a>> = Vec::new();
    for kind in named.into_iter().filter(|kind| !kind.is("null")) {
        // There are six; what is there again says nothing.
        if kinds.len() < MOST_TYPES && !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    if kinds.is_empty() {
        let implied = [("properties", "object"), ("items", "array")];
        let implied = implied.iter().find(|(key, _)| flat.get(key).is_some());
        kinds.extend(implied.map(|(_, kind)| Text::from(*kind)));
    }
    (kinds, null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &str, want: &str) {
        assert_eq!(openapi(given).as_deref(), Ok(want), "{given}");
    }

    #[test]
    fn what_the_subset_does_not_have_goes() {
        check(
            r#"{"$schema":"x","type":"object","additionalProperties":false,"properties":{"a":{"type":"integer","format":"int32","exclusiveMinimum":1,"enum":[1]},"b":{"type":"string","format":"uuid","const":"x"},"c":{}},"required":["a","z"]}"#,
            r#"{"type":"object","properties":{"a":{"type":"integer","format":"int32"},"b":{"type":"string","enum":["x"]},"c":{"type":"string"}},"required":["a"]}"#,
        );
        check(
            r#"{"type":"array","items":{}}"#,
            r#"{"type":"array","items":{"type":"string"}}"#,
        );
    }

    #[test]
    fn null_is_a_mark() {
        check(
            r#"{"type":["string","null"],"enum":["a","",null]}"#,
            r#"{"type":"string","nullable":true,"enum":["a"]}"#,
        );
        check(
            r#"{"anyOf":[{"type":"integer"},{"type":"null"}],"title":"T"}"#,
            r#"{"type":"integer","nullable":true,"title":"T"}"#,
        );
        check(
            r#"{"oneOf":[{"type":"integer"},{"type":"string"},{"type":"null"}],"title":"T"}"#,
            r#"{"anyOf":[{"type":"integer","nullable":true},{"type":"string","nullable":true}]}"#,
        );
        check(
            r#"{"type":["integer","array"],"items":{"type":"string"}}"#,
            r#"{"anyOf":[{"type":"integer"},{"type":"array","items":{"type":"string"}}]}"#,
        );
    }

    #[test]
    fn references_and_all_of_are_merged() {
        check(
            r##"{"allOf":[{"$ref":"#/$defs/A"},{"properties":{"b":{"type":"string"}},"required":["b"]}],"$defs":{"A":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}}}"##,
            r#"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["a","b"]}"#,
        );
    }

    #[test]
    fn growth_is_bounded() {
        let mut nested = r#"{"type":"string"}"#.to_owned();
        for _ in 0..30 {
            nested = format!(r#"{{"type":["array","ARRAY"],"items":{nested}}}"#);
        }
        assert_eq!(openapi(&nested), Err(Problem::TooLarge));
        let words: String = (0..1000).map(|n| format!("\"word{n}\",")).collect();
        let uses: String = (0..1000)
            .map(|n| format!(r##""p{n}":{{"$ref":"#/$defs/e"}},"##))
            .collect();
        let given = format!(
            r##"{{"properties":{{{uses}"z":{{}}}},"$defs":{{"e":{{"enum":[{words}"z"]}}}}}}"##
        );
        assert_eq!(openapi(&given), Err(Problem::TooLarge));
    }
}
