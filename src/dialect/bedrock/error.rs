//! AWS's errors: `{"message":…}`, their class in the header `x-amzn-errortype`, in the body's `__type`, or in a stream's
//! exception.

use crate::chat::error::{classify, quote};
use crate::chat::{Error, ErrorKind};
use crate::json::{self, Object, Value};

/// Classes without their `Exception`, what they mean, and the status that they have.
///
/// Source: AWS's service model of bedrock-runtime; the signature's classes from AWS's "Common Errors".
const CLASSES: [(&str, ErrorKind, u16); 24] = [
    ("validation", ErrorKind::InvalidRequest, 400),
    ("serialization", ErrorKind::InvalidRequest, 400),
    ("validationerror", ErrorKind::InvalidRequest, 400),
    ("servicequotaexceeded", ErrorKind::RateLimit, 400),
    ("conflict", ErrorKind::InvalidRequest, 400),
    ("accessdenied", ErrorKind::Permission, 403),
    ("optinrequired", ErrorKind::Permission, 403),
    ("unrecognizedclient", ErrorKind::Authentication, 403),
    ("expiredtoken", ErrorKind::Authentication, 403),
    ("invalidsignature", ErrorKind::Authentication, 403),
    ("incompletesignature", ErrorKind::Authentication, 403),
    ("missingauthenticationtoken", ErrorKind::Authentication, 403),
    ("invalidclienttokenid", ErrorKind::Authentication, 403),
    ("resourcenotfound", ErrorKind::ModelNotFound, 404),
    ("unknownoperation", ErrorKind::NotFound, 404),
    ("modeltimeout", ErrorKind::Timeout, 408),
    ("modelerror", ErrorKind::Upstream, 424),
    ("modelstreamerror", ErrorKind::Upstream, 424),
    ("throttling", ErrorKind::RateLimit, 429),
    ("toomanyrequests", ErrorKind::RateLimit, 429),
    ("modelnotready", ErrorKind::Overloaded, 429),
    ("internalserver", ErrorKind::Upstream, 500),
    ("internalfailure", ErrorKind::Upstream, 500),
    ("serviceunavailable", ErrorKind::Overloaded, 503),
];

/// Reads a provider's error answer: any bytes, with their HTTP status and class (`x-amzn-errortype`).
pub fn read(status: u16, class: Option<&str>, body: &[u8]) -> Error {
    let parsed = json::parse(body);
    let object = parsed.as_ref().ok().and_then(Value::as_object);
    let mut error = match object {
        Some(object) => from_object(class, object),
        None => named(class, quote(body)),
    };
    error.status = status;
    if class_of(error.provider_type.as_deref()).is_none() {
        error.kind = ErrorKind::from_status(status);
    }
    finished(error)
}

/// Reads an exception inside a stream: its name and payload.
pub(super) fn exception(name: &[u8], payload: &[u8]) -> Error {
    let name = String::from_utf8_lossy(name);
    let parsed = json::parse(payload);
    let mut error = match parsed.as_ref().ok().and_then(Value::as_object) {
        Some(object) => from_object(Some(&name), object),
        None => named(Some(&name), quote(payload)),
    };
    error.kind = class_of(error.provider_type.as_deref()).map_or(ErrorKind::Upstream, |c| c.1);
    error.status = class_of(error.provider_type.as_deref()).map_or(500, |class| class.2);
    finished(error)
}

/// Reads the error of a 200, whose body is this.
pub(super) fn read_object(object: &Object<'_>) -> Error {
    let mut error = from_object(None, object);
    if let Some((_, kind, status)) = class_of(error.provider_type.as_deref()) {
        (error.kind, error.status) = (*kind, *status);
    }
    finished(error)
}

/// Whether an object is an error: it has a message, or names a class.
pub(super) fn is_object(object: &Object<'_>) -> bool {
    let inner = object.object("Output").unwrap_or(object);
    ["message", "Message", "__type"]
        .iter()
        .any(|key| inner.str(key).is_some())
}

fn from_object(class: Option<&str>, object: &Object<'_>) -> Error {
    let inner = object.object("Output").unwrap_or(object);
    let text = |key: &str| inner.str(key).map(|text| text.decode().into_owned());
    let own = text("__type");
    let mut message = text("message")
        .or_else(|| text("Message"))
        .unwrap_or_default();
    if let Some(original) = text("originalMessage").filter(|original| *original != message) {
        let between = if message.is_empty() { "" } else { " " };
        message = format!("{message}{between}{original}");
    }
    named(class.or(own.as_deref()), message)
}

fn named(class: Option<&str>, message: String) -> Error {
    let mut error = Error::new(ErrorKind::Upstream, message);
    error.provider_type = class.map(bare).filter(|name| !name.is_empty());
    if let Some((_, kind, _)) = class_of(error.provider_type.as_deref()) {
        error.kind = *kind;
    }
    error
}

/// `ValidationException` of `com.amazon.coral#ValidationException:http://internal…`.
fn bare(class: &str) -> String {
    let name = class.split(':').next().unwrap_or_default();
    let name = name.rsplit('#').next().unwrap_or_default();
    name.trim().to_owned()
}

fn class_of(name: Option<&str>) -> Option<&'static (&'static str, ErrorKind, u16)> {
    let lower = name?.to_ascii_lowercase();
    let name = lower.strip_suffix("exception").unwrap_or(&lower);
    CLASSES.iter().find(|(class, _, _)| *class == name)
}

fn finished(mut error: Error) -> Error {
    // An unknown model is no 404 here.
    let lower = error.message.to_ascii_lowercase();
    if lower.contains("model identifier is invalid") {
        error.kind = ErrorKind::ModelNotFound;
    }
    error.kind = classify(error.kind, &error.message);
    if error.message.is_empty() {
        error.message = match &error.provider_type {
            Some(class) => format!("The provider answered with {class} and no message"),
            None => format!(
                "The provider answered with status {} and no message",
                error.status
            ),
        };
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, class: Option<&str>, body: &str) -> (ErrorKind, u16) {
        let error = read(status, class, body.as_bytes());
        (error.kind, error.status)
    }

    #[test]
    fn classes_say_more_than_statuses() {
        let coral = "ExpiredTokenException:http://internal.amazon.com/coral/";
        assert_eq!(
            kind(403, Some(coral), "{}"),
            (ErrorKind::Authentication, 403)
        );
        assert_eq!(kind(403, None, "{}"), (ErrorKind::Permission, 403));
        let body = r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"no"}"#;
        assert_eq!(kind(403, None, body), (ErrorKind::Permission, 403));
        assert_eq!(read(403, None, body.as_bytes()).message, "no");
        assert_eq!(
            kind(503, Some("What"), "<html>"),
            (ErrorKind::Overloaded, 503)
        );
        let error = read(424, Some("ModelErrorException"), b"");
        assert_eq!((error.kind, error.status), (ErrorKind::Upstream, 424));
        assert!(error.message.contains("ModelErrorException"));
    }

    #[test]
    fn messages_sort_refusals() {
        let class = Some("ValidationException");
        let long = r#"{"message":"Input is too long for requested model."}"#;
        assert_eq!(kind(400, class, long), (ErrorKind::ContextLength, 400));
        let unknown = r#"{"message":"The provided model identifier is invalid."}"#;
        assert_eq!(kind(400, class, unknown), (ErrorKind::ModelNotFound, 400));
    }

    #[test]
    fn exceptions_have_their_classes_status() {
        let error = exception(b"throttlingException", br#"{"message":"slow"}"#);
        assert_eq!((error.kind, error.status), (ErrorKind::RateLimit, 429));
        let error = exception(
            b"modelStreamErrorException",
            br#"{"message":"broke.","originalStatusCode":500,"originalMessage":"why"}"#,
        );
        assert_eq!((error.status, error.message.as_str()), (424, "broke. why"));
        let error = exception(b"newException", b"");
        assert_eq!((error.kind, error.status), (ErrorKind::Upstream, 500));
        assert!(!error.message.is_empty());
    }
}
