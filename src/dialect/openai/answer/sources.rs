//! What an answer cites: annotations of its text, and lists of sources beside the choices.

use crate::chat::{Citation, Event};
use crate::json::{Array, Object, Text, Value};

/// Most sources that are kept until the text that they are about is told.
const MAX_SOURCES: usize = 256;

/// Sources that stand beside the choices (Perplexity's `search_results` and `citations`, xAI's `citations`, Z.AI's
/// `web_search`), which streams repeat with every chunk.
#[derive(Debug, Default)]
pub(super) struct Sources {
    list: Vec<Source>,
    told: usize,
    /// Whether the text itself is annotated: then the list says the same again.
    pub(super) annotated: bool,
}

#[derive(Debug)]
struct Source {
    url: Text<'static>,
    title: Text<'static>,
    quoted: Text<'static>,
}

impl Sources {
    /// Takes note of an answer's or a chunk's sources.
    pub(super) fn gather(&mut self, object: &Object<'_>) {
        for key in ["search_results", "web_search", "citations"] {
            let list = object.array(key).map(|list| list.items());
            for entry in list.unwrap_or_default() {
                match entry {
                    Value::String(url) => self.add(url, None),
                    Value::Object(entry) => {
                        if let Some(url) = entry.str("url").or_else(|| entry.str("link")) {
                            self.add(url, Some(entry));
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn add(&mut self, url: &Text<'_>, entry: Option<&Object<'_>>) {
        let known = self.list.iter().any(|source| source.url == *url);
        if url.is_empty() || known || self.list.len() >= MAX_SOURCES {
            return;
        }
        let said = |key: &str| entry?.str(key).map(|text| text.clone().into_owned());
        self.list.push(Source {
            url: url.clone().into_owned(),
            title: said("title").unwrap_or_default(),
            quoted: said("snippet")
                .or_else(|| said("content"))
                .unwrap_or_default(),
        });
    }

    /// Tells the sources, each once.
    pub(super) fn flush(&mut self, choice: u32, sink: &mut dyn FnMut(Event<'_>)) {
        let told = std::mem::replace(&mut self.told, self.list.len());
        if self.annotated {
            return;
        }
        for source in self.list.iter().skip(told) {
            sink(Event::Citation {
                choice,
                citation: Citation {
                    url: source.url.clone(),
                    title: source.title.clone(),
                    cited_text: source.quoted.clone(),
                    span: None,
                    own: None,
                },
            });
        }
    }
}

/// Annotations of the text: OpenAI's `{"type":"url_citation","url_citation":{…}}`, the same flat, and Anthropic's
/// citations, which Databricks passes on.
pub(super) fn annotations(list: &Array<'_>, choice: u32, sink: &mut dyn FnMut(Event<'_>)) {
    for entry in list.items().iter().filter_map(Value::as_object) {
        let cited = entry.object("url_citation").unwrap_or(entry);
        let said = |keys: [&str; 2]| {
            let found = keys.iter().find_map(|key| cited.str(key));
            found.cloned().unwrap_or_default()
        };
        let url = said(["url", "source"]);
        let kind = entry.str("type").cloned().unwrap_or_default();
        // What has no address and cites nothing, such as OpenRouter's parsed files, is no source.
        if url.is_empty() && !kind.decode().ends_with("citation") && !cited_text(entry) {
            sink(Event::Skipped);
            continue;
        }
        let span = || Some((cited.u64("start_index")?, cited.u64("end_index")?));
        sink(Event::Citation {
            choice,
            citation: Citation {
                url,
                title: said(["title", "document_title"]),
                cited_text: said(["content", "cited_text"]),
                span: span(),
                own: Some(entry.raw()),
            },
        });
    }
}

fn cited_text(entry: &Object<'_>) -> bool {
    entry.str("cited_text").is_some_and(|text| !text.is_empty())
}
