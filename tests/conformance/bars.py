"""What a run must reach: the numbers kept in the repository for the corpus that they were taken from, and the bars for any."""
import json
from pathlib import Path

KEPT = Path(__file__).resolve().parent / "baseline.json"
FAMILY_PERCENT = 99.0
ALL_PERCENT = 99.5
SKIPPED_PERCENT = 1.0
FEW = 10
FALSIFIED_PERCENT = 95.0


def kept(digest):
    """The kept report of this corpus, or None."""
    found = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    return found if found.get("corpus") == digest else None


def keep(digest, report):
    """Keeps a report's numbers."""
    rows = ",\n  ".join(json.dumps(row) for row in report["rows"])
    KEPT.write_text(f'{{\n "corpus": "{digest}",\n "totals": {json.dumps(report["totals"])},\n "rows": [\n  {rows}\n ]\n}}\n')


def fallen(before, report):
    """Every number that is below the kept one."""
    now = {_name(row): row for row in report["rows"]}
    for row in before["rows"]:
        passed = now.get(_name(row), {}).get("passed", 0)
        if passed < row["passed"]:
            yield f"{_name(row)}: {passed} passed, {row['passed']} is kept"
    if report["totals"]["skipped"] > before["totals"]["skipped"]:
        yield f"{report['totals']['skipped']} skipped, {before['totals']['skipped']} is kept"


def missed(report):
    """Every bar that is not reached."""
    families = {}
    for row in report["rows"]:
        counts = families.setdefault((row["provider"], row["operation"]), [0, 0])
        counts[0] += row["cases"] - row["skipped"]
        counts[1] += row["passed"]
    for (provider, operation), (judged, passed) in sorted(families.items()):
        if judged > FEW and 100 * passed < FAMILY_PERCENT * judged:
            yield f"{provider} {operation}: {100 * passed / judged:.2f} % of {judged}, {FAMILY_PERCENT} % is the bar"
    totals = report["totals"]
    judged = totals["cases"] - totals["skipped"]
    if judged and 100 * totals["passed"] < ALL_PERCENT * judged:
        yield f"over all: {100 * totals['passed'] / judged:.2f} % of {judged}, {ALL_PERCENT} % is the bar"
    if 100 * totals["skipped"] > SKIPPED_PERCENT * totals["cases"]:
        yield f"{totals['skipped']} of {totals['cases']} skipped, {SKIPPED_PERCENT} % is the most"


def _name(row):
    return f"{row['provider']} {row['operation']} {'streamed' if row['streaming'] else 'unary'}"
