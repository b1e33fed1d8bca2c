//! Content blocks one after the other, of pieces that may come in any order.
//!
//! A block that was closed cannot go on, so what comes too early waits. While a call's arguments are not whole, what
//! comes beside them waits behind it. While a text is open, a signature over it and calls that came whole wait for what
//! follows: citations of the text may still come, and the calls are of use to nobody before the answer's end.

use super::StreamWriter;
use super::event;
use crate::dialect::anthropic::render::image;
use crate::dialect::object_end::ObjectEnd;
use crate::json::{Text, Writer};
use std::collections::VecDeque;

/// The content block that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Text,
    Thinking,
    /// A tool's call, by its number.
    Call(u32),
    /// One that is whole at once.
    Whole,
}

/// A piece of the answer.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    Text(Text<'a>),
    Thinking(Text<'a>),
    /// The signature that ends a thinking block.
    Signature(Text<'a>),
    Redacted(Text<'a>),
    Image {
        media_type: Text<'a>,
        data: Text<'a>,
    },
    Call(Call),
    /// A citation's object, of a text that waits.
    Citation(String),
}

/// A call that waits.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) index: u32,
    pub(super) id: Text<'static>,
    pub(super) name: Text<'static>,
    /// Its arguments so far.
    arguments: String,
    end: ObjectEnd,
}

impl Call {
    pub(super) fn new(index: u32, id: Text<'static>, name: Text<'static>) -> Self {
        Call {
            index,
            id,
            name,
            arguments: String::new(),
            end: ObjectEnd::default(),
        }
    }
}

/// What was written of the blocks, and what waits.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    open: Option<Block>,
    /// The open block's index, or the next one's.
    index: u32,
    /// How far the open call's arguments have come.
    end: ObjectEnd,
    queue: VecDeque<Piece<'static>>,
    /// Citations that came without a text that they could go to: the next one has them.
    late: Vec<String>,
}

impl Piece<'_> {
    fn into_owned(self) -> Piece<'static> {
        match self {
            Piece::Text(text) => Piece::Text(text.into_owned()),
            Piece::Thinking(text) => Piece::Thinking(text.into_owned()),
            Piece::Signature(text) => Piece::Signature(text.into_owned()),
            Piece::Redacted(text) => Piece::Redacted(text.into_owned()),
            Piece::Image { media_type, data } => Piece::Image {
                media_type: media_type.into_owned(),
                data: data.into_owned(),
            },
            Piece::Call(call) => Piece::Call(call),
            Piece::Citation(json) => Piece::Citation(json),
        }
    }
}

impl Blocks {
    /// Whether the open block must not be closed yet.
    fn is_held(&self) -> bool {
        matches!(self.open, Some(Block::Call(_))) && !self.end.is_whole()
    }

    fn wait(&mut self, piece: Piece<'_>) {
        match (self.queue.back_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(text))
            | (Some(Piece::Thinking(before)), Piece::Thinking(text)) => {
                let mut joined = std::mem::take(before).into_decoded().into_owned();
                joined.push_str(&text.decode());
                *before = Text::from(joined);
            }
            (_, piece) => self.queue.push_back(piece.into_owned()),
        }
    }
}

impl StreamWriter {
    /// A piece that ends whatever was before it.
    pub(super) fn say(&mut self, piece: Piece<'_>, out: &mut Vec<u8>) {
        self.release(out);
        if self.blocks.queue.is_empty() && !self.blocks.is_held() {
            self.write(piece, out);
        } else {
            self.blocks.wait(piece);
        }
    }

    /// A signature over the text before it.
    pub(super) fn seal(&mut self, signature: Text<'_>, out: &mut Vec<u8>) {
        let piece = Piece::Redacted(signature);
        if self.blocks.open == Some(Block::Text) {
            self.blocks.wait(piece);
        } else {
            self.say(piece, out);
        }
    }

    /// A citation is about the last text.
    pub(super) fn cite(&mut self, citation: String, out: &mut Vec<u8>) {
        let is_text = |piece: &Piece<'_>| matches!(piece, Piece::Text(_));
        if self.blocks.queue.iter().any(is_text) {
            self.blocks.wait(Piece::Citation(citation));
        } else {
            self.write(Piece::Citation(citation), out);
        }
    }

    /// Calls may come interleaved; blocks may not.
    pub(super) fn call(&mut self, call: Call, out: &mut Vec<u8>) {
        self.blocks.wait(Piece::Call(call));
        if self.blocks.open != Some(Block::Text) {
            self.release(out);
        }
    }

    /// More of a call's arguments. What follows the end of a call that is closed is no JSON, and is left out.
    pub(super) fn arguments(&mut self, index: u32, fragment: &Text<'_>, out: &mut Vec<u8>) {
        if self.blocks.open == Some(Block::Call(index)) {
            self.blocks.end.see(fragment);
            self.delta("input_json_delta", "partial_json", fragment, out);
            return self.release(out);
        }
        let waiting = self.blocks.queue.iter_mut().rev();
        let call = waiting.filter_map(|piece| match piece {
            Piece::Call(call) if call.index == index => Some(call),
            _ => None,
        });
        let Some(call) = { call }.next() else {
            return;
        };
        call.arguments.push_str(&fragment.decode());
        call.end.see(fragment);
        let streams = !call.arguments.is_empty() && !call.end.is_whole();
        if streams && self.blocks.open == Some(Block::Text) {
            self.release(out);
        }
    }

    /// Writes what waits, up to a call whose arguments are not whole.
    fn release(&mut self, out: &mut Vec<u8>) {
        while !self.blocks.is_held()
            && let Some(piece) = self.blocks.queue.pop_front()
        {
            self.write(piece, out);
        }
    }

    /// Writes what waits.
    pub(super) fn drain(&mut self, out: &mut Vec<u8>) {
        while let Some(piece) = self.blocks.queue.pop_front() {
            self.write(piece, out);
        }
    }

    fn write(&mut self, piece: Piece<'_>, out: &mut Vec<u8>) {
        match piece {
            Piece::Text(text) => {
                self.open(Block::Text, out, |w| {
                    w.field_str("type", "text");
                    w.field_str("text", "");
                });
                for citation in std::mem::take(&mut self.blocks.late) {
                    self.citation(&citation, out);
                }
                self.delta("text_delta", "text", &text, out);
            }
            Piece::Thinking(text) => {
                self.open_thinking(out);
                self.delta("thinking_delta", "thinking", &text, out);
            }
            Piece::Signature(signature) => {
                self.open_thinking(out);
                self.delta("signature_delta", "signature", &signature, out);
                self.close(out);
            }
            Piece::Redacted(data) => {
                self.open(Block::Whole, out, |w| {
                    w.field_str("type", "redacted_thinking");
                    w.field_text("data", &data);
                });
                self.close(out);
            }
            Piece::Image { media_type, data } => {
                self.open(Block::Whole, out, |w| image(w, &media_type, &data));
                self.close(out);
            }
            Piece::Call(call) => {
                self.open(Block::Call(call.index), out, |w| {
                    w.field_str("type", "tool_use");
                    w.field_text("id", &call.id);
                    w.field_text("name", &call.name);
                    w.field_raw("input", "{}");
                });
                self.blocks.end = call.end;
                if !call.arguments.is_empty() {
                    let arguments = Text::from(call.arguments);
                    self.delta("input_json_delta", "partial_json", &arguments, out);
                }
            }
            Piece::Citation(json) if self.blocks.open == Some(Block::Text) => {
                self.citation(&json, out);
            }
            Piece::Citation(json) => self.blocks.late.push(json),
        }
    }

    fn open_thinking(&mut self, out: &mut Vec<u8>) {
        self.open(Block::Thinking, out, |w| {
            w.field_str("type", "thinking");
            w.field_str("thinking", "");
            w.field_str("signature", "");
        });
    }

    /// Makes `block` the open one; `head` writes what its start says.
    fn open(&mut self, block: Block, out: &mut Vec<u8>, head: impl FnOnce(&mut Writer<'_>)) {
        if self.blocks.open == Some(block) && matches!(block, Block::Text | Block::Thinking) {
            return;
        }
        self.close(out);
        if !self.started {
            self.start("", "", out);
        }
        let index = self.blocks.index;
        self.blocks.open = Some(block);
        event("content_block_start", out, |w| {
            w.field_number("index", index);
            w.key("content_block");
            w.begin_object();
            head(w);
            w.end_object();
        });
    }

    pub(super) fn close(&mut self, out: &mut Vec<u8>) {
        if self.blocks.open.take().is_none() {
            return;
        }
        let index = self.blocks.index;
        self.blocks.index = index.saturating_add(1);
        event("content_block_stop", out, |w| {
            w.field_number("index", index)
        });
    }

    fn delta(&mut self, kind: &str, key: &str, text: &Text<'_>, out: &mut Vec<u8>) {
        let index = self.blocks.index;
        event("content_block_delta", out, |w| {
            w.field_number("index", index);
            w.key("delta");
            w.begin_object();
            w.field_str("type", kind);
            w.field_text(key, text);
            w.end_object();
        });
    }

    fn citation(&mut self, json: &str, out: &mut Vec<u8>) {
        let index = self.blocks.index;
        event("content_block_delta", out, |w| {
            w.field_number("index", index);
            w.key("delta");
            w.begin_object();
            w.field_str("type", "citations_delta");
            w.field_raw("citation", json);
            w.end_object();
        });
    }
}
