"""What would be sent, told instead of sent; and token counts that no provider is asked for."""
import json

import httpx
import pytest

CHAT = {"model": "gpt-4o", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}], "seed": 1}
ON = [("stage: edge\n", "stage: edge\n                    dry_run: true\n")]
INLINE = [("stage: edge\n", "stage: edge\n                    dry_run: true\n")]


@pytest.fixture(scope="module", params=["minimal.yaml", "inline.yaml"])
def gate(request, gateways):
    return gateways(request.param, ON)


def test_the_request_is_shown_and_not_sent(gate, clean):
    mark, before = gate.mark(), gate.metric("weir_attempts_total")
    answer = httpx.post(f"{gate.url}/weir/translate?target=anthropic", json=CHAT | {"seed": None}, headers={"authorization": "Bearer caller-5ecret"})
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["provider"] == "anthropic" and shown["method"] == "POST"
    assert shown["url"] == "https://api.anthropic.com/v1/messages"
    assert shown["body"]["max_tokens"] == 9
    assert shown["body"]["messages"] == [{"role": "user", "content": "Hi"}]
    assert shown["headers"]["x-api-key"] == "***"
    assert shown["headers"]["content-length"] == str(len(json.dumps(shown["body"], separators=(",", ":"))))
    assert "5ecret" not in answer.text
    assert clean.requests() == []
    assert gate.entry(mark)["operation"] == "translate"
    assert gate.metric("weir_attempts_total") == before


def test_what_a_wire_cannot_say_is_told(gate):
    answer = httpx.post(f"{gate.url}/weir/translate?target=anthropic", json=CHAT)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "seed"


def test_the_same_wire_shows_the_edit(gate):
    shown = httpx.post(f"{gate.url}/weir/translate?target=openai", json=CHAT | {"stream": True}).json()
    assert shown["body"]["stream_options"] == {"include_usage": True}
    own = {key: value for key, value in CHAT.items() if key != "seed"}
    wire = httpx.post(f"{gate.url}/weir/translate?target=openai&wire=anthropic", json=own)
    assert (wire.status_code, wire.json()["body"]) == (200, {"model": "gpt-4o", "messages": CHAT["messages"], "max_tokens": 9})


def test_mistakes(gate):
    assert httpx.post(f"{gate.url}/weir/translate?wire=klingon", json=CHAT).json()["error"]["param"] == "wire"
    assert httpx.get(f"{gate.url}/weir/translate").status_code == 405


def test_it_is_off_unless_configured(gateways):
    gate = gateways("minimal.yaml")
    assert httpx.post(f"{gate.url}/weir/translate?target=openai", json=CHAT).status_code == 404


def test_tokens_that_nobody_counts_are_estimated(gate, clean):
    mark = gate.mark()
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "word " * 100}]}
    answer = httpx.post(f"{gate.url}/v1/messages/count_tokens", json=body)
    assert answer.status_code == 200, answer.text
    assert 50 < answer.json()["input_tokens"] < 400
    assert answer.headers["x-weir-estimated"] == "true"
    assert clean.requests() == []
    entry = gate.entry(mark)
    assert (entry["operation"], entry["outcome"]) == ("count_tokens", "ok")
    answer = httpx.post(f"{gate.url}/v1beta/models/gpt-4o:countTokens", json={"contents": [{"parts": [{"text": "hi"}]}]})
    assert answer.json()["totalTokens"] > 0
