"""Figures: what was measured in each round, what it is beside bare Envoy's, and the bars that it is held to."""
import statistics
from dataclasses import dataclass, field

from gateways import BARE, PASSED, TRANSLATED


@dataclass(frozen=True)
class Bar:
    """The most that a figure may be: as a ratio to bare Envoy's, above bare Envoy's, or by itself."""

    kind: str
    most: float

    def text(self):
        return {"ratio": f"≤ {self.most:g} ×", "above": f"≤ bare + {self.most:g}", "value": f"≤ {self.most:g}"}[self.kind]


CPU = {
    "weir_openai": {"unary_1k": 1.8, "stream_at_once": 2.0, "stream_per_write": 1.35},
    "weir_openai_inline": {"unary_1k": 1.5, "stream_at_once": 2.0, "stream_per_write": 1.25},
    **{name: {"unary_1k": 2.3, "stream_at_once": 8.0, "stream_per_write": 1.8} for name in TRANSLATED},
}


def bar(gateway, workload, metric):
    """The bar of a figure, if it has one."""
    kind = workload.split(".")[0]
    if metric.startswith("cpu_us_per_"):
        most = CPU.get(gateway, {}).get(kind)
        return Bar("ratio", most) if most else None
    if gateway not in [*PASSED, *TRANSLATED]:
        return None
    passed = gateway in PASSED
    return {
        "cpu_32k_over_1k": Bar("value", 0.8 if passed else 2.5),
        "first_event_p50_us": Bar("above", 250),
        "memory_idle_mib": Bar("above", 48),
        "memory_per_stream_kib": Bar("above", 32),
        "memory_grown_mib": Bar("above", 1),
        "startup_s": Bar("above", 0.5),
        "growth_exponent": Bar("value", 1.1),
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

    def _beside(self, combine):
        pairs = [combine(value, self.bare[number]) for number, value in self.rounds.items() if self.bare.get(number)]
        return statistics.median(pairs) if pairs else None

    def ratio(self):
        """The median of the rounds' ratios: what disturbs the machine disturbs both."""
        return self._beside(lambda value, bare: value / bare)

    def above(self):
        return self._beside(lambda value, bare: value - bare)

    def bar(self):
        return bar(self.gateway, self.workload, self.metric)

    def met(self):
        """Whether the bar is met; `None` where there is none."""
        limit = self.bar()
        if not limit:
            return None
        value = {"ratio": self.ratio, "above": self.above, "value": self.median}[limit.kind]()
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
        """Puts bare Envoy's figures beside the others'."""
        for (_, workload, metric), figure in self.all.items():
            bare = self.all.get((BARE, workload, metric))
            # What is told in multiples of bare Envoy's already is beside it.
            figure.bare = bare.rounds if bare and not figure.unit.startswith("×") else {}

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
