"""k8s/overlays/envoy-gateway/README.md: configurations that are wrong, right ones while streams are in flight, keys that change."""
import json
import re
import subprocess

import httpx
import pytest
import yaml

import build
import envoy_gateway as eg
from asking import Stream

EDGE = "/spec/jsonPatches/0/operation/value/typed_config/config"


@pytest.fixture(scope="module")
def page(llm_gateway):
    return llm_gateway.page


@pytest.fixture(autouse=True)
def restored(cluster, llm_gateway):
    """Each test begins with the manifests as they stand."""
    yield
    cluster.kubectl("apply", "-k", "k8s/overlays/envoy-gateway")
    llm_gateway.settled()


def change(cluster, policy, *operations):
    cluster.kubectl("-n", "weir", "patch", "envoypatchpolicy", policy, "--type=json", "-p", json.dumps(operations))


def test_a_wrong_configuration_is_said_where_the_page_says(llm_gateway, page):
    page.section("A wrong configuration")
    assert llm_gateway.chat("gpt-4o").status_code == 200


def test_every_mistake_is_a_line_of_the_log_and_the_old_configuration_serves(cluster, llm_gateway):
    streams = [Stream(llm_gateway.url, events=80), Stream(llm_gateway.url, "claude-sonnet-4-6", 80)]
    before = len(llm_gateway.log())
    value = f"{EDGE}/configuration/value"
    change(cluster, "weir-edge", {"op": "add", "path": f"{value}/max_request_bytes", "value": "lots"}, {"op": "add", "path": f"{value}/modles", "value": []})
    eg.wait_for(lambda: "config rejected" in llm_gateway.log()[before:], "Envoy refuses it")
    assert eg.programmed(cluster, "weir-edge")[0] == "True", "Envoy Gateway cannot know"
    lines = {line.split("weir config: ", 1)[1] for line in llm_gateway.log()[before:].splitlines() if "weir config: " in line}
    assert {line.split(":")[0] for line in lines} == {"max_request_bytes", "modles"}, lines
    # `make lint-config` says the same of the manifests.
    said = subprocess.run([eg.ROOT / "target/debug/weir-lint", "-"], input=documents(cluster.kubectl("-n", "weir", "get", "envoypatchpolicy", "-o", "yaml")), capture_output=True, text=True)
    assert said.returncode != 0 and all(line.strip() in said.stdout for line in lines), (said, lines)
    assert llm_gateway.chat("gpt-4o").status_code == 200
    assert all(stream.is_running() for stream in streams), "streams that ended before the change prove nothing"
    assert all(stream.whole() for stream in streams)


def test_a_pod_that_starts_with_a_wrong_configuration_replaces_none(cluster, llm_gateway):
    serving = llm_gateway.pod
    change(cluster, "weir-edge", {"op": "add", "path": f"{EDGE}/configuration/value/modles", "value": []})
    eg.wait_for(lambda: "config rejected" in serving.containers[0].log.read_text(errors="replace"), "Envoy refuses it")
    cluster.kubectl("-n", eg.NAMESPACE, "rollout", "restart", "deployment/llm-gateway")
    started = lambda: [each for each in cluster.node.find(eg.NAMESPACE, app="llm-gateway") if each is not serving and each.containers[0].log.exists()]  # noqa: E731
    (new,) = eg.wait_for(started, "a pod starts")
    eg.wait_for(lambda: "config rejected" in new.containers[0].log.read_text(errors="replace"), "it refuses its configuration")
    # Longer than it would take Envoy Gateway's own probe.
    live = lambda: new.containers[0].execute(["curl", "-sf", "-m", "1", "http://127.0.0.1:19003/ready"]).returncode == 0  # noqa: E731
    eg.wait_for(live, "Envoy says that it is live")
    assert not new.containers[0].ready and serving.containers[0].ready
    answer = httpx.post(f"http://{serving.network.ip}:10080/v1/chat/completions", json={"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]})
    assert answer.status_code == 200
    cluster.kubectl("apply", "-k", "k8s/overlays/envoy-gateway")
    eg.wait_for(lambda: llm_gateway.pod is new, "the right configuration makes it ready", 60)


def test_a_patch_that_envoy_gateway_cannot_apply_closes_the_gateway(cluster, llm_gateway):
    change(cluster, "weir-edge", {"op": "add", "path": f"{EDGE}/failure_polcy", "value": "FAIL_RELOAD"})
    status, reason, message = eg.programmed(cluster, "weir-edge")
    assert (status, reason) == ("False", "Invalid") and "failure_polcy" in message
    eg.wait_for(lambda: llm_gateway.chat("gpt-4o").status_code == 404, "the edge is gone, and nothing passes")
    assert llm_gateway.chat("gpt-4o", headers={"x-weir-target": "openai"}).status_code == 404
    # As the page's offline look shows it: left out.
    found = cluster.kubectl("-n", "weir", "get", "gatewayclass,gateways.gateway.networking.k8s.io,envoyproxy,httproute,backend,envoypatchpolicy,httproutefilter,secret", "-o", "yaml")
    offline = [build.path("egctl"), "x", "translate", "--from", "gateway-api", "--to", "xds", "--type", "all", "--file", "-"]
    text = subprocess.run(offline, input=documents(found), capture_output=True, text=True, timeout=60, check=True).stdout
    assert sorted(re.findall("vmId: (weir.*)", text)) == ["weir-attempt", "weir-attempt-vertex"]
    cluster.kubectl("apply", "-k", "k8s/overlays/envoy-gateway")
    assert eg.programmed(cluster, "weir-edge")[0] == "True"


def documents(listed):
    """A List as documents of their own, without what the server added."""
    items = yaml.safe_load(listed)["items"]
    for item in items:
        item.pop("status", None)
        item["metadata"] = {key: item["metadata"][key] for key in ("name", "namespace") if key in item["metadata"]}
    return yaml.safe_dump_all(items)


def test_without_the_attempt_nothing_has_a_key(cluster, llm_gateway, providers):
    change(cluster, "weir-attempt", {"op": "add", "path": "/spec/jsonPatches/0/operation/value/0/typed_config/config/failure_polcy", "value": "FAIL_RELOAD"})
    assert eg.programmed(cluster, "weir-attempt")[0] == "False"
    eg.wait_for(lambda: llm_gateway.chat("gpt-4o").status_code == 401, "the provider wants a key")
    assert all(name != "authorization" for name, _ in providers.requests()[-1]["headers"])


def test_a_right_configuration_cuts_no_stream(llm_gateway, page):
    assert llm_gateway.chat("fast").status_code == 404
    streams = [Stream(llm_gateway.url, model, 80) for model in ("gpt-4o", "claude-sonnet-4-6", "gemini-2.5-flash")]
    page.section("Change it")
    eg.wait_for(lambda: llm_gateway.chat("fast").status_code == 200, "the new configuration serves")
    assert all(stream.is_running() for stream in streams), "streams that ended before the change prove nothing"
    assert all(stream.whole() for stream in streams)
    arguments = next(each for each in llm_gateway.pod.containers if each.name == "envoy").spec["args"]
    assert arguments[arguments.index("--drain-time-s") + 1] == "600"


def test_keys_are_rotated(cluster, llm_gateway, page, providers):
    def key(model):
        providers.clear()
        assert llm_gateway.chat(model).status_code == 200
        return dict(providers.requests()[-1]["headers"])["authorization"]

    assert (key("gpt-4o"), key("vertex/gemini-2.5-flash")) == ("Bearer sk-openai", "Bearer ya29.first")
    old = llm_gateway.pod.name
    stream = Stream(llm_gateway.url, events=120)
    page.section("Rotate a key")
    new = llm_gateway.pod.name
    assert new != old and stream.is_running(), (stream.failed, len(stream.lines))
    llm_gateway.settled()
    assert key("gpt-4o") == "Bearer sk-openai-2"
    assert stream.whole(), "what the old pod had in flight"
    eg.wait_for(lambda: key("vertex/gemini-2.5-flash") == "Bearer ya29.second", "the new token is used")
    assert llm_gateway.pod.name == new, "no pod was restarted for it"
