"""Every fault at every point, through the example that users begin with; the same on the oldest Envoy, and inline."""
import fault_cells as matrix
import fault_check as check
import fault_play as play
import pytest
from raw_provider import RawProvider

FAULTS = [*matrix.BREAKS, *matrix.ENDS, *matrix.LEAVES, *matrix.EVENTS, *matrix.MORE, *matrix.WHOLES]
ALL = matrix.cells(FAULTS, matrix.SAME + matrix.TRANSLATED)
# The inline example has two providers.
TWO = [cell for cell in ALL if cell.wire in ("openai", "anthropic")]
# Streams whose headers wait for content; and trailers that are not dropped.
HELD = [("stage: attempt\n", "stage: attempt\n                  fallback: {first_event_timeout: 10s}\n")]
TRAILERS = [("http_protocol_options: {}", "http_protocol_options: {enable_trailers: true}")]
TRAILING = matrix.cells(["nothing wrong", "trailers", "ends with trailers"], matrix.SAME + matrix.TRANSLATED)
WAYS = {
    "two stages": ("envoy.yaml", [], False, ALL),
    "two stages on 1.37": ("envoy.yaml", [], True, ALL),
    "inline": ("inline.yaml", [], False, TWO),
    "held": ("envoy.yaml", HELD, False, ALL),
    "trailers": ("envoy.yaml", TRAILERS, False, TRAILING),
    "held trailers": ("envoy.yaml", TRAILERS + HELD, False, TRAILING),
}


@pytest.fixture(scope="module")
def provider():
    provider = RawProvider()
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def played(gateways_of, provider):
    """All cells of a way, played once: the gateway, what came of each, the log and the metrics."""
    results = {}

    def ask(way):
        if way not in results:
            name, changes, old, cells = WAYS[way]
            gateway = gateways_of(name, provider, play.CALLERS + changes, old)
            came = play.play_all(gateway, provider, cells)
            gateway.mark()
            results[way] = gateway, came, list(gateway.entries), gateway.metrics()
        return results[way]

    return ask


@pytest.mark.parametrize("way, cell", [(way, cell) for way, (*_, cells) in WAYS.items() for cell in cells], ids=str)
def test_cell(played, way, cell):
    _, came, entries, metrics = played(way)
    check.client(cell, came[cell])
    check.settlement(cell, came[cell], entries, metrics)


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_left(played, way):
    gateway, came, *_ = played(way)
    check.rest(gateway, len(came))
