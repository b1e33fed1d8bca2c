//! The parts of a client's messages.

mod assistant;
mod media;

pub(super) use assistant::{assistant, tool_result};

use super::read::{invalid, missing, object};
use crate::chat::{Error, Part, Role};
use crate::json::{Object, Text, Value};

/// A message's content: a string, an array of parts, or nothing.
pub(super) fn content<'a>(path: &str, value: Option<&Value<'a>>) -> Result<Vec<Part<'a>>, Error> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![plain(text.clone())]),
        Some(Value::Array(array)) => {
            let list = array.items().iter().enumerate();
            list.map(|(index, item)| part(&format!("{path}[{index}]"), item))
                .collect()
        }
        Some(other) => Err(invalid(path, "a string or an array of parts", other)),
    }
}

fn plain(text: Text<'_>) -> Part<'_> {
    Part::Text {
        text,
        cache_control: None,
        signature: None,
    }
}

fn part<'a>(path: &str, value: &Value<'a>) -> Result<Part<'a>, Error> {
    let part = match value {
        Value::String(text) => return Ok(plain(text.clone())),
        value => object(path, value.clone())?,
    };
    let kind = part
        .str("type")
        .ok_or_else(|| missing(&format!("{path}.type")))?;
    let marker = part.get("cache_control");
    let cache_control = marker.filter(|value| !value.is_null()).cloned();
    let need = |key: &str| {
        let found = part.str(key).cloned();
        found.ok_or_else(|| missing(&format!("{path}.{key}")))
    };
    match kind.decode().as_ref() {
        "text" | "input_text" | "output_text" => Ok(Part::Text {
            text: need("text")?,
            cache_control,
            signature: None,
        }),
        "refusal" => Ok(Part::Refusal {
            text: need("refusal")?,
        }),
        // Magistral's, as Mistral returns it: `{"thinking":[{"type":"text","text"}]}`.
        "thinking" => Ok(Part::Reasoning {
            text: joined(part.get("thinking")),
            signature: part.str("signature").cloned(),
        }),
        _ => match media::read(path, &part, cache_control)? {
            Some(medium) => Ok(medium),
            None => Ok(Part::Other {
                kind: kind.clone(),
                value: part,
            }),
        },
    }
}

/// A text, or the texts of a list of parts.
fn joined<'a>(value: Option<&Value<'a>>) -> Text<'a> {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(list)) => {
            let texts = list.items().iter().filter_map(|part| {
                let text = part.as_object()?.str("text")?;
                Some(text.decode().into_owned())
            });
            Text::from(texts.collect::<String>())
        }
        _ => Text::default(),
    }
}

/// Puts a message's prompt-cache marker on its last part, where the neutral language has it.
pub(super) fn mark_last<'a>(content: &mut [Part<'a>], marker: &Value<'a>) {
    let Some(
        Part::Text { cache_control, .. }
        | Part::Image { cache_control, .. }
        | Part::Document { cache_control, .. }
        | Part::ToolCall { cache_control, .. }
        | Part::ToolResult { cache_control, .. },
    ) = content.last_mut()
    else {
        return;
    };
    cache_control.get_or_insert_with(|| marker.clone());
}

/// What a message has beside what its role and content say; its content too, where a part has what the neutral
/// language does not name.
pub(super) fn extra<'a>(role: Role, message: Object<'a>) -> Vec<(Text<'a>, Value<'a>)> {
    let known: &[&str] = match role {
        Role::Assistant => &[
            "role",
            "name",
            "refusal",
            "tool_calls",
            "function_call",
            "audio",
        ],
        Role::Tool => &["role", "name", "tool_call_id"],
        _ => &["role", "name"],
    };
    let mut members = message.into_members();
    members.retain(|(key, value)| {
        let key = key.decode();
        match key.as_ref() {
            "content" => value.as_array().is_some_and(|list| {
                let mut parts = list.items().iter();
                parts.any(|part| part.as_object().is_some_and(says_more))
            }),
            key => !value.is_null() && !known.contains(&key),
        }
    });
    members
}

/// Whether a part has more than the neutral language takes from it, or has it in a form of its own.
fn says_more(part: &Object<'_>) -> bool {
    let only = |object: &Object<'_>, known: &[&str]| {
        let mut keys = object.members().iter().map(|(key, _)| key.decode());
        keys.all(|key| known.contains(&key.as_ref()))
    };
    let Some(kind) = part.str("type") else {
        return true;
    };
    let kind = kind.decode();
    let inner = |known: &[&str]| part.object(&kind).is_some_and(|object| only(object, known));
    let plain = match kind.as_ref() {
        "text" => true,
        "image_url" => inner(&["url", "detail"]),
        "input_audio" => inner(&["data", "format"]),
        "file" => inner(&["file_data", "file_id", "filename"]),
        _ => false,
    };
    !plain || !only(part, &["type", &kind, "cache_control"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::MediaSource;
    use crate::json;

    fn read(source: &str) -> Vec<Part<'_>> {
        let value = json::parse(source.as_bytes()).expect("JSON");
        content("content", Some(&value)).expect(source)
    }

    #[test]
    fn every_form_of_media_is_read() {
        let source = r#"[
            {"type":"image_url","image_url":"https://h/a.png"},
            {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}},
            {"type":"input_audio","input_audio":{"data":"AA==","format":"mp3"}},
            {"type":"input_audio","input_audio":"https://h/a.mp3"},
            {"type":"file","file":{"file_data":"data:application/pdf;base64,AA==","filename":"a.pdf"}},
            {"type":"file","file":{"file_id":"f-1"}},
            {"type":"file","file_id":"f-2"},
            {"type":"file_url","file_url":{"url":"https://h/a.pdf"},"file_name":"a.pdf"},
            {"type":"document_url","document_url":"https://h/b.pdf","document_name":"b.pdf"},
            {"type":"document","source":{"type":"text","media_type":"text/plain","data":"words"},"title":"t"},
            {"type":"video_url","video_url":{"url":"data:video/mp4;base64,AA=="}}
        ]"#;
        let told: Vec<String> = read(source)
            .iter()
            .map(|part| {
                let (kind, media) = match part {
                    Part::Image { media, .. } => ("image", media),
                    Part::Audio { media } => ("audio", media),
                    Part::Document { media, .. } => ("document", media),
                    Part::Video { media, .. } => ("video", media),
                    other => panic!("{other:?}"),
                };
                let (form, text) = match &media.source {
                    MediaSource::Url(url) => ("url", url),
                    MediaSource::Base64 { media_type, .. } => ("base64", media_type),
                    MediaSource::Text(text) => ("text", text),
                    MediaSource::File(id) => ("file", id),
                };
                format!("{kind} {form} {}", text.decode())
            })
            .collect();
        let want = [
            "image url https://h/a.png",
            "image base64 image/png",
            "audio base64 audio/mp3",
            "audio url https://h/a.mp3",
            "document base64 application/pdf",
            "document file f-1",
            "document file f-2",
            "document url https://h/a.pdf",
            "document url https://h/b.pdf",
            "document text words",
            "video base64 video/mp4",
        ];
        assert_eq!(told, want);
    }

    #[test]
    fn what_a_part_says_more_is_noticed() {
        let more = |source: &str| {
            let value = json::parse(source.as_bytes()).expect("JSON");
            says_more(value.as_object().expect("an object"))
        };
        assert!(!more(r#"{"type":"text","text":"a","cache_control":{}}"#));
        assert!(!more(
            r#"{"type":"image_url","image_url":{"url":"u","detail":"low"}}"#
        ));
        assert!(more(
            r#"{"type":"text","text":"a","prompt_cache_breakpoint":{}}"#
        ));
        assert!(more(r#"{"type":"image_url","image_url":"u"}"#));
        assert!(more(
            r#"{"type":"image_url","image_url":{"url":"u","format":"x"}}"#
        ));
        assert!(more(r#"{"type":"document_url","document_url":"u"}"#));
    }
}
