//! The rows.

use super::{Api, ProviderKind, Quirks};
use crate::dialect::Wire;

/// What rows of OpenAI's wire have in common.
const COMPATIBLE: ProviderKind = ProviderKind {
    name: "openai_compatible",
    title: "any host of OpenAI's wire",
    wire: Wire::OpenAi,
    api: Api::OpenAi,
    host: None,
    path_prefix: "/v1",
    auth_header: "authorization",
    auth_scheme: "Bearer ",
    env: "",
    default_headers: &[],
    completions: true,
    quirks: Quirks::NONE,
};

/// What hosts of Anthropic's wire have in common.
const ANTHROPIC: ProviderKind = ProviderKind {
    name: "anthropic",
    title: "Anthropic",
    wire: Wire::Anthropic,
    api: Api::Anthropic,
    host: Some("api.anthropic.com"),
    path_prefix: "/v1",
    auth_header: "x-api-key",
    auth_scheme: "",
    env: "ANTHROPIC_API_KEY",
    default_headers: &[("anthropic-version", "2023-06-01")],
    completions: false,
    quirks: Quirks::NONE,
};

/// OpenAI's own peculiarities.
const NATIVE: Quirks = Quirks {
    native_openai: true,
    ..Quirks::NONE
};

/// Every kind.
pub(super) const KINDS: [ProviderKind; 11] = [
    ProviderKind {
        name: "openai",
        title: "OpenAI",
        host: Some("api.openai.com"),
        env: "OPENAI_API_KEY",
        quirks: NATIVE,
        ..COMPATIBLE
    },
    COMPATIBLE,
    ProviderKind {
        name: "azure_openai",
        title: "Azure OpenAI",
        api: Api::Azure,
        path_prefix: "/openai",
        auth_header: "api-key",
        auth_scheme: "",
        env: "AZURE_OPENAI_API_KEY",
        quirks: NATIVE,
        ..COMPATIBLE
    },
    ProviderKind {
        name: "azure_ai_foundry",
        title: "Azure AI Foundry",
        api: Api::Foundry,
        path_prefix: "/models",
        auth_header: "api-key",
        auth_scheme: "",
        env: "AZURE_AI_API_KEY",
        completions: false,
        ..COMPATIBLE
    },
    ANTHROPIC,
    ProviderKind {
        name: "foundry_anthropic",
        title: "Claude on Azure AI Foundry",
        host: None,
        path_prefix: "/anthropic/v1",
        env: "AZURE_AI_API_KEY",
        ..ANTHROPIC
    },
    ProviderKind {
        name: "vertex_anthropic",
        title: "Claude on Vertex AI",
        api: Api::VertexAnthropic,
        host: Some("{location}-aiplatform.googleapis.com"),
        path_prefix: "/v1/projects/{project}/locations/{location}",
        auth_header: "authorization",
        auth_scheme: "Bearer ",
        env: "",
        default_headers: &[],
        ..ANTHROPIC
    },
    ProviderKind {
        name: "bedrock_anthropic",
        title: "Claude on AWS Bedrock (InvokeModel)",
        api: Api::BedrockInvoke,
        host: Some("bedrock-runtime.{region}.amazonaws.com"),
        path_prefix: "",
        auth_header: "authorization",
        auth_scheme: "Bearer ",
        env: "AWS_BEARER_TOKEN_BEDROCK",
        default_headers: &[],
        ..ANTHROPIC
    },
    ProviderKind {
        name: "gemini",
        title: "Google's Gemini API",
        wire: Wire::Gemini,
        api: Api::Gemini,
        host: Some("generativelanguage.googleapis.com"),
        path_prefix: "/v1beta",
        auth_header: "x-goog-api-key",
        auth_scheme: "",
        env: "GEMINI_API_KEY",
        default_headers: &[],
        completions: false,
        quirks: Quirks::NONE,
    },
    ProviderKind {
        name: "vertex_ai",
        title: "Google Vertex AI",
        wire: Wire::Gemini,
        api: Api::VertexGemini,
        host: Some("{location}-aiplatform.googleapis.com"),
        path_prefix: "/v1/projects/{project}/locations/{location}",
        auth_header: "authorization",
        auth_scheme: "Bearer ",
        env: "",
        default_headers: &[],
        completions: false,
        quirks: Quirks::NONE,
    },
    ProviderKind {
        name: "bedrock",
        title: "AWS Bedrock (Converse)",
        wire: Wire::Bedrock,
        api: Api::BedrockConverse,
        host: Some("bedrock-runtime.{region}.amazonaws.com"),
        path_prefix: "",
        auth_header: "authorization",
        auth_scheme: "Bearer ",
        env: "AWS_BEARER_TOKEN_BEDROCK",
        default_headers: &[],
        completions: false,
        quirks: Quirks::NONE,
    },
];
