//! One of Weir's filters, as it stands in a configuration.

use crate::cursor::Cursor;
use crate::yaml::{self, Node, Value};
use std::collections::HashMap;
use std::rc::Rc;

/// The type of a Wasm HTTP filter.
const WASM: &str = "envoy.extensions.filters.http.wasm.v3.Wasm";

/// A Wasm HTTP filter that is Weir's.
#[derive(Debug)]
pub struct Block {
    /// The filter: `{name, typed_config}`.
    pub filter: Cursor,
    /// The plugin's configuration: `{name, vm_config, configuration, …}`.
    pub plugin: Cursor,
    /// What the plugin is told.
    pub told: Told,
    /// Where it is told it runs.
    pub stage: Option<Stage>,
    /// Where it does run.
    pub position: Position,
    /// The list it stands in, and its place there.
    pub chain: Option<(Cursor, usize)>,
    /// The listener it stands in.
    pub listener: Option<usize>,
    /// The cluster it stands in.
    pub cluster: Option<usize>,
}

/// What stands in `configuration`.
#[derive(Debug)]
pub enum Told {
    /// A `Struct`'s `value`, or a `StringValue`'s JSON read as a tree.
    Tree(Cursor),
    /// A `StringValue` that is no JSON.
    Text(Cursor),
    /// Something that Envoy does not hand to a plugin.
    Other(Cursor),
    /// Nothing.
    Nothing,
}

/// The two stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Before the router.
    Edge,
    /// In the upstream filters.
    Attempt,
    /// The edge that is the attempt too.
    Inline,
}

/// Where a filter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Position {
    /// In a connection manager's filters.
    Downstream,
    /// In the router's or a cluster's upstream filters.
    Upstream,
    /// It cannot be told.
    #[default]
    Unknown,
}

impl Block {
    /// Reads a filter, if it is one of Weir's.
    pub fn read(filter: &Cursor) -> Option<Block> {
        let (name, message) = filter.get("typed_config")?.message()?;
        if name != WASM {
            return None;
        }
        let plugin = message.get("config")?;
        let told = Told::read(&plugin);
        if !told.is_weirs() && !named_so(filter, &plugin) {
            return None;
        }
        Some(Block {
            stage: told.tree().and_then(Stage::read),
            filter: filter.clone(),
            plugin,
            told,
            position: Position::default(),
            chain: None,
            listener: None,
            cluster: None,
        })
    }

    /// What the plugin is told, where it can be read.
    pub fn tree(&self) -> Option<&Cursor> {
        self.told.tree()
    }

    /// A whole number of what it is told.
    pub fn number(&self, key: &str, default: u64) -> u64 {
        let number = self.tree().and_then(|tree| tree.get(key)?.number());
        number.unwrap_or(default)
    }

    /// The most that it writes into a held body, where it is an attempt.
    pub fn buffer_limit(&self) -> u64 {
        self.number("envoy_buffer_limit_bytes", 32 << 10)
    }

    /// Its providers.
    pub fn providers(&self) -> Vec<Cursor> {
        self.tree()
            .map(|tree| tree.list("providers"))
            .unwrap_or_default()
    }

    /// The name of its VM.
    pub fn vm_id(&self) -> Option<Cursor> {
        self.plugin.at(&["vm_config", "vm_id"])
    }

    /// What its VM sees of the environment: names, and the values that are known.
    pub fn environment(&self) -> HashMap<String, Option<String>> {
        let mut variables = HashMap::new();
        let Some(environment) = self.plugin.at(&["vm_config", "environment_variables"]) else {
            return variables;
        };
        for key in environment.list("host_env_keys") {
            if let Some(key) = key.text() {
                variables.insert(key.to_owned(), None);
            }
        }
        let values = environment.get("key_values").map(|map| map.entries());
        for (name, value) in values.unwrap_or_default() {
            variables.insert(name, value.text().map(str::to_owned));
        }
        variables
    }
}

impl Told {
    fn read(plugin: &Cursor) -> Told {
        let Some(configuration) = plugin.get("configuration") else {
            return Told::Nothing;
        };
        let value = configuration.get("value");
        match (configuration.type_name().as_deref(), value) {
            (Some("google.protobuf.Struct"), Some(value)) => Told::Tree(value),
            (Some("google.protobuf.StringValue"), Some(value)) => match value.text() {
                Some(text) => match json(text, value.line) {
                    Some(node) => Told::Tree(value.replaced(node)),
                    None => Told::Text(value),
                },
                None => Told::Other(configuration),
            },
            _ => Told::Other(configuration),
        }
    }

    fn tree(&self) -> Option<&Cursor> {
        match self {
            Told::Tree(tree) => Some(tree),
            _ => None,
        }
    }

    fn is_weirs(&self) -> bool {
        match self {
            Told::Tree(tree) => tree.get("stage").is_some(),
            Told::Other(other) => other.get("stage").is_some(),
            Told::Text(_) | Told::Nothing => false,
        }
    }
}

impl Stage {
    fn read(tree: &Cursor) -> Option<Stage> {
        let inline = tree.word("translate").as_deref() == Some("inline");
        match tree.word("stage")?.as_str() {
            "edge" if inline => Some(Stage::Inline),
            "edge" => Some(Stage::Edge),
            "attempt" => Some(Stage::Attempt),
            _ => None,
        }
    }
}

/// A text that is JSON, as a tree of which each line is the text's own.
fn json(text: &str, line: usize) -> Option<Rc<Node>> {
    serde_json::from_str::<serde_json::Value>(text).ok()?;
    let node = yaml::parse(text).ok()?.into_iter().next()?;
    matches!(node.value, Value::Map(_)).then(|| yaml::on_line(&node, line))
}

fn named_so(filter: &Cursor, plugin: &Cursor) -> bool {
    let names = [
        filter.word("name"),
        plugin.word("name"),
        plugin.word("root_id"),
        plugin.at(&["vm_config", "vm_id"]).and_then(word),
        plugin
            .at(&["vm_config", "code", "local", "filename"])
            .and_then(word),
        plugin
            .at(&["vm_config", "code", "remote", "http_uri", "uri"])
            .and_then(word),
    ];
    let ours = |name: &String| name.to_ascii_lowercase().contains("weir");
    names.iter().flatten().any(ours)
}

fn word(cursor: Cursor) -> Option<String> {
    cursor.text().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::cursor;

    fn filter(config: &str) -> String {
        format!(
            "{{name: x, typed_config: {{\"@type\": type.googleapis.com/{WASM}, config: {config}}}}}"
        )
    }

    fn stage(config: &str) -> Option<Option<Stage>> {
        Block::read(&cursor(&filter(config))).map(|block| block.stage)
    }

    #[test]
    fn blocks_are_known_by_what_they_are_told_or_called() {
        let value = |kind: &str, value: &str| {
            format!(
                "{{configuration: {{\"@type\": type.googleapis.com/google.protobuf.{kind}, value: {value}}}}}"
            )
        };
        assert_eq!(
            stage(&value("Struct", "{stage: edge}")),
            Some(Some(Stage::Edge))
        );
        let inline = value("Struct", "{stage: edge, translate: inline}");
        assert_eq!(stage(&inline), Some(Some(Stage::Inline)));
        let text = value("StringValue", "'{\"stage\": \"attempt\"}'");
        assert_eq!(stage(&text), Some(Some(Stage::Attempt)));
        assert_eq!(stage(&value("Struct", "{rules: []}")), None);
        assert_eq!(stage("{name: x}"), None);
        assert_eq!(stage("{vm_config: {vm_id: Weir-1}}"), Some(None));
        assert_eq!(
            stage("{vm_config: {code: {local: {filename: /etc/weir.wasm}}}}"),
            Some(None)
        );
        // In place of the `Any`.
        assert_eq!(stage("{configuration: {stage: edge}}"), Some(None));
    }

    #[test]
    fn a_typed_struct_is_looked_into() {
        let text = format!(
            "{{typed_config: {{\"@type\": type.googleapis.com/udpa.type.v1.TypedStruct, type_url: type.googleapis.com/{WASM}, value: {{config: {{name: weir}}}}}}}}"
        );
        assert!(Block::read(&cursor(&text)).is_some());
    }

    #[test]
    fn the_environment_is_what_the_vm_is_given() {
        let config = "{name: weir, vm_config: {environment_variables: {host_env_keys: [A], key_values: {B: c}}}}";
        let block = Block::read(&cursor(&filter(config))).expect("a block");
        let environment = block.environment();
        assert_eq!(environment.get("A"), Some(&None));
        assert_eq!(environment.get("B"), Some(&Some("c".to_owned())));
        assert_eq!(environment.get("C"), None);
    }
}
