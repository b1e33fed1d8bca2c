//! `groundingMetadata`: what an answer's text rests on.

use crate::chat::Citation;
use crate::json::{Text, Writer};

/// The sources of one answer.
#[derive(Debug, Default)]
pub(super) struct Grounding {
    sources: Vec<Source>,
    /// Where the text begins and ends that rests on them, in characters, and which they are.
    supports: Vec<((u64, u64), Vec<usize>)>,
}

#[derive(Debug, PartialEq, Eq)]
struct Source {
    url: Text<'static>,
    title: Text<'static>,
    /// The cited words; kept of what has no URL only.
    text: Text<'static>,
}

impl Grounding {
    pub(super) fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    pub(super) fn add(&mut self, citation: &Citation<'_>) {
        let text = match citation.url.is_empty() {
            true => citation.cited_text.clone(),
            false => Text::default(),
        };
        let source = Source {
            url: citation.url.clone().into_owned(),
            title: citation.title.clone().into_owned(),
            text: text.into_owned(),
        };
        let known = self.sources.iter().position(|own| *own == source);
        let index = known.unwrap_or(self.sources.len());
        if known.is_none() {
            self.sources.push(source);
        }
        let Some(span) = citation.span else { return };
        match self.supports.iter_mut().find(|(own, _)| *own == span) {
            Some((_, indices)) if !indices.contains(&index) => indices.push(index),
            Some(_) => {}
            None => self.supports.push((span, vec![index])),
        }
    }

    /// Writes the object. `said` is the answer's text.
    pub(super) fn write(&self, said: &str, w: &mut Writer<'_>) {
        w.begin_object();
        w.key("groundingChunks");
        w.begin_array();
        self.sources.iter().for_each(|source| source.write(w));
        w.end_array();
        if !self.supports.is_empty() {
            w.key("groundingSupports");
            w.begin_array();
            for ((start, end), indices) in &self.supports {
                let start = byte_offset(said, *start);
                let end = byte_offset(said, *end).max(start);
                w.begin_object();
                w.key("segment");
                w.begin_object();
                if start > 0 {
                    w.field_number("startIndex", u64::try_from(start).unwrap_or(0));
                }
                w.field_number("endIndex", u64::try_from(end).unwrap_or(0));
                w.field_str("text", said.get(start..end).unwrap_or_default());
                w.end_object();
                w.key("groundingChunkIndices");
                w.begin_array();
                for index in indices {
                    w.number(u64::try_from(*index).unwrap_or(0));
                }
                w.end_array();
                w.end_object();
            }
            w.end_array();
        }
        w.end_object();
    }
}

impl Source {
    fn write(&self, w: &mut Writer<'_>) {
        w.begin_object();
        w.key(if self.url.is_empty() {
            "retrievedContext"
        } else {
            "web"
        });
        w.begin_object();
        for (key, text) in [
            ("uri", &self.url),
            ("title", &self.title),
            ("text", &self.text),
        ] {
            if !text.is_empty() {
                w.field_text(key, text);
            }
        }
        w.end_object();
        w.end_object();
    }
}

/// The place in bytes of a place in characters; the end of the text, where it lies behind it.
fn byte_offset(text: &str, characters: u64) -> usize {
    let place = usize::try_from(characters).unwrap_or(usize::MAX);
    let found = text.char_indices().nth(place);
    found.map_or(text.len(), |(offset, _)| offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn citation(url: &'static str, span: Option<(u64, u64)>) -> Citation<'static> {
        Citation {
            url: Text::from(url),
            title: Text::from("T"),
            cited_text: Text::from("words"),
            span,
            own: None,
        }
    }

    #[test]
    fn spans_are_bytes_and_sources_are_said_once() {
        let mut grounding = Grounding::default();
        grounding.add(&citation("https://a", Some((0, 5))));
        grounding.add(&citation("https://b", Some((3, 99))));
        grounding.add(&citation("https://a", Some((3, 99))));
        grounding.add(&citation("", None));
        let mut out = Vec::new();
        grounding.write("naïve ☃", &mut Writer::new(&mut out));
        let want = r#"{"groundingChunks":[{"web":{"uri":"https://a","title":"T"}},{"web":{"uri":"https://b","title":"T"}},{"retrievedContext":{"title":"T","text":"words"}}],"groundingSupports":[{"segment":{"endIndex":6,"text":"naïve"},"groundingChunkIndices":[0]},{"segment":{"startIndex":4,"endIndex":10,"text":"ve ☃"},"groundingChunkIndices":[1,0]}]}"#;
        assert_eq!(String::from_utf8_lossy(&out), want);
    }
}
