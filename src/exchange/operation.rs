//! What a request asks for, told from its method and path.

use crate::dialect::Wire;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operation {
    /// `POST /v1/chat/completions`.
    Chat,
    /// `POST /v1/completions`, OpenAI's legacy form.
    Completions,
    /// `POST /v1/embeddings`.
    Embeddings,
    /// `POST /v1/messages`.
    Messages,
    /// `POST /v1/messages/count_tokens`.
    MessagesCountTokens,
    /// `POST /v1beta/models/{model}:generateContent`, and `:streamGenerateContent`.
    GenerateContent,
    /// `POST /v1beta/models/{model}:countTokens`.
    CountTokens,
    /// `GET /v1/models`.
    Models,
    /// `GET /v1/models/{id}`.
    Model,
    /// `POST /weir/translate`: a dry run.
    Translate,
}

/// How a request's body is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyMode {
    /// Held until it is whole: one JSON object.
    HeldJson,
    /// There is none.
    None,
}

impl Operation {
    /// The name in filter state and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Operation::Chat => "chat",
            Operation::Completions => "completions",
            Operation::Embeddings => "embeddings",
            Operation::Messages => "messages",
            Operation::MessagesCountTokens | Operation::CountTokens => "count_tokens",
            Operation::GenerateContent => "generate_content",
            Operation::Models => "models",
            Operation::Model => "model",
            Operation::Translate => "translate",
        }
    }

    /// How its request body is taken in.
    pub fn body_mode(self) -> BodyMode {
        match self {
            Operation::Models | Operation::Model => BodyMode::None,
            _ => BodyMode::HeldJson,
        }
    }

    /// The wire that its clients speak; of [`Operation::Models`] the client's headers tell.
    pub fn wire(self) -> Wire {
        match self {
            Operation::Messages | Operation::MessagesCountTokens => Wire::Anthropic,
            Operation::GenerateContent | Operation::CountTokens => Wire::Gemini,
            Operation::Completions => Wire::Completions,
            _ => Wire::OpenAi,
        }
    }

    /// Whether its requests can be translated between wires; others need a provider of the client's wire.
    pub fn is_chat(self) -> bool {
        matches!(
            self,
            Operation::Chat
                | Operation::Completions
                | Operation::Messages
                | Operation::GenerateContent
        )
    }

    /// Whether it asks how many tokens a chat would have.
    pub fn counts_tokens(self) -> bool {
        matches!(
            self,
            Operation::MessagesCountTokens | Operation::CountTokens
        )
    }
}

/// An operation found in a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised<'p> {
    /// What is asked for.
    pub operation: Operation,
    /// The model, where the path names it (Azure's deployments, `/v1/models/{id}`).
    pub model: Option<Cow<'p, str>>,
    /// Whether a stream is asked for, where the path says (Gemini).
    pub stream: Option<bool>,
    /// The client's wire, where the path says what the operation does not (lists of models).
    pub wire: Option<Wire>,
}

/// Why a path names no operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unrecognised {
    /// No such path.
    Path,
    /// The path is known, but not by this method; this one is.
    Method(&'static str),
}

/// Tells what `method` on `path` asks for. `path` has no query and begins with `/`.
///
/// # Errors
/// [`Unrecognised`] where it is no operation of this gateway.
pub fn recognise<'p>(method: &str, path: &'p str) -> Result<Recognised<'p>, Unrecognised> {
    if let Some(found) = google(method, path) {
        let wanted = method_of(found.operation);
        // `/v1/models/…` is OpenAI's too, which only reads it.
        if method == wanted {
            return Ok(found);
        }
        if !path.starts_with("/v1/") {
            return Err(Unrecognised::Method(wanted));
        }
    }
    let (operation, model) = by_path(path).ok_or(Unrecognised::Path)?;
    let wanted = method_of(operation);
    if method != wanted {
        return Err(Unrecognised::Method(wanted));
    }
    Ok(Recognised {
        operation,
        model,
        stream: None,
        wire: None,
    })
}

/// The method an operation is asked for with.
fn method_of(operation: Operation) -> &'static str {
    match operation.body_mode() {
        BodyMode::None => "GET",
        BodyMode::HeldJson => "POST",
    }
}

/// Google's paths: `/{version}/models/{model}:{method}`, also below a project's location and a publisher.
fn google<'p>(method: &str, path: &'p str) -> Option<Recognised<'p>> {
    let (version, rest) = path.strip_prefix('/')?.split_once('/')?;
    if !matches!(version, "v1beta" | "v1beta1" | "v1") {
        return None;
    }
    let list = |operation, model| Recognised {
        operation,
        model,
        stream: None,
        wire: Some(Wire::Gemini),
    };
    if rest == "models" && version != "v1" {
        return Some(list(Operation::Models, None));
    }
    let place = rest.find("models/")?;
    let (before, rest) = rest.split_at_checked(place)?;
    if !before.is_empty() && !before.ends_with("publishers/google/") {
        return None;
    }
    let name = rest.strip_prefix("models/")?;
    // A model's name may have colons of its own.
    let called = name.rsplit_once(':').filter(|_| method != "GET");
    let Some((model, method)) = called else {
        let id = percent_decode(name)?;
        let lists = version != "v1" && before.is_empty();
        return (lists && !id.is_empty()).then(|| list(Operation::Model, Some(id)));
    };
    let (operation, stream) = match method {
        "generateContent" => (Operation::GenerateContent, Some(false)),
        "streamGenerateContent" => (Operation::GenerateContent, Some(true)),
        "countTokens" => (Operation::CountTokens, Some(false)),
        _ => return None,
    };
    let model = percent_decode(model)?;
    (!model.is_empty()).then_some(Recognised {
        operation,
        model: Some(model),
        stream,
        wire: Some(Wire::Gemini),
    })
}

fn by_path(path: &str) -> Option<(Operation, Option<Cow<'_, str>>)> {
    if let Some(rest) = path.strip_prefix("/openai/deployments/") {
        let (deployment, tail) = rest.split_once('/')?;
        let operation = match tail {
            "chat/completions" => Operation::Chat,
            "completions" => Operation::Completions,
            "embeddings" => Operation::Embeddings,
            _ => return None,
        };
        let model = percent_decode(deployment)?;
        return (!model.is_empty()).then_some((operation, Some(model)));
    }
    let path = path
        .strip_prefix("/openai")
        .filter(|p| p.starts_with("/v1/"))
        .unwrap_or(path);
    let tail = path
        .strip_prefix("/v1")
        .filter(|p| p.starts_with('/'))
        .unwrap_or(path);
    let operation = match tail {
        "/chat/completions" => Operation::Chat,
        "/completions" => Operation::Completions,
        "/embeddings" => Operation::Embeddings,
        "/messages" => Operation::Messages,
        "/messages/count_tokens" => Operation::MessagesCountTokens,
        "/models" => Operation::Models,
        _ => {
            let id = percent_decode(tail.strip_prefix("/models/")?)?;
            return (!id.is_empty()).then_some((Operation::Model, Some(id)));
        }
    };
    Some((operation, None))
}

/// Undoes percent-encoding; `None` where it is broken or not UTF-8.
pub(super) fn percent_decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let high = char::from(bytes.next()?).to_digit(16)?;
        let low = char::from(bytes.next()?).to_digit(16)?;
        out.push(u8::try_from(high.saturating_mul(16).saturating_add(low)).ok()?);
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: &str, path: &str) -> Option<(Operation, Option<String>)> {
        let found = recognise(method, path).ok()?;
        Some((found.operation, found.model.map(Cow::into_owned)))
    }

    #[test]
    fn paths_with_and_without_version() {
        assert_eq!(
            found("POST", "/v1/chat/completions"),
            Some((Operation::Chat, None))
        );
        assert_eq!(
            found("POST", "/chat/completions"),
            Some((Operation::Chat, None))
        );
        assert_eq!(
            found("POST", "/openai/v1/embeddings"),
            Some((Operation::Embeddings, None))
        );
        assert_eq!(
            found("POST", "/messages"),
            Some((Operation::Messages, None))
        );
        assert_eq!(found("GET", "/v1/models"), Some((Operation::Models, None)));
        assert_eq!(
            found("GET", "/models/meta-llama%2FLlama-3/x"),
            Some((Operation::Model, Some("meta-llama/Llama-3/x".to_owned())))
        );
    }

    #[test]
    fn azure_paths_name_the_model() {
        assert_eq!(
            found("POST", "/openai/deployments/my%20gpt/chat/completions"),
            Some((Operation::Chat, Some("my gpt".to_owned())))
        );
        assert_eq!(found("POST", "/openai/deployments//embeddings"), None);
    }

    #[test]
    fn googles_paths_name_model_and_method() {
        let google = |path: &str| {
            let found = recognise("POST", path).ok()?;
            let model = found.model.map(Cow::into_owned)?;
            Some((found.operation, model, found.stream?))
        };
        for before in [
            "/v1beta/models/",
            "/v1/models/",
            "/v1beta1/publishers/google/models/",
            "/v1/projects/p/locations/global/publishers/google/models/",
        ] {
            for (method, operation, stream) in [
                ("generateContent", Operation::GenerateContent, false),
                ("streamGenerateContent", Operation::GenerateContent, true),
                ("countTokens", Operation::CountTokens, false),
            ] {
                assert_eq!(
                    google(&format!("{before}a:b%3A0:{method}")),
                    Some((operation, "a:b:0".to_owned(), stream))
                );
            }
        }
        for other in [
            "/v1beta/models/:generateContent",
            "/v1beta/models/m:embedContent",
            "/v2/models/m:generateContent",
            "/v1beta/publishers/meta/models/m:generateContent",
        ] {
            assert_eq!(recognise("POST", other), Err(Unrecognised::Path), "{other}");
        }
        assert_eq!(
            recognise("GET", "/v1/models/m:generateContent").map(|found| found.wire),
            Ok(None)
        );
    }

    #[test]
    fn googles_lists_of_models() {
        let google = |path: &str| {
            let found = recognise("GET", path).ok()?;
            Some((
                found.operation,
                found.model.map(Cow::into_owned),
                found.wire,
            ))
        };
        let gemini = Some(Wire::Gemini);
        assert_eq!(
            google("/v1beta/models"),
            Some((Operation::Models, None, gemini))
        );
        assert_eq!(
            google("/v1beta/models/anthropic.claude:0"),
            Some((
                Operation::Model,
                Some("anthropic.claude:0".to_owned()),
                gemini
            ))
        );
        assert_eq!(google("/v1/models"), Some((Operation::Models, None, None)));
        assert_eq!(
            recognise("POST", "/v1beta/models"),
            Err(Unrecognised::Method("GET"))
        );
        assert_eq!(
            recognise("GET", "/v1beta/publishers/google/models/m"),
            Err(Unrecognised::Path)
        );
    }

    #[test]
    fn others_are_not_recognised() {
        assert_eq!(recognise("POST", "/v1"), Err(Unrecognised::Path));
        assert_eq!(
            recognise("POST", "/v1chat/completions"),
            Err(Unrecognised::Path)
        );
        assert_eq!(recognise("POST", "/v1/models/%zz"), Err(Unrecognised::Path));
        assert_eq!(
            recognise("GET", "/v1/messages"),
            Err(Unrecognised::Method("POST"))
        );
        assert_eq!(
            recognise("POST", "/v1/models"),
            Err(Unrecognised::Method("GET"))
        );
    }
}
