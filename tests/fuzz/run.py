#!/usr/bin/env python3
"""Runs the fuzz targets one after another and says how much they did. `make fuzz` calls it; README.md tells more."""
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import seeds

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target/fuzz"
KEPT = ROOT / "tests/fuzz/kept"
# Bytes of one target's kept inputs, and of one of them.
KEPT_BYTES, INPUT_BYTES = 40 * 1024, 1024
# Longest inputs, where a target's are not the usual ones.
MAX_LEN = {"json": 256, "metadata": 256, "paths": 128, "prices": 80, "errors": 512, "aws_raw": 256}


def targets():
    names = re.findall(r'\("(\w+)", \w+::', (ROOT / "tests/fuzz/src/lib.rs").read_text())
    wanted = os.environ.get("FUZZ_TARGETS", "")
    chosen = [name for name in wanted.split(",") if name] or names
    unknown = [name for name in chosen if name not in names]
    if unknown:
        sys.exit(f"no target {', '.join(unknown)}; there are: {', '.join(names)}")
    return chosen


def build(fuzz):
    command = [*fuzz, "build", "--fuzz-dir", "tests/fuzz", "--sanitizer", "none"]
    # The core is safe Rust: what a sanitizer could find is not there, and without one it is twice as fast.
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "CARGO_TARGET_DIR": str(WORK)}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    host = re.search(r"host: (\S+)", subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout)
    return WORK / host.group(1) / "release"


def unpack(path):
    """The inputs of a file of kept ones: each after its length, two bytes."""
    data, at, inputs = path.read_bytes() if path.exists() else b"", 0, []
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        inputs.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    return inputs


def pack(path, inputs):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(len(one).to_bytes(2, "big") + one for one in inputs))


def begin(name):
    """The folders that a target begins with: what it found before, and what it is given."""
    found, given = WORK / "found" / name, WORK / "given" / name
    shutil.rmtree(given, ignore_errors=True)
    for folder in (found, given, WORK / "bad"):
        folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds.of(name) + unpack(KEPT / f"{name}.bin")):
        (given / f"{number:05}").write_bytes(data)
    return found, given


def fuzz(binary, name, seconds):
    found, given = begin(name)
    options = {
        "max_total_time": seconds,
        "max_len": MAX_LEN.get(name, 1500),
        "timeout": 5,
        "report_slow_units": 1,
        "rss_limit_mb": 1024,
        "print_final_stats": 1,
        "dict": WORK / "words.dict",
        "artifact_prefix": f"{WORK}/bad/{name}-",
        **dict(pair.split("=") for pair in os.environ.get("FUZZ_OPTIONS", "").split()),
    }
    command = [binary / name, *(f"-{key}={value}" for key, value in options.items()), found, given]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace")
    (WORK / f"{name}.log").write_text(done.stderr)
    last = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", done.stderr)
    count = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    slow = re.search(r"slowest_unit_time_sec: *(\d+)", done.stderr)
    row = {
        "target": name,
        "executions": int(count.group(1)) if count else 0,
        "coverage": int(last[-1][0]) if last else 0,
        "features": int(last[-1][1]) if last else 0,
        "inputs": int(last[-1][2]) if last else 0,
        "slowest_s": int(slow.group(1)) if slow else 0,
        "failed": done.returncode != 0,
    }
    if row["failed"]:
        why = re.search(r"panicked at (.*(?:\n.*){0,3})|ERROR: libFuzzer: (.*)", done.stderr)
        unit = re.search(r"Test unit written to (\S+)", done.stderr)
        print(f"{name} FAILED: {(why.group(0) if why else done.stderr[-2000:])[:1500]}\n  {unit.group(1) if unit else ''}", flush=True)
    return row


def keep(binary, name):
    """Keeps the inputs that reach anything, the shortest first, as far as there is room."""
    found, given = begin(name)
    least = WORK / "least"
    shutil.rmtree(least, ignore_errors=True)
    least.mkdir()
    command = [binary / name, "-merge=1", f"-max_len={INPUT_BYTES}", "-rss_limit_mb=2048", least, found, given]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    inputs, room = [], KEPT_BYTES
    for data in sorted((path.read_bytes() for path in least.iterdir()), key=lambda data: (len(data), data)):
        room -= len(data) + 2
        if room < 0 or len(inputs) == 400:
            break
        inputs.append(data)
    pack(KEPT / f"{name}.bin", inputs)
    print(f"{name:<20} {len(inputs):>4} inputs kept", flush=True)


def main():
    command = os.environ.get("CARGO_FUZZ", "cargo fuzz").split()
    binary, names = build(command), targets()
    WORK.mkdir(parents=True, exist_ok=True)
    seeds.words(WORK / "words.dict")
    if os.environ.get("FUZZ_KEEP"):
        for name in names:
            keep(binary, name)
        return
    seconds = int(os.environ.get("FUZZ_S", "20"))
    print(f"{len(names)} targets, {seconds} s each\n{'target':<20} {'executions':>12} {'coverage':>9} {'features':>9} {'inputs':>7} {'slowest':>8}")
    rows = []
    for name in names:
        row = fuzz(binary, name, seconds)
        rows.append(row)
        mark = "  FAILED" if row["failed"] else ""
        print(f"{name:<20} {row['executions']:>12,} {row['coverage']:>9,} {row['features']:>9,} {row['inputs']:>7,} {row['slowest_s']:>6} s{mark}", flush=True)
    total = sum(row["executions"] for row in rows)
    failed = [row["target"] for row in rows if row["failed"] or not row["executions"]]
    print(f"{'in total':<20} {total:>12,} {sum(row['coverage'] for row in rows):>9,} {sum(row['features'] for row in rows):>9,}")
    reports = ROOT / "target/reports"
    reports.mkdir(parents=True, exist_ok=True)
    (reports / "fuzz.json").write_text(json.dumps(rows, indent=1))
    if failed:
        sys.exit(f"{', '.join(failed)}: see target/fuzz/bad and target/fuzz/TARGET.log")


if __name__ == "__main__":
    main()
