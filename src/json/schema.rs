//! JSON Schemas for wires that do not take all of it: references replaced by what they point to, and OpenAPI's subset.
//!
//! Source: JSON Schema 2020-12, Core, section 8.2 "Base URI, Anchors, and Dereferencing"; OpenAPI 3.0.3, "Schema Object".

mod openapi;

pub use openapi::openapi;

use super::{Object, Text, Value, Writer, parse};
use crate::order::Places;
use std::borrow::Cow;
use std::fmt;

/// Most bytes that are written: references can make a small schema explode.
const MAX_BYTES: usize = 1 << 20;

/// Most bytes that are written for each of the schema's own: a request may have a great many small schemas.
const MAX_GROWTH: usize = 32;

/// What a schema counts for beside its keywords, so that schemas without any cannot be written for ever.
const SCHEMA_BYTES: usize = 16;

/// Most references that are being replaced at a time.
const MAX_OPEN: usize = 256;

/// Deepest nesting that is written, references followed.
const MAX_NESTING: usize = 64;

/// Keywords whose value is a schema, or a list of them.
const ONE: [&str; 15] = [
    "items",
    "additionalProperties",
    "additionalItems",
    "contains",
    "not",
    "if",
    "then",
    "else",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "anyOf",
    "oneOf",
    "allOf",
    "prefixItems",
];

/// Keywords whose value is a map of schemas.
const MAPS: [&str; 3] = ["properties", "patternProperties", "dependentSchemas"];

/// Why a schema cannot be rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// It is not a JSON object.
    NotAnObject,
    /// A reference that points out of the schema, or to nothing.
    Reference,
    /// It would be too large with its references replaced.
    TooLarge,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::NotAnObject => f.write_str("the schema is not a JSON object"),
            Problem::Reference => f.write_str("a `$ref` of the schema points to nothing in it"),
            Problem::TooLarge => write!(
                f,
                "the schema has more than {MAX_BYTES} bytes, {MAX_GROWTH} times its own, or {MAX_NESTING} levels with its `$ref`s replaced"
            ),
        }
    }
}

impl std::error::Error for Problem {}

/// The schema with every reference replaced by what it points to, and without `$defs`; as it stood where it has none.
///
/// Where a schema contains itself, the inner one says its type and no more.
///
/// # Errors
/// A reference to nothing, or a schema that grows too large.
pub fn inline(schema: &str) -> Result<Cow<'_, str>, Problem> {
    if !schema.contains("$ref") {
        return Ok(Cow::Borrowed(schema));
    }
    let root = object(schema)?;
    let mut out = Vec::with_capacity(schema.len());
    let mut walk = Walk::new(&root);
    walk.copy(&root, &mut Writer::new(&mut out))?;
    Ok(Cow::Owned(text(out)))
}

fn object(schema: &str) -> Result<Object<'_>, Problem> {
    match parse(schema.as_bytes()) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Problem::NotAnObject),
    }
}

fn text(out: Vec<u8>) -> String {
    // A writer writes text.
    String::from_utf8(out).unwrap_or_default()
}

/// A walk over a schema: what may still be written, and which references are being replaced.
struct Walk<'s, 'a> {
    root: &'s Object<'a>,
    left: usize,
    nesting: usize,
    open: Vec<&'s str>,
}

/// A schema's keywords, with those of what it refers to: where a keyword is there twice, the first counts.
struct Flat<'s, 'a> {
    members: Vec<(&'s Text<'a>, &'s Value<'a>)>,
    /// How many references were followed to get here.
    followed: usize,
}

impl<'s, 'a> Flat<'s, 'a> {
    fn get(&self, key: &str) -> Option<&'s Value<'a>> {
        let found = self.members.iter().find(|(name, _)| name.is(key));
        found.map(|(_, value)| *value)
    }
}

impl<'s, 'a> Walk<'s, 'a> {
    fn new(root: &'s Object<'a>) -> Self {
        Walk {
            root,
            left: root.raw().len().saturating_mul(MAX_GROWTH).min(MAX_BYTES),
            nesting: 0,
            open: Vec::new(),
        }
    }

    fn enter(&mut self) -> Result<(), Problem> {
        self.nesting = self.nesting.saturating_add(1);
        if self.nesting > MAX_NESTING {
            return Err(Problem::TooLarge);
        }
        self.spend(SCHEMA_BYTES)
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Problem> {
        self.left = self.left.checked_sub(bytes).ok_or(Problem::TooLarge)?;
        Ok(())
    }

    /// Leaves a schema, and the references that led to it.
    fn leave(&mut self, flat: &Flat<'_, '_>) {
        self.nesting = self.nesting.saturating_sub(1);
        let kept = self.open.len().saturating_sub(flat.followed);
        self.open.truncate(kept);
    }

    /// What a reference points to: a JSON Pointer from the root.
    fn target(&mut self, reference: &Text<'_>) -> Result<&'s Object<'a>, Problem> {
        let reference = reference.decode();
        let pointer = reference.strip_prefix('#').ok_or(Problem::Reference)?;
        let mut at = self.root;
        for step in pointer.split('/').skip(1) {
            let key = step.replace("~1", "/").replace("~0", "~");
            // Looking through very many definitions is work, too.
            self.spend(at.members().len() / 64)?;
            at = match at.get(&key) {
                Some(Value::Object(inner)) => inner,
                _ => return Err(Problem::Reference),
            };
        }
        // An anchor's name is no pointer.
        if pointer.is_empty() || pointer.starts_with('/') {
            Ok(at)
        } else {
            Err(Problem::Reference)
        }
    }

    /// A schema's own keywords and those of what it refers to.
    fn flat(&mut self, schema: &'s Object<'a>) -> Result<Flat<'s, 'a>, Problem> {
        let mut flat = Flat {
            members: Vec::new(),
            followed: 0,
        };
        let mut at = schema;
        loop {
            let own = at.members().iter().filter(|(name, _)| !name.is("$ref"));
            let own: Vec<_> = own.map(|(name, value)| (name, value)).collect();
            let Some(Value::String(reference)) = at.get("$ref") else {
                flat.members.extend(own);
                return Ok(flat);
            };
            flat.members.extend(own);
            at = self.target(reference)?;
            self.spend(at.members().len())?;
            if self.open.len() >= MAX_OPEN {
                return Err(Problem::TooLarge);
            }
            if self.open.contains(&at.raw()) || std::ptr::eq(at, self.root) {
                // It contains itself.
                let told = |(name, _): &&(Text<'_>, Value<'_>)| {
                    name.is("type") || name.is("title") || name.is("description")
                };
                let told = at.members().iter().filter(told);
                flat.members.extend(told.map(|(name, value)| (name, value)));
                return Ok(flat);
            }
            self.open.push(at.raw());
            flat.followed = flat.followed.saturating_add(1);
        }
    }

    fn copy(&mut self, schema: &'s Object<'a>, w: &mut Writer<'_>) -> Result<(), Problem> {
        self.enter()?;
        let flat = self.flat(schema)?;
        w.begin_object();
        let mut seen = Places::default();
        for (place, (name, value)) in flat.members.iter().enumerate() {
            let key = name.decode();
            if !seen.add(&key, place) || matches!(key.as_ref(), "$defs" | "definitions") {
                continue;
            }
            self.spend(name.source_len())?;
            w.key(&key);
            match value {
                Value::Object(map) if MAPS.iter().any(|key| name.is(key)) => {
                    w.begin_object();
                    for (name, value) in map.members() {
                        self.spend(name.source_len())?;
                        w.key(&name.decode());
                        self.copy_value(value, w)?;
                    }
                    w.end_object();
                }
                value if ONE.iter().any(|key| name.is(key)) => self.copy_value(value, w)?,
                value => self.verbatim(value, w)?,
            }
        }
        w.end_object();
        self.leave(&flat);
        Ok(())
    }

    /// A schema, or a list of them.
    fn copy_value(&mut self, value: &'s Value<'a>, w: &mut Writer<'_>) -> Result<(), Problem> {
        match value {
            Value::Object(schema) => self.copy(schema, w),
            Value::Array(list) => {
                self.enter()?;
                w.begin_array();
                for item in list.items() {
                    self.copy_value(item, w)?;
                }
                w.end_array();
                self.nesting = self.nesting.saturating_sub(1);
                Ok(())
            }
            other => self.verbatim(other, w),
        }
    }

    fn verbatim(&mut self, value: &Value<'_>, w: &mut Writer<'_>) -> Result<(), Problem> {
        self.spend(match value {
            Value::String(text) => text.source_len(),
            Value::Array(array) => array.raw().len(),
            Value::Object(object) => object.raw().len(),
            _ => 8,
        })?;
        w.value(value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_replaced() {
        let given = r##"{"type":"object","properties":{"$ref":{"type":"string"},"a":{"$ref":"#/$defs/A","description":"own"}},"$defs":{"A":{"description":"theirs","items":{"$ref":"#/$defs/B"}},"B":{"enum":["$ref"]}}}"##;
        let want = r##"{"type":"object","properties":{"$ref":{"type":"string"},"a":{"description":"own","items":{"enum":["$ref"]}}}}"##;
        assert_eq!(inline(given).as_deref(), Ok(want));
        assert!(matches!(inline(r#"{"a":1}"#), Ok(Cow::Borrowed(_))));
    }

    #[test]
    fn a_schema_that_contains_itself_ends() {
        let given = r##"{"type":"object","properties":{"n":{"$ref":"#/$defs/N"},"r":{"$ref":"#"}},"$defs":{"N":{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#/$defs/N"},{"type":"null"}]}}}}}"##;
        let want = r##"{"type":"object","properties":{"n":{"type":"object","properties":{"next":{"anyOf":[{"type":"object"},{"type":"null"}]}}},"r":{"type":"object"}}}"##;
        assert_eq!(inline(given).as_deref(), Ok(want));
        let circle =
            r##"{"$ref":"#/$defs/A","$defs":{"A":{"$ref":"#/$defs/B"},"B":{"$ref":"#/$defs/A"}}}"##;
        assert_eq!(inline(circle).as_deref(), Ok("{}"));
    }

    #[test]
    fn growth_is_bounded() {
        let mut given = r##"{"$ref":"#/$defs/a0","$defs":{"##.to_owned();
        for index in 0..40 {
            let next = index + 1;
            given.push_str(&format!(
                r##""a{index}":{{"anyOf":[{{"$ref":"#/$defs/a{next}"}},{{"$ref":"#/$defs/a{next}"}}]}},"##
            ));
        }
        given.push_str(r#""a40":{"type":"string"}}}"#);
        assert_eq!(inline(&given), Err(Problem::TooLarge));
        // Schemas that say nothing cost as well.
        let empty = "{},".repeat(1000);
        let mut given =
            format!(r##"{{"$ref":"#/$defs/a0","$defs":{{"a12":{{"anyOf":[{empty}{{}}]}}"##);
        for index in 0..12 {
            let next = index + 1;
            given.push_str(&format!(
                r##","a{index}":{{"anyOf":[{{"$ref":"#/$defs/a{next}"}},{{"$ref":"#/$defs/a{next}"}}]}}"##
            ));
        }
        given.push_str("}}");
        assert_eq!(inline(&given), Err(Problem::TooLarge));
    }

    #[test]
    fn references_to_nothing_are_told() {
        for reference in ["#/$defs/X", "https://example.com/s", "#anchor", "#/type"] {
            let given = format!(r#"{{"type":"object","items":{{"$ref":"{reference}"}}}}"#);
            assert_eq!(inline(&given), Err(Problem::Reference), "{reference}");
        }
    }
}
