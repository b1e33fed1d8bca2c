//! Errors in OpenAI's wire: `{"error":{message,type,param,code}}`.

use crate::chat::error::{classify, quote};
use crate::chat::{Error, ErrorKind};
use crate::json::{self, Object, Value, Writer};

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

/// OpenAI's `type` of a kind. Source: DIALECTS, error mapping; OpenAI's error reference.
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

/// Reads a provider's error answer: any bytes, with their HTTP status.
///
/// Besides OpenAI's own shape it knows what compatible hosts send: `{"error":"…"}`, `{"message":…}`, `{"detail":…}`.
pub fn read(status: u16, body: &[u8]) -> Error {
    let kind = ErrorKind::from_status(status);
    let mut error = Error::new(kind, "");
    error.status = status;
    match json::parse(body) {
        Ok(Value::Object(object)) => from_object(&mut error, &object),
        _ => error.message = quote(body),
    }
    if error.message.is_empty() {
        error.message = format!("The provider answered with status {status} and no message");
    }
    let seen = format!(
        "{} {}",
        error.message,
        error.code.as_deref().unwrap_or_default()
    );
    error.kind = classify(error.kind, &seen);
    error
}

/// Reads the error object of a 200, or of an event inside a stream; its status is told by what it says.
pub(super) fn read_object(object: &Object<'_>) -> Error {
    let mut error = Error::new(ErrorKind::Upstream, "");
    from_object(&mut error, object);
    let said = [error.provider_type.as_deref(), error.code.as_deref()];
    let status = error
        .code
        .as_deref()
        .and_then(|code| code.parse::<u16>().ok());
    error.kind = match status.filter(|status| (400..600).contains(status)) {
        Some(status) => ErrorKind::from_status(status),
        None => said
            .into_iter()
            .flatten()
            .find_map(kind_of_word)
            .unwrap_or(ErrorKind::Upstream),
    };
    let seen = format!(
        "{} {}",
        error.message,
        error.code.as_deref().unwrap_or_default()
    );
    error.kind = classify(error.kind, &seen);
    error.status = status
        .filter(|status| (400..600).contains(status))
        .unwrap_or(error.kind.status());
    if error.message.is_empty() {
        error.message = "The provider reported an error without a message".to_owned();
    }
    error
}

fn from_object(error: &mut Error, object: &Object<'_>) {
    let inner = object.object("error").unwrap_or(object);
    let text = |object: &Object<'_>, key: &str| match object.get(key) {
        Some(Value::String(text)) => Some(text.decode().into_owned()),
        Some(Value::Number(number)) => Some((*number).to_owned()),
        Some(Value::Array(list)) => Some(list.raw().to_owned()),
        _ => None,
    };
    let message = text(inner, "message")
        .or_else(|| text(object, "error"))
        .or_else(|| text(object, "detail"));
    error.message = message
        .or_else(|| text(object, "message"))
        .unwrap_or_default();
    error.provider_type = text(inner, "type");
    error.code = text(inner, "code");
    error.param = text(inner, "param");
    match error.code.as_deref() {
        Some("model_not_found" | "DeploymentNotFound") => error.kind = ErrorKind::ModelNotFound,
        Some("insufficient_quota") => error.kind = ErrorKind::Billing,
        _ => {}
    }
}

/// What `type` and `code` words mean where there is no status.
fn kind_of_word(word: &str) -> Option<ErrorKind> {
    Some(match word {
        "invalid_request_error" | "BadRequestError" => ErrorKind::InvalidRequest,
        "authentication_error" | "invalid_api_key" => ErrorKind::Authentication,
        "permission_error" => ErrorKind::Permission,
        "insufficient_quota" | "billing_error" => ErrorKind::Billing,
        "not_found_error" => ErrorKind::NotFound,
        "model_not_found" => ErrorKind::ModelNotFound,
        "rate_limit_error" | "rate_limit_exceeded" | "requests" | "tokens" => ErrorKind::RateLimit,
        "timeout_error" | "timeout" => ErrorKind::Timeout,
        "overloaded_error" | "overloaded" | "server_overloaded" => ErrorKind::Overloaded,
        "content_filter" => ErrorKind::ContentPolicy,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_of_compatible_hosts() {
        let message = |body: &str| read(400, body.as_bytes()).message;
        assert_eq!(message(r#"{"error":{"message":"a"}}"#), "a");
        assert_eq!(message(r#"{"error":"b"}"#), "b");
        assert_eq!(message(r#"{"message":"c"}"#), "c");
        assert_eq!(message(r#"{"detail":"d"}"#), "d");
        assert_eq!(message("<html>\n oops </html>"), "<html> oops </html>");
        assert_eq!(
            message(""),
            "The provider answered with status 400 and no message"
        );
    }

    #[test]
    fn words_tell_the_kind() {
        let quota = r#"{"error":{"message":"x","code":"insufficient_quota"}}"#;
        assert_eq!(read(429, quota.as_bytes()).kind, ErrorKind::Billing);
        let json::Value::Object(object) =
            json::parse(br#"{"error":{"message":"m","code":429}}"#).expect("JSON")
        else {
            panic!("an object");
        };
        let error = read_object(&object);
        assert_eq!((error.kind, error.status), (ErrorKind::RateLimit, 429));
    }

    #[test]
    fn bodies_have_all_four_fields() {
        let error = Error::unsupported("seed", "x");
        let want = r#"{"error":{"message":"`seed` is not supported by x","type":"invalid_request_error","param":"seed","code":"unsupported_parameter"}}"#;
        assert_eq!(body(&error), want.as_bytes());
    }
}
