//! Log probabilities in this wire's words: parallel lists, and where each token begins in the text.

use crate::json::{self, Array, Object, Text, Value, Writer};

/// A choice's, gathered until they are written: the insides of the four lists.
#[derive(Debug, Default)]
pub(super) struct Logprobs {
    tokens: Vec<u8>,
    probabilities: Vec<u8>,
    tops: Vec<u8>,
    offsets: Vec<u8>,
    /// Characters of the tokens so far, written ones included.
    chars: usize,
    any: bool,
}

impl Logprobs {
    /// Adds what the neutral language has: `{"content":[{"token","logprob","top_logprobs"}]}`.
    pub(super) fn add(&mut self, json: &str) {
        let Ok(Value::Object(object)) = json::parse(json.as_bytes()) else {
            return;
        };
        let list = object.array("content").or(object.array("refusal"));
        for entry in list.map(Array::items).unwrap_or_default() {
            if let Some(entry) = entry.as_object() {
                self.entry(entry);
            }
        }
    }

    fn entry(&mut self, entry: &Object<'_>) {
        let (Some(token), Some(Value::Number(probability))) =
            (entry.str("token"), entry.get("logprob"))
        else {
            return;
        };
        if std::mem::replace(&mut self.any, true) {
            for list in [
                &mut self.tokens,
                &mut self.probabilities,
                &mut self.tops,
                &mut self.offsets,
            ] {
                list.push(b',');
            }
        }
        token.write(&mut self.tokens);
        self.probabilities.extend_from_slice(probability.as_bytes());
        let mut w = Writer::new(&mut self.tops);
        w.begin_object();
        let tops = entry.array("top_logprobs").map(Array::items);
        for top in tops.unwrap_or_default().iter().filter_map(Value::as_object) {
            if let (Some(token), Some(Value::Number(probability))) =
                (top.str("token"), top.get("logprob"))
            {
                w.field_raw(&token.decode(), probability);
            }
        }
        w.end_object();
        self.offsets
            .extend_from_slice(self.chars.to_string().as_bytes());
        self.chars = self.chars.saturating_add(characters(token));
    }

    /// Writes the member `logprobs`, and forgets what was written.
    pub(super) fn write(&mut self, w: &mut Writer<'_>) {
        w.key("logprobs");
        if !std::mem::take(&mut self.any) {
            return w.null();
        }
        w.begin_object();
        for (key, list) in [
            ("tokens", &mut self.tokens),
            ("token_logprobs", &mut self.probabilities),
            ("top_logprobs", &mut self.tops),
            ("text_offset", &mut self.offsets),
        ] {
            // What was gathered came from `&str`s, so nothing is lost.
            w.field_raw(key, &format!("[{}]", String::from_utf8_lossy(list)));
            list.clear();
        }
        w.end_object();
    }
}

fn characters(text: &Text<'_>) -> usize {
    text.decode().chars().count()
}
