//! `usage` in this wire, both ways.

use crate::json::{Object, Writer};
use crate::meter::Usage;

/// Reads a `usage` object: cached tokens are part of the prompt's, reasoning part of the completion's.
///
/// Compatible hosts spell the cached count in several ways (DeepSeek's `prompt_cache_hit_tokens`, Together's
/// `cached_tokens`); Responses-like names are taken too.
pub(super) fn read(usage: &Object<'_>) -> Usage {
    let prompt = usage
        .object("prompt_tokens_details")
        .or(usage.object("input_tokens_details"));
    let completion = usage
        .object("completion_tokens_details")
        .or(usage.object("output_tokens_details"));
    let detail = |object: Option<&Object<'_>>, key: &str| object.and_then(|object| object.u64(key));
    let input = usage.u64("prompt_tokens").or(usage.u64("input_tokens"));
    let output = usage
        .u64("completion_tokens")
        .or(usage.u64("output_tokens"));
    let total = usage.u64("total_tokens");
    // Embedding hosts such as Voyage say the total only.
    let input = input.or(total).unwrap_or(0);
    let cached = detail(prompt, "cached_tokens")
        .or(usage.u64("prompt_cache_hit_tokens"))
        .or(usage.u64("cached_tokens"))
        .or(usage.u64("cache_read_input_tokens"));
    let written = detail(prompt, "cache_write_tokens")
        .or(detail(prompt, "cache_creation_tokens"))
        .or(usage.u64("cache_creation_input_tokens"));
    Usage {
        input_tokens: input,
        output_tokens: output.unwrap_or(0),
        cache_read_tokens: cached.unwrap_or(0),
        cache_write_tokens: written.unwrap_or(0),
        cache_write_1h_tokens: 0,
        reasoning_tokens: detail(completion, "reasoning_tokens").unwrap_or(0),
        audio_input_tokens: detail(prompt, "audio_tokens").unwrap_or(0),
        audio_output_tokens: detail(completion, "audio_tokens").unwrap_or(0),
    }
}

/// Writes a `usage` object with its details.
pub(super) fn write(usage: &Usage, writer: &mut Writer<'_>) {
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
