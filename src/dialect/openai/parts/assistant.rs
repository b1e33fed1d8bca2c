//! What the model said and the tools answered, replayed.

use super::content;
use crate::chat::{Arguments, Error, Part, signed_id};
use crate::dialect::openai::read::{invalid, items, missing, object};
use crate::json::{Object, Text, Value};

/// The content of an assistant's message: thinking first, then text, then calls.
pub(in crate::dialect::openai) fn assistant<'a>(
    path: &str,
    message: &Object<'a>,
) -> Result<Vec<Part<'a>>, Error> {
    let mut parts = thinking(message);
    let mut said = content(&format!("{path}.content"), message.get("content"))?;
    // Gemini's signature over the text belongs to the last of it.
    if let Some(own) = google_signature(message)
        && let Some(Part::Text { signature, .. }) = said
            .iter_mut()
            .rev()
            .find(|part| matches!(part, Part::Text { .. }))
    {
        *signature = Some(own);
    }
    if said
        .iter()
        .any(|part| matches!(part, Part::Reasoning { .. }))
    {
        // Thinking that stands in the content stands there for all of it.
        parts.clear();
    }
    parts.extend(said);
    if let Some(text) = message.str("refusal") {
        parts.push(Part::Refusal { text: text.clone() });
    }
    if let Some(audio) = message.object("audio") {
        parts.push(Part::Other {
            kind: Text::from("audio"),
            value: audio.clone(),
        });
    }
    if let Some(calls) = message.get("tool_calls").filter(|value| !value.is_null()) {
        let list = items(&format!("{path}.tool_calls"), calls.clone())?
            .into_iter()
            .enumerate();
        for (index, call) in list {
            parts.push(tool_call(&format!("{path}.tool_calls[{index}]"), call)?);
        }
    }
    if let Some(call) = message.object("function_call") {
        // The legacy form has no ids: the name stands for one, as in its result.
        let name = call
            .str("name")
            .ok_or_else(|| missing(&format!("{path}.function_call.name")))?;
        // Some hosts answer with an empty one beside the text.
        if !name.is_empty() {
            parts.push(Part::ToolCall {
                id: name.clone(),
                name: name.clone(),
                arguments: Arguments::Text(call.str("arguments").cloned().unwrap_or_default()),
                cache_control: None,
                signature: None,
            });
        }
    }
    Ok(parts)
}

/// Where Google's layer, and gateways like it, have a signature: `extra_content.google.thought_signature`, or LiteLLM's
/// `provider_specific_fields`.
fn google_signature<'a>(holder: &Object<'a>) -> Option<Text<'a>> {
    let google = holder
        .object("extra_content")
        .and_then(|extra| extra.object("google"))
        .and_then(|google| google.str("thought_signature"));
    let fields = holder.object("provider_specific_fields");
    let listed = || {
        let fields = fields?;
        let list = fields.array("thought_signatures").map(|list| list.items());
        fields
            .str("thought_signature")
            .or_else(|| list?.first()?.as_str())
    };
    google.or_else(listed).cloned()
}

/// The thinking of a message, in the form that says most: LiteLLM's `thinking_blocks`, OpenRouter's
/// `reasoning_details`, else a bare text.
fn thinking<'a>(message: &Object<'a>) -> Vec<Part<'a>> {
    let list = |key: &str| {
        message
            .array(key)
            .map(|array| array.items())
            .unwrap_or_default()
    };
    let blocks: Vec<Part<'a>> = list("thinking_blocks").iter().filter_map(block).collect();
    if !blocks.is_empty() {
        return blocks;
    }
    let details: Vec<Part<'a>> = list("reasoning_details")
        .iter()
        .filter_map(detail)
        .collect();
    if !details.is_empty() {
        return details;
    }
    let bare = message
        .str("reasoning_content")
        .or(message.str("reasoning"));
    let bare = bare.filter(|text| !text.is_empty());
    let part = bare.map(|text| Part::Reasoning {
        text: text.clone(),
        signature: None,
    });
    part.into_iter().collect()
}

fn block<'a>(value: &Value<'a>) -> Option<Part<'a>> {
    let block = value.as_object()?;
    if let Some(data) = block.str("data") {
        return Some(Part::RedactedReasoning { data: data.clone() });
    }
    Some(Part::Reasoning {
        text: block.str("thinking")?.clone(),
        signature: signature(block),
    })
}

/// An empty signature is none.
fn signature<'a>(holder: &Object<'a>) -> Option<Text<'a>> {
    let own = holder.str("signature");
    own.filter(|text| !text.is_empty()).cloned()
}

/// One of OpenRouter's: `reasoning.text`, `.summary` or `.encrypted`.
fn detail<'a>(value: &Value<'a>) -> Option<Part<'a>> {
    let detail = value.as_object()?;
    if let Some(data) = detail.str("data") {
        return Some(Part::RedactedReasoning { data: data.clone() });
    }
    Some(Part::Reasoning {
        text: detail.str("text").or(detail.str("summary"))?.clone(),
        signature: signature(detail),
    })
}

fn tool_call<'a>(path: &str, value: Value<'a>) -> Result<Part<'a>, Error> {
    let call = object(path, value)?;
    let kind = call
        .str("type")
        .cloned()
        .unwrap_or_else(|| Text::from("function"));
    if !kind.is("function") {
        return Ok(Part::Other { kind, value: call });
    }
    let function = call
        .object("function")
        .ok_or_else(|| missing(&format!("{path}.function")))?;
    let name = function
        .str("name")
        .ok_or_else(|| missing(&format!("{path}.function.name")))?;
    let arguments = match function.get("arguments") {
        None | Some(Value::Null) => Arguments::Text(Text::default()),
        Some(Value::String(text)) => Arguments::Text(text.clone()),
        // Not OpenAI's form, but meant unmistakably.
        Some(Value::Object(object)) => Arguments::Json(object.raw()),
        Some(other) => {
            return Err(invalid(
                &format!("{path}.function.arguments"),
                "a string",
                other,
            ));
        }
    };
    // Some hosts leave it out; the name tells the call then, as in the legacy form.
    let id = call.str("id").filter(|id| !id.is_empty()).unwrap_or(name);
    let (id, signed) = signed_id::split(id);
    let marker = call.get("cache_control");
    Ok(Part::ToolCall {
        id,
        name: name.clone(),
        arguments,
        cache_control: marker.filter(|value| !value.is_null()).cloned(),
        signature: google_signature(&call)
            .or_else(|| google_signature(function))
            .or(signed),
    })
}

/// A tool message: one result.
pub(in crate::dialect::openai) fn tool_result<'a>(
    path: &str,
    message: &Object<'a>,
) -> Result<Part<'a>, Error> {
    // Legacy `function` messages name the function instead of the call.
    let legacy = message.str("role").is_some_and(|role| role.is("function"));
    let id = if legacy {
        let name = message.str("name");
        name.ok_or_else(|| missing(&format!("{path}.name")))?
    } else {
        // Where it is missing, the turn before tells.
        &message.str("tool_call_id").cloned().unwrap_or_default()
    };
    Ok(Part::ToolResult {
        id: signed_id::split(id).0,
        name: message.str("name").cloned().unwrap_or_default(),
        content: content(&format!("{path}.content"), message.get("content"))?,
        is_error: message.bool("is_error").unwrap_or(false),
        cache_control: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn read(source: &str) -> Vec<Part<'_>> {
        let value = json::parse(source.as_bytes()).expect("JSON");
        assistant("m", value.as_object().expect("an object")).expect(source)
    }

    #[test]
    fn signatures_come_back_by_either_way() {
        for call in [
            r#"{"id":"a__thought__c2ln","function":{"name":"f","arguments":"{}"}}"#,
            r#"{"id":"a","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"c2ln"}}}"#,
            r#"{"id":"a","function":{"name":"f","arguments":"{}","provider_specific_fields":{"thought_signature":"c2ln"}}}"#,
        ] {
            let source = format!("{{\"tool_calls\":[{call}]}}");
            let parts = read(&source);
            let [Part::ToolCall { id, signature, .. }] = &parts[..] else {
                panic!("{parts:?}");
            };
            assert!(id.is("a") && signature.as_ref().is_some_and(|text| text.is("c2ln")));
        }
        let parts = read(r#"{"content":"x","extra_content":{"google":{"thought_signature":"s"}}}"#);
        assert!(matches!(&parts[..], [Part::Text { signature: Some(s), .. }] if s.is("s")));
    }

    #[test]
    fn thinking_is_read_from_the_form_that_says_most() {
        for source in [
            r#"{"reasoning_content":"x","thinking_blocks":[{"type":"thinking","thinking":"t","signature":"s"}]}"#,
            r#"{"reasoning":"x","reasoning_details":[{"type":"reasoning.text","text":"t","signature":"s"}]}"#,
            r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}],"signature":"s"}]}"#,
        ] {
            let parts = read(source);
            let [Part::Reasoning { text, signature }] = &parts[..] else {
                panic!("{parts:?}");
            };
            assert!(text.is("t") && signature.as_ref().is_some_and(|text| text.is("s")));
        }
        assert!(matches!(
            &read(r#"{"reasoning":"x"}"#)[..],
            [Part::Reasoning { .. }]
        ));
        assert!(read(r#"{"content":null,"function_call":{"name":""}}"#).is_empty());
    }
}
