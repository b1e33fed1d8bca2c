"""A registry in the cluster, with the module's image in it."""
import re
import subprocess
import tarfile

import build
import images
from machine import STATE

HOST = "registry.images.svc.cluster.local:5000"
MANIFEST = """
apiVersion: v1
kind: Namespace
metadata: {name: images}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: registry, namespace: images}
spec:
  selector: {matchLabels: {app: registry}}
  template:
    metadata: {labels: {app: registry}}
    spec: {containers: [{name: registry, image: crane, args: [registry, serve, --address, "0.0.0.0:5000"], readinessProbe: {httpGet: {port: 5000, path: /v2/}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: registry, namespace: images}
spec: {selector: {app: registry}, ports: [{port: 5000}]}
"""


def layer():
    """The layer that the Dockerfile's `module` has, as its COPY says."""
    text = (images.ROOT / "k8s/image/Dockerfile").read_text()
    source, target = re.search(r"^FROM scratch AS module\nCOPY (\S+) (\S+)$", text, re.M).groups()
    assert source == "target/weir.wasm"
    path = STATE / "layer.tar"
    with tarfile.open(path, "w") as tar:
        tar.add(images.module(), arcname=target)
    return path


def crane(*words):
    return subprocess.run([build.path("crane"), *words], check=True, capture_output=True, text=True).stdout.strip()


def push(cluster):
    """Starts the registry, and puts the image there as weir:0.1.0: its digest."""
    cluster.apply(MANIFEST)
    name = f"{cluster.pod('images', app='registry').network.ip}:5000/weir:0.1.0"
    crane("append", "--insecure", "--oci-empty-base", "-f", str(layer()), "-t", name)
    return crane("digest", "--insecure", name).removeprefix("sha256:")
