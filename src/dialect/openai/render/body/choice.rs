//! One choice of a unary answer.

use crate::chat::FinishReason;
use crate::dialect::AnswerContext;
use crate::dialect::openai::render::pieces::{self, Progress};
use crate::dialect::openai::render::word;
use crate::json::{self, Text, Value, Writer};

/// One choice. Strings are gathered as the insides of JSON literals.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub(super) index: u32,
    pub(super) text: Option<Vec<u8>>,
    pub(super) progress: Progress,
    pub(super) signature: Option<Text<'static>>,
    pub(super) reasoning: Vec<u8>,
    pub(super) refusal: Option<Vec<u8>>,
    /// `thinking_blocks` as LiteLLM has them: where each one's thinking ends, and what seals it.
    pub(super) blocks: Vec<(usize, Block)>,
    pub(super) annotations: Vec<String>,
    pub(super) documents: Vec<String>,
    pub(super) images: Vec<String>,
    pub(super) audio: Option<Audio>,
    pub(super) calls: Vec<Call>,
    pub(super) logprobs: Logprobs,
    pub(super) finish: Option<FinishReason>,
    pub(super) stop_sequence: Option<Text<'static>>,
}

/// What seals a block of thinking.
#[derive(Debug)]
pub(super) enum Block {
    /// A signature over it.
    Signed(Text<'static>),
    /// It is encrypted.
    Redacted(Text<'static>),
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) index: u32,
    pub(super) id: Text<'static>,
    pub(super) name: Text<'static>,
    pub(super) signature: Option<Text<'static>>,
    pub(super) arguments: Vec<u8>,
}

/// Speech, its pieces joined.
#[derive(Debug, Default)]
pub(super) struct Audio {
    pub(super) id: Vec<u8>,
    pub(super) data: Vec<u8>,
    pub(super) transcript: Vec<u8>,
    pub(super) expires_at: Option<u64>,
}

/// Log probabilities, gathered over the deltas: the insides of the arrays.
#[derive(Debug, Default)]
pub(super) struct Logprobs {
    content: Option<String>,
    refusal: Option<String>,
}

impl Logprobs {
    pub(super) fn add(&mut self, json: &str) {
        let Ok(Value::Object(object)) = json::parse(json.as_bytes()) else {
            return;
        };
        for (key, own) in [
            ("content", &mut self.content),
            ("refusal", &mut self.refusal),
        ] {
            let Some(list) = object.array(key) else {
                continue;
            };
            let inside = list
                .raw()
                .strip_prefix('[')
                .and_then(|raw| raw.strip_suffix(']'));
            let inside = inside.unwrap_or_default().trim();
            let own = own.get_or_insert_default();
            if !own.is_empty() && !inside.is_empty() {
                own.push(',');
            }
            own.push_str(inside);
        }
    }

    fn write(&self, w: &mut Writer<'_>) {
        w.key("logprobs");
        if self.content.is_none() && self.refusal.is_none() {
            return w.null();
        }
        w.begin_object();
        for (key, own) in [("content", &self.content), ("refusal", &self.refusal)] {
            match own {
                Some(inside) => w.field_raw(key, &format!("[{inside}]")),
                None => w.field_null(key),
            }
        }
        w.end_object();
    }
}

impl Choice {
    /// The thinking so far is sealed.
    pub(super) fn sign(&mut self, block: Block) {
        self.blocks.push((self.reasoning.len(), block));
    }

    pub(super) fn write(&self, w: &mut Writer<'_>, context: &AnswerContext) {
        w.begin_object();
        w.field_number("index", self.index);
        w.key("message");
        w.begin_object();
        w.field_str("role", "assistant");
        literal(w, "content", self.text.as_deref());
        if !self.reasoning.is_empty() {
            literal(w, "reasoning_content", Some(&self.reasoning));
        }
        self.write_blocks(w);
        literal(w, "refusal", self.refusal.as_deref());
        list(w, "annotations", &self.annotations);
        if let Some(audio) = &self.audio {
            audio.write(w);
        }
        if !self.images.is_empty() {
            w.key("images");
            w.begin_array();
            for (index, url) in (0..).zip(&self.images) {
                pieces::image(w, index, url);
            }
            w.end_array();
        }
        self.write_calls(w, context);
        if let Some(signature) = &self.signature {
            pieces::google_signature(w, signature);
        }
        if !self.documents.is_empty() {
            w.key("provider_specific_fields");
            w.begin_object();
            list(w, "citations", &self.documents);
            w.end_object();
        }
        w.end_object();
        self.logprobs.write(w);
        let unsaid = if self.calls.is_empty() {
            FinishReason::Stop
        } else {
            FinishReason::ToolCalls
        };
        w.field_str(
            "finish_reason",
            word(self.finish.unwrap_or(unsaid), context),
        );
        pieces::matched(w, self.stop_sequence.as_ref());
        w.end_object();
    }

    fn write_blocks(&self, w: &mut Writer<'_>) {
        if self.blocks.is_empty() {
            return;
        }
        w.key("thinking_blocks");
        w.begin_array();
        let mut from = 0usize;
        for (end, block) in &self.blocks {
            match block {
                Block::Signed(signature) => {
                    let text = self.reasoning.get(from..*end).unwrap_or_default();
                    // What was gathered came from `&str`s, so this borrows.
                    let text = String::from_utf8_lossy(text);
                    pieces::thinking_block(w, &Text::Escaped(&text), signature, None);
                    from = *end;
                }
                Block::Redacted(data) => pieces::redacted_block(w, data, None),
            }
        }
        w.end_array();
    }

    fn write_calls(&self, w: &mut Writer<'_>, context: &AnswerContext) {
        if let Some(call) = self.calls.first().filter(|_| context.legacy_functions) {
            // The legacy form has one call.
            w.key("function_call");
            return call.write_function(w);
        }
        if self.calls.is_empty() {
            return;
        }
        w.key("tool_calls");
        w.begin_array();
        for call in &self.calls {
            w.begin_object();
            pieces::call_head(w, &call.id, call.signature.as_ref());
            w.key("function");
            call.write_function(w);
            w.end_object();
        }
        w.end_array();
    }
}

impl Call {
    fn write_function(&self, w: &mut Writer<'_>) {
        let arguments: &[u8] = if self.arguments.is_empty() {
            b"{}"
        } else {
            &self.arguments
        };
        w.begin_object();
        w.field_text("name", &self.name);
        literal(w, "arguments", Some(arguments));
        w.end_object();
    }
}

impl Audio {
    fn write(&self, w: &mut Writer<'_>) {
        w.key("audio");
        w.begin_object();
        literal(w, "id", Some(&self.id));
        literal(w, "data", Some(&self.data));
        literal(w, "transcript", Some(&self.transcript));
        w.field_number("expires_at", self.expires_at.unwrap_or_default());
        w.end_object();
    }
}

fn list(w: &mut Writer<'_>, key: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    w.key(key);
    w.begin_array();
    items.iter().for_each(|json| w.raw(json));
    w.end_array();
}

/// A member whose value is gathered already: the inside of a literal, or nothing.
fn literal(w: &mut Writer<'_>, key: &str, inside: Option<&[u8]>) {
    // What was gathered came from `&str`s, so this borrows.
    match inside.map(String::from_utf8_lossy) {
        Some(inside) => w.field_text(key, &Text::Escaped(&inside)),
        None => w.field_null(key),
    }
}
