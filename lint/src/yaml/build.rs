//! Builds the tree from the parser's events.

use super::{Broken, Entry, MAX_DEPTH, MAX_NODES, Node, Value, scalar};
use saphyr_parser::{Event, Parser, ScalarStyle};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// What is open while it is being read.
enum Open {
    List {
        line: usize,
        anchor: usize,
        items: Vec<Rc<Node>>,
    },
    Map {
        line: usize,
        anchor: usize,
        members: Members,
        /// A key that waits for its value, and its line.
        key: Option<(Key, usize)>,
        merged: Vec<Rc<Node>>,
    },
}

enum Key {
    /// A name, and whether it is unquoted.
    Word(String, bool),
    /// `<<`, unquoted.
    Merge,
}

#[derive(Default)]
struct Members {
    entries: Vec<Entry>,
    names: HashSet<String>,
}

impl Members {
    /// Whether it was not there yet.
    fn add(&mut self, entry: Entry) -> bool {
        let new = self.names.insert(entry.key.clone());
        if new {
            self.entries.push(entry);
        }
        new
    }
}

/// Reads every document of a text.
///
/// # Errors
/// The first place that is no YAML, or more than the bounds allow. What stood before it is not returned.
pub fn parse(text: &str) -> Result<Vec<Rc<Node>>, Broken> {
    // A byte order mark is no character of the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser::new_from_str(text).keep_tags(true);
    let mut builder = Builder::default();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| Broken {
            line: error.marker().line().max(1),
            message: format!("not YAML: {}", error.info()),
        })?;
        builder.line = span.start.line().max(1);
        builder.event(event).map_err(|message| Broken {
            line: builder.line,
            message,
        })?;
    }
    Ok(builder.documents)
}

#[derive(Default)]
struct Builder {
    line: usize,
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Node>>,
    /// Members that came by merging: work that no text paid for.
    merges: usize,
    documents: Vec<Rc<Node>>,
}

impl Builder {
    fn event(&mut self, event: Event<'_>) -> Result<(), String> {
        let line = self.line;
        match event {
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::Alias(id) => {
                let node = self.anchors.get(&id).cloned();
                let node = node.ok_or("an alias inside of what it stands for")?;
                self.value(node, None)?;
            }
            Event::Scalar(text, style, anchor, tag) => {
                let text = text.into_owned();
                let plain = style == ScalarStyle::Plain;
                let text_tag =
                    tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                let value = if plain && !text_tag {
                    scalar::plain(&text)
                } else {
                    Value::Text(text.clone())
                };
                let node = node(line, value)?;
                self.anchor(anchor, &node);
                let key = if plain && text == "<<" {
                    Key::Merge
                } else {
                    Key::Word(text, plain)
                };
                self.value(node, Some(key))?;
            }
            Event::SequenceStart(anchor, _) => self.push(Open::List {
                line,
                anchor,
                items: Vec::new(),
            })?,
            Event::MappingStart(anchor, _) => self.push(Open::Map {
                line,
                anchor,
                members: Members::default(),
                key: None,
                merged: Vec::new(),
            })?,
            Event::SequenceEnd | Event::MappingEnd => self.close()?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn push(&mut self, open: Open) -> Result<(), String> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep());
        }
        self.open.push(open);
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let (node, anchor) = match self.open.pop() {
            Some(Open::List {
                line,
                anchor,
                items,
            }) => (node(line, Value::List(items))?, anchor),
            Some(Open::Map {
                line,
                anchor,
                mut members,
                merged,
                ..
            }) => {
                for source in merged {
                    self.merge(&mut members, &source)?;
                }
                (node(line, Value::Map(members.entries))?, anchor)
            }
            None => return Err("an end without a beginning".to_owned()),
        };
        self.anchor(anchor, &node);
        self.value(node, None)
    }

    /// A mapping's own keys win over those it merges, the earlier merged over the later.
    fn merge(&mut self, members: &mut Members, source: &Node) -> Result<(), String> {
        let Value::Map(more) = &source.value else {
            return Err("`<<` merges mappings only".to_owned());
        };
        self.merges = self.merges.saturating_add(more.len());
        if self.merges > MAX_NODES {
            return Err(too_many());
        }
        for entry in more {
            members.add(entry.clone());
        }
        Ok(())
    }

    fn anchor(&mut self, id: usize, node: &Rc<Node>) {
        if id > 0 {
            self.anchors.insert(id, Rc::clone(node));
        }
    }

    /// Puts a finished node where it belongs; `word` is what it is as a key.
    fn value(&mut self, node: Rc<Node>, word: Option<Key>) -> Result<(), String> {
        match self.open.last_mut() {
            None => self.documents.push(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map {
                members,
                key,
                merged,
                ..
            }) => match key.take() {
                None => *key = Some((word.ok_or("a key that is no word")?, node.line)),
                Some((Key::Merge, _)) => match &node.value {
                    Value::List(items) => merged.extend(items.iter().cloned()),
                    _ => merged.push(node),
                },
                Some((Key::Word(key, bare), line)) => {
                    let twice = format!("the key {key:?} is there twice");
                    if !members.add(Entry {
                        key,
                        line,
                        bare,
                        node,
                    }) {
                        return Err(twice);
                    }
                }
            },
        }
        Ok(())
    }
}

fn too_deep() -> String {
    format!("nested more than {MAX_DEPTH} levels deep")
}

fn too_many() -> String {
    format!("more than {MAX_NODES} values, aliases written out")
}

fn node(line: usize, value: Value) -> Result<Rc<Node>, String> {
    let mut depth = 0_usize;
    let mut size = 1_usize;
    let mut count = |node: &Node| {
        depth = depth.max(node.depth.saturating_add(1));
        size = size.saturating_add(node.size);
    };
    match &value {
        Value::List(items) => items.iter().for_each(|item| count(item)),
        Value::Map(entries) => entries.iter().for_each(|entry| count(&entry.node)),
        _ => {}
    }
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    if size > MAX_NODES {
        return Err(too_many());
    }
    Ok(Rc::new(Node {
        line,
        value,
        depth,
        size,
    }))
}
