//! Gateways and routers, by name: what they are sent reaches models of many makers, OpenAI's among them.

use super::{host, rules};
use crate::provider::{ProviderKind, Quirks};

pub(super) static KINDS: &[ProviderKind] = &[
    host(
        "aiml",
        "AI/ML API",
        "api.aimlapi.com",
        "/v1",
        "AIML_API_KEY",
    )
    .with(&Quirks::NONE),
    host(
        "apertis",
        "Apertis",
        "api.stima.tech",
        "/v1",
        "STIMA_API_KEY",
    )
    .with(&rules::OLDER),
    host(
        "clf_ai_gateway",
        "CLF AI Gateway",
        "api.clfaigateway.dev",
        "/v1",
        "CLF_AI_GATEWAY_API_KEY",
    )
    .with(&Quirks::NONE),
    host(
        "cometapi",
        "CometAPI",
        "api.cometapi.com",
        "/v1",
        "COMETAPI_KEY",
    )
    .with(&Quirks::NONE),
    host(
        "cortecs",
        "Cortecs",
        "api.cortecs.ai",
        "/v1",
        "CORTECS_API_KEY",
    )
    .with(&Quirks::NONE),
    host(
        "datarobot",
        "DataRobot",
        "app.datarobot.com",
        "/api/v2/genai/llmgw",
        "DATAROBOT_API_TOKEN",
    )
    .with(&Quirks::NONE),
    host(
        "edenai",
        "Eden AI",
        "api.edenai.run",
        "/v3",
        "EDENAI_API_KEY",
    )
    .with(&Quirks::NONE),
    host(
        "github",
        "GitHub Models",
        "models.inference.ai.azure.com",
        "",
        "GITHUB_API_KEY",
    )
    .with(&Quirks::NONE),
    host(
        "github_copilot",
        "GitHub Copilot",
        "api.githubcopilot.com",
        "",
        "",
    )
    .with(&Quirks::NONE)
    .noted("Takes a token of its device flow, and an `editor-version` in `headers`."),
    host(
        "helicone",
        "Helicone",
        "ai-gateway.helicone.ai",
        "",
        "HELICONE_API_KEY",
    )
    .with(&Quirks::NONE),
    host(
        "hostinger_router",
        "Hostinger Router",
        "router.hostinger.com",
        "/v1",
        "HOSTINGER_ROUTER_API_KEY",
    )
    .with(&Quirks::NONE),
    host(
        "huggingface",
        "Hugging Face router",
        "router.huggingface.co",
        "/v1",
        "HF_TOKEN",
    ),
    host("kyma", "Kyma", "kymaapi.com", "/v1", "KYMA_API_KEY").with(&Quirks::NONE),
    host("nadir", "Nadir", "api.getnadir.com", "/v1", "NADIR_API_KEY").with(&Quirks::NONE),
    host(
        "nano_gpt",
        "NanoGPT",
        "nano-gpt.com",
        "/api/v1",
        "NANOGPT_API_KEY",
    )
    .with(&rules::OLDER),
    host(
        "opencode_go",
        "OpenCode Go",
        "opencode.ai",
        "/inference/go/openai/v1",
        "OPENCODE_GO_API_KEY",
    )
    .with(&Quirks::NONE),
    host(
        "openrouter",
        "OpenRouter",
        "openrouter.ai",
        "/api/v1",
        "OPENROUTER_API_KEY",
    )
    .with(&rules::OPENROUTER)
    .completions(),
    host("poe", "Poe", "api.poe.com", "/v1", "POE_API_KEY").with(&rules::OLDER),
    host(
        "vercel_ai_gateway",
        "Vercel AI Gateway",
        "ai-gateway.vercel.sh",
        "/v1",
        "VERCEL_AI_GATEWAY_API_KEY",
    )
    .with(&rules::DETAILS),
];
