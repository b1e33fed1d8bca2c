//! Images, documents, sound and films: `inlineData`, `fileData`.

use super::Draft;
use super::contents::unsupported;
use crate::chat::{Error, ErrorKind, Media, MediaSource, Part};
use crate::json::{Object, Text, Writer};

/// Where the Gemini API keeps uploaded files.
const FILES: &str = "https://generativelanguage.googleapis.com/v1beta/";

/// Types by a name's ending. Source: Google's pages on image, document, audio and video understanding.
const TYPES: [(&str, &str); 34] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("webp", "image/webp"),
    ("gif", "image/gif"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("html", "text/html"),
    ("htm", "text/html"),
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("xml", "text/xml"),
    ("rtf", "text/rtf"),
    ("json", "application/json"),
    ("js", "text/javascript"),
    ("py", "text/x-python"),
    ("wav", "audio/wav"),
    ("mp3", "audio/mp3"),
    ("aac", "audio/aac"),
    ("ogg", "audio/ogg"),
    ("flac", "audio/flac"),
    ("aiff", "audio/aiff"),
    ("m4a", "audio/m4a"),
    ("mp4", "video/mp4"),
    ("mpeg", "video/mpeg"),
    ("mpg", "video/mpg"),
    ("mov", "video/mov"),
    ("avi", "video/avi"),
    ("webm", "video/webm"),
    ("wmv", "video/wmv"),
    ("3gp", "video/3gpp"),
];

/// Whether a part is a document that goes as text.
pub(super) fn is_words(part: &Part<'_>) -> bool {
    matches!(part, Part::Document { media, .. } if matches!(media.source, MediaSource::Text(_)))
}

/// Writes a part that is media.
pub(super) fn write(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    path: &str,
    part: &Part<'_>,
) -> Result<(), Error> {
    let (media, usual, metadata): (_, _, Option<&Object<'_>>) = match part {
        Part::Image { media, .. } => (media, "image/jpeg", None),
        Part::Document { media, .. } => (media, "application/pdf", None),
        Part::Audio { media } => (media, "audio/mp3", None),
        Part::Video { media, metadata } => (media, "video/mp4", metadata.as_ref()),
        Part::Other { kind, .. } => return Err(unsupported(path, &kind.decode())),
        _ => return Err(unsupported(path, "this part")),
    };
    w.begin_object();
    match &media.source {
        MediaSource::Text(text) => w.field_text("text", text),
        MediaSource::Base64 { media_type, data } => {
            w.key("inlineData");
            w.begin_object();
            // Not a registered type, but clients send it.
            let jpeg = Text::from("image/jpeg");
            let odd = media_type.is("image/jpg");
            w.field_text("mimeType", if odd { &jpeg } else { media_type });
            w.field_text("data", data);
            w.end_object();
        }
        MediaSource::Url(url) | MediaSource::File(url) => {
            let url = place(draft, path, media, &url.decode())?;
            w.key("fileData");
            w.begin_object();
            let kind = match &media.media_type {
                Some(kind) => Some(kind.clone()),
                None => type_of(&url).map(Text::from),
            };
            // Vertex AI wants a type; the Gemini API knows its files' own.
            let kind = kind.or_else(|| draft.vertex().then(|| Text::from(usual)));
            if let Some(kind) = kind {
                w.field_text("mimeType", &kind);
            }
            w.field_str("fileUri", &url);
            w.end_object();
        }
    }
    if let Some(metadata) = metadata {
        w.field_raw("videoMetadata", metadata.raw());
    }
    w.end_object();
    Ok(())
}

/// An address that the provider can read.
fn place(draft: &Draft<'_, '_>, path: &str, media: &Media<'_>, url: &str) -> Result<String, Error> {
    if url.starts_with("files/") {
        return Ok(format!("{FILES}{url}"));
    }
    let address = ["https://", "http://", "gs://"]
        .iter()
        .any(|scheme| url.starts_with(scheme));
    if !address {
        let what = match media.source {
            MediaSource::File(_) => "an uploaded file of another provider",
            _ => "this address",
        };
        return Err(unsupported(path, what));
    }
    if draft.own() || draft.vertex() || is_googles(url) {
        return Ok(url.to_owned());
    }
    let message = format!(
        "`{path}`: the Gemini API does not read URLs other than its uploaded files' and YouTube's: send the bytes, as a data URL"
    );
    Err(Error::new(ErrorKind::Unsupported, message).with_param(path))
}

/// Whether the Gemini API reads this address.
fn is_googles(url: &str) -> bool {
    let host = url.strip_prefix("https://").unwrap_or_default();
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    [
        "generativelanguage.googleapis.com",
        "www.youtube.com",
        "youtube.com",
        "m.youtube.com",
        "youtu.be",
    ]
    .contains(&host)
}

/// The type that an address's ending tells.
fn type_of(url: &str) -> Option<&'static str> {
    let bare = url.split(['?', '#']).next()?;
    let name = bare.rsplit('/').next()?;
    let (_, ending) = name.rsplit_once('.')?;
    let known = TYPES
        .iter()
        .find(|(known, _)| ending.eq_ignore_ascii_case(known));
    known.map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_by_endings() {
        assert_eq!(
            type_of("https://x.test/a/b.PDF?x=1.png"),
            Some("application/pdf")
        );
        assert_eq!(type_of("https://x.png/a"), None);
        assert_eq!(type_of("gs://b/c.tar"), None);
    }

    #[test]
    fn googles_own_addresses() {
        assert!(is_googles("https://youtu.be/x") && !is_googles("https://youtu.be.evil.test/x"));
        assert!(!is_googles("http://www.youtube.com/watch"));
    }
}
