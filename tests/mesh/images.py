"""What the machine runs in place of a container image: there is no registry to fetch one from, so each is a program built from its source."""
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import build
from machine import STATE

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Image:
    """`entrypoint` and the files that the image has, by their paths in it."""

    entrypoint: list
    files: dict = field(default_factory=dict)


def module():
    return Path(os.environ.get("WEIR_WASM", ROOT / "target/weir.wasm")).resolve()


def envoy():
    # The launcher of PyPI's package is a script; a pod is given the program itself.
    found = Path(os.environ["ENVOY_BIN"]).resolve()
    packaged = list(found.parent.parent.glob("lib*/python*/site-packages/**/envoy"))
    programs = [path for path in packaged if path.is_file() and _is_program(path)]
    return programs[0] if programs else found


def _is_program(path):
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def program(name, *more):
    return Image([f"/usr/local/bin/{name}"], {f"/usr/local/bin/{name}": build.path(name), **dict(more)})


def istio_bootstrap():
    """Istio's bootstrap, without an extension for waypoints that only Istio's own build of Envoy has."""
    text = (build.module_folder("istio", "istio.io/istio") / "tools/packaging/common/envoy_bootstrap.json").read_text()
    assert "{{- if .metadata_discovery }}" in text
    path = STATE / "envoy_bootstrap_tmpl.json"
    path.write_text(text.replace("{{- if .metadata_discovery }}", "{{- if false }}"))
    return path


def find(reference):
    """The image that a reference names; the registry and the version do not count."""
    name = reference.split("@")[0].rsplit("/", 1)[-1].split(":")[0]
    if name.startswith("weir"):
        return Image(["/bin/sh"], {"/plugin.wasm": module()})
    if name == "pilot":
        return program("pilot-discovery")
    if name == "proxyv2":
        return program("pilot-agent", ("/usr/local/bin/envoy", envoy()), ("/var/lib/istio/envoy/envoy_bootstrap_tmpl.json", istio_bootstrap()))
    if name in ("gateway", "gateway-dev"):
        return program("envoy-gateway")
    if name == "envoy" or name == "distroless":
        return Image(["/usr/local/bin/envoy"], {"/usr/local/bin/envoy": envoy()})
    if name == "ratelimit":
        return Image(["/bin/ratelimit"], {"/bin/ratelimit": build.path("ratelimit")})
    if name == "crane":
        return program("crane")
    if name.startswith("opentelemetry-collector"):
        return program("otelcol")
    if name == "redis":
        return Image([shutil.which("redis-server") or "redis-server"])
    # Anything else (an application's own image) finds this machine's programs: curl, python3, sh.
    return Image(["/bin/sh"])
