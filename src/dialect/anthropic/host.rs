//! The hosts of this wire: where it is another one's than Anthropic's, its body has another envelope.
//!
//! Sources: Anthropic's client packages for Bedrock and Vertex AI; AWS's "Anthropic Claude Messages API"; Google's
//! "Claude on Vertex AI"; LiteLLM's table of the betas that hosts know.

use super::models::Rules;
use crate::chat::{Error, ErrorKind};
use crate::json::{self, Value};
use crate::provider::{Api, ProviderKind};
use crate::search;

/// Who serves the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Host {
    /// Anthropic.
    Anthropic,
    /// Azure AI Foundry.
    Foundry,
    /// Google's Vertex AI, `rawPredict`.
    Vertex,
    /// AWS Bedrock, `InvokeModel`.
    Bedrock,
}

/// Betas that Bedrock and Vertex AI refuse, though clients send them: of what those hosts do not have, or of what needs
/// no beta there.
const FOREIGN_BETAS: [&str; 20] = [
    "advisor-tool-2026-03-01",
    "claude-code-20250219",
    "code-execution-2025-05-22",
    "code-execution-2025-08-25",
    "fast-mode-2026-02-01",
    "files-api-2025-04-14",
    "mcp-client-2025-04-04",
    "mcp-client-2025-11-20",
    "mcp-servers-2025-12-04",
    "message-batches-2024-09-24",
    "oauth-2025-04-20",
    "pdfs-2024-09-25",
    "prompt-caching-2024-07-31",
    "prompt-caching-scope-2026-01-05",
    "skills-2025-10-02",
    "structured-outputs-2025-11-13",
    "token-counting-2024-11-01",
    "token-efficient-tools-2025-02-19",
    "web-fetch-2025-09-10",
    WEB_SEARCH_BETA,
];

/// What Vertex AI wants to be told where the web is searched.
pub(super) const WEB_SEARCH_BETA: &str = "web-search-2025-03-05";

/// What begins the text of a system block that Claude Code adds for Anthropic's own billing.
const BILLING: &str = "x-anthropic-billing-header";

/// Whether a system block's text is none of the prompt, but Claude Code's word to Anthropic's billing.
pub(super) fn is_billing(text: &str) -> bool {
    text.starts_with(BILLING)
}

/// Whether some bytes can hold such a block.
pub(super) fn may_bill(bytes: &[u8]) -> bool {
    search::has(bytes, BILLING.as_bytes())
}

impl Host {
    /// Who a provider of this wire is.
    pub(super) fn of(kind: &ProviderKind) -> Host {
        match kind.api {
            Api::VertexAnthropic => Host::Vertex,
            Api::BedrockInvoke => Host::Bedrock,
            _ if kind.name == "foundry_anthropic" => Host::Foundry,
            _ => Host::Anthropic,
        }
    }

    /// The body's `anthropic_version`, where the host wants one.
    pub(super) fn version(self) -> Option<&'static str> {
        match self {
            Host::Anthropic | Host::Foundry => None,
            Host::Vertex => Some("vertex-2023-10-16"),
            Host::Bedrock => Some("bedrock-2023-05-31"),
        }
    }

    /// Whether the body is in an envelope of the host's.
    pub(super) fn is_foreign(self) -> bool {
        self.version().is_some()
    }

    /// Whether the body's `output_config.format` can be used with a model: Vertex AI has it only where the
    /// organisation's policy allows it.
    pub(super) fn has_schema(self, rules: Rules) -> bool {
        rules.schema && (self != Host::Vertex || !rules.forced_tools)
    }

    /// Whether system messages may stand among the others.
    pub(super) fn has_system_inside(self, rules: Rules) -> bool {
        rules.system_inside && self == Host::Anthropic
    }

    /// Whether the host searches the web.
    pub(super) fn has_web_search(self) -> bool {
        self != Host::Bedrock
    }

    /// Whether the host runs the model's code and keeps files.
    pub(super) fn has_own_tools(self) -> bool {
        !self.is_foreign()
    }

    /// A beta under the name that the host knows it by; `None` where it knows none.
    pub(super) fn beta(self, name: &str) -> Option<&str> {
        match name.trim() {
            "" => None,
            name if !self.is_foreign() => Some(name),
            "advanced-tool-use-2025-11-20" => Some("tool-search-tool-2025-10-19"),
            WEB_SEARCH_BETA if self == Host::Vertex => Some(WEB_SEARCH_BETA),
            name => (!FOREIGN_BETAS.contains(&name)).then_some(name),
        }
    }

    /// The `anthropic-beta` header as the host wants it; `None` where it wants none.
    pub(super) fn beta_header(self, header: &str) -> Option<String> {
        if self == Host::Bedrock {
            return None;
        }
        let known: Vec<&str> = header
            .split(',')
            .filter_map(|name| self.beta(name))
            .collect();
        (!known.is_empty()).then(|| known.join(","))
    }

    /// The error of media at an URL, where the host takes bytes only.
    ///
    /// # Errors
    /// A 400 that names the place.
    pub(super) fn takes_urls(self, path: &str) -> Result<(), Error> {
        let name = match self {
            Host::Anthropic | Host::Foundry => return Ok(()),
            Host::Vertex => "Claude on Vertex AI",
            Host::Bedrock => "Claude on AWS Bedrock",
        };
        let message = format!("`{path}`: {name} takes media as base64 only, not by URL");
        Err(Error::new(ErrorKind::Unsupported, message).with_param(path))
    }
}

/// The `anthropic-beta` header for a provider of this wire; `None` where it is to have none.
pub fn beta_header(header: &str, kind: &ProviderKind) -> Option<String> {
    Host::of(kind).beta_header(header)
}

/// The number of tokens in Bedrock's answer to a question for it (`{"inputTokens":n}`); `None` of any other body.
pub fn foreign_token_count(body: &[u8]) -> Option<u64> {
    match json::parse(body) {
        Ok(Value::Object(answer)) => answer.u64("inputTokens"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_get_the_betas_they_know() {
        let header =
            "claude-code-20250219, interleaved-thinking-2025-05-14,advanced-tool-use-2025-11-20";
        assert_eq!(
            Host::Anthropic.beta_header(header).as_deref(),
            Some(
                "claude-code-20250219,interleaved-thinking-2025-05-14,advanced-tool-use-2025-11-20"
            )
        );
        assert_eq!(
            Host::Vertex.beta_header(header).as_deref(),
            Some("interleaved-thinking-2025-05-14,tool-search-tool-2025-10-19")
        );
        assert_eq!(Host::Vertex.beta_header("oauth-2025-04-20"), None);
        assert_eq!(Host::Bedrock.beta_header(header), None);
    }

    #[test]
    fn bedrocks_counts_are_told_from_anthropics() {
        assert_eq!(foreign_token_count(br#"{"inputTokens":23}"#), Some(23));
        assert_eq!(foreign_token_count(br#"{"input_tokens":23}"#), None);
        assert_eq!(foreign_token_count(b"["), None);
    }
}
