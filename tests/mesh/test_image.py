"""The module's image: Istio's own agent fetches it from a registry, and what it gives Envoy is the module, byte for byte."""
import hashlib
import re
import subprocess
import tarfile

import build
import images
from cluster import wait_for
from machine import STATE

REGISTRY = """
apiVersion: v1
kind: Namespace
metadata: {name: fetching}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: registry, namespace: fetching}
spec:
  selector: {matchLabels: {app: registry}}
  template:
    metadata: {labels: {app: registry}}
    spec: {containers: [{name: registry, image: crane, args: [registry, serve, --address, "0.0.0.0:5000"], readinessProbe: {httpGet: {port: 5000, path: /v2/}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: registry, namespace: fetching}
spec: {selector: {app: registry}, ports: [{port: 5000}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: fetching}
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway, sidecar.istio.io/inject: "true"}, annotations: {inject.istio.io/templates: gateway}}
    spec: {containers: [{name: istio-proxy, image: auto}]}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gateway, namespace: fetching}
spec: {selector: {app: gateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}
"""
PLUGIN = """
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: {{name: weir, namespace: fetching}}
spec: {{selector: {{matchLabels: {{app: gateway}}}}, url: "oci://registry.fetching.svc.cluster.local:5000/weir:1", sha256: {digest}, pluginConfig: {{stage: edge}}}}
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


def test_istio_fetches_the_image(istio):
    istio.apply(REGISTRY)
    registry = istio.pod("fetching", app="registry")
    gateway = istio.pod("fetching", app="gateway").containers[0]
    crane("append", "--insecure", "--oci-empty-base", "-f", str(layer()), "-t", f"{registry.network.ip}:5000/weir:1")
    digest = crane("digest", "--insecure", f"{registry.network.ip}:5000/weir:1")
    istio.apply(PLUGIN.format(digest=digest.removeprefix("sha256:")))
    fetched = ["sh", "-c", "sha256sum $(find /var/lib/istio/data -name '*.wasm')"]
    wanted = hashlib.sha256(images.module().read_bytes()).hexdigest()
    wait_for(lambda: wanted in gateway.execute(fetched).stdout.decode(), "the agent has fetched the module", 20)
    loaded = ["curl", "-s", "localhost:15000/config_dump?resource=ecds_filters"]
    wait_for(lambda: b"fetching.weir" in gateway.execute(loaded).stdout, "Envoy has the filter", 20)
    istio.kubectl("delete", "namespace", "fetching", "--wait=false")
