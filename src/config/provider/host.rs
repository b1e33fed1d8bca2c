//! A provider's host, and what stands in hosts and paths of the table for what the configuration says.

use crate::config::reader::{Fields, Reader};

/// A key that stands in hosts or paths, and what it says; `Some(None)` is a mistake that was told.
pub(super) type Placed = (&'static str, Option<Option<String>>);

/// Reads the keys, whether or not the provider has a place for them.
pub(super) fn places(fields: &Fields<'_>) -> [Placed; 4] {
    ["region", "location", "project", "account"].map(|key| {
        let said = fields.optional(key);
        let said = said.map(|field| {
            plain(
                &field,
                b"-_.:",
                "expected letters, digits, `-`, `_`, `.` or `:`",
            )
        });
        (key, said)
    })
}

/// A host or path of the table with its placeholders filled.
pub(super) fn filled(fields: &Fields<'_>, places: &[Placed], pattern: &str) -> Option<String> {
    let mut text = Some(pattern.to_owned());
    for (key, value) in places {
        let place = format!("{{{key}}}");
        if !pattern.contains(&place) {
            continue;
        }
        if value.is_none() {
            fields.missing(key);
        }
        let value = value.as_ref().and_then(Option::as_ref);
        text = text
            .zip(value)
            .map(|(text, value)| text.replace(&place, value));
    }
    text
}

/// Vertex AI's hosts of locations that are no region.
pub(super) fn google_host(host: String) -> String {
    match host.strip_suffix("-aiplatform.googleapis.com") {
        Some("global") => "aiplatform.googleapis.com".to_owned(),
        Some(area @ ("us" | "eu")) => format!("aiplatform.{area}.rep.googleapis.com"),
        _ => host,
    }
}

/// A host that the configuration says.
pub(super) fn authority(field: &Reader<'_>) -> Option<String> {
    plain(
        field,
        b".-_:[]",
        "expected a host name, with a port at most",
    )
}

fn plain(field: &Reader<'_>, beside: &[u8], expected: &str) -> Option<String> {
    let value = field.expanded()?;
    if !value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || beside.contains(&byte))
    {
        field.mistake(expected);
        return None;
    }
    Some(value)
}
