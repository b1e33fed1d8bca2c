//! A value that must not be shown.

use crate::search::has;
use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

/// Shortest key that is looked for in a text: shorter ones are words.
const LEAST_BYTES: usize = 8;

/// A provider's key, with its scheme. It prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Rc<str>);

impl Secret {
    /// Wraps a value.
    pub fn new(value: String) -> Self {
        Secret(value.into())
    }

    /// The value, to be sent and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A text with the key replaced by `***`, where it is in it: what a provider says may repeat what it was sent.
    pub fn hidden_in<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        // Behind its scheme.
        let key = self.0.rsplit(' ').next().unwrap_or_default();
        if key.len() < LEAST_BYTES || !has(text, key.as_bytes()) {
            return Cow::Borrowed(text);
        }
        let text = String::from_utf8_lossy(text).replace(key, "***");
        Cow::Owned(text.into_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_shown() {
        let secret = Secret::new("Bearer sk-12345".to_owned());
        assert_eq!(format!("{secret:?}"), "***");
        let hidden = |text: &str| String::from_utf8(secret.hidden_in(text.as_bytes()).into_owned());
        let said = hidden("no sk-12345, not \"sk-12345\"").expect("text");
        assert_eq!(said, "no ***, not \"***\"");
        assert!(matches!(secret.hidden_in(b"Bearer"), Cow::Borrowed(_)));
        let short = Secret::new("key".to_owned());
        assert!(matches!(short.hidden_in(b"a key"), Cow::Borrowed(_)));
    }
}
