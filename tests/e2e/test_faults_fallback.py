"""Two providers that fail, one after the other: what the second one does is judged as ever, and both are settled as one request."""
from dataclasses import replace

import fault_cells as matrix
import fault_check as check
import fault_play as play
import pytest
from gateway import wait_for

FIRSTS = ["500 Internal Server Error", "429 Too Many Requests", "reset", "reset after headers", "error in 200", "page in 200", "error event"]
SECONDS = ["nothing wrong", *matrix.BREAKS, *matrix.ENDS, *matrix.LEAVES, "error event", "broken event", "529", "page in 200", "compressed", "no body"]
BEHIND = matrix.cells(SECONDS, [("openai", "anthropic"), ("anthropic", "anthropic")])


def cells(offset):
    """Every failure of the second provider, after one of the first's in turn; and its whole answers after each of them."""
    found = []
    for number, cell in enumerate(BEHIND):
        firsts = FIRSTS if cell.stream else FIRSTS[:-1]
        turns = range(len(firsts)) if cell.fault == "nothing wrong" else [number + offset]
        found += [replace(cell, first=firsts[turn % len(firsts)]) for turn in turns]
    return found


STALLED = [replace(cell, first="stalls") for cell in BEHIND if cell.fault == "nothing wrong"]
WAYS = {
    "groups": ("fallback.yaml", [], False, cells(0)),
    "priorities": ("fallback-priorities.yaml", [], False, cells(1)),
    "priorities on 1.37": ("fallback-priorities.yaml", [], True, cells(2)),
    "silence": ("fallback.yaml", [("per_try_idle_timeout: 60s", "per_try_idle_timeout: 2s")], False, STALLED),
}
# The examples call the second provider's model so; the matrix calls it otherwise.
MODEL = [("claude-sonnet-4-5", "claude-sonnet-4-6")]


@pytest.fixture(scope="module")
def played(gateways_of, provider):
    def way(name):
        example, changes, old, plays = WAYS[name]
        gateway = gateways_of(example, provider, play.CALLERS + MODEL + changes, old)
        return gateway, play.play_all(gateway, provider, plays)

    return play.once(way)


@pytest.mark.parametrize("way, cell", [(way, cell) for way, (*_, plays) in WAYS.items() for cell in plays], ids=str)
def test_cell(played, way, cell):
    _, came, entries, metrics = played(way)
    check.client(cell, came[cell])
    check.settlement(cell, came[cell], entries, metrics)
    (entry,) = [entry for entry in entries if entry["caller"] == came[cell].mark]
    assert (entry["attempts"], entry["provider"]) == (2, "anthropic"), entry


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_left(played, way):
    gateway, came, *_ = played(way)
    check.rest(gateway, len(came))
    # Every attempt was counted, the first ones as the failures that they were.
    wait_for(lambda: gateway.metric("weir_attempts_total") == 2 * len(came), "every attempt is counted")
    assert gateway.metric("weir_attempts_total", provider="openai", outcome="ok") == 0
