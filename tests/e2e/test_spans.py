"""Spans: Envoy finishes them before it asks filters to log, and what a request came to is there."""
import http.server
import threading

import httpx
import pytest

from gateway import wait_for

CLUSTER = """  clusters:
  - name: collector
    type: STATIC
    load_assignment: {{cluster_name: collector, endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}}}}}]}}]}}
"""
TRACING = """          tracing:
            random_sampling: {{value: 100}}
            provider:
              name: envoy.tracers.opentelemetry
              typed_config:
                "@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
                service_name: llm
                http_service: {{http_uri: {{uri: "http://127.0.0.1:{port}/v1/traces", cluster: collector, timeout: 1s}}}}
            custom_tags:
            - {{tag: cost, value: "%FILTER_STATE(wasm.weir.cost_nanousd:PLAIN)%"}}
            - {{tag: provider, value: "%FILTER_STATE(wasm.weir.provider:PLAIN)%"}}
            - {{tag: output, value: "%FILTER_STATE(wasm.weir.output_tokens:PLAIN)%"}}
            - {{tag: outcome, value: "%FILTER_STATE(wasm.weir.outcome:PLAIN)%"}}
          stream_idle_timeout: 300s
"""


class Collector(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        self.server.bodies.append(body)
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def collector():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    server.bodies = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def attribute(key, value):
    """A KeyValue of protobuf, as it stands in an export."""
    text = bytes([0x0A, len(value)]) + value.encode()
    return bytes([0x0A, len(key)]) + key.encode() + bytes([0x12, len(text)]) + text


def gateway(gateways, collector, config):
    port = collector.server_address[1]
    return gateways(config, [("  clusters:\n", CLUSTER.format(port=port)), ("          stream_idle_timeout: 300s\n", TRACING.format(port=port))])


@pytest.mark.parametrize("config", ["minimal.yaml", "inline.yaml"])
@pytest.mark.parametrize(
    ("model", "stream", "status", "outcome"),
    [("unheard-of", False, 404, "refused"), ("gpt-4o+status=500", False, 500, "error"), ("gpt-4o+error_mid=2", True, 200, "error")],
)
def test_what_ends_otherwise_is_in_its_span_and_settled_once(gateways, collector, config, model, stream, status, outcome):
    gate = gateway(gateways, collector, config)
    mark = gate.mark()
    body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "stream": stream}
    for _ in range(5):
        assert httpx.post(f"{gate.url}/v1/chat/completions", json=body).status_code == status
    assert gate.entry(mark)["outcome"] == outcome
    wait_for(lambda: collector.bodies, "the span is exported", 15)
    assert attribute("outcome", outcome) in b"".join(collector.bodies)
    assert gate.metric("weir_requests_total", outcome=outcome) == 5


@pytest.mark.parametrize("config", ["minimal.yaml", "inline.yaml"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_span_tells_provider_tokens_and_cost(gateways, collector, config, stream):
    gate = gateway(gateways, collector, config)
    mark = gate.mark()
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "stream": stream}
    # As many as Envoy waits for before it sends them.
    for _ in range(5):
        assert httpx.post(f"{gate.url}/v1/chat/completions", json=body).status_code == 200
    entry = gate.entry(mark)
    assert entry["provider"] == "openai" and int(entry["cost_nanousd"]) > 0
    wait_for(lambda: collector.bodies, "the span is exported", 15)
    spans = b"".join(collector.bodies)
    for key, value in [("cost", entry["cost_nanousd"]), ("provider", "openai"), ("output", entry["output_tokens"]), ("outcome", "ok")]:
        assert attribute(key, value) in spans, (key, value, spans)
