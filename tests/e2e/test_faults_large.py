"""Unary answers that are too large to be held: their headers are sent before they are whole, and what fails then cuts them."""
import asyncio

import fault_check as check
import fault_play as play
import pytest
from fault_cells import INLINE_WIRES, SAME, TRANSLATED
from fault_wires import CLIENT_PATHS, PROVIDERS, TEXT, asked, read_unary
from gateway import wait_for
from raw_client import RawClient
from raw_provider import RESET, chunk, head, steps

SIZE = 700_000
# What the provider does: the client's view, the outcome, where the counts are from.
FAULTS = {
    "whole": ("whole", "ok", "provider"),
    "whole, in chunks": ("whole", "ok", "provider"),
    "resets": ("cut", "aborted", "none"),
    "breaks off": ("cut", "error", "none"),
    "is followed by more": ("cut", "error", "none"),
    # It was whole, but with trailers no body can be written any more.
    "ends with trailers": ("cut", "aborted", "none"),
}


def script(fault, body):
    half = body[: len(body) * 9 // 10]
    return {
        "whole": steps(head(length=len(body)) + body),
        "whole, in chunks": steps(head(chunked=True) + chunk(body) + chunk(b"")),
        "resets": steps(head(length=len(body)) + half, 0.3, RESET),
        "breaks off": steps(head(length=len(half)) + half),
        "is followed by more": steps(head(length=2 * len(body)) + body + body),
        "ends with trailers": steps(head(chunked=True) + chunk(body) + b"0\r\nx-checksum: 7\r\n\r\n"),
    }[fault]


@pytest.mark.parametrize("name, old", [("envoy.yaml", False), ("envoy.yaml", True), ("inline.yaml", False)])
def test_large_unary_answers(gateways_of, provider, name, old):
    gateway = gateways_of(name, provider, play.CALLERS + play.TRAILERS, old)
    pairs = [pair for pair in SAME + TRANSLATED if name == "envoy.yaml" or pair[1] in INLINE_WIRES]
    text = "x" * SIZE

    async def one(client, wire, fault, number):
        mark = f"mark-large{client}{wire}{number}"
        provider.on(mark, script(fault, PROVIDERS[wire].unary.replace(TEXT.encode(), text.encode())))
        body = asked(client, PROVIDERS[wire].model, mark, False, False)
        return client, wire, fault, mark, await RawClient(gateway.port, CLIENT_PATHS[client], body, [("x-caller", mark)]).run()

    async def run():
        plays = [(*pair, fault, number) for number, fault in enumerate(FAULTS) for pair in pairs]
        return await asyncio.gather(*(one(*each) for each in plays))

    came = provider.run(run(), 60)
    wait_for(lambda: len(gateway.entries) == len(came), "a line for every request")
    for client, wire, fault, mark, reply in came:
        # Without an upstream filter the example has no options for its providers' HTTP: trailers are dropped.
        ended, outcome, source = FAULTS["whole" if gateway.inline and fault == "ends with trailers" else fault]
        case = f"{client} {wire} {fault}: {reply.status} {reply.ended} {bytes(reply.body[:99])}"
        assert (reply.status, reply.ended) == (200, ended), case
        assert read_unary(client, reply.json()) == text if ended == "whole" else not reply.body, case
        (entry,) = [entry for entry in gateway.entries if entry["caller"] == mark]
        assert (entry["outcome"], entry["usage_source"]) == (outcome, source), (case, entry)
        assert gateway.metric("weir_requests_total", caller=mark) == 1
    check.rest(gateway, len(came))
