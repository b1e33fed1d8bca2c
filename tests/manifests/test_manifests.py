"""Every overlay renders, alone and with its components; what comes out is what the API server's and the control planes' schemas allow."""
import pytest
from rendering import combinations, components, objects, overlays, render
from schemas import check

NAMES = [f"{overlay}+{len(chosen)}-{'-'.join(chosen)[:40]}" if chosen else overlay for overlay, chosen in combinations()]
each = pytest.mark.parametrize(("overlay", "chosen"), combinations(), ids=NAMES)


def test_there_are_overlays_for_both_control_planes():
    assert {"istio-gateway", "istio-sidecar", "envoy-gateway"} <= set(overlays())
    assert all(len(components(overlay)) >= 3 for overlay in overlays() if overlay != "istio-ambient")


@each
def test_it_renders_and_the_schemas_find_nothing(overlay, chosen):
    text = render(overlay, chosen)
    complaints, valid = check(text)
    assert complaints == []
    assert valid == len(objects(text)) > 0


def test_the_schemas_find_something_where_there_is_something():
    text = render("istio-gateway").replace("configPatches:", "configPatchez:", 1)
    complaints, _ = check(text)
    assert len(complaints) == 1 and "configPatchez" in complaints[0]


@each
def test_no_secret_is_in_it(overlay, chosen):
    assert [found["metadata"]["name"] for found in objects(render(overlay, chosen)) if found["kind"] == "Secret" and (found.get("data") or found.get("stringData"))] == []
