"""Keeps what a control plane made of `k8s/`: the listeners, routes and clusters that its Envoy was sent and in which Weir stands.

`make mesh` writes them to `tests/manifests/snapshots/`, with a digest of the manifests that they were made of. `make test` loads them into a
real Envoy in validate mode, and says when the manifests have changed since.
"""
import hashlib
import ipaddress
import json
import re
import sys
from pathlib import Path

import yaml

MANIFESTS = Path(__file__).resolve().parents[1] / "manifests"
sys.path.insert(0, str(MANIFESTS))
FOLDER = MANIFESTS / "snapshots"


def digest(rendered):
    return hashlib.sha256(rendered.encode()).hexdigest()


def resources(dump):
    """The listeners, routes and clusters of a `/config_dump`, by name."""
    listeners, routes, clusters = {}, {}, {}
    untyped = lambda message: {key: value for key, value in message.items() if key != "@type"}  # noqa: E731
    for config in dump["configs"]:
        for each in config.get("dynamic_listeners", []):
            if "active_state" in each:
                listeners[each["name"]] = untyped(each["active_state"]["listener"])
        for each in config.get("dynamic_active_clusters", []):
            clusters[each["cluster"]["name"]] = untyped(each["cluster"])
        for each in config.get("dynamic_route_configs", []):
            routes[each["route_config"]["name"]] = untyped(each["route_config"])
    return listeners, routes, clusters


def chosen(dump):
    """Of all that a proxy was sent: the listeners with Weir in them, their routes, and the clusters that these name."""
    listeners, routes, clusters = resources(dump)
    listeners = {name: each for name, each in listeners.items() if "weir.edge" in json.dumps(each)}
    named = set(re.findall(r'"route_config_name": "(.*?)"', json.dumps(listeners)))
    # A sidecar's routes are those to every service of the mesh: other tests' are left out.
    ours = lambda each: {**each, "virtual_hosts": [host for host in each["virtual_hosts"] if re.search(r"weir\.internal|weir/", json.dumps(host))]}  # noqa: E731
    routes = {name: ours(each) for name, each in routes.items() if name in named}
    text = json.dumps([listeners, routes])
    clusters = {name: each for name, each in clusters.items() if json.dumps(name) in text or "weir.attempt" in json.dumps(each)}
    return {kind: [found[name] for name in sorted(found)] for kind, found in (("listeners", listeners), ("routes", routes), ("clusters", clusters))}


def steady(value, addresses):
    """The same without what differs from run to run: addresses of pods and services, and those that istiod gives, are numbered in their order."""
    if isinstance(value, dict):
        return {key: steady(each, addresses) for key, each in sorted(value.items())}
    if isinstance(value, list):
        return [steady(each, addresses) for each in value]
    if isinstance(value, str):
        number = lambda first: lambda found: addresses.setdefault(found[0], str(ipaddress.ip_address(first) + len(addresses) + 1))  # noqa: E731
        value = re.sub(r"\b(?:10\.(?:0|96)|240\.240)\.\d+\.\d+\b", number("192.0.2.0"), value)
        return re.sub(r"\b2001:2::[0-9a-f]+\b", number("2001:db8::"), value)
    return value


def take(name, dump_text, overlay, components=()):
    """Writes the snapshot `name`: of the overlay with these components, as the proxy with this `/config_dump` has it."""
    from rendering import render

    found = chosen(json.loads(dump_text))
    # A waypoint's routes stand in its listener.
    assert found["listeners"] and (found["routes"] or "route_config" in dump_text) and found["clusters"], f"{name}: no Weir in what the proxy was sent"
    text = yaml.safe_dump({"overlay": overlay, "components": list(components), "digest": digest(render(overlay, tuple(components))), **steady(found, {})}, sort_keys=False, width=160)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.yaml").write_text(text)
