#!/usr/bin/env python3
"""Rules of the house that no compiler checks."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 400


def tracked():
    out = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in out.splitlines() if (ROOT / line).is_file()]


def main():
    problems = []
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix not in (".rs", ".py", ".mjs", ".sh"):
            continue
        text = path.read_text()
        lines = text.count("\n")
        if lines > LIMIT:
            problems.append(f"{name}: {lines} lines; {LIMIT} is the most: split it by idea")
        if name.startswith("src/") and name != "src/filter/host.rs" and re.search(r"\b(hostcalls|abi)::|use .*\b(hostcalls|abi)\b", text):
            problems.append(f"{name}: calls the host; only src/filter/host.rs may")
        if name.startswith("src/") and not name.startswith("src/filter/") and "proxy_wasm" in text:
            problems.append(f"{name}: names proxy_wasm; only src/filter/ may")
    page = ROOT / "ARCHITECTURE.md"
    for found in re.findall(r"`((?:src|envoy|k8s|lint|tests|prices)/[^`*{} ]*)`", page.read_text()):
        if not (ROOT / found).exists():
            problems.append(f"ARCHITECTURE.md: names {found}, which is not there")
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
