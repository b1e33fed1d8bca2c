"""Slow clients and fast providers: the provider is held back, and memory stays bounded."""
import asyncio
import json

import fault_play as play
import pytest
from fault_wires import CLIENT_PATHS, PROVIDERS, asked, aws, read_stream
from gateway import wait_for
from raw_client import RawClient
from raw_provider import chunk, head

MB = 1 << 20
WORD = "0123456789abcdef" * 1024
ENDLESS_BYTES = 200 * MB
PAIRS = [("openai", "openai"), ("anthropic", "anthropic"), ("openai", "anthropic"), ("openai", "bedrock"), ("anthropic", "openai")]
WAYS = [("envoy.yaml", False), ("envoy.yaml", True), ("inline.yaml", False)]


def event(wire):
    """An event with a long text."""
    if wire == "bedrock":
        return aws("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": WORD}})
    first = next(event for event in PROVIDERS[wire].events if event.part == "text")
    return first.data.replace(first.text.encode(), WORD.encode())


class Flood:
    """A stream that is as long as it is told, written as fast as it is taken."""

    def __init__(self, wire, total_bytes):
        self.provider, self.word = PROVIDERS[wire], event(wire)
        self.count = total_bytes // len(self.word)
        self.sent_bytes, self.left = 0, None

    async def __call__(self, peer):
        events = self.provider.events
        # What the kernel holds for the gateway shall not hide what the gateway holds.
        peer.writer.transport.set_write_buffer_limits(high=65536)
        opening = b"".join(event.data for event in events if event.part == "open")
        try:
            await peer.send(head(kind=self.provider.stream_kind, chunked=True) + (chunk(opening) if opening else b""))
            for _ in range(self.count):
                await peer.send(chunk(self.word))
                self.sent_bytes += len(self.word)
            await peer.send(chunk(b"".join(event.data for event in events if event.part not in ("open", "text"))) + chunk(b""))
        finally:
            self.left = "whole" if self.sent_bytes >= self.count * len(self.word) else "early"


async def stands_still(floods, seconds=30.0):
    """Waits until no provider could write for a second."""
    before, still = None, 0
    async with asyncio.timeout(seconds):
        while still < 10:
            now = [flood.sent_bytes for flood in floods]
            still = still + 1 if now == before and all(now) else 0
            before = now
            await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
def gate(gateways_of, provider):
    running = {}

    def ask(name="envoy.yaml", old=False):
        if (name, old) not in running:
            running[name, old] = gateways_of(name, provider, play.CALLERS, old)
        return running[name, old]

    return ask


def slow_client(gateway, client, wire, mark, stream=True, **how):
    how = {"receive_buffer": 4096, "pace": 0.25, "read_bytes": 256, "seconds": 60.0, **how}
    return RawClient(gateway.port, CLIENT_PATHS[client], asked(client, PROVIDERS[wire].model, mark, stream, False), [("x-caller", mark)], **how)


def settled(gateway, mark):
    found = wait_for(lambda: [entry for entry in gateway.entries if entry["caller"] == mark], "a log line")
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("name, old", WAYS)
def test_slow_clients_hold_the_providers_back(gate, provider, name, old):
    gateway = gate(name, old)
    pairs = [pair for pair in PAIRS if name != "inline.yaml" or pair[1] != "bedrock"]
    floods = {(client, wire): Flood(wire, ENDLESS_BYTES) for client, wire in pairs}
    marks = {(client, wire): f"mark-slow{client}{wire}" for client, wire in pairs}
    for pair, flood in floods.items():
        provider.on(marks[pair], flood)
    before = gateway.resident_bytes()

    async def run():
        clients = {pair: slow_client(gateway, *pair, marks[pair]) for pair in pairs}
        tasks = [asyncio.create_task(client.run()) for client in clients.values()]
        await stands_still(list(floods.values()))
        grown = gateway.resident_bytes() - before
        # Each reads on, about a kilobyte a second, and its provider still waits.
        for pair, client in clients.items():
            sent, got = floods[pair].sent_bytes, len(client.reply.body)
            await client.until(lambda reply, got=got: len(reply.body) > got + 1024)
            assert floods[pair].sent_bytes - sent < MB, pair
        for client in clients.values():
            client.leave("fin")
        await asyncio.gather(*tasks)
        return grown, {pair: client.reply for pair, client in clients.items()}

    grown, replies = provider.run(run(), 90)
    print(f"{name}: sent {[round(flood.sent_bytes / MB, 1) for flood in floods.values()]} MB, grown {grown / MB:.1f} MB")
    assert grown < 64 * MB
    for (client, wire), flood in floods.items():
        assert flood.sent_bytes < ENDLESS_BYTES / 4
        wait_for(lambda flood=flood: flood.left == "early", "the provider is told that the client has gone")
        entry = settled(gateway, marks[client, wire])
        assert (entry["outcome"], entry["usage_source"]) == ("aborted", "estimated")
        # What the client has was counted, and no more than what was sent.
        tokens, text = int(entry["output_tokens"]), read_stream(client, replies[client, wire].body).text
        assert len(text) <= 4 * tokens <= flood.sent_bytes + len(WORD) and int(entry["cost_nanousd"]) > 0


@pytest.mark.parametrize("client, wire", PAIRS)
def test_a_client_that_wakes_up_gets_everything(gate, provider, client, wire):
    gateway = gate()
    mark, flood = f"mark-wake{client}{wire}", Flood(wire, 32 * MB)
    provider.on(mark, flood)

    async def run():
        asking = slow_client(gateway, client, wire, mark, receive_buffer=65536)
        task = asyncio.create_task(asking.run())
        await stands_still([flood])
        asking.pace, asking.read_bytes = 0, MB
        return await task

    reply = provider.run(run(), 90)
    assert reply.ended == "whole" and flood.left == "whole"
    seen = read_stream(client, reply.body)
    assert (len(seen.text), seen.ends, seen.errors, seen.garbage) == (len(WORD) * flood.count, 1, (), ())
    entry = settled(gateway, mark)
    assert (entry["outcome"], entry["usage_source"], entry["output_tokens"]) == ("ok", "provider", "7")


def test_many_slow_clients_at_once(gate, provider):
    gateway = gate()
    before = gateway.resident_bytes()
    floods = {}
    for number in range(40):
        floods[f"mark-many{number}"] = Flood(PAIRS[number % len(PAIRS)][1], ENDLESS_BYTES)
    for mark, flood in floods.items():
        provider.on(mark, flood)

    async def run():
        clients = [slow_client(gateway, *PAIRS[number % len(PAIRS)], mark) for number, mark in enumerate(floods)]
        tasks = [asyncio.create_task(client.run()) for client in clients]
        await stands_still(list(floods.values()))
        grown = gateway.resident_bytes() - before
        for client in clients:
            client.leave("rst")
        await asyncio.gather(*tasks)
        return grown

    grown = provider.run(run(), 90)
    print(f"40 clients: grown {grown / MB:.1f} MB, sent {sum(flood.sent_bytes for flood in floods.values()) / MB:.1f} MB")
    assert grown < 40 * 8 * MB
    for mark, flood in floods.items():
        wait_for(lambda flood=flood: flood.left == "early", "the provider is told")
        assert settled(gateway, mark)["outcome"] == "aborted"
    wait_for(lambda: gateway.stat("http.llm.downstream_rq_active") == 0, "nothing is active")


def unary(wire, size):
    """A whole answer with so many bytes of text."""
    return PROVIDERS[wire].unary.replace(b"Never a number is lost.", b"x" * size)


@pytest.mark.parametrize("client, wire", [("openai", "openai"), ("openai", "anthropic")])
def test_large_unary_answers_to_slow_clients(gate, provider, client, wire):
    """Each is gathered, up to `max_response_bytes`, and what it took is used again for the next."""
    gateway = gate()
    body = unary(wire, 12 * MB)

    async def script(peer):
        await peer.send(head(length=len(body)) + body)

    async def run(turn, count):
        clients = []
        for number in range(count):
            mark = f"mark-unary{client}{wire}{turn}{number}"
            provider.on(mark, script)
            clients.append(slow_client(gateway, client, wire, mark, stream=False, receive_buffer=65536, pace=0.001, read_bytes=MB))
        replies = await asyncio.gather(*(client.run() for client in clients))
        assert [reply.ended for reply in replies] == ["whole"] * count
        assert all(len(reply.body) > 12 * MB and json.loads(reply.body) for reply in replies)
        return gateway.resident_bytes()

    before = gateway.resident_bytes()
    # How far three at once overlap is chance; then one after another needs nothing more.
    most = max(provider.run(run(turn, 3), 90) for turn in range(2))
    after = [provider.run(run(turn, 1), 90) for turn in range(2, 6)]
    print(f"{client} {wire}: before {before / MB:.0f} MB, three at once {most / MB:.0f} MB, then {[round(size / MB) for size in after]} MB")
    assert most - before < 3 * 6 * 12 * MB and after[-1] - most < 12 * MB


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_an_endless_answer_is_cut_off(gate, provider, stream, wire):
    """A unary answer without end is not gathered beyond the limit, and one event without end not beyond its own."""
    gateway = gate()
    before = gateway.resident_bytes()
    state = {"sent": 0, "left": None}

    async def script(peer):
        kind = PROVIDERS[wire].stream_kind if stream else "application/json"
        start = b'data: {"choices":[{"delta":{"content":"' if stream else b'{"choices":[{"message":{"content":"'
        await peer.send(head(kind=kind, chunked=True) + chunk(start))
        try:
            while state["sent"] < ENDLESS_BYTES:
                await peer.send(chunk(WORD.encode()))
                state["sent"] += len(WORD)
        finally:
            state["left"] = "early" if state["sent"] < ENDLESS_BYTES else "whole"

    mark = f"mark-endless{wire}{int(stream)}"
    provider.on(mark, script)
    reply = provider.run(slow_client(gateway, "openai", wire, mark, stream=stream, receive_buffer=None, pace=0, read_bytes=MB).run(), 90)
    grown = gateway.resident_bytes() - before
    print(f"{wire} {stream}: {reply.status} {reply.ended} {len(reply.body)} bytes, sent {state['sent'] / MB:.1f} MB, grown {grown / MB:.1f} MB")
    wait_for(lambda: state["left"] == "early", "the provider is told")
    assert reply.ended == "cut" and b"[DONE]" not in reply.body and grown < 160 * MB
    assert settled(gateway, mark)["outcome"] == "error"
