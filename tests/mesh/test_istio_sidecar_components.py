"""The components for Istio in a sidecar, which here is one of Kubernetes' own: an init container that goes on."""
import json
import re

import httpx
import pytest
from rendering import render

import snapshot
from cluster import wait_for
from page import Page

COMPONENTS = ("fallback-istio", "ratelimit-istio", "telemetry-istio")


@pytest.fixture(scope="module")
def pod(istio, providers, collector):
    # Another page's last command may have taken the namespaces away.
    istio.gone("weir", "chat")
    page = Page("k8s/overlays/istio-sidecar/README.md")
    page.section("Keys")
    page.close()
    istio.apply(render("istio-sidecar", COMPONENTS))
    example = istio.kubectl("kustomize", "k8s/overlays/istio-sidecar/example")
    assert "sidecar.istio.io/extraStatTags:" in example
    istio.apply(example.replace("sidecar.istio.io/extraStatTags:", 'sidecar.istio.io/nativeSidecar: "true"\n        sidecar.istio.io/extraStatTags:'))
    istio.pod("weir", app="ratelimit")
    yield istio.pod("chat", app="chat")
    istio.kubectl("delete", "--wait=false", "-f", "-", text=render("istio-sidecar", COMPONENTS))
    istio.kubectl("delete", "namespace", "chat", "--wait=false")


def ask(pod, model, caller="bob"):
    """What the application's own curl got: status and answer."""
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "Hi"}]})
    app = next(each for each in pod.containers if each.name == "chat")
    words = ["curl", "-sS", "-m", "10", "-w", "\n%{http_code} %header{x-weir-provider}", "http://llm.weir.internal/v1/chat/completions", "-H", f"x-client-id: {caller}", "-d", body]
    done = app.execute(words)
    assert done.returncode == 0, done
    answer, _, said = done.stdout.decode().rpartition("\n")
    status, _, provider = said.partition(" ")
    return int(status), provider, json.loads(answer)


def test_the_module_is_there_when_the_sidecar_starts(pod):
    (proxy,) = [each for each in pod.sidecars if each.name == "istio-proxy"]
    assert proxy.ready and proxy.restarts == 0
    assert ask(pod, "gpt-4o")[:2] == (200, "openai")


def test_the_snapshot_is_taken(pod):
    (proxy,) = pod.sidecars
    dump = proxy.execute(["curl", "-sS", "http://127.0.0.1:15000/config_dump"]).stdout.decode()
    snapshot.take("istio-sidecar-components", dump, "istio-sidecar", COMPONENTS)


@pytest.mark.parametrize("how", ["status=500", "status=429", "die_before"])
def test_what_one_provider_fails_the_other_serves(pod, providers, how):
    providers.clear()
    status, provider, answer = ask(pod, f"gpt-4o+{how}")
    assert (status, provider) == (200, "anthropic") and answer["choices"][0]["message"]["content"] == "Hello from the simulator."
    assert [asked["path"] for asked in providers.requests()] == ["/v1/chat/completions", "/v1/messages"]


def test_tokens_are_charged(istio, pod):
    limits = "domain: weir\ndescriptors:\n- key: caller\n  rate_limit: {unit: hour, requests_per_unit: 1000}\n"
    istio.kubectl("-n", "weir", "patch", "configmap", "ratelimit", "--type=merge", "-p", json.dumps({"data": {"weir.yaml": limits}}))
    service = f"http://{istio.pod('weir', app='ratelimit').network.ip}:6070/rlconfig"
    wait_for(lambda: re.search(r"requests_per_unit\W+1000\b", httpx.get(service).text), "the service has seen the new limit")
    assert [ask(pod, "gpt-4o+input=500+output=100", "carol")[0] for _ in range(2)] == [200, 200]
    wait_for(lambda: ask(pod, "gpt-4o", "carol")[0] == 429, "carol's tokens are spent")
    assert ask(pod, "gpt-4o", "dora")[0] == 200
