"""Requests that end with trailers: no body callback says that the body is whole, and nothing may go upstream as the client sent it."""
import json

import pytest
from raw_http2 import post_http2

CHAT = {"max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
DRY = [("stage: edge\n", "stage: edge\n                    dry_run: true\n")]


def ask(gate, path, body):
    """The status and body of the answer to a POST over HTTP/2 that ends with trailers."""
    headers = [("content-type", "application/json"), ("authorization", "Bearer caller-5ecret")]
    status, said = post_http2(gate.port, json.dumps(body).encode(), headers, [("x-trailer", "1")], path)
    return status, json.loads(said)


@pytest.fixture(scope="module", params=["minimal.yaml", "inline.yaml"])
def gate(request, gateways):
    gate = gateways(request.param, DRY)
    gate.example = request.param
    return gate


@pytest.mark.parametrize("model, path, header, key", [
    ("gpt-5", "/v1/chat/completions", "authorization", "Bearer sk-openai-5ecret"),
    ("gpt-4o", "/v1/chat/completions", "authorization", "Bearer sk-openai-5ecret"),
    ("claude-sonnet-4-5", "/v1/messages", "x-api-key", "sk-ant-5ecret"),
])
def test_they_are_translated_and_metered(gate, clean, model, path, header, key):
    mark = gate.mark()
    status, answer = ask(gate, "/v1/chat/completions", CHAT | {"model": model})
    assert (status, answer["object"]) == (200, "chat.completion")
    [sent] = clean.requests()
    headers = dict(sent["headers"])
    assert (sent["path"], headers[header]) == (path, key)
    assert "caller-5ecret" not in json.dumps(sent)
    if model == "gpt-4o" and gate.example == "minimal.yaml":
        # It passes unread, without a length, as it came.
        assert "content-length" not in headers and headers["transfer-encoding"] == "chunked"
    else:
        assert headers["content-length"] == str(sent["body_bytes"])
    entry = gate.entry(mark)
    assert (entry["outcome"], entry["input_tokens"]) == ("ok", "12")


def test_what_cannot_be_said_is_refused(gate, clean):
    status, answer = ask(gate, "/v1/chat/completions", CHAT | {"model": "claude-sonnet-4-5", "seed": 1})
    assert (status, answer["error"]["param"]) == (400, "seed")
    assert clean.requests() == []


def test_a_dry_run_is_not_sent(gate, clean):
    status, answer = ask(gate, "/weir/translate?target=anthropic", CHAT | {"model": "gpt-4o"})
    assert (status, answer["provider"]) == (200, "anthropic")
    assert clean.requests() == []
