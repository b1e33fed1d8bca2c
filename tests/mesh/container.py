"""Becomes one container: `container.py SPEC.json`, in the pod's network namespace and a mount namespace of its own.

SPEC: {root, mounts: [[source, target, read_only]], files: [[source, target]], argv, env, uid, cwd}.
"""
import json
import os
import sys
from pathlib import Path

from machine import MS_PRIVATE, MS_REC, bind, make_root, mount


def main():
    spec = json.loads(Path(sys.argv[1]).read_text())
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    root = Path(spec["root"])
    make_root(root)
    inside = lambda path: root / path.lstrip("/")  # noqa: E731
    for source, target in spec["files"]:
        bind(source, inside(target), read_only=True)
    # Outer folders before those that are mounted inside them.
    for source, target, read_only in sorted(spec["mounts"], key=lambda each: each[1]):
        bind(source, inside(target), read_only)
    os.chroot(root)
    os.chdir(spec["cwd"])
    if spec["uid"]:
        for folder in ("/run", "/var/lib", "/var/log", "/var/tmp", "/etc"):
            os.chown(folder, spec["uid"], spec["uid"])
        os.setgroups([])
        os.setgid(spec["uid"])
        os.setuid(spec["uid"])
    os.execvpe(spec["argv"][0], spec["argv"], spec["env"])


if __name__ == "__main__":
    main()
