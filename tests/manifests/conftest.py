"""The manifests of `k8s/`, looked at without a cluster. `kubectl` and `kubeconform` are built once (tests/mesh/build.py)."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "mesh"))

import build  # noqa: E402


def pytest_sessionstart(session):
    build.build(build.OFFLINE)
