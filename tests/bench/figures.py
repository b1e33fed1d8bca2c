"""Figures: what was measured in each round, what it is beside bare Envoy's, and the bars that it is held to."""
import statistics
from dataclasses import dataclass, field

from gateways import BARE, PASSED, TRANSLATED


@dataclass(frozen=True)
class Bar:
    """The most that a figure may be: as a ratio to bare Envoy's, or by itself."""

    most: float
    ratio: bool = False

    def text(self):
        return f"≤ {self.most:g}{' ×' if self.ratio else ''}"


CPU = {
    "weir_openai": {"unary_1k": 1.8, "stream_at_once": 2.0, "stream_per_write": 1.35},
    "weir_openai_inline": {"unary_1k": 1.5, "stream_at_once": 2.0, "stream_per_write": 1.25},
    **{name: {"unary_1k": 2.3, "stream_at_once": 8.0, "stream_per_write": 1.8} for name in TRANSLATED},
}


# What is told above bare Envoy's.
ADDED = {
    "latency_p50_us": "latency_added_p50_us",
    "latency_p99_us": "latency_added_p99_us",
    "first_event_p50_us": "first_event_added_p50_us",
    "first_event_p99_us": "first_event_added_p99_us",
    "memory_idle_mib": "memory_idle_added_mib",
    "memory_per_stream_kib": "memory_per_stream_added_kib",
    "startup_s": "startup_added_s",
}
# What has no ratio to bare Envoy's: it is one already, or a difference, or an exponent.
ALONE = ["cpu_32k_over_1k", "memory_grown_mib", "growth_exponent"]


def bar(gateway, workload, metric):
    """The bar of a figure, if it has one."""
    kind = workload.split(".")[0]
    if metric.startswith("cpu_us_per_"):
        most = CPU.get(gateway, {}).get(kind)
        return Bar(most, ratio=True) if most else None
    if gateway not in [*PASSED, *TRANSLATED]:
        return None
    passed = gateway in PASSED
    return {
        "cpu_32k_over_1k": Bar(0.8 if passed else 2.5),
        "first_event_added_p50_us": Bar(250),
        "memory_idle_added_mib": Bar(48),
        "memory_per_stream_added_kib": Bar(32),
        "memory_grown_mib": Bar(1),
        "startup_added_s": Bar(0.5),
        "growth_exponent": Bar(1.1),
    }.get(metric)


@dataclass
class Figure:
    """One figure of the report."""

    gateway: str
    workload: str
    metric: str
    unit: str
    rounds: dict = field(default_factory=dict)
    # Bare Envoy's, in the same rounds.
    bare: dict = field(default_factory=dict)

    def median(self):
        return statistics.median(self.rounds.values())

    def ratio(self):
        """The median of the rounds' ratios: what disturbs the machine disturbs both."""
        pairs = [value / self.bare[number] for number, value in self.rounds.items() if self.bare.get(number)]
        return statistics.median(pairs) if pairs else None

    def bar(self):
        return bar(self.gateway, self.workload, self.metric)

    def met(self):
        """Whether the bar is met; `None` where there is none."""
        limit = self.bar()
        if not limit:
            return None
        value = self.ratio() if limit.ratio else self.median()
        return value is not None and value <= limit.most

    def row(self):
        values = list(self.rounds.values())
        ratio = self.ratio()
        digits = lambda value: None if value is None else float(f"{value:.5g}")
        return {
            "gateway": self.gateway, "workload": self.workload, "metric": self.metric, "unit": self.unit, "median": digits(self.median()),
            "min": digits(min(values)), "max": digits(max(values)), "ratio_to_bare": digits(ratio),
        }


class Figures:
    """All figures, in the order in which they first came; and what is missing, and why."""

    def __init__(self):
        self.all = {}
        self.missing = {}

    def add(self, gateway, workload, metric, unit, number, value):
        key = (gateway, workload, metric)
        figure = self.all.setdefault(key, Figure(gateway, workload, metric, unit))
        figure.rounds[number] = value

    def lack(self, gateway, workload, why):
        """A row that could not be measured."""
        self.missing.setdefault((gateway, workload), why)

    def close(self):
        """Puts bare Envoy's figures beside the others'; where the difference is what is asked, it becomes a figure."""
        for (gateway, workload, metric), figure in list(self.all.items()):
            bare = self.all.get((BARE, workload, metric))
            if not bare or metric in ALONE:
                continue
            figure.bare = bare.rounds
            if gateway != BARE and metric in ADDED:
                for number in figure.rounds.keys() & bare.rounds.keys():
                    self.add(gateway, workload, ADDED[metric], figure.unit, number, figure.rounds[number] - bare.rounds[number])

    def get(self, gateway, workload, metric):
        return self.all.get((gateway, workload, metric))

    def misses(self):
        """Bars that are missed, in words."""
        found = []
        for figure in self.all.values():
            if figure.met() is False:
                ratio = figure.ratio()
                beside = f" = {ratio:.2f} × bare" if ratio is not None else ""
                limit = figure.bar()
                found.append(f"{figure.gateway} {figure.workload} {figure.metric}: {figure.median():.4g} {figure.unit}{beside} (bar {limit.text()})")
        return found
