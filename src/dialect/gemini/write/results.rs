//! What functions answered: `functionResponse`, matched with its call by name.

use super::contents::{Calls, Placed, unsupported, write_id};
use super::{Draft, LEGAL, media};
use crate::chat::{Error, ErrorKind, Part};
use crate::json::{self, Text, Value, Writer};
use crate::order;

/// A result, and its call's place among all.
struct Answer<'p, 'r, 'a> {
    placed: &'p Placed<'r, 'a>,
    order: usize,
    name: Text<'a>,
}

/// Writes a turn's results in the order of their calls. Returns whether there were any.
pub(super) fn write<'r, 'a>(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    parts: &[Placed<'r, 'a>],
    calls: &Calls<'r, 'a>,
) -> Result<bool, Error> {
    let mut answers = Vec::new();
    for placed in parts {
        if let Part::ToolResult { id, name, .. } = placed.part {
            answers.push(find(placed, id, name, calls)?);
        }
    }
    let answers = order::by_key(answers, |answer| {
        u64::try_from(answer.order).unwrap_or(u64::MAX)
    });
    for answer in &answers {
        one(w, draft, answer)?;
    }
    if !draft.rules.third {
        // Older models take media beside the results only.
        for answer in &answers {
            for part in content(answer.placed.part)
                .iter()
                .filter(|part| !is_words(part))
            {
                media::write(w, draft, &answer.placed.path(), part)?;
            }
        }
    }
    Ok(!answers.is_empty())
}

fn content<'p, 'a>(part: &'p Part<'a>) -> &'p [Part<'a>] {
    match part {
        Part::ToolResult { content, .. } => content,
        _ => &[],
    }
}

/// The result with its call: the last one of its id.
fn find<'p, 'r, 'a>(
    placed: &'p Placed<'r, 'a>,
    id: &Text<'a>,
    name: &Text<'a>,
    calls: &Calls<'r, 'a>,
) -> Result<Answer<'p, 'r, 'a>, Error> {
    let known = calls.find(id);
    let name = match known {
        Some((_, name)) => name.clone(),
        None if !name.is_empty() => name.clone(),
        None => {
            let path = placed.path();
            let message = format!(
                "`{path}`: no tool call before it has the id {:?}",
                id.decode()
            );
            return Err(Error::new(ErrorKind::InvalidRequest, message).with_param(path));
        }
    };
    Ok(Answer {
        placed,
        order: known.map_or(usize::MAX, |(order, _)| order),
        name,
    })
}

fn is_words(part: &Part<'_>) -> bool {
    matches!(part, Part::Text { .. } | Part::Refusal { .. })
}

fn one(
    w: &mut Writer<'_>,
    draft: &Draft<'_, '_>,
    answer: &Answer<'_, '_, '_>,
) -> Result<(), Error> {
    let Part::ToolResult {
        id,
        content,
        is_error,
        ..
    } = answer.placed.part
    else {
        return Ok(());
    };
    let path = answer.placed.path();
    w.begin_object();
    w.key("functionResponse");
    w.begin_object();
    write_id(w, draft, id);
    w.field_text("name", &LEGAL.make(&answer.name));
    w.key("response");
    response(w, content, *is_error, draft.own());
    let media: Vec<&Part<'_>> = content.iter().filter(|part| !is_words(part)).collect();
    if let Some(Part::Other { kind, .. }) =
        media.iter().find(|part| matches!(part, Part::Other { .. }))
    {
        return Err(unsupported(&path, &kind.decode()));
    }
    if draft.rules.third && !media.is_empty() {
        w.key("parts");
        w.begin_array();
        for part in media {
            media::write(w, draft, &path, part)?;
        }
        w.end_array();
    }
    w.end_object();
    w.end_object();
    Ok(())
}

/// The answer as an object: as it stands where it is one, else under the name that Google advises.
fn response(w: &mut Writer<'_>, content: &[Part<'_>], is_error: bool, own: bool) {
    let texts: Vec<&Text<'_>> = content
        .iter()
        .filter_map(|part| match part {
            Part::Text { text, .. } | Part::Refusal { text } => Some(text),
            _ => None,
        })
        .collect();
    // Media may be all that there is; and of this wire's own clients nothing at all.
    let silent = texts.is_empty() && !content.is_empty();
    if !is_error && (silent || own && texts.iter().all(|text| text.is_empty())) {
        return w.raw("{}");
    }
    let key = if is_error { "error" } else { "output" };
    let joined;
    let text = match texts.as_slice() {
        [only] => *only,
        several => {
            let several: Vec<_> = several.iter().map(|text| text.decode()).collect();
            joined = Text::from(several.join("\n"));
            &joined
        }
    };
    let decoded = text.decode();
    let object = match decoded.trim_start().starts_with('{') {
        true => json::parse(decoded.as_bytes()).ok(),
        false => None,
    };
    match object {
        Some(Value::Object(object)) if !is_error || object.get("error").is_some() => {
            w.raw(object.raw())
        }
        _ => {
            w.begin_object();
            w.field_text(key, text);
            w.end_object();
        }
    }
}
