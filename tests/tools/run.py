#!/usr/bin/env python3
"""`make run`: a gateway to try, on this machine, until Ctrl-C.

Starts the provider simulator and an Envoy with envoy/envoy.yaml, waits until it serves, and shows the access log's line
after each request. With LIVE=1 the providers are the real ones, over TLS, with the keys found in the environment.
"""
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PORT = int(os.environ.get("WEIR_PORT", "10000"))
ADMIN_PORT = int(os.environ.get("WEIR_ADMIN_PORT", "9901"))
SIMULATOR_PORT = int(os.environ.get("WEIR_SIMULATOR_PORT", "18080"))
LIVE = os.environ.get("LIVE") == "1"
KEYS = {
    "OPENAI_API_KEY": "openai",
    "AZURE_OPENAI_API_KEY": "azure",
    "ANTHROPIC_API_KEY": "anthropic",
    "GEMINI_API_KEY": "gemini",
    "AWS_BEARER_TOKEN_BEDROCK": "bedrock",
}
AUTHORITIES = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"]


def stop(message):
    sys.exit(f"weir: {message}")


def check_free(port, variable):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            stop(f"port {port} is in use; choose another: {variable}=… make run")


def live(text):
    """The clusters with the real providers' hosts, over TLS."""
    bundle = next((path for path in AUTHORITIES if Path(path).exists()), None)
    if not bundle:
        stop("no bundle of certificate authorities was found: install ca-certificates")
    azure = os.environ.get("AZURE_OPENAI_HOST", "example.openai.azure.com")
    hosts = {
        "openai": "api.openai.com",
        "azure": azure,
        "anthropic": "api.anthropic.com",
        "gemini": "generativelanguage.googleapis.com",
        "bedrock": "bedrock-runtime.us-east-1.amazonaws.com",
    }
    for name, host in hosts.items():
        cluster = f"  - name: {name}\n    type: STATIC\n"
        assert cluster in text, name
        tls = (
            "    transport_socket:\n      name: tls\n      typed_config:\n"
            '        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext\n'
            f"        sni: {host}\n"
            f"        common_tls_context: {{validation_context: {{trusted_ca: {{filename: {bundle}}}, "
            f"match_typed_subject_alt_names: [{{san_type: DNS, matcher: {{exact: {host}}}}}]}}}}\n"
        )
        assignment = (
            f"    load_assignment: {{cluster_name: {name}, endpoints: [{{lb_endpoints: [{{endpoint: "
            f"{{address: {{socket_address: {{address: {host}, port_value: 443}}}}}}}}]}}]}}\n"
        )
        start = text.index(cluster)
        end = text.find("\n  - name: ", start + 5)
        end = len(text) if end < 0 else end + 1
        block = text[start:end].replace("type: STATIC", "type: LOGICAL_DNS")
        block = re.sub(r"    load_assignment: (&simulator\n(      .*\n)+|\*simulator\n)", assignment, block)
        text = text[:start] + block + tls + text[end:]
    return text.replace("example.openai.azure.com", azure)


def environment():
    found = [name for name in KEYS if os.environ.get(name)]
    if not LIVE:
        return {**os.environ, **{name: os.environ.get(name) or f"sk-simulated-{KEYS[name]}" for name in KEYS}}, found
    if not found:
        stop(f"LIVE=1 needs at least one of {', '.join(KEYS)} in the environment")
    print(f"keys found: {', '.join(found)}")
    missing = [name for name in KEYS if name not in found]
    if missing:
        print(f"not found, so these providers will refuse: {', '.join(missing)}")
    return {**os.environ, **{name: "not-set" for name in missing}}, found


def wait_until_ready(envoy, log):
    for _ in range(200):
        if envoy.poll() is not None:
            stop("Envoy ended:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:]))
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{ADMIN_PORT}/ready", timeout=1) as answer:
                if answer.read().strip() == b"LIVE":
                    return
        except OSError:
            pass
        time.sleep(0.1)
    stop("Envoy did not become ready within 20 s")


GUIDE = """
Weir serves on http://127.0.0.1:{port} ({what}). Try, in another terminal:

  curl http://127.0.0.1:{port}/v1/chat/completions -H 'content-type: application/json' \\
    -d '{{"model": "gpt-4o", "messages": [{{"role": "user", "content": "Hello!"}}]}}'

  the same with "model": "claude-sonnet-4-6", "gemini-2.5-flash" or "us.amazon.nova-lite-v1:0", or with "stream": true;
  or with Anthropic's client at /v1/messages, or Google's at /v1beta/models/MODEL:generateContent;
  what a provider would get, without asking it: the same body to /weir/translate?target=anthropic
  models: curl http://127.0.0.1:{port}/v1/models
  spend:  curl -s http://127.0.0.1:{admin}/stats/prometheus | grep ^weir_

Every request's spend follows as one line of JSON. Ctrl-C ends it.
"""


def main():
    for port, variable in [(PORT, "WEIR_PORT"), (ADMIN_PORT, "WEIR_ADMIN_PORT")]:
        check_free(port, variable)
    env, _ = environment()
    text = (ROOT / "envoy/envoy.yaml").read_text()
    text = text.replace("port_value: 10000", f"port_value: {PORT}").replace("port_value: 9901", f"port_value: {ADMIN_PORT}")
    text = text.replace("/etc/weir/weir.wasm", str(Path(os.environ["WEIR_WASM"]).resolve()))
    started = []
    # A terminated make must leave nothing behind either.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="weir-run-") as folder:
        try:
            if LIVE:
                text = live(text)
            else:
                check_free(SIMULATOR_PORT, "WEIR_SIMULATOR_PORT")
                text = text.replace("port_value: 18080", f"port_value: {SIMULATOR_PORT}")
                simulator = [os.environ["WEIR_SIMULATOR"], "--listen", f"127.0.0.1:{SIMULATOR_PORT}"]
                started.append(subprocess.Popen(simulator, stdout=subprocess.DEVNULL, start_new_session=True))
            config, log = Path(folder) / "envoy.yaml", Path(folder) / "envoy.log"
            config.write_text(text)
            command = [os.environ["ENVOY_BIN"], "-c", str(config), "--use-dynamic-base-id", "--concurrency", "2", "--log-level", "warning", "--file-flush-interval-msec", "100"]
            with log.open("w") as sink:
                envoy = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=sink, text=True, env=env, start_new_session=True)
            started.append(envoy)
            wait_until_ready(envoy, log)
            what = "the real providers" if LIVE else "simulated providers"
            print(GUIDE.format(port=PORT, admin=ADMIN_PORT, what=what), flush=True)
            for line in envoy.stdout:
                print(line, end="", flush=True)
            stop("Envoy ended:\n" + log.read_text(errors="replace")[-2000:])
        except KeyboardInterrupt:
            print()
        finally:
            for process in reversed(started):
                process.terminate()
            for process in started:
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()


if __name__ == "__main__":
    main()
