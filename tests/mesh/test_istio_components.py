"""The components for Istio, all of them on the gateway, as its page adds them: fallback, rate limit, telemetry, the image volume."""
import json
import re
import shutil

import httpx
import openai
import pytest

from asking import HI
import snapshot
from cluster import wait_for
from page import ROOT

ALL = ("fallback-istio", "image-volume-istio", "ratelimit-istio", "telemetry-istio")
BOB, CAROL, DORA, ERIN, FRANK = ({"x-client-id": name} for name in ("bob", "carol", "dora", "erin", "frank"))


@pytest.fixture(scope="module")
def gateway(istio, istio_gateway, collector):
    istio_gateway.page.section("Components")
    yield istio_gateway
    shutil.rmtree(ROOT / "k8s/overlays/mine")
    istio.kubectl("-n", "istio-system", "delete", "envoyfilter", "weir-fallback", "weir-ratelimit")
    istio.kubectl("-n", "weir", "delete", "--wait=false", "telemetry/weir", "deployment/ratelimit", "deployment/redis", "service/ratelimit", "service/redis", "configmap/ratelimit")
    istio.kubectl("apply", "-k", "k8s/overlays/istio-gateway")
    istio.kubectl("-n", "weir", "rollout", "status", "deployment/llm-gateway", "--timeout=60s")
    istio_gateway.settled()


def test_the_snapshot_is_taken(gateway):
    snapshot.take("istio-gateway-components", gateway.fetch("/config_dump"), "istio-gateway", ALL)


def test_the_module_is_an_image_volume(gateway):
    spec = gateway.pod.object["spec"]
    assert "weir-module" not in [each["name"] for each in spec.get("initContainers", [])]
    assert [each["image"]["reference"] for each in spec["volumes"] if each["name"] == "weir"] == ["registry.example.com/weir:0.1.0"]


@pytest.mark.parametrize("how", ["status=500", "status=429", "die_before", "error200"])
def test_what_one_provider_fails_the_other_serves(gateway, providers, how):
    providers.clear()
    answer = gateway.chat(f"gpt-4o+{how}", headers=BOB)
    assert (answer.status_code, answer.headers["x-weir-provider"]) == (200, "anthropic"), answer.text
    assert answer.json()["choices"][0]["message"]["content"] == "Hello from the simulator."
    first, second = providers.requests()
    assert (first["path"], second["path"]) == ("/v1/chat/completions", "/v1/messages")
    assert json.loads(second["body"])["model"] == "claude-sonnet-4-5"
    assert "sk-openai" not in json.dumps(second) and "sk-ant" not in json.dumps(first)


def test_a_stream_that_begins_with_an_error_goes_elsewhere_too(gateway):
    client = openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="callers", max_retries=0, timeout=20, default_headers=BOB)
    chunks = client.chat.completions.create(model="gpt-4o+error_first", messages=HI, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Hello from the simulator."


def test_a_request_that_the_provider_refuses_stays_refused(gateway, providers):
    providers.clear()
    answer = gateway.chat("gpt-4o+status=400", headers=BOB)
    assert answer.status_code == 400 and len(providers.requests()) == 1


def test_a_proxy_of_an_older_istio_has_no_fallback_and_goes_on(istio, gateway):
    """Envoy before 1.40 would refuse all routes for a plugin that it does not have: istiod sends it none."""
    filters = json.loads(istio.kubectl("-n", "istio-system", "get", "envoyfilter", "weir-fallback", "-o", "json"))
    assert len(filters["spec"]["configPatches"]) == 2
    text = json.dumps({"spec": {"configPatches": filters["spec"]["configPatches"]}})
    asked = filters["spec"]["configPatches"][0]["match"]["proxy"]["proxyVersion"]
    # As this proxy is to a patch that asks for a later version.
    istio.kubectl("-n", "istio-system", "patch", "envoyfilter", "weir-fallback", "--type=merge", "-p", text.replace(json.dumps(asked), json.dumps(asked.replace("3[2-9]", "3[3-9]"))))
    wait_for(lambda: gateway.chat("gpt-4o+status=500", headers=BOB).status_code == 500, "there is no fallback")
    assert gateway.chat("gpt-4o", headers=BOB).status_code == 200
    istio.kubectl("-n", "istio-system", "patch", "envoyfilter", "weir-fallback", "--type=merge", "-p", text)
    wait_for(lambda: gateway.chat("gpt-4o+status=500", headers=BOB).status_code == 200, "there is one again")


def spent(gateway, caller):
    return lambda: gateway.chat("gpt-4o", headers=caller).status_code == 429


def test_a_caller_is_charged_its_tokens_and_refused_when_they_are_spent(istio, gateway, providers):
    assert gateway.chat("gpt-4o").status_code == 401, "no caller is known"
    limits = "domain: weir\ndescriptors:\n- key: caller\n  rate_limit: {unit: hour, requests_per_unit: 1000}\n"
    istio.kubectl("-n", "weir", "patch", "configmap", "ratelimit", "--type=merge", "-p", json.dumps({"data": {"weir.yaml": limits}}))
    service = f"http://{istio.pod('weir', app='ratelimit').network.ip}:6070/rlconfig"
    wait_for(lambda: re.search(r"requests_per_unit\W+1000\b", httpx.get(service).text), "the service has seen the new limit")
    # Of 1,000 tokens an answer of 600 leaves some, and a second none.
    for _ in range(2):
        assert gateway.chat("gpt-4o+input=500+output=100", headers=CAROL).status_code == 200
    wait_for(spent(gateway, CAROL), "carol's tokens are spent")
    providers.clear()
    refused = gateway.chat("claude-sonnet-4-6", headers=CAROL)
    assert refused.status_code == 429 and refused.json()["error"]["message"], refused.text
    assert providers.requests() == []
    assert gateway.chat("gpt-4o", headers=DORA).status_code == 200, "another caller has tokens of its own"


def test_a_stream_is_charged_when_it_has_ended(gateway):
    client = openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="callers", max_retries=0, timeout=20, default_headers=ERIN)
    for _ in range(2):
        assert list(client.chat.completions.create(model="gpt-4o+input=600+output=100", messages=HI, stream=True))
    wait_for(spent(gateway, ERIN), "erin's tokens are spent")


def test_while_the_service_is_away_requests_pass(istio, gateway):
    assert gateway.chat("gpt-4o", headers=CAROL).status_code == 429
    istio.kubectl("-n", "weir", "scale", "deployment/ratelimit", "--replicas=0")
    wait_for(lambda: gateway.chat("gpt-4o", headers=CAROL).status_code == 200, "nobody counts")
    istio.kubectl("-n", "weir", "scale", "deployment/ratelimit", "--replicas=1")
    wait_for(spent(gateway, CAROL), "the counts are as before")


def test_telemetry_has_model_provider_tokens_and_cost(gateway, collector):
    answer = gateway.chat("claude-sonnet-4-6", headers=FRANK)
    assert answer.status_code == 200
    entry = wait_for(lambda: next((each for each in gateway.log().splitlines() if '"caller":"frank"' in each), None), "the access log has it")
    entry = json.loads(entry)
    assert (entry["model"], entry["provider"], entry["total_tokens"], entry["cost_nanousd"]) == ("claude-sonnet-4-6", "anthropic", "16", "96000")
    mine = lambda span: span.get("gen_ai.request.model") == "claude-sonnet-4-6" and "gen_ai.provider.name" in span and span.get("istio.canonical_service") == "llm-gateway"  # noqa: E731
    span = wait_for(lambda: next(filter(mine, collector.spans()), None), "the span has come")
    assert (span["gen_ai.provider.name"], span["gen_ai.usage.input_tokens"], span["gen_ai.usage.output_tokens"], span["weir.cost_nanousd"]) == ("anthropic", "12", "4", "96000")
    for port in (15090, 15020):
        text = gateway.proxy.execute(["curl", "-sS", f"http://127.0.0.1:{port}/stats/prometheus"]).stdout.decode()
        assert 'weir_cost_nanousd_total{operation="chat",provider="anthropic",model="claude-sonnet-4-6",outcome="ok",caller="frank"} 96000' in text
