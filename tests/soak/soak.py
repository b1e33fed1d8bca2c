#!/usr/bin/env python3
"""`make soak`: mixed traffic with faults on 64 connections for SOAK_S seconds (1800), then the books are compared.

Unary and streamed, translated and not, providers that fail in every way, clients that leave, fallbacks: through two Envoys with the examples that
users begin with. It fails where a request ended otherwise than it should, where what was settled is not what was served, where memory grows,
or where a Wasm VM failed. The table at the end goes to target/reports/soak.json as well.
"""
import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "tests/soak")]

from books import PRICES, Ledger, compare  # noqa: E402
from gateway import Gateway, Simulator, example, wait_for  # noqa: E402
from raw_client import Connection, RawClient  # noqa: E402
from traffic import kinds  # noqa: E402

SECONDS = float(os.environ.get("SOAK_S", "1800"))
REPORT = Path(os.environ.get("SOAK_REPORT", str(ROOT / "target/reports/soak.json")))
CONNECTIONS = int(os.environ.get("SOAK_CONNECTIONS", "64"))
# Memory is flat where the last quarter of the run needs no more than the second one did, give or take this.
SLACK = 1.03, 6 << 20
# Too short a run is all warm-up.
LEAST_FLAT_S = 60
GAUGES = ["http.llm.downstream_rq_active", "cluster.*upstream_rq_active"]
MACHINES = "wasm.envoy.wasm.runtime.v8.created"
EXAMPLES = {"providers": "envoy.yaml", "fallback": "fallback.yaml"}


class Load:
    """The clients."""

    def __init__(self, gateways):
        self.gateways = gateways
        self.kinds = kinds()
        self.weights = [kind.weight for kind in self.kinds]
        self.seen = Counter()
        self.wrong = []
        self.until = time.monotonic() + SECONDS

    async def connection(self):
        """One connection's worth of traffic."""
        kept = {name: Connection() for name in self.gateways}
        while time.monotonic() < self.until:
            (kind,) = random.choices(self.kinds, self.weights)
            await self.ask(kind, kept[kind.gateway])

    async def ask(self, kind, connection):
        client = RawClient(self.gateways[kind.gateway].port, kind.path, kind.body(), seconds=60, connection=connection)
        task = asyncio.create_task(client.run())
        how = random.choice(("fin", "rst"))
        if kind.leave_s:
            # RST could take the request back before Envoy has read it.
            await client.asked.wait()
            await asyncio.sleep(kind.leave_s)
            client.leave("fin")
        elif kind.leave_bytes:
            try:
                await client.until(lambda reply: len(reply.body) >= kind.leave_bytes, 60)
            except (AssertionError, TimeoutError):
                pass
            client.leave(how)
        reply = await task
        self.seen[kind.gateway, kind.model, kind.outcome] += 1
        if (reply.ended not in kind.ended.split() or reply.status not in kind.statuses) and len(self.wrong) < 20:
            self.wrong.append(f"{kind}: {reply.status} {reply.ended} {bytes(reply.body[-300:])}")


async def watch(load, samples):
    """Takes samples of memory, and prints them."""
    began = time.monotonic()
    every = max(SECONDS / 60, 0.5)
    while time.monotonic() < load.until:
        await asyncio.sleep(every)
        sizes = {name: gateway.resident_bytes() for name, gateway in load.gateways.items()}
        at = time.monotonic() - began
        samples.append({"second": round(at, 1), "requests": sum(load.seen.values()), "resident_bytes": sizes})
        mib = ", ".join(f"{name} {size / 2**20:.1f} MiB" for name, size in sizes.items())
        print(f"{at:7.0f} s {samples[-1]['requests']:>9} requests  {mib}", flush=True)


def flat(samples, name):
    """The medians of the second and of the last quarter of a run, and whether the memory is flat between them."""
    sizes = [sample["resident_bytes"][name] for sample in samples]
    quarter = max(len(sizes) // 4, 1)
    middle = sorted(sizes[quarter : 2 * quarter] or sizes)
    last = sorted(sizes[-quarter:])
    before, after = middle[len(middle) // 2], last[len(last) // 2]
    return before, after, SECONDS < LEAST_FLAT_S or after <= before * SLACK[0] + SLACK[1]


def start(simulator):
    changes = []
    for provider in ("openai", "anthropic", "gemini", "bedrock"):
        match = f"match: {{cluster: {provider}}}"
        changes.append((match + ",", f"{match}, {PRICES},"))
        changes.append((match + "\n", f"{match}\n                    {PRICES}\n"))
    gateways = {name: Gateway(example(file), simulator, changes=changes) for name, file in EXAMPLES.items()}
    for gateway in gateways.values():
        gateway.entries = Ledger()
        gateway.machines = gateway.stat(MACHINES)
    return gateways


def settle(load, gateways):
    """Waits until every request is settled and nothing is active; what is wrong then."""
    wrong = []
    asked = Counter()
    for (name, _, _), count in load.seen.items():
        asked[name] += count
    for name, gateway in gateways.items():
        try:
            wait_for(lambda: len(gateway.entries) >= asked[name], f"{name}: every request is settled", 30)
            for gauge in GAUGES:
                wait_for(lambda: gateway.stat(gauge) == 0, f"{name}: {gauge} is 0", 30)
        except AssertionError as late:
            wrong.append(str(late))
        if gateway.stat("vm_reload") or "panicked" in gateway.log():
            wrong.append(f"{name}: a Wasm VM failed")
        if gateway.stat(MACHINES) != gateway.machines:
            wrong.append(f"{name}: a Wasm VM was replaced")
    return wrong


def report(load, gateways, samples, wrong):
    rows = []
    for name, gateway in gateways.items():
        before, after, is_flat = flat(samples, name)
        if not is_flat:
            wrong.append(f"{name}: memory grew from {before} to {after} bytes")
        for outcome, sums in sorted(gateway.entries.sums.items()):
            rows.append({"gateway": name, "outcome": outcome, **{key: sums[key] for key in ("requests", "input", "output", "cost")}})
        print(f"{name}: resident {before / 2**20:.1f} MiB in the second quarter, {after / 2**20:.1f} MiB in the last one")
    print(f"\n{'gateway':<10} {'outcome':<8} {'requests':>10} {'input':>13} {'output':>13} {'nano-dollars':>18}")
    for row in rows:
        print(f"{row['gateway']:<10} {row['outcome']:<8} {row['requests']:>10} {row['input']:>13} {row['output']:>13} {row['cost']:>18}")
    total = sum(load.seen.values())
    print(f"{total} requests in {SECONDS:.0f} s on {CONNECTIONS} connections; {len(wrong)} differences")
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    result = {"seconds": SECONDS, "connections": CONNECTIONS, "requests": total, "wrong": wrong, "settled": rows, "memory": samples}
    REPORT.write_text(json.dumps(result, indent=1))


async def drive(load, samples):
    watcher = asyncio.create_task(watch(load, samples))
    await asyncio.gather(*(load.connection() for _ in range(CONNECTIONS)))
    await watcher


def main():
    simulator = Simulator()
    gateways, samples = {}, []
    try:
        gateways = start(simulator)
        load = Load(gateways)
        asyncio.run(drive(load, samples))
        wrong = load.wrong + settle(load, gateways)
        wrong += compare(load.seen, gateways, simulator.totals())
        report(load, gateways, samples, wrong)
        for line in wrong:
            print(line)
    finally:
        for gateway in gateways.values():
            gateway.stop()
        simulator.stop()
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
