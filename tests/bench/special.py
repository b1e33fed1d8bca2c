"""What is no cell of the matrix: latency at a fixed rate, the first event, memory, start-up, and how cost grows."""
import math
import time

import workloads
from gateways import BARE, FRESH, GROWN, SCHEDULED, SOAKED
from workloads import Workload

LATENCY = Workload("latency_1000rps")
FIRST = Workload("first_event", events=10, paced=True)
HELD = Workload("fresh_process", events=10, paced=True)
FEW_AND_MANY = (500, 1500)
REQUESTS = [Workload(f"request_{name}", request_bytes=size, connections=4) for name, size in [
    ("1k", 1 << 10), ("10k", 10 << 10), ("100k", 100 << 10), ("1m", 1 << 20), ("10m", 10 << 20)]]
STREAMS = [Workload(f"stream_{count}", events=count, connections=4) for count in (10, 100, 1_000, 10_000, 100_000)]


def rows(bench, names):
    return [row for row in bench.rows if row.name in names]


def turned(found, number):
    """In each round another gateway begins."""
    start = number % max(len(found), 1)
    return found[start:] + found[:start]


def scheduled(bench, rounds, workload, rate, cells, figure, told):
    """Requests at a fixed rate: percentiles of what the load generator has `told`, by round. A run is `cells` cells long."""
    served = bench.verify(workload, rows(bench, SCHEDULED))
    for number in range(rounds):
        for row in turned(served, number):
            bench.measured(row, workload, seconds=0.2, rate=rate)
            found, _ = bench.measured(row, workload, seconds=cells * bench.seconds, rate=rate)
            for share in ("p50", "p99"):
                bench.figures.add(row.name, workload.name, f"{figure}_{share}_us", "µs", number, found[told][share])


def latency(bench, rounds):
    """Latency at 1,000 requests a second, from when each was due: a gateway that stalls delays those that wait, too."""
    scheduled(bench, rounds, LATENCY, 1000, 4, "latency", "latency_us")


def first_event(bench, rounds):
    """From when a request was due to the first content of its stream, at a rate that no gateway is busy with."""
    scheduled(bench, rounds, FIRST, 300, 2, "first_event", "first_us")


def fresh_process(bench, rounds):
    """Start-up, memory at idle, and memory by open stream, each in a process that has done nothing yet."""
    for number in range(rounds):
        for row in turned(rows(bench, FRESH), number):
            gateway = bench.gateway(row.process)
            try:
                fresh(bench, row, gateway, number)
            finally:
                bench.load.ask("close")
                gateway.stop()


def fresh(bench, row, gateway, number):
    add = lambda metric, unit, value: bench.figures.add(row.name, HELD.name, metric, unit, number, value)
    add("startup_s", "s", gateway.started_s)
    # What start-up leaves behind is given back once a second.
    time.sleep(2)
    add("memory_idle_mib", "MiB", gateway.resident_kib() / 1024)
    add("startup_cpu_s", "s", gateway.started_cpu_ns / 1e9)
    # What the first streams leave behind serves later ones: what a thousand more take is what a stream takes.
    resident = [held(bench, row, gateway, count) for count in FEW_AND_MANY]
    if None not in resident:
        few, many = FEW_AND_MANY
        add("memory_per_stream_kib", "KiB", (resident[1] - resident[0]) / (many - few))
        bench.settle_one(gateway)


def held(bench, row, gateway, count):
    """Memory while so many streams are open, each after its first content."""
    workload = Workload(HELD.name, events=HELD.events, paced=True, connections=count)
    bench.load.ask("play", **{**workload.play, "hold": 1})
    reply = workloads.again(bench.load, gateway, bench.requests, row.model, workload, requests=count, hold=True)
    resident = gateway.resident_kib()
    found = bench.load.ask("release") if reply.get("done") else reply
    if found["requests"] == count and not found["errors"]:
        return resident
    bench.problems.append(f"{row.name} {HELD.name}: {found['requests']} of {count} streams ended, {found['errors']}")
    return None


def many_requests(bench, total):
    """Memory after a tenth of so many requests, and after all: it must not grow."""
    workload = Workload("many_requests")
    for row in rows(bench, SOAKED):
        gateway = bench.gateway(row.process)
        try:
            for count, share in [(total // 10, "tenth"), (total - total // 10, "all")]:
                found = workloads.run(bench.load, gateway, bench.requests, row.model, workload, requests=count)
                if found["errors"] or found["requests"] != count:
                    bench.problems.append(f"{row.name} {workload.name}: {found['requests']} of {count} answered, {found['errors']}")
                bench.figures.add(row.name, workload.name, f"memory_after_{share}_mib", "MiB", 0, gateway.resident_kib() / 1024)
            tenth, whole = (bench.figures.get(row.name, workload.name, f"memory_after_{share}_mib").rounds[0] for share in ("tenth", "all"))
            bench.figures.add(row.name, workload.name, "memory_grown_mib", "MiB", 0, whole - tenth)
            bench.settle_one(gateway)
        finally:
            bench.load.ask("close")
            gateway.stop()


def growth(bench, rounds, name, sizes):
    """Cost by size, and the exponent of its growth over the largest three sizes: 1 is linear."""
    served = [bench.verify(workload, rows(bench, GROWN)) for workload in sizes]
    for number in range(rounds):
        for workload, found in zip(sizes, served):
            for row in turned(found, number):
                bench.cell(row, workload, number, seconds=min(0.3, bench.seconds), unit="request")
        for row in rows(bench, GROWN):
            points = []
            for workload in sizes[-3:]:
                figure = bench.figures.get(row.name, workload.name, "cpu_us_per_request")
                if figure and number in figure.rounds:
                    points.append((math.log(workload.events or workload.request_bytes), math.log(figure.rounds[number])))
            if len(points) == 3:
                bench.figures.add(row.name, name, "growth_exponent", "exponent", number, slope(points))


def slope(points):
    """Of the line through these points, by least squares."""
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points))
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


# The gateways that each asks.
ROWS_OF = {
    "latency_1000rps": SCHEDULED,
    "first_event": SCHEDULED,
    "fresh_process": FRESH,
    "many_requests": SOAKED,
    "growth_request": GROWN,
    "growth_stream": GROWN,
}
NAMES = list(ROWS_OF)


def measure(bench, wanted, rounds, total):
    """Those of the special workloads that are wanted."""
    for name, run in [
        ("latency_1000rps", lambda: latency(bench, rounds)),
        ("first_event", lambda: first_event(bench, rounds)),
        ("fresh_process", lambda: fresh_process(bench, rounds)),
        ("many_requests", lambda: many_requests(bench, total)),
        ("growth_request", lambda: growth(bench, rounds, "growth_request", REQUESTS)),
        ("growth_stream", lambda: growth(bench, rounds, "growth_stream", STREAMS)),
    ]:
        if name in wanted:
            began = time.monotonic()
            run()
            print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
