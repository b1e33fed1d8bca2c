//! `usageMetadata`: thoughts are counted apart from the answer.

use crate::json::{Text, Writer};
use crate::meter::Usage;

/// Writes a `usageMetadata` object. `tier` is the one that served, in OpenAI's words.
pub(super) fn write(usage: &Usage, tier: Option<&Text<'_>>, w: &mut Writer<'_>) {
    let said = usage.output_tokens.saturating_sub(usage.reasoning_tokens);
    w.begin_object();
    w.field_number("promptTokenCount", usage.input_tokens);
    w.field_number("candidatesTokenCount", said);
    w.field_number("totalTokenCount", usage.total_tokens());
    if usage.cache_read_tokens > 0 {
        w.field_number("cachedContentTokenCount", usage.cache_read_tokens);
    }
    if usage.reasoning_tokens > 0 {
        w.field_number("thoughtsTokenCount", usage.reasoning_tokens);
    }
    details(
        "promptTokensDetails",
        usage.input_tokens,
        usage.audio_input_tokens,
        w,
    );
    details(
        "candidatesTokensDetails",
        said,
        usage.audio_output_tokens,
        w,
    );
    match tier {
        Some(tier) if tier.is("default") => w.field_str("serviceTier", "standard"),
        Some(tier) => w.field_text("serviceTier", tier),
        None => {}
    }
    w.end_object();
}

/// How many tokens were audio; the rest counts as text.
fn details(key: &str, all: u64, audio: u64, w: &mut Writer<'_>) {
    if audio == 0 {
        return;
    }
    w.key(key);
    w.begin_array();
    for (modality, count) in [("TEXT", all.saturating_sub(audio)), ("AUDIO", audio)] {
        w.begin_object();
        w.field_str("modality", modality);
        w.field_number("tokenCount", count);
        w.end_object();
    }
    w.end_array();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_apart_and_the_total_is_whole() {
        let usage = Usage {
            input_tokens: 10,
            output_tokens: 7,
            cache_read_tokens: 4,
            reasoning_tokens: 5,
            audio_input_tokens: 3,
            ..Usage::default()
        };
        let mut out = Vec::new();
        write(&usage, None, &mut Writer::new(&mut out));
        let want = r#"{"promptTokenCount":10,"candidatesTokenCount":2,"totalTokenCount":17,"cachedContentTokenCount":4,"thoughtsTokenCount":5,"promptTokensDetails":[{"modality":"TEXT","tokenCount":7},{"modality":"AUDIO","tokenCount":3}]}"#;
        assert_eq!(String::from_utf8_lossy(&out), want);
        for (tier, word) in [("default", "standard"), ("flex", "flex")] {
            out.clear();
            write(&usage, Some(&Text::from(tier)), &mut Writer::new(&mut out));
            let want = format!(r#""serviceTier":"{word}"}}"#);
            assert!(String::from_utf8_lossy(&out).ends_with(&want));
        }
    }
}
