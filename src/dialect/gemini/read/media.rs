//! Media: `inlineData` and `fileData`.

use super::fields::{Path, camel, field, need, text_at};
use crate::chat::{Error, Media, MediaSource, Part};
use crate::json::{Object, Text, Value};

/// Bytes that the request carries.
pub(super) fn inline<'a>(
    path: &Path<'_>,
    blob: &Object<'a>,
    part: &Object<'a>,
) -> Result<Part<'a>, Error> {
    let media_type = need(path, blob, "mimeType")?;
    let data = standard(need(path, blob, "data")?);
    let kind = Kind::of(&media_type.decode());
    let media = MediaSource::Base64 { media_type, data }.into();
    let name = text_at(path, blob, "displayName")?;
    Ok(kind.part(media, name, part))
}

/// A reference to a file.
pub(super) fn file<'a>(
    path: &Path<'_>,
    file: &Object<'a>,
    part: &Object<'a>,
) -> Result<Part<'a>, Error> {
    let url = need(path, file, "fileUri")?;
    let media_type = text_at(path, file, "mimeType")?.filter(|kind| !kind.is_empty());
    let kind = match &media_type {
        Some(media_type) => Kind::of(&media_type.decode()),
        None => Kind::of_url(&url.decode()),
    };
    let media = Media {
        source: MediaSource::Url(url),
        media_type,
    };
    let name = text_at(path, file, "displayName")?;
    Ok(kind.part(media, name, part))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Image,
    Audio,
    Video,
    Document,
}

impl Kind {
    fn of(media_type: &str) -> Self {
        match media_type.split('/').next() {
            Some("image") => Kind::Image,
            Some("audio") => Kind::Audio,
            Some("video") => Kind::Video,
            _ => Kind::Document,
        }
    }

    /// Where no type is said: by the place. Google takes films of YouTube's without one.
    fn of_url(url: &str) -> Self {
        let host = url.split_once("://").map_or("", |(_, rest)| rest);
        let host = host.split(['/', '?']).next().unwrap_or_default();
        if matches!(host, "youtu.be" | "www.youtube.com" | "youtube.com") {
            return Kind::Video;
        }
        let bare = url.split(['?', '#']).next().unwrap_or_default();
        let ending = bare.rsplit('.').next().unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "png" | "jpg" | "jpeg" | "gif" | "webp" | "heic" | "heif" => Kind::Image,
            "mp3" | "wav" | "aac" | "ogg" | "flac" | "m4a" => Kind::Audio,
            "mp4" | "mpeg" | "mpg" | "mov" | "webm" | "avi" => Kind::Video,
            _ => Kind::Document,
        }
    }

    fn part<'a>(self, media: Media<'a>, name: Option<Text<'a>>, part: &Object<'a>) -> Part<'a> {
        match self {
            Kind::Image => Part::Image {
                media,
                detail: detail(part),
                cache_control: None,
            },
            Kind::Audio => Part::Audio { media },
            Kind::Video => Part::Video {
                media,
                metadata: field(part, "videoMetadata")
                    .and_then(Value::as_object)
                    .cloned(),
            },
            Kind::Document => Part::Document {
                media,
                name,
                cache_control: None,
            },
        }
    }
}

/// `mediaResolution` as OpenAI's `detail`.
fn detail<'a>(part: &Object<'a>) -> Option<Text<'a>> {
    let level = match field(part, "mediaResolution")? {
        Value::Object(resolution) => field(resolution, "level")?.as_str()?,
        word => word.as_str()?,
    };
    match level.decode().as_ref() {
        "MEDIA_RESOLUTION_LOW" => Some(Text::from("low")),
        "MEDIA_RESOLUTION_HIGH" | "MEDIA_RESOLUTION_ULTRA_HIGH" => Some(Text::from("high")),
        _ => None,
    }
}

/// Base64 of the common alphabet, padded: Google takes the other one too, and its own clients send it, but no other
/// provider does.
fn standard(data: Text<'_>) -> Text<'_> {
    let source = match &data {
        Text::Escaped(source) => source.as_bytes(),
        Text::Plain(text) => text.as_bytes(),
    };
    let other_alphabet = memchr::memchr2(b'-', b'_', source).is_some();
    let whole = source.len() & 3 == 0;
    let escaped = memchr::memchr(b'\\', source).is_some();
    if !other_alphabet && (whole || escaped) {
        return data;
    }
    let mut out: String = data
        .decode()
        .chars()
        .map(|character| match character {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    while out.len() & 3 != 0 {
        out.push('=');
    }
    Text::from(out)
}

/// Whether a part's member says how its data is to be taken, instead of being data.
pub(super) fn is_flag(name: &Text<'_>) -> bool {
    let name = camel(name);
    matches!(
        name.as_ref(),
        "thought" | "thoughtSignature" | "mediaResolution" | "mediaProcessing"
    ) || name.ends_with("Metadata")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_alphabets_of_base64_become_the_common_one() {
        let made = |text: &'static str| standard(Text::Escaped(text)).decode().into_owned();
        assert_eq!(made("-_8"), "+/8=");
        assert_eq!(made("AAAA"), "AAAA");
        assert_eq!(made("AAA"), "AAA=");
        assert_eq!(made(r"\/8="), "/8=");
    }

    #[test]
    fn kinds_are_told_by_type_else_by_place() {
        assert_eq!(Kind::of("image/png"), Kind::Image);
        assert_eq!(Kind::of("text/plain"), Kind::Document);
        for (url, kind) in [
            ("https://youtu.be/x", Kind::Video),
            ("https://x.test/a.PNG?v=1", Kind::Image),
            ("gs://b/a.wav", Kind::Audio),
            ("https://x.test/youtube.com", Kind::Document),
        ] {
            assert_eq!(Kind::of_url(url), kind, "{url}");
        }
    }
}
