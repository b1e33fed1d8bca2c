//! What an answer cites: `groundingMetadata`, `citationMetadata`, `urlContextMetadata`.
//!
//! Places in the text are bytes of its UTF-8 there, and characters in the neutral language.
//!
//! Source: Google's API reference, `GroundingMetadata`, `Segment`: "measured in bytes"; `CitationSource`.

use crate::chat::{Citation, Event};
use crate::json::{self, Object, Text, Value, compact};

/// Most bytes of text, and of metadata, that are kept for a choice.
const MAX_BYTES: usize = 1 << 20;

/// Most citations of a choice.
const MAX_CITATIONS: usize = 1024;

/// What a choice said, for the places of its citations.
#[derive(Debug, Default)]
pub(super) struct Sources {
    text: String,
    /// Whether some text was not kept: places cannot be told any more.
    overflown: bool,
    /// Metadata as it came. It is about the whole text, so that it is read once the text is there.
    kept: Vec<String>,
    kept_bytes: usize,
}

/// A citation told already.
type Told = (String, Option<(u64, u64)>);

impl Sources {
    /// A piece of the text.
    pub(super) fn text(&mut self, text: &Text<'_>) {
        if self.text.len().saturating_add(text.source_len()) > MAX_BYTES {
            self.overflown = true;
        } else {
            self.text.push_str(&text.decode());
        }
    }

    /// Keeps a candidate's metadata. Returns whether the web was searched.
    pub(super) fn candidate(&mut self, candidate: &Object<'_>) -> bool {
        let mut searched = false;
        for key in [
            "groundingMetadata",
            "citationMetadata",
            "urlContextMetadata",
        ] {
            let Some(metadata) = candidate.object(key) else {
                continue;
            };
            let queries = metadata.array("webSearchQueries");
            searched |= queries.is_some_and(|list| !list.items().is_empty());
            let kept = self.kept_bytes.saturating_add(metadata.raw().len());
            if kept <= MAX_BYTES && !metadata.members().is_empty() {
                self.kept_bytes = kept;
                self.kept.push(metadata.raw().to_owned());
            }
        }
        searched
    }

    /// Tells every citation once.
    pub(super) fn tell(&mut self, choice: u32, sink: &mut dyn FnMut(Event<'_>)) {
        let mut told: Vec<Told> = Vec::new();
        for source in std::mem::take(&mut self.kept) {
            let Ok(Value::Object(metadata)) = json::parse(source.as_bytes()) else {
                continue;
            };
            self.grounding(&metadata, &mut told, choice, sink);
            for key in ["citationSources", "citations"] {
                self.recited(&metadata, key, &mut told, choice, sink);
            }
            for page in objects(&metadata, "urlMetadata") {
                let status = page.str("urlRetrievalStatus");
                let failed = status.is_some_and(|word| !word.is("URL_RETRIEVAL_STATUS_SUCCESS"));
                if let Some(url) = page.str("retrievedUrl").filter(|_| !failed) {
                    let citation = Citation {
                        url: url.clone(),
                        ..Citation::default()
                    };
                    give(citation, page, &mut told, choice, sink);
                }
            }
        }
    }

    fn grounding(
        &self,
        metadata: &Object<'_>,
        told: &mut Vec<Told>,
        choice: u32,
        sink: &mut dyn FnMut(Event<'_>),
    ) {
        let chunks: Vec<&Object<'_>> = objects(metadata, "groundingChunks").collect();
        // Each looks for its place in the text.
        for support in objects(metadata, "groundingSupports").take(MAX_CITATIONS) {
            let span = support
                .object("segment")
                .and_then(|segment| self.segment(segment));
            let indices = support.array("groundingChunkIndices");
            for index in indices.map(|list| list.items()).unwrap_or_default() {
                let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
                if let Some(chunk) = index.and_then(|index| chunks.get(index)) {
                    let citation = Citation {
                        span,
                        ..source(chunk)
                    };
                    give(citation, chunk, told, choice, sink);
                }
            }
        }
        // What no part of the text is said to rest on is a source all the same.
        for chunk in chunks {
            give(source(chunk), chunk, told, choice, sink);
        }
    }

    /// `citationMetadata`: passages that the model recited.
    fn recited(
        &self,
        metadata: &Object<'_>,
        key: &str,
        told: &mut Vec<Told>,
        choice: u32,
        sink: &mut dyn FnMut(Event<'_>),
    ) {
        for entry in objects(metadata, key) {
            let citation = Citation {
                url: entry.str("uri").cloned().unwrap_or_default(),
                title: entry.str("title").cloned().unwrap_or_default(),
                span: self.span(entry.u64("startIndex").unwrap_or(0), entry.u64("endIndex")),
                ..Citation::default()
            };
            give(citation, entry, told, choice, sink);
        }
    }

    /// A segment's place in characters: where its bytes are, if its text stands there, else where its text is.
    fn segment(&self, segment: &Object<'_>) -> Option<(u64, u64)> {
        let start = segment.u64("startIndex").unwrap_or(0);
        let end = segment.u64("endIndex");
        let Some(words) = segment.str("text") else {
            return self.span(start, end);
        };
        let words = words.decode();
        let start = usize::try_from(start).ok()?;
        let there = self
            .text
            .get(start..)
            .is_some_and(|rest| rest.starts_with(words.as_ref()));
        let start = if there {
            start
        } else {
            self.text.find(words.as_ref())?
        };
        let end = start.saturating_add(words.len());
        self.span(u64::try_from(start).ok()?, u64::try_from(end).ok())
    }

    fn span(&self, start: u64, end: Option<u64>) -> Option<(u64, u64)> {
        if self.overflown {
            return None;
        }
        let characters = |place: u64| {
            let before = self.text.get(..usize::try_from(place).ok()?)?;
            u64::try_from(before.chars().count()).ok()
        };
        Some((characters(start)?, characters(end?)?))
    }
}

fn objects<'o, 'a>(object: &'o Object<'a>, key: &str) -> impl Iterator<Item = &'o Object<'a>> {
    let list = object.array(key).map(|list| list.items());
    list.unwrap_or_default().iter().filter_map(Value::as_object)
}

/// A grounding chunk: a page of the web, a passage of a document, a place on a map.
fn source<'a>(chunk: &Object<'a>) -> Citation<'a> {
    let inner = ["web", "retrievedContext", "maps"]
        .iter()
        .find_map(|key| chunk.object(key));
    let said = |key: &str| inner.and_then(|inner| inner.str(key)).cloned();
    let words = inner.is_some_and(|inner| inner.get("placeId").is_none());
    Citation {
        url: said("uri").unwrap_or_default(),
        title: said("title").unwrap_or_default(),
        cited_text: said("text").filter(|_| words).unwrap_or_default(),
        span: None,
        own: None,
    }
}

/// Tells a citation, unless it was told, or says nothing.
fn give(
    citation: Citation<'_>,
    own: &Object<'_>,
    told: &mut Vec<Told>,
    choice: u32,
    sink: &mut dyn FnMut(Event<'_>),
) {
    let key = if citation.url.is_empty() {
        // A document without an address is told by what it says.
        format!(
            "{}\n{}",
            citation.title.decode(),
            citation.cited_text.decode()
        )
    } else {
        citation.url.decode().into_owned()
    };
    let known = told
        .iter()
        .any(|(other, span)| *other == key && (*span == citation.span || citation.span.is_none()));
    if key.trim().is_empty() || known || told.len() >= MAX_CITATIONS {
        return;
    }
    told.push((key, citation.span));
    let own = compact(own.raw());
    sink(Event::Citation {
        choice,
        citation: Citation {
            own: Some(&own),
            ..citation
        },
    });
}
