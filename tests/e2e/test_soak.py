"""A short soak: that the books agree after some seconds of everything at once. `make soak` is the long one."""
import json
import os
import subprocess
import sys

import pytest
from conftest import version
from gateway import ROOT


def test_the_books_agree(tmp_path):
    if version() < (1, 40):
        pytest.skip(f"fallback.yaml needs Envoy 1.40, and this is {version()}")
    env = {**os.environ, "SOAK_S": "12", "SOAK_REPORT": str(tmp_path / "soak.json")}
    done = subprocess.run([sys.executable, str(ROOT / "tests/soak/soak.py")], env=env, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    report = json.loads((tmp_path / "soak.json").read_text())
    assert {row["outcome"] for row in report["settled"]} == {"ok", "error", "refused", "aborted"} and report["requests"] > 300
