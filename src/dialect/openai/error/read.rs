//! Errors as OpenAI and its compatible hosts send them.

use crate::chat::error::{classify, quote};
use crate::chat::{Error, ErrorKind};
use crate::json::{self, Object, Text, Value};

/// Reads a provider's error answer: any bytes, with their HTTP status.
pub fn read(status: u16, body: &[u8]) -> Error {
    let mut error = Error::new(ErrorKind::from_status(status), "");
    error.status = status;
    match json::parse(body) {
        Ok(Value::Object(object)) => from_object(&mut error, &object),
        // Google's compatible layer wraps its errors in an array.
        Ok(Value::Array(list)) => match list.items().first().and_then(Value::as_object) {
            Some(object) => from_object(&mut error, object),
            None => error.message = quote(body),
        },
        _ => error.message = quote(body),
    }
    if error.message.is_empty() {
        error.message = format!("The provider answered with status {status} and no message");
    }
    // A host's word is finer than a status that only tells whose fault it was.
    let finer = words(&error).find_map(|word| finer(error.kind, word));
    error.kind = finer.unwrap_or(error.kind);
    sort(&mut error);
    error
}

/// Reads the error object of a 200, or of an event inside a stream; its status is told by what it says.
pub(in crate::dialect) fn read_object(object: &Object<'_>) -> Error {
    let mut error = Error::new(ErrorKind::Upstream, "");
    from_object(&mut error, object);
    let inner = object.object("error").unwrap_or(object);
    let numbers = ["status_code", "code", "status"].map(|key| {
        [inner, object]
            .iter()
            .find_map(|object| match object.get(key) {
                Some(Value::String(text)) => text.decode().parse::<u64>().ok(),
                value => value?.as_u64(),
            })
    });
    let status = numbers
        .into_iter()
        .flatten()
        .find(|status| (400..600).contains(status))
        .and_then(|status| u16::try_from(status).ok());
    error.kind = match status {
        Some(status) => ErrorKind::from_status(status),
        None => words(&error)
            .find_map(kind_of_word)
            .unwrap_or(ErrorKind::Upstream),
    };
    sort(&mut error);
    error.status = status.unwrap_or(error.kind.status());
    if error.message.is_empty() {
        error.message = "The provider reported an error without a message".to_owned();
    }
    error
}

/// Whether an answer, a chunk or a choice says that it failed.
pub(in crate::dialect) fn is_said(object: &Object<'_>) -> bool {
    match object.get("error") {
        Some(Value::Object(error)) => !error.members().is_empty(),
        Some(Value::String(error)) => !error.is_empty(),
        Some(Value::Array(errors)) => !errors.items().is_empty(),
        _ => {
            let word = |key: &str| object.str(key).is_some_and(|word| word.is("error"));
            word("object") || word("type")
        }
    }
}

/// Whether a body that is no answer is an error in one of the forms that have no `error`.
pub(in crate::dialect) fn is_foreign(object: &Object<'_>) -> bool {
    [
        "message",
        "Message",
        "detail",
        "errors",
        "error_code",
        "error_message",
    ]
    .iter()
    .any(|key| object.get(key).is_some_and(|value| !value.is_null()))
}

/// The provider's `type` and `code`.
fn words(error: &Error) -> impl Iterator<Item = &str> {
    let said = [error.code.as_deref(), error.provider_type.as_deref()];
    said.into_iter().flatten()
}

fn sort(error: &mut Error) {
    let seen = format!(
        "{} {}",
        error.message,
        error.code.as_deref().unwrap_or_default()
    );
    error.kind = classify(error.kind, &seen);
    let lower = seen.to_ascii_lowercase();
    // xAI and Google answer a wrong key with a 400.
    let key = ["incorrect api key", "api key not valid", "api_key_invalid"];
    if error.kind == ErrorKind::InvalidRequest && key.iter().any(|words| lower.contains(words)) {
        error.kind = ErrorKind::Authentication;
    }
}

/// Takes over what an error's object says, in OpenAI's form or a host's own:
/// `{"error":"…"}` (Hugging Face, TGI, Ollama, xAI), `{"detail":"…"}` and `{"detail":[…]}` (Mistral, Voyage and what is
/// built on FastAPI), `{"message":…}` (Mistral, vLLM, Cohere), `{"error_code","message"}` (Databricks),
/// `{"errors":[…]}` (watsonx).
fn from_object(error: &mut Error, object: &Object<'_>) {
    let listed = || object.array("errors")?.items().first()?.as_object();
    let inner = object.object("error").or_else(listed).unwrap_or(object);
    let both = |keys: &[&str]| {
        let find = |object: &Object<'_>| keys.iter().find_map(|key| scalar(object.get(key)));
        find(inner).or_else(|| find(object))
    };
    let detail = details(object)
        .or_else(|| details(inner))
        .or_else(|| details(object.object("message")?));
    let (message, param) = match detail {
        Some((message, param)) => (Some(message), param),
        None => (None, None),
    };
    error.message = scalar(inner.get("message"))
        .or_else(|| scalar(object.get("error")))
        .or(message)
        .or_else(|| {
            both(&[
                "message",
                "Message",
                "detail",
                "error_message",
                "error_msg",
                "msg",
                "title",
            ])
        })
        .unwrap_or_default();
    if error.message.is_empty()
        && let Some(Value::Object(nested)) = inner.get("message")
    {
        error.message = nested.raw().to_owned();
    }
    let status = inner.str("status").map(|word| word.decode().into_owned());
    error.provider_type = both(&["type", "error_type"])
        .filter(|word| word != "error")
        .or(status);
    error.code = both(&["code", "error_code"]);
    error.param = both(&["param"]).or(param);
    let metadata = inner.object("metadata");
    if let Some(raw) = metadata.and_then(|metadata| metadata.str("raw")) {
        // OpenRouter says only that the provider failed; what it said itself is quoted here.
        let raw = raw.decode();
        let own = match json::parse(raw.as_bytes()) {
            Ok(Value::Object(own)) => {
                let mut cause = Error::new(ErrorKind::Upstream, "");
                if own
                    .object("error")
                    .is_none_or(|own| own.object("metadata").is_none())
                {
                    from_object(&mut cause, &own);
                }
                cause.message
            }
            _ => quote(raw.as_bytes()),
        };
        if !own.is_empty() {
            error.message = format!("{}: {own}", error.message);
        }
    }
    let reasons = inner
        .array("details")
        .map(|list| list.items())
        .unwrap_or_default();
    let reason = reasons
        .iter()
        .find_map(|detail| detail.as_object()?.str("reason"));
    let innermost = inner
        .object("innererror")
        .and_then(|inner| inner.str("code"));
    for word in [reason, innermost].into_iter().flatten() {
        if word.is("ResponsibleAIPolicyViolation") {
            error.code = Some("content_filter".to_owned());
        } else if word.is("API_KEY_INVALID") {
            error.code = Some("invalid_api_key".to_owned());
            error.kind = ErrorKind::Authentication;
        }
    }
}

/// A string, a number, or a list of strings.
fn scalar(value: Option<&Value<'_>>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.decode().into_owned()),
        Value::Number(number) => Some((*number).to_owned()),
        Value::Array(list) => {
            let words: Vec<String> = list
                .items()
                .iter()
                .filter_map(|item| Some(item.as_str()?.decode().into_owned()))
                .collect();
            (!words.is_empty()).then(|| words.join("; "))
        }
        _ => None,
    }
}

/// FastAPI's list of what is wrong, `[{"loc":["body","messages",0],"msg":"…"}]`, as a message and the first's place.
fn details(object: &Object<'_>) -> Option<(String, Option<String>)> {
    let list = object.array("detail")?;
    let mut lines = Vec::new();
    let mut param = None;
    for item in list.items().iter().filter_map(Value::as_object) {
        let message = item.str("msg").or_else(|| item.str("message"));
        let message = message.map(Text::decode).unwrap_or_default();
        let place = item.array("loc").map(|loc| loc.items()).unwrap_or_default();
        let place: Vec<String> = place
            .iter()
            .filter_map(|step| scalar(Some(step)))
            .filter(|step| step != "body")
            .collect();
        if place.is_empty() {
            lines.push(message.into_owned());
        } else {
            let place = place.join(".");
            lines.push(format!("{place}: {message}"));
            param.get_or_insert(place);
        }
    }
    (!lines.is_empty()).then(|| (lines.join("; "), param))
}

/// What a word makes of an error whose status told `kind`.
fn finer(kind: ErrorKind, word: &str) -> Option<ErrorKind> {
    let told = match word {
        "DeploymentNotFound" | "model_decommissioned" => ErrorKind::ModelNotFound,
        _ => kind_of_word(word)?,
    };
    let fits = match kind {
        ErrorKind::NotFound => told == ErrorKind::ModelNotFound,
        ErrorKind::RateLimit => matches!(told, ErrorKind::Billing | ErrorKind::Overloaded),
        ErrorKind::Upstream => matches!(told, ErrorKind::Overloaded | ErrorKind::Timeout),
        ErrorKind::InvalidRequest => matches!(
            told,
            ErrorKind::ModelNotFound
                | ErrorKind::Billing
                | ErrorKind::Authentication
                | ErrorKind::ContextLength
                | ErrorKind::ContentPolicy
        ),
        _ => false,
    };
    fits.then_some(told)
}

/// What `type` and `code` words mean where there is no status.
fn kind_of_word(word: &str) -> Option<ErrorKind> {
    Some(match word {
        "invalid_request_error"
        | "BadRequestError"
        | "BAD_REQUEST"
        | "INVALID_ARGUMENT"
        | "INVALID_PARAMETER_VALUE"
        | "FAILED_PRECONDITION"
        | "validation"
        | "tool_use_failed" => ErrorKind::InvalidRequest,
        "authentication_error"
        | "invalid_api_key"
        | "UNAUTHENTICATED"
        | "AuthenticationError"
        | "authentication_token_expired" => ErrorKind::Authentication,
        "permission_error" | "PERMISSION_DENIED" | "PermissionDeniedError" => ErrorKind::Permission,
        "insufficient_quota" | "billing_error" | "insufficient_balance" => ErrorKind::Billing,
        "not_found_error" | "NOT_FOUND" | "NotFoundError" => ErrorKind::NotFound,
        "model_not_found" | "RESOURCE_DOES_NOT_EXIST" => ErrorKind::ModelNotFound,
        "rate_limit_error"
        | "rate_limit_exceeded"
        | "requests"
        | "tokens"
        | "RESOURCE_EXHAUSTED"
        | "REQUEST_LIMIT_EXCEEDED"
        | "RateLimitReached"
        | "RateLimitError" => ErrorKind::RateLimit,
        "timeout_error" | "timeout" | "DEADLINE_EXCEEDED" => ErrorKind::Timeout,
        "overloaded_error"
        | "overloaded"
        | "server_overloaded"
        | "UNAVAILABLE"
        | "engine_overloaded_error"
        | "TEMPORARILY_UNAVAILABLE" => ErrorKind::Overloaded,
        "context_length_exceeded" | "TOO_MANY_TOKENS" => ErrorKind::ContextLength,
        "content_filter" | "content_policy_violation" => ErrorKind::ContentPolicy,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
