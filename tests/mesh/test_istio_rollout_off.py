"""k8s/overlays/istio-gateway/README.md, its end: the gateway is taken off, and streams in flight are not cut. After all that use it."""
from pathlib import Path

from asking import Stream
from cluster import wait_for
from istio_gateway import README
from page import sections


def test_no_command_of_the_page_is_left_out():
    """Each section is run, by one of these tests."""
    headings, run = sections(README, Path(__file__).parent.glob("*istio_*.py"))
    assert headings == run and len(headings) >= 8


def test_it_is_taken_off(istio, istio_gateway):
    pod = istio_gateway.pod
    stream = Stream(istio_gateway.url, events=90)
    istio_gateway.page.section("Take it off")
    wait_for(pod.ending.is_set, "the pod is to go")
    assert stream.is_running(), "a stream that ends before proves nothing"
    assert stream.whole()
    wait_for(lambda: not istio.node.find("weir", app="llm-gateway"), "the gateway is gone")
    left = istio.kubectl("-n", "weir", "get", "envoyfilters,virtualservices,serviceentries,gateways.networking.istio.io", "-o", "name")
    assert left == ""
    # The next overlay begins without them.
    istio.gone("weir", "weir-trial")
