"""`weir-lint` finds nothing in what the overlays come to, and each mistake that is made in them."""
import subprocess

import pytest
from rendering import ROOT, combinations, render

import snapshot

NAMES = [f"{overlay}+{len(chosen)}-{'-'.join(chosen)[:40]}" if chosen else overlay for overlay, chosen in combinations()]

# An overlay, its components, what is replaced in it, by what, and what is said of it.
MISTAKES = [
    ("istio-gateway", (), "target: gemini", "target: gemni", 'no route takes the target "gemni", so that its requests find none; did you mean "gemini"?'),
    ("istio-gateway", (), "exact: gemini", "exact: gemni", 'no model has the target "gemni"'),
    ("istio-gateway", (), "x-weir-target:", "x-weir-tagret:", "this route looks at something that Weir does not write"),
    ("istio-gateway", (), "cluster: outbound|443||openai.weir.internal", "cluster: outbound|443||opneai.weir.internal", 'is not there; did you mean "outbound|443||openai.weir.internal"?'),
    ("istio-gateway", (), "cluster: outbound|443||openai.weir.internal", "cluster: outbound|80||openai.weir.internal", "is not there"),
    ("istio-gateway", (), "per_connection_buffer_limit_bytes: 1048576", "per_connection_buffer_limit_bytes: 32768", "Envoy crashes when a held body outgrows it"),
    ("istio-gateway", (), "request_body_buffer_limit: 17825792", "include_request_attempt_count: true", "Envoy refuses bodies beyond 1048576 bytes"),
    ("istio-gateway", (), "operation: INSERT_BEFORE", "operation: INSERT_AFTER", "puts the edge behind the router"),
    ("istio-gateway", (), "      context: GATEWAY\n      listener:\n        filterChain:\n          filter:\n            name: envoy.filters.network.http_connection_manager\n            subFilter:\n              name: envoy.filters.http.router\n    patch:\n      operation: INSERT_BEFORE", "      listener:\n        filterChain:\n          filter:\n            name: envoy.filters.network.http_connection_manager\n            subFilter:\n              name: envoy.filters.http.router\n    patch:\n      operation: INSERT_BEFORE", "puts the edge before what a workload receives too"),
    ("istio-gateway", (), "mode: SIMPLE", "mode: DISABLE", "goes unencrypted"),
    ("istio-gateway", (), "            name: unrouted", "            name: unruted", 'no VirtualService has a route of the name "unruted"'),
    ("istio-gateway", (), "        - name: OPENAI_API_KEY\n", "        - name: OPENAI_KEY\n", "the proxy's container has no OPENAI_API_KEY in its `env`"),
    ("istio-gateway", (), "attempts: 2", "attempts: 2\n      perTryTimeout: 30s", "covers a whole try"),
    ("istio-gateway", (), "stage: attempt", "stage: edge", "the edge stands in upstream filters"),
    ("istio-gateway", ("fallback-istio",), "refresh_cluster_on_retry: true", "refresh_cluster_on_retry: false", "`refresh_cluster_on_retry: true` is missing"),
    ("istio-gateway", ("ratelimit-istio",), "FILTER_STATE(wasm.weir.total_tokens:", "FILTER_STATE(wasm.weir.total_token:", "Weir writes no `wasm.weir.total_token`"),
    ("istio-sidecar", (), "vm_id: weir-attempt\n", "vm_id: weir-edge\n", "is the edge's too"),
    ("envoy-gateway", (), "value: gemini", "value: gemni", 'no model has the target "gemni"'),
    ("envoy-gateway", (), "cluster: httproute/weir/openai/*", "cluster: httproute/weir/opneai/*", "is none of those that were given here"),
    ("envoy-gateway", (), "bufferLimit: 1Mi", "bufferLimit: 32Ki", "Envoy crashes when a held body outgrows it"),
    ("envoy-gateway", (), "requestTimeout: 0s", "connectionIdleTimeout: 1h", "has no timeout, and so Envoy's of 15 s"),
    ("envoy-gateway", (), "path: request_body_buffer_limit", "path: include_request_attempt_count", "Envoy refuses bodies beyond 1048576 bytes"),
    ("envoy-gateway", (), "name: weir/llm-gateway/http\n", "name: weir/llm-gateway/htp\n", "this patch changes nothing"),
    ("envoy-gateway", (), "name: httproute/weir/vertex/rule/0/backend/0", "name: httproute/weir/vertex/rule/1", "this patch changes nothing"),
    ("envoy-gateway", (), "  - name: http\n    port: 80\n", "  - name: http\n    port: 80\n    protocol: HTTP\n  - name: other\n    port: 81\n", 'the gateway has the listener "weir/llm-gateway/other" too'),
]


@pytest.fixture(scope="session")
def lint():
    subprocess.run(["cargo", "build", "--quiet", "-p", "weir-lint"], cwd=ROOT, check=True)

    def run(text):
        done = subprocess.run([ROOT / "target/debug/weir-lint", "--strict", "-"], input=text, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.parametrize(("overlay", "chosen"), combinations(), ids=NAMES)
def test_it_finds_nothing(lint, overlay, chosen):
    code, said = lint(render(overlay, chosen))
    assert code == 0, said
    assert "0 errors, 0 warnings" in said and "note:" not in said


@pytest.mark.parametrize("path", sorted(snapshot.FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_it_finds_nothing_in_what_the_control_planes_made(lint, path):
    code, said = lint(path.read_text())
    assert code == 0 and "0 errors, 0 warnings" in said, said


@pytest.mark.parametrize(("overlay", "chosen", "right", "wrong", "wanted"), MISTAKES, ids=[mistake[3][:50].strip() for mistake in MISTAKES])
def test_it_finds_a_mistake(lint, overlay, chosen, right, wrong, wanted):
    text = render(overlay, chosen)
    assert right in text, "the manifests have changed: name something else"
    code, said = lint(text.replace(right, wrong, 1))
    assert code == 1 and wanted in said, said
