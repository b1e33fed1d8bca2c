"""The machine, the cluster and the simulated providers: one of each for the whole run."""
import os
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "tests/manifests")]

if "WEIR_MESH" not in os.environ:
    collect_ignore_glob = ["test_*.py"]

import trustme  # noqa: E402

import machine  # noqa: E402
from cluster import Cluster  # noqa: E402
from collector import Collector  # noqa: E402
import envoy_gateway  # noqa: E402
import istio_gateway as gateway_of_istio  # noqa: E402
from istio import install  # noqa: E402
import simulated  # noqa: E402


@pytest.fixture(scope="session")
def authority():
    authority = trustme.CA()
    machine.prepare(authority.cert_pem.bytes())
    return authority


@pytest.fixture(scope="session")
def cluster(authority):
    cluster = Cluster(authority)
    yield cluster
    cluster.stop()
    keep_logs()


def keep_logs():
    """What every program wrote, for whoever looks after a failure."""
    logs = Path(os.environ.get("WEIR_MESH_LOGS", ROOT / "target/mesh-logs"))
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir(parents=True)
    for log in [*machine.STATE.glob("pods/*/*.log"), *machine.STATE.glob("cluster/*.log")]:
        shutil.copy(log, logs / f"{log.parent.name}.{log.name}")


@pytest.fixture(scope="session")
def providers(authority):
    """The providers, at their real names, over TLS."""
    providers = simulated.providers(authority)
    yield providers
    providers.stop()


@pytest.fixture(scope="session")
def istio(cluster):
    install(cluster)
    return cluster


@pytest.fixture(scope="session")
def collector(cluster):
    return Collector(cluster)


@pytest.fixture(scope="session")
def llm_gateway(cluster, providers):
    """The gateway of Envoy Gateway's page, up to its commands that apply it."""
    envoy_gateway.install(cluster, **envoy_gateway.values()[0])
    gateway = envoy_gateway.Gateway(cluster)
    yield gateway
    gateway.page.close()


@pytest.fixture(scope="session")
def istio_gateway(istio, providers):
    """The gateway of k8s/overlays/istio-gateway, up to its page's commands that apply it."""
    gateway = gateway_of_istio.from_page(istio)
    yield gateway
    gateway.page.close()
