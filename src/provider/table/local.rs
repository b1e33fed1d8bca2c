//! Servers that run where their users do, by name.

use super::{host, rules};
use crate::provider::ProviderKind;

pub(super) static KINDS: &[ProviderKind] = &[
    host(
        "databricks",
        "Databricks Model Serving",
        "",
        "/serving-endpoints",
        "DATABRICKS_API_KEY",
    )
    .anywhere()
    .with(&rules::DATABRICKS)
    .noted("The host is the workspace's."),
    host(
        "docker_model_runner",
        "Docker Model Runner",
        "",
        "/engines/llama.cpp/v1",
        "",
    )
    .anywhere()
    .with(&rules::STRINGS)
    .completions()
    .noted("Usually on port 12434."),
    host(
        "gdc",
        "Google Distributed Cloud",
        "",
        "/v1/projects/{project}/locations/{location}",
        "",
    )
    .anywhere()
    .with(&rules::GOOGLE)
    .noted("Its chats are under the project and the location."),
    host(
        "hosted_vllm",
        "vLLM or SGLang",
        "",
        "/v1",
        "HOSTED_VLLM_API_KEY",
    )
    .anywhere()
    .with(&rules::VLLM)
    .completions()
    .noted("Usually on port 8000 (vLLM) or 30000 (SGLang)."),
    host(
        "litellm_proxy",
        "LiteLLM proxy",
        "",
        "/v1",
        "LITELLM_PROXY_API_KEY",
    )
    .anywhere()
    .with(&rules::LITELLM)
    .completions()
    .noted("Usually on port 4000."),
    host(
        "llamafile",
        "llamafile or llama.cpp",
        "",
        "/v1",
        "LLAMAFILE_API_KEY",
    )
    .anywhere()
    .completions()
    .noted("Usually on port 8080."),
    host("lm_studio", "LM Studio", "", "/v1", "LM_STUDIO_API_KEY")
        .anywhere()
        .completions()
        .noted("Usually on port 1234."),
    host("ollama", "Ollama", "", "/v1", "OLLAMA_API_KEY")
        .anywhere()
        .with(&rules::OLLAMA)
        .completions()
        .noted("Usually on port 11434; `host: ollama.com` is its cloud."),
    host("oobabooga", "text-generation-webui", "", "/v1", "")
        .anywhere()
        .completions()
        .noted("Usually on port 5000."),
    host(
        "ragflow",
        "RAGFlow",
        "",
        "/api/v1/chats_openai/{account}",
        "RAGFLOW_API_KEY",
    )
    .anywhere()
    .noted("`account` is the chat's id."),
    host("tgi", "Text Generation Inference", "", "/v1", "HF_TOKEN")
        .anywhere()
        .with(&rules::TOP_K)
        .completions()
        .noted("Usually on port 8080."),
    host("xinference", "Xinference", "", "/v1", "")
        .anywhere()
        .completions()
        .noted("Usually on port 9997."),
];
