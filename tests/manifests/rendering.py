"""What `kubectl apply -k` would send: each overlay alone, with each component that fits it, and with all of them."""
import functools
import os
import subprocess
import tempfile
from pathlib import Path

import build
import yaml

ROOT = Path(__file__).resolve().parents[2]
K8S = ROOT / "k8s"


def overlays():
    return sorted(path.parent.name for path in (K8S / "overlays").glob("*/kustomization.yaml"))


def components(overlay):
    """Those of the same control plane: `NAME-istio`, `NAME-envoy-gateway`. A waypoint takes none (its page says why)."""
    if overlay == "istio-ambient":
        return []
    family = "istio" if overlay.startswith("istio") else "envoy-gateway"
    return sorted(path.name for path in (K8S / "components").iterdir() if path.name.endswith(f"-{family}"))


def combinations():
    """Every overlay with every set of components that is worth a look."""
    found = []
    for overlay in overlays():
        each = components(overlay)
        found += [(overlay, ())] + [(overlay, (one,)) for one in each] + [(overlay, tuple(each))]
    return found


@functools.lru_cache(maxsize=None)
def render(overlay, chosen=()):
    """The rendered text of an overlay with components added as the pages say."""
    with tempfile.TemporaryDirectory(prefix="weir-k8s-") as folder:
        relative = lambda path: os.path.relpath(path, os.path.realpath(folder))  # noqa: E731
        kustomization = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [relative(K8S / "overlays" / overlay)],
            "components": [relative(K8S / "components" / name) for name in chosen],
        }
        Path(folder, "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        done = subprocess.run([build.path("kubectl"), "kustomize", folder], capture_output=True, text=True)
    assert done.returncode == 0, f"{overlay} with {chosen}: {done.stderr}"
    return done.stdout


def objects(text):
    return [each for each in yaml.safe_load_all(text) if each]
