"""One Envoy with Weir for all cases: its configuration, its process, and the access log that tells what was settled."""
import json
import os
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from families import targets

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 1048576
SETTLED = (
    "operation", "model", "provider", "upstream_model", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
    "reasoning_tokens", "total_tokens", "cost_nanousd", "usage_source", "outcome", "finish_reason", "error",
)  # fmt: skip
FORCED = "-forced"
# A request for `ask:NAME` goes on as one for `sent:NAME`: the rename that every request check makes.
ASKED, SENT = "ask:", "sent:"


def _wasm(name, vm, settings):
    value = {"@type": "type.googleapis.com/google.protobuf.Struct", "value": settings}
    code = {"local": {"filename": os.environ.get("WEIR_WASM", str(ROOT / "target/weir.wasm"))}}
    config = {
        "name": name,
        "failure_policy": "FAIL_RELOAD",
        "allow_on_headers_stop_iteration": True,
        "vm_config": {"vm_id": vm, "runtime": "envoy.wasm.runtime.v8", "code": code},
        "configuration": value,
    }
    return {"name": name, "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm", "config": config}}


def _cluster(name, provider, upstream_port):
    settings = {
        "stage": "attempt",
        "envoy_buffer_limit_bytes": LIMIT,
        "providers": [{**provider, "match": {"cluster": name}, "models": {ASKED + "*": SENT + "*"}}],
    }
    codec = {"@type": "type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec"}
    protocol = {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http_protocol_options": {}},
        "http_filters": [_wasm("weir.attempt", "weir-attempt", settings), {"name": "envoy.filters.http.upstream_codec", "typed_config": codec}],
    }
    address = {"socket_address": {"address": "127.0.0.1", "port_value": upstream_port}}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "per_connection_buffer_limit_bytes": LIMIT,
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}]},
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": protocol},
    }


def _route(name):
    return {
        "match": {"prefix": "/", "headers": [{"name": "x-conformance-target", "string_match": {"exact": name}}]},
        "route": {
            "cluster": name,
            "timeout": "0s",
            "retry_policy": {"retry_on": "reset-before-request,connect-failure", "num_retries": 2, "per_try_idle_timeout": "15s"},
        },
    }


def providers(names):
    """The providers of these targets; a forced one has its requests read and written anew."""
    found = {}
    for name in sorted(names):
        provider = targets()[name.removesuffix(FORCED)]
        found[name] = {**provider, "force_translate": True} if name.endswith(FORCED) else provider
    return found


def configuration(port, admin, upstream_port, names):
    """The whole configuration, as a dictionary: Envoy reads JSON."""
    found = providers(names)
    edge = {"stage": "edge", "max_request_bytes": 16777216}
    log = {name: f"%FILTER_STATE(wasm.weir.{name}:PLAIN)%" for name in SETTLED}
    log.update(pair="%REQ(x-conformance-id)%", status="%RESPONSE_CODE%", details="%RESPONSE_CODE_DETAILS%")
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "llm",
        "stream_idle_timeout": "20s",
        "access_log": [
            {
                "name": "envoy.access_loggers.stdout",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
                    "log_format": {"json_format": log},
                },
            }
        ],
        "http_filters": [
            _wasm("weir.edge", "weir-edge", edge),
            {"name": "router", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}},
        ],
        "route_config": {
            "validate_clusters": False,
            "virtual_hosts": [
                {
                    "name": "llm",
                    "domains": ["*"],
                    "request_body_buffer_limit": 17825792,
                    "routes": [
                        *(_route(name) for name in found),
                        {"match": {"prefix": "/"}, "route": {"cluster": "none", "cluster_not_found_response_code": "NOT_FOUND"}},
                    ],
                }
            ],
        },
    }
    listener = {
        "name": "llm",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "per_connection_buffer_limit_bytes": LIMIT,
        "filter_chains": [{"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}],
    }
    return {
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": admin}}},
        "static_resources": {
            "listeners": [listener],
            "clusters": [_cluster(name, provider, upstream_port) for name, provider in found.items()],
        },
    }


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Envoy:
    """The process, and what its access log said of each pair."""

    def __init__(self, upstream_port, names):
        self.port, self.admin = _free_port(), _free_port()
        self.folder = tempfile.TemporaryDirectory(prefix="weir-conformance-")
        config = Path(self.folder.name) / "envoy.json"
        config.write_text(json.dumps(configuration(self.port, self.admin, upstream_port, names)))
        self.log_path = Path(self.folder.name) / "envoy.log"
        self.log_file = self.log_path.open("w")
        command = [os.environ["ENVOY_BIN"], "-c", str(config), "--concurrency", "2", "--use-dynamic-base-id", "--file-flush-interval-msec", "50"]
        command += ["--log-level", os.environ.get("ENVOY_LOG", "warn")]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log_file, text=True)
        self.settled = {}
        threading.Thread(target=self._read, daemon=True).start()
        end = time.monotonic() + 60
        while not self._ready():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError("Envoy did not start:\n" + self.log()[-3000:])
            time.sleep(0.05)

    def _read(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                entry = json.loads(line)
                self.settled[entry.get("pair")] = entry

    def _ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/ready", timeout=5) as answer:
                return answer.read().strip() == b"LIVE"
        except OSError:
            return False

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def log(self):
        return self.log_path.read_text(errors="replace")

    def traps(self):
        """Whether a Wasm VM crashed."""
        text = self.log()
        return [line for line in text.splitlines() if "panicked" in line or "unexpected status" in line or "wasm trap" in line]

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log_file.close()
