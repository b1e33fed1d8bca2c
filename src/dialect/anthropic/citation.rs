//! Citations, both ways: objects told apart by their `type`.

use crate::chat::Citation;
use crate::json::{self, Object, Text, Value, Writer};

/// This wire's kinds.
const KINDS: [&str; 5] = [
    "char_location",
    "page_location",
    "content_block_location",
    "web_search_result_location",
    "search_result_location",
];

/// Reads a citation.
pub(super) fn read<'a>(object: &Object<'a>) -> Citation<'a> {
    let text = |key: &str| object.str(key).cloned().unwrap_or_default();
    let mut citation = Citation {
        url: text("url"),
        title: text("title"),
        cited_text: text("cited_text"),
        span: None,
        own: Some(object.raw()),
    };
    if citation.title.is_empty() {
        citation.title = text("document_title");
    }
    // A search result that the client gave tells where it is from in its own way, often by URL.
    let source = text("source");
    if citation.url.is_empty() && source.decode().starts_with("http") {
        citation.url = source;
    }
    citation
}

/// Writes a citation: verbatim where it is this wire's own.
pub(super) fn write(w: &mut Writer<'_>, citation: &Citation<'_>) {
    if let Some(own) = citation.own.filter(|own| is_own(own)) {
        return w.raw(own);
    }
    w.begin_object();
    if citation.url.is_empty() {
        // Of a document that the request has, it is not known which.
        let (start, end) = citation.span.unwrap_or_default();
        w.field_str("type", "char_location");
        w.field_text("cited_text", &citation.cited_text);
        w.field_number("document_index", 0u64);
        title("document_title", citation, w);
        w.field_number("start_char_index", start);
        w.field_number("end_char_index", end);
    } else {
        w.field_str("type", "web_search_result_location");
        w.field_text("cited_text", &citation.cited_text);
        w.field_text("url", &citation.url);
        title("title", citation, w);
        w.field_str("encrypted_index", "");
    }
    w.end_object();
}

fn title(key: &str, citation: &Citation<'_>, w: &mut Writer<'_>) {
    if citation.title.is_empty() {
        w.field_null(key);
    } else {
        w.field_text(key, &citation.title);
    }
}

fn is_own(source: &str) -> bool {
    match json::parse(source.as_bytes()) {
        Ok(Value::Object(object)) => object
            .str("type")
            .is_some_and(|kind| KINDS.iter().any(|known| kind.is(known))),
        _ => false,
    }
}

/// How many characters (Unicode scalar values) a text has.
pub(super) fn characters(text: &Text<'_>) -> u64 {
    let count = match text {
        Text::Escaped(source) if source.contains('\\') => text.decode().chars().count(),
        Text::Escaped(source) => source.chars().count(),
        Text::Plain(plain) => plain.chars().count(),
    };
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(citation: &Citation<'_>) -> String {
        let mut out = Vec::new();
        write(&mut Writer::new(&mut out), citation);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn own_ones_come_back_as_they_were() {
        let source = r#"{"type":"page_location","cited_text":"c","document_index":1,"document_title":"d","start_page_number":2,"end_page_number":3}"#;
        let value = json::parse(source.as_bytes()).expect("JSON");
        let read = read(value.as_object().expect("an object"));
        assert!(read.title.is("d") && read.url.is_empty());
        assert_eq!(written(&read), source);
    }

    #[test]
    fn others_get_every_field_that_clients_expect() {
        let foreign = Citation {
            url: Text::from("https://x"),
            own: Some(r#"{"location":{}}"#),
            ..Citation::default()
        };
        assert_eq!(
            written(&foreign),
            r#"{"type":"web_search_result_location","cited_text":"","url":"https://x","title":null,"encrypted_index":""}"#
        );
        let document = Citation {
            title: Text::from("t"),
            span: Some((1, 2)),
            ..Citation::default()
        };
        assert_eq!(
            written(&document),
            r#"{"type":"char_location","cited_text":"","document_index":0,"document_title":"t","start_char_index":1,"end_char_index":2}"#
        );
    }
}
