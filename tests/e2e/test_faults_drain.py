"""Envoy drains, or is told to end, while answers are at every point."""
import signal

import fault_cells as matrix
import fault_check as check
import fault_play as play
import pytest
from gateway import wait_for

CELLS = matrix.cells([matrix.PAUSES], matrix.SAME + matrix.TRANSLATED)
TWO = matrix.inline(CELLS)
WAYS = {"two stages": ("envoy.yaml", False, CELLS), "two stages on 1.37": ("envoy.yaml", True, CELLS), "inline": ("inline.yaml", False, TWO)}


@pytest.mark.parametrize("way", WAYS)
def test_a_drain_lets_every_answer_end(gateways_of, provider, way):
    name, old, cells = WAYS[way]
    gateway = gateways_of(name, provider, play.CALLERS, old, arguments=["--drain-time-s", "1"])
    came = play.play_all(gateway, provider, cells, happens=lambda: play.drain(gateway))
    gateway.mark()
    for cell in cells:
        check.client(cell, came[cell])
        check.settlement(cell, came[cell], gateway.entries, gateway.metrics())
        assert came[cell].reply.headers.get("connection") == "close" or cell.stream
    check.rest(gateway, len(cells))


@pytest.mark.parametrize("way", WAYS)
def test_a_sigterm_cuts_and_settles(gateways_of, provider, way):
    """The clients see a cut, never an end that was not; every request has its line in the log."""
    name, old, cells = WAYS[way]
    gateway = gateways_of(name, provider, play.CALLERS, old)

    def end():
        gateway.process.send_signal(signal.SIGTERM)
        gateway.process.wait(20)

    came = play.play_all(gateway, provider, cells, happens=end)
    for cell, played in came.items():
        body = bytes(played.reply.body)
        assert played.reply.ended == "cut" and b"[DONE]" not in body and b"message_stop" not in body, (cell, played)
    wait_for(lambda: len(gateway.entries) >= len(cells), "a line for every request")
    assert {entry["caller"] for entry in gateway.entries} == {played.mark for played in came.values()}
    assert {entry["outcome"] for entry in gateway.entries} == {"aborted"} and len(gateway.entries) == len(cells)
