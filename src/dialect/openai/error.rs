//! Errors in OpenAI's wire: `{"error":{message,type,param,code}}`.

mod read;

pub use read::read;
pub(in crate::dialect) use read::{is_foreign, is_said, read_object};

use crate::chat::{Error, ErrorKind};
use crate::json::{self, Writer};

/// The error's response body.
pub fn body(error: &Error) -> Vec<u8> {
    let mut out = Vec::new();
    write(error, &mut out);
    out
}

/// The error as an event of a stream. What follows it is nothing: not even `[DONE]`.
pub fn event(error: &Error, out: &mut Vec<u8>) {
    out.extend_from_slice(b"data: ");
    write(error, out);
    out.extend_from_slice(b"\n\n");
}

/// Whether a body is an error of this wire.
pub fn is_body(body: &[u8]) -> bool {
    json::scan::top_level(body, ["error"])
        .is_ok_and(|[error]| error.is_some_and(|member| member.value.starts_with(b"{")))
}

fn write(error: &Error, out: &mut Vec<u8>) {
    let mut writer = Writer::new(out);
    writer.begin_object();
    writer.key("error");
    writer.begin_object();
    writer.field_str("message", &error.message);
    writer.field_str("type", error_type(error.kind));
    match &error.param {
        Some(param) => writer.field_str("param", param),
        None => writer.field_null("param"),
    }
    match error.code.as_deref().or(code(error.kind)) {
        Some(code) => writer.field_str("code", code),
        None => writer.field_null("code"),
    }
    writer.end_object();
    writer.end_object();
}

/// OpenAI's `type` of a kind. Source: OpenAI's error reference.
fn error_type(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidRequest
        | ErrorKind::Unsupported
        | ErrorKind::ContextLength
        | ErrorKind::ContentPolicy
        | ErrorKind::Authentication
        | ErrorKind::NotFound
        | ErrorKind::ModelNotFound
        | ErrorKind::TooLarge => "invalid_request_error",
        ErrorKind::Permission => "permission_error",
        ErrorKind::Billing => "insufficient_quota",
        ErrorKind::RateLimit => "rate_limit_error",
        ErrorKind::Timeout => "timeout_error",
        ErrorKind::Overloaded => "server_error",
        ErrorKind::Upstream | ErrorKind::BadGateway | ErrorKind::Internal => "api_error",
    }
}

/// OpenAI's `code` of a kind, where no provider gave one.
fn code(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::InvalidRequest | ErrorKind::Upstream | ErrorKind::Internal => return None,
        ErrorKind::Unsupported => "unsupported_parameter",
        ErrorKind::ContextLength => "context_length_exceeded",
        ErrorKind::ContentPolicy => "content_policy_violation",
        ErrorKind::Authentication => "invalid_api_key",
        ErrorKind::Permission => "access_denied",
        ErrorKind::Billing => "insufficient_quota",
        ErrorKind::NotFound => "not_found",
        ErrorKind::ModelNotFound => "model_not_found",
        ErrorKind::TooLarge => "request_too_large",
        ErrorKind::RateLimit => "rate_limit_exceeded",
        ErrorKind::Timeout => "timeout",
        ErrorKind::Overloaded => "overloaded",
        ErrorKind::BadGateway => "bad_gateway",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_all_four_fields() {
        let error = Error::unsupported("seed", "x");
        let want = r#"{"error":{"message":"`seed` is not supported by x","type":"invalid_request_error","param":"seed","code":"unsupported_parameter"}}"#;
        assert_eq!(body(&error), want.as_bytes());
    }
}
