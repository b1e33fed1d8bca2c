"""Claude where others host it, Vertex AI, Bedrock's InvokeModel and Azure AI Foundry, and tokens counted everywhere."""
import json

import anthropic
import httpx
import openai
import pytest

ANTHROPIC = "{provider: anthropic, match: {cluster: anthropic}, auth: {key: \"${ANTHROPIC_API_KEY}\"}}"
HOSTS = {
    "anthropic": ANTHROPIC,
    "foundry": "{provider: foundry_anthropic, match: {cluster: anthropic}, host: r.services.ai.azure.com, auth: {key: own}}",
    "vertex": "{provider: vertex_anthropic, match: {cluster: anthropic}, project: p-1, location: us-east5, auth: {key: own}}",
    "bedrock": "{provider: bedrock_anthropic, match: {cluster: anthropic}, region: us-east-1, auth: {key: own}}",
}
VERTEX = "/v1/projects/p-1/locations/us-east5/publishers/anthropic/models/"
PATHS = {
    "anthropic": ("/v1/messages", "/v1/messages"),
    "foundry": ("/anthropic/v1/messages", "/anthropic/v1/messages"),
    "vertex": (VERTEX + "claude-x:rawPredict", VERTEX + "claude-x:streamRawPredict"),
    "bedrock": ("/model/claude-x/invoke", "/model/claude-x/invoke-with-response-stream"),
}
COUNT_PATHS = {
    "anthropic": "/v1/messages/count_tokens",
    "foundry": "/anthropic/v1/messages/count_tokens",
    "vertex": VERTEX + "count-tokens:rawPredict",
    "bedrock": "/model/anthropic.claude-x/count-tokens",
}
VERSIONS = {"vertex": "vertex-2023-10-16", "bedrock": "bedrock-2023-05-31"}
SAID = "Say hello, naïve wörld ☃"
MESSAGES = [{"role": "user", "content": SAID}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS = [{"name": name, "input_schema": SCHEMA} for name in ("get_weather", "get_time")]


@pytest.fixture(params=[name for name in HOSTS if name != "anthropic"])
def host(request):
    return request.param


def gate_of(gateways, host, old=False):
    edge = ("{name: \"claude-*\", target: anthropic}", "{name: \"*claude-*\", target: anthropic}")
    return gateways("minimal.yaml", [(ANTHROPIC, HOSTS[host]), edge], old=old)


@pytest.fixture
def gate(gateways, host):
    return gate_of(gateways, host)


def claude(gate):
    return anthropic.Anthropic(base_url=gate.url, api_key="sk-caller", max_retries=0, timeout=20)


def oai(gate):
    return openai.OpenAI(base_url=f"{gate.url}/v1", api_key="sk-caller", max_retries=0, timeout=20)


def sent_to(clean):
    """What the provider got: its path without the model's options, its headers, its body."""
    sent = clean.last()
    path = sent["path"].replace("%2Becho", "").replace("%2Bbyte_by_byte", "")
    return path, dict(sent["headers"]), json.loads(sent["body"])


def in_envelope(host, body):
    """Whether the body is in its host's envelope."""
    if host not in VERSIONS:
        return body["model"].startswith("claude-x") and "anthropic_version" not in body
    return "model" not in body and body["anthropic_version"] == VERSIONS[host]


def test_anthropic_client_unary(gate, host, clean):
    mark = gate.mark()
    betas = {"anthropic-beta": "claude-code-20250219,context-1m-2025-08-07"}
    answer = claude(gate).messages.create(model="claude-x+echo", max_tokens=64, messages=MESSAGES, extra_headers=betas)
    assert (answer.content[0].text, answer.stop_reason, answer.usage.input_tokens) == (SAID, "end_turn", 12)
    path, headers, body = sent_to(clean)
    assert path == PATHS[host][0] and in_envelope(host, body)
    assert "sk-caller" not in str(headers)
    assert headers.get("anthropic-beta") == {"foundry": betas["anthropic-beta"], "vertex": "context-1m-2025-08-07"}.get(host)
    assert body.get("anthropic_beta") == (["context-1m-2025-08-07"] if host == "bedrock" else None)
    entry = gate.entry(mark)
    assert (entry["input_tokens"], entry["usage_source"], entry["outcome"]) == ("12", "provider", "ok")


@pytest.mark.parametrize("option", ["", "+byte_by_byte"])
def test_anthropic_client_streamed(gate, host, clean, option):
    mark = gate.mark()
    with claude(gate).messages.stream(model=f"claude-x+echo{option}", max_tokens=64, messages=MESSAGES) as stream:
        answer = stream.get_final_message()
    assert (answer.content[0].text, answer.stop_reason) == (SAID, "end_turn")
    path, _, body = sent_to(clean)
    assert path == PATHS[host][1] and in_envelope(host, body)
    assert ("stream" in body) == (host != "bedrock")
    entry = gate.entry(mark)
    assert (entry["input_tokens"], entry["finish_reason"], entry["outcome"]) == ("12", "stop", "ok")


def test_anthropic_client_thinks_and_calls(gate, clean):
    for stream in (False, True):
        client = claude(gate).messages
        asked = dict(model="claude-x+thinking+tools=2", max_tokens=64, messages=MESSAGES, tools=TOOLS)
        if stream:
            with client.stream(**asked) as events:
                answer = events.get_final_message()
        else:
            answer = client.create(**asked)
        assert [block.type for block in answer.content] == ["thinking", "tool_use", "tool_use"]
        assert [block.name for block in answer.content[1:]] == ["get_weather", "get_time"]
        assert answer.stop_reason == "tool_use"


@pytest.mark.parametrize("stream", [False, True])
def test_openai_client(gate, host, clean, stream):
    tools = [{"type": "function", "function": {"name": tool["name"], "parameters": SCHEMA}} for tool in TOOLS]
    answer = oai(gate).chat.completions.create(model="claude-x+tools=2", messages=MESSAGES, tools=tools, stream=stream)
    if stream:
        chunks = [chunk for chunk in answer if chunk.choices]
        calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
        names = [call.function.name for call in calls if call.id]
        finish = chunks[-1].choices[0].finish_reason
    else:
        names = [call.function.name for call in answer.choices[0].message.tool_calls]
        finish = answer.choices[0].finish_reason
    assert (names, finish) == (["get_weather", "get_time"], "tool_calls")
    assert in_envelope(host, sent_to(clean)[2])


def test_a_format_by_way_of_a_tool(gateways, clean):
    gate = gate_of(gateways, "vertex")
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA}}
    for stream in (False, True):
        answer = oai(gate).chat.completions.create(model="claude-x+tools=1", messages=MESSAGES, response_format=form, stream=stream)
        if stream:
            chunks = [chunk.choices[0] for chunk in answer if chunk.choices]
            text, finish = "".join(chunk.delta.content or "" for chunk in chunks), chunks[-1].finish_reason
        else:
            text, finish = answer.choices[0].message.content, answer.choices[0].finish_reason
        assert (finish, isinstance(json.loads(text), dict)) == ("stop", True)
        assert sent_to(clean)[2]["tool_choice"]["name"] == "json_tool_call"


def test_errors_are_the_wires(gate, host):
    with pytest.raises(anthropic.RateLimitError) as failure:
        claude(gate).messages.create(model="claude-x+status=429", max_tokens=64, messages=MESSAGES)
    assert failure.value.body["error"]["type"] == "rate_limit_error"
    with pytest.raises(openai.RateLimitError):
        oai(gate).chat.completions.create(model="claude-x+status=429", messages=MESSAGES)


def test_errors_in_mid_stream(gate):
    with pytest.raises(anthropic.APIStatusError) as failure:
        with claude(gate).messages.stream(model="claude-x+error_mid=2", max_tokens=64, messages=MESSAGES) as stream:
            stream.get_final_message()
    assert "simulated error 529" in str(failure.value)
    with pytest.raises(openai.APIError) as failure:
        list(oai(gate).chat.completions.create(model="claude-x+error_mid=2", messages=MESSAGES, stream=True))
    assert "simulated error 529" in str(failure.value)


@pytest.mark.parametrize("name", ["vertex", "bedrock"])
def test_media_by_url_are_refused_by_place(gateways, clean, name):
    gate = gate_of(gateways, name)
    image = {"type": "image", "source": {"type": "url", "url": "https://example.test/a.png"}}
    with pytest.raises(anthropic.BadRequestError) as failure:
        claude(gate).messages.create(model="claude-x", max_tokens=64, messages=[{"role": "user", "content": [image]}])
    assert "messages.0.content.0.source" in str(failure.value)
    with pytest.raises(openai.BadRequestError) as failure:
        image = {"type": "image_url", "image_url": {"url": "https://example.test/a.png"}}
        oai(gate).chat.completions.create(model="claude-x", messages=[{"role": "user", "content": [image]}])
    assert "messages[0].content[0]" in str(failure.value)
    assert clean.requests() == []


@pytest.mark.parametrize("name", HOSTS)
def test_tokens_are_counted(gateways, clean, name):
    gate = gate_of(gateways, name)
    model = "us.anthropic.claude-x" if name == "bedrock" else "claude-x"
    count = claude(gate).messages.count_tokens(model=model, messages=[*MESSAGES, {"role": "assistant", "content": "a"}], system="s")
    assert count.input_tokens == 20
    assert sent_to(clean)[0] == COUNT_PATHS[name]


def test_tokens_are_estimated_where_the_provider_is_anothers(gateways, clean):
    gate = gate_of(gateways, "anthropic")
    body = {"model": "gpt-4o", "messages": MESSAGES}
    answer = httpx.post(f"{gate.url}/v1/messages/count_tokens", json=body)
    assert answer.json()["input_tokens"] > 0 and answer.headers["x-weir-estimated"] == "true"
    assert clean.requests() == []


def test_an_old_envoy_unwraps_bedrocks_streams(gateways, clean):
    gate = gate_of(gateways, "bedrock", old=True)
    with claude(gate).messages.stream(model="claude-x+echo+trickle=5", max_tokens=64, messages=MESSAGES) as stream:
        assert "".join(stream.text_stream) == SAID
