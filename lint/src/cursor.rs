//! A value of a document with the way to it.

use crate::document::Document;
use crate::finding::Place;
use crate::yaml::{Node, Value};
use std::rc::Rc;

/// A value of a document, the way to it, and its line.
#[derive(Debug, Clone)]
pub struct Cursor {
    /// The document.
    pub document: Rc<Document>,
    /// The value.
    pub node: Rc<Node>,
    /// The way to it.
    pub path: Rc<str>,
    /// Its line: that of its name, where it has one.
    pub line: usize,
}

impl Cursor {
    /// The whole of a document.
    pub fn root(document: &Rc<Document>) -> Self {
        Cursor {
            document: Rc::clone(document),
            node: Rc::clone(&document.root),
            path: Rc::from(""),
            line: document.root.line,
        }
    }

    /// Where it stands.
    pub fn place(&self) -> Place {
        Place {
            file: self.document.file.clone(),
            line: self.line,
            object: self.document.label(),
            path: self.path.to_string(),
        }
    }

    /// Another value that stands in place of this one: a text that was read.
    pub fn replaced(&self, node: Rc<Node>) -> Self {
        Cursor {
            node,
            ..self.clone()
        }
    }

    /// A member. Envoy reads a name in snake case in camel case too.
    pub fn get(&self, key: &str) -> Option<Cursor> {
        let entry = self.node.get(key).or_else(|| {
            let camel = key.contains('_').then(|| camel(key))?;
            self.node.get(&camel)
        })?;
        if matches!(entry.node.value, Value::Null) {
            return None;
        }
        Some(self.child(&entry.key, entry.line, &entry.node))
    }

    /// A member of a member.
    pub fn at(&self, keys: &[&str]) -> Option<Cursor> {
        let mut keys = keys.iter();
        let first = self.get(keys.next()?)?;
        keys.try_fold(first, |cursor, key| cursor.get(key))
    }

    /// Its members, by name.
    pub fn entries(&self) -> Vec<(String, Cursor)> {
        let Value::Map(entries) = &self.node.value else {
            return Vec::new();
        };
        let entries = entries.iter();
        entries
            .map(|entry| {
                (
                    entry.key.clone(),
                    self.child(&entry.key, entry.line, &entry.node),
                )
            })
            .collect()
    }

    /// Its items, where it is a list.
    pub fn items(&self) -> Vec<Cursor> {
        let Value::List(items) = &self.node.value else {
            return Vec::new();
        };
        let item = |(index, node): (usize, &Rc<Node>)| Cursor {
            document: Rc::clone(&self.document),
            node: Rc::clone(node),
            path: format!("{}[{index}]", self.path).into(),
            line: node.line,
        };
        items.iter().enumerate().map(item).collect()
    }

    /// The items of a member that is a list.
    pub fn list(&self, key: &str) -> Vec<Cursor> {
        self.get(key).map(|list| list.items()).unwrap_or_default()
    }

    /// A text.
    pub fn text(&self) -> Option<&str> {
        match &self.node.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A member that is a text.
    pub fn word(&self, key: &str) -> Option<String> {
        self.get(key)?.text().map(str::to_owned)
    }

    /// A number, or a text that spells one, as protobuf's JSON has it.
    pub fn number(&self) -> Option<u64> {
        let number = match &self.node.value {
            Value::Number(number, _) => *number,
            Value::Text(text) => text.parse().ok()?,
            _ => return None,
        };
        // Beyond, a double is not exact, and no setting is.
        (0.0..=9e15).contains(&number).then_some(number as u64)
    }

    /// Whether it is `true`.
    pub fn is_true(&self) -> bool {
        matches!(self.node.value, Value::Bool(true))
    }

    /// Whether it is `false`.
    pub fn is_false(&self) -> bool {
        matches!(self.node.value, Value::Bool(false))
    }

    /// The message's type: what follows `type.googleapis.com/`.
    pub fn type_name(&self) -> Option<String> {
        let url = self.word("@type")?;
        Some(url.rsplit('/').next().unwrap_or_default().to_owned())
    }

    /// The message that an `Any` holds, and its type; what a `TypedStruct` wraps is taken out of it.
    pub fn message(&self) -> Option<(String, Cursor)> {
        let name = self.type_name()?;
        if !name.ends_with("type.v3.TypedStruct") && !name.ends_with("type.v1.TypedStruct") {
            return Some((name, self.clone()));
        }
        let url = self.word("type_url")?;
        let name = url.rsplit('/').next().unwrap_or_default().to_owned();
        Some((name, self.get("value")?))
    }

    /// The value at a path such as `providers[0].models["gpt-*"]`, or the last one on the way that there is.
    pub fn follow(&self, path: &str) -> Cursor {
        let mut here = self.clone();
        let mut rest = path;
        while let Some((next, tail)) = here.step(rest) {
            (here, rest) = (next, tail);
        }
        here
    }

    fn step<'p>(&self, path: &'p str) -> Option<(Cursor, &'p str)> {
        if let Some(inner) = path.strip_prefix('[') {
            let (index, tail) = inner.split_once(']')?;
            if let Ok(index) = index.parse::<usize>() {
                return Some((self.items().into_iter().nth(index)?, after(tail)));
            }
            let entries = self.entries();
            let quoted = |name: &str| path.strip_prefix(&format!("[{name:?}]"));
            return entries
                .into_iter()
                .find_map(|(name, child)| Some((child, after(quoted(&name)?))));
        }
        // A name may hold a dot: the whole is tried first.
        let ends = path.match_indices(['.', '[']).map(|(end, _)| end);
        let ends: Vec<usize> = std::iter::once(path.len())
            .chain(ends.collect::<Vec<_>>().into_iter().rev())
            .collect();
        ends.into_iter().find_map(|end| {
            let (name, tail) = path.split_at_checked(end)?;
            let entry = self.node.get(name)?;
            Some((self.child(name, entry.line, &entry.node), after(tail)))
        })
    }

    fn child(&self, key: &str, line: usize, node: &Rc<Node>) -> Cursor {
        Cursor {
            document: Rc::clone(&self.document),
            node: Rc::clone(node),
            path: joined(&self.path, key).into(),
            line,
        }
    }
}

fn after(tail: &str) -> &str {
    tail.strip_prefix('.').unwrap_or(tail)
}

/// A path and one name more.
fn joined(path: &str, key: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-@".contains(&byte);
    if key.is_empty() || !key.bytes().all(plain) {
        return format!("{path}[{key:?}]");
    }
    if path.is_empty() {
        return key.to_owned();
    }
    format!("{path}.{key}")
}

fn camel(key: &str) -> String {
    let mut out = String::new();
    let mut upper = false;
    for letter in key.chars() {
        match letter {
            '_' => upper = true,
            letter if upper => {
                out.push(letter.to_ascii_uppercase());
                upper = false;
            }
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::testing::cursor;

    #[test]
    fn paths_lead_there_and_back() {
        let root = cursor("a:\n- b: {\"x.y\": 1}\nc.d:\n  e: 2\n");
        let deep = &root.list("a")[0].at(&["b", "x.y"]).expect("x.y");
        assert_eq!(&*deep.path, "a[0].b[\"x.y\"]");
        assert_eq!(deep.number(), Some(1));
        assert_eq!(root.follow(&deep.path).number(), Some(1));
        assert_eq!(root.follow("c.d.e").number(), Some(2));
        assert_eq!(root.follow("c.d.e").line, 4);
        // As far as there is a way.
        assert_eq!(&*root.follow("a[0].b.nothing[3]").path, "a[0].b");
        assert_eq!(&*root.follow("a[7]").path, "a");
        assert_eq!(&*root.follow("").path, "");
    }

    #[test]
    fn names_are_read_in_both_cases() {
        let root = cursor("typedConfig: {\"@type\": type.googleapis.com/a.B, vm_id: x}");
        let any = root.get("typed_config").expect("it");
        assert_eq!(any.type_name().as_deref(), Some("a.B"));
        assert_eq!(any.word("vm_id").as_deref(), Some("x"));
        assert!(cursor("a: null").get("a").is_none());
    }

    #[test]
    fn a_typed_struct_is_what_it_wraps() {
        let text = "{\"@type\": type.googleapis.com/xds.type.v3.TypedStruct, type_url: type.googleapis.com/a.B, value: {c: 1}}";
        let (name, value) = cursor(text).message().expect("a message");
        assert_eq!(
            (name.as_str(), value.get("c").and_then(|c| c.number())),
            ("a.B", Some(1))
        );
        assert_eq!(&*value.path, "value");
    }

    #[test]
    fn numbers_are_spelled_in_two_ways() {
        let number = |text: &str| cursor(text).get("a").and_then(|a| a.number());
        assert_eq!(number("a: 5"), Some(5));
        assert_eq!(number("a: \"5\""), Some(5));
        assert_eq!(number("a: 1e6"), Some(1_000_000));
        assert_eq!(number("a: -5"), None);
        assert_eq!(number("a: x"), None);
    }
}
