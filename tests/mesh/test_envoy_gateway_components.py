"""k8s/overlays/envoy-gateway/README.md: components, each added by one line, and taking it all off."""
import concurrent.futures
import json

import httpx
import pytest
import yaml

import envoy_gateway as eg
import snapshot

FALLBACK, TELEMETRY = "fallback-envoy-gateway", "telemetry-envoy-gateway"
REDIS = """
apiVersion: v1
kind: Namespace
metadata: {name: redis-system}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: redis, namespace: redis-system}
spec:
  selector: {matchLabels: {app: redis}}
  template:
    metadata: {labels: {app: redis}}
    spec: {containers: [{name: redis, image: "docker.io/library/redis:7.2", args: ["--save", "", "--protected-mode", "no"]}]}
---
apiVersion: v1
kind: Service
metadata: {name: redis, namespace: redis-system}
spec: {selector: {app: redis}, ports: [{port: 6379}]}
"""


@pytest.fixture(scope="module")
def overlay(llm_gateway, collector):
    """The overlay with fallback and telemetry, applied."""
    return llm_gateway.with_components()


@pytest.fixture(scope="module")
def components(llm_gateway, overlay):
    return llm_gateway


def test_what_the_first_provider_fails_the_second_serves(components, providers):
    providers.clear()
    answer = components.chat("gpt-4o+status=503")
    assert (answer.status_code, answer.headers["x-weir-provider"]) == (200, "anthropic-fallback"), answer.text
    assert answer.json()["object"] == "chat.completion"
    first, second = providers.requests()
    assert (first["path"], second["path"], second["model"]) == ("/v1/chat/completions", "/v1/messages", "claude-sonnet-4-5")
    assert dict(second["headers"]).get("x-api-key") == "sk-ant" and "authorization" not in dict(second["headers"])
    assert components.chat("gpt-4o").headers["x-weir-provider"] == "openai"


@pytest.mark.parametrize("fault", ["status=429", "die_before", "error_first"])
def test_a_stream_that_begins_badly_goes_elsewhere(components, fault):
    body = {"model": f"gpt-4o+{fault}", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    answer = httpx.post(f"{components.url}/v1/chat/completions", json=body, timeout=30)
    assert answer.headers["x-weir-provider"] == "anthropic-fallback" and answer.text.rstrip().endswith("data: [DONE]"), answer.text


def test_a_burst_of_failures_is_served(components):
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda _: components.chat("gpt-4o+status=503+stall=200"), range(60)))
    assert [answer.status_code for answer in answers] == [200] * 60


def test_other_targets_have_no_fallback(components):
    assert components.chat("gemini-2.5-flash+status=503").status_code == 503


def test_the_access_log_tells_tokens_and_cost(components):
    components.chat("claude-sonnet-4-6")
    (entry,) = eg.wait_for(lambda: [each for each in components.entries() if each["model"] == "claude-sonnet-4-6"], "the request is logged")
    shown = {key: entry[key] for key in ("status", "operation", "model", "provider", "input_tokens", "output_tokens", "total_tokens", "cost_nanousd", "usage_source", "outcome")}
    assert shown == {
        "status": 200,
        "operation": "chat",
        "model": "claude-sonnet-4-6",
        "provider": "anthropic",
        "input_tokens": "12",
        "output_tokens": "4",
        "total_tokens": "16",
        "cost_nanousd": "96000",
        "usage_source": "provider",
        "outcome": "ok",
    }


def test_metrics_have_labels_at_the_proxys_prometheus_endpoint(components):
    components.chat("gemini-2.5-flash+input=7+output=3")
    text = httpx.get(f"http://{components.pod.network.ip}:19001/stats/prometheus").text
    served = 'operation="chat",provider="gemini",model="gemini-2.5-flash+input_7+output_3",outcome="ok"'
    for line in (f'weir_tokens_total{{{served},type="input"}} 7', f'weir_tokens_total{{{served},type="output"}} 3', f"weir_requests_total{{{served}}} 1"):
        assert line in text, [each for each in text.splitlines() if each.startswith("weir_tokens") and "gemini" in each]
    assert f'weir_duration_ms_bucket{{{served},le="30000"}}' in text


def test_spans_tell_model_provider_tokens_and_cost(components, collector):
    model = "gpt-4o+status=503+input=21+output=5"
    for _ in range(2):
        components.chat(model)
    components.chat("gpt-4o", messages=[{"role": "user", "content": "Hi"}])

    def found():
        spans = collector.spans()
        return [span for span in spans if span.get("gen_ai.request.model", "").startswith("gpt-4o+status_503+input") and "gen_ai.provider.name" in span]

    span = eg.wait_for(found, "the request's span is exported")[0]
    wanted = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic-fallback",
        "gen_ai.response.model": "claude-sonnet-4-5",
        "gen_ai.usage.input_tokens": "12",
        "gen_ai.usage.output_tokens": "4",
        "weir.cost_nanousd": "96000",
        "weir.outcome": "ok",
    }
    assert {key: span.get(key) for key in wanted} == wanted


def test_the_snapshot_is_taken(components):
    envoy = next(each for each in components.pod.containers if each.name == "envoy")
    dump = envoy.execute(["curl", "-sS", "http://127.0.0.1:19000/config_dump"]).stdout
    snapshot.take("envoy-gateway-components", dump, "envoy-gateway", (FALLBACK, TELEMETRY))


@pytest.fixture(scope="module")
def limited(cluster, components):
    """With callers and the rate limit, and 40 tokens an hour for each."""
    cluster.apply(REDIS)
    cluster.pod("redis-system", app="redis")
    first, second = eg.values()
    eg.configure(cluster, **first, **second)
    cluster.pod(eg.NAMESPACE, **{"app.kubernetes.io/name": "envoy-ratelimit"})
    components.page.section("Callers and a rate limit")
    rule = "/spec/rateLimit/global/rules/0/limit/requests"
    cluster.kubectl("-n", "weir", "patch", "backendtrafficpolicy", "llm-gateway", "--type=json", "-p", json.dumps([{"op": "replace", "path": rule, "value": 40}]))
    cluster.kubectl("-n", "weir", "patch", "secret", "callers", "-p", json.dumps({"stringData": {"probe": "key-of-probe"}}))
    in_force = lambda: components.chat("gpt-4o", headers=key("probe")).headers.get("x-ratelimit-limit", "").startswith("40")  # noqa: E731
    eg.wait_for(in_force, "the limit is in force")
    return components


def key(caller):
    return {"authorization": f"Bearer key-of-{caller}"}


def test_only_callers_are_served_and_none_under_anothers_name(limited, providers):
    providers.clear()
    assert limited.chat("gpt-4o").status_code == 401
    assert limited.chat("gpt-4o", headers={"x-client-id": "bob"}).status_code == 401
    assert limited.chat("gpt-4o", headers={"x-api-key": "key-of-nobody"}).status_code == 401
    assert providers.requests() == []
    mallory = limited.chat("compatible/llama-3", headers={"x-api-key": "key-of-probe", "x-client-id": "bob"})
    assert mallory.status_code == 200 and [name for name, _ in providers.requests()[-1]["headers"] if name in ("x-client-id", "x-api-key")] == []
    (entry,) = eg.wait_for(lambda: [each for each in limited.entries() if each["model"] == "compatible/llama-3"], "it is logged")
    assert entry["caller"] == "probe"


def test_tokens_are_charged_to_the_rate_limit(limited):
    def left():
        # What its provider refuses costs nothing.
        return limited.chat("gemini-2.5-flash+status=400", headers=key("alice")).headers.get("x-ratelimit-remaining")

    # 16 tokens each, charged when the answer has ended: the third begins while eight are left, and ends over the limit.
    for tokens, model in ((40, "gpt-4o"), (24, "claude-sonnet-4-6"), (8, "gpt-4o+status=503")):
        eg.wait_for(lambda tokens=tokens: left() == str(tokens), f"{tokens} tokens are left")
        assert limited.chat(model, headers=key("alice")).status_code == 200
    eg.wait_for(lambda: limited.chat("gemini-2.5-flash+status=400", headers=key("alice")).status_code == 429, "alice has used up hers")
    answer = limited.chat("gemini-2.5-flash", headers=key("alice"))
    assert answer.status_code == 429 and answer.json()["error"]["code"] == "rate_limit_exceeded"
    assert limited.chat("gpt-4o", headers=key("bob")).status_code == 200


def test_the_module_comes_as_an_image_volume_too(cluster, components, overlay):
    own = yaml.safe_load(overlay.read_text())
    overlay.write_text(yaml.safe_dump({**own, "components": ["../../components/image-volume-envoy-gateway"]}))
    cluster.kubectl("apply", "-k", overlay.parent)
    cluster.kubectl("-n", "weir", "delete", "securitypolicy", "callers", "--ignore-not-found")
    eg.wait_for(lambda: not components.pod.initial, "a pod without an init container")
    components.settled()


def test_it_comes_off(cluster, components):
    components.page.section("Try it first, and take it off")
    gone = lambda: cluster.kubectl("-n", eg.NAMESPACE, "get", "deployment,service", "llm-gateway", check=False).returncode  # noqa: E731
    eg.wait_for(gone, "Envoy Gateway takes its proxies away")
    cluster.kubectl("wait", "--for=delete", "namespace/weir", "--timeout=60s")
