//! Reads a provider's errors: `{"error":{code,message,status,details}}`, the same in an array (streams that are no
//! events), or what something in between says.

use crate::chat::error::{classify, quote};
use crate::chat::{Error, ErrorKind};
use crate::json::{self, Object, Text, Value};

/// Reads a provider's error answer: any bytes, with their HTTP status.
pub fn read(status: u16, body: &[u8]) -> Error {
    let parsed = json::parse(body).ok();
    let inner = parsed.as_ref().and_then(failure);
    let mut error = match inner {
        Some(inner) => from_object(inner),
        None => Error::new(ErrorKind::from_status(status), quote(body)),
    };
    if inner.is_none() {
        error.kind = classify(error.kind, &error.message);
    } else if error.provider_type.is_none() {
        error.kind = classify(ErrorKind::from_status(status), &error.message);
    }
    error.status = status;
    if error.message.is_empty() {
        error.message = format!("The provider answered {status}");
    }
    error
}

/// The error in an answer or a stream's event whose HTTP status is 200.
pub(super) fn read_inline(value: &Value<'_>) -> Error {
    let mut error = match failure(value) {
        Some(inner) => from_object(inner),
        None => Error::new(ErrorKind::Upstream, String::new()),
    };
    if error.message.is_empty() {
        error.message = "The provider reported an error without a message".to_owned();
    }
    error
}

/// The error's object in a body, an array around it or not.
pub(super) fn failure<'v, 'a>(value: &'v Value<'a>) -> Option<&'v Object<'a>> {
    let whole = match value {
        Value::Object(object) => object,
        Value::Array(list) => list.items().first()?.as_object()?,
        _ => return None,
    };
    whole.object("error")
}

/// The error with the kind and HTTP status that its own words tell.
fn from_object(inner: &Object<'_>) -> Error {
    let text = |key: &str| inner.str(key).map(|text| text.decode().into_owned());
    let word = text("status");
    let code = inner.u64("code").and_then(|code| u16::try_from(code).ok());
    let told = word.as_deref().and_then(kind_of_word);
    let kind = told.unwrap_or_else(|| ErrorKind::from_status(code.unwrap_or(500)));
    let mut error = Error::new(kind, text("message").unwrap_or_default());
    error.kind = if reasons(inner).any(|reason| reason.is("API_KEY_INVALID")) {
        ErrorKind::Authentication
    } else {
        classify(kind, &error.message)
    };
    error.status = match code.filter(|code| (400..600).contains(code)) {
        Some(code) => code,
        None => error.kind.status(),
    };
    error.provider_type = word;
    error
}

/// The reasons that an error's details name.
fn reasons<'v, 'a>(inner: &'v Object<'a>) -> impl Iterator<Item = &'v Text<'a>> {
    let details = inner.array("details").map(|list| list.items());
    let details = details.unwrap_or_default().iter();
    details.filter_map(|detail| detail.as_object()?.str("reason"))
}

/// Source: Google's `google/rpc/code.proto`.
fn kind_of_word(word: &str) -> Option<ErrorKind> {
    Some(match word {
        "INVALID_ARGUMENT" | "FAILED_PRECONDITION" | "OUT_OF_RANGE" | "ALREADY_EXISTS" => {
            ErrorKind::InvalidRequest
        }
        "UNAUTHENTICATED" => ErrorKind::Authentication,
        "PERMISSION_DENIED" => ErrorKind::Permission,
        // What is asked for by a path is the model.
        "NOT_FOUND" => ErrorKind::ModelNotFound,
        "RESOURCE_EXHAUSTED" => ErrorKind::RateLimit,
        "UNAVAILABLE" => ErrorKind::Overloaded,
        "DEADLINE_EXCEEDED" => ErrorKind::Timeout,
        "UNIMPLEMENTED" => ErrorKind::Unsupported,
        "INTERNAL" | "UNKNOWN" | "DATA_LOSS" | "ABORTED" | "CANCELLED" => ErrorKind::Upstream,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_words_tell_kinds() {
        let given = br#"{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}"#;
        let error = read(429, given);
        assert_eq!((error.kind, error.status), (ErrorKind::RateLimit, 429));
        assert_eq!(error.provider_type.as_deref(), Some("RESOURCE_EXHAUSTED"));
        let array = [b"[".as_slice(), given, b"\n]\n"].concat();
        assert_eq!(read(429, &array), error);
    }

    #[test]
    fn an_invalid_key_is_told_by_its_reason() {
        let given = br#"{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#;
        let error = read(400, given);
        assert_eq!((error.kind, error.status), (ErrorKind::Authentication, 400));
    }

    #[test]
    fn long_prompts_are_told_apart() {
        let given = br#"{"error":{"code":400,"message":"The input token count (2) exceeds the maximum number of tokens allowed (1).","status":"INVALID_ARGUMENT"}}"#;
        assert_eq!(read(400, given).kind, ErrorKind::ContextLength);
    }

    #[test]
    fn what_is_not_googles_is_quoted() {
        let error = read(502, b"<html>bad\ngateway</html>");
        assert_eq!(error.kind, ErrorKind::BadGateway);
        assert_eq!(error.message, "<html>bad gateway</html>");
        assert_eq!(read(404, b"").message, "The provider answered 404");
    }
}
