//! What a delta and a message have in common: how single things are written.

use crate::chat::{Citation, signed_id};
use crate::json::{self, Text, Value, Writer};

/// Where a choice's text has come to, for citations that do not say which words are theirs.
#[derive(Debug, Default)]
pub(super) struct Progress {
    chars: u64,
    /// Where the text after the last citations began.
    from: u64,
    cited: bool,
}

impl Progress {
    /// More text.
    pub(super) fn text(&mut self, text: &Text<'_>) {
        if std::mem::take(&mut self.cited) {
            self.from = self.chars;
        }
        let more = u64::try_from(text.decode().chars().count()).unwrap_or(u64::MAX);
        self.chars = self.chars.saturating_add(more);
    }

    /// The characters that a citation is about: its own span, else all since the last cited words.
    pub(super) fn cite(&mut self, citation: &Citation<'_>) -> (u64, u64) {
        self.cited = true;
        citation.span.unwrap_or((self.from, self.chars))
    }
}

/// The number of an entry in its list, which only the deltas of a stream have.
fn number(w: &mut Writer<'_>, index: Option<u32>) {
    if let Some(index) = index {
        w.field_number("index", index);
    }
}

/// A citation of a page as OpenAI's `annotations` has it.
pub(super) fn annotation(
    w: &mut Writer<'_>,
    citation: &Citation<'_>,
    span: (u64, u64),
    index: Option<u32>,
) {
    w.begin_object();
    number(w, index);
    w.field_str("type", "url_citation");
    w.key("url_citation");
    w.begin_object();
    w.field_text("url", &citation.url);
    w.field_text("title", &citation.title);
    w.field_number("start_index", span.0);
    w.field_number("end_index", span.1);
    if !citation.cited_text.is_empty() {
        // OpenRouter's name for it.
        w.field_text("content", &citation.cited_text);
    }
    w.end_object();
    w.end_object();
}

/// A citation of a document of the request, which has no address: in the provider's own words.
pub(super) fn own_citation(
    w: &mut Writer<'_>,
    citation: &Citation<'_>,
    span: (u64, u64),
    index: Option<u32>,
) {
    if let Some(own) = citation.own.map(json::compact) {
        match (index, json::parse(own.as_bytes())) {
            (Some(_), Ok(Value::Object(own))) => {
                w.begin_object();
                number(w, index);
                let others = own.members().iter().filter(|(key, _)| !key.is("index"));
                others.for_each(|(key, value)| w.field_value(&key.decode(), value));
                w.end_object();
            }
            _ => w.raw(&own),
        }
        return;
    }
    w.begin_object();
    number(w, index);
    w.field_text("title", &citation.title);
    w.field_text("cited_text", &citation.cited_text);
    w.field_number("start_index", span.0);
    w.field_number("end_index", span.1);
    w.end_object();
}

/// One entry of `thinking_blocks`, which LiteLLM's clients know.
pub(super) fn thinking_block(
    w: &mut Writer<'_>,
    text: &Text<'_>,
    signature: &Text<'_>,
    index: Option<u32>,
) {
    w.begin_object();
    number(w, index);
    w.field_str("type", "thinking");
    w.field_text("thinking", text);
    w.field_text("signature", signature);
    w.end_object();
}

/// One entry of `thinking_blocks` that is encrypted.
pub(super) fn redacted_block(w: &mut Writer<'_>, data: &Text<'_>, index: Option<u32>) {
    w.begin_object();
    number(w, index);
    w.field_str("type", "redacted_thinking");
    w.field_text("data", data);
    w.end_object();
}

/// An entry of `images`, which LiteLLM's clients know: they are numbered in unary answers too.
pub(super) fn image(w: &mut Writer<'_>, index: u32, url: &str) {
    w.begin_object();
    w.field_str("type", "image_url");
    w.key("image_url");
    w.begin_object();
    w.field_str("url", url);
    w.end_object();
    w.field_number("index", index);
    w.end_object();
}

/// The `data:` URL of an image.
pub(super) fn data_url(media_type: &Text<'_>, data: &Text<'_>) -> String {
    format!("data:{};base64,{}", media_type.decode(), data.decode())
}

/// What begins a call: its id, which carries the signature too for clients that keep nothing else, and the signature
/// in the places where Google's compatible layer and LiteLLM have it.
pub(super) fn call_head(w: &mut Writer<'_>, id: &Text<'_>, signature: Option<&Text<'_>>) {
    w.field_text("id", &signed_id::join(id, signature));
    w.field_str("type", "function");
    if let Some(signature) = signature {
        google_signature(w, signature);
        w.key("provider_specific_fields");
        w.begin_object();
        w.field_text("thought_signature", signature);
        w.end_object();
    }
}

/// `extra_content.google.thought_signature`.
pub(super) fn google_signature(w: &mut Writer<'_>, signature: &Text<'_>) {
    w.key("extra_content");
    w.begin_object();
    w.key("google");
    w.begin_object();
    w.field_text("thought_signature", signature);
    w.end_object();
    w.end_object();
}

/// The stop sequence that matched, which OpenAI has no field for.
pub(super) fn matched(w: &mut Writer<'_>, stop_sequence: Option<&Text<'_>>) {
    if let Some(text) = stop_sequence {
        w.key("provider_specific_fields");
        w.begin_object();
        w.field_text("stop_sequence", text);
        w.end_object();
    }
}
