//! Errors in Anthropic's wire: `{"type":"error","error":{type,message}}`.

use crate::chat::error::{classify, quote};
use crate::chat::{Error, ErrorKind};
use crate::json::{self, Object, Value, Writer};

/// The error's response body.
pub fn body(error: &Error) -> Vec<u8> {
    let mut out = Vec::new();
    write(error, &mut out);
    out
}

/// The error as an event of a stream. Nothing follows it.
pub fn event(error: &Error, out: &mut Vec<u8>) {
    out.extend_from_slice(b"event: error\ndata: ");
    write(error, out);
    out.extend_from_slice(b"\n\n");
}

/// Whether a body is an error of this wire.
pub fn is_body(body: &[u8]) -> bool {
    json::scan::top_level(body, ["type", "error"]).is_ok_and(|[kind, error]| {
        kind.is_some_and(|member| member.value == b"\"error\"")
            && error.is_some_and(|member| member.value.starts_with(b"{"))
    })
}

fn write(error: &Error, out: &mut Vec<u8>) {
    let mut writer = Writer::new(out);
    writer.begin_object();
    writer.field_str("type", "error");
    writer.key("error");
    writer.begin_object();
    writer.field_str("type", error_type(error));
    writer.field_str("message", &error.message);
    writer.end_object();
    writer.end_object();
}

/// Anthropic's `type` of a kind. Source: Anthropic's API reference, "Errors".
fn error_type(error: &Error) -> &'static str {
    match error.kind {
        ErrorKind::InvalidRequest
        | ErrorKind::Unsupported
        | ErrorKind::ContextLength
        | ErrorKind::ContentPolicy => "invalid_request_error",
        ErrorKind::Authentication => "authentication_error",
        ErrorKind::Billing => "billing_error",
        ErrorKind::Permission => "permission_error",
        ErrorKind::NotFound | ErrorKind::ModelNotFound => "not_found_error",
        ErrorKind::TooLarge => "request_too_large",
        ErrorKind::RateLimit => "rate_limit_error",
        ErrorKind::Timeout => "timeout_error",
        ErrorKind::Overloaded => "overloaded_error",
        ErrorKind::Upstream | ErrorKind::BadGateway | ErrorKind::Internal => "api_error",
    }
}

/// Reads a provider's error answer: any bytes, with their HTTP status.
pub fn read(status: u16, body: &[u8]) -> Error {
    let mut error = Error::new(ErrorKind::from_status(status), "");
    error.status = status;
    match json::parse(body) {
        Ok(Value::Object(object)) => from_object(&mut error, &object),
        _ => error.message = quote(body),
    }
    if error.message.is_empty() {
        error.message = format!("The provider answered with status {status} and no message");
    }
    error.kind = classify(error.kind, &error.message);
    error
}

/// Reads the error of a 200, or of an event inside a stream.
pub(super) fn read_object(object: &Object<'_>) -> Error {
    let mut error = Error::new(ErrorKind::Upstream, "");
    from_object(&mut error, object);
    error.kind = error
        .provider_type
        .as_deref()
        .and_then(kind_of_word)
        .unwrap_or(ErrorKind::Upstream);
    error.kind = classify(error.kind, &error.message);
    error.status = match error.kind {
        // Anthropic's own status for it.
        ErrorKind::Overloaded => 529,
        kind => kind.status(),
    };
    if error.message.is_empty() {
        error.message = "The provider reported an error without a message".to_owned();
    }
    error
}

fn from_object(error: &mut Error, object: &Object<'_>) {
    let inner = object.object("error").unwrap_or(object);
    let text = |key: &str| inner.str(key).map(|text| text.decode().into_owned());
    error.message = text("message").unwrap_or_default();
    error.provider_type = text("type");
}

fn kind_of_word(word: &str) -> Option<ErrorKind> {
    Some(match word {
        "invalid_request_error" => ErrorKind::InvalidRequest,
        "authentication_error" => ErrorKind::Authentication,
        "billing_error" => ErrorKind::Billing,
        "permission_error" => ErrorKind::Permission,
        "not_found_error" => ErrorKind::NotFound,
        "request_too_large" => ErrorKind::TooLarge,
        "rate_limit_error" => ErrorKind::RateLimit,
        "timeout_error" => ErrorKind::Timeout,
        "overloaded_error" => ErrorKind::Overloaded,
        "api_error" => ErrorKind::Upstream,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        let given = br#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}"#;
        let error = read(529, given);
        assert_eq!((error.kind, error.status), (ErrorKind::Overloaded, 529));
        let want =
            br#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
        assert_eq!(body(&error), want);
        assert!(is_body(given));
        assert!(!is_body(br#"{"error":{"message":"x"}}"#));
    }

    #[test]
    fn long_prompts_are_told_apart() {
        let given = br#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 2 > 1"}}"#;
        assert_eq!(read(400, given).kind, ErrorKind::ContextLength);
    }
}
