"""Settlement: tokens, cost, aborts, and the same numbers wherever they show."""
import json
import time

import httpx
import pytest

from gateway import wait_for
from prices import prices

HI = [{"role": "user", "content": "Hi there, how are you?"}]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_openai_tokens_and_cost_are_exact(gw, path, stream):
    # A model with options has no price of its own: it is found without its date only, so the plain name is asked.
    mark = gw.mark()
    body = {"model": "gpt-4o", "max_tokens": 9, "messages": HI, "stream": stream}
    response = httpx.post(gw.url + path, json=body)
    entry = gw.entry(mark)
    rates = prices("gpt-4o")
    want = round((12 * rates[0] + 4 * rates[1]) * 1e9)
    assert (entry["input_tokens"], entry["output_tokens"], entry["total_tokens"]) == ("12", "4", "16")
    assert (int(entry["cost_nanousd"]), entry["usage_source"], entry["outcome"], entry["finish_reason"]) == (want, "provider", "ok", "stop")
    if not stream:
        assert int(response.headers["x-weir-cost-nanousd"]) == want


def test_cache_and_reasoning_are_counted(gateways):
    gate = gateways("envoy.yaml", [("models:\n                    - {name: \"azure", "max_model_labels: 50\n                    models:\n                    - {name: \"azure")])
    mark = gate.mark()
    httpx.post(f"{gate.url}/v1/chat/completions", json={"model": "claude-sonnet-4-5+input=1000+cached=600+cache_write=300+output=50", "messages": HI})
    entry = gate.entry(mark)
    assert (entry["input_tokens"], entry["cache_read_tokens"], entry["cache_write_tokens"]) == ("1000", "600", "300")
    mark = gate.mark()
    httpx.post(f"{gate.url}/v1/chat/completions", json={"model": "gpt-4o+input=10+reasoning=30+output=50", "messages": HI, "stream": True})
    entry = gate.entry(mark)
    assert (entry["reasoning_tokens"], entry["output_tokens"], entry["usage_source"]) == ("30", "50", "provider")


def test_unpriced_models_are_counted_as_such(gw):
    before = gw.metric("weir_unpriced_requests_total")
    mark = gw.mark()
    httpx.post(f"{gw.url}/v1/chat/completions", json={"model": "gpt-99-unknown", "messages": HI})
    assert gw.entry(mark)["cost_nanousd"] == "0"
    assert gw.metric("weir_unpriced_requests_total") == before + 1


def test_the_operators_prices_come_first(gateways):
    price = "prices: {gpt-4o: {input_cost_per_token: 1e-3, output_cost_per_token: \"0.002\"}}\n                  envoy_buffer_limit_bytes: 1048576"
    gate = gateways("envoy.yaml", [("envoy_buffer_limit_bytes: 1048576", price)])
    mark = gate.mark()
    httpx.post(f"{gate.url}/v1/chat/completions", json={"model": "gpt-4o", "messages": HI})
    assert gate.entry(mark)["cost_nanousd"] == str(12 * 1_000_000 + 4 * 2_000_000)


def test_log_metrics_and_simulator_agree(gateways, clean):
    gate = gateways("minimal.yaml", [("models: [", "max_model_labels: 77\n                    models: [")])
    start = gate.mark()
    for model in ("gpt-4o", "claude-sonnet-4-5", "gpt-4o+tools=1"):
        for stream in (False, True):
            httpx.post(f"{gate.url}/v1/chat/completions", json={"model": model, "messages": HI, "stream": stream})
    gate.mark()
    entries = gate.entries[start:]
    assert len(entries) == 6
    served = clean.totals()
    for kind in ("input", "output"):
        logged = sum(int(entry[f"{kind}_tokens"]) for entry in entries)
        assert logged == sum(row[f"{kind}_tokens"] for row in served)
        assert logged == gate.metric("weir_tokens_total", type=kind)
    assert sum(int(entry["cost_nanousd"]) for entry in entries) == gate.metric("weir_cost_nanousd_total")
    assert gate.metric("weir_requests_total", outcome="ok") == 6
    assert gate.metric("weir_attempts_total") == 6
    # Envoy merges histograms every five seconds.
    wait_for(lambda: gate.metric("weir_duration_ms_count") == 6, "the histogram", 15)


@pytest.mark.parametrize("model", ["gpt-4o", "claude-sonnet-4-5"])
@pytest.mark.parametrize("name, old", [("minimal.yaml", False), ("minimal.yaml", True), ("inline.yaml", False)])
@pytest.mark.parametrize("after", [0, 1, 4, 9])
def test_an_abort_is_settled_and_the_provider_stops(gateways, clean, model, name, old, after):
    gate = gateways(name, [("max_requests: 10000", "max_requests: 9999")], old)
    before = {kind: gate.metric("weir_tokens_total", type=kind) for kind in ("input", "output")}
    mark = gate.mark()
    with httpx.stream("POST", f"{gate.url}/v1/chat/completions", json={"model": f"{model}+events=400+trickle=10", "messages": HI, "stream": True}) as response:
        lines = response.iter_lines()
        for _ in range(2 * after):
            next(lines)
    entry = gate.entry(mark)
    assert entry["outcome"] == "aborted"
    assert entry["usage_source"] in (("estimated", "none") if after < 2 else ("estimated",))
    if after >= 4:
        assert 0 < int(entry["output_tokens"]) < 400 and int(entry["input_tokens"]) > 0
    for kind in before:
        assert gate.metric("weir_tokens_total", type=kind) - before[kind] == int(entry[f"{kind}_tokens"])
    end = time.monotonic() + 5
    while not clean.last()["aborted"]:
        assert time.monotonic() < end, "the provider goes on"
        time.sleep(0.05)


def test_an_abort_before_the_answer_settles_nothing(gw):
    mark = gw.mark()
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{gw.url}/v1/chat/completions", json={"model": "gpt-4o+stall=2000", "messages": HI}, timeout=0.3)
    entry = gw.entry(mark)
    assert (entry["outcome"], entry["usage_source"], entry["total_tokens"]) == ("aborted", "none", "0")


@pytest.mark.parametrize("model", ["gpt-4o", "claude-sonnet-4-5"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", ["die_before", "die_head", "die_mid=3"])
def test_a_provider_that_dies_is_settled(gw, model, stream, fault):
    mark = gw.mark()
    body = {"model": f"{model}+{fault}", "messages": HI, "stream": stream}
    status, cut = 200, False
    try:
        response = httpx.post(f"{gw.url}/v1/chat/completions", json=body, timeout=10)
        status = response.status_code
        if status != 200:
            assert response.json()["error"]["message"]
    except httpx.RemoteProtocolError:
        cut = True
    assert cut or status == 502
    assert gw.entry(mark)["outcome"] in ("aborted", "error")
    # The next request on the same worker is served as if nothing had happened.
    assert httpx.post(f"{gw.url}/v1/chat/completions", json={"model": model, "messages": HI}).status_code == 200


@pytest.mark.parametrize("model", ["gpt-4o", "claude-sonnet-4-5"])
def test_an_error_in_mid_stream_is_the_clients_own(gw, model):
    mark = gw.mark()
    text = httpx.post(f"{gw.url}/v1/chat/completions", json={"model": f"{model}+error_mid=2", "messages": HI, "stream": True}).text
    events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
    assert "simulated error" in events[-1]["error"]["message"] and "[DONE]" not in text
    assert gw.entry(mark)["outcome"] == "error"
    text = httpx.post(f"{gw.url}/v1/messages", json={"model": f"{model}+error_mid=2", "max_tokens": 9, "messages": HI, "stream": True}).text
    assert "event: error\n" in text and "message_stop" not in text


@pytest.mark.parametrize("size", [33_000, 1_000_000, 24_000_000])
@pytest.mark.parametrize("model", ["gpt-4o", "claude-sonnet-4-5"])
@pytest.mark.parametrize("limit", [32768, 1048576])
@pytest.mark.parametrize("stream", [False, True])
def test_large_answers_behind_small_limits(gateways, size, model, limit, stream):
    changes = [("per_connection_buffer_limit_bytes: 1048576", f"per_connection_buffer_limit_bytes: {limit}"), ("envoy_buffer_limit_bytes: 1048576", f"envoy_buffer_limit_bytes: {limit}")]
    gate = gateways("minimal.yaml", changes)
    response = httpx.post(f"{gate.url}/v1/chat/completions", json={"model": f"{model}+size={size}", "messages": HI, "stream": stream}, timeout=60)
    assert response.status_code == 200
    if stream:
        chunks = [json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: {")]
        got = sum(len(chunk["choices"][0]["delta"].get("content") or "") for chunk in chunks if chunk["choices"])
    else:
        got = len(response.json()["choices"][0]["message"]["content"])
    assert got == size


def test_no_key_in_any_log(gateways, gw):
    for model in ("gpt-4o", "claude-sonnet-4-5+status=401", "azure-gpt-4o+die_before"):
        httpx.post(f"{gw.url}/v1/chat/completions", json={"model": model, "messages": HI}, headers={"authorization": "Bearer caller-5ecret"})
    gw.mark()
    assert "5ecret" not in gw.log() + json.dumps(gw.entries)
    assert gw.stat("vm_reload") == 0
