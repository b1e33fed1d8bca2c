#!/usr/bin/env python3
"""`make bench`: what Weir costs, beside bare Envoy and others, on one core, in one run. README.md says how to read it.

BENCH_ROUNDS (5), BENCH_SECONDS (0.3, each cell), BENCH_GATEWAYS and BENCH_WORKLOADS (names, beginnings or patterns),
BENCH_PEERS (none; litellm, tensorzero, portkey), BENCH_REQUESTS (1000000, of the long run), BENCH_STRICT=1 (a missed bar or row fails the run).
"""
import dataclasses
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import answers
import check
import peers
import report
import special
import workloads
from figures import Figures
from gateways import BARE, ROWS, Envoy
from load import Load

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "0.3"))
WARM_UP = min(0.1, SECONDS)
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "1000000"))
REPORTS = Path(os.environ.get("BENCH_REPORTS", ROOT / "target/reports"))


class Direct:
    """Nothing between: the load generator asks the provider."""

    path, headers = "/v1/chat/completions", ()

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
        self.figures, self.problems, self.seconds = Figures(), [], SECONDS
        self.requests = workloads.Requests(folder)
        self.gateways, self.lengths = {}, {}
        sys.path.insert(0, str(ROOT / "tests/e2e"))
        from gateway import Simulator

        self.simulator = Simulator()
        self.load = Load(os.environ["WEIR_LOAD"], answers.write(folder, self.simulator.port), self.load_core)

    def start(self):
        """Starts every gateway that is asked for. A peer that does not start is a missing row."""
        for row in list(self.rows):
            try:
                if row.process not in self.gateways:
                    self.gateways[row.process] = self.gateway(row.process)
            except peers.Absent as absent:
                self.rows.remove(row)
                self.figures.lack(row.name, "all", str(absent))

    def gateway(self, name):
        port = self.load.listen()
        if name in peers.PEERS:
            return peers.PEERS[name](self.gateway_core, port, self.folder)
        return Direct(port) if name == "direct" else Envoy(name, self.gateway_core, port, self.folder)

    def stop(self):
        for gateway in self.gateways.values():
            gateway.stop()
        self.load.stop()
        self.simulator.stop()

    def verify(self, workload, rows):
        """Asks every gateway once: those that answer rightly are measured."""
        served = []
        for row in rows:
            gateway = self.gateways[row.process]
            try:
                length = check.answer(self.load, gateway, self.requests.file(row.model, workload.request_bytes, workload.events), workload)
                if workload.request_bytes <= 32 * 1024 and workload.events <= 1000:
                    wire = next(wire for wire in answers.WIRES if wire.name == row.wire)
                    check.asked_rightly(self.load, self.simulator.port, wire, workload)
            except check.Wrong as wrong:
                self.figures.lack(row.name, workload.name, str(wrong))
                continue
            # Others' identifiers may differ in length.
            self.lengths[row.name, workload.name] = None if row.name in peers.PEERS else length
            served.append(row)
        return served

    def asked(self, workload):
        """The rows that a workload of the matrix has: the provider does not speak HTTP/2, and peers are shown one column."""
        left_out = {"direct"} if workload.h2 else set()
        if not workload.name.endswith(".c16.h1"):
            left_out |= set(peers.PEERS)
        return [row for row in self.rows if row.name not in left_out]

    def measured(self, row, workload, **limits):
        """One run against one gateway: what the load generator found, and the CPU time that the gateway took."""
        gateway = self.gateways[row.process]
        before = gateway.cpu_ns()
        found = workloads.run(self.load, gateway, self.requests, row.model, workload, **limits)
        cpu = gateway.cpu_ns() - before
        length = self.lengths.get((row.name, workload.name))
        if found["errors"]:
            self.problems.append(f"{row.name} {workload.name}: {found['errors']}")
        elif found["requests"] and length and found["bytes"] != [length, length]:
            self.problems.append(f"{row.name} {workload.name}: answers of {found['bytes']} bytes, not {length}")
        return found, cpu

    def cell(self, row, workload, number, seconds=SECONDS, unit=None):
        """CPU time and rate of a workload, after a warm-up on the same connections. `unit` is what they are told by."""
        # A long stream told slowly would warm up for seconds.
        short = dataclasses.replace(workload, name="", events=10) if workload.paced else workload
        self.measured(row, short, seconds=WARM_UP)
        found, cpu = self.measured(row, workload, seconds=seconds)
        unit = unit or workload.unit
        count = found["requests"] * (workload.events if unit == "event" else 1)
        if not count:
            return self.figures.lack(row.name, workload.name, f"no request was answered: {found['errors']}")
        if row.name != "direct":
            self.figures.add(row.name, workload.name, f"cpu_us_per_{unit}", "µs", number, cpu / 1000 / count)
        self.figures.add(row.name, workload.name, f"{unit}s_per_s", "1/s", number, count / found["wall_s"])
        if workload.paced and found["pushed"] > 0.02 * count:
            print(f"{row.name} {workload.name}: {found['pushed']} of {count} events went before the client had seen the last", flush=True)
        return None

    def matrix(self, chosen):
        """Rounds over the workloads; within each workload the gateways in turn, so that what disturbs one disturbs all."""
        served = {workload.name: self.verify(workload, self.asked(workload)) for workload in chosen}
        for number in range(ROUNDS):
            began = time.monotonic()
            for workload in chosen:
                rows = served[workload.name]
                for row in rows[number % max(len(rows), 1) :] + rows[: number % max(len(rows), 1)]:
                    self.cell(row, workload, number)
            print(f"round {number + 1} of {ROUNDS}: {time.monotonic() - began:.0f} s", flush=True)

    def settle_one(self, gateway):
        """What a Weir settled must be what its provider served. Returns what that was."""
        if not gateway.name.startswith("weir"):
            return None
        problems, served = check.settled(self.load, gateway)
        self.problems += problems
        return {key: sum(row[key] for row in served.values()) for key in ("requests", "input_tokens", "output_tokens")}

    def settle(self):
        for gateway in self.gateways.values():
            total = self.settle_one(gateway)
            if total:
                print(f"{gateway.name}: the provider served {total}", flush=True)

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

    def expect(self, cells, wanted):
        """The report has a row for every gateway and workload; where one is not there, that is a miss."""
        special_rows = {name: names for name, names in special.ROWS_OF.items() if name in wanted}
        for row in self.rows:
            expected = [workload.name for workload in cells if row in self.asked(workload)]
            expected += [name for name, names in special_rows.items() if row.name in names]
            have = {workload for gateway, workload, _ in self.figures.all if gateway == row.name}
            for name in expected:
                if name not in have:
                    self.figures.lack(row.name, name, "not measured")

    def judge_itself(self):
        """Whether wall-clock figures are the gateways', or the load generator's."""
        for workload in workloads.matrix():
            metric = f"{workload.unit}s_per_s"
            direct, bare = (self.figures.get(name, workload.name, metric) for name in ("direct", BARE))
            if direct and bare:
                times = direct.median() / bare.median()
                verdict = "" if times >= 2 else ": less than twice: its wall-clock figures are the load generator's, and only CPU time counts"
                yield f"{workload.name}: with nothing between {times:.1f} × bare Envoy's rate{verdict}"


def cores():
    """Two cores for the gateway and for the load: the last two that this process may use."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise SystemExit("bench: two cores are needed: one for the gateway, one for load generator and provider")
    return usable[-1], usable[-2]


def main():
    if not sys.platform.startswith("linux"):
        raise SystemExit("bench: only Linux tells a process's CPU time and pins it to a core: make bench runs there only")
    began, load_before = time.monotonic(), os.getloadavg()[0]
    if load_before > 0.5:
        print(f"bench: the load average is {load_before:.1f}: others use this machine. CPU time can be compared, wall-clock figures cannot", flush=True)
    names = workloads.chosen([row.name for row in ROWS], os.environ.get("BENCH_GATEWAYS"))
    rows = [row for row in ROWS if row.name in {*names, BARE}] + peers.wanted(os.environ.get("BENCH_PEERS", ""))
    by_name = {workload.name: workload for workload in workloads.matrix()}
    wanted = workloads.chosen([*by_name, *special.NAMES], os.environ.get("BENCH_WORKLOADS"))
    # A thousand streams have two sockets each.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        bench = Bench(folder, cores(), rows)
        try:
            bench.start()
            bench.matrix([by_name[name] for name in wanted if name in by_name])
            special.measure(bench, wanted, ROUNDS, REQUESTS)
            bench.settle()
            bench.derive()
            bench.expect([by_name[name] for name in wanted if name in by_name], wanted)
        finally:
            bench.stop()
    settings = [("rounds", str(ROUNDS)), ("seconds a cell", f"{SECONDS:g}"), ("load average before", f"{load_before:.1f}")]
    pairs = report.environment(os.environ["ENVOY_BIN"], bench.gateway_core, bench.load_core, settings)
    report.write(REPORTS, bench.figures, pairs)
    print("\n" + report.terminal(bench.figures, pairs))
    for line in bench.judge_itself():
        print(line)
    misses = bench.figures.misses()
    for miss in misses:
        print(f"MISSED {miss}")
    for problem in bench.problems:
        print(f"WRONG {problem}")
    for (gateway, workload), why in bench.figures.missing.items():
        print(f"MISSING {gateway} {workload}: {why}")
    print(f"{len(bench.figures.all)} figures, {len(misses)} bars missed, {len(bench.figures.missing)} rows missing, {time.monotonic() - began:.0f} s; {REPORTS / 'bench.json'}")
    strict = os.environ.get("BENCH_STRICT") == "1" and (misses or bench.figures.missing)
    sys.exit(1 if bench.problems or strict else 0)


if __name__ == "__main__":
    main()
