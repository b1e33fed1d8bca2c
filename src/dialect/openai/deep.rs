//! Whether a passing request has what a provider refuses deeper than at its top: then it is written anew.

use super::models::family;
use super::write::{LONGEST_ID, is_nine};
use crate::chat::signed_id;
use crate::dialect::Edits;
use crate::json::scan::top_level;
use crate::json::{self, Object, Value};
use crate::provider::{self, Members, Quirks, Schemas};
use crate::search::has;

/// Whether a request needs more than edits to suit a provider. Bytes are looked for first; only where some that might
/// mean it are there is the body parsed.
pub fn must_rewrite(body: &[u8], edits: &Edits<'_>) -> bool {
    let quirks = edits.kind.quirks;
    let no_system = quirks.native_openai && no_system(body, edits.model);
    let schemas = quirks.schemas != Schemas::All && has_refused(body, &["json_schema"], false);
    if !no_system && !schemas && !suspect(body, quirks, None) {
        return false;
    }
    let Ok(Value::Object(request)) = json::parse(body) else {
        // What is not JSON is told by who edits it.
        return false;
    };
    if (schemas && needs_tool(&request, edits)) || (quirks.no_functions && is_legacy(&request)) {
        return true;
    }
    let items = |key: &str| {
        request
            .array(key)
            .map(|list| list.items())
            .unwrap_or_default()
    };
    let objects = |key: &str| items(key).iter().filter_map(Value::as_object);
    let mut previous = false;
    objects("messages").any(|message| {
        let role = message.str("role").map(|role| role.decode().into_owned());
        let role = role.as_deref().unwrap_or_default();
        let follows = std::mem::replace(&mut previous, role == "tool");
        (no_system && matches!(role, "system" | "developer"))
            || (quirks.assistant_after_tool && follows && role == "user")
            || in_message(message, role, quirks)
    }) || objects("tools").any(|tool| in_tool(tool, quirks))
}

/// Whether the answer's form can be had only by way of a tool.
fn needs_tool(request: &Object<'_>, edits: &Edits<'_>) -> bool {
    let format = request.object("response_format");
    let kind = format.and_then(|format| format.str("type"));
    let own = request.str("model").map(|name| name.decode().into_owned());
    let model = edits.model.or(own.as_deref()).unwrap_or_default();
    kind.is_some_and(|kind| kind.is("json_schema")) && !edits.kind.quirks.schemas.has(model)
}

/// Whether tools are offered, or were called, in OpenAI's legacy form.
fn is_legacy(request: &Object<'_>) -> bool {
    let there = |object: &Object<'_>, key: &str| object.get(key).is_some_and(|v| !v.is_null());
    let messages = request.array("messages").map(|list| list.items());
    let messages = messages.unwrap_or_default().iter();
    there(request, "functions")
        || there(request, "function_call")
        || messages.filter_map(Value::as_object).any(|message| {
            let role = message.str("role");
            role.is_some_and(|role| role.is("function")) || there(message, "function_call")
        })
}

/// Whether the model knows no system messages.
fn no_system(body: &[u8], model: Option<&str>) -> bool {
    if let Some(model) = model {
        return family(model).no_system;
    }
    if !has(body, b"o1-") {
        return false;
    }
    let model = top_level(body, ["model"]).ok().and_then(|[model]| model);
    let name = model.map(|member| String::from_utf8_lossy(member.value).into_owned());
    name.is_some_and(|name| family(name.trim_matches('"')).no_system)
}

/// Whether OpenAI's own API takes a request of this body for this model as it is, but for models that
/// [`takes_plain`] leaves out.
pub fn is_plain(body: &[u8], model: &str) -> bool {
    let renamed = family(model).renamed();
    native().is_some_and(|native| !suspect(body, native, renamed))
}

/// Whether requests that are plain pass to this provider, for this model.
pub fn takes_plain(quirks: &Quirks, model: &str) -> bool {
    quirks.native_openai
        && native().is_some_and(|native| native == quirks)
        && !family(model).no_system
}

fn native() -> Option<&'static Quirks> {
    provider::kind("openai").map(|kind| kind.quirks)
}

/// Whether there are bytes that might mean what the provider refuses, or a string that is `renamed`.
fn suspect(body: &[u8], quirks: &Quirks, renamed: Option<&str>) -> bool {
    let strings = [
        (quirks.no_developer, "developer"),
        (quirks.no_names, "name"),
        (quirks.nine_character_ids, "tool_call_id"),
        (quirks.nine_character_ids, "tool_calls"),
        (quirks.string_content, "type"),
        (quirks.no_strict, "strict"),
        (quirks.assistant_after_tool, "tool"),
        (quirks.one_call_per_turn, "tool_calls"),
        (quirks.no_functions, "functions"),
        (quirks.no_functions, "function_call"),
        (quirks.no_functions, "function"),
    ];
    let anywhere = [
        (quirks.no_nulls || quirks.no_null_arguments, "null"),
        (quirks.google_signatures, signed_id::MARK),
    ];
    let (foreign, any): (&[&str], bool) = match quirks.members {
        Members::Any => (&[], false),
        Members::Without(keys) => (keys, false),
        Members::Only(_) => (&[], true),
    };
    let strings = strings.iter().filter(|(wanted, _)| *wanted);
    let words: Vec<&str> = strings
        .map(|(_, word)| *word)
        .chain(foreign.iter().copied())
        .chain(renamed)
        .collect();
    any || has_refused(body, &words, quirks.native_openai)
        || anywhere
            .iter()
            .any(|(wanted, word)| *wanted && has(body, word.as_bytes()))
}

/// Whether a string of exactly one of these words' bytes might be there, or, of `ids`, a tool's result whose call's id is
/// longer than OpenAI takes. A body is long: it is gone through once.
fn has_refused(body: &[u8], words: &[&str], ids: bool) -> bool {
    if words.is_empty() && !ids {
        return false;
    }
    let mut strings = between_quotes(body);
    while let Some(found) = strings.next() {
        // Between a key and its value a colon is between quotes, too.
        let long = || {
            strings
                .clone()
                .nth(1)
                .is_some_and(|id| id.len() > LONGEST_ID)
        };
        let refused = words.iter().any(|word| word.as_bytes() == found);
        if refused || (ids && found == b"tool_call_id" && long()) {
            return true;
        }
    }
    false
}

/// What stands between quotes, wherever they are: every string that has none in it is among them.
fn between_quotes(body: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    let first = memchr::memchr(b'"', body).map_or(body.len(), |at| at.saturating_add(1));
    let mut rest = body.get(first..).unwrap_or_default();
    std::iter::from_fn(move || {
        let length = memchr::memchr(b'"', rest)?;
        let (word, after) = rest.split_at_checked(length)?;
        rest = after.get(1..)?;
        Some(word)
    })
}

fn in_message(message: &Object<'_>, role: &str, quirks: &Quirks) -> bool {
    let members = message.members();
    let refused = members.iter().any(|(key, value)| {
        let key = key.decode();
        !quirks.allows_member(&key)
            || (quirks.no_nulls && role == "assistant" && value.is_null())
            || (quirks.no_names && !matches!(role, "tool" | "function") && key == "name")
    });
    let items = |key: &str| {
        message
            .array(key)
            .map(|list| list.items())
            .unwrap_or_default()
    };
    let ids = members
        .iter()
        .filter(|(key, _)| key.is("tool_call_id"))
        .map(|(_, value)| value);
    // Calls of other types travel as they are, to whom knows them.
    let calls = items("tool_calls").iter().filter_map(Value::as_object);
    let calls: Vec<&Object<'_>> = calls
        .filter(|call| call.object("function").is_some())
        .collect();
    let bad_id = |value: &Value<'_>| {
        let id = value.as_str().map(|id| id.decode().into_owned());
        let id = id.unwrap_or_default();
        (quirks.nine_character_ids && !is_nine(&id))
            || (quirks.google_signatures && id.contains(signed_id::MARK))
            || (quirks.native_openai && id.len() > LONGEST_ID)
    };
    let marked =
        |part: &Object<'_>| !quirks.allows_cache_control() && part.get("cache_control").is_some();
    refused
        || (quirks.no_developer && role == "developer")
        || (quirks.one_call_per_turn && calls.len() > 1)
        || ids.into_iter().any(bad_id)
        || calls.into_iter().any(|call| {
            let arguments = call
                .object("function")
                .and_then(|call| call.get("arguments"));
            call.get("id").is_some_and(bad_id)
                || (quirks.no_null_arguments && arguments.is_some_and(Value::is_null))
                || marked(call)
        })
        || (quirks.string_content && is_text_list(items("content")))
        || items("content")
            .iter()
            .filter_map(Value::as_object)
            .any(marked)
}

/// Whether a list of parts is nothing but texts.
fn is_text_list(parts: &[Value<'_>]) -> bool {
    let text = |part: &Value<'_>| {
        let part = part.as_object();
        part.is_some_and(|part| part.str("type").is_some_and(|kind| kind.is("text")))
    };
    !parts.is_empty() && parts.iter().all(text)
}

fn in_tool(tool: &Object<'_>, quirks: &Quirks) -> bool {
    let function = tool.object("function");
    let strict = function.is_some_and(|function| function.get("strict").is_some());
    let marked = tool.get("cache_control").is_some()
        || function.is_some_and(|function| function.get("cache_control").is_some());
    (quirks.no_strict && strict) || (!quirks.allows_cache_control() && marked)
}
