"""A Kubernetes cluster of one machine: etcd, the API server and the controllers are real, `node.py` stands in for the kubelet."""
import os
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import build
from api import Api
from machine import HOST_IP, STATE, NameServer
from node import Node

PORT = 6443
TOKEN = "mesh-admin"
CONTROLLERS = (
    "deployment-controller,replicaset-controller,endpointslice-controller,serviceaccount-controller,"
    "root-ca-certificate-publisher-controller,namespace-controller,garbage-collector-controller,daemonset-controller"
)


def wait_for(condition, what, seconds=30.0):
    """The condition's value once it is true; fails after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds} s")


class Cluster:
    def __init__(self, authority):
        self.processes = {}
        self.folder = STATE / "cluster"
        self.folder.mkdir(parents=True)
        self.authority = authority
        self._certificates()
        self._start("etcd", "--data-dir", self.folder / "etcd", "--unsafe-no-fsync", "--listen-client-urls", "http://127.0.0.1:2379", "--advertise-client-urls", "http://127.0.0.1:2379", "--listen-peer-urls", "http://127.0.0.1:2380", "--log-level", "error")
        self._api_server()
        self.kubeconfig = self.folder / "kubeconfig"
        self.kubeconfig.write_text(self._kubeconfig())
        os.environ["KUBECONFIG"] = str(self.kubeconfig)
        context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        wait_for(lambda: self._ready(context), "the API server is ready", 90)
        self._start("kube-controller-manager", "--kubeconfig", self.kubeconfig, "--service-account-private-key-file", self.folder / "accounts.key", "--root-ca-file", self.folder / "ca.pem", "--controllers", CONTROLLERS, "--leader-elect=false", "--bind-address=127.0.0.1", "--concurrent-deployment-syncs=2")
        self._commands()
        self.api = Api(HOST_IP, PORT, TOKEN, self.folder / "ca.pem")
        self.node = Node(self.api)
        self.names = NameServer(self._addresses)

    def _certificates(self):
        issued = self.authority.issue_cert(HOST_IP, "kubernetes.default.svc", "localhost", "127.0.0.1")
        issued.private_key_pem.write_to_path(str(self.folder / "server.key"))
        issued.cert_chain_pems[0].write_to_path(str(self.folder / "server.pem"))
        self.authority.cert_pem.write_to_path(str(self.folder / "ca.pem"))
        subprocess.run(["openssl", "genrsa", "-out", self.folder / "accounts.key", "2048"], check=True, capture_output=True)
        subprocess.run(["openssl", "rsa", "-in", self.folder / "accounts.key", "-pubout", "-out", self.folder / "accounts.pub"], check=True, capture_output=True)
        (self.folder / "tokens.csv").write_text(f"{TOKEN},admin,admin,system:masters\n")

    def _api_server(self):
        self._start(
            "kube-apiserver",
            "--etcd-servers=http://127.0.0.1:2379",
            "--bind-address=0.0.0.0",
            f"--advertise-address={HOST_IP}",
            f"--secure-port={PORT}",
            f"--tls-cert-file={self.folder}/server.pem",
            f"--tls-private-key-file={self.folder}/server.key",
            f"--cert-dir={self.folder}",
            f"--service-account-key-file={self.folder}/accounts.pub",
            f"--service-account-signing-key-file={self.folder}/accounts.key",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--token-auth-file={self.folder}/tokens.csv",
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--endpoint-reconciler-type=none",
            # Webhooks are asked at their pods: there is no kube-proxy.
            "--enable-aggregator-routing=true",
            "--allow-privileged=true",
        )

    def _start(self, name, *arguments):
        log = (self.folder / f"{name}.log").open("w")
        self.processes[name] = subprocess.Popen([build.path(name), *map(str, arguments)], stdout=log, stderr=log)

    def _commands(self):
        """What a page's commands find: `kubectl`, and the control planes' own tools."""
        folder = STATE / "bin"
        folder.mkdir()
        script = Path(__file__).with_name("kubectl.py")
        (folder / "kubectl").write_text(f'#!/bin/sh\nexec {sys.executable} {script} "$@"\n')
        (folder / "kubectl").chmod(0o755)
        for name in ("istioctl", "egctl"):
            (folder / name).symlink_to(build.path(name))

    def _ready(self, context):
        process = self.processes["kube-apiserver"]
        if process.poll() is not None:
            raise AssertionError("the API server ended:\n" + (self.folder / "kube-apiserver.log").read_text()[-3000:])
        request = urllib.request.Request(f"https://{HOST_IP}:{PORT}/readyz", headers={"authorization": f"Bearer {TOKEN}"})
        try:
            with urllib.request.urlopen(request, timeout=2, context=context) as response:
                return response.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def _kubeconfig(self):
        return f"""apiVersion: v1
kind: Config
clusters:
- {{name: mesh, cluster: {{server: "https://{HOST_IP}:{PORT}", certificate-authority: {self.folder}/ca.pem}}}}
users:
- {{name: admin, user: {{token: {TOKEN}}}}}
contexts:
- {{name: mesh, context: {{cluster: mesh, user: admin}}}}
current-context: mesh
"""

    def _addresses(self, name):
        """The addresses of `SERVICE.NAMESPACE.svc…`: its ready pods', for there is no kube-proxy."""
        parts = name.removesuffix(".cluster.local").split(".")
        if len(parts) < 2 or parts[2:] not in ([], ["svc"]):
            return []
        service, namespace = parts[:2]
        path = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3D{service}"
        try:
            slices = self.api.get(path, missing={"items": []})["items"]
        except LookupError:
            return []
        ready = [point for each in slices for point in each.get("endpoints") or [] if point.get("conditions", {}).get("ready", True)]
        return [address for point in ready for address in point["addresses"]]

    def kubectl(self, *arguments, text=None, check=True):
        command = [build.path("kubectl"), *map(str, arguments)]
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120)
        if check and done.returncode:
            raise AssertionError(f"kubectl {' '.join(map(str, arguments))}: {done.stderr.strip()[-3000:]}")
        return done.stdout if check else done

    def apply(self, text):
        return self.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", text=text)

    def pod(self, namespace, seconds=60, **labels):
        """The one ready pod with these labels."""

        def ready():
            pods = [pod for pod in self.node.find(namespace, **labels) if all(each.ready for each in [*pod.containers, *pod.sidecars])]
            return pods[0] if len(pods) == 1 else None

        try:
            return wait_for(ready, f"a pod of {namespace} with {labels} is ready", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.report(namespace)}") from None

    def gone(self, *namespaces):
        """Waits until namespaces that were deleted are gone. The controller looks again when one changes, else after half the grace of its pods."""
        for name in namespaces:
            poked = lambda: self.kubectl("annotate", "namespace", name, f"poked={time.monotonic()}", "--overwrite", check=False).returncode != 0 or time.sleep(1)  # noqa: B023, E731
            found = self.kubectl("get", "namespace", name, "-o", "jsonpath={.metadata.deletionTimestamp}", check=False)
            if found.stdout:
                wait_for(poked, f"the namespace {name} is gone", 90)

    def report(self, namespace):
        """What there is to know when a pod does not come up."""
        lines = [self.kubectl("-n", namespace, "get", "deployments,replicasets,pods", "-o", "wide", check=False).stdout, *self.node.complaints[-10:]]
        for pod in self.node.find(namespace):
            for container in [*pod.initial, *pod.containers]:
                if container.log.exists():
                    lines.append(f"-- {pod.name}/{container.name}:\n{container.log.read_text(errors='replace')[-3000:]}")
        lines.append((self.folder / "kube-controller-manager.log").read_text()[-1500:])
        return "\n".join(lines)

    def stop(self):
        self.node.over.set()
        for process in reversed(self.processes.values()):
            process.kill()
            process.wait()


def gateway_api_crds():
    return Path(build.module_folder("gateway", "sigs.k8s.io/gateway-api")) / "config/crd/standard"
