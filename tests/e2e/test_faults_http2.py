"""The matrix over HTTP/2, with the provider and with the client.

Left out is what HTTP/2 has no words for: an answer that ends where its connection does, and lengths and bytes beside the frames' own.
"""
import fault_cells as matrix
import fault_check as check
import fault_play as play
import pytest
from raw_http2 import Http2Client, Http2Provider

UNSPEAKABLE = ["ends by closing", "length too long", "length too short", "bytes after the end"]
FAULTS = [*matrix.BREAKS, *matrix.ENDS, *matrix.LEAVES, *matrix.EVENTS, *matrix.MORE, *matrix.WHOLES]
CELLS = matrix.cells([fault for fault in FAULTS if fault not in UNSPEAKABLE], matrix.SAME + matrix.TRANSLATED)
# A connection that one script closes is no other's.
HTTP2 = [("explicit_http_config: {http_protocol_options: {}}", "explicit_http_config: {http2_protocol_options: {max_concurrent_streams: 1}}")]
WAYS = {"two stages": ([], False), "held": (play.HELD, False), "two stages on 1.37": ([], True)}


@pytest.fixture(scope="module")
def provider():
    provider = Http2Provider()
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def played(gateways_of, provider):
    def way(name):
        changes, old = WAYS[name]
        gateway = gateways_of("envoy.yaml", provider, play.CALLERS + HTTP2 + changes, old)
        gateway.trailing = True
        return gateway, play.play_all(gateway, provider, CELLS, client=Http2Client)

    return play.once(way)


@pytest.mark.parametrize("way, cell", [(way, cell) for way in WAYS for cell in CELLS], ids=str)
def test_cell(played, way, cell):
    _, came, entries, metrics = played(way)
    check.client(cell, came[cell])
    check.settlement(cell, came[cell], entries, metrics)


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_left(played, way):
    gateway, came, *_ = played(way)
    check.rest(gateway, len(came))


def test_a_drain_lets_every_answer_end(gateways_of, provider):
    gateway = gateways_of("envoy.yaml", provider, play.CALLERS + HTTP2, arguments=["--drain-time-s", "1"])
    cells = matrix.cells([matrix.PAUSES], matrix.SAME + matrix.TRANSLATED)
    came = play.play_all(gateway, provider, cells, happens=lambda: play.drain(gateway), client=Http2Client)
    gateway.mark()
    for cell in cells:
        check.client(cell, came[cell])
        check.settlement(cell, came[cell], gateway.entries, gateway.metrics())
    check.rest(gateway, len(cells))
