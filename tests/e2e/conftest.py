"""Fixtures: one simulator for all, one Envoy for each configuration that a test asks for."""
import os
import re
import subprocess

import pytest

import hostile
from gateway import Gateway, Simulator, example
from raw_provider import RawProvider


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """A certificate authority for the test, and a certificate of the simulator's by it."""
    import trustme

    folder = tmp_path_factory.mktemp("tls")
    ca = trustme.CA()
    cert = ca.issue_cert("provider.test")
    ca.cert_pem.write_to_path(folder / "ca.pem")
    cert.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    cert.private_key_pem.write_to_path(folder / "key.pem")
    stranger = trustme.CA()
    stranger.cert_pem.write_to_path(folder / "stranger.pem")
    return folder


@pytest.fixture(scope="session")
def sim(authority):
    simulator = Simulator((str(authority / "cert.pem"), str(authority / "key.pem")))
    yield simulator
    simulator.stop()


@pytest.fixture(scope="session")
def gateways(sim):
    """Starts an Envoy for an example and changes to it, once; `old=True` takes the oldest Envoy supported."""
    running = {}

    def start(name, changes=(), old=False, env=None):
        if name == "fallback.yaml" and version() < (1, 40):
            pytest.skip(f"{name} needs Envoy 1.40, and this is {version()}")
        key = (name, tuple(changes), old)
        if key not in running or running[key].process.poll() is not None:
            binary = os.environ["ENVOY_OLD_BIN"] if old else None
            running[key] = Gateway(example(name), sim, binary=binary, changes=changes, env=env)
        return running[key]

    yield start
    trapped = []
    for key, gateway in running.items():
        if "unexpected status" in gateway.log() or "panicked" in gateway.log():
            trapped.append(key[0])
        gateway.stop()
    assert not trapped, f"a Wasm VM trapped under {trapped}"


@pytest.fixture(scope="module")
def gateways_of():
    """Starts an Envoy whose providers are another server than the simulator: anything that has a `port`."""
    running = []

    def start(name, provider, changes=(), old=False, kind=Gateway, arguments=()):
        binary = os.environ["ENVOY_OLD_BIN"] if old else None
        running.append(kind(example(name), provider, binary=binary, changes=changes, arguments=arguments))
        return running[-1]

    yield start
    for gateway in running:
        gateway.stop()


@pytest.fixture(scope="module")
def provider():
    """A provider that plays scripts."""
    provider = RawProvider()
    yield provider
    provider.stop()


@pytest.fixture(scope="session")
def hostile_provider():
    """A provider for hostile tests, which says any bytes it is told to."""
    provider = hostile.provider()
    yield provider
    provider.stop()


@pytest.fixture(scope="session")
def wards(hostile_provider):
    """Gateways for hostile tests, each watched over: by the example's name, started once."""
    running = {}

    def start(name, changes=(), old=False):
        key = (name, tuple(changes), old)
        if key not in running:
            binary = os.environ["ENVOY_OLD_BIN"] if old else None
            running[key] = hostile.Ward(Gateway(example(name), hostile_provider, binary=binary, changes=changes))
        return running[key]

    yield start
    for ward in running.values():
        ward.gateway.stop()


@pytest.fixture(scope="session")
def gw(gateways):
    return gateways("envoy.yaml")


@pytest.fixture
def clean(sim):
    """The simulator, with an empty journal."""
    sim.clear()
    return sim


def version():
    """The version of the Envoy under test: (1, 40)."""
    out = subprocess.run([os.environ["ENVOY_BIN"], "--version"], capture_output=True, text=True).stdout
    found = re.search(r"/(\d+)\.(\d+)\.\d+", out)
    return (int(found[1]), int(found[2])) if found else (1, 40)


def pytest_report_header():
    return f"envoy: {os.environ['ENVOY_BIN']} {version()}"
