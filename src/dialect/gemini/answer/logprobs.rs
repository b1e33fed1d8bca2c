//! `logprobsResult` in OpenAI's words.

use crate::json::{Object, Value, Writer};

/// The object `{"content":[…],"refusal":null}` of a candidate's `logprobsResult`; `None` where it has no tokens.
pub(super) fn openai(result: &Object<'_>) -> Option<String> {
    let chosen = result.array("chosenCandidates")?.items();
    let top = result.array("topCandidates").map(|list| list.items());
    let top = top.unwrap_or_default();
    let mut out = Vec::new();
    let mut w = Writer::new(&mut out);
    w.begin_object();
    w.key("content");
    w.begin_array();
    for (place, token) in chosen.iter().enumerate() {
        let Some(token) = token.as_object() else {
            continue;
        };
        w.begin_object();
        fields(token, &mut w);
        w.key("top_logprobs");
        w.begin_array();
        let others = top
            .get(place)
            .and_then(|top| top.as_object()?.array("candidates"));
        for other in others.map(|list| list.items()).unwrap_or_default() {
            if let Some(other) = other.as_object() {
                w.begin_object();
                fields(other, &mut w);
                w.end_object();
            }
        }
        w.end_array();
        w.end_object();
    }
    w.end_array();
    w.field_null("refusal");
    w.end_object();
    String::from_utf8(out).ok().filter(|_| !chosen.is_empty())
}

fn fields(token: &Object<'_>, w: &mut Writer<'_>) {
    let text = token.str("token").cloned().unwrap_or_default();
    w.field_text("token", &text);
    // A certain token's 0 is left out by the provider.
    match token.get("logProbability") {
        Some(value @ Value::Number(_)) => w.field_value("logprob", value),
        _ => w.field_number("logprob", 0u64),
    }
    w.key("bytes");
    w.begin_array();
    text.decode().bytes().for_each(|byte| w.number(byte));
    w.end_array();
}
