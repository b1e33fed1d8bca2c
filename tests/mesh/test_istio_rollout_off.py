"""k8s/overlays/istio-gateway/README.md, its end: the gateway is taken off, and streams in flight are not cut. After all that use it."""
from pathlib import Path

from asking import Stream
from cluster import wait_for
from istio_gateway import README
from page import BLOCK, ROOT


def test_no_command_of_the_page_is_left_out():
    """Each section is run, by one of these tests."""
    headings = {heading for kind, _, heading in sections((ROOT / README).read_text()) if kind == "sh"}
    ours = "".join(each.read_text() for each in Path(__file__).parent.glob("*istio_*.py"))
    assert headings == {heading for heading in headings if f'page.section("{heading}")' in ours} and len(headings) >= 8


def sections(text):
    """Each block of a page: its kind, its text, and the heading that it stands under."""
    found, heading = [], ""
    for kind, block, title in BLOCK.findall(text):
        heading = title or heading
        found += [(kind, block, heading)] if kind else []
    return found


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
