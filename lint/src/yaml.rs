//! YAML (and JSON, which is some of it) as a tree that knows the line of each node.
//!
//! An alias is its anchor's own node, shared. What a document would be with every alias written out is bounded, in size
//! and in depth, so that walking it as a tree is.
mod build;
mod scalar;

pub use build::parse;

use std::rc::Rc;

/// Deepest nesting of a document.
pub const MAX_DEPTH: usize = 100;
/// Most nodes of a document, aliases written out.
pub const MAX_NODES: usize = 1_000_000;

/// A value, and where it stands.
#[derive(Debug)]
pub struct Node {
    /// From 1.
    pub line: usize,
    /// What it is.
    pub value: Value,
    /// Levels below it.
    depth: usize,
    /// Nodes in it, itself included.
    size: usize,
}

/// What a node is, by YAML's core schema.
#[derive(Debug)]
pub enum Value {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number; the text is as it was written.
    Number(f64, String),
    /// A text.
    Text(String),
    /// A sequence.
    List(Vec<Rc<Node>>),
    /// A mapping; keys that are no text are as they were written.
    Map(Vec<Entry>),
}

/// One member of a mapping.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its name.
    pub key: String,
    /// The name's line, from 1.
    pub line: usize,
    /// Whether the name is written without quotes.
    pub bare: bool,
    /// What stands there.
    pub node: Rc<Node>,
}

/// Why a text is no YAML, or more than is looked at.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken {
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl Node {
    /// The member of a mapping.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The node as JSON, for the plugin's own reader.
    pub fn json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(truth) => Json::Bool(*truth),
            Value::Number(number, text) => match text.trim_start_matches('+').parse::<i64>() {
                Ok(whole) => Json::Number(whole.into()),
                Err(_) => serde_json::Number::from_f64(*number).map_or(Json::Null, Json::Number),
            },
            Value::Text(text) => Json::String(text.clone()),
            Value::List(items) => Json::Array(items.iter().map(|item| item.json()).collect()),
            Value::Map(entries) => {
                let member = |entry: &Entry| (entry.key.clone(), entry.node.json());
                Json::Object(entries.iter().map(member).collect())
            }
        }
    }
}

/// The same tree, all of it on one line: a text in a document, that was read as a document.
pub fn on_line(node: &Node, line: usize) -> Rc<Node> {
    let value = match &node.value {
        Value::Null => Value::Null,
        Value::Bool(truth) => Value::Bool(*truth),
        Value::Number(number, text) => Value::Number(*number, text.clone()),
        Value::Text(text) => Value::Text(text.clone()),
        Value::List(items) => Value::List(items.iter().map(|item| on_line(item, line)).collect()),
        Value::Map(entries) => {
            let entry = |entry: &Entry| Entry {
                key: entry.key.clone(),
                line,
                bare: entry.bare,
                node: on_line(&entry.node, line),
            };
            Value::Map(entries.iter().map(entry).collect())
        }
    };
    Rc::new(Node {
        line,
        value,
        ..*node
    })
}

#[cfg(test)]
mod tests;
