"""`kubectl`, for the commands of a page: the real one, but for what needs a kubelet: `logs`, `exec` and `port-forward`."""
import argparse
import ctypes
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time

import build
from machine import STATE

REAL = str(build.path("kubectl"))
ALONE = ("logs", "exec", "port-forward")
CLONE_NEWNET = 0x40000000


def read(namespace, *words):
    out = subprocess.run([REAL, "-n", namespace, "get", *words, "-o", "json"], capture_output=True, text=True)
    if out.returncode:
        sys.exit(out.stderr)
    return json.loads(out.stdout)


def pod_of(namespace, target, selector):
    """The pod that a target means, and what of it was asked: a pod, a Deployment, a Service, or labels."""
    kind, _, name = (target or "").rpartition("/")
    if selector:
        asked, labels = None, selector
    elif kind in ("", "pod", "pods", "po"):
        return read(namespace, "pod", name), None
    else:
        asked = read(namespace, kind, name)
        chosen = asked["spec"]["selector"]
        labels = ",".join(f"{key}={value}" for key, value in chosen.get("matchLabels", chosen).items())
    pods = read(namespace, "pods", "-l", labels)["items"]
    live = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"] and pod["status"].get("phase") == "Running"]
    if not live:
        sys.exit(f"error: no running pod of {target or selector}")
    return live[0], asked


def folder(pod):
    return STATE / "pods" / f"{pod['metadata']['namespace']}_{pod['metadata']['name']}"


def container_of(pod, name):
    return name or pod["metadata"].get("annotations", {}).get("kubectl.kubernetes.io/default-container") or pod["spec"]["containers"][0]["name"]


def logs(options, pod, _):
    path = folder(pod) / f"{container_of(pod, options.container)}.log"
    lines = path.read_text(errors="replace").splitlines()
    print("\n".join(lines[-options.tail :] if options.tail >= 0 else lines))


def execute(options, pod, _):
    name = container_of(pod, options.container)
    spec = json.loads((folder(pod) / f"{name}.json").read_text())
    pid = (folder(pod) / f"{name}.pid").read_text()
    os.execvpe("nsenter", ["nsenter", "-t", pid, "--net", "--mount", "--root", *options.words], spec["env"])


def forward(options, pod, asked):
    local, _, remote = options.words[0].partition(":")
    remote = target_port(remote or local, pod, asked)
    holder = (folder(pod) / "holder.pid").read_text()
    namespace = os.open(f"/proc/{holder}/ns/net", os.O_RDONLY)
    server = socket.create_server(("127.0.0.1", int(local)))
    print(f"Forwarding from 127.0.0.1:{local} -> {remote}", flush=True)
    threading.Thread(target=end_with, args=(holder,), daemon=True).start()
    while True:
        client, _ = server.accept()
        threading.Thread(target=relay, args=(client, namespace, remote), daemon=True).start()


def end_with(holder):
    """A forwarded port ends with its pod, and is another page's to use."""
    while os.path.exists(f"/proc/{holder}"):
        time.sleep(0.1)
    print("error: lost connection to pod", file=sys.stderr, flush=True)
    os._exit(1)


def target_port(port, pod, asked):
    if asked and asked["kind"] == "Service":
        found = [each for each in asked["spec"]["ports"] if port in (str(each["port"]), each.get("name"))]
        port = str(found[0].get("targetPort", found[0]["port"])) if found else port
    named = {each.get("name"): each["containerPort"] for spec in pod["spec"]["containers"] for each in spec.get("ports", [])}
    return int(named.get(port, port))


def relay(client, namespace, port):
    """As the kubelet does it: the connection is made from inside the pod, to its loopback address. Only this thread enters its network."""
    if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET):
        return
    try:
        server = socket.create_connection(("127.0.0.1", port), 5)
    except OSError as error:
        print(f"error: {port}: {error}", file=sys.stderr, flush=True)
        client.close()
        return
    back = threading.Thread(target=copy, args=(server, client), daemon=True)
    back.start()
    copy(client, server)
    back.join()


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for each in (source, target):
            each.close()


def main():
    words = sys.argv[1:]
    verb = next((word for word in words if word in ALONE), None)
    if verb is None:
        os.execv(REAL, ["kubectl", *words])
    words.remove(verb)
    command = []
    if "--" in words:
        words, command = words[: words.index("--")], words[words.index("--") + 1 :]
    parser = argparse.ArgumentParser(prog=f"kubectl {verb}")
    parser.add_argument("-n", "--namespace", default="default")
    parser.add_argument("-c", "--container")
    parser.add_argument("-l", "--selector")
    parser.add_argument("--tail", type=int, default=-1)
    parser.add_argument("target", nargs="?")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args(words)
    options.words += command
    options.target = options.target and re.sub(r"^(deploy|deployments)/", "deployment/", options.target)
    pod, asked = pod_of(options.namespace, options.target, options.selector)
    {"logs": logs, "exec": execute, "port-forward": forward}[verb](options, pod, asked)


if __name__ == "__main__":
    main()
