"""Every fault at every point, through the example that users begin with."""
import fault_cells as matrix
import fault_play as play
import pytest
from raw_provider import RawProvider

CELLS = matrix.cells([*matrix.BREAKS, *matrix.ENDS, *matrix.LEAVES, *matrix.EVENTS, *matrix.WHOLES], matrix.SAME + matrix.TRANSLATED)


@pytest.fixture(scope="module")
def provider():
    provider = RawProvider()
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def results(gateways_of, provider):
    """All cells, played: the gateway, what came of each, the log and the metrics."""
    gateway = gateways_of("envoy.yaml", provider, play.CALLERS)
    played = play.play_all(gateway, provider, CELLS)
    gateway.mark()
    return gateway, played, list(gateway.entries), gateway.metrics()


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_cell(results, cell):
    _, played, entries, metrics = results
    play.check_client(cell, played[cell])
    play.check_settlement(cell, played[cell], entries, metrics)


def test_nothing_is_left(results):
    gateway, *_ = results
    play.check_rest(gateway, len(CELLS))
