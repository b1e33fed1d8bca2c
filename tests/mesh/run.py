#!/usr/bin/env python3
"""`make mesh`: builds the mesh's programs, makes a machine of namespaces for them (`machine.py`), and runs the tests in it.

With `--why-not` it only says what is missing, if anything is.
"""
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import build

HERE = Path(__file__).resolve().parent
REPORT = HERE.parents[1] / "target/reports/mesh.json"
sys.path.insert(0, str(HERE.parent / "tools"))

from test import pytest, run  # noqa: E402

NEEDED = {"unshare": "util-linux", "nsenter": "util-linux", "ip": "iproute2", "iptables": "iptables", "openssl": "openssl", "redis-server": "redis-server", "curl": "curl"}


def missing():
    """What this machine lacks for the mesh, in words; nothing where it can run."""
    if sys.platform != "linux":
        return "the mesh's test runs on Linux: it makes network and mount namespaces"
    lacking = sorted({package for program, package in NEEDED.items() if not shutil.which(program)})
    if lacking:
        return f"missing programs: on Debian, apt-get install {' '.join(lacking)}"
    if subprocess.run([*root(), "unshare", "--mount", "--net", "--pid", "--fork", "true"], capture_output=True).returncode:
        return "the mesh's test makes network, mount and process namespaces: run it as root, or where it may make them"
    return ""


def root():
    """What runs a command as root, with this user's caches."""
    kept = [f"{name}={os.environ[name]}" for name in ("PATH", "HOME") if name in os.environ]
    return ["sudo", "-n", "-E", "env", *kept, f"WEIR_MESH_CACHE={build.cache()}"] if os.geteuid() else []


def main():
    os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"
    why = missing()
    if why:
        print(why, file=sys.stderr)
        return 2
    if "--why-not" in sys.argv:
        return 0
    options = [each for each in sys.argv[1:] if each.startswith("-")]
    tests = [each for each in sys.argv[1:] if not each.startswith("-")]
    build.build()
    command = [
        *root(),
        *"unshare --mount --net --pid --fork --kill-child --mount-proc".split(),
        *[sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", *options, *(tests or [str(HERE)])],
    ]
    began = time.monotonic()
    code, output = run(command, {"WEIR_MESH": "1"})
    passed, failed, skipped = counts = pytest(output)
    seconds = round(time.monotonic() - began, 1)
    if root():
        written = [HERE.parents[1] / name for name in ("target", "tests/manifests/snapshots")]
        subprocess.run([*root(), "chown", "-R", f"{os.getuid()}:{os.getgid()}", *written])
    if not tests:
        REPORT.parent.mkdir(parents=True, exist_ok=True)
        REPORT.write_text(json.dumps({**dict(zip(("passed", "failed", "skipped"), counts)), "seconds": seconds}))
    print(f"make mesh: {seconds} s")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return code or passed == 0


if __name__ == "__main__":
    sys.exit(main())
