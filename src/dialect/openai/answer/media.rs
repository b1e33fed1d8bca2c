//! Images and speech that the model made.

use crate::chat::Event;
use crate::json::{Object, Text, Value};

/// What a delta or a message has of them.
pub(super) fn events(delta: &Object<'_>, choice: u32, sink: &mut dyn FnMut(Event<'_>)) {
    let images = delta.array("images").map(|list| list.items());
    for entry in images
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_object)
    {
        image(entry, choice, sink);
    }
    let Some(audio) = delta.object("audio") else {
        return;
    };
    let said = |key: &str| audio.str(key).cloned().unwrap_or_default();
    let expires_at = audio.u64("expires_at");
    let (id, data, transcript) = (said("id"), said("data"), said("transcript"));
    if expires_at.is_none() && id.is_empty() && data.is_empty() && transcript.is_empty() {
        return;
    }
    sink(Event::Audio {
        choice,
        id,
        media_type: Text::default(),
        data,
        transcript,
        expires_at,
    });
}

/// An image: `{"image_url":{"url":"data:…"}}`.
pub(super) fn image(entry: &Object<'_>, choice: u32, sink: &mut dyn FnMut(Event<'_>)) {
    let url = match entry.get("image_url") {
        Some(Value::Object(object)) => object.str("url"),
        Some(Value::String(url)) => Some(url),
        _ => entry.str("url"),
    };
    let url = url.map(Text::decode).unwrap_or_default();
    let bytes = url
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(";base64,"));
    match bytes {
        Some((media_type, data)) => sink(Event::Image {
            choice,
            media_type: Text::from(media_type),
            data: Text::from(data),
        }),
        // One that is elsewhere is not here.
        None => sink(Event::Skipped),
    }
}
