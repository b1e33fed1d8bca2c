//! One sort for everything that is ordered, and one map: each type that the standard library sorts or maps by itself
//! takes several kilobytes of the module.

use std::collections::BTreeMap;

/// Places by name: the one map of the module, for lists that a client or a provider can make so long that looking
/// through them once for each of their items would take minutes.
#[derive(Debug, Default)]
pub struct Places(BTreeMap<String, usize>);

impl Places {
    /// Each name with its place in the list; of a repeated name the first.
    pub fn of<S: AsRef<str>>(names: impl Iterator<Item = S>) -> Self {
        let mut places = Places::default();
        for (place, name) in names.enumerate() {
            places.add(name.as_ref(), place);
        }
        places
    }

    /// Takes note of a name, unless it is known; whether it was not.
    #[inline(never)]
    pub fn add(&mut self, name: &str, place: usize) -> bool {
        let new = !self.has(name);
        if new {
            self.set(name, place);
        }
        new
    }

    /// Takes note of a name, in place of what was known of it.
    #[inline(never)]
    pub fn set(&mut self, name: &str, place: usize) {
        self.0.insert(name.to_owned(), place);
    }

    /// The name's place.
    #[inline(never)]
    pub fn get(&self, name: &str) -> Option<usize> {
        self.0.get(name).copied()
    }

    /// Whether the name is known.
    #[inline(never)]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The names, each once, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// The list in the order of its keys; what has the same key keeps its order.
pub fn by_key<T>(list: Vec<T>, key: impl Fn(&T) -> u64) -> Vec<T> {
    let keys = list.iter().map(key).zip(0..).collect();
    let mut slots: Vec<Option<T>> = list.into_iter().map(Some).collect();
    let mut out = Vec::with_capacity(slots.len());
    for place in places(keys) {
        out.extend(slots.get_mut(place).and_then(Option::take));
    }
    out
}

/// The places of keys in their order. A key and its place are never equal to another pair: no stable sort is needed.
#[inline(never)]
fn places(mut keys: Vec<(u64, usize)>) -> Vec<usize> {
    if !keys.is_sorted() {
        keys.sort_unstable();
    }
    keys.into_iter().map(|(_, place)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_keep_their_order() {
        let list = vec![(2, 'a'), (1, 'b'), (2, 'c'), (0, 'd'), (1, 'e')];
        let sorted: String = by_key(list, |pair| pair.0)
            .iter()
            .map(|pair| pair.1)
            .collect();
        assert_eq!(sorted, "dbeac");
    }

    #[test]
    fn a_name_is_there_once() {
        let places = Places::of(["b", "a", "b", "c", "a"].iter());
        assert!(places.names().eq(["a", "b", "c"]));
        assert_eq!((places.get("a"), places.get("d")), (Some(1), None));
    }
}
