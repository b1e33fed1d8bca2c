//! Reads configuration and collects every mistake on the way, instead of stopping at the first.

use super::nearest::{alternatives, hint, unknown};
use crate::json::number;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::fmt;

/// One mistake in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where: `providers[0].auth.key`; empty for the whole.
    pub path: String,
    /// What was found and what was expected.
    pub message: String,
}

impl Mistake {
    pub(super) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Mistake {
            path: path.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// Where mistakes are collected.
#[derive(Default)]
pub(super) struct Mistakes {
    found: RefCell<Vec<Mistake>>,
    /// What was asked, and where: the published schema must say the same.
    #[cfg(test)]
    pub(super) asked: RefCell<std::collections::BTreeSet<(String, String)>>,
}

impl Mistakes {
    fn add(&self, mistake: Mistake) {
        let mut found = self.found.borrow_mut();
        // A key of which two others are made is missing once.
        if !found.contains(&mistake) {
            found.push(mistake);
        }
    }

    pub(super) fn take(&self) -> Vec<Mistake> {
        std::mem::take(&mut self.found.borrow_mut())
    }
}

/// A value and the path to it.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    value: &'a Value,
    path: String,
    mistakes: &'a Mistakes,
    env: &'a dyn Fn(&str) -> Option<String>,
}

/// An object and the path to it.
pub(super) struct Fields<'a> {
    map: &'a Map<String, Value>,
    reader: Reader<'a>,
}

impl<'a> Reader<'a> {
    pub(super) fn root(
        value: &'a Value,
        mistakes: &'a Mistakes,
        env: &'a dyn Fn(&str) -> Option<String>,
    ) -> Self {
        Reader {
            value,
            path: String::new(),
            mistakes,
            env,
        }
    }

    fn at(&self, value: &'a Value, path: String) -> Reader<'a> {
        Reader {
            value,
            path,
            ..self.clone()
        }
    }

    #[cfg(test)]
    fn asked(&self, what: impl Into<String>) {
        let mut asked = self.mistakes.asked.borrow_mut();
        asked.insert((self.path.clone(), what.into()));
    }

    /// Reports a mistake here.
    pub(super) fn mistake(&self, message: impl Into<String>) {
        self.mistakes.add(Mistake::new(self.path.clone(), message));
    }

    pub(super) fn expected<T>(&self, what: &str) -> Option<T> {
        self.mistake(format!("found {}, expected {what}", shown(self.value)));
        None
    }

    pub(super) fn is_string(&self) -> bool {
        self.value.is_string()
    }

    pub(super) fn object(&self) -> Option<Fields<'a>> {
        match self.value {
            Value::Object(map) => Some(Fields {
                map,
                reader: self.clone(),
            }),
            _ => self.expected("an object"),
        }
    }

    pub(super) fn list(&self) -> Option<Vec<Reader<'a>>> {
        #[cfg(test)]
        self.asked("list");
        let Value::Array(items) = self.value else {
            return self.expected("a list");
        };
        let item = |(index, value)| self.at(value, format!("{}[{index}]", self.path));
        Some(items.iter().enumerate().map(item).collect())
    }

    pub(super) fn string(&self) -> Option<&'a str> {
        #[cfg(test)]
        self.asked("string");
        match self.value {
            Value::String(text) if !text.is_empty() => Some(text),
            _ => self.expected("a string that is not empty"),
        }
    }

    /// A string that may be empty.
    pub(super) fn text(&self) -> Option<&'a str> {
        #[cfg(test)]
        self.asked("text");
        match self.value {
            Value::String(text) => Some(text),
            _ => self.expected("a string"),
        }
    }

    /// A header's name, in lower case.
    pub(super) fn header(&self) -> Option<String> {
        let name = self.string()?;
        if !is_header(name) {
            self.mistake("expected a header's name");
            return None;
        }
        Some(name.to_ascii_lowercase())
    }

    /// A string in which `${NAME}` stands for an environment variable.
    pub(super) fn expanded(&self) -> Option<String> {
        let mut rest = self.string()?;
        let mut out = Some(String::new());
        while let Some((before, tail)) = rest.split_once("${") {
            let Some((name, after)) = tail.split_once('}') else {
                self.mistake("`${` without its `}`");
                return None;
            };
            // Each that is not set is told.
            let value = self.variable(name);
            out = out.zip(value).map(|(out, value)| out + before + &value);
            rest = after;
        }
        out.map(|out| out + rest)
    }

    /// The value of an environment variable.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let named = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if !name.bytes().all(named) {
            // Not shown: it may be the key.
            self.mistake("`${…}` does not hold an environment variable's name");
            return None;
        }
        let value = (self.env)(name).filter(|value| !value.is_empty());
        if value.is_none() {
            self.mistake(format!(
                "the environment variable {name} is not set for this plugin's VM (vm_config.environment_variables)"
            ));
        }
        value
    }

    pub(super) fn bool(&self) -> Option<bool> {
        #[cfg(test)]
        self.asked("bool");
        match self.value {
            Value::Bool(truth) => Some(*truth),
            _ => self.expected("true or false"),
        }
    }

    /// A whole number. A `Struct` knows doubles only, so `16777216.0` is one.
    pub(super) fn number(&self, least: u64, most: u64) -> Option<u64> {
        #[cfg(test)]
        self.asked(format!("{least} to {most}"));
        let number = match self.value {
            Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
            _ => None,
        };
        match number {
            Some(number) if (least..=most).contains(&number) => Some(number),
            _ => self.expected(&format!("a whole number from {least} to {most}")),
        }
    }

    /// A number as it is spelled, or a string that spells one.
    pub(super) fn spelled(&self) -> Option<String> {
        #[cfg(test)]
        self.asked("rate");
        match self.value {
            Value::Number(number) => Some(number.to_string()),
            Value::String(text) => Some(text.clone()),
            _ => self.expected("a number"),
        }
    }

    /// A duration: seconds as a number, or a string such as `10s` or `250ms`.
    pub(super) fn duration(&self) -> Option<std::time::Duration> {
        #[cfg(test)]
        self.asked("duration");
        let seconds = match self.value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => match (text.strip_suffix("ms"), text.strip_suffix('s')) {
                (Some(text), _) => number::value(text).map(|millis| millis / 1000.0),
                (None, Some(text)) => number::value(text),
                (None, None) => None,
            },
            _ => None,
        };
        let duration = seconds.and_then(|s| std::time::Duration::try_from_secs_f64(s).ok());
        duration.or_else(|| self.expected("a duration such as 10s or 250ms"))
    }

    /// Which of these words it is, if any.
    pub(super) fn word(&self, words: &[&str]) -> Option<usize> {
        #[cfg(test)]
        self.asked(words.join(" "));
        words.iter().position(|word| self.value == *word)
    }

    /// One of these words; returns its place.
    pub(super) fn one_of(&self, words: &[&str]) -> Option<usize> {
        let found = self.word(words);
        match self.value {
            Value::String(text) if found.is_none() => self.mistake(unknown(text, words)),
            Value::String(_) => {}
            _ => return self.expected(&alternatives(words)),
        }
        found
    }
}

impl<'a> Fields<'a> {
    /// A field that must be there.
    pub(super) fn field(&self, name: &str) -> Option<Reader<'a>> {
        #[cfg(test)]
        self.reader.asked(format!("required {name}"));
        let found = self.optional(name);
        if found.is_none() {
            self.missing(name);
        }
        found
    }

    pub(super) fn missing(&self, name: &str) {
        let mistake = Mistake::new(self.path(name), "missing");
        self.reader.mistakes.add(mistake);
    }

    /// A field that may be left out; `null` is as if it were.
    pub(super) fn optional(&self, name: &str) -> Option<Reader<'a>> {
        let value = self.map.get(name).filter(|value| !value.is_null())?;
        Some(self.reader.at(value, self.path(name)))
    }

    pub(super) fn number(&self, name: &str, default: u64, least: u64, most: u64) -> u64 {
        let found = self
            .optional(name)
            .and_then(|field| field.number(least, most));
        found.unwrap_or(default)
    }

    pub(super) fn bool(&self, name: &str) -> bool {
        self.optional(name)
            .and_then(|field| field.bool())
            .unwrap_or(false)
    }

    /// Every member, for maps whose keys are the operator's own.
    pub(super) fn entries(&self) -> Vec<(&'a str, Reader<'a>)> {
        #[cfg(test)]
        self.reader.asked("map");
        let entry = |(key, value): (&'a String, &'a Value)| {
            let path = format!("{}[{key:?}]", self.reader.path);
            (key.as_str(), self.reader.at(value, path))
        };
        self.map.iter().map(entry).collect()
    }

    /// Reports every key that is not one of `known`.
    pub(super) fn only(&self, known: &[&str]) {
        #[cfg(test)]
        for key in known {
            self.reader.asked(format!("key {key}"));
        }
        for key in self.map.keys() {
            if !known.contains(&key.as_str()) {
                let message = format!("unknown key{}", hint(key, known));
                self.reader
                    .mistakes
                    .add(Mistake::new(self.path(key), message));
            }
        }
    }

    fn path(&self, name: &str) -> String {
        match self.reader.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        }
    }
}

/// Whether it can be the name of a header.
pub(super) fn is_header(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !name.is_empty() && name.bytes().all(plain)
}

fn whole(number: f64) -> Option<u64> {
    // Up to 2^53 a double is exact.
    let exact = number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number);
    exact.then_some(number as u64)
}

/// A value for a message; long ones by kind only, so that no key is printed by mistake.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.is_empty() => "an empty string".to_owned(),
        Value::String(_) => "a string".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
