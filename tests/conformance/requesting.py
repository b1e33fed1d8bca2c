"""Requests as a client of each wire sends them: a plain one, and the recorded one."""
from urllib.parse import quote

# Own wires that Weir can also read into the neutral language and write again.
TRANSLATED = ("openai", "anthropic", "gemini")
PATHS = {
    "openai": "/v1/chat/completions",
    "completions": "/v1/completions",
    "embeddings": "/v1/embeddings",
    "anthropic": "/v1/messages",
    "count_tokens": "/v1/messages/count_tokens",
}
GOOGLE = ("gemini", "countTokens")
# What Anthropic's wire has in a cloud's body instead of a header, the path and the choice of the path.
CLOUD_KEYS = ("anthropic_version",)
KEPT_HEADERS = ("anthropic-version", "anthropic-beta")


def _google_path(case, wire, model):
    method = "countTokens" if wire == "countTokens" else "streamGenerateContent" if case.streaming else "generateContent"
    return f"/v1beta/models/{quote(model, safe=':')}:{method}" + ("?alt=sse" if case.streaming else "")


def hello(wire, case):
    """The `(path, body, headers)` of a plain request for what a case answers."""
    if wire in GOOGLE:
        return _google_path(case, wire, case.model), {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}, {"x-goog-api-key": "client-key"}
    body = {"model": case.model, "stream": case.streaming, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1024}
    if wire == "completions":
        body["prompt"] = "Hello"
        del body["messages"]
    if case.streaming and wire in ("openai", "completions"):
        body["stream_options"] = {"include_usage": True}
    return PATHS[wire], body, {"anthropic-version": "2023-06-01"} if wire == "anthropic" else {}


def recorded(found, case, model):
    """The `(path, body, headers)` by which a client of the provider's own wire asks what was recorded, for this model."""
    headers = {"content-type": "application/json", **{name: case.request_headers[name] for name in KEPT_HEADERS if name in case.request_headers}}
    if found.own in GOOGLE:
        return _google_path(case, found.own, model), case.request, {"x-goog-api-key": "client-key", **headers}
    body = {**case.request, "model": model}
    if found.own in ("anthropic", "count_tokens"):
        headers.setdefault("anthropic-version", "2023-06-01")
    if found.target != "anthropic" and found.own == "anthropic":
        body = {key: value for key, value in body.items() if key not in CLOUD_KEYS}
        if case.streaming:
            body["stream"] = True
    return PATHS[found.own], body, headers
