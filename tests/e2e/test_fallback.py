"""Fallback across providers: by priority groups on the newest Envoy, by endpoint priorities on every one."""
import json
import socket
from concurrent.futures import ThreadPoolExecutor

import anthropic
import httpx
import openai
import pytest

WAYS = [("fallback.yaml", False), ("fallback-priorities.yaml", False), ("fallback-priorities.yaml", True)]
FAILURES = ["status=429", "status=500", "status=503", "error200", "die_before"]
SHORT = [{"role": "user", "content": "Hi"}]


@pytest.fixture(params=WAYS, ids=["groups", "priorities", "priorities-1.37"])
def way(request, gateways):
    name, old = request.param
    return lambda changes=(): gateways(name, changes, old)


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def served_by_anthropic(sim, client_wire="openai"):
    sent = sim.last()
    headers = dict(sent["headers"])
    assert sent["wire"] == "anthropic" and sent["path"] == "/v1/messages"
    assert headers["x-api-key"] == "sk-ant-5ecret" and headers["host"] == "api.anthropic.com"
    assert "authorization" not in headers and not [name for name in headers if name.startswith(("openai-", "x-weir"))]
    # A client's own headers go on only to its own wire.
    assert client_wire == "anthropic" or not [name for name in headers if name.startswith("x-stainless")]
    assert int(headers["content-length"]) == sent["body_bytes"]
    assert json.loads(sent["body"])["model"] == "claude-sonnet-4-5"


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("stream", [False, True])
def test_the_second_serves_when_the_first_fails(way, clean, failure, stream):
    gate = way()
    client = openai.OpenAI(base_url=f"{gate.url}/v1", api_key="caller", max_retries=0)
    mark = gate.mark()
    answer = client.chat.completions.create(model=f"gpt-4o+{failure}", messages=SHORT, stream=stream)
    if stream:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in answer if chunk.choices)
    else:
        text = answer.choices[0].message.content
    assert text == "Hello from the simulator."
    served_by_anthropic(clean)
    entry = gate.entry(mark)
    assert (entry["attempts"], entry["provider"], entry["outcome"], entry["status"]) == (2, "anthropic", "ok", 200)


def test_a_stream_that_begins_with_an_error_goes_elsewhere(way, clean):
    gate = way()
    client = anthropic.Anthropic(base_url=gate.url, api_key="caller", max_retries=0)
    with client.messages.stream(model="gpt-4o+error_first", max_tokens=10, messages=SHORT) as stream:
        assert stream.get_final_text() == "Hello from the simulator."
    served_by_anthropic(clean, "anthropic")


@pytest.mark.parametrize("padding", [0, 5000])
def test_lengths_are_each_attempts_own(way, clean, padding):
    gate = way([("models: {\"gpt-*\": claude-sonnet-4-5}", "unsupported_params: drop\n                    models: {\"gpt-*\": claude-sonnet-4-5}")])
    body = {"model": "gpt-4o+status=503", "messages": SHORT}
    if padding:
        # Said to the first, dropped for the second: the first body is the longer one.
        body |= {"logit_bias": {str(n): 1 for n in range(padding // 10)}, "stream": True}
    for http2 in (False, True):
        with httpx.Client(http1=not http2, http2=http2) as client:
            response = client.post(f"{gate.url}/v1/chat/completions", json=body)
        assert response.status_code == 200 and ("[DONE]" in response.text) == (padding > 0)
        served_by_anthropic(clean)
    first = [entry for entry in clean.requests() if entry["wire"] == "openai"][-1]
    assert int(dict(first["headers"])["content-length"]) == first["body_bytes"]
    assert (first["body_bytes"] < clean.last()["body_bytes"]) == (padding == 0)


def test_http2_upstream(gateways, clean):
    changes = [("explicit_http_config: {http_protocol_options: {}}", "explicit_http_config: {http2_protocol_options: {}}")]
    gate = gateways("fallback.yaml", changes)
    response = httpx.post(f"{gate.url}/v1/chat/completions", json={"model": "gpt-4o+status=500", "messages": SHORT})
    assert response.status_code == 200
    assert {entry["http"] for entry in clean.requests()} == {"HTTP/2.0"}
    sent = dict(clean.last()["headers"])
    assert sent["x-api-key"] == "sk-ant-5ecret" and "authorization" not in sent
    assert int(sent["content-length"]) == clean.last()["body_bytes"]


def test_connect_failure_goes_elsewhere(way, clean):
    gate = way([("port_value: 18080", f"port_value: {closed_port()}")])
    response = httpx.post(f"{gate.url}/v1/chat/completions", json={"model": "gpt-4o", "messages": SHORT})
    assert response.status_code == 200
    served_by_anthropic(clean)


@pytest.mark.parametrize("status, raised", [(529, openai.InternalServerError), (429, openai.RateLimitError)])
def test_when_all_fail_the_last_ones_error_is_the_clients(way, status, raised):
    gate = way([("claude-sonnet-4-5", f"claude-sonnet-4-5+status={status}")])
    with pytest.raises(raised) as caught:
        openai.OpenAI(base_url=f"{gate.url}/v1", api_key="k", max_retries=0).chat.completions.create(model="gpt-4o+status=500", messages=SHORT)
    assert caught.value.status_code == status and f"simulated error {status}" in str(caught.value)


def test_an_error_in_a_200_of_the_last_gets_its_status(way):
    gate = way([("claude-sonnet-4-5", "claude-sonnet-4-5+error200")])
    response = httpx.post(f"{gate.url}/v1/chat/completions", json={"model": "gpt-4o+status=500", "messages": SHORT})
    assert (response.status_code, response.json()["error"]["message"]) == (529, "simulated error 529")


def test_when_the_last_is_unreachable_the_last_real_error_is_named(way):
    gate = way([("port_value: 18081", f"port_value: {closed_port()}")])
    response = httpx.post(f"{gate.url}/v1/messages", json={"model": "gpt-4o+status=500", "max_tokens": 5, "messages": SHORT})
    assert response.status_code == 502
    error = response.json()
    assert error["type"] == "error" and "simulated error 500" in error["error"]["message"]


def test_an_error_that_no_other_could_mend_is_not_retried(way, clean):
    gate = way()
    response = httpx.post(f"{gate.url}/v1/chat/completions", json={"model": "gpt-4o+status=400", "messages": SHORT})
    assert response.status_code == 400 and len(clean.requests()) == 1


def test_two_hundred_at_once_with_the_first_down(way):
    gate = way([("port_value: 18080", f"port_value: {closed_port()}")])
    body = {"model": "gpt-4o", "messages": SHORT}
    with httpx.Client(limits=httpx.Limits(max_connections=200), timeout=60) as client:
        client.post(f"{gate.url}/v1/chat/completions", json=body)
        with ThreadPoolExecutor(200) as pool:
            statuses = list(pool.map(lambda _: client.post(f"{gate.url}/v1/chat/completions", json=body).status_code, range(200)))
    assert statuses == [200] * 200
