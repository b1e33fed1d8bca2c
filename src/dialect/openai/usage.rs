//! `usage` in this wire, both ways.

use crate::json::{Object, Writer};
use crate::meter::Usage;

/// Reads a `usage` object: cached tokens are part of the prompt's, reasoning part of the completion's.
///
/// Compatible hosts spell the sub-counts in several ways, and some (xAI, Grok on Azure, Google's compatible layer) leave
/// reasoning out of the completion's: then the total tells. `None` where nothing is counted.
pub(in crate::dialect) fn read(usage: &Object<'_>) -> Option<Usage> {
    let of = |keys: &[&str]| {
        let found = keys.iter().find_map(|key| usage.object(key));
        move |names: &[&str]| most(found, names)
    };
    let prompt = of(&[
        "prompt_tokens_details",
        "input_tokens_details",
        "prompt_token_details",
    ]);
    let completion = of(&["completion_tokens_details", "output_tokens_details"]);
    let top = |names: &[&str]| most(Some(usage), names);
    let total = usage.u64("total_tokens");
    let given_input = usage.u64("prompt_tokens").or(usage.u64("input_tokens"));
    let given_output = usage
        .u64("completion_tokens")
        .or(usage.u64("output_tokens"));
    given_input.or(given_output).or(total)?;
    let total = total.unwrap_or(0);
    // Embedding hosts such as Voyage say the total only.
    let input = given_input.unwrap_or(total);
    let mut output = given_output.unwrap_or(0);
    let mut reasoning = completion(&["reasoning_tokens"]).max(top(&["reasoning_tokens"]));
    let cached = prompt(&["cached_tokens"]).max(top(&[
        "prompt_cache_hit_tokens",
        "cached_tokens",
        "num_cached_tokens",
        "cache_read_input_tokens",
    ]));
    let written = prompt(&["cache_write_tokens", "cache_creation_tokens"])
        .max(top(&["cache_creation_input_tokens", "cache_write_tokens"]));
    let beyond = total.saturating_sub(input.saturating_add(output));
    // Some hosts count cached tokens in the total once more: they are nobody's output.
    let cache = [cached, written, cached.saturating_add(written)].contains(&beyond);
    if given_input.is_some() && given_output.is_some() && beyond > 0 {
        if reasoning == beyond {
            output = output.saturating_add(beyond);
        } else if reasoning == 0 && !cache {
            output = output.saturating_add(beyond);
            reasoning = beyond;
        }
    }
    let cached = cached.min(input);
    let hour = [
        usage.object("cache_creation"),
        usage
            .object("prompt_tokens_details")
            .and_then(|details| details.object("cache_creation_token_details")),
    ];
    let hour = hour
        .into_iter()
        .map(|split| most(split, &["ephemeral_1h_input_tokens"]))
        .fold(0, u64::max);
    Some(Usage {
        input_tokens: input,
        output_tokens: output,
        cache_read_tokens: cached,
        cache_write_tokens: written.min(input.saturating_sub(cached)),
        cache_write_1h_tokens: hour.min(written),
        reasoning_tokens: reasoning,
        audio_input_tokens: prompt(&["audio_tokens"]).max(top(&["audio_prompt_tokens"])),
        audio_output_tokens: completion(&["audio_tokens"]),
    })
}

/// The largest of the counts at `names`: hosts that say one twice have 0 in the place that they do not use.
fn most(object: Option<&Object<'_>>, names: &[&str]) -> u64 {
    let counts = names.iter().filter_map(|name| object?.u64(name));
    counts.fold(0, u64::max)
}

/// Writes a `usage` object with its details.
pub(in crate::dialect) fn write(usage: &Usage, writer: &mut Writer<'_>) {
    writer.begin_object();
    writer.field_number("prompt_tokens", usage.input_tokens);
    writer.field_number("completion_tokens", usage.output_tokens);
    writer.field_number("total_tokens", usage.total_tokens());
    writer.key("prompt_tokens_details");
    writer.begin_object();
    writer.field_number("cached_tokens", usage.cache_read_tokens);
    writer.field_number("audio_tokens", usage.audio_input_tokens);
    if usage.cache_write_tokens > 0 {
        // OpenAI's name, and LiteLLM's for the same.
        writer.field_number("cache_write_tokens", usage.cache_write_tokens);
        writer.field_number("cache_creation_tokens", usage.cache_write_tokens);
    }
    writer.end_object();
    writer.key("completion_tokens_details");
    writer.begin_object();
    writer.field_number("reasoning_tokens", usage.reasoning_tokens);
    writer.field_number("audio_tokens", usage.audio_output_tokens);
    writer.end_object();
    writer.end_object();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{self, Value};

    fn counts(json: &str) -> Usage {
        match json::parse(json.as_bytes()) {
            Ok(Value::Object(object)) => read(&object).expect("counts"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reasoning_that_only_the_total_has_is_output() {
        let xai = counts(
            r#"{"prompt_tokens":307,"completion_tokens":26,"total_tokens":588,"completion_tokens_details":{"reasoning_tokens":255}}"#,
        );
        assert_eq!((xai.output_tokens, xai.reasoning_tokens), (281, 255));
        assert_eq!(xai.total_tokens(), 588);
        let google = counts(r#"{"prompt_tokens":5,"completion_tokens":3,"total_tokens":20}"#);
        assert_eq!((google.output_tokens, google.reasoning_tokens), (15, 12));
        let usual = counts(
            r#"{"prompt_tokens":5,"completion_tokens":9,"total_tokens":14,"completion_tokens_details":{"reasoning_tokens":4}}"#,
        );
        assert_eq!((usual.output_tokens, usual.reasoning_tokens), (9, 4));
        // A total that says something else is nobody's reasoning.
        let other = counts(
            r#"{"prompt_tokens":5,"completion_tokens":9,"total_tokens":30,"reasoning_tokens":4}"#,
        );
        assert_eq!((other.output_tokens, other.reasoning_tokens), (9, 4));
    }

    #[test]
    fn cached_tokens_in_the_total_are_no_output() {
        for said in [
            r#""prompt_tokens_details":{"cached_tokens":10}"#,
            r#""cache_creation_input_tokens":10"#,
            r#""cache_creation_input_tokens":4,"cache_read_input_tokens":6"#,
        ] {
            let usage = counts(&format!(
                r#"{{"prompt_tokens":10,"completion_tokens":5,"total_tokens":25,{said}}}"#
            ));
            let output = (usage.output_tokens, usage.reasoning_tokens);
            assert_eq!(output, (5, 0), "{said}");
        }
    }

    #[test]
    fn cached_tokens_under_every_name() {
        for said in [
            r#""prompt_tokens_details":{"cached_tokens":4}"#,
            r#""prompt_tokens_details":{"cached_tokens":0},"cache_read_input_tokens":4"#,
            r#""prompt_tokens_details":null,"prompt_cache_hit_tokens":4"#,
            r#""cached_tokens":4"#,
            r#""num_cached_tokens":4"#,
        ] {
            let usage = counts(&format!(r#"{{"prompt_tokens":9,{said}}}"#));
            assert_eq!(usage.cache_read_tokens, 4, "{said}");
        }
        let over = counts(
            r#"{"prompt_tokens":154,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":164}}"#,
        );
        assert_eq!(over.cache_read_tokens, 154);
    }

    #[test]
    fn writes_to_the_cache_are_part_of_the_prompt() {
        let usage = counts(
            r#"{"prompt_tokens":20,"completion_tokens":1,"cache_creation_input_tokens":7,"prompt_tokens_details":{"cached_tokens":5,"cache_write_tokens":7,"cache_creation_token_details":{"ephemeral_1h_input_tokens":3}}}"#,
        );
        assert_eq!(usage.cache_write_tokens, 7);
        assert_eq!(
            (usage.cache_write_1h_tokens, usage.cache_read_tokens),
            (3, 5)
        );
    }
}
