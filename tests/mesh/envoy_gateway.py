"""Envoy Gateway as its chart installs it: the real program, as a pod, in its Kubernetes mode. The proxies are the pods that it makes."""
import json
import os
import re
import shutil
import subprocess

import yaml

import asking
import build
from cluster import gateway_api_crds, wait_for
from machine import STATE
from page import ROOT, Page

README = "k8s/overlays/envoy-gateway/README.md"
NAMESPACE = "envoy-gateway-system"
# What its chart writes into its ConfigMap, without the webhook that tells a proxy its node's zone.
CONFIGURATION = {
    "apiVersion": "gateway.envoyproxy.io/v1alpha1",
    "kind": "EnvoyGateway",
    "gateway": {"controllerName": "gateway.envoyproxy.io/gatewayclass-controller"},
    "provider": {"type": "Kubernetes", "kubernetes": {"leaderElection": {"disable": True}, "proxyTopologyInjector": {"disabled": True}}},
}
MANIFEST = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: envoy-gateway, namespace: envoy-gateway-system}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: envoy-gateway}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: envoy-gateway, namespace: envoy-gateway-system}]
---
apiVersion: v1
kind: Service
metadata: {name: envoy-gateway, namespace: envoy-gateway-system}
spec:
  selector: {control-plane: envoy-gateway}
  ports: [{name: grpc, port: 18000}, {name: ratelimit, port: 18001}, {name: wasm, port: 18002}, {name: metrics, port: 19001}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: envoy-gateway, namespace: envoy-gateway-system}
spec:
  selector: {matchLabels: {control-plane: envoy-gateway}}
  template:
    metadata: {labels: {control-plane: envoy-gateway}}
    spec:
      serviceAccountName: envoy-gateway
      terminationGracePeriodSeconds: 1
      containers:
      - name: envoy-gateway
        image: docker.io/envoyproxy/gateway:v1.9.1
        args: [server, --config-path=/config/envoy-gateway.yaml]
        env: [{name: ENVOY_GATEWAY_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}]
        readinessProbe: {httpGet: {path: /readyz, port: 8081}}
        volumeMounts:
        - {name: config, mountPath: /config, readOnly: true}
        - {name: certs, mountPath: /certs, readOnly: true}
        - {name: wasm-cache, mountPath: /var/lib/eg/wasm}
      volumes:
      - {name: config, configMap: {name: envoy-gateway-config}}
      - {name: certs, secret: {secretName: envoy-gateway}}
      - {name: wasm-cache, emptyDir: {}}
"""


def configure(cluster, **settings):
    """Envoy Gateway's own configuration, with these settings beside what its chart says. It reads a change without a restart."""
    text = yaml.safe_dump({**CONFIGURATION, **settings})
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "envoy-gateway-config", "namespace": NAMESPACE}, "data": {"envoy-gateway.yaml": text}}
    cluster.apply(json.dumps(config_map))


def install(cluster, **settings):
    """Installs Envoy Gateway and waits until it is ready."""
    chart = build.module_folder("gateway", "github.com/envoyproxy/gateway") / "charts/gateway-helm/charts/crds/crds"
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", gateway_api_crds(), "-f", chart / "generated")
    cluster.kubectl("create", "namespace", NAMESPACE)
    # The chart's job: the certificates by which Envoy Gateway, its proxies and the rate-limit service know each other.
    command = [build.path("envoy-gateway"), "certgen", "--disable-topology-injector"]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "ENVOY_GATEWAY_NAMESPACE": NAMESPACE})
    configure(cluster, **settings)
    cluster.apply(MANIFEST)
    return cluster.pod(NAMESPACE, control__plane="envoy-gateway")


def values():
    """The values of its chart that the page wants, in their order: what Envoy Gateway itself must be told."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", (ROOT / README).read_text(), re.S | re.M)
    return [yaml.safe_load(block)["config"]["envoyGateway"] for block in blocks]


def programmed(cluster, name, seconds=20):
    """Waits until Envoy Gateway has said of the newest generation of a patch whether it could be applied: its words."""

    def said():
        found = json.loads(cluster.kubectl("-n", "weir", "get", "envoypatchpolicy", name, "-o", "json"))
        here = [each for place in found.get("status", {}).get("ancestors", []) for each in place["conditions"]]
        newest = [each for each in here if each["type"] == "Programmed" and each["observedGeneration"] == found["metadata"]["generation"]]
        return newest and (newest[0]["status"], newest[0]["reason"], newest[0]["message"])

    return wait_for(said, f"EnvoyPatchPolicy {name} is judged", seconds)


class Gateway(asking.Gateway):
    """The gateway for models, as its page makes it."""

    def __init__(self, cluster):
        self.cluster, self.page = cluster, Page(README)
        self.page.section("Keys")
        self.page.section("Apply")
        self.settled()

    def with_components(self):
        """The page makes an overlay of its own beside the others: here in a copy, whose path is returned."""
        checkout = STATE / "checkout"
        shutil.copytree(ROOT / "k8s", checkout / "k8s")
        self.page.shell.run(f"cd {checkout}")
        self.page.section("Components")
        self.settled()
        return checkout / "k8s/overlays/mine/kustomization.yaml"

    @property
    def pod(self):
        return self.cluster.pod(NAMESPACE, app="llm-gateway")

    @property
    def url(self):
        return f"http://{self.pod.network.ip}:10080"

    def log(self):
        """What the proxy wrote."""
        return next(each for each in self.pod.containers if each.name == "envoy").log.read_text(errors="replace")

    def entries(self):
        """Its access log."""
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
