//! What is peculiar to a provider of OpenAI's wire.

/// What is peculiar to a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quirks {
    /// Whether it knows OpenAI's newer words, such as `max_completion_tokens` and the `developer` role.
    pub native_openai: bool,
    /// Whether it refuses `stream_options`; such hosts send usage unasked.
    pub no_stream_options: bool,
}

impl Quirks {
    /// A provider like any other.
    pub const NONE: Quirks = Quirks {
        native_openai: false,
        no_stream_options: false,
    };
}
