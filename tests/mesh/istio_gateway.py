"""The LLM gateway of k8s/overlays/istio-gateway, as its page makes it."""
import json

import asking
from page import Page

README = "k8s/overlays/istio-gateway/README.md"


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


class Gateway(asking.Gateway):
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

    def log(self):
        """What the proxy wrote."""
        return self.proxy.log.read_text(errors="replace")

    def fetch(self, path):
        """Of the proxy's own pages: its configuration, its statistics."""
        return self.proxy.execute(["curl", "-sS", "-m", "10", f"http://localhost:15000{path}"]).stdout.decode()

    def change(self, name, *operations):
        self.cluster.kubectl("-n", self.namespace, "patch", "envoyfilter", name, "--type=json", "-p", json.dumps(operations))
