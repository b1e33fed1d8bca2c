#!/usr/bin/env python3
"""`make mesh`: builds the mesh's programs, makes a machine of namespaces for them (`machine.py`), and runs the tests in it."""
import json
import os
import shutil
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
    if os.geteuid() and not shutil.which("sudo"):
        return "the mesh's test makes network and mount namespaces: run it as root"
    return ""


def main():
    os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"
    why = missing()
    if why:
        print(why, file=sys.stderr)
        return 2
    build.build()
    command = [
        *(["sudo", "-E", f"PATH={os.environ['PATH']}"] if os.geteuid() else []),
        *"unshare --mount --net --pid --fork --kill-child --mount-proc".split(),
        *[sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", *(sys.argv[1:] or [str(HERE)])],
    ]
    began = time.monotonic()
    code, output = run(command, {"WEIR_MESH": "1"})
    passed, failed, skipped = counts = pytest(output)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps({**dict(zip(("passed", "failed", "skipped"), counts)), "seconds": round(time.monotonic() - began, 1)}))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return code or passed == 0


if __name__ == "__main__":
    sys.exit(main())
