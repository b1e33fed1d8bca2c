//! `additionalModelRequestFields`: what only the model knows.

use crate::json::{Object, Writer};

/// Fields in order, each with its JSON.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, Vec<u8>)>);

impl Fields {
    /// Sets a field. A later one of the same name counts, so that the client's own words come last.
    pub(super) fn set(&mut self, name: &str, write: impl FnOnce(&mut Writer<'_>)) {
        let mut json = Vec::new();
        write(&mut Writer::new(&mut json));
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = json,
            None => self.0.push((name.to_owned(), json)),
        }
    }

    /// Sets every member of the client's own.
    pub(super) fn set_all(&mut self, own: &Object<'_>) {
        for (name, value) in own.members() {
            self.set(&name.decode(), |w| w.value(value));
        }
    }

    pub(super) fn write(&self, w: &mut Writer<'_>) {
        if self.0.is_empty() {
            return;
        }
        w.key("additionalModelRequestFields");
        w.begin_object();
        for (name, json) in &self.0 {
            w.key(name);
            // A writer writes text.
            w.raw(std::str::from_utf8(json).unwrap_or("null"));
        }
        w.end_object();
    }
}
