"""k8s/overlays/istio-gateway/README.md: a configuration that is wrong, a right one while streams are in flight, a second gateway on trial."""
import subprocess

import pytest

from asking import Stream
from cluster import wait_for
from page import ROOT

EDGE = "/spec/configPatches/0/patch/value/typed_config/config"
VALUE = f"{EDGE}/configuration/value"
MODELS = ("gpt-4o", "claude-sonnet-4-6", "gemini-2.5-flash")


@pytest.fixture(scope="module")
def page(istio_gateway):
    return istio_gateway.page


@pytest.fixture(autouse=True)
def restored(istio, istio_gateway):
    """Each test begins with the manifests as they stand."""
    yield
    istio.kubectl("apply", "-k", "k8s/overlays/istio-gateway")
    istio_gateway.settled()


def test_a_wrong_configuration_is_refused_and_the_old_one_serves(istio_gateway, page):
    streams = [Stream(istio_gateway.url, model) for model in MODELS]
    page.section("A wrong configuration")
    assert istio_gateway.chat("gpt-4o").status_code == 200
    assert all(stream.whole() for stream in streams)


def test_every_mistake_is_a_line_of_the_proxys_log(istio, istio_gateway):
    before = len(istio_gateway.log())
    istio_gateway.change("weir-edge", {"op": "add", "path": f"{VALUE}/max_request_bytes", "value": "lots"}, {"op": "add", "path": f"{VALUE}/modles", "value": []})
    said = lambda: [line.split("weir config: ", 1)[1].split("\t")[0] for line in istio_gateway.log()[before:].splitlines() if "weir config: " in line]  # noqa: E731
    wait_for(lambda: any("modles: unknown key" in line for line in said()) and any(line.startswith("max_request_bytes") for line in said()), "both are said")
    assert istio_gateway.chat("gpt-4o").status_code == 200
    # `make lint-config` says the same of the manifest.
    manifest = istio.kubectl("-n", "weir", "get", "envoyfilter", "weir-edge", "-o", "yaml")
    told = subprocess.run([ROOT / "target/debug/weir-lint", "-"], input=manifest, capture_output=True, text=True)
    assert told.returncode != 0 and all(line in told.stdout for line in said()), (told, said())


def test_a_pod_that_starts_with_a_wrong_configuration_takes_no_ones_place(istio, istio_gateway):
    old = istio_gateway.pod.name
    istio_gateway.change("weir-attempt", {"op": "add", "path": "/spec/configPatches/0/patch/value/typed_config/upstream_http_filters/0/typed_config/config/configuration/value/provders", "value": []})
    istio.kubectl("-n", "weir", "rollout", "restart", "deployment/llm-gateway")
    wait_for(lambda: len(istio.node.find("weir", app="llm-gateway")) == 2, "a second pod is made")
    new = next(pod for pod in istio.node.find("weir", app="llm-gateway") if pod.name != old)
    log = new.containers[0].log
    wait_for(lambda: log.exists() and "weir config: provders: unknown key" in log.read_text(errors="replace"), "the new pod says what is wrong")
    assert not new.containers[0].ready
    assert istio_gateway.pod.name == old and istio_gateway.chat("gpt-4o").status_code == 200


def test_a_right_configuration_cuts_no_stream(istio_gateway, page):
    assert istio_gateway.chat("fast").status_code == 404
    streams = [Stream(istio_gateway.url, model) for model in MODELS]
    page.section("Change it")
    wait_for(lambda: istio_gateway.chat("fast").status_code == 200, "the new configuration serves")
    assert all(stream.is_running() for stream in streams), "streams that end before the change prove nothing"
    assert all(stream.whole() for stream in streams)
    assert "--drain-time-s 600 " in istio_gateway.log()


def test_a_pod_that_leaves_waits_for_its_streams(istio, istio_gateway):
    old = istio_gateway.pod
    streams = [Stream(istio_gateway.url, model, 90) for model in MODELS]
    istio.kubectl("-n", "weir", "rollout", "restart", "deployment/llm-gateway")
    wait_for(lambda: old.ending.is_set(), "the old pod is to go", 60)
    assert all(stream.is_running() for stream in streams), "streams that end before the change prove nothing"
    assert all(stream.whole() for stream in streams)


def test_a_change_is_tried_in_a_namespace_of_its_own(istio, istio_gateway, page):
    block = next(text for heading, kind, text in page.blocks if heading == "Try it first" and kind == "sh")
    assert "weir-trial" in block
    page.section("Try it first")
