//! Who calls: read from where an authentication filter before the edge wrote it.

use crate::config::Identity;
use crate::exchange::Headers;

/// What the host can tell beside headers.
pub trait Lookup {
    /// A filter-state value of the request, by key.
    fn filter_state(&self, key: &str) -> Option<Vec<u8>>;
    /// A string in the request's dynamic metadata, by namespace and path.
    fn metadata(&self, namespace: &str, path: &[String]) -> Option<Vec<u8>>;
}

/// Longest name of a caller or team that is taken in; longer ones are cut off, at a character.
const MAX_BYTES: usize = 128;

/// Reads an identity; `None` where it is absent or empty.
///
/// Characters that could break a log line, a header or a metric's name are replaced by `_`.
pub fn read(source: &Identity, headers: &Headers, lookup: &dyn Lookup) -> Option<String> {
    let value = match source {
        Identity::Header(name) => headers.get(name).map(<[u8]>::to_vec),
        Identity::FilterState(key) => lookup.filter_state(key),
        Identity::Metadata { namespace, path } => lookup.metadata(namespace, path),
    }?;
    let text = String::from_utf8_lossy(&value);
    let name = clean(text.trim());
    (!name.is_empty()).then_some(name)
}

/// A name that is safe in log lines, headers, filter state and metric names.
pub fn clean(text: &str) -> String {
    let mut name = String::new();
    for character in text.chars() {
        if name.len().saturating_add(character.len_utf8()) > MAX_BYTES {
            break;
        }
        // `;` and `=` separate labels inside metric names; the others are ends of lines, and what turns the text around.
        let plain = !character.is_control()
            && !matches!(character, ';' | '=' | '"' | '\\' | '\u{2028}'..='\u{202e}');
        name.push(if plain { character } else { '_' });
    }
    // Envoy takes dots off the end of a metric's name: two labels would be one.
    let bare = name.trim_end_matches('.').len();
    let dots = name.len().saturating_sub(bare);
    name.truncate(bare);
    name.extend(std::iter::repeat_n('_', dots));
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned_and_bounded() {
        assert_eq!(clean("alice\r\nx=1;"), "alice__x_1_");
        assert_eq!(clean(&"ü".repeat(100)).len(), 128);
        assert_eq!(clean("gpt.4\u{2028}\u{202e}.."), "gpt.4____");
    }
}
