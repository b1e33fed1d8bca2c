"""Plays the cells of the matrix through a gateway, many at a time, and judges what came of each."""
import asyncio
import gzip
import itertools

from dataclasses import dataclass

from fault_cells import BEFORE, ENDS, EVENTS, LEAVES, PAUSES, STALLS, TAKE_EVENTS, expect
from fault_wires import CLIENT_PATHS, TEXT, asked, is_error, read_stream, read_unary
from gateway import wait_for
from prices import prices
from raw_client import RawClient, Reply
from raw_provider import chunk, head, whole

PAGE = b"<html><body>Bad gateway, said a proxy</body></html>"
# Every request has a name of its own as its caller: metrics and log lines are told apart by it.
CALLERS = [("stage: edge\n", "stage: edge\n                    caller: {header: x-caller}\n                    max_caller_labels: 10000\n")]
_numbers = itertools.count(1)


@dataclass
class Played:
    """What came of a cell."""

    mark: str
    reply: Reply
    request_bytes: int
    # How the gateway left the provider's connection: None while it stays.
    left: str | None = None
    asked: bool = False
    # What the client gets, where bytes pass.
    sent: bytes = b""
    # What went wrong with the playing itself.
    mistake: str = ""
    inline: bool = False

    def expected(self, cell):
        return expect(cell, self.request_bytes, self.inline)


class Meeting:
    """Where answers that pause wait for each other, and for what happens to them all at once."""

    def __init__(self, count):
        self.missing = count
        self.all_there, self.over = asyncio.Event(), asyncio.Event()

    async def wait(self):
        self.missing -= 1
        if not self.missing:
            self.all_there.set()
        await self.over.wait()

    async def hold(self, happens):
        """Once all are there, lets it happen (a blocking function), and lets them go on."""
        try:
            async with asyncio.timeout(30):
                await self.all_there.wait()
            return await asyncio.get_running_loop().run_in_executor(None, happens)
        finally:
            self.over.set()


def play_all(gateway, provider, cells, width=24, seconds=20.0, happens=None):
    """Plays every cell; {cell: Played}. What `happens` does so while all of them, which pause, are at their points."""

    async def run():
        room = asyncio.Semaphore(len(cells) if happens else width)
        meeting = Meeting(len(cells)) if happens else None

        async def one(cell):
            async with room:
                return cell, await play(gateway, provider, cell, seconds, meeting)

        tasks = [asyncio.create_task(one(cell)) for cell in cells]
        if meeting:
            await meeting.hold(happens)
        return dict(await asyncio.gather(*tasks))

    return provider.run(run(), 60 + seconds * (2 + len(cells) / width))


async def play(gateway, provider, cell, seconds=20.0, meeting=None):
    """Plays one cell."""
    mark = f"mark-{next(_numbers)}"
    body = asked(cell.client, cell.provider.model, mark, cell.stream, cell.include_usage)
    client = RawClient(gateway.port, CLIENT_PATHS[cell.client], body, [("x-caller", mark)], seconds)
    played = Played(mark, client.reply, len(body), inline=gateway.inline)

    async def script(peer):
        played.asked = True
        try:
            await perform(cell, peer, client, played, meeting)
        except (AssertionError, TimeoutError) as mistake:
            played.mistake = repr(mistake)
            peer.reset()
        played.left = peer.request.left

    provider.on(mark, script)
    task = asyncio.create_task(client.run())
    if cell.fault in LEAVES and cell.point == BEFORE:
        # Nothing comes that could tell the client how far its request got.
        for _ in range(1000):
            if played.asked:
                break
            await asyncio.sleep(0.01)
        client.leave(cell.fault.split()[1].lower())
    await task
    for _ in range(500):
        if played.left or cell.fault not in (*LEAVES, *STALLS):
            break
        await asyncio.sleep(0.02)
    return played


async def perform(cell, peer, client, played, meeting):
    """The provider's side of a cell."""
    if cell.point == "whole":
        await perform_whole(cell, peer, played)
        return
    events, tail = cell.before()
    sent = b"".join(event.data for event in events) + tail
    kind = cell.provider.stream_kind if cell.stream else "application/json"
    chunked = cell.stream and cell.fault != "ends by closing"
    length = None
    if not cell.stream and cell.fault != "ends by closing":
        length = len(sent if cell.fault in ENDS else cell.provider.unary)
    if cell.point != BEFORE:
        framed = chunk(sent) if chunked and sent else sent
        await peer.send(head(kind=kind, length=length, chunked=chunked) + framed)
        await until_seen(cell, events, client)
    played.sent = sent
    if cell.fault == PAUSES:
        await meeting.wait()
        await go_on(cell, peer, played, head(kind=kind, length=length, chunked=chunked))
    else:
        await break_off(cell, peer, client, played, chunked)


async def go_on(cell, peer, played, opening):
    """The rest of an answer that paused."""
    whole_body = b"".join(event.data for event in cell.provider.events) if cell.stream else cell.provider.unary
    rest = whole_body[len(played.sent) :]
    played.sent = whole_body
    framed = (chunk(rest) if rest else b"") + chunk(b"") if cell.stream else rest
    await peer.send((opening if cell.point == BEFORE else b"") + framed)


async def until_seen(cell, events, client):
    """Waits until the client has what stands before the fault: then the gateway has it, too."""
    if not cell.stream:
        # A unary answer is held: nothing tells.
        await asyncio.sleep(0.05)
        return
    said = b"".join(event.text.encode() for event in events)
    last = [event.text for event in events if event.part == "text"][-1:]
    await client.until(lambda reply: reply.status == 200 and (not last or last[0].encode() in reply.body))
    assert said or not last
    # The part of an event behind it shows nowhere.
    await asyncio.sleep(0.02)


async def break_off(cell, peer, client, played, chunked):
    """The fault itself."""
    fault = cell.fault
    if fault in TAKE_EVENTS:
        events = {"broken event": cell.provider.broken_event, "broken checksum": cell.provider.events[1].data[:-1] + b"\0"}
        data = events.get(fault, cell.provider.error_event)
        played.sent += data
        await peer.send(chunk(data) if chunked else data)
        if fault in EVENTS:
            await peer.send(chunk(b""))
            return
        # The client knows at once, not when the silence was too long.
        await client.until(lambda reply: b"the fault" in reply.body)
        await peer.gone(15)
    elif fault == "reset":
        peer.reset()
    elif fault in ("closes", "ends by closing"):
        peer.close()
    elif fault == "ends with trailers":
        await peer.send(b"0\r\nx-checksum: 7\r\n\r\n")
    elif fault == "ends":
        if chunked:
            await peer.send(chunk(b""))
    elif fault == "stalls":
        await peer.gone(15)
    elif fault in LEAVES:
        if cell.point != BEFORE:
            client.leave(fault.split()[1].lower())
        await peer.gone(10)
    else:
        raise AssertionError(fault)


async def perform_whole(cell, peer, played):
    """A fault of the whole answer."""
    provider, fault = cell.provider, cell.fault
    kind = provider.stream_kind if cell.stream else "application/json"
    body = b"".join(event.data for event in provider.events) if cell.stream else provider.unary
    if fault == "second terminator":
        body += provider.events[-1].data
    elif fault == "data after the end":
        body += provider.ghost + provider.events[-1].data if cell.stream else b"\n" + provider.unary
    elif fault == "page as answer":
        body = PAGE
    elif fault == "compressed secretly":
        body = gzip.compress(body)
    played.sent = body
    close = ["connection: close"]
    if fault == "error in 200":
        await peer.send(whole(provider.error))
    elif fault == "529":
        await peer.send(whole(provider.error, "529 Overloaded"))
    elif fault == "502 page":
        await peer.send(whole(PAGE, "502 Bad Gateway", "text/html"))
    elif fault == "page in 200":
        await peer.send(whole(PAGE, kind="text/html"))
    elif fault == "no body":
        await peer.send(whole(b"", kind=kind))
    elif fault == "compressed":
        await peer.send(whole(gzip.compress(body), kind=kind, more=["content-encoding: gzip"]))
    elif fault == "length too long":
        await peer.send(head(kind=kind, length=len(body) + 10, more=close) + body)
        await asyncio.sleep(0.1)
        peer.close()
    elif fault == "length too short":
        events, tail = cell.before()
        played.sent = b"".join(event.data for event in events) + tail
        await peer.send(head(kind=kind, length=len(played.sent)) + body)
        await peer.gone(5)
    elif fault == "bytes after the end":
        await peer.send(whole(body, kind=kind) + whole(b'{"smuggled": true}'))
        await peer.gone(5)
    elif fault == "trailers":
        await peer.send(head(kind=kind, chunked=True) + chunk(body) + b"0\r\nx-checksum: 7\r\n\r\n")
    else:
        await peer.send(whole(body, kind=kind))


def check_client(cell, played):
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
    if cell.fault in STALLS:
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


def check_settlement(cell, played, entries, metrics):
    """One settlement, with the right numbers, in the log and in the metrics."""
    want = played.expected(cell)
    mine = [entry for entry in entries if entry["caller"] == played.mark]
    assert len(mine) == 1, mine
    (entry,) = mine
    source = (int(entry["input_tokens"]), int(entry["output_tokens"]), entry["usage_source"])
    assert (entry["outcome"], source) == (want.outcome, want.usage), entry
    assert entry["status"] == want.status, entry
    assert (entry["error"] in (None, "-", "")) == (want.outcome in ("ok", "aborted")) or want.outcome == "aborted", entry
    rates = prices(cell.provider.model)
    cost = round((want.usage[0] * rates[0] + want.usage[1] * rates[1]) * 1e9)
    assert int(entry["cost_nanousd"]) == cost, entry
    got = {}
    for (name, labels), value in metrics.items():
        labels = dict(labels)
        if labels.get("caller") == played.mark:
            assert labels["outcome"] == want.outcome
            got[name, labels.get("type", "")] = value
    counts = {("weir_requests_total", ""): 1, ("weir_tokens_total", "input"): want.usage[0], ("weir_tokens_total", "output"): want.usage[1], ("weir_cost_nanousd_total", ""): cost}
    assert got == {key: value for key, value in counts.items() if value}, got


def check_rest(gateway, count):
    """Nothing is left open, no VM failed, and there are as many log lines as requests."""
    wait_for(lambda: len(gateway.entries) >= count, f"{count} lines in the access log")
    assert len(gateway.entries) == count
    for name in ("http.llm.downstream_rq_active", "cluster.*upstream_rq_active", "cluster.*upstream_rq_pending_active"):
        wait_for(lambda: gateway.stat(name) == 0, f"{name} is 0")
    assert gateway.stat("vm_reload") == 0 and "panicked" not in gateway.log()


