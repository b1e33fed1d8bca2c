"""Every fault at every point, through the example that users begin with; the same on the oldest Envoy, and inline."""
import fault_cells as matrix
import fault_check as check
import fault_play as play
import pytest

FAULTS = [*matrix.BREAKS, *matrix.ENDS, *matrix.LEAVES, *matrix.EVENTS, *matrix.MORE, *matrix.WHOLES]
ALL = matrix.cells(FAULTS, matrix.SAME + matrix.TRANSLATED)
TWO = matrix.inline(ALL)
TRAILING = matrix.cells(["nothing wrong", "trailers", "ends with trailers"], matrix.SAME + matrix.TRANSLATED)
WAYS = {
    "two stages": ("envoy.yaml", [], False, ALL),
    "two stages on 1.37": ("envoy.yaml", [], True, ALL),
    "inline": ("inline.yaml", [], False, TWO),
    "held": ("envoy.yaml", play.HELD, False, ALL),
    "trailers": ("envoy.yaml", play.TRAILERS, False, TRAILING),
    "held trailers": ("envoy.yaml", play.TRAILERS + play.HELD, False, TRAILING),
}


@pytest.fixture(scope="module")
def played(gateways_of, provider):
    def way(name):
        example, changes, old, cells = WAYS[name]
        gateway = gateways_of(example, provider, play.CALLERS + changes, old)
        return gateway, play.play_all(gateway, provider, cells)

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
