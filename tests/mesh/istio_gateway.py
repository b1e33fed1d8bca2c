"""The LLM gateway of k8s/overlays/istio-gateway, as its page makes it; and streams that are in flight while something changes."""
import json
import threading

import httpx

from cluster import wait_for
from page import Page

README = "k8s/overlays/istio-gateway/README.md"
HI = [{"role": "user", "content": "Hi"}]


def from_page(cluster):
    """The gateway, up to the page's commands that apply it."""
    # Another page's last command may have taken the namespace away.
    cluster.gone("weir")
    gateway = Gateway(cluster)
    gateway.page = Page(README)
    gateway.page.section("Keys")
    gateway.page.section("Apply")
    gateway.settled()
    return gateway


class Gateway:
    def __init__(self, cluster, namespace="weir"):
        self.cluster, self.namespace = cluster, namespace

    @property
    def pod(self):
        return self.cluster.pod(self.namespace, app="llm-gateway")

    @property
    def proxy(self):
        return next(each for each in self.pod.containers if each.name == "istio-proxy")

    @property
    def url(self):
        return f"http://{self.pod.network.ip}"

    def chat(self, model, messages=None, headers=None, **more):
        return httpx.post(f"{self.url}/v1/chat/completions", json={"model": model, "messages": messages or HI, **more}, headers=headers, timeout=30)

    def settled(self):
        """Waits until the one proxy serves."""

        def serves():
            try:
                return self.chat("gpt-4o").status_code == 200
            except httpx.HTTPError:
                return False

        wait_for(serves, "the gateway serves", 60)

    def log(self):
        """What the proxy wrote."""
        return self.proxy.log.read_text(errors="replace")

    def fetch(self, path):
        """Of the proxy's own pages: its configuration, its statistics."""
        return self.proxy.execute(["curl", "-sS", "-m", "10", f"http://localhost:15000{path}"]).stdout.decode()

    def change(self, name, *operations):
        self.cluster.kubectl("-n", self.namespace, "patch", "envoyfilter", name, "--type=json", "-p", json.dumps(operations))


class Stream:
    """A stream in flight: deltas, a tenth of a second apart."""

    def __init__(self, url, model="gpt-4o", events=40):
        self.url, self.model, self.events, self.lines, self.failed = url, f"{model}+events={events}+trickle=100", events, [], None
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        wait_for(lambda: self.lines or self.failed, "the stream has begun")

    def _read(self):
        body = {"model": self.model, "messages": HI, "stream": True}
        try:
            with httpx.stream("POST", f"{self.url}/v1/chat/completions", json=body, timeout=30) as answer:
                self.lines.extend(line for line in answer.iter_lines() if line)
        except httpx.HTTPError as error:
            self.failed = error

    def is_running(self):
        return self.thread.is_alive()

    def whole(self):
        self.thread.join(60)
        assert self.failed is None and self.lines[-1] == "data: [DONE]", (self.failed, self.lines[-2:])
        return len(self.lines) > self.events
