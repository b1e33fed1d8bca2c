"""Istio as `istioctl` installs it: its own manifests, applied; istiod runs as their Deployment says."""
import base64
import json
import subprocess
from pathlib import Path

import build
from cluster import wait_for

# Stock Envoy lacks what only Istio's own build of it has: the filters that exchange metadata, set ALPN, and count for its telemetry.
SETTINGS = (
    "profile=minimal",
    "values.global.hub=docker.io/istio",
    f"values.global.tag={build.ISTIO}",
    "values.pilot.env.PILOT_ENABLE_METADATA_EXCHANGE=false",
    "values.pilot.env.PILOT_ENABLE_ALPN_FILTER=false",
    "values.telemetry.enabled=false",
    # As after `istioctl install`: istiod validates every object of Istio's.
    "values.defaultRevision=default",
    # Proxies say which Istio they are of; stock Envoy 1.40 is what 1.32 has.
    "meshConfig.defaultConfig.proxyMetadata.ISTIO_META_ISTIO_VERSION=1.32.0",
)


# What the mesh's own configuration has, as the telemetry component's page says.
MESH = Path(__file__).resolve().parents[2] / "k8s/components/telemetry-istio/mesh.yaml"


def manifest(*settings):
    charts = build.module_folder("istio", "istio.io/istio") / "manifests"
    command = [build.path("istioctl"), "manifest", "generate", "--manifests", str(charts), "-f", str(MESH)]
    for setting in [*SETTINGS, *settings]:
        command += ["--set", setting]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def install(cluster, *settings):
    """Installs Istio and waits until it injects pods."""
    cluster.kubectl("create", "namespace", "istio-system")
    text = manifest(*settings)
    wait_for(lambda: cluster.kubectl("apply", "--server-side", "-f", "-", text=text, check=False).returncode == 0, "Istio's manifests are applied", 60)
    cluster.pod("istio-system", app="istiod")
    return wait_for(lambda: "caBundle" in cluster.kubectl("get", "mutatingwebhookconfiguration", "-o", "yaml"), "istiod has signed its webhook", 30)


def rotated(cluster, namespace, old, new):
    """Puts another token into the file of keys that the pages make."""
    secret = json.loads(cluster.kubectl("-n", namespace, "get", "secret", "provider-key-files", "-o", "json"))
    text = base64.b64decode(secret["data"]["vertex.yaml"]).decode()
    assert f"Bearer {old}" in text
    secret["data"]["vertex.yaml"] = base64.b64encode(text.replace(old, new).encode()).decode()
    cluster.kubectl("-n", namespace, "replace", "-f", "-", text=json.dumps(secret))
