"""The edge: scope, operations, models, callers, limits, and errors in the client's wire."""
import json
import socket

import anthropic
import httpx
import openai
import pytest

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
MESSAGE = {"model": "claude-sonnet-4-5", "max_tokens": 20, "messages": [{"role": "user", "content": "Hi"}]}


def test_model_lists_in_both_shapes(gw):
    models = openai.OpenAI(base_url=f"{gw.url}/v1", api_key="k").models
    names = ["gpt-4o", "gpt-4o-mini", "claude-sonnet-4-6", "gemini-2.5-flash"]
    assert [model.id for model in models.list()] == names
    assert models.retrieve("gpt-4o").object == "model"
    models = anthropic.Anthropic(base_url=gw.url, api_key="k").models
    assert [model.id for model in models.list()] == names
    assert models.retrieve("claude-sonnet-4-6").type == "model"
    with pytest.raises(openai.NotFoundError):
        openai.OpenAI(base_url=f"{gw.url}/v1", api_key="k").models.retrieve("nope")


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/chat/completions", "/openai/v1/chat/completions", "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"])
def test_paths_of_an_operation(gw, path):
    mark = gw.mark()
    assert httpx.post(gw.url + path, json=CHAT).status_code == 200
    entry = gw.entry(mark)
    assert (entry["operation"], entry["model"], entry["target"]) == ("chat", "gpt-4o", "openai")


def test_azure_client_path_reaches_azure(gw, clean):
    client = openai.AzureOpenAI(azure_endpoint=gw.url, api_key="k", api_version="2024-06-01")
    assert client.chat.completions.create(**{**CHAT, "model": "azure-gpt-4o"}).choices
    sent = clean.last()
    assert sent["path"] == "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
    assert ["api-key", "azure-5ecret"] in sent["headers"]


@pytest.mark.parametrize("http2", [False, True])
def test_both_http_versions(gw, http2):
    with httpx.Client(http1=not http2, http2=http2) as client:
        response = client.post(f"{gw.url}/v1/messages", json=MESSAGE)
        assert response.status_code == 200
        assert response.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
        with client.stream("POST", f"{gw.url}/v1/messages", json={**MESSAGE, "stream": True}) as streamed:
            lines = list(streamed.iter_lines())
        assert 'data: {"type":"message_stop"}' in lines


def test_unknown_paths_and_models_in_the_clients_wire(gw):
    error = httpx.get(f"{gw.url}/v1/nope").json()["error"]
    assert error["type"] == "invalid_request_error" and "/v1/nope" in error["message"]
    body = httpx.post(f"{gw.url}/v1/messages/nope", headers={"anthropic-version": "2023-06-01"}).json()
    assert body["type"] == "error" and body["error"]["type"] == "not_found_error"
    response = httpx.get(f"{gw.url}/v1/chat/completions")
    assert response.status_code == 405
    response = httpx.post(f"{gw.url}/v1/chat/completions", json={**CHAT, "model": "llama"})
    assert (response.status_code, response.json()["error"]["code"]) == (404, "model_not_found")
    with pytest.raises(anthropic.NotFoundError):
        anthropic.Anthropic(base_url=gw.url, api_key="k", max_retries=0).messages.create(**{**MESSAGE, "model": "llama"})


@pytest.mark.parametrize("body, param", [
    (b"", None), (b"not json", None), (b'{"model":"gpt-4o"', None), (b"[]", None), (b'{"messages":[]}', "model"), (b'{"model":7}', "model"),
    (b'{"model":"claude-sonnet-4-5"}', "messages"), (b'{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":{}}]}', "messages[0].content"),
    (b'{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"' + b"\xff" + b'"}]}', None),
    (b'{"model":"claude-sonnet-4-5","messages":' + b"[" * 500 + b"]" * 500 + b"}", None),
])
def test_broken_bodies_are_told_what_is_wrong(gw, body, param):
    response = httpx.post(f"{gw.url}/v1/chat/completions", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["message"] and error["type"] == "invalid_request_error" and error["param"] == param


def test_another_hosts_paths_are_not_touched(gateways, clean):
    config = "stage: edge\n                    hosts: [llm.test]\n                    path_prefix: /ai"
    route = "              routes:\n              - match: {prefix: /, headers: [{name: ':authority', string_match: {exact: other.test}}]}\n                route: {cluster: plain}"
    cluster = "  clusters:\n  - name: plain\n    type: STATIC\n    load_assignment: {cluster_name: plain, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 18080}}}}]}]}"
    gate = gateways("envoy.yaml", [("stage: edge", config), ("              routes:", route), ("  clusters:", cluster)])
    body = b'{"broken": '
    headers = {"host": "other.test", "x-weir-target": "openai", "x-api-key": "own", "anthropic-version": "1", "authorization": "Bearer own"}
    assert httpx.post(f"{gate.url}/v1/messages", content=body, headers=headers).status_code == 400
    sent = clean.last()
    assert sent["body"].encode() == body
    assert {"x-weir-target": "openai", "x-api-key": "own", "authorization": "Bearer own"}.items() <= dict(sent["headers"]).items()
    assert httpx.post(f"{gate.url}/ai/v1/chat/completions", json=CHAT, headers={"host": "llm.test:80"}).status_code == 200
    assert clean.last()["path"] == "/v1/chat/completions"
    assert httpx.post(f"{gate.url}/v1/chat/completions", json=CHAT, headers={"host": "llm.test"}).status_code == 404


def test_clients_cannot_say_where_it_goes(gw, clean):
    headers = {"x-weir-target": "anthropic", "x-weir-model": "claude", "authorization": "Bearer caller", "cookie": "a=b"}
    response = httpx.post(f"{gw.url}/v1/chat/completions", json=CHAT, headers=headers)
    assert response.headers["x-weir-provider"] == "openai"
    sent = dict(clean.last()["headers"])
    assert sent["authorization"] == "Bearer sk-openai-5ecret"
    assert not [name for name in sent if name.startswith("x-weir-") or name in ("cookie", "x-api-key", "accept-encoding")]
    assert sent["host"] == "api.openai.com"


def test_passing_paths_get_no_key(gateways, clean):
    route = "              routes:\n              - match: {path: /v1/files}\n                route: {cluster: openai}"
    gate = gateways("envoy.yaml", [("stage: edge", "stage: edge\n                    unknown_paths: pass"), ("              routes:", route)])
    httpx.post(f"{gate.url}/v1/files", content=b"whatever", headers={"authorization": "Bearer own"})
    sent = clean.last()
    assert (sent["body"], dict(sent["headers"])["authorization"]) == ("whatever", "Bearer own")


def test_a_cluster_of_a_provider_serves_only_through_the_edge(gateways, clean):
    disabled = [("- name: weir.edge\n", "- name: weir.edge\n            disabled: true\n"), ("filter_state: [{key: wasm.weir.target, string_match: {exact: openai}}]", "headers: []")]
    gate = gateways("minimal.yaml", disabled)
    response = httpx.post(f"{gate.url}/v1/chat/completions", json=CHAT)
    assert response.status_code == 403
    assert clean.requests() == []


def test_callers_are_told_apart_and_strangers_refused(gateways, clean):
    gate = gateways("callers.yaml")
    for key, count in [("sk-alice", 2), ("sk-bob", 1)]:
        for _ in range(count):
            client = openai.OpenAI(base_url=f"{gate.url}/v1", api_key=key, max_retries=0)
            client.chat.completions.create(**{**CHAT, "model": "gpt-4o+input=100+output=10"})
    mark = gate.mark()
    anthropic.Anthropic(base_url=gate.url, api_key="sk-alice").messages.create(**MESSAGE)
    assert gate.entry(mark)["caller"] == "alice"
    assert gate.metric("weir_tokens_total", caller="alice", provider="openai", type="input") == 200
    assert gate.metric("weir_tokens_total", caller="bob", type="input") == 100
    assert "x-caller" not in dict(clean.last()["headers"])
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=f"{gate.url}/v1", api_key="sk-mallory", max_retries=0).chat.completions.create(**CHAT)


def test_without_the_authentication_filter_nobody_passes(gateways):
    text = "- name: envoy.filters.http.api_key_auth\n"
    gate = gateways("callers.yaml", [(text, text + "            disabled: true\n")])
    response = httpx.post(f"{gate.url}/v1/chat/completions", json=CHAT)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "invalid_api_key"


def test_a_body_over_the_limit_is_a_413_in_the_clients_wire(gateways):
    gate = gateways("envoy.yaml", [("max_request_bytes: 16777216", "max_request_bytes: 100000")])
    big = {**MESSAGE, "messages": [{"role": "user", "content": "x" * 200_000}]}
    with pytest.raises(anthropic.APIStatusError) as caught:
        anthropic.Anthropic(base_url=gate.url, api_key="k", max_retries=0).messages.create(**big)
    assert caught.value.status_code == 413 and caught.value.body["error"]["type"] == "request_too_large"
    # Without a length to tell before.
    response = httpx.post(f"{gate.url}/v1/chat/completions", content=iter([b'{"model":"gpt-4o","x":"', b"x" * 150_000]), timeout=20)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "request_too_large")


@pytest.mark.parametrize("model", ["gpt-4o", "claude-sonnet-4-5"])
@pytest.mark.parametrize("old", [False, True])
def test_ten_megabytes_pass(gateways, clean, model, old):
    gate = gateways("minimal.yaml", old=old)
    text = "0123456789" * 1_000_000
    body = {"model": model, "max_tokens": 5, "messages": [{"role": "user", "content": text}]}
    response = httpx.post(f"{gate.url}/v1/chat/completions", json=body, timeout=60)
    assert response.status_code == 200, response.text[:500]
    assert clean.last()["body_bytes"] > 10_000_000


def test_envoys_own_errors_are_in_the_clients_wire(gateways):
    changes = [
        ("request_body_buffer_limit: 17825792", "request_body_buffer_limit: 50000"),
        ("{name: \"claude-*\", target: anthropic}", "{name: \"claude-*\", target: nowhere}"),
        ("cluster: openai, timeout: 0s", "cluster: openai, timeout: 0.5s"),
    ]
    gate = gateways("minimal.yaml", changes)
    big = httpx.post(f"{gate.url}/v1/chat/completions", json={**CHAT, "pad": "x" * 3_000_000})
    assert (big.status_code, big.json()["error"]["code"]) == (413, "request_too_large")
    lost = httpx.post(f"{gate.url}/v1/messages", json=MESSAGE)
    assert (lost.status_code, lost.json()["error"]["type"]) == (404, "not_found_error")
    slow = httpx.post(f"{gate.url}/v1/messages", json={**MESSAGE, "model": "gpt-4o+stall=3000"})
    assert (slow.status_code, slow.json()["error"]["type"]) == (504, "timeout_error")


def test_an_unreachable_provider_is_a_502(gateways, clean):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = probe.getsockname()[1]
    gate = gateways("minimal.yaml", [("port_value: 18080", f"port_value: {closed}")])
    mark = gate.mark()
    response = httpx.post(f"{gate.url}/v1/messages", json=MESSAGE)
    assert response.status_code == 502 and response.json()["error"]["type"] == "api_error"
    entry = gate.entry(mark)
    assert (entry["outcome"], entry["error"]) == ("error", "bad_gateway")


@pytest.mark.parametrize("status, raised", [(400, openai.BadRequestError), (401, openai.AuthenticationError), (404, openai.NotFoundError), (429, openai.RateLimitError), (500, openai.InternalServerError)])
@pytest.mark.parametrize("model", ["gpt-4o", "claude-sonnet-4-5", "azure-gpt-4o"])
def test_provider_errors_are_typed(gw, model, status, raised):
    client = openai.OpenAI(base_url=f"{gw.url}/v1", api_key="k", max_retries=0)
    with pytest.raises(raised) as caught:
        client.chat.completions.create(**{**CHAT, "model": f"{model}+status={status}+retry_after=7"})
    assert f"simulated error {status}" in str(caught.value)
    assert caught.value.response.headers["retry-after"] == "7"
    with pytest.raises(anthropic.APIStatusError) as caught:
        anthropic.Anthropic(base_url=gw.url, api_key="k", max_retries=0).messages.create(**{**MESSAGE, "model": f"{model}+status={status}"})
    assert caught.value.status_code == status and caught.value.body["type"] == "error"


def test_a_wrong_provider_key_is_told(gateways):
    gate = gateways("minimal.yaml", [("\"${OPENAI_API_KEY}\"", "bad-key")])
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=f"{gate.url}/v1", api_key="k", max_retries=0).chat.completions.create(**CHAT)


@pytest.mark.parametrize("fault", ["garbage", "html", "gzip"])
@pytest.mark.parametrize("model", ["gpt-4o", "claude-sonnet-4-5"])
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_no_answer_is_a_clear_502(gw, fault, model, stream):
    response = httpx.post(f"{gw.url}/v1/chat/completions", json={**CHAT, "model": f"{model}+{fault}", "stream": stream})
    if fault == "garbage" and stream:
        # The headers of a stream are gone by then: the error is an event, unless the bytes pass as they are.
        assert response.status_code == 200
        assert ("error" in response.text) or model == "gpt-4o"
        return
    assert response.status_code == 502
    assert response.json()["error"]["code"] == "bad_gateway"


def test_keys_from_an_sds_file(gateways, clean, tmp_path_factory):
    secret = tmp_path_factory.mktemp("sds") / "secret.yaml"
    from gateway import example

    secret.write_text(example("openai-secret.yaml"))
    gate = gateways("credential-injector.yaml", [("/etc/weir/openai-secret.yaml", str(secret))])
    assert httpx.post(f"{gate.url}/v1/chat/completions", json=CHAT, headers={"authorization": "Bearer caller"}).status_code == 200
    assert dict(clean.last()["headers"])["authorization"] == "Bearer sk-from-sds"


def test_a_wrong_configuration_lists_every_mistake(sim):
    from gateway import Gateway, example

    wrong = [("stage: attempt", "stage: attempt\n                  fallbak: {}"), ("provider: anthropic,", "provider: antropic,")]
    with pytest.raises(AssertionError) as caught:
        Gateway(example("minimal.yaml"), sim, changes=wrong)
    message = str(caught.value)
    assert 'weir config: fallbak: unknown key; did you mean "fallback"?' in message
    assert 'weir config: providers[1].provider: unknown "antropic"; did you mean "anthropic"?' in message
    assert "5ecret" not in message


def test_tls_upstream_is_verified(gateways, authority, sim):
    def tls(ca):
        return [
            ("      endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 18080}}}}]}]\n",
             "      endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: TLS}}}}]}]\n"
             "    transport_socket:\n      name: tls\n      typed_config:\n"
             "        \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext\n"
             "        sni: provider.test\n"
             f"        common_tls_context: {{validation_context: {{trusted_ca: {{filename: {authority / ca}}}, match_typed_subject_alt_names: [{{san_type: DNS, matcher: {{exact: provider.test}}}}]}}}}\n"),
        ]

    good = gateways("minimal.yaml", [*tls("ca.pem"), ("port_value: TLS", f"port_value: {sim.tls_port}")])
    assert httpx.post(f"{good.url}/v1/chat/completions", json=CHAT).status_code == 200
    bad = gateways("minimal.yaml", [*tls("stranger.pem"), ("port_value: TLS", f"port_value: {sim.tls_port}")])
    response = httpx.post(f"{bad.url}/v1/chat/completions", json=CHAT)
    assert response.status_code == 502 and json.loads(response.text)["error"]


def test_an_upgrade_is_not_held(gw):
    with socket.create_connection(("127.0.0.1", gw.port), timeout=5) as connection:
        head = "GET /v1/realtime HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 40")


def test_a_routes_metadata_goes_over_the_plugins_settings(gateways, clean):
    route = "string_match: {exact: anthropic}}]}"
    gate = gateways("minimal.yaml", [(route, route + "\n                metadata: {filter_metadata: {weir: {unsupported_params: drop, default_max_tokens: 77}}}")])
    response = httpx.post(f"{gate.url}/v1/chat/completions", json={**CHAT, "model": "claude-sonnet-4-5", "seed": 1})
    assert (response.status_code, response.headers["x-weir-dropped-params"]) == (200, "seed")
    assert json.loads(clean.last()["body"])["max_tokens"] == 77


@pytest.mark.parametrize("header, status", [(b"x-\xff: a", b"400"), (b"x-v: \xff\xfe\x80", b"200"), (b"x-v: a\tb", b"200"), (b"authorization: \xff", b"200")])
def test_odd_header_bytes_hurt_nobody(gw, header, status):
    body = json.dumps(CHAT).encode()
    with socket.create_connection(("127.0.0.1", gw.port), timeout=5) as connection:
        head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n%b\r\ncontent-length: %d\r\n\r\n" % (header, len(body))
        connection.sendall(head + body)
        assert connection.recv(4096).split()[1] == status
    assert httpx.post(f"{gw.url}/v1/chat/completions", json=CHAT).status_code == 200
    assert gw.stat("vm_reload") == 0


@pytest.mark.parametrize("model, path", [
    ("gpt-4o\r\nx-evil: 1", "/v1/chat/completions"),
    ("azure-gpt-../../admin?x=1#", "/openai/deployments/gpt-..%2F..%2Fadmin%3Fx%3D1%23/chat/completions?api-version=2024-10-21"),
    ("claude-\u0000", "/v1/messages"),
])
def test_model_names_cannot_smuggle(gw, clean, model, path):
    assert httpx.post(f"{gw.url}/v1/chat/completions", json={**CHAT, "model": model}).status_code == 200
    [sent] = clean.requests()
    assert "x-evil" not in dict(sent["headers"])
    assert sent["path"] == path


@pytest.mark.parametrize("name", ["minimal.yaml", "inline.yaml"])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_what_routes_read_stays_here(gateways, clean, name, path):
    gate = gateways(name)
    assert httpx.post(f"{gate.url}{path}", json={**CHAT, "max_tokens": 9}).status_code == 200
    sent = clean.last()["headers"]
    assert sent and not [header for header, _ in sent if header.startswith("x-weir-")]


SECRETS = {"authorization": "Bearer caller-5ecret", "x-api-key": "caller-5ecret", "api-key": "caller-5ecret", "x-goog-api-key": "caller-5ecret", "cookie": "a=caller-5ecret"}


@pytest.mark.parametrize("keep", [False, True])
def test_secrets_are_kept_in_filter_state_only_if_told_so(gateways, clean, keep):
    changes = [("outcome: \"%FILTER_STATE(wasm.weir.outcome:PLAIN)%\"", "exchange: \"%FILTER_STATE(wasm.weir.exchange:PLAIN)%\"")]
    if keep:
        changes.append(("stage: edge\n", "stage: edge\n                    forward_caller_auth: true\n"))
    gate = gateways("minimal.yaml", changes)
    mark = gate.mark()
    assert httpx.post(f"{gate.url}/v1/chat/completions?key=caller-5ecret", json=CHAT, headers=SECRETS).status_code == 200
    exchange = gate.entry(mark)["exchange"]
    assert "content-length" in exchange
    assert exchange.count("caller-5ecret") == (4 if keep else 0)


@pytest.mark.parametrize("keep", [False, True])
def test_a_second_try_has_the_callers_key_only_if_it_was_kept(gateways, clean, keep):
    changes = [("auth: {key: \"${ANTHROPIC_API_KEY}\"}", "auth: none\n                    forward_caller_auth: true")]
    if keep:
        changes.append(("stage: edge\n", "stage: edge\n                    forward_caller_auth: true\n"))
    gate = gateways("fallback-priorities.yaml", changes)
    headers = {"authorization": "Bearer caller", "x-api-key": "caller"}
    httpx.post(f"{gate.url}/v1/messages", json={**CHAT, "model": "gpt-4o+status=503", "max_tokens": 9}, headers=headers)
    first, second = clean.requests()[-2:]
    # The first provider's key is in the map when the second try begins.
    assert dict(first["headers"])["authorization"] == "Bearer sk-openai-5ecret" and "x-api-key" not in dict(first["headers"])
    sent = dict(second["headers"])
    assert (second["path"], sent.get("x-api-key"), sent.get("authorization")) == ("/v1/messages", *(("caller", "Bearer caller") if keep else (None, None)))
