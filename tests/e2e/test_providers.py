"""Provider kinds and sources of identity that no example shows."""
import json

import httpx
import openai
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


def chats(gate):
    return openai.OpenAI(base_url=f"{gate.url}/v1", api_key="sk-caller", max_retries=0, timeout=20).chat.completions


@pytest.mark.parametrize("asked", [True, False])
def test_a_schema_by_tool_for_clients_of_the_same_wire(gateways, clean, asked):
    gate = gateways("minimal.yaml", provider("{provider: deepseek, match: {cluster: openai}, auth: {key: own}}"))
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": schema}}
    ask = {"model": "gpt-4o+tools=1+input=20+output=7", "messages": CHAT["messages"], "response_format": form}
    answer = chats(gate).create(**ask)
    choice = answer.choices[0]
    whole = choice.message.content
    assert isinstance(json.loads(whole), dict)
    assert (choice.message.tool_calls, choice.finish_reason, answer.usage.completion_tokens) == (None, "stop", 7)
    sent = json.loads(clean.last()["body"])
    assert (sent["tool_choice"]["function"]["name"], sent["thinking"]) == ("json_tool_call", {"type": "disabled"})
    assert "response_format" not in sent
    mark = gate.mark()
    options = {"stream_options": {"include_usage": True}} if asked else {}
    chunks = list(chats(gate).create(stream=True, **options, **ask))
    choices = [choice for chunk in chunks for choice in chunk.choices]
    pieces = [choice.delta.content for choice in choices if choice.delta.content]
    assert "".join(pieces) == whole and len(pieces) > 1
    assert choices[-1].finish_reason == "stop" and not any(choice.delta.tool_calls for choice in choices)
    assert [chunk.usage.completion_tokens for chunk in chunks if chunk.usage] == ([7] if asked else [])
    assert (gate.entry(mark)["input_tokens"], gate.entry(mark)["output_tokens"]) == ("20", "7")


def test_legacy_functions_where_there_are_tools_only(gateways, clean):
    gate = gateways("minimal.yaml", provider("{provider: mistral, match: {cluster: openai}, auth: {key: own}}"))
    ask = {"model": "gpt-4o+tools=1", "messages": CHAT["messages"], "functions": [{"name": "look", "parameters": {"type": "object"}}]}
    choice = chats(gate).create(**ask).choices[0]
    assert (choice.message.function_call.name, choice.message.tool_calls, choice.finish_reason) == ("look", None, "function_call")
    sent = json.loads(clean.last()["body"])
    assert sent["tools"][0]["function"]["name"] == "look" and "functions" not in sent
    choices = [chunk.choices[0] for chunk in chats(gate).create(stream=True, **ask)]
    calls = [choice.delta.function_call for choice in choices if choice.delta.function_call]
    assert calls[0].name == "look" and "".join(call.arguments for call in calls) == choice.message.function_call.arguments
    assert choices[-1].finish_reason == "function_call"
