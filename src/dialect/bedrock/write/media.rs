//! Images, documents, speech and films: Converse takes their bytes, or a place in S3, and no other URL.

use super::Wire;
use crate::chat::{Error, ErrorKind, Media, MediaSource};
use crate::json::{Text, Writer};
use crate::order::Places;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Converse's `format` by media type, without its parameters.
const IMAGES: [(&str, &str); 5] = [
    ("image/png", "png"),
    ("image/jpeg", "jpeg"),
    ("image/jpg", "jpeg"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
];

const DOCUMENTS: [(&str, &str); 11] = [
    ("application/pdf", "pdf"),
    ("text/plain", "txt"),
    ("text/csv", "csv"),
    ("text/html", "html"),
    ("text/markdown", "md"),
    ("text/x-markdown", "md"),
    ("application/msword", "doc"),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
    ),
    ("application/vnd.ms-excel", "xls"),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
    ),
    ("application/x-pdf", "pdf"),
];

const AUDIO: [(&str, &str); 14] = [
    ("audio/wav", "wav"),
    ("audio/x-wav", "wav"),
    ("audio/wave", "wav"),
    ("audio/mp3", "mp3"),
    ("audio/mpeg", "mp3"),
    ("audio/flac", "flac"),
    ("audio/ogg", "ogg"),
    ("audio/opus", "opus"),
    ("audio/aac", "aac"),
    ("audio/m4a", "m4a"),
    ("audio/x-m4a", "m4a"),
    ("audio/mp4", "mp4"),
    ("audio/webm", "webm"),
    ("audio/pcm", "pcm"),
];

const VIDEO: [(&str, &str); 10] = [
    ("video/mp4", "mp4"),
    ("video/quicktime", "mov"),
    ("video/mov", "mov"),
    ("video/x-matroska", "mkv"),
    ("video/webm", "webm"),
    ("video/x-flv", "flv"),
    ("video/mpeg", "mpeg"),
    ("video/mpg", "mpg"),
    ("video/x-ms-wmv", "wmv"),
    ("video/3gpp", "three_gp"),
];

/// What a medium is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Image,
    Document,
    Audio,
    Video,
}

impl Kind {
    /// The block's name in Converse.
    fn block(self) -> &'static str {
        match self {
            Kind::Image => "image",
            Kind::Document => "document",
            Kind::Audio => "audio",
            Kind::Video => "video",
        }
    }

    fn formats(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Kind::Image => &IMAGES,
            Kind::Document => &DOCUMENTS,
            Kind::Audio => &AUDIO,
            Kind::Video => &VIDEO,
        }
    }
}

/// Writes a block of media.
pub(super) fn write(
    w: &mut Writer<'_>,
    path: &str,
    kind: Kind,
    media: &Media<'_>,
    name: Option<&str>,
) -> Result<(), Error> {
    let format = format_of(path, kind, media)?;
    w.begin_object();
    w.key(kind.block());
    w.begin_object();
    w.field_str("format", format);
    if let Some(name) = name {
        w.field_str("name", name);
    }
    w.key("source");
    w.begin_object();
    match &media.source {
        MediaSource::Url(url) if url.decode().starts_with("s3://") => {
            w.key("s3Location");
            w.begin_object();
            w.field_text("uri", url);
            w.end_object();
        }
        MediaSource::Base64 { data, .. } => w.field_text("bytes", data),
        MediaSource::Text(text) => {
            w.field_str("bytes", &STANDARD.encode(text.decode().as_bytes()));
        }
        MediaSource::Url(_) | MediaSource::File(_) => return Err(needs_bytes(path, kind)),
    }
    w.end_object();
    w.end_object();
    w.end_object();
    Ok(())
}

fn needs_bytes(path: &str, kind: Kind) -> Error {
    let what = match kind {
        Kind::Image => "an image",
        Kind::Document => "a document",
        Kind::Audio => "audio",
        Kind::Video => "a video",
    };
    let message = format!(
        "`{path}`: {} takes the bytes of {what} (a `data:` URL) or an `s3:` URL, and fetches nothing else",
        Wire::Bedrock.name()
    );
    Error::new(ErrorKind::Unsupported, message).with_param(path)
}

fn format_of(path: &str, kind: Kind, media: &Media<'_>) -> Result<&'static str, Error> {
    let said = match &media.source {
        MediaSource::Text(_) => return Ok("txt"),
        MediaSource::Base64 { media_type, .. } => Some(media_type),
        MediaSource::Url(url) if url.decode().starts_with("s3://") => media.media_type.as_ref(),
        MediaSource::Url(_) | MediaSource::File(_) => return Err(needs_bytes(path, kind)),
    };
    let (said, source) = match (said, &media.source) {
        (Some(said), _) => (said.decode().to_ascii_lowercase(), None),
        (None, MediaSource::Url(url)) => (String::new(), Some(url.decode().to_ascii_lowercase())),
        (None, _) => (String::new(), None),
    };
    let bare = said.split(';').next().unwrap_or_default().trim();
    let ending = source
        .as_deref()
        .and_then(|url| url.rsplit_once('.'))
        .map(|(_, ending)| if ending == "jpg" { "jpeg" } else { ending });
    let found = kind
        .formats()
        .iter()
        .find(|(media_type, format)| *media_type == bare || Some(*format) == ending);
    found.map(|(_, format)| *format).ok_or_else(|| {
        let message = format!(
            "`{path}`: {} takes no {} of type `{bare}`",
            Wire::Bedrock.name(),
            kind.block()
        );
        Error::new(ErrorKind::Unsupported, message).with_param(path)
    })
}

/// Documents' names, each once in a request.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Each name that was given, with how often it was asked for.
    given: Places,
    count: usize,
}

impl Names {
    /// A name that Converse takes: letters, digits, single spaces, hyphens and brackets, and no other document's.
    pub(super) fn give(&mut self, name: Option<&Text<'_>>) -> String {
        let plain = name.map(|name| neutral(&name.decode())).unwrap_or_default();
        self.count = self.count.saturating_add(1);
        let base = if plain.is_empty() {
            format!("Document {}", self.count)
        } else {
            plain
        };
        let mut given = base.clone();
        let mut asked = self.given.get(&base).unwrap_or(0);
        while self.given.has(&given) {
            asked = asked.saturating_add(1);
            given = format!("{base} ({asked})");
        }
        self.given.set(&base, asked.max(1));
        self.given.set(&given, 1);
        given
    }
}

/// Most characters of a document's name, with room for what makes it unique (Converse takes 200).
const MAX_NAME: usize = 180;

fn neutral(name: &str) -> String {
    // Its format is said beside it.
    let stem = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.len() <= 4 => stem,
        _ => name,
    };
    let plain = |c: char| {
        let kept = c.is_ascii_alphanumeric() || "-()[]".contains(c);
        if kept { c } else { ' ' }
    };
    let spaced: String = stem.chars().take(MAX_NAME).map(plain).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_have_names_of_their_own() {
        let mut names = Names::default();
        let mut give = |name: &str| {
            let text = Text::from(name.to_owned());
            names.give((!name.is_empty()).then_some(&text))
        };
        assert_eq!(give("Q3_report.final.pdf"), "Q3 report final");
        assert_eq!(give("Q3_report.final.pdf"), "Q3 report final (2)");
        assert_eq!(give(""), "Document 3");
        assert_eq!(give("☃"), "Document 4");
        assert_eq!(give(".pdf"), "pdf");
        assert!(give(&"x".repeat(500)).len() <= 200);
    }

    #[test]
    fn places_in_s3_say_their_format() {
        let media = |url: &'static str| Media::from(MediaSource::Url(Text::from(url)));
        let format = |kind, url| format_of("p", kind, &media(url));
        assert_eq!(format(Kind::Image, "s3://b/cat.JPG"), Ok("jpeg"));
        assert_eq!(format(Kind::Video, "s3://b/film.mp4"), Ok("mp4"));
        assert!(format(Kind::Image, "s3://b/cat").is_err());
        let error = format(Kind::Image, "https://x/cat.png").expect_err("an URL");
        assert!(error.message.contains("bytes"), "{error}");
    }
}
