"""k8s/overlays/istio-sidecar/README.md, command by command: an application's own sidecar, injected by the real webhook, is the LLM gateway."""
import json
import re
import threading

import pytest

import snapshot
from cluster import wait_for
from istio import rotated
from page import Page

CHAT = {"messages": [{"role": "user", "content": "Hi"}]}
# Something that is no provider: what the application asks besides.
OTHER = """
apiVersion: v1
kind: Namespace
metadata: {name: other}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: other}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: any, command: [python3, -m, http.server, "80", --directory, /usr/share], readinessProbe: {httpGet: {port: 80, path: /}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: other}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 80, name: http}]}
"""


@pytest.fixture(scope="module")
def page(istio, providers, collector):
    # Another page's last command may have taken the namespaces away.
    istio.gone("weir", "chat")
    istio.apply(OTHER)
    page = Page("k8s/overlays/istio-sidecar/README.md")
    page.section("Apply")
    page.section("Keys")
    yield page
    page.close()
    istio.kubectl("delete", "namespace", "chat", "other", "--wait=false")


@pytest.fixture(scope="module")
def pod(istio, page):
    page.section("One workload first")
    return istio.pod("chat", app="chat")


def named(pod, name):
    return next(each for each in [*pod.initial, *pod.containers] if each.name == name)


def ask(pod, model, path="/v1/chat/completions", host="llm.weir.internal", **body):
    """What the application's own curl got: status, headers in lower case, body."""
    command = ["curl", "-sS", "-i", "-m", "10", f"http://{host}{path}", "-H", "content-type: application/json", "-d", json.dumps({"model": model, **CHAT, **body})]
    done = named(pod, "chat").execute(command)
    assert done.returncode == 0, done
    head, _, rest = done.stdout.decode().partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    return int(status.split()[1]), dict(line.lower().split(": ", 1) for line in lines), rest


def test_the_sidecar_was_injected_with_interception(pod):
    assert "istio-init" in [each.name for each in pod.initial]
    assert named(pod, "istio-proxy").spec["image"].endswith("proxyv2:1.31.0")


@pytest.mark.parametrize(
    ("model", "provider"),
    [("gpt-4o", "openai"), ("azure/gpt-4o", "azure"), ("claude-sonnet-4-6", "anthropic"), ("gemini-2.5-flash", "gemini"), ("vertex/gemini-2.5-flash", "vertex"), ("bedrock/us.amazon.nova-lite-v1:0", "bedrock"), ("compatible/llama-3", "compatible")],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_model_is_served_by_its_target(pod, providers, model, provider, stream):
    providers.clear()
    status, headers, body = ask(pod, model, stream=stream)
    assert (status, headers["x-weir-provider"]) == (200, provider), body
    assert headers["content-type"].startswith("text/event-stream" if stream else "application/json")
    text = "".join(re.findall(r'"content":"(.*?)"', body)) if stream else json.loads(body)["choices"][0]["message"]["content"]
    assert text == "Hello from the simulator."
    assert len(providers.requests()) == 1


@pytest.mark.parametrize("stream", [False, True])
def test_anthropics_wire(pod, stream):
    status, headers, body = ask(pod, "gpt-4o", path="/v1/messages", max_tokens=50, stream=stream)
    assert (status, headers["x-weir-provider"]) == (200, "openai"), body
    assert "event: message_stop" in body if stream else json.loads(body)["type"] == "message"


def test_a_model_without_a_target_is_a_404(pod):
    status, _, body = ask(pod, "unheard-of")
    assert (status, json.loads(body)["error"]["code"]) == (404, "model_not_found")


def test_other_hosts_are_left_alone(pod):
    done = named(pod, "chat").execute(["curl", "-sS", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}", "http://web.other.svc.cluster.local/", "-H", "x-weir-target: kept"])
    assert done.stdout == b"200"
    status, headers, _ = ask(pod, "gpt-4o", host="web.other.svc.cluster.local")
    assert status == 501 and not [name for name in headers if name.startswith("x-weir")], "the other server's own answer to a POST"


def test_a_provider_by_its_name_in_the_mesh_gets_no_key(pod, providers):
    """Only what came through the edge is given one: these names are not for applications."""
    providers.clear()
    done = named(pod, "chat").execute(["curl", "-sS", "-m", "5", "http://openai.weir.internal:443/v1/models"])
    (asked,) = providers.requests()
    assert asked["path"] == "/v1/models" and "authorization" not in dict(asked["headers"]), done


class Streamed:
    """A stream that the application reads, with ten events a second."""

    def __init__(self, pod, model, events=60):
        body = json.dumps({"model": f"{model}+events={events}+trickle=100", "stream": True, **CHAT})
        command = ["curl", "-sS", "-N", "-m", "40", "http://llm.weir.internal/v1/chat/completions", "-H", "content-type: application/json", "-d", body]
        self.thread = threading.Thread(target=self._read, args=(named(pod, "chat"), command), daemon=True)
        self.thread.start()

    def _read(self, container, command):
        self.done = container.execute(command)

    def is_whole(self):
        self.thread.join(60)
        return self.done.returncode == 0 and self.done.stdout.decode().rstrip().endswith("data: [DONE]")


def test_a_wrong_configuration_is_refused_and_a_right_one_cuts_no_stream(istio, pod, providers):
    value = "/spec/configPatches/0/patch/value/typed_config/config/configuration/value"
    patch = lambda *operations: istio.kubectl("-n", "istio-system", "patch", "envoyfilter", "weir-edge", "--type=json", "-p", json.dumps(operations))  # noqa: E731
    providers.clear()
    streams = [Streamed(pod, model) for model in ("gpt-4o", "claude-sonnet-4-6")]
    wait_for(lambda: len(providers.requests()) == 2, "both streams are under way")
    patch({"op": "add", "path": f"{value}/modles", "value": []})
    log = named(pod, "istio-proxy").log
    wait_for(lambda: "weir config: modles: unknown key" in log.read_text(errors="replace"), "it is refused")
    assert ask(pod, "gpt-4o")[0] == 200
    patch({"op": "remove", "path": f"{value}/modles"}, {"op": "add", "path": f"{value}/models/0", "value": {"name": "fast", "target": "openai"}})
    wait_for(lambda: ask(pod, "fast")[0] == 200, "the new configuration serves")
    assert all(stream.thread.is_alive() for stream in streams), "streams that end before the change prove nothing"
    assert all(stream.is_whole() for stream in streams), [stream.done for stream in streams]


def test_a_key_is_rotated_without_a_restart(istio, pod, providers):
    def key():
        ask(pod, "vertex/gemini-2.5-flash")
        return dict(providers.requests()[-1]["headers"])["authorization"]

    assert key() == "Bearer ya29.token"
    rotated(istio, "chat", "ya29.token", "ya29.second")
    wait_for(lambda: key() == "Bearer ya29.second", "the new key is sent")
    assert named(pod, "istio-proxy").restarts == 0


def test_telemetry(pod, page, providers, collector):
    page.section("Telemetry")
    line = json.loads([line for line in named(pod, "istio-proxy").log.read_text().splitlines() if '"operation":"chat"' in line][-1])
    assert (line["model"], line["provider"], line["outcome"], line["usage_source"]) == ("gpt-4o", "openai", "ok", "provider")
    assert int(line["total_tokens"]) == int(line["input_tokens"]) + int(line["output_tokens"]) > 0 and int(line["cost_nanousd"]) > 0

    def spans():
        return [span for span in collector.spans() if span.get("gen_ai.request.model") == "gpt-4o" and span.get("weir.outcome") == "ok"]

    span = wait_for(spans, "a span with the model has come", 20)[-1]
    assert span["gen_ai.provider.name"] == "openai" and span["gen_ai.usage.output_tokens"] == line["output_tokens"] and span["weir.cost_nanousd"] == line["cost_nanousd"]


def test_what_was_made_of_it_is_kept(pod):
    dump = named(pod, "istio-proxy").execute(["curl", "-s", "localhost:15000/config_dump"]).stdout.decode()
    snapshot.take("istio-sidecar", dump, "istio-sidecar")


def attached(pod):
    """The listeners in which Weir stands."""
    dump = json.loads(named(pod, "istio-proxy").execute(["curl", "-s", "localhost:15000/config_dump"]).stdout)
    listeners, _, _ = snapshot.resources(dump)
    return [name for name, each in listeners.items() if "weir.edge" in json.dumps(each)]


def test_inbound_traffic_never_meets_weir(pod):
    assert attached(pod) == ["0.0.0.0_80"]


def test_it_comes_off_without_a_restart(pod, page):
    page.section("Take it off")
    assert page.blocks == [], "the page's commands that were not run"
    wait_for(lambda: attached(pod) == [], "the sidecar is as before", 20)
    assert named(pod, "istio-proxy").restarts == 0
