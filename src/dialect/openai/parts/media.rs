//! Images, documents, audio and video in every form that this wire's clients have for them.

use crate::chat::{Error, ErrorKind, Media, MediaSource, Part};
use crate::dialect::openai::read::{invalid, missing};
use crate::json::{Object, Text, Value};

/// A medium; `None` where the part is none.
pub(super) fn read<'a>(
    path: &str,
    part: &Object<'a>,
    cache_control: Option<Value<'a>>,
) -> Result<Option<Part<'a>>, Error> {
    let kind = part.str("type").map(|kind| kind.decode().into_owned());
    let document = |media, name: Option<&Text<'a>>| Part::Document {
        media,
        name: name.cloned(),
        cache_control: cache_control.clone(),
    };
    Ok(Some(match kind.as_deref().unwrap_or_default() {
        "image_url" => {
            let (path, url, detail) = reference(path, part, "image_url")?;
            Part::Image {
                media: media(&path, url)?,
                detail,
                cache_control,
            }
        }
        "video_url" => {
            let (path, url, _) = reference(path, part, "video_url")?;
            Part::Video {
                media: media(&path, url)?,
                metadata: None,
            }
        }
        // Perplexity's and Mistral's.
        "file_url" => {
            let (path, url, _) = reference(path, part, "file_url")?;
            document(media(&path, url)?, part.str("file_name"))
        }
        "document_url" => {
            let (path, url, _) = reference(path, part, "document_url")?;
            document(media(&path, url)?, part.str("document_name"))
        }
        "input_audio" => Part::Audio {
            media: audio(path, part)?,
        },
        "file" => {
            let (media, name) = file(path, part)?;
            document(media, name)
        }
        // Anthropic's, which clients of gateways send.
        "document" => match source(part) {
            Some(media) => document(media, part.str("title")),
            None => return Ok(None),
        },
        "image" => match source(part) {
            Some(media) => Part::Image {
                media,
                detail: None,
                cache_control,
            },
            None => return Ok(None),
        },
        _ => return Ok(None),
    }))
}

/// An URL that stands in an object of the part, with its `detail`, or in its place.
fn reference<'a>(
    path: &str,
    part: &Object<'a>,
    key: &str,
) -> Result<(String, Text<'a>, Option<Text<'a>>), Error> {
    let path = format!("{path}.{key}");
    match part.get(key) {
        Some(Value::String(url)) => Ok((path, url.clone(), None)),
        Some(Value::Object(object)) => {
            let path = format!("{path}.url");
            let url = object.str("url").ok_or_else(|| missing(&path))?.clone();
            Ok((path, url, object.str("detail").cloned()))
        }
        Some(other) => Err(invalid(&path, "an object", other)),
        None => Err(missing(&path)),
    }
}

fn audio<'a>(path: &str, part: &Object<'a>) -> Result<Media<'a>, Error> {
    let path = format!("{path}.input_audio");
    match part.get("input_audio") {
        Some(Value::Object(audio)) => {
            let need = |key: &str| {
                let found = audio.str(key).cloned();
                found.ok_or_else(|| missing(&format!("{path}.{key}")))
            };
            let media_type = Text::from(format!("audio/{}", need("format")?.decode()));
            let data = need("data")?;
            Ok(MediaSource::Base64 { media_type, data }.into())
        }
        // Mistral's: an URL or plain base64, whose format the bytes tell.
        Some(Value::String(text)) => {
            let decoded = text.decode();
            if decoded.starts_with("http") || decoded.starts_with("data:") {
                return media(&path, text.clone());
            }
            let kind = if decoded.starts_with("UklGR") {
                "audio/wav"
            } else {
                "audio/mp3"
            };
            Ok(MediaSource::Base64 {
                media_type: Text::from(kind),
                data: text.clone(),
            }
            .into())
        }
        Some(other) => Err(invalid(&path, "an object", other)),
        None => Err(missing(&path)),
    }
}

fn file<'a, 'p>(
    path: &str,
    part: &'p Object<'a>,
) -> Result<(Media<'a>, Option<&'p Text<'a>>), Error> {
    // Mistral's has the id beside the type.
    let file = match part.object("file") {
        Some(file) => file,
        None if part.str("file_id").is_some() => part,
        None => return Err(missing(&format!("{path}.file"))),
    };
    let at = |key: &str| format!("{path}.file.{key}");
    let name = file.str("filename");
    let media = match (
        file.str("file_data"),
        file.str("file_id"),
        file.str("file_url"),
    ) {
        (Some(data), _, _) => bytes(&at("file_data"), data, file)?,
        (_, Some(id), _) => MediaSource::File(id.clone()).into(),
        (_, _, Some(url)) => media(&at("file_url"), url.clone())?,
        _ => return Err(missing(&at("file_data"))),
    };
    Ok((media, name))
}

/// A file's bytes: a data URL, an URL (OpenRouter), or plain base64, whose type its name tells.
fn bytes<'a>(path: &str, data: &Text<'a>, file: &Object<'a>) -> Result<Media<'a>, Error> {
    let decoded = data.decode();
    if decoded.starts_with("data:") || decoded.contains("://") {
        return media(path, data.clone());
    }
    let name = file
        .str("filename")
        .map(|name| name.decode().to_ascii_lowercase());
    let media_type = match (file.str("format"), name.as_deref()) {
        (Some(format), _) => format.clone(),
        (None, Some(name)) if name.ends_with(".txt") => Text::from("text/plain"),
        _ => Text::from("application/pdf"),
    };
    Ok(MediaSource::Base64 {
        media_type,
        data: data.clone(),
    }
    .into())
}

/// Anthropic's `source`.
fn source<'a>(part: &Object<'a>) -> Option<Media<'a>> {
    let source = part.object("source")?;
    let media = match source.str("type")?.decode().as_ref() {
        "base64" => MediaSource::Base64 {
            media_type: source.str("media_type")?.clone(),
            data: source.str("data")?.clone(),
        },
        "url" => MediaSource::Url(source.str("url")?.clone()),
        "text" => MediaSource::Text(source.str("data")?.clone()),
        "file" => MediaSource::File(source.str("file_id")?.clone()),
        _ => return None,
    };
    Some(media.into())
}

/// An URL, or what a `data:` URL holds.
fn media<'a>(path: &str, url: Text<'a>) -> Result<Media<'a>, Error> {
    if !url.decode().starts_with("data:") {
        return Ok(MediaSource::Url(url).into());
    }
    let broken = || {
        let message =
            format!("`{path}`: expected a data URL with base64, such as data:image/png;base64,…");
        Error::new(ErrorKind::InvalidRequest, message).with_param(path)
    };
    // A data URL that was spelled without escapes can be cut where it stands.
    let (media_type, data) = match url {
        Text::Escaped(source) if !source.contains('\\') => {
            let (kind, data) = split(source).ok_or_else(broken)?;
            (Text::Escaped(kind), Text::Escaped(data))
        }
        url => {
            let decoded = url.decode().into_owned();
            let (kind, data) = split(&decoded).ok_or_else(broken)?;
            (Text::from(kind.to_owned()), Text::from(data.to_owned()))
        }
    };
    Ok(MediaSource::Base64 { media_type, data }.into())
}

fn split(url: &str) -> Option<(&str, &str)> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    let (kind, _) = head.split_once(";base64")?;
    // Parameters such as a charset are no part of the type.
    let kind = kind.split_once(';').map_or(kind, |(kind, _)| kind);
    (!kind.is_empty()).then_some((kind, data))
}
