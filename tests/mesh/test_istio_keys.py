"""k8s/overlays/istio-gateway/README.md: keys that change, and that a gateway without one of its stages is closed."""
import json

import pytest

from asking import Stream
from cluster import wait_for

EDGE = "/spec/configPatches/0/patch/value/typed_config/config"
ROUTER = "/spec/configPatches/0/match/listener/filterChain/filter/subFilter/name"


@pytest.fixture(scope="module")
def gateway(istio_gateway):
    return istio_gateway


@pytest.fixture(autouse=True)
def restored(istio, gateway):
    """Each test begins with the manifests as they stand."""
    yield
    istio.kubectl("apply", "-k", "k8s/overlays/istio-gateway")
    gateway.settled()


def test_istio_refuses_what_is_no_envoy_configuration(istio, gateway):
    wrong = json.dumps([{"op": "replace", "path": f"{EDGE}/failure_policy", "value": "FAIL_RELOD"}])
    refused = istio.kubectl("-n", "weir", "patch", "envoyfilter", "weir-edge", "--type=json", "-p", wrong, check=False)
    assert refused.returncode != 0 and "FAIL_RELOD" in refused.stderr
    assert gateway.chat("gpt-4o").status_code == 200


def test_without_the_edge_nothing_passes(gateway, providers):
    # No filter has this name: the patch fits nothing, and nobody says so.
    gateway.change("weir-edge", {"op": "replace", "path": ROUTER, "value": "envoy.filters.http.ruter"})
    wait_for(lambda: gateway.chat("gpt-4o").status_code == 404, "nothing has a target")
    # A client may name a target now, but an attempt adds no key to what the edge has not read.
    providers.clear()
    assert gateway.chat("gpt-4o", headers={"x-weir-target": "openai"}).status_code >= 400
    assert all(name != "authorization" for asked in providers.requests() for name, _ in asked["headers"])


def test_without_the_attempt_nothing_has_a_key(gateway, providers):
    gateway.change("weir-attempt", {"op": "replace", "path": ROUTER, "value": "envoy.filters.http.ruter"})
    providers.clear()
    wait_for(lambda: gateway.chat("gpt-4o").status_code >= 400, "the provider wants a key")
    assert all(name != "authorization" for name, _ in providers.requests()[-1]["headers"])


def test_keys_are_rotated(gateway, providers):
    def key(model):
        providers.clear()
        assert gateway.chat(model).status_code == 200
        return dict(providers.requests()[-1]["headers"])["authorization"]

    assert (key("gpt-4o"), key("vertex/gemini-2.5-flash")) == ("Bearer sk-openai", "Bearer ya29.first")
    old = gateway.pod.name
    stream = Stream(gateway.url)
    gateway.page.section("Rotate a key")
    new = gateway.pod.name
    assert new != old
    gateway.settled()
    assert key("gpt-4o") == "Bearer sk-openai-2"
    assert stream.whole(), "what the old pod had in flight"
    wait_for(lambda: key("vertex/gemini-2.5-flash") == "Bearer ya29.second", "the new token is used")
    assert gateway.pod.name == new, "no pod was restarted for it"
