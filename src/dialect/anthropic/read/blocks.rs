//! A message's content: a string, or blocks.

use super::{Verbatim, has_only, invalid, need, object};
use crate::chat::{Arguments, Error, Part, signed_id};
use crate::dialect::anthropic::{GEMINI_MARK, media};
use crate::json::{Object, Text, Value};

/// Reads a content. `path` is for errors, `place` names it in what is kept verbatim.
pub(super) fn content<'a>(
    path: &str,
    place: &str,
    value: &Value<'a>,
    verbatim: &mut Verbatim<'a>,
) -> Result<Vec<Part<'a>>, Error> {
    let mut parts = Vec::new();
    for (value, read) in blocks(path, value)? {
        if read.less {
            verbatim.push((format!("{place}[{}]", parts.len()), value.clone()));
        }
        append(&mut parts, read.part);
    }
    Ok(parts)
}

/// A block as it was read.
struct Read<'a> {
    part: Part<'a>,
    /// Whether the part says less than the block did.
    less: bool,
}

fn blocks<'v, 'a>(
    path: &str,
    value: &'v Value<'a>,
) -> Result<Vec<(&'v Value<'a>, Read<'a>)>, Error> {
    match value {
        Value::String(text) => {
            let part = plain(text.clone(), None);
            Ok(vec![(value, Read { part, less: false })])
        }
        Value::Array(blocks) => {
            let list = blocks.items().iter().enumerate();
            list.map(|(index, item)| Ok((item, block(&format!("{path}.{index}"), item)?)))
                .collect()
        }
        other => Err(invalid(path, "a string or an array of blocks", other)),
    }
}

/// Adds a part; one that holds Gemini's signature belongs to the text before it.
fn append<'a>(parts: &mut Vec<Part<'a>>, part: Part<'a>) {
    let Part::RedactedReasoning { data } = &part else {
        return parts.push(part);
    };
    let decoded = data.decode();
    let Some(own) = decoded.strip_prefix(GEMINI_MARK) else {
        drop(decoded);
        return parts.push(part);
    };
    let own = Text::from(own.to_owned());
    match parts.last_mut() {
        Some(Part::Text {
            signature: signature @ None,
            ..
        }) => *signature = Some(own),
        _ => parts.push(Part::Text {
            text: Text::default(),
            cache_control: None,
            signature: Some(own),
        }),
    }
}

fn plain<'a>(text: Text<'a>, cache_control: Option<Value<'a>>) -> Part<'a> {
    Part::Text {
        text,
        cache_control,
        signature: None,
    }
}

fn block<'a>(path: &str, value: &Value<'a>) -> Result<Read<'a>, Error> {
    let block = object(path, value.clone())?;
    let kind = need(path, &block, "type")?;
    let cache_control = super::cache_control(&block);
    let known = |names: &[&str]| !has_only(&block, names);
    let (part, less) = match kind.decode().as_ref() {
        "text" => (
            plain(need(path, &block, "text")?, cache_control),
            known(&["type", "text", "cache_control"]),
        ),
        "image" => (
            Part::Image {
                media: media::read(path, &block)?,
                detail: None,
                cache_control,
            },
            known(&["type", "source", "cache_control"]),
        ),
        // A document made of blocks, or one whose citations are wanted, is this wire's own.
        "document" if media::is_plain(&block) => (
            Part::Document {
                media: media::read(path, &block)?,
                name: block.str("title").cloned(),
                cache_control,
            },
            known(&["type", "source", "title", "cache_control"]),
        ),
        "search_result" => (plain(search_result(&block), cache_control), true),
        "tool_use" => {
            let input = block.object("input").map_or("{}", Object::raw);
            let (id, signature) = signed_id::split(&need(path, &block, "id")?);
            let less =
                signature.is_none() && known(&["type", "id", "name", "input", "cache_control"]);
            let call = Part::ToolCall {
                id,
                name: need(path, &block, "name")?,
                arguments: Arguments::Json(input),
                cache_control,
                signature,
            };
            (call, less)
        }
        "tool_result" => tool_result(path, &block, cache_control)?,
        "thinking" => (
            Part::Reasoning {
                text: need(path, &block, "thinking")?,
                // An empty one is what a client keeps of thinking that another provider did not sign.
                signature: block
                    .str("signature")
                    .filter(|signature| !signature.is_empty())
                    .cloned(),
            },
            known(&["type", "thinking", "signature"]),
        ),
        "redacted_thinking" => (
            Part::RedactedReasoning {
                data: need(path, &block, "data")?,
            },
            false,
        ),
        _ => {
            let other = Part::Other {
                kind: kind.clone(),
                value: block,
            };
            return Ok(Read {
                part: other,
                less: false,
            });
        }
    };
    Ok(Read { part, less })
}

fn tool_result<'a>(
    path: &str,
    block: &Object<'a>,
    cache_control: Option<Value<'a>>,
) -> Result<(Part<'a>, bool), Error> {
    let (id, signature) = signed_id::split(&need(path, block, "tool_use_id")?);
    let mut less = !has_only(
        block,
        &[
            "type",
            "tool_use_id",
            "content",
            "is_error",
            "cache_control",
        ],
    );
    let mut content = Vec::new();
    if let Some(value) = block.get("content").filter(|value| !value.is_null()) {
        for (_, read) in blocks(&format!("{path}.content"), value)? {
            less |= read.less;
            content.push(read.part);
        }
    }
    let result = Part::ToolResult {
        id,
        name: Text::default(),
        content,
        is_error: block.bool("is_error").unwrap_or(false),
        cache_control,
    };
    Ok((result, less && signature.is_none()))
}

/// A search's result as text: its title, where it is from, and what it says.
fn search_result<'a>(block: &Object<'_>) -> Text<'a> {
    let word = |key: &str| block.str(key).map(|text| text.decode().into_owned());
    let head: Vec<String> = [word("title"), word("source")]
        .into_iter()
        .flatten()
        .collect();
    let inner = block.array("content").map(|list| list.items());
    let texts = inner.unwrap_or_default().iter();
    let said: Vec<String> = texts
        .filter_map(|item| item.as_object()?.str("text"))
        .map(|text| text.decode().into_owned())
        .collect();
    Text::from(format!("{}\n\n{}", head.join("\n"), said.join("\n")))
}
