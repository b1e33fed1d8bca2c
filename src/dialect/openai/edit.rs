//! Edits of requests that pass in this wire: everything else stays byte for byte.

use super::fields::{Held, find};
use crate::chat::{Error, ErrorKind};
use crate::dialect::{Edits, UnsupportedParams, Written};
use crate::json::Text;
use crate::json::scan::{Member, members, top_level};
use crate::json::splice::Splice;

/// Makes `edits` in a request body; `None` where nothing changes.
///
/// # Errors
/// The body is not one JSON object, or has a field that the provider refuses.
pub fn edit(body: &[u8], edits: &Edits<'_>) -> Result<Option<Written>, Error> {
    let mut fields = Vec::new();
    let listed = members(body, |key, member| {
        fields.push((key.clone(), member.clone()))
    });
    listed.map_err(|error| {
        Error::new(
            ErrorKind::InvalidRequest,
            format!("The request body is not a JSON object: {error}"),
        )
    })?;
    let mut splice = Splice::new(body);
    let mut changed = false;
    let mut dropped = Vec::new();
    let model = find(&fields, "model");
    if let Some(name) = edits.model {
        let mut value = Vec::new();
        Text::from(name).write(&mut value);
        match model {
            Some(member) => splice.replace(member, value),
            None => splice.append(&format!("\"model\":{}", String::from_utf8_lossy(&value))),
        }
        changed = true;
    }
    // Completions and embeddings pass here too; the rules are for chats.
    if find(&fields, "messages").is_some() {
        let own = model.map(|member| String::from_utf8_lossy(member.value));
        let held = Held {
            kind: edits.kind,
            model: match edits.model {
                Some(name) => name,
                None => own.as_deref().unwrap_or_default().trim_matches('"'),
            },
            by_family: edits.unsupported == UnsupportedParams::Drop,
        };
        let mut unsupported = |field: &str| match edits.unsupported {
            UnsupportedParams::Reject => Err(Error::unsupported(field, edits.kind.title)),
            UnsupportedParams::Drop => {
                dropped.push(field.to_owned());
                Ok(())
            }
        };
        changed |= held.apply(&fields, &mut splice, &mut unsupported)?;
    }
    let streams = find(&fields, "stream").is_some_and(|member| member.value == b"true");
    if edits.include_usage && streams {
        changed |= ask_for_usage(&mut splice, find(&fields, "stream_options"));
    }
    Ok(changed.then(|| Written {
        body: splice.apply(),
        dropped,
        ..Written::default()
    }))
}

pub use super::deep::{is_plain, must_rewrite, takes_plain};

fn ask_for_usage(splice: &mut Splice<'_>, options: Option<&Member<'_>>) -> bool {
    let Some(options) = options else {
        splice.append(r#""stream_options":{"include_usage":true}"#);
        return true;
    };
    let Ok([asked]) = top_level(options.value, ["include_usage"]) else {
        splice.replace(options, br#"{"include_usage":true}"#.to_vec());
        return true;
    };
    match asked {
        Some(member) if member.value == b"true" => false,
        Some(member) => {
            let at = |offset: usize| options.value_span.start.saturating_add(offset);
            let range = at(member.value_span.start)..at(member.value_span.end);
            splice.replace_range(range, b"true".to_vec());
            true
        }
        None => {
            let mut inner = Splice::new(options.value);
            inner.append(r#""include_usage":true"#);
            splice.replace(options, inner.apply());
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(
        provider: &str,
        body: &str,
        unsupported: UnsupportedParams,
    ) -> Result<String, String> {
        let edits = Edits {
            model: None,
            include_usage: false,
            kind: crate::provider::kind(provider).expect("a row"),
            unsupported,
            betas: None,
            count_tokens: false,
            stream: false,
        };
        let out = edit(body.as_bytes(), &edits).map_err(|error| error.message)?;
        let text = |written: Written| String::from_utf8(written.body).expect("text");
        Ok(out.map_or_else(|| body.to_owned(), text))
    }

    fn edited(body: &str, model: Option<&str>) -> Option<String> {
        let edits = Edits {
            model,
            include_usage: true,
            kind: crate::provider::kind("openai_compatible").expect("a row"),
            unsupported: UnsupportedParams::Reject,
            betas: None,
            count_tokens: false,
            stream: true,
        };
        let out = edit(body.as_bytes(), &edits).expect("JSON");
        out.map(|written| String::from_utf8(written.body).expect("text"))
    }

    #[test]
    fn a_model_that_thinks_gets_its_words_in_place() {
        let body = r#"{"model":"o3", "max_tokens" : 7,"messages":[],"temperature":0.5}"#;
        let want = r#"{"model":"o3", "max_completion_tokens" : 7,"messages":[],"temperature":0.5}"#;
        // What it refuses it is left to refuse, unless it is to be dropped.
        let passes = passed("openai", body, UnsupportedParams::Reject);
        assert_eq!(passes.as_deref(), Ok(want));
        let want = r#"{"model":"o3", "max_completion_tokens" : 7,"messages":[]}"#;
        let dropped = passed("openai", body, UnsupportedParams::Drop);
        assert_eq!(dropped.as_deref(), Ok(want));
        for other in [("openai", "gpt-4o"), ("openai_compatible", "o3")] {
            let body = body.replace("o3", other.1);
            assert_eq!(passed(other.0, &body, UnsupportedParams::Drop), Ok(body));
        }
        let both = r#"{"model":"o3","max_completion_tokens":1,"max_tokens":2,"messages":[]}"#;
        let want = r#"{"model":"o3","max_completion_tokens":1,"messages":[]}"#;
        let passes = passed("openai", both, UnsupportedParams::Reject);
        assert_eq!(passes.as_deref(), Ok(want));
    }

    #[test]
    fn a_plain_request_is_one_that_nothing_is_done_to() {
        const MAX_TOKENS: &str = "\"max_tokens\":5";
        let quirks = crate::provider::kind("openai").expect("a row").quirks;
        let fields = [
            ("\"temperature\":0.5", true),
            ("\"reasoning_effort\":\"low\"", true),
            ("\"max_completion_tokens\":5", true),
            (MAX_TOKENS, true),
            (
                "\"messages\":[{\"role\":\"user\",\"reasoning\":\"r\"}]",
                false,
            ),
            (
                "\"messages\":[{\"role\":\"tool\",\"tool_call_id\":\"LONG\"}]",
                false,
            ),
        ];
        for model in [
            "gpt-4o",
            "gpt-5",
            "o3",
            "o1-mini",
            "gpt-4o-search-preview",
            "mine",
        ] {
            for (field, plain) in fields {
                let renamed = matches!(model, "gpt-5" | "o3" | "o1-mini");
                let plain = plain && !(renamed && field == MAX_TOKENS);
                let field = field.replace("LONG", &"x".repeat(100));
                let body = format!(r#"{{"model":"{model}","messages":[],{field}}}"#);
                assert_eq!(is_plain(body.as_bytes(), model), plain, "{body}");
                if plain && takes_plain(quirks, model) {
                    let passes = passed("openai", &body, UnsupportedParams::Reject);
                    assert_eq!(passes.as_ref(), Ok(&body));
                    let edits = Edits {
                        model: None,
                        include_usage: false,
                        kind: crate::provider::kind("openai").expect("a row"),
                        unsupported: UnsupportedParams::Reject,
                        betas: None,
                        count_tokens: false,
                        stream: false,
                    };
                    assert!(!must_rewrite(body.as_bytes(), &edits), "{body}");
                }
            }
        }
        assert!(!takes_plain(quirks, "o1-mini") && takes_plain(quirks, "gpt-4o"));
        let other = crate::provider::kind("mistral").expect("a row").quirks;
        assert!(!takes_plain(other, "gpt-4o"));
    }

    #[test]
    fn only_what_must_change_changes() {
        let asked = r#"{"stream":true,"stream_options":{"include_usage":true}}"#;
        assert_eq!(edited(asked, None), None);
        assert_eq!(edited(r#"{"stream":false}"#, None), None);
        let want = r#"{ "stream" : true, "x":1.00 ,"stream_options":{"include_usage":true}}"#;
        assert_eq!(
            edited(r#"{ "stream" : true, "x":1.00 }"#, None).as_deref(),
            Some(want)
        );
        let want = r#"{"stream":true,"stream_options":{"include_usage":true, "a":1}}"#;
        let given = r#"{"stream":true,"stream_options":{"include_usage":false, "a":1}}"#;
        assert_eq!(edited(given, None).as_deref(), Some(want));
        let want = r#"{"stream":true,"stream_options":{"a":1,"include_usage":true}}"#;
        assert_eq!(
            edited(r#"{"stream":true,"stream_options":{"a":1}}"#, None).as_deref(),
            Some(want)
        );
        let want = r#"{"stream":true,"stream_options":{"include_usage":true}}"#;
        assert_eq!(
            edited(r#"{"stream":true,"stream_options":null}"#, None).as_deref(),
            Some(want)
        );
    }

    #[test]
    fn the_model_is_replaced_in_place() {
        let out = edited(r#"{"a":"gpt","model":"gpt","b":[]}"#, Some("q\"x"));
        assert_eq!(out.as_deref(), Some(r#"{"a":"gpt","model":"q\"x","b":[]}"#));
    }
}
