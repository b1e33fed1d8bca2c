//! The paths of operations at providers.

use super::Api;
use crate::chat::{Error, ErrorKind};
use crate::config::{AzureApi, Provider};

/// What is asked of a provider, in its own wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// A chat: chat completions, Messages, generateContent, Converse.
    Chat,
    /// OpenAI's legacy completions.
    Completions,
    /// OpenAI's embeddings.
    Embeddings,
    /// How many tokens a chat would have.
    CountTokens,
}

/// What a path depends on beside the provider.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// What is asked.
    pub endpoint: Endpoint,
    /// The model's name upstream.
    pub model: &'a str,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// The client's query, where its wire is the provider's.
    pub query: Option<&'a str>,
}

/// The path, with its query, of a request at a provider.
///
/// # Errors
/// The provider does not have the operation, or the model's name cannot stand in a path.
pub fn upstream_path(provider: &Provider, target: Target<'_>) -> Result<String, Error> {
    let prefix = &provider.path_prefix;
    let Target {
        endpoint,
        model,
        stream,
        query,
    } = target;
    let missing = || {
        Error::new(
            ErrorKind::InvalidRequest,
            format!(
                "{endpoint:?} is not served by the provider `{}`",
                provider.name
            ),
        )
    };
    let openai = match endpoint {
        Endpoint::Chat => Ok(provider.chat_path.as_str()),
        Endpoint::Completions => Ok("completions"),
        Endpoint::Embeddings => Ok("embeddings"),
        Endpoint::CountTokens => Err(missing()),
    };
    let version = || match &provider.api {
        AzureApi::V1 => "2024-05-01-preview",
        AzureApi::Deployments { api_version } => api_version.as_str(),
    };
    let count = endpoint == Endpoint::CountTokens;
    let chat = endpoint == Endpoint::Chat;
    match provider.kind.api {
        Api::OpenAi => Ok(with_query(format!("{prefix}/{}", openai?), query)),
        Api::Azure => match &provider.api {
            AzureApi::V1 => Ok(format!("{prefix}/v1/{}", openai?)),
            AzureApi::Deployments { api_version } => {
                let deployment = path_segment(model, "")?;
                let tail = openai?;
                Ok(format!(
                    "{prefix}/deployments/{deployment}/{tail}?api-version={api_version}"
                ))
            }
        },
        Api::Foundry => Ok(format!("{prefix}/{}?api-version={}", openai?, version())),
        Api::Anthropic if chat => Ok(with_query(format!("{prefix}/messages"), query)),
        Api::Anthropic if count => Ok(with_query(format!("{prefix}/messages/count_tokens"), query)),
        Api::Gemini | Api::VertexGemini if chat || count => {
            let method = match (count, stream) {
                (true, _) => "countTokens",
                (false, false) => "generateContent",
                (false, true) => "streamGenerateContent",
            };
            // A client of the same wire may have asked for an array instead of events.
            let array = query.is_some_and(|query| !asks_for_events(query));
            let alt = if stream && !array { "?alt=sse" } else { "" };
            let model = model.strip_prefix("models/").unwrap_or(model);
            let place = if provider.kind.api == Api::Gemini {
                format!("models/{}", path_segment(model, "")?)
            } else if !model.is_empty() && model.bytes().all(|byte| byte.is_ascii_digit()) {
                format!("endpoints/{model}")
            } else {
                format!("publishers/google/models/{}", path_segment(model, "@")?)
            };
            Ok(format!("{prefix}/{place}:{method}{alt}"))
        }
        Api::VertexAnthropic if chat || count => {
            // Counting is a model of its own there; the request's body names the real one.
            let (model, method) = match (count, stream) {
                (true, _) => ("count-tokens", "rawPredict"),
                (false, false) => (model, "rawPredict"),
                (false, true) => (model, "streamRawPredict"),
            };
            let model = path_segment(model, "@")?;
            Ok(format!(
                "{prefix}/publishers/anthropic/models/{model}:{method}"
            ))
        }
        Api::BedrockConverse | Api::BedrockInvoke if chat || count => {
            let method = match (provider.kind.api, count, stream) {
                (_, true, _) => "count-tokens",
                (Api::BedrockConverse, _, false) => "converse",
                (Api::BedrockConverse, _, true) => "converse-stream",
                (_, _, false) => "invoke",
                (_, _, true) => "invoke-with-response-stream",
            };
            // Tokens are counted by the model itself, not by an inference profile of several regions.
            let model = if count { without_region(model) } else { model };
            Ok(format!(
                "{prefix}/model/{}/{method}",
                path_segment(model, "")?
            ))
        }
        _ => Err(missing()),
    }
}

/// Whether the query of a stream's path in Google's wire asks for server-sent events; else the stream is one JSON array.
///
/// Google's system parameters may begin with a `$`, which clients may escape. Source: Google's "System parameters".
pub fn asks_for_events(query: &str) -> bool {
    let mut pairs = query.split('&');
    pairs.any(|pair| matches!(pair, "alt=sse" | "$alt=sse" | "%24alt=sse"))
}

/// A Bedrock model's id without the regions of a cross-region inference profile.
fn without_region(model: &str) -> &str {
    const REGIONS: [&str; 8] = ["us", "us-gov", "eu", "apac", "jp", "au", "ca", "global"];
    match model.split_once('.') {
        Some((region, rest)) if REGIONS.contains(&region) => rest,
        _ => model,
    }
}

fn with_query(path: String, query: Option<&str>) -> String {
    // The version of an Azure client's path means nothing to others.
    let query = query.filter(|query| !query.is_empty() && !query.contains("api-version="));
    match query {
        Some(query) => format!("{path}?{query}"),
        None => path,
    }
}

/// A model's name as one segment of a path; `safe` may stand in it beside what always may.
fn path_segment(model: &str, safe: &str) -> Result<String, Error> {
    if model.is_empty() || model == "." || model == ".." {
        let message = format!("The model name {model:?} cannot stand in a path");
        return Err(Error::new(ErrorKind::InvalidRequest, message).with_param("model"));
    }
    let mut out = String::with_capacity(model.len());
    for byte in model.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        if plain || safe.as_bytes().contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Config};

    fn provider(text: &str) -> Provider {
        let json = format!(r#"{{"stage":"attempt","providers":[{{{text}}}]}}"#);
        match config::parse(json.as_bytes(), &|_| None) {
            Ok(Config::Attempt(mut config)) => config.providers.remove(0),
            other => panic!("{other:?}"),
        }
    }

    fn path(text: &str, endpoint: Endpoint, model: &str, stream: bool) -> String {
        let target = Target {
            endpoint,
            model,
            stream,
            query: None,
        };
        upstream_path(&provider(text), target).unwrap_or_else(|error| error.message)
    }

    #[test]
    fn chats() {
        let google = r#""location":"us-east5","project":"p""#;
        let vertex = |kind: &str| format!(r#""provider":"{kind}",{google}"#);
        let below = "/v1/projects/p/locations/us-east5";
        let aws = |kind: &str| format!(r#""provider":"{kind}","region":"eu-west-1""#);
        let rows = [
            (r#""provider":"openai""#.to_owned(), "gpt-4o", false, "/v1/chat/completions".to_owned()),
            (r#""provider":"anthropic""#.to_owned(), "c", true, "/v1/messages".to_owned()),
            (r#""provider":"gemini""#.to_owned(), "gemini-2.5-pro", false, "/v1beta/models/gemini-2.5-pro:generateContent".to_owned()),
            (r#""provider":"gemini""#.to_owned(), "models/g/../x", true, "/v1beta/models/g%2F..%2Fx:streamGenerateContent?alt=sse".to_owned()),
            (vertex("vertex_ai"), "gemini-2.5-pro", true, format!("{below}/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse")),
            (vertex("vertex_ai"), "1234", false, format!("{below}/endpoints/1234:generateContent")),
            (vertex("vertex_anthropic"), "claude-3-7-sonnet@20250219", true, format!("{below}/publishers/anthropic/models/claude-3-7-sonnet@20250219:streamRawPredict")),
            (aws("bedrock"), "us.amazon.nova-lite-v1:0", false, "/model/us.amazon.nova-lite-v1%3A0/converse".to_owned()),
            (aws("bedrock"), "arn:aws:bedrock:us-east-1:1:inference-profile/x", true, "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx/converse-stream".to_owned()),
            (aws("bedrock_anthropic"), "m", true, "/model/m/invoke-with-response-stream".to_owned()),
            (r#""provider":"azure_ai_foundry","host":"r.services.ai.azure.com""#.to_owned(), "m", false, "/models/chat/completions?api-version=2024-05-01-preview".to_owned()),
        ];
        for (text, model, stream, want) in rows {
            assert_eq!(path(&text, Endpoint::Chat, model, stream), want, "{text}");
        }
    }

    #[test]
    fn google_streams_as_its_own_client_asked() {
        let rows = [
            ("alt=sse", "?alt=sse"),
            ("$alt=sse", "?alt=sse"),
            ("a=b&%24alt=sse", "?alt=sse"),
            ("alt=json", ""),
            ("", ""),
        ];
        for (query, want) in rows {
            let target = Target {
                endpoint: Endpoint::Chat,
                model: "m",
                stream: true,
                query: Some(query),
            };
            let path = upstream_path(&provider(r#""provider":"gemini""#), target).expect("a path");
            let (_, tail) = path.split_once(":streamGenerateContent").expect("a stream");
            assert_eq!(tail, want, "{query}");
        }
    }

    #[test]
    fn hosts_are_filled_in() {
        let host = |text: &str| provider(text).host;
        let vertex = |location: &str| {
            format!(r#""provider":"vertex_ai","project":"p","location":"{location}""#)
        };
        assert_eq!(
            host(&vertex("europe-west4")),
            "europe-west4-aiplatform.googleapis.com"
        );
        assert_eq!(host(&vertex("global")), "aiplatform.googleapis.com");
        assert_eq!(host(&vertex("eu")), "aiplatform.eu.rep.googleapis.com");
        let bedrock = r#""provider":"bedrock","region":"us-east-1""#;
        assert_eq!(host(bedrock), "bedrock-runtime.us-east-1.amazonaws.com");
    }

    #[test]
    fn names_that_cannot_stand_in_a_path_are_refused() {
        for model in ["", ".", ".."] {
            let said = path(r#""provider":"gemini""#, Endpoint::Chat, model, false);
            assert!(said.contains("cannot stand in a path"), "{said}");
        }
        let said = path(r#""provider":"openai""#, Endpoint::CountTokens, "m", false);
        assert!(said.contains("not served"), "{said}");
    }
}
