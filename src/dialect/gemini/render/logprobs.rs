//! `logprobsResult`, from OpenAI's words.

use crate::json::{self, Object, Value, Writer};

/// Writes a `logprobsResult` object of OpenAI's `logprobs` objects, in order.
pub(super) fn write<'s>(objects: impl Iterator<Item = &'s str>, w: &mut Writer<'_>) {
    let parsed: Vec<Value<'s>> = objects
        .filter_map(|source| json::parse(source.as_bytes()).ok())
        .collect();
    let tokens: Vec<&Object<'s>> = parsed
        .iter()
        .filter_map(|value| value.as_object()?.array("content"))
        .flat_map(|content| content.items())
        .filter_map(Value::as_object)
        .collect();
    w.begin_object();
    w.key("chosenCandidates");
    w.begin_array();
    tokens.iter().for_each(|token| candidate(token, w));
    w.end_array();
    w.key("topCandidates");
    w.begin_array();
    for token in tokens {
        let others = token.array("top_logprobs").map(|array| array.items());
        w.begin_object();
        w.key("candidates");
        w.begin_array();
        let others = others.unwrap_or_default().iter();
        others
            .filter_map(Value::as_object)
            .for_each(|other| candidate(other, w));
        w.end_array();
        w.end_object();
    }
    w.end_array();
    w.end_object();
}

fn candidate(token: &Object<'_>, w: &mut Writer<'_>) {
    w.begin_object();
    if let Some(text) = token.str("token") {
        w.field_text("token", text);
    }
    if let Some(Value::Number(spelled)) = token.get("logprob") {
        w.field_raw("logProbability", spelled);
    }
    w.end_object();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_and_top() {
        let given = r#"{"content":[{"token":"a","logprob":-0.10,"bytes":[97],"top_logprobs":[{"token":"a","logprob":-0.10},{"token":"b","logprob":-3}]}],"refusal":null}"#;
        let mut out = Vec::new();
        write([given, "{"].into_iter(), &mut Writer::new(&mut out));
        let want = r#"{"chosenCandidates":[{"token":"a","logProbability":-0.10}],"topCandidates":[{"candidates":[{"token":"a","logProbability":-0.10},{"token":"b","logProbability":-3}]}]}"#;
        assert_eq!(String::from_utf8_lossy(&out), want);
    }
}
