"""The machine that the mesh runs on: namespaces of its own, made by `run.py`, in which this process is alone.

It has a bridge with an address range for pods, every port of every address for itself, a name server that knows the cluster's services
and takes the providers' real host names to the simulator, and a copy of `/etc` whose certificate bundle trusts the test's authority.
Therefore manifests, addresses and host names are those of a real installation.
"""
import ctypes
import fnmatch
import os
import shutil
import socket
import struct
import subprocess
import threading
from pathlib import Path

STATE = Path("/run/weir-mesh")
HOST_IP = "10.0.0.1"
BUNDLE = "etc/ssl/certs/ca-certificates.crt"
PROVIDERS = (
    "*.openai.com",
    "*.openai.azure.com",
    "*.services.ai.azure.com",
    "*.anthropic.com",
    "*.googleapis.com",
    "*.us-east-1.amazonaws.com",
    "*.example.com",
)
MS_BIND, MS_REC, MS_PRIVATE, MS_RDONLY, MS_REMOUNT = 4096, 16384, 1 << 18, 1, 32
libc = ctypes.CDLL(None, use_errno=True)


def mount(source, target, kind=None, flags=0, data=None):
    encode = lambda text: text.encode() if text is not None else None  # noqa: E731
    if libc.mount(encode(str(source)), encode(str(target)), encode(kind), flags, encode(data)):
        number = ctypes.get_errno()
        raise OSError(number, f"mount {source} on {target}: {os.strerror(number)}")


def bind(source, target, read_only=False):
    """Shows a file or folder at another place, which is made where it is missing."""
    source, target = Path(source), Path(target)
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    elif not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    mount(source, target, flags=MS_BIND | MS_REC)
    if read_only:
        mount(source, target, flags=MS_BIND | MS_REMOUNT | MS_RDONLY)


def make_root(root):
    """A root file system: this machine's programs, and folders of its own where programs write."""
    root.mkdir(parents=True, exist_ok=True)
    mount("tmpfs", root, "tmpfs")
    for entry in os.scandir("/"):
        target = root / entry.name
        if entry.is_symlink():
            target.symlink_to(os.readlink(entry.path))
        elif entry.name in ("run", "var", "tmp"):
            target.mkdir()
            target.chmod(0o1777 if entry.name == "tmp" else 0o755)
        elif entry.name == "etc":
            shutil.copytree(entry.path, target, symlinks=True)
        elif entry.is_dir():
            target.mkdir()
            mount(entry.path, target, flags=MS_BIND | MS_REC)
    # Images add programs, which must not be left on the machine itself.
    for folder in ("usr/bin", "usr/local/bin"):
        upper, work = root / ".added" / folder / "upper", root / ".added" / folder / "work"
        upper.mkdir(parents=True)
        work.mkdir()
        mount("overlay", root / folder, "overlay", data=f"lowerdir=/{folder},upperdir={upper},workdir={work}")
    # Proxies of two pods would find each other's memory for hot restarts.
    mount("tmpfs", root / "dev/shm", "tmpfs")
    # Relative: it is followed from outside, too, when volumes are mounted below it.
    (root / "var/run").symlink_to("../run")
    for folder in ("var/tmp", "var/lib", "var/log"):
        (root / folder).mkdir(parents=True)


def run(*command):
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout


def prepare(authority_pem):
    """Makes this process's namespaces into the machine."""
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount("tmpfs", "/run", "tmpfs")
    STATE.mkdir()
    etc = STATE / "etc"
    shutil.copytree("/etc", etc, symlinks=True, ignore=_unreadable)
    bundle = STATE / BUNDLE
    bundle.parent.mkdir(parents=True, exist_ok=True)
    text = bundle.read_bytes() if bundle.exists() else b""
    bundle.unlink(missing_ok=True)
    bundle.write_bytes(text + b"\n" + authority_pem)
    (etc / "resolv.conf").unlink(missing_ok=True)
    (etc / "resolv.conf").write_text(f"nameserver {HOST_IP}\nsearch svc.cluster.local cluster.local\noptions ndots:5 timeout:2\n")
    (etc / "hosts").unlink(missing_ok=True)
    (etc / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    mount(etc, "/etc", flags=MS_BIND)
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "pods", "type", "bridge")
    run("ip", "addr", "add", f"{HOST_IP}/16", "dev", "pods")
    run("ip", "link", "set", "pods", "up")


def _unreadable(folder, names):
    """What `/etc` has that is no file, folder or link, or that may not be read."""
    path = lambda name: Path(folder, name)  # noqa: E731
    return [name for name in names if not path(name).is_symlink() and not (os.access(path(name), os.R_OK) and (path(name).is_file() or path(name).is_dir()))]


class Network:
    """A pod's network: a namespace with one address on the bridge. It lasts as long as the process that holds it."""

    def __init__(self, number):
        self.ip = f"10.0.{1 + number // 250}.{1 + number % 250}"
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self.link = f"pod{number}"
        while os.readlink(f"/proc/{self.holder.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
            if self.holder.poll() is not None:
                raise RuntimeError("no network namespace could be made")
        run("ip", "link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", self.holder.pid)
        run("ip", "link", "set", self.link, "master", "pods", "up")
        inside = f"ip link set lo up && ip addr add {self.ip}/16 dev eth0 && ip link set eth0 up && ip route add default via {HOST_IP}"
        run("nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "sh", "-c", inside)

    def set(self, name, value):
        """A setting of the kernel, for this network: `net.ipv4.ip_unprivileged_port_start`."""
        path = "/proc/sys/" + name.replace(".", "/")
        run("nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "sh", "-c", f"echo {value} > {path}")

    def remove(self):
        self.holder.kill()
        self.holder.wait()


class NameServer:
    """Answers A questions on UDP: `lookup` knows the cluster's names, the providers' hosts are the simulator's."""

    def __init__(self, lookup):
        self.lookup = lookup
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((HOST_IP, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            question, peer = self.socket.recvfrom(4096)
            try:
                self.socket.sendto(self._answer(question), peer)
            except (OSError, IndexError, UnicodeDecodeError, struct.error):
                continue

    def _answer(self, question):
        at, labels = 12, []
        while question[at]:
            labels.append(question[at + 1 : at + 1 + question[at]].decode())
            at += 1 + question[at]
        kind = struct.unpack("!H", question[at + 1 : at + 3])[0]
        name = ".".join(labels).lower()
        if any(fnmatch.fnmatch(name, pattern) for pattern in PROVIDERS):
            addresses = [HOST_IP]
        else:
            addresses = self.lookup(name)
        found = addresses if kind == 1 else []
        # 3 is "there is no such name"; a name without an address of the asked kind is no error.
        head = question[:2] + struct.pack("!HHHHH", 0x8580 | (0 if addresses else 3), 1, len(found), 0, 0)
        records = b"".join(struct.pack("!HHHIH4s", 0xC00C, 1, 1, 2, 4, socket.inet_aton(ip)) for ip in found)
        return head + question[12 : at + 5] + records
