//! `additionalModelRequestFields`: what only the model knows.

use crate::json::{Object, Writer};
use crate::order::Places;

/// Fields in order, each with its JSON.
#[derive(Debug, Default)]
pub(super) struct Fields {
    list: Vec<(String, Vec<u8>)>,
    places: Places,
}

impl Fields {
    /// Sets a field. A later one of the same name counts, so that the client's own words come last.
    pub(super) fn set(&mut self, name: &str, write: impl FnOnce(&mut Writer<'_>)) {
        let mut json = Vec::new();
        write(&mut Writer::new(&mut json));
        if self.places.add(name, self.list.len()) {
            self.list.push((name.to_owned(), json));
        } else if let Some((_, known)) = self.places.get(name).and_then(|at| self.list.get_mut(at))
        {
            *known = json;
        }
    }

    /// Sets every member of the client's own.
    pub(super) fn set_all(&mut self, own: &Object<'_>) {
        for (name, value) in own.members() {
            self.set(&name.decode(), |w| w.value(value));
        }
    }

    pub(super) fn write(&self, w: &mut Writer<'_>) {
        if self.list.is_empty() {
            return;
        }
        w.key("additionalModelRequestFields");
        w.begin_object();
        for (name, json) in &self.list {
            w.key(name);
            // A writer writes text.
            w.raw(std::str::from_utf8(json).unwrap_or("null"));
        }
        w.end_object();
    }
}
