//! Clouds that have models among other things, by name.

use super::{host, rules};
use crate::provider::{ProviderKind, Quirks};

pub(super) static KINDS: &[ProviderKind] = &[
    host(
        "bedrock_mantle",
        "AWS Bedrock's OpenAI layer",
        "bedrock-mantle.{region}.api.aws",
        "/v1",
        "AWS_BEARER_TOKEN_BEDROCK",
    )
    .with(&Quirks::NONE),
    host(
        "cloudflare",
        "Cloudflare Workers AI",
        "api.cloudflare.com",
        "/client/v4/accounts/{account}/ai/v1",
        "CLOUDFLARE_API_KEY",
    ),
    host(
        "gradient_ai",
        "DigitalOcean Gradient AI",
        "inference.do-ai.run",
        "/v1",
        "GRADIENT_AI_API_KEY",
    ),
    host(
        "heroku",
        "Heroku Managed Inference",
        "us.inference.heroku.com",
        "/v1",
        "HEROKU_API_KEY",
    )
    .with(&rules::STRINGS),
    host(
        "nvidia_nim",
        "NVIDIA NIM",
        "integrate.api.nvidia.com",
        "/v1",
        "NVIDIA_NIM_API_KEY",
    )
    .with(&rules::OLDER),
    host(
        "ovhcloud",
        "OVHcloud AI Endpoints",
        "oai.endpoints.kepler.ai.cloud.ovh.net",
        "/v1",
        "OVHCLOUD_API_KEY",
    ),
    host(
        "scaleway",
        "Scaleway",
        "api.scaleway.ai",
        "/v1",
        "SCW_SECRET_KEY",
    ),
    host(
        "snowflake",
        "Snowflake Cortex",
        "{account}.snowflakecomputing.com",
        "/api/v2/cortex/v1",
        "SNOWFLAKE_JWT",
    )
    .with(&rules::DETAILS),
    host(
        "tencent",
        "Tencent TokenHub",
        "tokenhub-intl.tencentcloudmaas.com",
        "/v1",
        "TENCENT_API_KEY",
    ),
    host(
        "vertex_openai",
        "Google Vertex AI, its OpenAI layer",
        "{location}-aiplatform.googleapis.com",
        "/v1/projects/{project}/locations/{location}/endpoints/openapi",
        "",
    )
    .with(&rules::GOOGLE),
    host(
        "volcengine",
        "Volcengine Ark",
        "ark.cn-beijing.volces.com",
        "/api/v3",
        "VOLCENGINE_API_KEY",
    )
    .with(&rules::THINKING),
];
