//! Thinking of earlier turns, and signatures over what was said.

use super::Draft;
use crate::chat::Part;
use crate::json::{Text, Writer};
use crate::provider::Thoughts;

/// Google's signature over a call or a text.
pub(super) fn google_signature(w: &mut Writer<'_>, signature: &Text<'_>) {
    w.key("extra_content");
    w.begin_object();
    w.key("google");
    w.begin_object();
    w.field_text("thought_signature", signature);
    w.end_object();
    w.end_object();
}

/// Thinking of another wire's client, in the form that the provider takes back, and a signature over the text.
pub(super) fn write(w: &mut Writer<'_>, draft: &Draft<'_, '_>, parts: &[&Part<'_>]) {
    let signed = parts.iter().rev().find_map(|part| match part {
        Part::Text { signature, .. } => signature.as_ref(),
        _ => None,
    });
    if let Some(signature) = signed.filter(|_| draft.quirks.google_signatures) {
        google_signature(w, signature);
    }
    let has = parts.iter().any(|part| {
        matches!(
            part,
            Part::Reasoning { .. } | Part::RedactedReasoning { .. }
        )
    });
    if !has {
        return;
    }
    match draft.quirks.thoughts {
        Thoughts::Omitted => {}
        Thoughts::Member(key) => {
            let text: String = parts
                .iter()
                .filter_map(|part| match part {
                    Part::Reasoning { text, .. } => Some(text.decode().into_owned()),
                    _ => None,
                })
                .collect();
            w.field_str(key, &text);
        }
        Thoughts::Details => {
            w.key("reasoning_details");
            w.begin_array();
            for part in parts {
                detail(w, part);
            }
            w.end_array();
        }
    }
}

fn detail(w: &mut Writer<'_>, part: &Part<'_>) {
    match part {
        Part::Reasoning { text, signature } => {
            w.begin_object();
            w.field_str("type", "reasoning.text");
            w.field_text("text", text);
            if let Some(signature) = signature {
                w.field_text("signature", signature);
            }
            w.end_object();
        }
        Part::RedactedReasoning { data } => {
            w.begin_object();
            w.field_str("type", "reasoning.encrypted");
            w.field_text("data", data);
            w.end_object();
        }
        _ => {}
    }
}
