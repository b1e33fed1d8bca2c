"""Providers that say nothing: they refuse, hang up at once, or fall silent at any point. The examples' idle timeouts are made short."""
import asyncio
import socket

import fault_cells as matrix
import fault_check as check
import fault_play as play
import pytest
from raw_provider import RawProvider

CELLS = matrix.cells(matrix.STALLS, matrix.SAME + matrix.TRANSLATED)
TWO = matrix.inline(CELLS)
TRY, STREAM = [("per_try_idle_timeout: 120s", "per_try_idle_timeout: 2s")], [("stream_idle_timeout: 300s", "stream_idle_timeout: 2s")]
WAYS = {
    "each try's": ("envoy.yaml", False, TRY, CELLS),
    "the stream's": ("envoy.yaml", False, STREAM, CELLS),
    "each try's on 1.37": ("envoy.yaml", True, TRY, CELLS),
    "each try's inline": ("inline.yaml", False, TRY, TWO),
    "the stream's inline": ("inline.yaml", False, STREAM, TWO),
}
REFUSED = matrix.cells(["refused"], matrix.SAME + matrix.TRANSLATED)


class Nobody:
    """A port where nobody listens, or where who listens hangs up before anything was said."""

    def __init__(self, accepts):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.accepts = accepts
        # Without `listen` the port is taken, and refuses.
        self.provider = RawProvider()
        if accepts:
            self.provider.run(asyncio.start_server(self.hang_up, sock=self.socket))

    @staticmethod
    async def hang_up(_, writer):
        writer.transport.abort()

    def stop(self):
        self.provider.stop()
        self.socket.close()


@pytest.fixture(scope="module")
def played(gateways_of, provider):
    def way(name):
        example, old, changes, cells = WAYS[name]
        gateway = gateways_of(example, provider, play.CALLERS + changes, old)
        return gateway, play.play_all(gateway, provider, cells, width=128)

    return play.once(way)


@pytest.mark.parametrize("way, cell", [(way, cell) for way, (*_, cells) in WAYS.items() for cell in cells], ids=str)
def test_cell(played, way, cell):
    _, came, entries, metrics = played(way)
    check.client(cell, came[cell])
    check.settlement(cell, came[cell], entries, metrics)


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_left(played, way):
    gateway, came, *_ = played(way)
    check.rest(gateway, len(came))


@pytest.mark.parametrize("name", ["envoy.yaml", "inline.yaml"])
@pytest.mark.parametrize("accepts", [False, True], ids=["refuses", "hangs up at once"])
def test_nobody_there(gateways_of, name, accepts):
    nobody = Nobody(accepts)
    cells = REFUSED if name == "envoy.yaml" else matrix.inline(REFUSED)
    gateway = gateways_of(name, nobody, play.CALLERS)
    came = play.play_all(gateway, nobody.provider, cells)
    gateway.mark()
    for cell in cells:
        check.client(cell, came[cell])
        check.settlement(cell, came[cell], gateway.entries, gateway.metrics())
    # What was not sent is tried again, as the example says; what was may have been read.
    assert {entry["attempts"] for entry in gateway.entries} <= ({1, 2, 3} if accepts else {3})
    check.rest(gateway, len(came))
    nobody.stop()
