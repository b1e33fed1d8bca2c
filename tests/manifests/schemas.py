"""JSON Schemas for kubeconform: Kubernetes' own from PyPI's `kubernetes-validate`, the others from the control planes' CRDs."""
import hashlib
import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import build

KUBERNETES = "v1.37.0-local-strict"


def crds():
    istio = build.module_folder("istio", "istio.io/istio") / "manifests/charts/base/files/crd-all.gen.yaml"
    gateway_api = build.module_folder("gateway", "sigs.k8s.io/gateway-api") / "config/crd/standard"
    gateway = build.module_folder("gateway", "github.com/envoyproxy/gateway") / "charts/gateway-helm/charts/crds/crds/generated"
    return [istio, *sorted(gateway_api.glob("*.yaml")), *sorted(gateway.glob("*.yaml"))]


def folder():
    """The folder of all schemas, made once for these versions."""
    files = crds()
    made_from = hashlib.sha256("\0".join([KUBERNETES, *map(str, files)]).encode()).hexdigest()[:12]
    target = build.cache() / "schemas" / made_from
    if target.exists():
        return target
    draft = target.with_name(f".{made_from}.{os.getpid()}")
    draft.mkdir(parents=True)
    _kubernetes(draft)
    _custom(draft, files)
    draft.rename(target)
    return target


def _kubernetes(target):
    package = Path(find_spec("kubernetes_validate").origin).parent / "kubernetes-json-schema" / KUBERNETES
    for source in package.glob("*.json"):
        schema = json.loads(source.read_text())
        schema.pop("$id", None)
        (target / source.name).write_text(json.dumps(schema).replace("/api/_definitions.json", "_definitions.json"))


def _custom(target, files):
    script = build.module_folder("kubeconform", "github.com/yannh/kubeconform") / "scripts/openapi2jsonschema.py"
    kept = [path for path in files if re.search(r"^kind: CustomResourceDefinition", path.read_text(), re.M)]
    env = {**os.environ, "FILENAME_FORMAT": "{fullgroup}_{kind}_{version}"}
    subprocess.run([sys.executable, str(script), *map(str, kept)], cwd=target, env=env, check=True, capture_output=True)


def check(text):
    """What kubeconform has against a text of manifests, and how many objects it looked at."""
    where = folder()
    command = [
        build.path("kubeconform"),
        "-strict",
        "-output=json",
        "-summary",
        f"-schema-location={where}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json",
        f"-schema-location={where}/{{{{.Group}}}}_{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json",
    ]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    report = json.loads(done.stdout)
    return [f"{each['kind']} {each['name']}: {each['msg']}" for each in report["resources"]], report["summary"]["valid"]


