//! A header map as the host hands it over: pairs of bytes, in order, names in lower case.

/// A header map.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(Vec<u8>, Vec<u8>)>);

impl Headers {
    /// The first value of `name` (lower case).
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0
            .iter()
            .find(|(key, _)| key == name.as_bytes())
            .map(|(_, value)| value.as_slice())
    }

    /// The first value of `name`, where it is UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)
            .and_then(|value| std::str::from_utf8(value).ok())
    }

    /// Whether `name` is there.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Replaces every value of `name` by one, in the first one's place, else at the end.
    pub fn set(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        let mut value = Some(value.into());
        self.0.retain_mut(|(key, old)| {
            if key != name.as_bytes() {
                return true;
            }
            match value.take() {
                Some(new) => {
                    *old = new;
                    true
                }
                None => false,
            }
        });
        if let Some(value) = value {
            self.0.push((name.as_bytes().to_vec(), value));
        }
    }

    /// Removes every header whose name satisfies `unwanted`.
    pub fn remove(&mut self, unwanted: impl Fn(&[u8]) -> bool) {
        self.0.retain(|(key, _)| !unwanted(key));
    }

    /// What turns `self` into `wanted`: names to remove, then names to set.
    ///
    /// A name whose values are the same in both is left alone. A name that is to have several values cannot be told
    /// by set and remove; of such a one only the first value is set.
    pub fn edits_to(&self, wanted: &Headers) -> Edits {
        let mut edits = Edits::default();
        for (index, (name, _)) in self.0.iter().enumerate() {
            let seen = self.0.iter().take(index).any(|(other, _)| other == name);
            if !seen && !wanted.0.iter().any(|(other, _)| other == name) {
                edits.remove.push(name.clone());
            }
        }
        for (index, (name, value)) in wanted.0.iter().enumerate() {
            if wanted.0.iter().take(index).any(|(other, _)| other == name) {
                continue;
            }
            let same = values(&self.0, name).eq(values(&wanted.0, name));
            if !same {
                edits.set.push((name.clone(), value.clone()));
            }
        }
        edits
    }
}

fn values<'a>(map: &'a [(Vec<u8>, Vec<u8>)], name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    map.iter()
        .filter(move |(key, _)| key == name)
        .map(|(_, value)| value.as_slice())
}

/// Changes to a header map.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// Names to remove, all values.
    pub remove: Vec<Vec<u8>>,
    /// Names to set to one value.
    pub set: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Edits {
    /// Sets `name` to `value`.
    pub fn set(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.set.push((name.as_bytes().to_vec(), value.into()));
    }

    /// Removes `name`.
    pub fn remove(&mut self, name: &str) {
        self.remove.push(name.as_bytes().to_vec());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Headers {
        let pair = |(k, v): &(&str, &str)| (k.as_bytes().to_vec(), v.as_bytes().to_vec());
        Headers(pairs.iter().map(pair).collect())
    }

    #[test]
    fn set_replaces_every_value() {
        let mut map = headers(&[("a", "1"), ("b", "2"), ("a", "3")]);
        map.set("a", "4");
        assert_eq!(map, headers(&[("a", "4"), ("b", "2")]));
    }

    #[test]
    fn edits_touch_only_what_differs() {
        let now = headers(&[("keep", "1"), ("gone", "2"), ("gone", "3"), ("new", "4")]);
        let wanted = headers(&[("keep", "1"), ("new", "5"), ("more", "6")]);
        let edits = now.edits_to(&wanted);
        assert_eq!(edits.remove, [b"gone".to_vec()]);
        let set = headers(&[("new", "5"), ("more", "6")]);
        assert_eq!(edits.set, set.0);
    }
}
