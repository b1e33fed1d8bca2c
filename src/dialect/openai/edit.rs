//! Edits of requests that pass in this wire: everything else stays byte for byte.

use crate::chat::{Error, ErrorKind};
use crate::dialect::Edits;
use crate::json::Text;
use crate::json::scan::{Member, top_level};
use crate::json::splice::Splice;
use crate::provider::ProviderKind;

/// Makes `edits` in a request body; `None` where nothing changes.
///
/// # Errors
/// The body is not one JSON object.
pub fn edit(body: &[u8], edits: &Edits<'_>) -> Result<Option<Vec<u8>>, Error> {
    let [model, stream, options] =
        top_level(body, ["model", "stream", "stream_options"]).map_err(|error| {
            Error::new(
                ErrorKind::InvalidRequest,
                format!("The request body is not a JSON object: {error}"),
            )
        })?;
    let mut splice = Splice::new(body);
    let mut changed = false;
    if let Some(name) = edits.model {
        let mut value = Vec::new();
        Text::from(name).write(&mut value);
        match model {
            Some(member) => splice.replace(&member, value),
            None => splice.append(&format!("\"model\":{}", String::from_utf8_lossy(&value))),
        }
        changed = true;
    }
    let streams = stream.is_some_and(|member| member.value == b"true");
    if edits.include_usage && streams {
        changed |= ask_for_usage(&mut splice, options);
    }
    Ok(changed.then(|| splice.apply()))
}

/// Whether a request needs more than edits to suit a provider.
pub fn must_rewrite(_body: &[u8], _kind: &ProviderKind) -> bool {
    false
}

fn ask_for_usage(splice: &mut Splice<'_>, options: Option<Member<'_>>) -> bool {
    let Some(options) = options else {
        splice.append(r#""stream_options":{"include_usage":true}"#);
        return true;
    };
    let Ok([asked]) = top_level(options.value, ["include_usage"]) else {
        splice.replace(&options, br#"{"include_usage":true}"#.to_vec());
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
            splice.replace(&options, inner.apply());
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(body: &str, model: Option<&str>) -> Option<String> {
        let edits = Edits {
            model,
            include_usage: true,
            kind: crate::provider::kind("openai").expect("a row"),
            betas: None,
            count_tokens: false,
            stream: true,
        };
        let out = edit(body.as_bytes(), &edits).expect("JSON");
        out.map(|bytes| String::from_utf8(bytes).expect("text"))
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
