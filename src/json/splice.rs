//! Edits a JSON object's source, everything else byte for byte.

use super::scan::Member;
use crate::order;
use std::ops::Range;

/// Edits of one source, applied together.
#[derive(Debug, Clone)]
pub struct Splice<'a> {
    source: &'a [u8],
    edits: Vec<(Range<usize>, Vec<u8>)>,
}

impl<'a> Splice<'a> {
    /// No edits yet.
    pub fn new(source: &'a [u8]) -> Self {
        Splice {
            source,
            edits: Vec::new(),
        }
    }

    /// Replaces the value of `member`.
    pub fn replace(&mut self, member: &Member<'_>, value: Vec<u8>) {
        self.edits.push((member.value_span.clone(), value));
    }

    /// Replaces any range of the source.
    pub fn replace_range(&mut self, range: Range<usize>, bytes: Vec<u8>) {
        self.edits.push((range, bytes));
    }

    /// Removes `member` with one comma beside it.
    pub fn remove(&mut self, member: &Member<'_>) {
        let range = self.removal(member);
        self.edits.push((range, Vec::new()));
    }

    /// What goes with `member`: one comma beside it.
    pub fn removal(&self, member: &Member<'_>) -> Range<usize> {
        if member.index == 0 {
            member.span.start..self.after_comma(member.span.end)
        } else {
            self.before_comma(member.span.start)..member.span.end
        }
    }

    /// Removes members, given in their order, each with one comma.
    pub fn remove_all<'m>(&mut self, members: impl Iterator<Item = &'m Member<'m>>) {
        // Those at the object's beginning take the commas after them, all others the one before.
        let mut beginning = 0usize;
        let mut start = None;
        for member in members {
            if member.index == beginning {
                let from = *start.get_or_insert(member.span.start);
                let range = from..self.after_comma(member.span.end);
                if beginning > 0 {
                    self.edits.pop();
                }
                self.edits.push((range, Vec::new()));
                beginning = beginning.saturating_add(1);
            } else {
                self.remove(member);
            }
        }
    }

    /// Adds a member (`"key":value`) at the end of the object that the source is.
    pub fn append(&mut self, member: &str) {
        let close = memchr::memrchr(b'}', self.source).unwrap_or(self.source.len());
        let before = self.source.get(..close).unwrap_or_default();
        let last = before.iter().rev().find(|byte| !byte.is_ascii_whitespace());
        let mut bytes = Vec::with_capacity(member.len().saturating_add(1));
        if last != Some(&b'{') {
            bytes.push(b',');
        }
        bytes.extend_from_slice(member.as_bytes());
        self.edits.push((close..close, bytes));
    }

    /// The source with every edit made. Of edits that overlap, the first by place wins.
    pub fn apply(self) -> Vec<u8> {
        let start =
            |edit: &(Range<usize>, Vec<u8>)| u64::try_from(edit.0.start).unwrap_or(u64::MAX);
        let edits = order::by_key(self.edits, start);
        let added: usize = edits.iter().map(|(_, bytes)| bytes.len()).sum();
        let mut out = Vec::with_capacity(self.source.len().saturating_add(added));
        let mut at = 0usize;
        for (range, bytes) in &edits {
            if range.start < at {
                continue;
            }
            out.extend_from_slice(self.source.get(at..range.start).unwrap_or_default());
            out.extend_from_slice(bytes);
            at = range.end;
        }
        out.extend_from_slice(self.source.get(at..).unwrap_or_default());
        out
    }

    fn after_comma(&self, from: usize) -> usize {
        let rest = self.source.get(from..).unwrap_or_default();
        let blanks = rest
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        match rest.get(blanks) {
            Some(b',') => from.saturating_add(blanks).saturating_add(1),
            _ => from,
        }
    }

    fn before_comma(&self, to: usize) -> usize {
        let before = self.source.get(..to).unwrap_or_default();
        memchr::memrchr(b',', before).unwrap_or(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::scan::top_level;

    fn removed(source: &str, key: &str) -> String {
        let [member] = top_level(source.as_bytes(), [key]).expect("valid");
        let mut splice = Splice::new(source.as_bytes());
        splice.remove(&member.expect("there"));
        String::from_utf8(splice.apply()).expect("text")
    }

    #[test]
    fn members_are_removed_with_one_comma() {
        assert_eq!(removed(r#"{"a":1,"b":2}"#, "a"), r#"{"b":2}"#);
        assert_eq!(removed(r#"{"a":1 , "b":2}"#, "b"), r#"{"a":1 }"#);
        assert_eq!(removed(r#"{ "a":1 }"#, "a"), "{  }");
    }

    #[test]
    fn several_members_are_removed() {
        let source = br#"{"a":1, "b":2,"c":3 ,"d":4}"#;
        for (keys, want) in [
            (["a", "b"], r#"{"c":3 ,"d":4}"#),
            (["b", "c"], r#"{"a":1 ,"d":4}"#),
            (["c", "d"], r#"{"a":1, "b":2 }"#),
            (["a", "d"], r#"{ "b":2,"c":3 }"#),
        ] {
            let found = top_level(source, keys).expect("valid");
            let mut splice = Splice::new(source);
            splice.remove_all(found.iter().flatten());
            let out = String::from_utf8(splice.apply()).expect("text");
            assert_eq!(out, want, "{keys:?}");
        }
    }

    #[test]
    fn members_are_appended() {
        for (source, want) in [("{}", r#"{"x":1}"#), (r#"{"a":1 } "#, r#"{"a":1 ,"x":1} "#)] {
            let mut splice = Splice::new(source.as_bytes());
            splice.append(r#""x":1"#);
            assert_eq!(splice.apply(), want.as_bytes());
        }
    }
}
