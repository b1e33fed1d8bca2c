#!/usr/bin/env python3
"""The closing lines of `make check`: how many tests ran, and what of the recorded traffic was compared."""
import json
import sys
from pathlib import Path

REPORTS = Path(__file__).resolve().parents[2] / "target/reports"


def main():
    report = REPORTS / "conformance.json"
    if report.exists():
        totals = json.loads(report.read_text())["totals"]
        known = f", {totals['failed']} differ for known causes" if totals["failed"] else ""
        print(f"recorded traffic: {totals['passed']} of {totals['cases']} pairs as recorded{known}, {totals['skipped']} broken recordings")
    rows = json.loads((REPORTS / "tests.json").read_text())
    mesh = REPORTS / "mesh.json"
    if "--mesh" in sys.argv and mesh.exists():
        rows.append(json.loads(mesh.read_text()))
    total = [sum(row[key] for row in rows) for key in ("passed", "failed", "skipped")]
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")


if __name__ == "__main__":
    main()
