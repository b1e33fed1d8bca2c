"""The configuration is read again while answers are at every point, and a hundred times under traffic."""
import asyncio
from collections import Counter

import fault_cells as matrix
import fault_check as check
import fault_play as play
import pytest
from fault_wires import CLIENT_PATHS, INPUT, OUTPUT, PROVIDERS, asked
from gateway import fetch, wait_for
from raw_client import RawClient
from raw_provider import chunk, head, whole
from reloadable import Reloadable, plugins

MB = 1 << 20
CELLS = matrix.cells([matrix.PAUSES], matrix.SAME + matrix.TRANSLATED)
TWO = matrix.inline(CELLS)
WAYS = {"two stages": ("envoy.yaml", False, CELLS), "two stages on 1.37": ("envoy.yaml", True, CELLS), "inline": ("inline.yaml", False, TWO)}
RELOADS = 100


def priced(cost):
    """A change: every provider has this price, a listener has other labels and a cluster another timeout."""

    def change(resources):
        for resource in resources:
            if "connect_timeout" in resource:
                resource["connect_timeout"] = f"{5 + cost}s"
        for plugin in plugins(resources):
            if plugin["stage"] == "edge":
                plugin["max_model_labels"] = 200 - cost
            for provider in plugin.get("providers", []):
                provider["prices"] = {"*": {"input_cost_per_token": cost, "output_cost_per_token": 2 * cost}}

    return change


def cost_nanousd(cost):
    """What an answer costs then."""
    return (INPUT + 2 * OUTPUT) * cost * 10**9


async def ask(gateway, provider, mark, client, wire, stream):
    """A plain request with a whole answer."""
    peer = PROVIDERS[wire]

    async def script(to):
        body = b"".join(event.data for event in peer.events) if stream else peer.unary
        kind = peer.stream_kind if stream else "application/json"
        await to.send(head(kind=kind, chunked=True) + chunk(body) + chunk(b"") if stream else whole(body, kind=kind))

    provider.on(mark, script)
    return await RawClient(gateway.port, CLIENT_PATHS[client], asked(client, peer.model, mark, stream, False), [("x-caller", mark)]).run()


@pytest.mark.parametrize("way", WAYS)
def test_a_reload_lets_every_answer_end_as_it_began(gateways_of, provider, way):
    name, old, cells = WAYS[way]
    gateway = gateways_of(name, provider, play.CALLERS, old, Reloadable)
    came = play.play_all(gateway, provider, cells, happens=lambda: gateway.reload(priced(3)))
    # What comes next has the new prices.
    reply = provider.run(ask(gateway, provider, "mark-next", "openai", "openai", False))
    assert reply.ended == "whole"
    gateway.mark()
    for cell in cells:
        check.client(cell, came[cell])
        check.settlement(cell, came[cell], gateway.entries, gateway.metrics())
    (entry,) = [entry for entry in gateway.entries if entry["caller"] == "mark-next"]
    assert int(entry["cost_nanousd"]) == cost_nanousd(3)
    check.rest(gateway, len(cells) + 1)


def names(gateway):
    """The names of Weir's statistics, as often as they are there."""
    lines = fetch(f"http://127.0.0.1:{gateway.admin}/stats").splitlines()
    return Counter(line.rsplit(": ", 1)[0] for line in lines if line.startswith("wasmcustom."))


def test_a_hundred_reloads_under_traffic(gateways_of, provider):
    gateway = gateways_of("envoy.yaml", provider, kind=Reloadable, arguments=["--drain-time-s", "1"])
    ways = [(client, wire, stream) for client, wire in matrix.SAME + matrix.TRANSLATED for stream in (False, True)]
    over = asyncio.Event()
    served = []

    async def client(number):
        while not over.is_set():
            client, wire, stream = ways[(number + len(served)) % len(ways)]
            reply = await ask(gateway, provider, f"mark-r{client}{wire}{int(stream)}", client, wire, stream)
            assert (reply.status, reply.ended) == (200, "whole"), reply
            served.append(reply.status)
            await asyncio.sleep(0.02)

    def reload(times):
        for number in range(times):
            gateway.reload(priced(1 + number % 2))

    async def run():
        clients = [asyncio.create_task(client(number)) for number in range(8)]
        loop = asyncio.get_running_loop()
        try:
            # Every way was gone before the first is compared with the last.
            while len(served) < 4 * len(ways):
                await asyncio.sleep(0.05)
            await loop.run_in_executor(None, reload, RELOADS // 5)
            before = names(gateway), gateway.stat("v8.active"), gateway.resident_bytes()
            await loop.run_in_executor(None, reload, RELOADS - RELOADS // 5)
            after = names(gateway), gateway.stat("v8.active"), gateway.resident_bytes()
        finally:
            over.set()
            await asyncio.gather(*clients)
        return before, after

    before, after = provider.run(run(), 300)
    gateway.mark()
    print(f"{len(served)} requests, {before[2] / MB:.1f} MB then {after[2] / MB:.1f} MB, {len(after[0])} statistics, {after[1]} VMs")
    assert before[0] == after[0] and set(after[0].values()) == {1} and len(after[0]) > 20
    assert after[1] == before[1] and after[2] - before[2] < 16 * MB
    assert len(gateway.entries) == len(served) == gateway.metric("weir_requests_total", outcome="ok")
    # Each request was settled by one configuration, the old one or the new one.
    costs = Counter(int(entry["cost_nanousd"]) for entry in gateway.entries)
    assert {cost_nanousd(1), cost_nanousd(2)} <= set(costs)
    assert sum(costs.values()) == len(served) and sum(cost * count for cost, count in costs.items()) == gateway.metric("weir_cost_nanousd_total")
    assert gateway.stat("vm_reload") == 0 and "panicked" not in gateway.log()
    wait_for(lambda: gateway.stat("http.llm.downstream_rq_active") == 0, "nothing is active")
