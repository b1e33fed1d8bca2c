"""Stands in for the kubelet: runs the pods that the API server has, each in a network of its own, with real programs.

It binds pods to this one node, makes their volumes and environment, runs init containers (those that restart are sidecars) and containers,
asks their readiness probes, reports their status, refreshes volumes made of Secrets and ConfigMaps, and ends what was deleted.
"""
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import images
import volumes
from machine import HOST_IP, STATE, Network

NAME = "machine"
POLL_S = 0.1
REFRESH_S = 1.0


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Container:
    def __init__(self, pod, spec):
        self.pod, self.spec, self.name = pod, spec, spec["name"]
        self.process, self.env, self.restarts, self.ready = None, {}, 0, False
        self.log = pod.folder / f"{self.name}.log"

    def start(self):
        pod, spec = self.pod, self.spec
        image = images.find(spec["image"])
        env = self.env = volumes.environment(pod.object, spec, pod.objects)
        words = spec.get("command") or image.entrypoint
        security = {**pod.object["spec"].get("securityContext", {}), **spec.get("securityContext", {})}
        root = pod.folder / "roots" / f"{self.name}-{self.restarts}"
        mounts = [(pod.volume(mount), mount["mountPath"], mount.get("readOnly", False)) for mount in spec.get("volumeMounts", [])]
        description = {
            "root": str(root),
            "mounts": [(str(source), target, read_only) for source, target, read_only in mounts],
            "files": [(str(source), target) for target, source in image.files.items()] + [(str(pod.resolver()), "/etc/resolv.conf")],
            "argv": [volumes.expanded(word, env) for word in [*words, *spec.get("args", [])]],
            "env": env,
            "uid": security.get("runAsUser", 0),
            "cwd": spec.get("workingDir", "/"),
        }
        path = pod.folder / f"{self.name}.json"
        path.write_text(json.dumps(description))
        inside = ["nsenter", f"--net=/proc/{pod.network.holder.pid}/ns/net", "unshare", "--mount"]
        script = str(Path(__file__).with_name("container.py"))
        with self.log.open("ab") as log:
            # A program of another user opens it again, as /dev/stdout.
            self.log.chmod(0o666)
            self.process = subprocess.Popen([*inside, sys.executable, script, str(path)], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        (pod.folder / f"{self.name}.pid").write_text(str(self.process.pid))

    def probe(self, probe):
        """Whether a probe is content."""
        if probe is None:
            return True
        if "httpGet" in probe:
            get = probe["httpGet"]
            url = f"{get.get('scheme', 'HTTP').lower()}://{self.pod.network.ip}:{self._port(get['port'])}{get.get('path', '/')}"
            try:
                with urllib.request.urlopen(url, timeout=1) as response:
                    return response.status < 400
            except (urllib.error.URLError, OSError):
                return False
        if "tcpSocket" in probe:
            try:
                socket.create_connection((self.pod.network.ip, self._port(probe["tcpSocket"]["port"])), 1).close()
                return True
            except OSError:
                return False
        if "exec" in probe:
            return self.execute(probe["exec"]["command"]).returncode == 0
        return True

    def _port(self, port):
        named = {each.get("name"): each["containerPort"] for each in self.spec.get("ports", [])}
        return named.get(port, port)

    def execute(self, words, **options):
        pid = str(self.process.pid)
        return subprocess.run(["nsenter", "-t", pid, "--net", "--mount", "--root", *words], capture_output=True, env=self.env, **options)

    def status(self):
        running = self.process is not None and self.process.poll() is None
        state = {"running": {"startedAt": self.pod.started}} if running else {"waiting": {"reason": "NotRunning"}}
        return {"name": self.name, "image": self.spec["image"], "imageID": self.spec["image"], "ready": self.ready, "started": running, "restartCount": self.restarts, "state": state}

    def _before_stop(self, grace_s):
        """Its `preStop` hook, which may hold the end up."""
        hook = self.spec.get("lifecycle", {}).get("preStop", {})
        try:
            if "httpGet" in hook:
                url = f"http://{self.pod.network.ip}:{self._port(hook['httpGet']['port'])}{hook['httpGet'].get('path', '/')}"
                urllib.request.urlopen(url, timeout=grace_s).close()
            elif "exec" in hook:
                self.execute(hook["exec"]["command"], timeout=grace_s)
        except (urllib.error.URLError, OSError, subprocess.TimeoutExpired):
            return

    def end(self, grace_s):
        if self.process is None or self.process.poll() is not None:
            return
        end = time.monotonic() + grace_s
        self._before_stop(grace_s)
        self.process.terminate()
        try:
            self.process.wait(max(1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Pod:
    def __init__(self, node, found, number):
        self.node, self.object = node, found
        self.name, self.namespace = found["metadata"]["name"], found["metadata"]["namespace"]
        self.path = f"/api/v1/namespaces/{self.namespace}/pods/{self.name}"
        self.folder = STATE / "pods" / f"{self.namespace}_{self.name}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.objects = volumes.Objects(node.api, self.namespace)
        self.number, self.network, self.started = number, None, now()
        self.initial = [Container(self, spec) for spec in found["spec"].get("initContainers", [])]
        self.containers = [Container(self, spec) for spec in found["spec"]["containers"]]
        self.sidecars = [each for each in self.initial if each.spec.get("restartPolicy") == "Always"]
        self.ending, self.reported = threading.Event(), None
        threading.Thread(target=self._live, daemon=True).start()

    def volume(self, mount):
        return self.folder / "volumes" / mount["name"] / mount.get("subPath", "")

    def resolver(self):
        path = self.folder / "resolv.conf"
        path.write_text(f"nameserver {HOST_IP}\nsearch {self.namespace}.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5 timeout:2\n")
        return path

    def _live(self):
        try:
            self.network = Network(self.number)
            (self.folder / "holder.pid").write_text(str(self.network.holder.pid))
            self.object["status"] |= {"podIP": self.network.ip, "hostIP": HOST_IP}
            for each in self.object["spec"].get("securityContext", {}).get("sysctls", []):
                self.network.set(each["name"], each["value"])
            self._volumes()
            self._initialise()
            for container in self.containers:
                container.start()
            refreshed = time.monotonic()
            while not self.ending.wait(POLL_S):
                self._look()
                if time.monotonic() - refreshed > REFRESH_S:
                    self._refresh()
                    refreshed = time.monotonic()
        except (LookupError, RuntimeError, OSError, subprocess.CalledProcessError) as error:
            self.node.complain(f"{self.namespace}/{self.name}: {error}")
            self.ending.wait()
        self._remove()

    def _volumes(self):
        """Secrets and ConfigMaps may come after the pod that wants them, as in a real cluster."""
        for volume in self.object["spec"].get("volumes", []):
            self._patiently(lambda: volumes.make(volume, self.folder / "volumes" / volume["name"], self.object, self.objects))

    def _patiently(self, act):
        complained = None
        while not self.ending.is_set():
            try:
                return act()
            except LookupError as error:
                if str(error) != complained:
                    complained = str(error)
                    self.node.complain(f"{self.namespace}/{self.name} waits: {error}")
                self.ending.wait(0.3)
        raise LookupError("deleted before it could start")

    def _initialise(self):
        for container in self.initial:
            self._patiently(container.start)
            if container in self.sidecars:
                while not (self.ending.is_set() or container.probe(container.spec.get("startupProbe"))):
                    self._look()
                    time.sleep(POLL_S)
            elif container.process.wait() != 0:
                raise RuntimeError(f"init container {container.name} failed:\n{container.log.read_text(errors='replace')[-2000:]}")

    def _look(self):
        for container in [*self.sidecars, *self.containers]:
            if container.process is None:
                continue
            if container.process.poll() is not None:
                self.node.complain(f"{self.namespace}/{self.name}: container {container.name} ended with {container.process.returncode}")
                container.ready = False
                container.restarts += 1
                self._report()
                if self.ending.wait(1):
                    return
                self._patiently(container.start)
            container.ready = container.probe(container.spec.get("readinessProbe"))
        self._report()

    def _refresh(self):
        for volume in self.object["spec"].get("volumes", []):
            if any(kind in volume for kind in ("configMap", "secret")):
                volumes.write(self.folder / "volumes" / volume["name"], volumes.files_of(volume, self.object, self.objects))

    def _report(self):
        statuses = [container.status() for container in self.containers]
        initial = [container.status() for container in self.sidecars]
        ready = all(each["ready"] for each in [*statuses, *initial])
        if self.reported == (statuses, initial):
            return
        self.reported = (statuses, initial)
        conditions = [
            {"type": kind, "status": str(truth), "lastTransitionTime": now()}
            for kind, truth in (("PodScheduled", True), ("Initialized", True), ("ContainersReady", ready), ("Ready", ready))
        ]
        status = {
            "phase": "Running",
            "conditions": conditions,
            "hostIP": HOST_IP,
            "podIP": self.network.ip,
            "podIPs": [{"ip": self.network.ip}],
            "startTime": self.started,
            "containerStatuses": statuses,
        }
        if initial:
            status["initContainerStatuses"] = initial
        try:
            self.node.api.patch(f"{self.path}/status", {"status": status})
        except LookupError:
            self.reported = None

    def _remove(self):
        grace = min(self.object["spec"].get("terminationGracePeriodSeconds", 30), 30)
        threads = [threading.Thread(target=each.end, args=(grace,)) for each in [*self.containers, *self.sidecars]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.network:
            self.network.remove()
        self.node.api.delete(self.path)


class Node:
    def __init__(self, api):
        self.api, self.pods, self.made, self.complaints, self.over = api, {}, 0, [], threading.Event()
        taken = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NAME, "labels": {"kubernetes.io/hostname": NAME}}}
        api.post("/api/v1/nodes", taken)
        api.patch(f"/api/v1/nodes/{NAME}/status", {"status": {"conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}], "addresses": [{"type": "InternalIP", "address": HOST_IP}]}})
        threading.Thread(target=self._live, daemon=True).start()

    def complain(self, text):
        self.complaints.append(text)
        print(f"node: {text}", file=sys.stderr, flush=True)

    def _live(self):
        while not self.over.wait(POLL_S):
            try:
                self._step()
            except LookupError as error:
                self.complain(str(error))

    def _step(self):
        there = {}
        for found in self.api.get("/api/v1/pods")["items"]:
            uid = found["metadata"]["uid"]
            there[uid] = found
            if "deletionTimestamp" in found["metadata"]:
                if uid in self.pods:
                    self.pods[uid].ending.set()
                else:
                    self.api.delete(f"/api/v1/namespaces/{found['metadata']['namespace']}/pods/{found['metadata']['name']}")
            elif not found["spec"].get("nodeName"):
                self._bind(found)
            elif uid not in self.pods:
                self.pods[uid] = Pod(self, found, self.made)
                self.made += 1
        for uid in set(self.pods) - set(there):
            self.pods.pop(uid).ending.set()

    def _bind(self, found):
        name, namespace = found["metadata"]["name"], found["metadata"]["namespace"]
        target = {"apiVersion": "v1", "kind": "Node", "name": NAME}
        self.api.post(f"/api/v1/namespaces/{namespace}/pods/{name}/binding", {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": target})

    def find(self, namespace, **labels):
        """The live pods of a namespace with these labels (`__` in a name is a dash)."""
        wanted = {name.replace("__", "-"): value for name, value in labels.items()}
        fits = lambda pod: pod.namespace == namespace and wanted.items() <= pod.object["metadata"].get("labels", {}).items()  # noqa: E731
        return [pod for pod in list(self.pods.values()) if fits(pod) and not pod.ending.is_set()]
