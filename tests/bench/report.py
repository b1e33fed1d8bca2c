"""The report: tables on the terminal, `target/reports/bench.json` and `target/reports/bench.md`."""
import json
import platform
import re
import subprocess
import time
from pathlib import Path

import peers
from gateways import BARE, ROWS


def environment(envoy, gateway_core, load_core, settings):
    """What the figures depend on, as pairs."""
    cpu = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*: (.*)", cpu)
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    version = subprocess.run([envoy, "--version"], capture_output=True, text=True).stdout
    found = re.search(r"version: \w+/(\S+?)/", version)
    return [
        ("date", time.strftime("%Y-%m-%d")),
        ("CPU", model[1] if model else platform.machine()),
        ("memory", f"{int(memory[1]) / 2**20:.0f} GiB"),
        ("kernel", platform.release()),
        ("Envoy", found[1] if found else version.strip()),
        ("gateway's core", str(gateway_core)),
        ("load generator's and provider's core", str(load_core)),
        *settings,
    ]


def number(value):
    if value is None:
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def cells(figure):
    """A figure as the columns of a table."""
    values, ratio, limit, met = list(figure.rounds.values()), figure.ratio(), figure.bar(), figure.met()
    verdict = "" if limit is None else f"{limit.text()} {'met' if met else 'MISSED'}"
    return [
        figure.gateway, number(figure.median()), f"{number(min(values))} – {number(max(values))}",
        "–" if ratio is None else f"{ratio:.2f} ×", verdict,
    ]


def tables(figures):
    """Every figure: a heading (workload, metric, unit) and its lines."""
    found = {}
    for figure in figures.all.values():
        found.setdefault((figure.workload, figure.metric, figure.unit), []).append(figure)
    order = {row.name: index for index, row in enumerate([*ROWS, *peers.ROWS])}
    for rows in found.values():
        rows.sort(key=lambda figure: order.get(figure.gateway, len(order)))
    return found


def terminal(figures, pairs):
    """The whole report as text."""
    lines = [f"{name}: {value}" for name, value in pairs] + [""]
    for (workload, metric, unit), rows in tables(figures).items():
        lines.append(f"{workload}  {metric} [{unit}]")
        for figure in rows:
            name, median, span, ratio, verdict = cells(figure)
            lines.append(f"  {name:<20} {median:>10}  {span:<23} {ratio:>9}  {verdict}")
        lines.append("")
    return "\n".join(lines)


def markdown(figures, pairs):
    """The table of the README: gateways by rows, what was measured by columns, medians and ratios to bare Envoy."""
    out = ["Measured " + ", ".join(f"{name}: {value}" if name != "date" else value for name, value in pairs) + ".", ""]
    columns = [
        ("CPU a request, 1 KB", "unary_1k.c16.h1", "cpu_us_per_request"),
        ("32 KB", "unary_32k.c16.h1", "cpu_us_per_request"),
        ("CPU an event, at once", "stream_at_once.c16.h1", "cpu_us_per_event"),
        ("one a write", "stream_per_write.c16.h1", "cpu_us_per_event"),
        ("requests/s", "unary_1k.c16.h1", "requests_per_s"),
        ("added at 1,000/s, p50 · p99", "latency_1000rps", ("latency_added_p50_us", "latency_added_p99_us")),
        ("first event added", "first_event", "first_event_added_p50_us"),
        ("memory", "fresh_process", "memory_idle_mib"),
        ("a stream", "fresh_process", "memory_per_stream_kib"),
        ("start-up", "fresh_process", "startup_s"),
    ]
    out.append("| gateway | " + " | ".join(title for title, _, _ in columns) + " |")
    out.append("|---" * (len(columns) + 1) + "|")
    for row in [*ROWS, *peers.ROWS]:
        shown = [shown_cell(figures, row.name, workload, metric) for _, workload, metric in columns]
        if any(shown):
            out.append(f"| {row.what or row.name} | " + " | ".join(cell or "–" for cell in shown) + " |")
    return "\n".join(out) + "\n"


def shown_cell(figures, gateway, workload, metric):
    if isinstance(metric, tuple):
        parts = [shown_cell(figures, gateway, workload, name) for name in metric]
        return " · ".join(part for part in parts if part)
    figure = figures.get(gateway, workload, metric)
    if not figure:
        return ""
    if "added" in metric:
        return f"{figure.median() / 1000:.2f} ms"
    if figure.unit in ("MiB", "KiB", "s"):
        return f"{number(figure.median())} {figure.unit}"
    if metric.endswith("_per_s"):
        return number(figure.median())
    ratio = figure.ratio()
    mark = "" if figure.met() is None else " ✓" if figure.met() else " ✗"
    return f"{number(figure.median())} µs" + (f" · {ratio:.2f} ×{mark}" if ratio is not None and gateway != BARE else "")


def write(folder, figures, pairs):
    folder.mkdir(parents=True, exist_ok=True)
    rows = [figure.row() for figure in figures.all.values()]
    (folder / "bench.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    (folder / "bench.md").write_text(markdown(figures, pairs))
