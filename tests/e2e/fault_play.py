"""Plays the cells of the matrix through a gateway, many at a time."""
import asyncio
import gzip
import itertools
import socket

from dataclasses import dataclass

from fault_cells import BEFORE, ENDS, EVENTS, FIRST, HEAD, LEAVES, MORE, PAUSES, STALLS, TAKE_EVENTS, expect
from fault_wires import CLIENT_PATHS, PROVIDERS, asked
from gateway import fetch, wait_for
from raw_client import RawClient, Reply
from raw_provider import whole

PAGE = b"<html><body>Bad gateway, said a proxy</body></html>"
# Every request has a name of its own as its caller: metrics and log lines are told apart by it.
CALLERS = [("stage: edge\n", "stage: edge\n                    caller: {header: x-caller}\n                    max_caller_labels: 10000\n")]
# Streams whose headers wait for content; and trailers that are not dropped.
HELD = [("stage: attempt\n", "stage: attempt\n                  fallback: {first_event_timeout: 10s}\n")]
TRAILERS = [("http_protocol_options: {}", "http_protocol_options: {enable_trailers: true}")]
# The model that is asked for where another provider is asked before.
FIRST_MODEL = "gpt-4o"
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
    # The gateway that it went through: its kind of configuration makes a difference.
    gateway: object = None

    def expected(self, cell):
        return expect(cell, self.request_bytes, self.gateway)

    def holds(self, cell):
        """Whether the gateway keeps back what stands before the fault."""
        return not cell.stream or (self.gateway.held and cell.point in (HEAD, FIRST))


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


def drain(gateway):
    """Has Envoy drain, and waits until it takes no new connections."""

    def refuses():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", gateway.port)) != 0

    fetch(f"http://127.0.0.1:{gateway.admin}/drain_listeners?graceful", "POST")
    wait_for(refuses, "the listener is closed")


def once(play_way):
    """Plays all cells of a way once: the gateway, what came of each, the log and the metrics. `play_way` gives the first two."""
    results = {}

    def ask(way):
        if way not in results:
            gateway, came = play_way(way)
            gateway.mark()
            results[way] = gateway, came, list(gateway.entries), gateway.metrics()
        return results[way]

    return ask


def play_all(gateway, provider, cells, width=24, seconds=20.0, happens=None, client=RawClient):
    """Plays every cell; {cell: Played}. What `happens` does so while all of them, which pause, are at their points."""

    async def run():
        room = asyncio.Semaphore(len(cells) if happens else width)
        meeting = Meeting(len(cells)) if happens else None

        async def one(cell):
            async with room:
                return cell, await play(gateway, provider, cell, seconds, meeting, client)

        tasks = [asyncio.create_task(one(cell)) for cell in cells]
        if meeting:
            await meeting.hold(happens)
        return dict(await asyncio.gather(*tasks))

    return provider.run(run(), 60 + seconds * (2 + len(cells) / width))


async def play(gateway, provider, cell, seconds, meeting, kind):
    """Plays one cell."""
    mark = f"mark-{next(_numbers)}"
    body = asked(cell.client, FIRST_MODEL if cell.first else cell.provider.model, mark, cell.stream, cell.include_usage)
    client = kind(gateway.port, CLIENT_PATHS[cell.client], body, [("x-caller", mark)], seconds)
    played = Played(mark, client.reply, len(body), gateway=gateway)

    async def script(peer):
        if cell.first and peer.request.path == CLIENT_PATHS["openai"]:
            await fail_first(cell, peer)
            return
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
        if played.left or cell.fault not in (*LEAVES, *STALLS, *MORE):
            break
        await asyncio.sleep(0.02)
    return played


async def fail_first(cell, peer):
    """What the first provider does, OpenAI, so that the second one is asked."""
    provider = PROVIDERS["openai"]
    kind = provider.stream_kind if cell.stream else "application/json"
    if cell.first == "reset":
        peer.reset()
    elif cell.first == "stalls":
        await peer.gone(15)
    elif cell.first == "page in 200":
        await peer.begin(kind="text/html", length=len(PAGE), body=PAGE)
    elif cell.first == "reset after headers":
        await peer.begin(kind=kind, chunked=True)
        await asyncio.sleep(0.05)
        peer.reset()
    elif cell.first == "error in 200":
        await peer.begin(length=len(provider.error), body=provider.error)
    elif cell.first == "error event":
        await peer.begin(kind=kind, chunked=True, body=provider.events[0].data + provider.error_event)
        await peer.end()
    else:
        await peer.begin(status=cell.first, length=len(provider.error), body=provider.error)


async def perform(cell, peer, client, played, meeting):
    """The provider's side of a cell."""
    if cell.point == "whole":
        await perform_whole(cell, peer, played)
        return
    events, tail = cell.before()
    played.sent = b"".join(event.data for event in events) + tail
    opening = {"kind": cell.provider.stream_kind if cell.stream else "application/json"}
    if cell.fault != "ends by closing":
        opening["chunked"] = cell.stream
        if not cell.stream:
            opening["length"] = len(played.sent if cell.fault in ENDS else cell.provider.unary)
    if cell.point != BEFORE:
        await peer.begin(**opening, body=played.sent)
        await until_seen(cell, events, client, played)
    if cell.fault == PAUSES:
        await meeting.wait()
        await go_on(cell, peer, played, opening)
    else:
        await break_off(cell, peer, client, played)


async def go_on(cell, peer, played, opening):
    """The rest of an answer that paused."""
    body = b"".join(event.data for event in cell.provider.events) if cell.stream else cell.provider.unary
    rest, played.sent = body[len(played.sent) :], body
    if cell.point == BEFORE:
        await peer.begin(**opening, body=rest)
    elif rest:
        await peer.body(rest)
    await peer.end()


async def until_seen(cell, events, client, played):
    """Waits until the client has what stands before the fault: then the gateway has it, too."""
    last = [event.text for event in events if event.part == "text"][-1:]
    if played.holds(cell):
        # Nothing tells, and nothing hangs on it.
        await asyncio.sleep(0.05)
        return
    await client.until(lambda reply: reply.status == 200 and (not last or last[0].encode() in reply.body))
    # The part of an event behind it shows nowhere.
    await asyncio.sleep(0.02)


async def break_off(cell, peer, client, played):
    """The fault itself."""
    fault = cell.fault
    if fault in TAKE_EVENTS:
        spoilt = cell.provider.events[1].data
        events = {"broken event": cell.provider.broken_event, "broken checksum": spoilt[:-1] + bytes([spoilt[-1] ^ 1])}
        data = events.get(fault.split(",")[0], cell.provider.error_event)
        played.sent += data
        await peer.body(data)
        if fault in EVENTS:
            await peer.end()
            return
        # The client knows at once, not when the silence was too long.
        if not played.holds(cell):
            await client.until(lambda reply: b'"error"' in reply.body)
        if fault in MORE:
            await peer.body(cell.provider.ghost)
        if fault in MORE and played.holds(cell):
            # The error is an answer of its own there, and over when the provider's is: to cut it could take it back.
            await peer.end()
        else:
            await peer.gone(15)
    elif fault == "reset":
        peer.reset()
    elif fault in ("closes", "ends by closing"):
        peer.close()
    elif fault == "ends with trailers":
        await peer.end([("x-checksum", "7")])
    elif fault == "ends":
        await peer.end()
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
    answers = {
        "error in 200": {"body": provider.error},
        "529": {"status": "529 Overloaded", "body": provider.error},
        "502 page": {"status": "502 Bad Gateway", "kind": "text/html", "body": PAGE},
        "page in 200": {"kind": "text/html", "body": PAGE},
        "no body": {"kind": kind, "body": b""},
        "compressed": {"kind": kind, "more": ["content-encoding: gzip"], "body": gzip.compress(body)},
    }
    if fault == "length too long":
        await peer.begin(kind=kind, length=len(body) + 10, more=["connection: close"], body=body)
        await asyncio.sleep(0.1)
        peer.close()
    elif fault == "length too short":
        events, tail = cell.before()
        played.sent = b"".join(event.data for event in events) + tail
        await peer.begin(kind=kind, length=len(played.sent), body=body)
        await peer.gone(5)
    elif fault == "bytes after the end":
        await peer.send(whole(body, kind=kind) + whole(b'{"smuggled": true}'))
        await peer.gone(5)
    elif fault == "trailers":
        await peer.begin(kind=kind, chunked=True, body=body)
        await peer.end([("x-checksum", "7")])
    else:
        answer = answers.get(fault, {"kind": kind, "body": body})
        await peer.begin(**answer, length=len(answer["body"]))
        await peer.end()
