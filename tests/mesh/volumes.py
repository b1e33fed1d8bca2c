"""What a pod's containers find in their environment and volumes, as the kubelet would make it."""
import base64
import os
import re
import shutil
import time
from pathlib import Path

import images

UNITS = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def quantity(text):
    number, unit = re.fullmatch(r"([0-9.]+)([a-zA-Z]*)", str(text)).groups()
    return float(number) * UNITS.get(unit, 1)


def field(pod, path):
    """A field of the downward API."""
    found = re.fullmatch(r"metadata\.(labels|annotations)\['(.+)'\]", path)
    if found:
        return pod["metadata"].get(found[1], {}).get(found[2], "")
    if path in ("metadata.labels", "metadata.annotations"):
        each = pod["metadata"].get(path.split(".")[1], {})
        return "".join(f"{key}={_quoted(value)}\n" for key, value in sorted(each.items()))
    value = pod
    for part in path.split("."):
        value = value.get(part, "")
    return str(value)


def _quoted(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def resource(container, reference):
    limits = container.get("resources", {}).get("limits", {})
    default = {"limits.cpu": 1, "limits.memory": "1Gi"}[reference["resource"]]
    value = quantity(limits.get(reference["resource"].split(".")[1], default)) / quantity(reference.get("divisor") or 1)
    return str(int(-(-value // 1)))


class Objects:
    """ConfigMaps and Secrets of one namespace, and tokens of its service accounts."""

    def __init__(self, api, namespace):
        self.api, self.namespace = api, namespace

    def config_map(self, name, optional=False):
        found = self._object("configmaps", name, optional)
        binary = {key: base64.b64decode(value) for key, value in found.get("binaryData", {}).items()}
        return {key: value.encode() for key, value in found.get("data", {}).items()} | binary

    def secret(self, name, optional=False):
        found = self._object("secrets", name, optional)
        return {key: base64.b64decode(value) for key, value in found.get("data", {}).items()}

    def _object(self, kind, name, optional):
        found = self.api.get(f"/api/v1/namespaces/{self.namespace}/{kind}/{name}", missing={} if optional else None)
        if found is None:
            raise LookupError(f"{kind} {self.namespace}/{name} is not there")
        return found

    def token(self, account, audience, seconds):
        spec = {"audiences": [audience] if audience else [], "expirationSeconds": seconds or 3600}
        path = f"/api/v1/namespaces/{self.namespace}/serviceaccounts/{account}/token"
        return self.api.post(path, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec})["status"]["token"].encode()


def environment(pod, container, objects):
    env = {"PATH": os.environ["PATH"], "HOME": "/root", "KUBERNETES_SERVICE_HOST": objects.api.host, "KUBERNETES_SERVICE_PORT": str(objects.api.port)}
    for source in container.get("envFrom", []):
        kind, read = ("secretRef", objects.secret) if "secretRef" in source else ("configMapRef", objects.config_map)
        env |= {key: value.decode() for key, value in read(source[kind]["name"], source[kind].get("optional", False)).items()}
    for each in container.get("env", []):
        source = each.get("valueFrom")
        if source is None:
            value = expanded(each.get("value", ""), env)
        elif "fieldRef" in source:
            value = field(pod, source["fieldRef"]["fieldPath"])
        elif "resourceFieldRef" in source:
            value = resource(container, source["resourceFieldRef"])
        else:
            kind, read = ("secretKeyRef", objects.secret) if "secretKeyRef" in source else ("configMapKeyRef", objects.config_map)
            reference = source[kind]
            data = read(reference["name"], reference.get("optional", False))
            if reference["key"] not in data:
                if reference.get("optional"):
                    continue
                raise LookupError(f"{reference['name']} has no key {reference['key']}")
            value = data[reference["key"]].decode()
        env[each["name"]] = value
    return env


def expanded(text, env):
    return re.sub(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)", lambda found: env.get(found[1], found[0]), text)


def chosen(data, items):
    return {item["path"]: data[item["key"]] for item in items} if items else data


def projected(source, pod, objects):
    """The files of one source of a volume."""
    if "serviceAccountToken" in source:
        token = source["serviceAccountToken"]
        account = pod["spec"].get("serviceAccountName") or "default"
        return {token["path"]: objects.token(account, token.get("audience"), token.get("expirationSeconds"))}
    if "downwardAPI" in source:
        return {item["path"]: field(pod, item["fieldRef"]["fieldPath"]).encode() for item in source["downwardAPI"].get("items", []) if "fieldRef" in item}
    if "configMap" in source:
        return chosen(objects.config_map(source["configMap"]["name"], source["configMap"].get("optional", False)), source["configMap"].get("items"))
    if "secret" in source:
        name = source["secret"].get("secretName") or source["secret"]["name"]
        return chosen(objects.secret(name, source["secret"].get("optional", False)), source["secret"].get("items"))
    raise LookupError(f"a volume of a kind that this machine does not know: {sorted(source)}")


def files_of(volume, pod, objects):
    """The files of a volume that the API server's objects fill, or nothing where it is another kind."""
    if "projected" in volume:
        files = {}
        for source in volume["projected"]["sources"]:
            files |= projected(source, pod, objects)
        return files
    if any(kind in volume for kind in ("configMap", "secret", "downwardAPI")):
        return projected(volume, pod, objects)
    return None


def make(volume, folder, pod, objects):
    """Makes a pod's volume in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o777)
    if "emptyDir" in volume:
        return
    if "image" in volume:
        for path, source in images.find(volume["image"]["reference"]).files.items():
            target = folder / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
        return
    files = files_of(volume, pod, objects)
    if files is None:
        raise LookupError(f"a volume of a kind that this machine does not know: {sorted(volume)}")
    write(folder, files)


def write(folder, files):
    """Writes all files of a volume at once, as the kubelet does: `..data` is a link that is moved, so that whoever watches sees one change."""
    current = folder / "..data"
    if current.exists():
        shown = {str(path.relative_to(current)): path.read_bytes() for path in current.rglob("*") if path.is_file()}
        if shown == files:
            return
    stamp = folder / f"..{time.time_ns()}"
    for name, data in files.items():
        path = stamp / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o644)
    stamp.mkdir(exist_ok=True)
    old = current.resolve() if current.exists() else None
    draft = folder / "..data_tmp"
    draft.symlink_to(stamp.name)
    draft.rename(current)
    for top in {Path(name).parts[0] for name in files}:
        link = folder / top
        if not link.is_symlink():
            link.symlink_to(Path("..data") / top)
    if old:
        shutil.rmtree(old)
