//! Header maps, and changes to them.
//!
//! A map stays in the one buffer in which the host hands it over: a request has a dozen headers, is looked at by two
//! stages, and of most of its headers nobody wants anything.

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// A header map: pairs in order, names in lower case.
///
/// Its bytes are laid out as proxy-wasm has them: the number of pairs, the lengths of every name and value (all of them
/// 32 bits, little-endian), then names and values, each followed by a NUL.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<u8>);

impl Headers {
    /// A map as the host gave it. What is not laid out so has no pairs from there on.
    pub fn from_host(bytes: Vec<u8>) -> Self {
        Headers(bytes)
    }

    /// A map of these pairs.
    pub fn of(pairs: &[(&[u8], &[u8])]) -> Self {
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let bytes = pairs.iter().fold(0usize, |sum, (name, value)| {
            sum.saturating_add(name.len()).saturating_add(value.len())
        });
        let laid_out = pairs.len().saturating_mul(10).saturating_add(4);
        let mut out = Vec::with_capacity(laid_out.saturating_add(bytes));
        let count = u32::try_from(pairs.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&count.to_le_bytes());
        for (name, value) in pairs {
            out.extend_from_slice(&length(name).to_le_bytes());
            out.extend_from_slice(&length(value).to_le_bytes());
        }
        for (name, value) in pairs {
            out.extend_from_slice(name);
            out.push(0);
            out.extend_from_slice(value);
            out.push(0);
        }
        Headers(out)
    }

    /// The pairs, in their order.
    pub fn iter(&self) -> Iter<'_> {
        let (count, rest) = self.0.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
        let lengths = usize::try_from(u32::from_le_bytes(*count))
            .ok()
            .and_then(|count| count.checked_mul(8))
            .and_then(|size| rest.split_at_checked(size));
        let (lengths, bytes) = lengths.unwrap_or_default();
        Iter { lengths, bytes }
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The map's bytes, in the host's layout.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The first value of `name` (lower case).
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let Iter { lengths, bytes } = self.iter();
        let mut at = 0usize;
        // Most names are of another length: those are passed over unseen.
        for pair in lengths.chunks_exact(8) {
            let (key, value) = pair.split_first_chunk::<4>()?;
            let key = usize::try_from(u32::from_le_bytes(*key)).ok()?;
            let value = usize::try_from(u32::from_le_bytes(*value.first_chunk::<4>()?)).ok()?;
            let begin = at.checked_add(key)?.checked_add(1)?;
            let end = begin.checked_add(value)?;
            if key == name.len() && bytes.get(at..)?.starts_with(name.as_bytes()) {
                return bytes.get(begin..end);
            }
            at = end.checked_add(1)?;
        }
        None
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

    /// Whether `name` has this one value.
    pub fn is(&self, name: &str, value: &[u8]) -> bool {
        let mut values = self.values(name.as_bytes());
        values.next() == Some(value) && values.next().is_none()
    }

    /// The map as `edits` leave it.
    pub fn edited(&self, edits: &Edits<'_>) -> Headers {
        let removed = |name: &[u8]| edits.remove.iter().any(|gone| gone.as_ref() == name);
        let set = |name: &[u8]| edits.set.iter().find(|(key, _)| key.as_ref() == name);
        let mut pairs: Vec<(&[u8], &[u8])> = Vec::new();
        for (name, value) in self.iter().filter(|(name, _)| !removed(name)) {
            match set(name) {
                None => pairs.push((name, value)),
                // One value, in the first one's place.
                Some(_) if pairs.iter().any(|(other, _)| *other == name) => {}
                Some((_, new)) => pairs.push((name, new)),
            }
        }
        for (name, value) in &edits.set {
            if !pairs.iter().any(|(other, _)| *other == name.as_ref()) {
                pairs.push((name, value));
            }
        }
        Headers::of(&pairs)
    }

    /// What turns `self` into `wanted`: names to remove, then names to set.
    ///
    /// A name whose values are the same in both is left alone. A name that is to have several values cannot be told
    /// by set and remove; of such a one only the first value is set.
    pub fn edits_to(&self, wanted: &Headers) -> Edits<'static> {
        let mut edits = Edits::default();
        for (index, (name, _)) in self.iter().enumerate() {
            let seen = self.iter().take(index).any(|(other, _)| other == name);
            if !seen && !wanted.iter().any(|(other, _)| other == name) {
                edits.remove.push(Cow::Owned(name.to_vec()));
            }
        }
        for (index, (name, value)) in wanted.iter().enumerate() {
            if wanted.iter().take(index).any(|(other, _)| other == name) {
                continue;
            }
            if !self.values(name).eq(wanted.values(name)) {
                edits
                    .set
                    .push((Cow::Owned(name.to_vec()), Cow::Owned(value.to_vec())));
            }
        }
        edits
    }

    fn values<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.iter()
            .filter(move |(key, _)| *key == name)
            .map(|(_, value)| value)
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes| String::from_utf8_lossy(bytes);
        let pairs = self.iter().map(|(name, value)| (text(name), text(value)));
        f.debug_map().entries(pairs).finish()
    }
}

impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Headers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a header map")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Headers, E> {
                Ok(Headers(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

/// The pairs of a [`Headers`].
#[derive(Debug, Clone)]
pub struct Iter<'h> {
    lengths: &'h [u8],
    bytes: &'h [u8],
}

impl<'h> Iter<'h> {
    fn take(&mut self, length: [u8; 4]) -> Option<&'h [u8]> {
        let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest.split_first()?.1;
        Some(taken)
    }
}

impl<'h> Iterator for Iter<'h> {
    type Item = (&'h [u8], &'h [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = self.lengths.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_first_chunk::<4>()?;
        self.lengths = rest;
        Some((self.take(*name)?, self.take(*value)?))
    }
}

/// A name or a value: borrowed where it outlives the edits.
pub type Bytes<'e> = Cow<'e, [u8]>;

/// Changes to a header map: what is removed, then what is set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits<'e> {
    /// Names to remove, all values.
    pub remove: Vec<Bytes<'e>>,
    /// Names to set to one value.
    pub set: Vec<(Bytes<'e>, Bytes<'e>)>,
}

impl<'e> Edits<'e> {
    /// Sets `name` to `value`, whatever was said of it before.
    pub fn set(&mut self, name: &'e str, value: impl Into<Value<'e>>) {
        let name = name.as_bytes();
        let Value(value) = value.into();
        self.remove.retain(|gone| gone.as_ref() != name);
        match self.set.iter_mut().find(|(key, _)| key.as_ref() == name) {
            Some((_, old)) => *old = value,
            None => self.set.push((Cow::Borrowed(name), value)),
        }
    }

    /// Removes `name`, whatever was said of it before.
    pub fn remove(&mut self, name: &'e [u8]) {
        self.set.retain(|(key, _)| key.as_ref() != name);
        if !self.removes(name) {
            self.remove.push(Cow::Borrowed(name));
        }
    }

    /// Whether `name` is removed.
    pub fn removes(&self, name: &[u8]) -> bool {
        self.remove.iter().any(|gone| gone.as_ref() == name)
    }

    /// What `name` is set to.
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        let mut set = self.set.iter();
        set.find(|(key, _)| key.as_ref() == name.as_bytes())
            .map(|(_, value)| value.as_ref())
    }
}

/// A header's value, of whatever it is made.
#[derive(Debug)]
pub struct Value<'e>(Bytes<'e>);

impl Value<'_> {
    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<'e> From<&'e str> for Value<'e> {
    fn from(text: &'e str) -> Self {
        Value(Cow::Borrowed(text.as_bytes()))
    }
}

impl<'e> From<&'e [u8]> for Value<'e> {
    fn from(bytes: &'e [u8]) -> Self {
        Value(Cow::Borrowed(bytes))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value(Cow::Owned(text.into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Headers {
        let pairs: Vec<(&[u8], &[u8])> = pairs
            .iter()
            .map(|(k, v)| (k.as_bytes(), v.as_bytes()))
            .collect();
        Headers::of(&pairs)
    }

    #[test]
    fn edits_touch_only_what_differs() {
        let now = headers(&[("keep", "1"), ("gone", "2"), ("gone", "3"), ("new", "4")]);
        let wanted = headers(&[("keep", "1"), ("new", "5"), ("more", "6")]);
        let edits = now.edits_to(&wanted);
        assert_eq!(edits.remove, [b"gone".as_slice()]);
        let names: Vec<&[u8]> = edits.set.iter().map(|(name, _)| name.as_ref()).collect();
        assert_eq!(names, [b"new".as_slice(), b"more"]);
        assert_eq!(now.edited(&edits), wanted);
    }

    #[test]
    fn the_last_word_counts() {
        let mut edits = Edits::default();
        edits.set("a", "1");
        edits.remove(b"a");
        edits.remove(b"b");
        edits.set("b", "2");
        edits.set("b", "3");
        let map = headers(&[("b", "0"), ("b", "0"), ("a", "0")]);
        assert_eq!(map.edited(&edits), headers(&[("b", "3")]));
    }

    #[test]
    fn what_is_not_laid_out_as_a_map_has_no_pairs() {
        let whole = headers(&[("a", "1"), ("b", "2")]);
        assert_eq!(whole.len(), 2);
        for end in 0..whole.as_bytes().len() {
            let cut = Headers::from_host(whole.as_bytes().get(..end).unwrap_or_default().to_vec());
            assert!(cut.len() < 2, "{end}");
        }
        assert!(Headers::from_host(vec![0xff; 40]).is_empty());
    }
}
