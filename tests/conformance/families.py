"""Which recorded cases are asked of Weir, as data: each provider's target, and each operation's wire and clients."""
import os
from dataclasses import dataclass

HOST = {"host": "provider.example.com", "auth": "none"}
GOOGLE = {"project": "project", "location": "us-east5", "auth": "none"}
AWS = {"region": "us-east-1", "auth": "none"}
NONE = {"auth": "none"}


def _compatible(name):
    """A host of OpenAI's wire that has no kind of its own; its prices are listed under the name."""
    return {"provider": "openai_compatible", "name": name, **HOST}


# The corpus' providers, each with its configuration.
TARGETS = {
    "anthropic": {"provider": "anthropic", **NONE},
    "azure_ai_foundry": {"provider": "azure_ai_foundry", **HOST},
    "azure_openai": {"provider": "azure_openai", **HOST},
    "bedrock_mantle": {"provider": "bedrock_mantle", **AWS},
    "cerebras": {"provider": "cerebras", **NONE},
    "crusoe": {"provider": "crusoe", **NONE},
    "dashscope": {"provider": "dashscope", **NONE},
    "deepseek": {"provider": "deepseek", **NONE},
    "gemini": {"provider": "gemini", **NONE},
    "gemini_compat": {"provider": "gemini_openai", **NONE},
    "groq": {"provider": "groq", **NONE},
    "heroku": {"provider": "heroku", **NONE},
    "huggingface": {"provider": "huggingface", **NONE},
    "local_openai_compat": _compatible("local"),
    "mistral": {"provider": "mistral", **NONE},
    "moonshot": {"provider": "moonshot", **NONE},
    "ollama": {"provider": "ollama", **HOST},
    "openai": {"provider": "openai", **NONE},
    "openai_compat_misc": _compatible("misc"),
    "openrouter": {"provider": "openrouter", **NONE},
    "perplexity": {"provider": "perplexity", **NONE},
    "portkey_gateway": _compatible("portkey"),
    "snowflake_cortex": {"provider": "snowflake", "account": "account", **NONE},
    "tgi": {"provider": "tgi", **HOST},
    "together": {"provider": "together_ai", **NONE},
    "vercel_gateway": {"provider": "vercel_ai_gateway", **NONE},
    "vertex": {"provider": "vertex_ai", **GOOGLE},
    "vertex_anthropic": {"provider": "vertex_anthropic", **GOOGLE},
    "vllm_or_local": {"provider": "hosted_vllm", **HOST},
    "voyage": _compatible("voyage"),
    "writer": {"provider": "writer", **NONE},
    "xai": {"provider": "xai", **NONE},
    "zai": {"provider": "zai", **NONE},
}
# What is on its way: kept out until it is built, or asked for by BUILT=name,name.
COMING = {
    "bedrock": {"provider": "bedrock", **AWS},
    "bedrock_anthropic": {"provider": "bedrock_anthropic", **AWS},
}
# Features that are built: the targets above, and `gemini_clients`, `count_tokens`, `completions_translated`, `force_translate`.
DEFAULT_BUILT = "force_translate,count_tokens,gemini_clients,completions_translated,bedrock,bedrock_anthropic"
BUILT = {name for name in os.environ.get("BUILT", DEFAULT_BUILT).split(",") if name}

CHAT_CLIENTS = ("openai", "anthropic", "gemini")
# Wires without legacy completions: there a client of those is answered by a chat.
NO_COMPLETIONS = ("anthropic", "gemini", "bedrock", "bedrock_anthropic")


@dataclass(frozen=True)
class Family:
    """How one provider's operation is replayed."""

    target: str
    # The wire that the provider speaks: an extraction in extract.py.
    wire: str
    # The client wires that are told its answers.
    inbounds: tuple
    # The client wire that is the provider's own; None where none is.
    own: object = None
    # What must be built for it.
    needs: tuple = ()
    # Whether a case is of this wire at all.
    has: object = lambda case: True


def _is_messages(case):
    """Whether an InvokeModel exchange is of Messages, and not of the older `{prompt}` and `{completion}`."""
    return not (isinstance(case.request, dict) and "prompt" in case.request) and not case.speaks_completion


def family(provider, operation):
    """The family of a case, or None where Weir is not asked to serve it."""
    found = _family(provider, operation)
    return found if found and all(need in BUILT for need in found.needs) else None


def _family(provider, operation):
    if operation == "chat" and provider in TARGETS:
        return Family(provider, "openai", CHAT_CLIENTS, "openai")
    if operation == "chat_openai_compat":
        target = {"gemini": "gemini_compat", "bedrock": "bedrock_mantle"}.get(provider)
        return Family(target, "openai", CHAT_CLIENTS, "openai") if target else None
    if operation == "completions" and provider in TARGETS:
        return Family(provider, "completions", ("completions",), "completions")
    if operation == "embeddings" and provider in TARGETS:
        return Family(provider, "embeddings", ("embeddings",), "embeddings")
    return OTHERS.get((provider, operation))


OTHERS = {
    ("anthropic", "messages"): Family("anthropic", "anthropic", CHAT_CLIENTS, "anthropic"),
    ("anthropic", "count_tokens"): Family("anthropic", "count_tokens", ("count_tokens",), "count_tokens"),
    ("gemini", "generateContent"): Family("gemini", "gemini", CHAT_CLIENTS, "gemini"),
    ("gemini", "countTokens"): Family("gemini", "countTokens", ("countTokens",), "countTokens"),
    ("vertex", "generateContent"): Family("vertex", "gemini", CHAT_CLIENTS, "gemini"),
    ("vertex", "countTokens"): Family("vertex", "countTokens", ("countTokens",), "countTokens"),
    ("vertex", "anthropic:rawPredict"): Family("vertex_anthropic", "anthropic", CHAT_CLIENTS, "anthropic"),
    ("bedrock", "converse"): Family("bedrock", "bedrock", CHAT_CLIENTS, None, ("bedrock",)),
    ("bedrock", "invoke:anthropic"): Family("bedrock_anthropic", "bedrock_anthropic", CHAT_CLIENTS, "anthropic", ("bedrock_anthropic",), _is_messages),
}


def targets():
    """Every target that is built, with its provider's configuration."""
    return {**TARGETS, **{name: provider for name, provider in COMING.items() if name in BUILT}}


def inbounds(found, streaming, wanted):
    """The client wires to ask with; `wanted` narrows them."""
    ready = [name for name in found.inbounds if name != "gemini" or "gemini_clients" in BUILT]
    if streaming and "gemini" in ready:
        ready.append("gemini_array")
    if found.wire in NO_COMPLETIONS and "completions_translated" in BUILT:
        ready.append("completions")
    return [name for name in ready if not wanted or name in wanted]
