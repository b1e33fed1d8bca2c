"""Other gateways, each from its package registry into a folder of its own, on demand: `BENCH_PEERS=litellm,tensorzero,portkey`."""
import shutil
import subprocess
import sys
from pathlib import Path

from gateways import Process, Row, fetch, free_port

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".weir/bench-peers"
# The last whose proxy's parts are all on PyPI.
LITELLM = "litellm[proxy]==1.106.12"
TENSORZERO = "tensorzero==2026.6.0"
# With a later Hono its streams fail (its issue 1389).
PORTKEY = '{"dependencies": {"@portkey-ai/gateway": "1.15.2"}, "overrides": {"@hono/node-server": "1.13.7"}}'


class Absent(Exception):
    """A peer that does not install or start here."""


def run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise Absent(f"{' '.join(map(str, command))}: {(done.stderr or done.stdout).strip()[-300:]}")


def installed(name, package, install):
    """The peer's folder; the package is installed into it once, and again where the folder was moved: a venv's scripts name it."""
    folder = FOLDER / name
    stamp = folder / ".installed"
    found = f"{package}\n{folder}\n"
    if not stamp.exists() or stamp.read_text() != found:
        print(f"installing {name} into {folder.relative_to(ROOT)}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        install(folder)
        stamp.write_text(found)
    return folder


def venv(package):
    def install(folder):
        run([sys.executable, "-m", "venv", folder])
        run([folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", package])

    return install


def npm(package):
    def install(folder):
        if not shutil.which("npm"):
            raise Absent("npm is not here")
        (folder / "package.json").write_text(package)
        run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder])

    return install


class Peer(Process):
    """A peer's process."""

    def __init__(self, core, provider_port, folder):
        self.provider_port, port = provider_port, free_port()
        command, env = self.command(port, Path(folder))
        super().__init__(self.peer, command, core, env, folder)
        self.port = port
        try:
            # Some choose their port themselves, and say so when they are ready.
            self.started_s = self.wait_until(self.ready, 120)
        except RuntimeError as error:
            raise Absent(str(error)) from error

    def ready(self):
        return fetch(f"http://127.0.0.1:{self.port}{self.health}") is not None


class LiteLLM(Peer):
    """Its proxy, with one worker and no log of requests."""

    peer, health = "litellm", "/health/liveliness"

    def command(self, port, folder):
        home = installed(self.peer, LITELLM, venv(LITELLM))
        config = folder / "litellm.yaml"
        base = f"http://127.0.0.1:{self.provider_port}/v1"
        config.write_text(
            "model_list:\n"
            f"- {{model_name: gpt-4o, litellm_params: {{model: openai/gpt-4o, api_base: '{base}', api_key: sk-bench}}}}\n"
        )
        arguments = ["--config", config, "--host", "127.0.0.1", "--port", port, "--num_workers", "1", "--telemetry", "False"]
        env = {
            "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR", "LITELLM_MASTER_KEY": "sk-client-of-the-gateway",
            "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
        }
        return [str(part) for part in [home / "bin/litellm", *arguments]], env


TENSORZERO_SERVER = """
import sys, threading
from tensorzero import _start_http_gateway
gateway = _start_http_gateway(config_file=sys.argv[1], clickhouse_url=None, postgres_url=None, valkey_url=None, async_setup=False)
open(sys.argv[2], "w").write(gateway.base_url)
threading.Event().wait()
"""


class TensorZero(Peer):
    """The gateway that its Python package has inside, without a database."""

    peer = "tensorzero"

    def command(self, port, folder):
        home = installed(self.peer, TENSORZERO, venv(TENSORZERO))
        config, script, self.told = folder / "tensorzero.toml", folder / "tensorzero_server.py", folder / "tensorzero.url"
        config.write_text(
            "[gateway]\nobservability.enabled = false\n"
            '[models."gpt-4o"]\nrouting = ["provider"]\n'
            f'[models."gpt-4o".providers.provider]\ntype = "openai"\nmodel_name = "gpt-4o"\napi_base = "http://127.0.0.1:{self.provider_port}/v1"\n'
            'api_key_location = "env::OPENAI_API_KEY"\n'
        )
        script.write_text(TENSORZERO_SERVER)
        return [str(part) for part in [home / "bin/python", script, config, self.told]], {}

    def ready(self):
        if not self.told.exists() or not self.told.read_text():
            return False
        host, _, path = self.told.read_text().removeprefix("http://").partition("/")
        self.port, self.path = int(host.rpartition(":")[2]), f"/{path.rstrip('/')}/chat/completions"
        return True


class Portkey(Peer):
    """Its Node server, told by headers where the provider is."""

    peer, health = "portkey", "/"

    def command(self, port, folder):
        home = installed(self.peer, PORTKEY, npm(PORTKEY))
        self.headers = [["x-portkey-provider", "openai"], ["x-portkey-custom-host", f"http://127.0.0.1:{self.provider_port}/v1"]]
        server = home / "node_modules/@portkey-ai/gateway/build/start-server.js"
        return ["node", str(server), f"--port={port}", "--headless"], {"TRUSTED_CUSTOM_HOSTS": "127.0.0.1,localhost"}


PEERS = {"litellm": LiteLLM, "tensorzero": TensorZero, "portkey": Portkey}
ROWS = [
    Row("litellm", "litellm", what="LiteLLM's proxy, OpenAI to OpenAI"),
    Row("tensorzero", "tensorzero", "tensorzero::model_name::gpt-4o", what="TensorZero's gateway, OpenAI to OpenAI"),
    Row("portkey", "portkey", what="Portkey's gateway, OpenAI to OpenAI"),
]


def wanted(names):
    """The rows of the peers that are asked for."""
    asked = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in asked if name not in PEERS]
    if unknown:
        raise SystemExit(f"bench: no peer {', '.join(unknown)}; there is {', '.join(PEERS)}")
    return [row for row in ROWS if row.name in asked]
