"""Judges what came of a cell of the matrix: what the client saw, what was settled, and what is left."""
from fault_cells import MORE, STALLS
from fault_play import FIRST_MODEL
from fault_wires import TEXT, is_error, read_stream, read_unary
from gateway import wait_for
from prices import prices


def client(cell, played):
    """What the client saw."""
    want = played.expected(cell)
    reply = played.reply
    assert played.asked == (cell.fault != "refused") and not played.mistake, played
    silent = cell.fault == STALLS[1]
    assert reply.ended != "hung", reply
    assert not reply.after, f"bytes after the answer: {reply.after}"
    if want.view == "gone":
        assert reply.ended == "left" and played.left, "the provider's connection stays"
        return
    if cell.fault in STALLS or (cell.fault in MORE and not played.holds(cell)):
        assert played.left, "the provider's connection stays"
    assert reply.status == want.status, reply
    if want.view == "error":
        assert reply.ended == "whole" and reply.body and is_error(cell.client, reply.json()), reply
        return
    assert reply.ended == ("cut" if want.view == "cut" else reply.ended), reply
    if not cell.stream:
        assert want.view == "whole" and read_unary(cell.client, reply.json()) == TEXT
        return
    if want.view == "passed":
        assert reply.ended == ("cut" if silent else "whole") and reply.body == passed_bytes(cell, played), reply
        return
    seen = read_stream(cell.client, reply.body)
    events = cell.came()
    text = "".join(event.text for event in events)
    # What came with Gemini's finish reason may be its last word, and waits for the end of the bytes; here that did not come.
    waits = want.view == "cut" and cell.wire == "gemini" and any(event.part == "finish" for event in events)
    assert not seen.garbage and seen.text == ("" if waits else text), seen
    # The end may be said only of what came whole.
    whole_answer = want.view == "whole" or (want.view == "cut" and cell.point == "whole" and not waits)
    assert seen.ends == (1 if whole_answer else 0), seen
    assert len(seen.errors) == (1 if want.view == "event" else 0), seen
    assert all(is_error(cell.client, error) for error in seen.errors), seen
    if want.view == "whole":
        assert reply.ended == "whole"


def passed_bytes(cell, played):
    """The provider's bytes, without the usage that only the gateway asked for."""
    usage = [event.data for event in cell.provider.events if event.part == "usage"]
    if cell.include_usage or not usage:
        return played.sent
    return played.sent.replace(usage[0], b"")


def settlement(cell, played, entries, metrics):
    """One settlement, with the right numbers, in the log and in the metrics."""
    want = played.expected(cell)
    mine = [entry for entry in entries if entry["caller"] == played.mark]
    assert len(mine) == 1, mine
    (entry,) = mine
    tokens, output, source = want.usage
    rates = prices(cell.provider.model)
    cost = round((tokens * rates[0] + output * rates[1]) * 1e9)
    if cell.first == "error event":
        # The first provider had begun: what it read is estimated.
        before = -(-played.request_bytes // 4)
        tokens, source, cost = tokens + before, "estimated", cost + round(before * prices(FIRST_MODEL)[0] * 1e9)
    usage = (int(entry["input_tokens"]), int(entry["output_tokens"]), entry["usage_source"])
    assert (entry["outcome"], usage) == (want.outcome, (tokens, output, source)), entry
    assert entry["status"] == want.status, entry
    assert (entry["error"] in (None, "-", "")) == (want.outcome in ("ok", "aborted")) or want.outcome == "aborted", entry
    assert int(entry["cost_nanousd"]) == cost, entry
    got = {}
    for (name, labels), value in metrics.items():
        labels = dict(labels)
        if labels.get("caller") == played.mark:
            assert labels["outcome"] == want.outcome
            got[name, labels.get("type", "")] = value
    counts = {("weir_requests_total", ""): 1, ("weir_tokens_total", "input"): tokens, ("weir_tokens_total", "output"): output, ("weir_cost_nanousd_total", ""): cost}
    assert got == {key: value for key, value in counts.items() if value}, got


def rest(gateway, count):
    """Nothing is left open, no VM failed, and there are as many log lines as requests."""
    wait_for(lambda: len(gateway.entries) >= count, f"{count} lines in the access log")
    assert len(gateway.entries) == count
    for name in ("http.llm.downstream_rq_active", "cluster.*upstream_rq_active", "cluster.*upstream_rq_pending_active"):
        wait_for(lambda: gateway.stat(name) == 0, f"{name} is 0")
    assert gateway.stat("vm_reload") == 0 and "panicked" not in gateway.log()


