"""The tally: a table by provider, operation, streamed or not, and the same as JSON."""
import json
from collections import Counter
from pathlib import Path

import known

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "target/reports/conformance.json"
COUNTS = ("cases", "passed", "failed", "skipped")


def tally(verdicts, entries):
    """The report of all verdicts: a pair of a case and a client wire is one case of it."""
    by_file = {entry.file: entry for entry in entries}
    rows, failures, totals = {}, [], Counter()
    for verdict in verdicts:
        entry = by_file[verdict.file]
        row = rows.setdefault((entry.provider, entry.operation, entry.streaming), Counter())
        outcome = "skipped" if verdict.skipped else "failed" if verdict.differences else "passed"
        for counts in (row, totals):
            counts["cases"] += 1
            counts[outcome] += 1
        failures += [{"case": verdict.file, "inbound": verdict.inbound, "check": check, "why": why} for check, why in verdict.differences]
    return {
        "totals": {name: totals[name] for name in COUNTS},
        "rows": [
            {"provider": provider, "operation": operation, "streaming": streaming, **{name: row[name] for name in COUNTS}}
            for (provider, operation, streaming), row in sorted(rows.items())
        ],
        "failures": failures,
    }


def table(report):
    """The report as lines of text."""
    yield f"{'provider':24}{'operation':22}{'streamed':>9}" + "".join(f"{name:>9}" for name in COUNTS)
    for row in [*report["rows"], {"provider": "total", "operation": "", "streaming": None, **report["totals"]}]:
        streamed = {True: "yes", False: "no", None: ""}[row["streaming"]]
        yield f"{row['provider']:24}{row['operation']:22}{streamed:>9}" + "".join(f"{row[name]:>9}" for name in COUNTS)


def unexplained(report):
    """The failures whose cause is not known."""
    return [failure for failure in report["failures"] if not known.cause(failure)]


def explained(report):
    """The failures by cause, and the first of those without one."""
    unknown = unexplained(report)
    causes = Counter(found.name for found in map(known.cause, report["failures"]) if found)
    for name, count in causes.most_common():
        yield f"{count:>6} differences known as {name}"
    if unknown:
        yield f"{len(unknown):>6} differences without a known cause, such as"
    for failure in unknown[:10]:
        yield f"       {failure['case']} to {failure['inbound']}: {failure['check']}: {failure['why'][:160]}"


def write(report):
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
