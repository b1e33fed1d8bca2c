#!/usr/bin/env python3
"""`make bench`: what Weir costs, beside bare Envoy and others, on one core, in one run. README.md says how to read it.

BENCH_ROUNDS (5), BENCH_SECONDS (0.5, each cell), BENCH_GATEWAYS and BENCH_WORKLOADS (names, beginnings or patterns),
BENCH_PEERS (none; litellm, tensorzero, portkey), BENCH_STRICT=1 (a missed bar fails the run).
"""
import os
import sys
import tempfile
import time
from pathlib import Path

import answers
import check
import report
import workloads
from figures import Figures
from gateways import BARE, ROWS, Envoy
from load import Load

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "0.5"))
WARM_UP = min(0.15, SECONDS)


class Direct:
    """Nothing between: the load generator asks the provider."""

    def __init__(self, port):
        self.name, self.port, self.provider_port = "direct", port, port

    def cpu_ns(self):
        return 0

    def stop(self):
        pass


class Bench:
    """A run: the load generator, the gateways, and what was found."""

    def __init__(self, folder, cores, rows):
        self.folder, self.rows = Path(folder), rows
        self.gateway_core, self.load_core = cores
        self.figures, self.problems = Figures(), []
        self.requests = workloads.Requests(folder)
        self.gateways, self.lengths = {}, {}
        sys.path.insert(0, str(ROOT / "tests/e2e"))
        from gateway import Simulator

        self.simulator = Simulator()
        self.load = Load(os.environ["WEIR_LOAD"], answers.write(folder, self.simulator.port), self.load_core)

    def start(self):
        """Starts every gateway that is asked for."""
        for row in self.rows:
            if row.process not in self.gateways:
                self.gateways[row.process] = self.gateway(row.process)

    def gateway(self, name):
        port = self.load.listen()
        return Direct(port) if name == "direct" else Envoy(name, self.gateway_core, port, self.folder)

    def stop(self):
        for gateway in self.gateways.values():
            gateway.stop()
        self.load.stop()
        self.simulator.stop()

    def verify(self, workload):
        """Asks every gateway once: those that answer rightly are measured."""
        served = []
        for row in self.rows:
            file = self.requests.file(row.model, workload.request_bytes, workload.events)
            if row.name == "direct" and workload.h2:
                continue
            try:
                length = check.answer(self.load, self.gateways[row.process].port, file, workload)
                if workload.request_bytes <= 32 * 1024 and workload.events <= 1000:
                    wire = next(wire for wire in answers.WIRES if wire.name == row.wire)
                    check.asked_rightly(self.load, self.simulator.port, wire, workload)
            except check.Wrong as wrong:
                self.figures.lack(row.name, workload.name, str(wrong))
                continue
            self.lengths[row.name, workload.name] = length
            served.append(row)
        return served

    def measured(self, row, workload, **limits):
        """One run against one gateway: what the load generator found, and the CPU time that the gateway took."""
        gateway = self.gateways[row.process]
        before = gateway.cpu_ns()
        found = workloads.run(self.load, gateway.port, self.requests, row.model, workload, **limits)
        cpu = gateway.cpu_ns() - before
        length = self.lengths.get((row.name, workload.name))
        if found["errors"]:
            self.problems.append(f"{row.name} {workload.name}: {found['errors']}")
        elif found["requests"] and length and found["bytes"] != [length, length]:
            self.problems.append(f"{row.name} {workload.name}: answers of {found['bytes']} bytes, not {length}")
        return found, cpu

    def cell(self, row, workload, number):
        """A cell of the matrix, after a warm-up on the same connections."""
        self.measured(row, workload, seconds=WARM_UP)
        found, cpu = self.measured(row, workload, seconds=SECONDS)
        count = found["requests"] * (workload.events or 1)
        if not count:
            return self.figures.lack(row.name, workload.name, "no request was answered")
        if row.name != "direct":
            self.figures.add(row.name, workload.name, f"cpu_us_per_{workload.unit}", "µs", number, cpu / 1000 / count)
        self.figures.add(row.name, workload.name, f"{workload.unit}s_per_s", "1/s", number, count / found["wall_s"])
        if workload.paced and found["pushed"] > 0.02 * count:
            self.figures.lack(row.name, workload.name, f"held events back: {found['pushed']} of {count}")
        return None

    def matrix(self, chosen):
        """Rounds over the workloads; within each workload the gateways in turn, so that what disturbs one disturbs all."""
        served = {workload.name: self.verify(workload) for workload in chosen}
        for number in range(ROUNDS):
            began = time.monotonic()
            for workload in chosen:
                rows = served[workload.name]
                for row in rows[number % max(len(rows), 1) :] + rows[: number % max(len(rows), 1)]:
                    self.cell(row, workload, number)
            print(f"round {number + 1} of {ROUNDS}: {time.monotonic() - began:.0f} s", flush=True)

    def settle(self):
        """What every Weir settled must be what its provider served."""
        for gateway in self.gateways.values():
            if gateway.name.startswith("weir"):
                problems, served = check.settled(self.load, gateway)
                self.problems += problems
                total = {key: sum(row[key] for row in served.values()) for key in ("requests", "input_tokens", "output_tokens")}
                print(f"settled by {gateway.name}: {total}" if not problems else f"NOT settled: {problems}", flush=True)

    def derive(self):
        """Figures that come of others."""
        figures = self.figures
        for row in self.rows:
            for kind in ("c16.h1", "c64.h1", "c16.h2", "c64.h2"):
                small, large, bare = (
                    figures.get(name, f"{size}.{kind}", "cpu_us_per_request")
                    for name, size in [(row.name, "unary_1k"), (row.name, "unary_32k"), (BARE, "unary_1k")]
                )
                if small and large and bare:
                    for number in set(small.rounds) & set(large.rounds) & set(bare.rounds):
                        more = (large.rounds[number] - small.rounds[number]) / bare.rounds[number]
                        figures.add(row.name, f"unary_32k.{kind}", "cpu_32k_over_1k", "× bare 1 KB", number, more)
        figures.close()
        for workload in ("unary_1k.c16.h1", "unary_32k.c16.h1", "stream_at_once.c16.h1", "stream_per_write.c16.h1"):
            metric = "requests_per_s" if workload.startswith("unary") else "events_per_s"
            direct, bare = (figures.get(name, workload, metric) for name in ("direct", BARE))
            if direct and bare:
                times = direct.median() / bare.median()
                verdict = "" if times >= 2 else ": less than twice, so its wall-clock figures are the load generator's and only CPU time counts"
                print(f"{workload}: with nothing between {times:.1f} × bare Envoy's rate{verdict}")


def cores():
    """Two cores for the gateway and for the load: the last two that this process may use."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise SystemExit("bench: two cores are needed: one for the gateway, one for load generator and provider")
    return usable[-1], usable[-2]


def main():
    if not sys.platform.startswith("linux"):
        raise SystemExit("bench: only Linux tells a process's CPU time and pins it to a core: make bench runs there only")
    began = time.monotonic()
    names = workloads.chosen([row.name for row in ROWS], os.environ.get("BENCH_GATEWAYS"))
    rows = [row for row in ROWS if row.name in {*names, BARE}]
    by_name = {workload.name: workload for workload in workloads.matrix()}
    wanted = workloads.chosen(list(by_name), os.environ.get("BENCH_WORKLOADS"))
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        bench = Bench(folder, cores(), rows)
        try:
            bench.start()
            bench.matrix([by_name[name] for name in wanted])
            bench.settle()
            bench.derive()
        finally:
            bench.stop()
    settings = [("rounds", str(ROUNDS)), ("seconds a cell", f"{SECONDS:g}")]
    pairs = report.environment(os.environ["ENVOY_BIN"], bench.gateway_core, bench.load_core, settings)
    report.write(ROOT / "target/reports", bench.figures, pairs)
    print("\n" + report.terminal(bench.figures, pairs))
    misses = bench.figures.misses()
    for miss in misses:
        print(f"MISSED {miss}")
    for problem in bench.problems:
        print(f"WRONG {problem}")
    print(f"{len(bench.figures.all)} figures, {len(misses)} bars missed, {len(bench.figures.missing)} rows missing, {time.monotonic() - began:.0f} s; target/reports/bench.json")
    strict = os.environ.get("BENCH_STRICT") == "1" and (misses or bench.figures.missing)
    sys.exit(1 if bench.problems or strict else 0)


if __name__ == "__main__":
    main()
