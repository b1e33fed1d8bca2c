//! Renders errors for this wire's clients.

use crate::chat::{Error, ErrorKind};
use crate::json::{self, Value, Writer};

/// The error's response body.
pub fn body(error: &Error) -> Vec<u8> {
    let mut out = Vec::new();
    write(error, &mut out);
    out
}

/// The error as an event of a stream that has begun; `array` tells a stream that is one JSON array. Nothing follows it.
pub fn event(error: &Error, array: bool, out: &mut Vec<u8>) {
    write_event(error, array, true, out);
}

/// The same, where it is known whether an event came before it.
pub(in crate::dialect::gemini) fn write_event(
    error: &Error,
    array: bool,
    begun: bool,
    out: &mut Vec<u8>,
) {
    begin_event(array, begun, out);
    write(error, out);
    end_event(array, true, out);
}

/// What comes before an event. `begun` tells whether it is not the first.
pub(in crate::dialect::gemini) fn begin_event(array: bool, begun: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(match (array, begun) {
        (false, _) => b"data: ",
        (true, false) => b"[",
        (true, true) => b"\n,\r\n",
    });
}

/// What comes after an event.
pub(in crate::dialect::gemini) fn end_event(array: bool, last: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(match (array, last) {
        (false, _) => b"\r\n\r\n",
        (true, false) => b"",
        (true, true) => b"\n]",
    });
}

/// Whether a body is an error of this wire. Streams without server-sent events have it in an array.
pub fn is_body(body: &[u8]) -> bool {
    let Ok(value) = json::parse(body) else {
        return false;
    };
    let object = match &value {
        Value::Array(array) => array.items().first(),
        value => Some(value),
    };
    let error = object
        .and_then(Value::as_object)
        .and_then(|object| object.object("error"));
    // OpenAI's errors look alike, but their `code` is a word and they have no `status`.
    error.is_some_and(|error| error.str("status").is_some() || error.u64("code").is_some())
}

fn write(error: &Error, out: &mut Vec<u8>) {
    let mut w = Writer::new(out);
    w.begin_object();
    w.key("error");
    w.begin_object();
    w.field_number("code", error.status);
    w.field_str("message", &error.message);
    w.field_str("status", status_word(error));
    if let Some(param) = &error.param {
        w.key("details");
        w.begin_array();
        w.begin_object();
        w.field_str("@type", "type.googleapis.com/google.rpc.BadRequest");
        w.key("fieldViolations");
        w.begin_array();
        w.begin_object();
        w.field_str("field", param);
        w.field_str("description", &error.message);
        w.end_object();
        w.end_array();
        w.end_object();
        w.end_array();
    }
    w.end_object();
    w.end_object();
}

/// Google's words. Source: `google.rpc.Code`.
const WORDS: [&str; 16] = [
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Google's word for an error: its own, where it sent one.
fn status_word(error: &Error) -> &'static str {
    let own = error.provider_type.as_deref();
    if let Some(word) = WORDS.iter().find(|word| Some(**word) == own) {
        return word;
    }
    match error.kind {
        ErrorKind::InvalidRequest
        | ErrorKind::Unsupported
        | ErrorKind::ContextLength
        | ErrorKind::ContentPolicy
        | ErrorKind::TooLarge => "INVALID_ARGUMENT",
        ErrorKind::Authentication => "UNAUTHENTICATED",
        ErrorKind::Permission => "PERMISSION_DENIED",
        ErrorKind::NotFound | ErrorKind::ModelNotFound => "NOT_FOUND",
        ErrorKind::RateLimit | ErrorKind::Billing => "RESOURCE_EXHAUSTED",
        ErrorKind::Timeout => "DEADLINE_EXCEEDED",
        ErrorKind::Overloaded | ErrorKind::BadGateway => "UNAVAILABLE",
        ErrorKind::Upstream | ErrorKind::Internal => "INTERNAL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn googles_shape() {
        let error = Error::new(ErrorKind::RateLimit, "slow \"down\"");
        let want =
            r#"{"error":{"code":429,"message":"slow \"down\"","status":"RESOURCE_EXHAUSTED"}}"#;
        assert_eq!(String::from_utf8_lossy(&body(&error)), want);
        assert!(is_body(want.as_bytes()));
        let mut own = error.clone();
        own.provider_type = Some("UNAVAILABLE".to_owned());
        assert!(String::from_utf8_lossy(&body(&own)).contains(r#""status":"UNAVAILABLE""#));
        own.provider_type = Some("rate_limit_error".to_owned());
        assert!(String::from_utf8_lossy(&body(&own)).contains("RESOURCE_EXHAUSTED"));
    }

    #[test]
    fn the_field_at_fault_is_named() {
        let error = Error::new(ErrorKind::InvalidRequest, "no").with_param("contents[0]");
        let want = r#"{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"contents[0]","description":"no"}]}]}}"#;
        assert_eq!(String::from_utf8_lossy(&body(&error)), want);
    }

    #[test]
    fn events_end_the_stream() {
        let error = Error::new(ErrorKind::Internal, "x");
        let text = |array, begun| {
            let mut out = Vec::new();
            write_event(&error, array, begun, &mut out);
            String::from_utf8(out).expect("text")
        };
        assert!(text(false, true).ends_with("}}\r\n\r\n"));
        assert!(text(true, false).starts_with(r#"[{"error""#));
        assert!(text(true, true).starts_with("\n,\r\n{") && text(true, true).ends_with("}\n]"));
    }

    #[test]
    fn other_wires_errors_are_not_googles() {
        assert!(is_body(br#"[{"error":{"code":503,"message":"m"}}]"#));
        for other in [
            &br#"{"error":{"message":"m","type":"t","param":null,"code":"c"}}"#[..],
            br#"{"type":"error","error":{"type":"t","message":"m"}}"#,
            br#"{"error":"m"}"#,
            b"[]",
            b"{",
        ] {
            assert!(!is_body(other));
        }
    }
}
