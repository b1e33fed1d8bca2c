"""The module's image: Istio's own agent fetches it from a registry, and what it gives Envoy is the module, byte for byte; for both stages."""
import hashlib
import json

import pytest
import yaml
from asking import Stream
from rendering import objects, render

import images
import registry
from cluster import wait_for
from istio_gateway import Gateway

GATEWAY = """
apiVersion: v1
kind: Namespace
metadata: {name: fetching}
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
spec: {{selector: {{matchLabels: {{app: gateway}}}}, url: "oci://{host}/weir:0.1.0", sha256: {digest}, pluginConfig: {{stage: edge}}}}
"""
FETCHED = ["sh", "-c", "sha256sum $(find /var/lib/istio/data -name '*.wasm')"]
NO_DIGEST = "0" * 64
VERTEX = {
    "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
    "name": "vertex",
    "generic_secret": {"secret": {"inline_string": "Bearer a-token"}},
}
# The edge's extension, of the component's two patches of it.
VALUE = "/spec/configPatches/1/patch/value/typed_config/config/configuration/value"


@pytest.fixture(scope="module")
def digest(istio):
    yield registry.push(istio)
    istio.kubectl("delete", "namespace", "images", "fetching", "weir-fetched", "--wait=false", "--ignore-not-found")


def module():
    return hashlib.sha256(images.module().read_bytes()).hexdigest()


def test_istio_fetches_the_image(istio, digest):
    istio.apply(GATEWAY)
    gateway = istio.pod("fetching", app="gateway").containers[0]
    istio.apply(PLUGIN.format(host=registry.HOST, digest=digest))
    wait_for(lambda: module() in gateway.execute(FETCHED).stdout.decode(), "the agent has fetched the module", 20)
    loaded = ["curl", "-s", "localhost:15000/config_dump?resource=ecds_filters"]
    wait_for(lambda: b"fetching.weir" in gateway.execute(loaded).stdout, "Envoy has the filter", 20)


def manifest(digest):
    """The gateway with the component `wasm-fetch-istio`, in a namespace of its own, with any keys."""
    text = render("istio-gateway", ("wasm-fetch-istio",)).replace("namespace: weir\n", "namespace: weir-fetched\n")
    assert text.count(NO_DIGEST) == 3 and text.count("oci://registry.example.com/") == 3
    found = objects(text.replace(NO_DIGEST, digest).replace("oci://registry.example.com/", f"oci://{registry.HOST}/"))
    namespace = next(each for each in found if each["kind"] == "Namespace")
    namespace["metadata"]["name"] = "weir-fetched"
    deployment = next(each for each in found if each["kind"] == "Deployment")
    keys = {each["name"]: "a-key" for each in deployment["spec"]["template"]["spec"]["containers"][0]["env"]}
    for name, data in (("provider-keys", keys), ("provider-key-files", {"vertex.yaml": json.dumps({"resources": [VERTEX]})})):
        found.append({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "weir-fetched"}, "stringData": data})
    return yaml.safe_dump_all(found)


@pytest.fixture(scope="module")
def fetched(istio, providers, digest):
    istio.apply(manifest(digest))
    gateway = Gateway(istio, "weir-fetched")
    gateway.settled()
    return gateway


def test_both_stages_run_what_the_agent_fetched(fetched, providers):
    providers.clear()
    for model in ("gpt-4o", "claude-sonnet-4-6", "vertex/gemini-2.5-flash"):
        assert fetched.chat(model).json()["choices"][0]["message"]["content"] == "Hello from the simulator."
    assert dict(providers.requests()[-1]["headers"])["authorization"] == "Bearer a-token"
    assert fetched.proxy.execute(FETCHED).stdout.decode().split()[0] == module()
    (edge,) = json.loads(fetched.fetch("/config_dump?resource=ecds_filters"))["configs"]
    config = edge["ecds_filter"]["typed_config"]["config"]
    assert config["vm_config"]["code"]["local"]["filename"].endswith(".wasm") and config["allow_on_headers_stop_iteration"]


def test_a_change_leaves_the_listener_alone_and_a_wrong_one_is_refused(fetched):
    stream = Stream(fetched.url)
    fetched.change("weir-edge", {"op": "add", "path": f"{VALUE}/models/0", "value": {"name": "fast", "target": "openai"}})
    wait_for(lambda: fetched.chat("fast").status_code == 200, "the new configuration serves")
    fetched.change("weir-edge", {"op": "add", "path": f"{VALUE}/modles", "value": []})
    wait_for(lambda: "weir config: modles: unknown key" in fetched.log(), "the wrong one is refused")
    assert fetched.chat("fast").status_code == 200
    assert stream.is_running() and stream.whole()
    assert "listener_manager.listener_in_place_updated: 0" in fetched.fetch("/stats?filter=in_place_updated")


def test_another_image_than_the_digests_is_refused_and_a_new_pod_is_not_ready(istio, fetched, digest):
    old = fetched.pod.name
    istio.apply(manifest("f" * 64))
    wait_for(lambda: "does not match: " + "f" * 64 in fetched.log(), "the agent refuses it")
    assert fetched.chat("gpt-4o").status_code == 200
    istio.kubectl("-n", "weir-fetched", "rollout", "restart", "deployment/llm-gateway")
    wait_for(lambda: len(istio.node.find("weir-fetched", app="llm-gateway")) == 2, "a second pod is made")
    new = next(pod for pod in istio.node.find("weir-fetched", app="llm-gateway") if pod.name != old).containers[0]
    ready = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-m", "5", "http://localhost:15021/healthz/ready"]
    wait_for(lambda: new.process and new.execute(ready).stdout == b"200", "the new proxy thinks itself ready", 60)
    assert "does not match" in new.log.read_text(errors="replace")
    assert not new.ready and fetched.pod.name == old and fetched.chat("gpt-4o").status_code == 200
    istio.apply(manifest(digest))
    wait_for(lambda: new.ready, "the new pod serves when its module can be fetched", 60)
