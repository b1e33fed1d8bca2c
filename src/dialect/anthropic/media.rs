//! Images and documents: their `source`, both ways.

use super::super::Wire;
use crate::chat::{Error, ErrorKind, Media, MediaSource};
use crate::json::{Object, Text, Value, Writer};

/// Whether a document has no more than the neutral language can say.
pub(super) fn is_plain(block: &Object<'_>) -> bool {
    let inner = block.object("source").and_then(|source| source.str("type"));
    let cites = block
        .object("citations")
        .and_then(|citations| citations.bool("enabled"))
        .unwrap_or(false);
    let context = block
        .get("context")
        .is_some_and(|context| !context.is_null());
    !cites && !context && !inner.is_some_and(|kind| kind.is("content"))
}

/// Reads a block's `source`.
pub(super) fn read<'a>(path: &str, block: &Object<'a>) -> Result<Media<'a>, Error> {
    let missing = |key: &str| {
        let path = format!("{path}.source.{key}");
        Error::new(ErrorKind::InvalidRequest, format!("{path}: Field required")).with_param(path)
    };
    let source = block
        .get("source")
        .and_then(Value::as_object)
        .ok_or_else(|| missing("type"))?;
    let need = |key: &str| source.str(key).cloned().ok_or_else(|| missing(key));
    let source = match need("type")?.decode().as_ref() {
        "base64" => MediaSource::Base64 {
            media_type: need("media_type")?,
            data: need("data")?,
        },
        "url" => MediaSource::Url(need("url")?),
        "file" => MediaSource::File(need("file_id")?),
        "text" => MediaSource::Text(need("data")?),
        other => {
            let path = format!("{path}.source.type");
            let message = format!("{path}: found {other:?}, expected base64, url, text or file");
            return Err(Error::new(ErrorKind::InvalidRequest, message).with_param(path));
        }
    };
    Ok(source.into())
}

/// Writes a block's `source`.
pub(super) fn write(w: &mut Writer<'_>, path: &str, media: &Media<'_>) -> Result<(), Error> {
    w.key("source");
    w.begin_object();
    match &media.source {
        MediaSource::Url(url) => {
            if !url.decode().starts_with("https://") {
                let message = format!(
                    "`{path}`: {} takes URLs of https: only",
                    Wire::Anthropic.name()
                );
                return Err(Error::new(ErrorKind::Unsupported, message).with_param(path));
            }
            w.field_str("type", "url");
            w.field_text("url", url);
        }
        MediaSource::Base64 { media_type, data } => {
            w.field_str("type", "base64");
            // Not a registered type, but clients send it.
            let jpeg = Text::from("image/jpeg");
            w.field_text(
                "media_type",
                if media_type.is("image/jpg") {
                    &jpeg
                } else {
                    media_type
                },
            );
            w.field_text("data", data);
        }
        MediaSource::Text(text) => {
            w.field_str("type", "text");
            w.field_str("media_type", "text/plain");
            w.field_text("data", text);
        }
        MediaSource::File(id) => {
            w.field_str("type", "file");
            w.field_text("file_id", id);
        }
    }
    w.end_object();
    Ok(())
}
