"""`egctl` finds nothing in what is rendered: everything is accepted, and each of Weir's filters is in what Envoy would be sent."""
import re
import subprocess
import sys
from pathlib import Path

import pytest

import build

sys.path.insert(0, str(Path(__file__).parents[1] / "manifests"))

from rendering import combinations, render  # noqa: E402

SECRETS = """
---
apiVersion: v1
kind: Secret
metadata: {name: vertex-token, namespace: weir}
data: {credential: QmVhcmVyIGEtdG9rZW4=}
---
apiVersion: v1
kind: Secret
metadata: {name: callers, namespace: weir}
data: {alice: a2V5}
"""
OURS = [(overlay, chosen) for overlay, chosen in combinations() if overlay == "envoy-gateway"]


def translated(text, to):
    command = [build.path("egctl"), "x", "translate", "--from", "gateway-api", "--to", to, "--type", "all", "--file", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("overlay", "chosen"), OURS, ids=["+".join(chosen) or overlay for overlay, chosen in OURS])
def test_egctl_finds_nothing(overlay, chosen):
    text = render(overlay, chosen) + SECRETS
    assert re.findall(r'(?m)^.*status: "False"$', translated(text, "gateway-api")) == []
    filters = set(re.findall(r"vmId: (weir-[a-z-]+)", translated(text, "xds")))
    assert filters == {"weir-edge", "weir-attempt", "weir-attempt-vertex"}


def test_egctl_finds_something_where_there_is_something():
    text = render("envoy-gateway").replace("kind: Backend\n      name: openai\n", "kind: Backend\n      name: opnai\n") + SECRETS
    assert 'status: "False"' in translated(text, "gateway-api")
