//! Edits of requests that pass in this wire: everything else stays byte for byte.
//!
//! | host | `model` | `stream` | `anthropic_version` | betas |
//! |---|---|---|---|---|
//! | Anthropic, Foundry | stays | stays | a header | a header |
//! | Vertex AI | in the path | stays | added | a header |
//! | Bedrock | in the path | in the path | added | `anthropic_beta` |

use super::host::{Host, is_billing, may_bill};
use super::{GEMINI_MARK, read, write};
use crate::chat::{Error, ErrorKind, signed_id};
use crate::dialect::{Edits, UnsupportedParams, Wire, WriteOptions};
use crate::json::scan::{Member, members, top_level};
use crate::json::splice::Splice;
use crate::json::{self, Text, Value, Writer};
use crate::order::Places;
use crate::provider;
use crate::search;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Makes `edits` in a request body; `None` where nothing changes. Usage needs no asking in this wire.
///
/// # Errors
/// The body is not one JSON object, or has what the host cannot take.
pub fn edit(body: &[u8], edits: &Edits<'_>) -> Result<Option<Vec<u8>>, Error> {
    if is_marked(body) {
        let own = rewritten(body)?;
        let edited = edit_own(&own, edits)?;
        return Ok(Some(edited.unwrap_or(own)));
    }
    edit_own(body, edits)
}

fn edit_own(body: &[u8], edits: &Edits<'_>) -> Result<Option<Vec<u8>>, Error> {
    let host = Host::of(edits.kind);
    if host.is_foreign() {
        return envelope(body, edits, host).map(Some);
    }
    let Some(name) = edits.model else {
        return Ok(None);
    };
    let [model] = top_level(body, ["model"]).map_err(not_an_object)?;
    let value = literal(name);
    let mut splice = Splice::new(body);
    match model {
        Some(member) => splice.replace(&member, value),
        None => splice.append(&format!("\"model\":{}", String::from_utf8_lossy(&value))),
    }
    Ok(Some(splice.apply()))
}

/// Whether a request may have what this gateway put into earlier answers of other wires, and what Anthropic would
/// therefore refuse: signatures in ids, blocks that hold another provider's signature, and thinking that none signed.
pub fn is_marked(body: &[u8]) -> bool {
    let has = |piece: &str| search::has(body, piece.as_bytes());
    // The mark begins a string: as a word of a text it is none.
    has(signed_id::MARK) || has(&format!("\"{GEMINI_MARK}")) || has_unsigned(body)
}

/// Whether a thinking block may have an empty signature.
fn has_unsigned(body: &[u8]) -> bool {
    const KEY: &[u8] = b"\"signature\"";
    let empty = |at: usize| {
        let rest = body.get(at.saturating_add(KEY.len())..)?;
        let rest = rest.trim_ascii_start().strip_prefix(b":")?;
        Some(rest.trim_ascii_start().starts_with(b"\"\""))
    };
    search::find_all(body, KEY).any(|at| empty(at) == Some(true))
        && search::has(body, b"\"thinking\"")
}

/// The request without them, for Anthropic itself.
fn rewritten(body: &[u8]) -> Result<Vec<u8>, Error> {
    let request = read::any(body)?;
    let model = request.model.decode().into_owned();
    let kind = provider::kind("anthropic")
        .ok_or_else(|| Error::new(ErrorKind::Internal, "Anthropic is no known provider"))?;
    let options = WriteOptions {
        model: &model,
        unsupported: UnsupportedParams::Reject,
        default_max_tokens: 0,
        from: Wire::Anthropic,
        kind,
    };
    Ok(write::write(&request, &options)?.body)
}

fn not_an_object(error: json::Error) -> Error {
    let message = format!("The request body is not a JSON object: {error}");
    Error::new(ErrorKind::InvalidRequest, message)
}

fn literal(text: &str) -> Vec<u8> {
    let mut value = Vec::new();
    Text::from(text).write(&mut value);
    value
}

/// The body in a host's envelope: its members as they stood, without those that the host has elsewhere.
fn envelope(body: &[u8], edits: &Edits<'_>, host: Host) -> Result<Vec<u8>, Error> {
    let counts_at_bedrock = edits.count_tokens && host == Host::Bedrock;
    let mut out = Vec::with_capacity(body.len().saturating_add(64));
    let mut w = Writer::new(&mut out);
    w.begin_object();
    if let Some(version) = host.version() {
        w.field_str("anthropic_version", version);
    }
    let header = edits.betas.unwrap_or_default().split(',');
    let mut betas: Vec<String> = header
        .filter(|_| host == Host::Bedrock)
        .filter_map(|name| host.beta(name).map(str::to_owned))
        .collect();
    let mut problem = Ok(());
    let mut limited = false;
    members(body, |key, member| {
        let source = || std::str::from_utf8(member.value).unwrap_or("null");
        match key.decode().as_ref() {
            "anthropic_version" => {}
            // Vertex AI counts tokens at a path of its own: the body says of which model.
            "model" if edits.count_tokens && host == Host::Vertex => match edits.model {
                Some(name) => w.field_str("model", name),
                None => w.field_raw("model", source()),
            },
            "model" => {}
            "stream" if host == Host::Bedrock => {}
            "anthropic_beta" if host == Host::Bedrock => betas.extend(listed(member, host)),
            // They have but one tier, which either word asks for.
            "service_tier" if matches!(source(), "\"auto\"" | "\"standard_only\"") => {}
            "system" if may_bill(member.value) => system(&mut w, member),
            name => {
                if name == "messages" && problem.is_ok() {
                    problem = has_no_urls(member, host);
                }
                limited |= name == "max_tokens";
                w.key(name);
                w.raw(source());
            }
        }
    })
    .map_err(not_an_object)?;
    problem?;
    if !limited && counts_at_bedrock {
        // A question for a count has no limit; a request, which is what is counted there, must have one.
        w.field_number("max_tokens", 4096u64);
    }
    if !betas.is_empty() {
        write_betas(&mut w, betas);
    }
    w.end_object();
    if counts_at_bedrock {
        let inner = STANDARD.encode(&out);
        return Ok(format!(r#"{{"input":{{"invokeModel":{{"body":"{inner}"}}}}}}"#).into_bytes());
    }
    Ok(out)
}

/// Writes `anthropic_beta`, each name once.
pub(super) fn write_betas(w: &mut Writer<'_>, names: Vec<String>) {
    let betas = Places::of(names.into_iter());
    w.key("anthropic_beta");
    w.begin_array();
    betas.names().for_each(|name| w.string(name));
    w.end_array();
}

/// The betas that a body names.
fn listed(member: &Member<'_>, host: Host) -> Vec<String> {
    let Ok(Value::Array(list)) = json::parse(member.value) else {
        return Vec::new();
    };
    let names = list.items().iter().filter_map(Value::as_str);
    names
        .filter_map(|name| host.beta(&name.decode()).map(str::to_owned))
        .collect()
}

/// The system prompt without what is none of it.
fn system(w: &mut Writer<'_>, member: &Member<'_>) {
    let value = match json::parse(member.value) {
        Ok(Value::String(text)) if is_billing(&text.decode()) => return,
        Ok(value) => value,
        Err(_) => Value::Null,
    };
    let Value::Array(blocks) = &value else {
        return w.field_value("system", &value);
    };
    let bills = |block: &&Value<'_>| {
        let text = block.as_object().and_then(|block| block.str("text"));
        text.is_some_and(|text| is_billing(&text.decode()))
    };
    let kept: Vec<&Value<'_>> = blocks
        .items()
        .iter()
        .filter(|block| !bills(block))
        .collect();
    if !kept.is_empty() {
        w.key("system");
        w.begin_array();
        kept.iter().for_each(|block| w.value(block));
        w.end_array();
    }
}

/// Checks that no image or document is at an URL.
fn has_no_urls(member: &Member<'_>, host: Host) -> Result<(), Error> {
    if !search::has(member.value, b"\"url\"") {
        return Ok(());
    }
    let Ok(Value::Array(messages)) = json::parse(member.value) else {
        return Ok(());
    };
    for (index, message) in messages.items().iter().enumerate() {
        let content = message
            .as_object()
            .and_then(|message| message.get("content"));
        blocks_have_no_urls(&format!("messages.{index}.content"), content, host)?;
    }
    Ok(())
}

fn blocks_have_no_urls(path: &str, content: Option<&Value<'_>>, host: Host) -> Result<(), Error> {
    let Some(blocks) = content.and_then(Value::as_array) else {
        return Ok(());
    };
    for (index, block) in blocks.items().iter().enumerate() {
        let Some(block) = block.as_object() else {
            continue;
        };
        let path = format!("{path}.{index}");
        let kind = block.object("source").and_then(|source| source.str("type"));
        if kind.is_some_and(|kind| kind.is("url")) {
            host.takes_urls(&format!("{path}.source"))?;
        }
        // Results of tools hold images and documents too, but no results.
        if block.str("type").is_some_and(|kind| kind.is("tool_result")) {
            blocks_have_no_urls(&format!("{path}.content"), block.get("content"), host)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
