//! OpenAI, Azure, and the providers whose wires or paths are their own.

use super::{ANTHROPIC, COMPATIBLE, NATIVE, rules};
use crate::dialect::Wire;
use crate::provider::{Api, ProviderKind};

pub(super) static KINDS: &[ProviderKind] = &[
    ProviderKind {
        name: "openai",
        title: "OpenAI",
        host: Some("api.openai.com"),
        env: "OPENAI_API_KEY",
        quirks: &NATIVE,
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
        quirks: &rules::AZURE,
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
        ..COMPATIBLE
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
        ..COMPATIBLE
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
        ..COMPATIBLE
    },
];
