"""What istiod and Envoy Gateway made of the manifests, in the last `make mesh`, loads in a real Envoy with Weir as it is now."""
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from rendering import ROOT, render

import snapshot

KEYS = ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "VERTEX_TOKEN", "AWS_BEARER_TOKEN_BEDROCK", "COMPATIBLE_API_KEY")
KEY_FILE = """resources:
- {"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret, name: vertex, generic_secret: {secret: {inline_string: a-key}}}
"""
SNAPSHOTS = sorted(path.stem for path in snapshot.FOLDER.glob("*.yaml"))


def read(name):
    return yaml.safe_load((snapshot.FOLDER / f"{name}.yaml").read_text())


def bootstrap(found):
    """A configuration that an Envoy can load by itself: routes stand in their listeners; control planes' clusters are only named."""
    routes = {route["name"]: route for route in found["routes"]}
    listeners = [inlined(listener, routes) for listener in found["listeners"]]
    text = json.dumps([listeners, found["clusters"]])
    needed = set(re.findall(r'"envoy_grpc": {"cluster_name": "(.*?)"', text)) | {"xds-grpc"}
    there = {cluster["name"] for cluster in found["clusters"]}
    silent = [{"name": name, "type": "STATIC", "load_assignment": {"cluster_name": name, "endpoints": []}, "http2_protocol_options": {}} for name in sorted(needed - there)]
    return {
        "node": {"id": "snapshot", "cluster": "snapshot"},
        # A waypoint's listener is one that only other listeners reach.
        "bootstrap_extensions": [{"name": "envoy.bootstrap.internal_listener", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener"}}],
        "dynamic_resources": {"ads_config": {"api_type": "GRPC", "transport_api_version": "V3", "grpc_services": [{"envoy_grpc": {"cluster_name": "xds-grpc"}}]}},
        "static_resources": {"listeners": listeners, "clusters": [*found["clusters"], *silent]},
    }


def inlined(value, routes):
    if isinstance(value, dict):
        if "rds" in value:
            rest = {key: inlined(each, routes) for key, each in value.items() if key != "rds"}
            return {**rest, "route_config": {**routes[value["rds"]["route_config_name"]], "validate_clusters": False}}
        return {key: inlined(each, routes) for key, each in value.items()}
    return [inlined(each, routes) for each in value] if isinstance(value, list) else value


def validate(config, tmp_path):
    path = tmp_path / "envoy.json"
    module = os.environ.get("WEIR_WASM", str(ROOT / "target/weir.wasm"))
    (tmp_path / "vertex.yaml").write_text(KEY_FILE)
    text = json.dumps(config).replace("/etc/weir/weir.wasm", str(Path(module).resolve()))
    path.write_text(text.replace("/etc/weir-keys", str(tmp_path)))
    command = [os.environ["ENVOY_BIN"], "--mode", "validate", "-c", str(path), "--log-level", "warning"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, **dict.fromkeys(KEYS, "a-key")})


def test_there_is_one_of_each_overlay():
    assert {read(name)["overlay"] for name in SNAPSHOTS} >= {"istio-gateway", "istio-sidecar", "envoy-gateway"}


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_the_snapshot_is_of_these_manifests(name):
    found = read(name)
    now = snapshot.digest(render(found["overlay"], tuple(found["components"])))
    assert found["digest"] == now, "the manifests have changed since: run `make mesh`"


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_envoy_loads_it(name, tmp_path):
    done = validate(bootstrap(read(name)), tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("name", SNAPSHOTS[:1])
def test_envoy_refuses_it_with_a_mistake_in_weirs_configuration(name, tmp_path):
    text = json.dumps(bootstrap(read(name)))
    assert '"stage": "edge"' in text
    done = validate(json.loads(text.replace('"stage": "edge"', '"stage": "edge", "modelz": []')), tmp_path)
    assert done.returncode != 0 and 'modelz: unknown key; did you mean "models"?' in done.stderr
