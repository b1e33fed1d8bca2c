"""OpenAI's legacy completions on either side: clients of it, and providers that only complete."""
import json

import anthropic
import httpx
import openai
import pytest

PROMPT = "Say hello, naïve wörld ☃"
OPENAI = "{provider: openai, match: {cluster: openai}, auth: {key: \"${OPENAI_API_KEY}\"}}"
HOST = "{provider: openai_compatible, name: host, match: {cluster: openai}, host: 'vllm.test:8000', path_prefix: /v1, auth: {key: own}%s}"


def oai(gate):
    return openai.OpenAI(base_url=f"{gate.url}/v1", api_key="sk-caller", max_retries=0, timeout=20)


@pytest.fixture(scope="module", params=["anthropic", "chat only", "openai"])
def way(request, gateways):
    """A gateway, a model behind it, and the path that its provider is asked at."""
    if request.param == "chat only":
        return gateways("minimal.yaml", [(OPENAI, "{provider: azure_ai_foundry, match: {cluster: openai}, host: r.services.ai.azure.com, auth: {key: own}}")]), "gpt-4o", "/models/chat/completions?api-version=2024-05-01-preview"
    if request.param == "openai":
        return gateways("envoy.yaml"), "gpt-4o", "/v1/completions"
    return gateways("envoy.yaml"), "claude-sonnet-4-5", "/v1/messages"


def test_unary(way, clean):
    gate, model, path = way
    answer = oai(gate).completions.create(model=f"{model}+echo+input=20+output=7", prompt=PROMPT, max_tokens=30)
    assert (answer.object, answer.choices[0].text, answer.choices[0].finish_reason) == ("text_completion", PROMPT, "stop")
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (20, 7)
    sent = clean.last()
    assert (sent["path"], json.loads(sent["body"])["max_tokens"]) == (path, 30)


@pytest.mark.parametrize("asked", [True, False])
def test_streamed(way, asked):
    gate, model, _ = way
    options = {"stream_options": {"include_usage": True}} if asked else {}
    mark = gate.mark()
    chunks = list(oai(gate).completions.create(model=f"{model}+echo+input=20+output=7", prompt=PROMPT, max_tokens=30, stream=True, **options))
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == PROMPT
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert [chunk.usage.completion_tokens for chunk in chunks if chunk.usage] == ([7] if asked else [])
    assert (gate.entry(mark)["input_tokens"], gate.entry(mark)["output_tokens"]) == ("20", "7")


def test_what_a_chat_cannot_be_asked(gateways):
    gate = gateways("envoy.yaml")
    for field, value in [("prompt", ["a", "b"]), ("prompt", [1, 2]), ("echo", True), ("suffix", "x"), ("best_of", 3)]:
        body = {"model": "claude-sonnet-4-5", "prompt": "Hi", field: value}
        response = httpx.post(f"{gate.url}/v1/completions", json=body)
        assert (response.status_code, response.json()["error"]["param"]) == (400, field), response.text


def test_a_provider_that_only_completes(gateways, clean):
    gate = gateways("minimal.yaml", [(OPENAI, HOST % ", wire: completions")])
    client = oai(gate)
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": PROMPT}]
    answer = client.chat.completions.create(model="gpt-4o+echo+input=20+output=7", messages=messages)
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason, answer.usage.completion_tokens) == (f"Be brief. {PROMPT}", "stop", 7)
    sent = clean.last()
    assert (sent["path"], json.loads(sent["body"])["prompt"]) == ("/v1/completions", f"Be brief. {PROMPT}")
    chunks = list(client.chat.completions.create(model="gpt-4o+echo", messages=messages[1:], stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == PROMPT
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="gpt-4o", messages=messages, tools=[{"type": "function", "function": {"name": "f"}}])
    assert refused.value.body["param"] == "tools"


@pytest.mark.parametrize("translated", [True, False])
def test_a_provider_that_does_not_stream_after_all(gateways, translated):
    gate = gateways("envoy.yaml")
    mark = gate.mark()
    if translated:
        client = anthropic.Anthropic(base_url=gate.url, api_key="sk-caller", max_retries=0, timeout=20)
        with client.messages.stream(model="gpt-4o+echo+unstreamed", max_tokens=50, messages=[{"role": "user", "content": PROMPT}]) as stream:
            text = stream.get_final_text()
    else:
        chunks = list(oai(gate).chat.completions.create(model="gpt-4o+echo+unstreamed", messages=[{"role": "user", "content": PROMPT}], stream=True))
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == PROMPT
    entry = gate.entry(mark)
    assert (entry["finish_reason"], entry["usage_source"]) == ("stop", "provider")
