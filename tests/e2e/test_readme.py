"""What the README shows is what runs."""
import re

import httpx
import yaml

from gateway import ROOT, Gateway, example


def blocks():
    text = (ROOT / "README.md").read_text()
    return re.findall(r"```yaml\n(.*?)```", text, re.S)


def find(tree, name):
    """Every mapping in the tree that has this `name`."""
    if isinstance(tree, dict):
        found = [tree] if tree.get("name") == name and "typed_config" in tree else []
        return found + [hit for value in tree.values() for hit in find(value, name)]
    if isinstance(tree, list):
        return [hit for value in tree for hit in find(value, name)]
    return []


def test_the_two_filters_are_those_of_the_whole_and_short():
    filters, whole, _ = blocks()
    assert filters.count("\n") < 40
    whole = yaml.safe_load(whole)
    for shown in yaml.safe_load(filters):
        assert find(whole, shown["name"])[0] == shown


def test_the_whole_configuration_runs_from_the_page(sim):
    _, whole, _ = blocks()
    assert whole == example("minimal.yaml")
    gate = Gateway(whole, sim)
    try:
        for model in ("gpt-4o", "claude-sonnet-4-5"):
            body = {"model": model, "messages": [{"role": "user", "content": "Hello!"}]}
            assert httpx.post(f"{gate.url}/v1/chat/completions", json=body).status_code == 200
        assert gate.metric("weir_requests_total", outcome="ok") == 2
    finally:
        gate.stop()


def test_the_cluster_over_tls_runs_from_the_page(sim, authority):
    _, whole, cluster = blocks()
    for shown, real in [
        ("address: api.openai.com, port_value: 443", f"address: 127.0.0.1, port_value: {sim.tls_port}"),
        ("/etc/ssl/certs/ca-certificates.crt", str(authority / "ca.pem")),
        ("sni: api.openai.com", "sni: provider.test"),
        ("exact: api.openai.com", "exact: provider.test"),
    ]:
        assert shown in cluster
        cluster = cluster.replace(shown, real)
    config = yaml.safe_load(whole)
    clusters = config["static_resources"]["clusters"]
    assert clusters[0]["name"] == "openai"
    clusters[0] |= yaml.safe_load(cluster)
    gate = Gateway(yaml.safe_dump(config, sort_keys=False, width=10**6), sim)
    try:
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}]}
        assert httpx.post(f"{gate.url}/v1/chat/completions", json=body).status_code == 200
    finally:
        gate.stop()
