//! What unary and streamed content have in common.

use crate::chat::{Citation, Event};
use crate::json::{Object, Text, Value};

/// Tells of a citation. `span` is the text that cites it, in characters of the answer's text.
pub(super) fn citation(
    citation: &Object<'_>,
    span: Option<(u64, u64)>,
    sink: &mut dyn FnMut(Event<'_>),
) {
    let location = citation.object("location");
    let web = location
        .and_then(|location| location.object("web"))
        .and_then(|web| web.str("url"));
    // A search result's source may be an URL, too.
    let source = citation
        .str("source")
        .filter(|source| source.decode().starts_with("http"));
    let pieces = citation
        .array("sourceContent")
        .map(|list| list.items())
        .unwrap_or_default();
    let pieces: Vec<&Text<'_>> = pieces
        .iter()
        .filter_map(|piece| piece.as_object()?.str("text"))
        .collect();
    let cited_text = match pieces.as_slice() {
        [one] => (*one).clone(),
        many => Text::from(many.iter().map(|piece| piece.decode()).collect::<String>()),
    };
    sink(Event::Citation {
        choice: 0,
        citation: Citation {
            url: web.or(source).cloned().unwrap_or_default(),
            title: citation.str("title").cloned().unwrap_or_default(),
            cited_text,
            span,
            own: None,
        },
    });
}

/// Whether a call is of a tool that the provider runs: not the client's.
pub(super) fn is_server_tool(call: &Object<'_>) -> bool {
    call.str("type")
        .is_some_and(|kind| kind.is("server_tool_use"))
}

/// The media type of Converse's `format`.
pub(super) fn media_type(family: &str, format: Option<&Text<'_>>) -> Text<'static> {
    let format = format.map(|format| format.decode().into_owned());
    Text::from(format!("{family}/{}", format.as_deref().unwrap_or("png")))
}

/// The stop sequence that matched, where the model was asked to say: a unary answer and a stream have it in their own
/// places.
pub(super) fn stop_sequence<'a>(fields: Option<&Object<'a>>) -> Option<Text<'a>> {
    let fields = fields?;
    let inner = fields.object("delta").unwrap_or(fields);
    inner.str("stop_sequence").cloned()
}

/// The service tier that served.
pub(super) fn tier(object: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
    if let Some(tier) = object
        .object("serviceTier")
        .and_then(|tier| tier.str("type"))
    {
        sink(Event::ServiceTier(tier.clone()));
    }
}

/// A text's characters, for spans.
pub(super) fn characters(text: &Text<'_>) -> u64 {
    u64::try_from(text.decode().chars().count()).unwrap_or(u64::MAX)
}

/// The bytes of an image or of speech.
pub(super) fn bytes<'v, 'a>(media: &'v Object<'a>) -> Option<&'v Text<'a>> {
    media.object("source")?.get("bytes").and_then(Value::as_str)
}
