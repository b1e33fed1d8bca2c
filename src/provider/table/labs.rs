//! Makers of models, by name.

use super::{host, rules};
use crate::provider::ProviderKind;

pub(super) static KINDS: &[ProviderKind] = &[
    host("ai21", "AI21", "api.ai21.com", "/studio/v1", "AI21_API_KEY"),
    host(
        "amazon_nova",
        "Amazon Nova",
        "api.nova.amazon.com",
        "/v1",
        "AMAZON_NOVA_API_KEY",
    ),
    host(
        "bigmodel",
        "BigModel (Zhipu AI)",
        "open.bigmodel.cn",
        "/api/paas/v4",
        "BIGMODEL_API_KEY",
    )
    .with(&rules::THINKING),
    host(
        "codestral",
        "Codestral",
        "codestral.mistral.ai",
        "/v1",
        "CODESTRAL_API_KEY",
    )
    .with(&rules::MISTRAL),
    host(
        "cognition",
        "Cognition",
        "api.cognition.ai",
        "/v1",
        "COGNITION_API_KEY",
    ),
    host(
        "cohere",
        "Cohere's OpenAI layer",
        "api.cohere.ai",
        "/compatibility/v1",
        "COHERE_API_KEY",
    )
    .with(&rules::COHERE),
    host(
        "dashscope",
        "Alibaba Cloud Model Studio (DashScope)",
        "dashscope.aliyuncs.com",
        "/compatible-mode/v1",
        "DASHSCOPE_API_KEY",
    )
    .with(&rules::QWEN),
    // The beginning is empty; prefix completion and legacy completions are under `/beta`.
    host(
        "deepseek",
        "DeepSeek",
        "api.deepseek.com",
        "",
        "DEEPSEEK_API_KEY",
    )
    .with(&rules::DEEPSEEK),
    host(
        "gemini_openai",
        "Google's Gemini API, its OpenAI layer",
        "generativelanguage.googleapis.com",
        "/v1beta/openai",
        "GEMINI_API_KEY",
    )
    .with(&rules::GOOGLE),
    host(
        "inception",
        "Inception",
        "api.inceptionlabs.ai",
        "/v1",
        "INCEPTION_API_KEY",
    ),
    host(
        "maritalk",
        "Maritaca (MariTalk)",
        "chat.maritaca.ai",
        "/api",
        "MARITALK_API_KEY",
    ),
    host(
        "meta",
        "Meta Model API",
        "api.meta.ai",
        "/v1",
        "META_API_KEY",
    ),
    host(
        "meta_llama",
        "Meta Llama API",
        "api.llama.com",
        "/compat/v1",
        "LLAMA_API_KEY",
    ),
    host(
        "minimax",
        "MiniMax",
        "api.minimax.io",
        "/v1",
        "MINIMAX_API_KEY",
    )
    .with(&rules::MINIMAX),
    host(
        "mistral",
        "Mistral AI",
        "api.mistral.ai",
        "/v1",
        "MISTRAL_API_KEY",
    )
    .with(&rules::MISTRAL),
    host(
        "moonshot",
        "Moonshot AI",
        "api.moonshot.ai",
        "/v1",
        "MOONSHOT_API_KEY",
    )
    .with(&rules::MOONSHOT),
    host("morph", "Morph", "api.morphllm.com", "/v1", "MORPH_API_KEY"),
    host(
        "perplexity",
        "Perplexity",
        "api.perplexity.ai",
        "",
        "PERPLEXITYAI_API_KEY",
    )
    .with(&rules::PERPLEXITY),
    host(
        "qwen_ai_platform",
        "Qianwen AI Platform",
        "dashscope.aliyuncs.com",
        "/compatible-mode/v1",
        "QWEN_AI_PLATFORM_API_KEY",
    )
    .with(&rules::QWEN),
    host(
        "qwencloud",
        "QwenCloud",
        "dashscope-intl.aliyuncs.com",
        "/compatible-mode/v1",
        "QWENCLOUD_API_KEY",
    )
    .with(&rules::QWEN),
    host("reka", "Reka", "api.reka.ai", "/v1", "REKA_API_KEY"),
    host(
        "upstage",
        "Upstage",
        "api.upstage.ai",
        "/v1",
        "UPSTAGE_API_KEY",
    ),
    host("v0", "v0", "api.v0.dev", "/v1", "V0_API_KEY"),
    host(
        "writer",
        "Writer",
        "api.writer.com",
        "/v1",
        "WRITER_API_KEY",
    )
    .completions()
    .chat_at("chat"),
    host("xai", "xAI", "api.x.ai", "/v1", "XAI_API_KEY").with(&rules::XAI),
    host(
        "xiaomi_mimo",
        "Xiaomi MiMo",
        "api.xiaomimimo.com",
        "/v1",
        "XIAOMI_MIMO_API_KEY",
    )
    .with(&rules::THINKING),
    host("zai", "Z.AI", "api.z.ai", "/api/paas/v4", "ZAI_API_KEY").with(&rules::THINKING),
];
