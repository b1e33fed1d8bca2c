#!/usr/bin/env python3
"""`make mesh`: builds the mesh's programs, makes a machine of namespaces for them (`machine.py`), and runs the tests in it."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import build

HERE = Path(__file__).resolve().parent
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
    return subprocess.run(command, cwd=HERE.parents[1], env={**os.environ, "WEIR_MESH": "1"}).returncode


if __name__ == "__main__":
    sys.exit(main())
