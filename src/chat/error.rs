//! Errors in the neutral language, and the one table from kind to status, type and code.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An error as it is told to a client, whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What went wrong.
    pub kind: ErrorKind,
    /// HTTP status for the client. The provider's own where it sent one.
    pub status: u16,
    /// A sentence for people.
    pub message: String,
    /// The provider's own `type` word, where it sent one: kept within the same wire.
    pub provider_type: Option<String>,
    /// The provider's own `code`, else the kind's.
    pub code: Option<String>,
    /// The request's field at fault, such as `messages[0].content`.
    pub param: Option<String>,
}

/// What went wrong, for statuses, clients' error types and fallback decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorKind {
    /// The request is malformed or asks for what cannot be.
    InvalidRequest,
    /// A field that the target's wire cannot say.
    Unsupported,
    /// The conversation is longer than the model's context.
    ContextLength,
    /// The provider's safety system refused the request.
    ContentPolicy,
    /// No valid key.
    Authentication,
    /// The key may not do this.
    Permission,
    /// Quota or credit is used up.
    Billing,
    /// No such path.
    NotFound,
    /// No such model.
    ModelNotFound,
    /// The body is over the limit.
    TooLarge,
    /// Too many requests or tokens for now.
    RateLimit,
    /// Nobody answered in time.
    Timeout,
    /// The provider is overloaded.
    Overloaded,
    /// The provider failed.
    Upstream,
    /// The provider could not be reached, or sent what is not an answer.
    BadGateway,
    /// The gateway's own configuration or state is at fault.
    Internal,
}

impl ErrorKind {
    /// HTTP status where no provider gave one.
    pub fn status(self) -> u16 {
        match self {
            ErrorKind::InvalidRequest
            | ErrorKind::Unsupported
            | ErrorKind::ContextLength
            | ErrorKind::ContentPolicy => 400,
            ErrorKind::Authentication => 401,
            ErrorKind::Billing => 402,
            ErrorKind::Permission => 403,
            ErrorKind::NotFound | ErrorKind::ModelNotFound => 404,
            ErrorKind::TooLarge => 413,
            ErrorKind::RateLimit => 429,
            ErrorKind::Internal | ErrorKind::Upstream => 500,
            ErrorKind::BadGateway => 502,
            ErrorKind::Overloaded => 503,
            ErrorKind::Timeout => 504,
        }
    }

    /// A short stable word, for metrics and filter state (`weir.error`).
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorKind::InvalidRequest => "invalid_request",
            ErrorKind::Unsupported => "unsupported_parameter",
            ErrorKind::ContextLength => "context_length_exceeded",
            ErrorKind::ContentPolicy => "content_policy_violation",
            ErrorKind::Authentication => "authentication",
            ErrorKind::Permission => "permission",
            ErrorKind::Billing => "insufficient_quota",
            ErrorKind::NotFound => "not_found",
            ErrorKind::ModelNotFound => "model_not_found",
            ErrorKind::TooLarge => "request_too_large",
            ErrorKind::RateLimit => "rate_limit",
            ErrorKind::Timeout => "timeout",
            ErrorKind::Overloaded => "overloaded",
            ErrorKind::Upstream => "upstream",
            ErrorKind::BadGateway => "bad_gateway",
            ErrorKind::Internal => "internal",
        }
    }

    /// The kind that an HTTP status tells, where the body tells nothing better.
    pub fn from_status(status: u16) -> Self {
        match status {
            401 => ErrorKind::Authentication,
            402 => ErrorKind::Billing,
            403 => ErrorKind::Permission,
            404 => ErrorKind::NotFound,
            408 | 504 => ErrorKind::Timeout,
            413 => ErrorKind::TooLarge,
            429 => ErrorKind::RateLimit,
            502 => ErrorKind::BadGateway,
            503 | 529 => ErrorKind::Overloaded,
            400..=499 => ErrorKind::InvalidRequest,
            _ => ErrorKind::Upstream,
        }
    }

    /// Whether another provider could serve where this one could not.
    pub fn retriable(self) -> bool {
        matches!(
            self,
            ErrorKind::RateLimit
                | ErrorKind::Timeout
                | ErrorKind::Overloaded
                | ErrorKind::Upstream
                | ErrorKind::BadGateway
        )
    }
}

impl Error {
    /// An error of the gateway's own, with the kind's status.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::of(kind, message.into())
    }

    #[inline(never)]
    fn of(kind: ErrorKind, message: String) -> Self {
        Error {
            kind,
            status: kind.status(),
            message,
            provider_type: None,
            code: None,
            param: None,
        }
    }

    /// Names the request's field at fault.
    pub fn with_param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// A request field that the target's wire cannot say.
    pub fn unsupported(field: impl Into<String>, target: &str) -> Self {
        Self::not_supported(field.into(), target)
    }

    #[inline(never)]
    fn not_supported(field: String, target: &str) -> Self {
        let message = format!("`{field}` is not supported by {target}");
        Error::new(ErrorKind::Unsupported, message).with_param(field)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Phrases by which providers tell that the conversation is longer than the model's context.
///
/// Source: LiteLLM's `exception_mapping_utils`, which drives fallbacks by them; see also each provider's docs.
const CONTEXT_PHRASES: [&str; 10] = [
    "maximum context length",
    "exceeds the maximum number of tokens allowed",
    "prompt is too long",
    "input length and `max_tokens` exceed context limit",
    "input length and max_tokens exceed context limit",
    "too many tokens",
    "longer than the model's context length",
    "`inputs` tokens + `max_new_tokens` must be",
    "input is too long",
    "context_length_exceeded",
];

/// Phrases by which providers tell that their safety system refused the request.
const POLICY_PHRASES: [&str; 4] = [
    "content_policy_violation",
    "responsibleaipolicyviolation",
    "the response was filtered",
    "content_filter",
];

/// Sorts a refused request finer than its status does: by what its message and code say.
///
/// `text` is the message, code and inner code, in any order.
pub fn classify(kind: ErrorKind, text: &str) -> ErrorKind {
    if !matches!(kind, ErrorKind::InvalidRequest | ErrorKind::TooLarge) {
        return kind;
    }
    let lower = text.to_ascii_lowercase();
    if CONTEXT_PHRASES.iter().any(|phrase| lower.contains(phrase)) {
        ErrorKind::ContextLength
    } else if POLICY_PHRASES.iter().any(|phrase| lower.contains(phrase)) {
        ErrorKind::ContentPolicy
    } else {
        kind
    }
}

/// Most characters of a foreign body that a message quotes.
const QUOTED_CHARS: usize = 300;

/// The beginning of a body that is not JSON, as one line fit for a message.
pub fn quote(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(QUOTED_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_sort_refusals() {
        let kind = ErrorKind::InvalidRequest;
        let context = "This model's maximum context length is 8192 tokens";
        assert_eq!(classify(kind, context), ErrorKind::ContextLength);
        assert_eq!(
            classify(kind, "ResponsibleAIPolicyViolation"),
            ErrorKind::ContentPolicy
        );
        assert_eq!(classify(kind, "no"), kind);
        assert_eq!(
            classify(ErrorKind::RateLimit, "too many tokens"),
            ErrorKind::RateLimit
        );
    }
}
