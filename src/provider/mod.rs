//! The providers, as data: which wire, host, path and authentication each has.
//!
//! Adding one that speaks a known wire is adding a row.

use crate::chat::{Error, ErrorKind};
use crate::config::{AzureApi, Provider};
use crate::dialect::Wire;
use crate::exchange::Operation;

/// What a kind of provider is.
#[derive(Debug, PartialEq, Eq)]
pub struct ProviderKind {
    /// Its name in configuration.
    pub name: &'static str,
    /// The wire that it speaks.
    pub wire: Wire,
    /// Its host, where there is one for everybody.
    pub host: Option<&'static str>,
    /// The beginning of its paths.
    pub path_prefix: &'static str,
    /// The header that takes its key.
    pub auth_header: &'static str,
    /// What stands before the key in it.
    pub auth_scheme: &'static str,
    /// Headers that it requires, where the request does not have them.
    pub default_headers: &'static [(&'static str, &'static str)],
    /// Whether it knows OpenAI's newer words, such as `max_completion_tokens` and the `developer` role.
    pub native_openai: bool,
}

/// Every kind.
pub fn kinds() -> &'static [ProviderKind] {
    &KINDS
}

const KINDS: [ProviderKind; 4] = [
    ProviderKind {
        name: "openai",
        wire: Wire::OpenAi,
        host: Some("api.openai.com"),
        path_prefix: "/v1",
        auth_header: "authorization",
        auth_scheme: "Bearer ",
        default_headers: &[],
        native_openai: true,
    },
    ProviderKind {
        name: "openai_compatible",
        wire: Wire::OpenAi,
        host: None,
        path_prefix: "/v1",
        auth_header: "authorization",
        auth_scheme: "Bearer ",
        default_headers: &[],
        native_openai: false,
    },
    ProviderKind {
        name: "azure_openai",
        wire: Wire::OpenAi,
        host: None,
        path_prefix: "/openai",
        auth_header: "api-key",
        auth_scheme: "",
        default_headers: &[],
        native_openai: true,
    },
    ProviderKind {
        name: "anthropic",
        wire: Wire::Anthropic,
        host: Some("api.anthropic.com"),
        path_prefix: "/v1",
        auth_header: "x-api-key",
        auth_scheme: "",
        default_headers: &[("anthropic-version", "2023-06-01")],
        native_openai: false,
    },
];

/// The path, with its query, of `operation` at a provider. `query` is the client's, where the wire is the same.
///
/// # Errors
/// The provider does not have the operation, or the model's name cannot stand in a path.
pub fn upstream_path(
    provider: &Provider,
    operation: Operation,
    model: &str,
    query: Option<&str>,
) -> Result<String, Error> {
    let tail = match (operation, provider.kind.wire) {
        (Operation::Chat, Wire::OpenAi) => "chat/completions",
        (Operation::Completions, Wire::OpenAi) => "completions",
        (Operation::Embeddings, Wire::OpenAi) => "embeddings",
        (Operation::Messages, Wire::Anthropic) => "messages",
        _ => {
            let message = format!(
                "The operation `{}` is not served by the provider `{}`",
                operation.as_str(),
                provider.name
            );
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
    };
    let prefix = &provider.path_prefix;
    if provider.kind.name == "azure_openai" {
        return match &provider.api {
            AzureApi::V1 => Ok(format!("{prefix}/v1/{tail}")),
            AzureApi::Deployments { api_version } => {
                let deployment = path_segment(model)?;
                Ok(format!(
                    "{prefix}/deployments/{deployment}/{tail}?api-version={api_version}"
                ))
            }
        };
    }
    // The version of an Azure client's path means nothing to others.
    let query = query.filter(|query| !query.is_empty() && !query.contains("api-version="));
    Ok(match query {
        Some(query) => format!("{prefix}/{tail}?{query}"),
        None => format!("{prefix}/{tail}"),
    })
}

/// A model's name as one segment of a path.
fn path_segment(model: &str) -> Result<String, Error> {
    if model.is_empty() || model == "." || model == ".." {
        let message = format!("The model name {model:?} cannot stand in a path");
        return Err(Error::new(ErrorKind::InvalidRequest, message).with_param("model"));
    }
    let mut out = String::with_capacity(model.len());
    for byte in model.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(out)
}
