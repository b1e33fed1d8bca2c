"""k8s/overlays/istio-ambient/README.md: Weir in a waypoint, which istiod makes; requests come through Istio's tunnel.

A waypoint of stock Envoy lacks some filters of Istio's own build, which STOCK leaves out. What is not here is ztunnel: `hbone.py` speaks its part.
"""
import json

import httpx
import pytest

from asking import HI, Stream
import asking
import snapshot
from cluster import gateway_api_crds, wait_for
from hbone import Tunnel
from istio import rotated
from page import Page

STOCK = """
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: stock-envoy, namespace: weir}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: llm-waypoint}]
  configPatches:
  - applyTo: HTTP_FILTER
    match: {context: SIDECAR_INBOUND, listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager, subFilter: {name: waypoint_upstream_peer_metadata}}}}}
    patch: {operation: REMOVE}
  - applyTo: HTTP_FILTER
    match: {context: SIDECAR_INBOUND, listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager, subFilter: {name: waypoint_downstream_peer_metadata}}}}}
    patch: {operation: REMOVE}
  - applyTo: LISTENER
    match: {context: SIDECAR_INBOUND, listener: {name: inner_connect_originate}}
    patch: {operation: REMOVE}
  # The same filter, with strings of Envoy's in place of Istio's.
  - applyTo: HTTP_FILTER
    match: {context: SIDECAR_INBOUND, listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager, subFilter: {name: connect_authority}}}}}
    patch:
      operation: REPLACE
      value:
        name: connect_authority
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config
          on_request_headers:
          - {object_key: envoy.filters.listener.original_dst.local_ip, shared_with_upstream: ONCE, format_string: &target {text_format_source: {inline_string: "%REQ(:AUTHORITY)%"}}}
          - {object_key: io.istio.connect_authority, factory_key: envoy.string, shared_with_upstream: ONCE, format_string: *target}
          - {object_key: envoy.filters.listener.original_dst.remote_ip, shared_with_upstream: ONCE, format_string: {text_format_source: {inline_string: "%DOWNSTREAM_REMOTE_ADDRESS%"}}}
"""
# A workload of the mesh, whose agent writes its certificate to a volume.
WORKLOAD = """
apiVersion: v1
kind: Namespace
metadata: {name: ambient}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: workload, namespace: ambient}
spec:
  selector: {matchLabels: {app: workload}}
  template:
    metadata:
      labels: {app: workload, sidecar.istio.io/inject: "true"}
      annotations: {inject.istio.io/templates: gateway, proxy.istio.io/config: '{"proxyMetadata": {"OUTPUT_CERTS": "/var/certificates"}}'}
    spec:
      containers: [{name: istio-proxy, image: auto, volumeMounts: [{name: certificates, mountPath: /var/certificates}]}]
      volumes: [{name: certificates, emptyDir: {}}]
"""


@pytest.fixture(scope="module")
def page(istio):
    wait_for(lambda: "Terminating" not in istio.kubectl("get", "namespaces"), "no namespace is going", 120)
    istio.kubectl("apply", "--server-side", "--force-conflicts", "-f", gateway_api_crds())
    istio.kubectl("-n", "istio-system", "set", "env", "deployment/istiod", "PILOT_ENABLE_AMBIENT=true")
    istio.kubectl("-n", "istio-system", "rollout", "status", "deployment/istiod", "--timeout=60s")
    page = Page("k8s/overlays/istio-ambient/README.md")
    yield page
    page.close()


@pytest.fixture(scope="module")
def waypoint(istio, providers, page):
    page.section("Keys")
    istio.apply(STOCK)
    page.section("Apply")
    return istio.pod("weir", **{"gateway.networking.k8s.io/gateway-name": "llm-waypoint"})


@pytest.fixture(scope="module")
def url(istio, waypoint):
    istio.apply(WORKLOAD)
    workload = istio.pod("ambient", app="workload")
    certificates = workload.folder / "volumes/certificates"
    wait_for((certificates / "cert-chain.pem").exists, "the workload has a certificate")
    status = json.loads(istio.kubectl("-n", "weir", "get", "serviceentry", "llm", "-o", "json"))["status"]
    address = next(each["value"] for each in status["addresses"] if ":" not in each["value"])
    tunnel = Tunnel(waypoint.network.ip, f"{address}:80", certificates)
    wait_for(lambda: serves(tunnel.url), "the waypoint serves", 60)
    yield tunnel.url
    tunnel.close()


def serves(url):
    """A waypoint is ready before it knows of all that it serves."""
    try:
        return chat(url, "gpt-4o").status_code == 200
    except httpx.HTTPError:
        return False


def chat(url, model, **more):
    return httpx.post(f"{url}/v1/chat/completions", json={"model": model, "messages": HI, **more}, timeout=30)


def fetch(waypoint, path):
    return waypoint.containers[0].execute(["curl", "-sS", "-m", "10", f"http://localhost:15000{path}"]).stdout.decode()


def test_the_snapshot_is_taken(waypoint, url):
    assert chat(url, "gpt-4o").status_code == 200
    snapshot.take("istio-ambient", fetch(waypoint, "/config_dump"), "istio-ambient")


@pytest.mark.parametrize(
    ("model", "provider"),
    [("gpt-4o", "openai"), ("azure/gpt-4o", "azure"), ("claude-sonnet-4-6", "anthropic"), ("gemini-2.5-flash", "gemini"), ("vertex/gemini-2.5-flash", "vertex"), ("bedrock/us.amazon.nova-lite-v1:0", "bedrock"), ("compatible/llama-3", "compatible")],
)
def test_a_model_is_served_by_its_target(url, model, provider):
    answer = chat(url, model)
    assert (answer.status_code, answer.headers["x-weir-provider"]) == (200, provider), answer.text
    assert answer.json()["choices"][0]["message"]["content"] == "Hello from the simulator."


@pytest.mark.parametrize("model", ["gpt-4o", "claude-sonnet-4-6"])
@pytest.mark.parametrize("stream", [False, True])
def test_both_clients_wires(url, model, stream):
    asking.answers_both_clients(url, model, stream)


def test_bodies_and_answers_may_be_long(url):
    assert chat(url, "claude-sonnet-4-6", messages=[{"role": "user", "content": "x" * 3_000_000}]).status_code == 200
    for size in (700_000, 1_040_000, 2_000_000):
        assert len(chat(url, f"claude-sonnet-4-6+size={size}").json()["choices"][0]["message"]["content"]) == size


def test_what_has_no_target_is_not_found(url, providers):
    assert chat(url, "unheard-of").status_code == 404
    providers.clear()
    assert httpx.get(f"{url}/elsewhere", headers={"x-weir-target": "openai"}).status_code == 404
    assert providers.requests() == []


def test_a_wrong_configuration_is_refused_and_a_right_one_cuts_no_stream(istio, waypoint, url, page):
    log = waypoint.containers[0].log
    streams = [Stream(url, model, 90) for model in ("gpt-4o", "claude-sonnet-4-6")]
    value = "/spec/configPatches/0/patch/value/typed_config/config/configuration/value"
    patch = lambda *operations: istio.kubectl("-n", "weir", "patch", "envoyfilter", "weir-edge", "--type=json", "-p", json.dumps(operations))  # noqa: E731
    patch({"op": "add", "path": f"{value}/modles", "value": []})
    wait_for(lambda: "weir config: modles: unknown key" in log.read_text(errors="replace"), "it is refused")
    assert chat(url, "gpt-4o").status_code == 200
    patch({"op": "remove", "path": f"{value}/modles"}, {"op": "add", "path": f"{value}/models/0", "value": {"name": "fast", "target": "openai"}})
    wait_for(lambda: chat(url, "fast").status_code == 200, "the new configuration serves")
    assert all(stream.is_running() for stream in streams), "streams that end before the change prove nothing"
    assert all(stream.whole() for stream in streams)
    assert "--drain-time-s 600 " in log.read_text(errors="replace")


def test_a_key_is_rotated_without_a_restart(istio, waypoint, url, providers):
    def key():
        assert chat(url, "vertex/gemini-2.5-flash").status_code == 200
        return dict(providers.requests()[-1]["headers"])["authorization"]

    assert key() == "Bearer ya29.first"
    rotated(istio, "weir", "ya29.first", "ya29.second")
    wait_for(lambda: key() == "Bearer ya29.second", "the new key is sent")
    assert waypoint.containers[0].restarts == 0


def test_it_comes_off(istio, waypoint, page):
    page.section("Take it off")
    assert page.blocks == [], "the page's commands that were not run"
    wait_for(waypoint.ending.is_set, "the waypoint is to go", 60)
    istio.gone("weir")
