"""The gateways: started on their core, asked what time and memory they took, and stopped."""
import os
import re
import signal
import subprocess
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import envoys

KEYS = {
    "OPENAI_API_KEY": "sk-openai-bench",
    "AZURE_OPENAI_API_KEY": "azure-bench",
    "ANTHROPIC_API_KEY": "sk-ant-bench",
    "GEMINI_API_KEY": "AIza-bench",
    "AWS_BEARER_TOKEN_BEDROCK": "bedrock-bench",
}


@dataclass(frozen=True)
class Row:
    """A row of the report: which process serves it, the model that is asked for, and the wire that the provider is reached in."""

    name: str
    process: str
    model: str = "gpt-4o"
    wire: str = "openai"
    what: str = ""


ROWS = [
    Row("direct", "direct", what="load generator and provider with nothing between"),
    Row("envoy", "envoy", what="bare Envoy with the same access log"),
    Row("envoy_no_log", "envoy_no_log", what="bare Envoy without an access log"),
    Row("noop_edge", "noop_edge", what="a Wasm filter that does nothing, one stage"),
    Row("noop_both", "noop_both", what="the same in both stages"),
    Row("weir_openai", "weir", what="Weir, OpenAI to OpenAI, two stages"),
    Row("weir_openai_inline", "weir_inline", what="Weir, OpenAI to OpenAI, one stage"),
    Row("weir_lean", "weir_lean", what="Weir, one stage, no access log, callers or labels"),
    Row("weir_anthropic", "weir", "claude-sonnet-4-6", "anthropic", "Weir, OpenAI to Anthropic, two stages"),
    Row("weir_gemini", "weir", "gemini-2.5-flash", "gemini", "Weir, OpenAI to Gemini, two stages"),
    Row("weir_bedrock", "weir", "us.amazon.nova-lite-v1:0", "bedrock", "Weir, OpenAI to Bedrock, two stages"),
    Row("envoy_ai_anthropic", "envoy_ai", "claude-sonnet-4-6", "anthropic", "Envoy's own `ai_protocol_manager`, OpenAI to Anthropic"),
]
BARE = "envoy"
PASSED = ["weir_openai", "weir_openai_inline"]
TRANSLATED = ["weir_anthropic", "weir_gemini", "weir_bedrock"]
# Those that the special workloads ask.
SCHEDULED = [BARE, *PASSED, *TRANSLATED, "envoy_ai_anthropic"]
FRESH = [BARE, "noop_both", *PASSED, "weir_lean", *TRANSLATED, "envoy_ai_anthropic"]
SOAKED = [BARE, "weir_openai", "weir_anthropic"]
GROWN = [BARE, *PASSED, *TRANSLATED]


def fetch(url, timeout=10):
    with urllib.request.urlopen(url, timeout=timeout) as response:
        return response.read().decode()


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A gateway's process (and its children), on one core; and how it is asked beside what all are."""

    path, headers = "/v1/chat/completions", ()

    def __init__(self, name, command, core, env=None, folder=None):
        self.name = name
        self.log = tempfile.NamedTemporaryFile("w+", prefix=f"weir-bench-{name}-", suffix=".log", dir=folder)
        self.began = time.monotonic()
        self.popen = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=self.log, env={**os.environ, **KEYS, **(env or {})},
            start_new_session=True, preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
        self.port = 0

    def wait_until(self, ready, seconds=60):
        """Returns how long it took since the start, seconds."""
        while time.monotonic() - self.began < seconds:
            if self.popen.poll() is not None:
                break
            try:
                if ready():
                    self.started_cpu_ns = self.cpu_ns()
                    return time.monotonic() - self.began
            except OSError:
                pass
            time.sleep(0.002)
        said = Path(self.log.name).read_text(errors="replace")[-1500:]
        self.stop()
        raise RuntimeError(f"{self.name} did not start within {seconds} s: {said}")

    def pids(self):
        """Its process and all that it started."""
        found = [self.popen.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in task.read_text().split()]
        return found

    def cpu_ns(self):
        """CPU time of all its threads, dead ones included, from the kernel's accounting (clock_getcpuclockid(3))."""
        return sum(time.clock_gettime_ns((~pid << 3) | 2) for pid in self.pids())

    def resident_kib(self):
        status = [Path(f"/proc/{pid}/status").read_text() for pid in self.pids()]
        return sum(int(re.search(r"VmRSS:\s+(\d+)", text)[1]) for text in status)

    def stop(self):
        if self.popen.poll() is None:
            self.popen.terminate()
        try:
            self.popen.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait(10)
        self.log.close()


class Envoy(Process):
    """An Envoy with one of the configurations."""

    def __init__(self, name, core, provider_port, folder):
        self.port, self.admin, self.provider_port = free_port(), free_port(), provider_port
        text = envoys.CONFIGURATIONS[name]()
        for old, new in [
            ("port_value: 10000", f"port_value: {self.port}"),
            ("port_value: 9901", f"port_value: {self.admin}"),
            ("port_value: 18080", f"port_value: {provider_port}"),
            ("/etc/weir/weir.wasm", str(Path(os.environ["WEIR_WASM"]).resolve())),
            ("/etc/weir/noop.wasm", str(Path(os.environ["WEIR_NOOP"]).resolve())),
        ]:
            text = text.replace(old, new)
        config = Path(folder) / f"{name}-{self.port}.yaml"
        config.write_text(text)
        command = [os.environ["ENVOY_BIN"], "-c", str(config), "--concurrency", "1", "--use-dynamic-base-id", "--log-level", "warning"]
        port = self.port
        super().__init__(name, command, core, folder=folder)
        self.port = port
        self.started_s = self.wait_until(lambda: fetch(f"http://127.0.0.1:{self.admin}/ready").strip() == "LIVE")

    def settled(self):
        """What Weir settled, by provider: requests and tokens, from its own metrics."""
        found = {}
        for line in fetch(f"http://127.0.0.1:{self.admin}/stats?usedonly&filter=weir_").splitlines():
            match = re.match(r"\S*?((?:\w+=\.=.*?;\.;)+)weir_(requests|tokens)_total: (\d+)$", line)
            if match:
                # The names as Weir writes them: a configuration need not take the labels out.
                labels = dict(re.findall(r"(\w+)=\.=(.*?);\.;", match[1]))
                row = found.setdefault(labels["provider"], {"requests": 0, "input_tokens": 0, "output_tokens": 0})
                key = "requests" if match[2] == "requests" else labels["type"] + "_tokens"
                if key in row:
                    row[key] += int(match[3])
        return found
