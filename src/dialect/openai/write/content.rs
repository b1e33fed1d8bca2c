//! The parts of messages.

use super::Draft;
use super::messages::content_of;
use crate::chat::{Error, ErrorKind, Media, MediaSource, Message, Part};
use crate::dialect::Wire;
use crate::json::{Text, Value, Writer};
use crate::provider::Documents;

/// Where content stands.
pub(super) struct Place<'m, 'a> {
    /// The message's path, such as `messages[0]`.
    path: &'m str,
    /// The content as the client wrote it, where it says more than its parts.
    source: Option<&'m Value<'a>>,
    /// Whether the message itself has the prompt-cache marker that its last part was read with.
    marked: bool,
}

impl<'m, 'a> Place<'m, 'a> {
    pub(super) fn of(path: &'m str, message: &'m Message<'a>) -> Self {
        Place {
            path,
            source: content_of(message),
            marked: message.extra.iter().any(|(key, _)| key.is("cache_control")),
        }
    }

    /// The client's own words, unless they have what the provider refuses.
    pub(super) fn verbatim(&self, draft: &Draft<'_, '_>) -> Option<&'m Value<'a>> {
        let source = self.source.filter(|_| draft.same)?;
        let raw = source.as_array().map(|list| list.raw()).unwrap_or_default();
        let marked = raw.contains("\"cache_control\"") && !draft.quirks.allows_cache_control();
        (!marked && !draft.quirks.string_content).then_some(source)
    }
}

/// Writes content: nothing as `null`, one text as a string, anything else as a list.
pub(super) fn write(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    place: &Place<'_, '_>,
    parts: &[&Part<'_>],
) -> Result<(), Error> {
    if let Some(source) = place.verbatim(draft) {
        w.value(source);
        return Ok(());
    }
    let markers = draft.writes_markers() && !(draft.same && place.marked);
    let texts: Option<Vec<&Text<'_>>> = parts.iter().map(|part| plain(part, markers)).collect();
    match texts.as_deref() {
        Some([]) => {
            w.null();
            return Ok(());
        }
        Some([text]) => {
            w.text(text);
            return Ok(());
        }
        Some(texts) if draft.quirks.string_content => {
            let all: Vec<String> = texts
                .iter()
                .map(|text| text.decode().into_owned())
                .collect();
            w.string(&all.join("\n"));
            return Ok(());
        }
        _ => {}
    }
    w.begin_array();
    for (index, part) in parts.iter().enumerate() {
        let path = format!("{}.content[{index}]", place.path);
        self::part(w, draft, &path, part, markers)?;
    }
    w.end_array();
    Ok(())
}

/// A part's text, where it says nothing else.
fn plain<'p, 'a>(part: &'p Part<'a>, markers: bool) -> Option<&'p Text<'a>> {
    match part {
        Part::Text {
            text,
            cache_control,
            ..
        } if cache_control.is_none() || !markers => Some(text),
        Part::Refusal { text } => Some(text),
        Part::Document { media, .. } => match &media.source {
            MediaSource::Text(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

fn part(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    path: &str,
    part: &Part<'_>,
    markers: bool,
) -> Result<(), Error> {
    let mut marker = None;
    match part {
        Part::Other { value, .. } if draft.same => {
            w.raw(value.raw());
            return Ok(());
        }
        Part::Text {
            text,
            cache_control,
            ..
        } => {
            w.begin_object();
            w.field_str("type", "text");
            w.field_text("text", text);
            marker = cache_control.as_ref();
        }
        Part::Image {
            media,
            detail,
            cache_control,
        } => {
            w.begin_object();
            w.field_str("type", "image_url");
            w.key("image_url");
            w.begin_object();
            w.field_str("url", &url(path, media)?);
            if let Some(detail) = detail {
                w.field_text("detail", detail);
            }
            w.end_object();
            marker = cache_control.as_ref();
        }
        Part::Document {
            media,
            name,
            cache_control,
        } => {
            w.begin_object();
            document(w, draft, path, media, name.as_ref())?;
            marker = cache_control.as_ref();
        }
        Part::Audio { media } => {
            let MediaSource::Base64 { media_type, data } = &media.source else {
                return Err(unsupported(path, part));
            };
            w.begin_object();
            w.field_str("type", "input_audio");
            w.key("input_audio");
            w.begin_object();
            w.field_text("data", data);
            w.field_str("format", audio_format(&media_type.decode()));
            w.end_object();
        }
        Part::Video { media, .. } if draft.same || draft.quirks.video => {
            w.begin_object();
            w.field_str("type", "video_url");
            w.key("video_url");
            w.begin_object();
            w.field_str("url", &url(path, media)?);
            w.end_object();
        }
        other => return Err(unsupported(path, other)),
    }
    if let Some(marker) = marker.filter(|_| markers) {
        w.field_value("cache_control", marker);
    }
    w.end_object();
    Ok(())
}

/// OpenAI's word for a type of audio.
fn audio_format(media_type: &str) -> &str {
    match media_type {
        "audio/mpeg" | "audio/mpga" => "mp3",
        "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => "wav",
        other => other.strip_prefix("audio/").unwrap_or(other),
    }
}

/// A document's members, in the form that the provider knows. A client of this wire had it as `file`, or it would
/// stand in its own words.
fn document(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    path: &str,
    media: &Media<'_>,
    name: Option<&Text<'_>>,
) -> Result<(), Error> {
    let form = if draft.same {
        Documents::FileOrUrl
    } else {
        draft.quirks.documents
    };
    match (&media.source, form) {
        (MediaSource::Text(text), _) => {
            w.field_str("type", "text");
            w.field_text("text", text);
        }
        (MediaSource::Url(_) | MediaSource::Base64 { .. }, Documents::DocumentUrl) => {
            w.field_str("type", "document_url");
            w.field_str("document_url", &url(path, media)?);
            if let Some(name) = name {
                w.field_text("document_name", name);
            }
        }
        (MediaSource::Url(_) | MediaSource::Base64 { .. }, Documents::FileUrl) => {
            w.field_str("type", "file_url");
            w.key("file_url");
            w.begin_object();
            match &media.source {
                MediaSource::Base64 { data, .. } => w.field_text("url", data),
                _ => w.field_str("url", &url(path, media)?),
            }
            w.end_object();
            if let Some(name) = name {
                w.field_text("file_name", name);
            }
        }
        (source, form) => {
            if matches!(source, MediaSource::Url(_)) && form == Documents::File {
                return Err(Error::unsupported(
                    format!("{path}.source.url"),
                    Wire::OpenAi.name(),
                ));
            }
            w.field_str("type", "file");
            w.key("file");
            w.begin_object();
            match name {
                Some(name) => w.field_text("filename", name),
                None if !draft.same && !matches!(source, MediaSource::File(_)) => {
                    w.field_str("filename", "document.pdf");
                }
                None => {}
            }
            match source {
                MediaSource::File(id) => w.field_text("file_id", id),
                _ => w.field_str("file_data", &url(path, media)?),
            }
            w.end_object();
        }
    }
    Ok(())
}

/// An URL of the medium: its own, or a `data:` URL of its bytes.
fn url(path: &str, media: &Media<'_>) -> Result<String, Error> {
    let refused = |what: &str| Error::unsupported(format!("{path}.{what}"), Wire::OpenAi.name());
    match &media.source {
        MediaSource::Url(url) => {
            let url = url.decode();
            // Other clouds' storage, which nobody else can fetch from.
            if url.starts_with("gs:") || url.starts_with("s3:") {
                return Err(refused("source.url"));
            }
            Ok(url.into_owned())
        }
        MediaSource::Base64 { media_type, data } => Ok(format!(
            "data:{};base64,{}",
            media_type.decode(),
            data.decode()
        )),
        _ => Err(refused("source")),
    }
}

pub(super) fn unsupported(path: &str, part: &Part<'_>) -> Error {
    let kind = match part {
        Part::Other { kind, .. } => kind.decode().into_owned(),
        Part::ToolCall { .. } => "tool_use".to_owned(),
        Part::Image { .. } => "image".to_owned(),
        Part::Document { .. } => "document".to_owned(),
        Part::Audio { .. } => "audio".to_owned(),
        Part::Video { .. } => "video".to_owned(),
        Part::Reasoning { .. } | Part::RedactedReasoning { .. } => "thinking".to_owned(),
        _ => "this part".to_owned(),
    };
    let message = format!(
        "`{path}`: a part of type `{kind}` is not supported by {}",
        Wire::OpenAi.name()
    );
    Error::new(ErrorKind::Unsupported, message).with_param(path)
}
