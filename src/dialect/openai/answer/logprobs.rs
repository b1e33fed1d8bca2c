//! Log probabilities, in the chat's words whichever words the host has.

use crate::chat::Event;
use crate::json::{Object, Value, Writer};

/// A choice's log probabilities, where it has any.
pub(super) fn events(choice: &Object<'_>, index: u32, sink: &mut dyn FnMut(Event<'_>)) {
    let Some(given) = choice.object("logprobs") else {
        return;
    };
    if given.array("content").is_some() || given.array("refusal").is_some() {
        sink(Event::Logprobs {
            choice: index,
            json: given.raw(),
        });
    } else if let Some(tokens) = given.array("tokens") {
        let json = from_legacy(given, tokens.items());
        if let Ok(json) = std::str::from_utf8(&json) {
            sink(Event::Logprobs {
                choice: index,
                json,
            });
        }
    }
}

/// Legacy completions' `{"tokens","token_logprobs","top_logprobs","text_offset"}` as
/// `{"content":[{"token","logprob","bytes","top_logprobs"}]}`. A prompt's first token, which has none, is left out.
fn from_legacy(given: &Object<'_>, tokens: &[Value<'_>]) -> Vec<u8> {
    let list = |key: &str| {
        given
            .array(key)
            .map(|list| list.items())
            .unwrap_or_default()
    };
    let (probabilities, tops) = (list("token_logprobs"), list("top_logprobs"));
    let mut out = Vec::new();
    let mut w = Writer::new(&mut out);
    w.begin_object();
    w.key("content");
    w.begin_array();
    for (place, token) in tokens.iter().enumerate() {
        let (Some(token), Some(Value::Number(probability))) =
            (token.as_str(), probabilities.get(place))
        else {
            continue;
        };
        w.begin_object();
        w.field_text("token", token);
        w.field_raw("logprob", probability);
        w.field_null("bytes");
        w.key("top_logprobs");
        w.begin_array();
        let top = tops.get(place).and_then(Value::as_object);
        for (token, value) in top.map(Object::members).unwrap_or_default() {
            let Value::Number(probability) = value else {
                continue;
            };
            w.begin_object();
            w.field_text("token", token);
            w.field_raw("logprob", probability);
            w.field_null("bytes");
            w.end_object();
        }
        w.end_array();
        w.end_object();
    }
    w.end_array();
    w.field_null("refusal");
    w.end_object();
    out
}
