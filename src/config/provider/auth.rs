//! How a provider is given its key, and other headers.

use super::Auth;
use crate::config::reader::{Fields, is_header};
use crate::config::secret::Secret;
use crate::provider::ProviderKind;

pub(super) fn auth(fields: &Fields<'_>, kind: Option<&ProviderKind>) -> Option<Auth> {
    let Some(field) = fields.optional("auth") else {
        return Some(Auth::None);
    };
    if field.is_string() {
        match field.word(&["none", "env"]) {
            Some(0) => return Some(Auth::None),
            Some(_) => {}
            // Not shown: it may be the key.
            None => {
                field.mistake("expected none, env or {key: \"${NAME}\"}");
                return None;
            }
        }
        let kind = kind?;
        if kind.env.is_empty() {
            field.mistake(format!(
                "{} has no environment variable of its own: name one, {{key: \"${{NAME}}\"}}",
                kind.name
            ));
            return None;
        }
        let key = field.variable(kind.env)?;
        return Some(Auth::Header {
            name: kind.auth_header.to_owned(),
            value: Secret::new(format!("{}{key}", kind.auth_scheme)),
        });
    }
    let auth = field.object()?;
    auth.only(&["key", "header", "scheme"]);
    let key_field = auth.field("key");
    let key = key_field.as_ref().and_then(|field| field.expanded());
    let header = auth.optional("header").and_then(|field| field.header());
    let scheme = auth.optional("scheme").and_then(|field| field.text());
    let (key_field, key, kind) = (key_field?, key?, kind?);
    let value = match scheme {
        Some("") => key,
        Some(scheme) => format!("{} {key}", scheme.trim()),
        // A header of one's own has no scheme, unless one is given.
        None if header.is_some() => key,
        None => format!("{}{key}", kind.auth_scheme),
    };
    if !value
        .bytes()
        .all(|byte| byte.is_ascii_graphic() || byte == b' ')
    {
        key_field
            .mistake("the key has characters that a header cannot have (a line break at its end?)");
        return None;
    }
    Some(Auth::Header {
        name: header.unwrap_or_else(|| kind.auth_header.to_owned()),
        value: Secret::new(value),
    })
}

pub(super) fn headers(fields: &Fields<'_>) -> Vec<(String, Secret)> {
    let map = fields.optional("headers").and_then(|field| field.object());
    let entries = map.iter().flat_map(|map| map.entries());
    let read = entries.filter_map(|(name, field)| {
        let value = field.expanded();
        let lines = |value: &String| value.bytes().any(|byte| byte < 0x20);
        if !is_header(name) || value.as_ref().is_some_and(lines) {
            field.mistake("expected a header's name and a value of one line");
        }
        Some((name.to_ascii_lowercase(), Secret::new(value?)))
    });
    read.collect()
}
