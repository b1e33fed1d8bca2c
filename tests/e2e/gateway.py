"""A real Envoy with Weir in it, and the simulator that plays its providers, each on free ports of loopback."""
import json
import os
import re
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    "OPENAI_API_KEY": "sk-openai-5ecret",
    "AZURE_OPENAI_API_KEY": "azure-5ecret",
    "ANTHROPIC_API_KEY": "sk-ant-5ecret",
    "GEMINI_API_KEY": "AIza-5ecret",
    "AWS_BEARER_TOKEN_BEDROCK": "bedrock-5ecret",
}
STARTED_IN_S = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url, method="GET"):
    request = urllib.request.Request(url, method=method)
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.read().decode()


def wait_for(condition, what, seconds=10.0):
    """The condition's value once it is true; fails after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {seconds} s")


class Simulator:
    """The providers."""

    def __init__(self, tls=None, tls_listen="127.0.0.1:0"):
        binary = os.environ.get("WEIR_SIMULATOR", str(ROOT / "target/release/weir-simulator"))
        command = [binary, "--listen", "127.0.0.1:0"]
        if tls:
            command += ["--tls", *tls, "--tls-listen", tls_listen]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        lines = [json.loads(self.process.stdout.readline()) for _ in range(2 if tls else 1)]
        ports = [int(line["listen"].rsplit(":", 1)[1]) for line in lines]
        self.port = ports[0]
        self.tls_port = ports[1] if tls else None

    def requests(self):
        return json.loads(fetch(f"http://127.0.0.1:{self.port}/__sim/requests"))

    def last(self):
        return self.requests()[-1]

    def totals(self):
        return json.loads(fetch(f"http://127.0.0.1:{self.port}/__sim/totals"))

    def clear(self):
        fetch(f"http://127.0.0.1:{self.port}/__sim/requests", "DELETE")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Entry(dict):
    """An access-log line, the same whether Envoy wrote Weir's values one by one, as strings, or Weir all at once."""

    ENVOYS = {"start", "status", "details", "duration_ms", "attempts"}

    def __init__(self, line):
        super().__init__({key: str(value) if type(value) is int and key not in self.ENVOYS else value for key, value in line.items()})

    def __missing__(self, key):
        return None


class Gateway:
    """An Envoy that runs one configuration."""

    def __init__(self, text, simulator, binary=None, changes=(), env=None, arguments=()):
        self.port, self.admin = free_port(), free_port()
        wasm = os.environ.get("WEIR_WASM", str(ROOT / "target/weir.wasm"))
        for old, new in [
            ("port_value: 10000", f"port_value: {self.port}"),
            ("port_value: 9901", f"port_value: {self.admin}"),
            ("/etc/weir/weir.wasm", wasm),
            *changes,
            ("port_value: 18080", f"port_value: {simulator.port}"),
            ("port_value: 18081", f"port_value: {simulator.port}"),
        ]:
            text = text.replace(old, new)
        # What a test must know of the configuration: whether it is one stage, whether streams' headers wait for content, whether
        # trailers come through.
        self.inline, self.held, self.trailing = (word in text for word in ("translate: inline", "fallback: {", "enable_trailers: true"))
        self.folder = tempfile.TemporaryDirectory(prefix="weir-e2e-")
        config = Path(self.folder.name) / "envoy.yaml"
        config.write_text(self.bootstrap(text))
        self.log_path = Path(self.folder.name) / "envoy.log"
        self.log_file = self.log_path.open("w")
        command = [binary or os.environ["ENVOY_BIN"], "-c", str(config), "--concurrency", "1", "--use-dynamic-base-id", "--file-flush-interval-msec", "50", "--log-level", os.environ.get("ENVOY_LOG", "info"), *arguments]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self.log_file, text=True, errors="replace", env={**os.environ, **KEYS, **(env or {})}
        )
        self.entries, self.lines = [], []
        threading.Thread(target=self._read, daemon=True).start()
        try:
            wait_for(self._ready, "Envoy is ready", STARTED_IN_S)
        except AssertionError:
            self.stop()
            raise

    def bootstrap(self, text):
        """What Envoy is started with; a subclass may put parts of it elsewhere, into `folder`."""
        return text

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith("{"):
                self.entries.append(Entry(json.loads(line)))

    def _ready(self):
        if self.process.poll() is not None:
            raise AssertionError("Envoy ended:\n" + self.log()[-3000:])
        try:
            return fetch(f"http://127.0.0.1:{self.admin}/ready").strip() == "LIVE"
        except OSError:
            return False

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def log(self):
        return self.log_path.read_text(errors="replace")

    def mark(self):
        """A place in the access log; `entry` gives what comes after it. Envoy writes the log every 50 ms: it is waited
        until nothing of earlier requests comes any more."""
        seen = -1
        for _ in range(20):
            if seen == len(self.entries):
                break
            seen = len(self.entries)
            time.sleep(0.12)
        return len(self.entries)

    def entry(self, mark, seconds=10.0):
        return wait_for(lambda: self.entries[mark:], "an access log line", seconds)[-1]

    def metrics(self):
        """Weir's metrics: {(name, frozenset of labels): value}."""
        found = {}
        for line in fetch(f"http://127.0.0.1:{self.admin}/stats/prometheus").splitlines():
            match = re.match(r"(weir_\w+?)(?:\{(.*)\})? (\S+)$", line)
            if match and not match[1].endswith(("_bucket", "_sum")):
                labels = frozenset(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[2] or ""))
                found[match[1], labels] = float(match[3])
        return found

    def metric(self, name, **labels):
        """The sum over all series of a metric that have these labels."""
        wanted = set(labels.items())
        return sum(value for (found, have), value in self.metrics().items() if found == name and wanted <= have)

    def stat(self, name):
        text = fetch(f"http://127.0.0.1:{self.admin}/stats?usedonly&filter={name}")
        return sum(int(line.rsplit(": ", 1)[1]) for line in text.splitlines() if line.rsplit(": ", 1)[-1].isdigit())

    def resident_bytes(self):
        """Envoy's resident memory."""
        return 1024 * int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(self.process.pid)], text=True))

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self.log_file.close()


def example(name):
    return (ROOT / "envoy" / name).read_text()
