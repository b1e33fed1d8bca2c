//! Clients' requests, in every provider's wire: JSON, or a refusal that is told.

use super::input::Input;
use std::sync::OnceLock;
use weir::dialect::{Asked, Edits, Made, UnsupportedParams, Wire, WriteOptions};
use weir::json::{self, Value};
use weir::provider::{ProviderKind, kinds};

/// Every kind of provider.
pub fn all_kinds() -> &'static [&'static ProviderKind] {
    static KINDS: OnceLock<Vec<&'static ProviderKind>> = OnceLock::new();
    KINDS.get_or_init(|| kinds().collect())
}

/// Models with rules of their own.
const MODELS: [&str; 12] = [
    "m",
    "gpt-4o",
    "o3-mini",
    "gpt-5",
    "claude-sonnet-4-5",
    "claude-opus-4-7",
    "anthropic.claude-3-7-sonnet-20250219-v1:0",
    "amazon.nova-pro-v1:0",
    "meta.llama3-1-70b-instruct-v1:0",
    "gemini-2.5-flash",
    "gemini-3-pro-preview",
    "gemini-1.5-pro",
];

fn request(client: Wire, data: &[u8]) {
    let mut input = Input::new(data);
    let flags = input.byte();
    let kind = all_kinds()[input.below(all_kinds().len())];
    let model = input.of(&MODELS);
    let body = input.rest();
    let unsupported = if flags & 1 > 0 {
        UnsupportedParams::Drop
    } else {
        UnsupportedParams::Reject
    };
    let made = Made::default();
    let asked = Asked {
        model,
        stream: flags & 2 > 0,
        made: &made,
    };
    let edits = Edits {
        model: (flags & 4 > 0).then_some(model),
        include_usage: flags & 8 > 0,
        kind,
        unsupported,
        betas: (flags & 16 > 0).then_some("a-1,b-2"),
        count_tokens: flags & 32 > 0,
        stream: flags & 2 > 0,
    };
    if kind.wire == client {
        // As an attempt does: it edits only what is one JSON object.
        let edited = client.edit(body, &edits);
        if let Ok(Some(written)) = edited
            && matches!(json::parse(body), Ok(Value::Object(_)))
        {
            assert_object(client, &written.body);
        }
        let _ = client.must_rewrite(body, &edits);
    }
    let _ = client.has_foreign(body);
    let read = match client.read_request(body, &asked) {
        Ok(read) => read,
        Err(error) => return refused(client, &error),
    };
    for wire in [kind.wire, Wire::Completions] {
        let options = WriteOptions {
            model,
            unsupported,
            default_max_tokens: 4096,
            from: client,
            kind,
        };
        match wire.write_request(&read, &options) {
            Ok(written) => assert_object(wire, &written.body),
            Err(error) => refused(client, &error),
        }
    }
}

fn refused(client: Wire, error: &weir::chat::Error) {
    assert!(
        (400..600).contains(&error.status) && !error.message.is_empty(),
        "{error:?}"
    );
    assert!(client.is_error_body(&client.error_body(error)));
}

fn assert_object(wire: Wire, body: &[u8]) {
    let object = matches!(json::parse(body), Ok(Value::Object(_)));
    assert!(object, "{wire:?}: {}", String::from_utf8_lossy(body));
}

/// OpenAI's chat completions.
pub fn request_openai(data: &[u8]) {
    request(Wire::OpenAi, data);
}

/// OpenAI's legacy completions.
pub fn request_completions(data: &[u8]) {
    request(Wire::Completions, data);
}

/// Anthropic's messages.
pub fn request_anthropic(data: &[u8]) {
    request(Wire::Anthropic, data);
}

/// Google's.
pub fn request_gemini(data: &[u8]) {
    request(Wire::Gemini, data);
}
