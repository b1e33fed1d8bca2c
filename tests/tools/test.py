#!/usr/bin/env python3
"""Runs every kind of test, says how many ran, and fails where a kind ran none. `make test` calls it."""
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUST = re.compile(r"test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored")
CASES = re.compile(r"(\d+) cases as Wasm: passed")
PYTEST = re.compile(r"(\d+) (passed|failed|skipped|error)")

# Each case of the micro-benchmarks once.
MICRO = (
    "cargo build --quiet --release -p weir-micro --lib --target wasm32-wasip1"
    " && node tests/bench/micro/node.mjs target/wasm32-wasip1/release/weir_micro.wasm --test"
)


def run(command, env):
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = []
    for line in process.stdout:
        sys.stdout.write(line)
        lines.append(line)
    return process.wait(), "".join(lines)


def rust(output):
    counts = [tuple(map(int, found)) for found in RUST.findall(output)]
    return sum(c[0] for c in counts), sum(c[1] for c in counts), sum(c[2] for c in counts)


def micro(output):
    return sum(map(int, CASES.findall(output))), 0, 0


def pytest(output):
    last = [line for line in output.splitlines() if PYTEST.search(line)][-1:] or [""]
    counts = {kind: int(count) for count, kind in PYTEST.findall(last[0])}
    return counts.get("passed", 0), counts.get("failed", 0) + counts.get("error", 0), counts.get("skipped", 0)


def main():
    node = {"CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER": os.environ["WASM_RUNNER"]}
    kinds = [
        ("unit", ["cargo", "test", "--quiet", "--lib"], {}, rust),
        ("integration", ["cargo", "test", "--quiet", "--tests", "--no-fail-fast"], {}, rust),
        ("simulator", ["cargo", "test", "--quiet", "-p", "weir-simulator"], {}, rust),
        ("lint-config", ["cargo", "test", "--quiet", "-p", "weir-lint"], {}, rust),
        ("load generator", ["cargo", "test", "--quiet", "-p", "weir-bench-load"], {}, rust),
        ("schema", ["cargo", "test", "--quiet", "-p", "weir-schema"], {}, rust),
        ("micro", ["cargo", "test", "--quiet", "-p", "weir-micro", "--lib"], {}, rust),
        ("micro as Wasm", ["sh", "-c", MICRO], {}, micro),
        ("wasm in Node", ["cargo", "test", "--test", "wasm", "--target", "wasm32-unknown-unknown"], node, rust),
        ("end to end", [os.environ["TEST_PYTHON"], "-m", "pytest", "-q", "-rs", "-W", "ignore::DeprecationWarning", "tests/e2e"], {}, pytest),
        ("manifests", [os.environ["TEST_PYTHON"], "-m", "pytest", "-q", "-rs", "tests/manifests"], {}, pytest),
    ]
    report, bad = [], False
    for name, command, env, count in kinds:
        print(f"== {name}", flush=True)
        began = time.monotonic()
        code, output = run(command, env)
        passed, failed, skipped = count(output)
        if name == "integration":
            passed -= report[0]["passed"]
        if code and not failed:
            failed = 1
        bad |= code != 0 or passed == 0
        report.append({"kind": name, "passed": passed, "failed": failed, "skipped": skipped, "seconds": round(time.monotonic() - began, 1)})
    out = ROOT / "target/reports"
    out.mkdir(parents=True, exist_ok=True)
    (out / "tests.json").write_text(json.dumps(report, indent=1))
    print()
    for row in report:
        print(f"{row['kind']:<14} {row['passed']:>5} passed {row['failed']:>4} failed {row['skipped']:>4} skipped {row['seconds']:>7} s")
    total = [sum(row[key] for row in report) for key in ("passed", "failed", "skipped")]
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    sys.exit(1 if bad or total[1] else 0)


if __name__ == "__main__":
    main()
