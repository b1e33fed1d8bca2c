"""Provider kinds and sources of identity that no example shows."""
import json

import httpx
import pytest

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
OPENAI = "{provider: openai, match: {cluster: openai}, auth: {key: \"${OPENAI_API_KEY}\"}}"


def provider(text):
    return [(OPENAI, text)]


def test_a_compatible_host_with_a_prefix(gateways, clean):
    text = "{provider: openai_compatible, name: vllm, match: {cluster: openai}, host: 'vllm.test:8000', path_prefix: /serve/v2, auth: {key: own, header: authorization, scheme: Key}, headers: {x-org: weir}, models: {\"gpt-*\": \"llama-*\"}}"
    gate = gateways("minimal.yaml", provider(text))
    mark = gate.mark()
    httpx.post(f"{gate.url}/v1/chat/completions", json=CHAT)
    sent = clean.last()
    headers = dict(sent["headers"])
    assert (sent["path"], headers["host"], headers["authorization"], headers["x-org"]) == ("/serve/v2/chat/completions", "vllm.test:8000", "Key own", "weir")
    assert json.loads(sent["body"])["model"] == "llama-4o"
    # Somebody else's price for a model of this name is not this host's.
    entry = gate.entry(mark)
    assert (entry["provider"], entry["upstream_model"], entry["cost_nanousd"]) == ("vllm", "llama-4o", "0")
    assert gate.metric("weir_unpriced_requests_total", provider="vllm") == 1


def test_azure_v1_has_the_model_in_its_body(gateways, clean):
    text = "{provider: azure_openai, match: {cluster: openai}, host: r.openai.azure.com, auth: {key: own}, models: {gpt-4o: my-deployment}}"
    gate = gateways("minimal.yaml", provider(text))
    for stream in (False, True):
        assert httpx.post(f"{gate.url}/v1/messages", json={**CHAT, "max_tokens": 5, "stream": stream}).status_code == 200
        sent = clean.last()
        assert (sent["path"], json.loads(sent["body"])["model"]) == ("/openai/v1/chat/completions", "my-deployment")
        assert dict(sent["headers"])["api-key"] == "own"


def test_the_callers_own_key_can_go_on(gateways, clean):
    gate = gateways("minimal.yaml", provider("{provider: openai, match: {cluster: openai}, forward_caller_auth: true}"))
    httpx.post(f"{gate.url}/v1/chat/completions", json=CHAT, headers={"authorization": "Bearer theirs"})
    assert dict(clean.last()["headers"])["authorization"] == "Bearer theirs"


METADATA = """          - name: envoy.filters.http.set_metadata
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.set_metadata.v3.Config
              metadata: [{metadata_namespace: envoy.filters.http.jwt_authn, value: {payload: {sub: carol, org: acme}}}]
"""
STATE = """          - name: envoy.filters.http.set_filter_state
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config
              on_request_headers:
              - {object_key: my.caller, factory_key: envoy.string, format_string: {text_format_source: {inline_string: carol}}}
              - {object_key: my.team, factory_key: envoy.string, format_string: {text_format_source: {inline_string: acme}}}
"""


@pytest.mark.parametrize("before, caller, team", [
    (METADATA, "{metadata: {namespace: envoy.filters.http.jwt_authn, path: [payload, sub]}}", "{metadata: {namespace: envoy.filters.http.jwt_authn, path: [payload, org]}}"),
    (STATE, "{filter_state: my.caller}", "{filter_state: my.team}"),
], ids=["metadata", "filter state"])
@pytest.mark.parametrize("old", [False, True])
def test_callers_from_other_filters(gateways, before, caller, team, old):
    changes = [
        ("          http_filters:\n          - name: weir.edge", "          http_filters:\n" + before + "          - name: weir.edge"),
        ("stage: edge\n", f"stage: edge\n                    caller: {caller}\n                    team: {team}\n"),
        ("caller: \"%FILTER_STATE(wasm.weir.caller:PLAIN)%\"", "caller: \"%FILTER_STATE(wasm.weir.caller:PLAIN)% of %FILTER_STATE(wasm.weir.team:PLAIN)%\""),
    ]
    gate = gateways("minimal.yaml", changes, old)
    mark = gate.mark()
    assert httpx.post(f"{gate.url}/v1/chat/completions", json=CHAT).status_code == 200
    assert gate.entry(mark)["caller"] == "carol of acme"
    assert gate.metric("weir_requests_total", caller="carol") == 1
