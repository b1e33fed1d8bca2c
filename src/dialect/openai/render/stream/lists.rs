//! Lists in deltas. Each entry has an `index`, its number in its choice's list, by which OpenAI's packages put the
//! deltas together: without one they fail.

use super::{Spoken, StreamWriter};
use crate::chat::Citation;
use crate::dialect::openai::render::pieces;
use crate::json::{Text, Writer};

/// How many entries of each list were told of.
#[derive(Debug, Default)]
pub(super) struct Lists {
    annotations: u32,
    citations: u32,
    blocks: u32,
    images: u32,
}

/// The number of the next entry.
fn next(count: &mut u32) -> u32 {
    let number = *count;
    *count = count.saturating_add(1);
    number
}

impl StreamWriter {
    /// A delta with one entry of a list; `at` counts it, `write` writes it.
    fn entry(
        &mut self,
        choice: u32,
        key: &str,
        at: fn(&mut Lists) -> &mut u32,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Writer<'_>, u32),
    ) {
        let own = self.spoken(choice, out);
        let index = own.map_or(0, |own| next(at(&mut own.lists)));
        self.chunk(choice, out, |w| {
            w.key(key);
            w.begin_array();
            write(w, index);
            w.end_array();
        });
    }

    /// The thinking so far is signed. Its words were told already.
    pub(super) fn sealed(&mut self, choice: u32, signature: &Text<'_>, out: &mut Vec<u8>) {
        self.entry(
            choice,
            "thinking_blocks",
            |lists| &mut lists.blocks,
            out,
            |w, index| {
                pieces::thinking_block(w, &Text::default(), signature, Some(index));
            },
        );
    }

    /// Thinking that is encrypted.
    pub(super) fn redacted(&mut self, choice: u32, data: &Text<'_>, out: &mut Vec<u8>) {
        self.entry(
            choice,
            "thinking_blocks",
            |lists| &mut lists.blocks,
            out,
            |w, index| {
                pieces::redacted_block(w, data, Some(index));
            },
        );
    }

    /// An image, as an URL.
    pub(super) fn image(&mut self, choice: u32, url: &str, out: &mut Vec<u8>) {
        self.entry(
            choice,
            "images",
            |lists| &mut lists.images,
            out,
            |w, index| {
                pieces::image(w, index, url);
            },
        );
    }

    /// What the text before rests on.
    pub(super) fn cite(&mut self, choice: u32, citation: &Citation<'_>, out: &mut Vec<u8>) {
        let cite = |own: &mut Spoken| own.progress.cite(citation);
        let span = self.spoken(choice, out).map(cite).unwrap_or_default();
        if !citation.url.is_empty() {
            self.entry(
                choice,
                "annotations",
                |lists| &mut lists.annotations,
                out,
                |w, index| {
                    pieces::annotation(w, citation, span, Some(index));
                },
            );
            return;
        }
        let own = self.spoken(choice, out);
        let index = own.map_or(0, |own| next(&mut own.lists.citations));
        self.chunk(choice, out, |w| {
            w.key("provider_specific_fields");
            w.begin_object();
            w.key("citations");
            w.begin_array();
            pieces::own_citation(w, citation, span, Some(index));
            w.end_array();
            w.end_object();
        });
    }
}
