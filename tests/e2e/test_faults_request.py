"""Faults on the way there: clients that do not finish their request, and providers that answer before they have read it."""
import asyncio
import json

import fault_check as check
import fault_play as play
import pytest
from fault_cells import INLINE_WIRES, SAME, TRANSLATED
from fault_wires import CLIENT_PATHS, PROVIDERS, asked, is_error
from gateway import wait_for
from raw_client import RawClient
from raw_provider import CLOSE, RESET, Peer, RawProvider, Request, steps, whole

MB = 1 << 20
PAIRS = SAME + TRANSLATED
WAYS = [("envoy.yaml", False), ("envoy.yaml", True), ("inline.yaml", False)]
SHORT_IDLE = [("stream_idle_timeout: 300s", "stream_idle_timeout: 2s")]


class HastyProvider(RawProvider):
    """A provider that answers once it has a request's head."""

    async def _serve(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(Request(head, b""))
            await self.default(Peer(self.requests[-1], reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@pytest.fixture(scope="module")
def gates(gateways_of, provider):
    running = {}

    def ask(name, old, changes=()):
        key = name, old, tuple(changes)
        if key not in running:
            running[key] = gateways_of(name, provider, [*play.CALLERS, *changes], old)
        return running[key]

    return ask


class Unfinished(RawClient):
    """A client that sends a part of its request, and tells when it is sent."""

    part = 1.0

    async def _ask(self):
        whole, self.body = self.body, self.body[: int(len(self.body) * self.part)]
        length = str(len(whole)).encode()
        sent = f"POST {self.path} HTTP/1.1\r\nhost: gateway.test\r\ncontent-type: application/json\r\n".encode()
        sent += b"".join(f"{name}: {value}\r\n".encode() for name, value in self.headers)
        self.writer.write(sent + b"content-length: " + length + b"\r\n\r\n" + self.body)
        await self.writer.drain()
        self.asked.set()


def line_of(gateway, mark):
    found = wait_for(lambda: [entry for entry in gateway.entries if entry["caller"] == mark], "a log line")
    assert len(found) == 1, found
    return found[0]


def requests_of(gateway, mark):
    return gateway.metric("weir_requests_total", caller=mark)


@pytest.mark.parametrize("name, old", WAYS)
@pytest.mark.parametrize("part", [0.0, 0.5, 0.99])
@pytest.mark.parametrize("how", ["fin", "rst"])
def test_a_client_that_leaves_in_its_request(gates, provider, name, old, part, how):
    gateway = gates(name, old)
    asked_before = len(provider.requests)
    marks = {}

    async def one(client, wire):
        mark = marks[client, wire] = f"mark-leave{client}{wire}{how}{int(100 * part)}"
        asking = Unfinished(gateway.port, CLIENT_PATHS[client], asked(client, PROVIDERS[wire].model, mark, True, False), [("x-caller", mark)])
        asking.part = part
        task = asyncio.create_task(asking.run())
        await asking.asked.wait()
        # So that Envoy has it before it has the end: RST would take it back.
        await asyncio.sleep(0.3)
        asking.leave(how)
        return await task

    async def run():
        return await asyncio.gather(*(one(*pair) for pair in SAME))

    assert [reply.ended for reply in provider.run(run())] == ["left"] * len(SAME)
    for mark in marks.values():
        entry = line_of(gateway, mark)
        assert (entry["outcome"], entry["usage_source"], entry["total_tokens"]) == ("aborted", "none", "0"), entry
        assert requests_of(gateway, mark) == 1
    assert len(provider.requests) == asked_before


@pytest.mark.parametrize("name, old", WAYS)
def test_a_client_that_falls_silent_in_its_request(gates, provider, name, old):
    gateway = gates(name, old, SHORT_IDLE)
    marks = {}

    async def one(client, wire, part):
        mark = marks[client, wire, part] = f"mark-quiet{client}{wire}{int(100 * part)}"
        asking = Unfinished(gateway.port, CLIENT_PATHS[client], asked(client, PROVIDERS[wire].model, mark, True, False), [("x-caller", mark)])
        asking.part = part
        return client, await asking.run()

    async def run():
        return await asyncio.gather(*(one(*pair, part) for pair in SAME for part in (0.0, 0.5)))

    for client, reply in provider.run(run()):
        assert (reply.status, reply.ended) == (408, "whole") and is_error(client, reply.json()), reply
    for mark in marks.values():
        entry = line_of(gateway, mark)
        assert (entry["status"], entry["usage_source"]) == (408, "none") and entry["outcome"] in ("error", "refused"), entry
        assert requests_of(gateway, mark) == 1


WIRE_PATHS = {"openai": "chat/completions", "anthropic": "/messages", "gemini": "/v1beta/", "bedrock": "/model/"}


def refusal(path):
    """The provider whose path this is refuses the request for its size."""
    wire = next(wire for wire, part in WIRE_PATHS.items() if part in path)
    return whole(PROVIDERS[wire].error, "413 Payload Too Large", more=["connection: close"])


@pytest.mark.parametrize("name, old", WAYS)
def test_a_provider_that_answers_before_it_has_read(gateways_of, name, old):
    """Its error is the client's, or, where the connection broke under it, the gateway's own: one of both, and settled once."""
    hasty = HastyProvider()
    gateway = gateways_of(name, hasty, play.CALLERS, old)
    pairs = [pair for pair in PAIRS if name == "envoy.yaml" or pair[1] in INLINE_WIRES]

    async def one(client, wire, size, mark):
        body = json.loads(asked(client, PROVIDERS[wire].model, mark, False, False))
        body["messages"][0]["content"] += "x" * size
        reply = await RawClient(gateway.port, CLIENT_PATHS[client], body, [("x-caller", mark)]).run()
        return client, reply, size, mark

    async def run(ending, size):
        async def answer(peer):
            await steps(refusal(peer.request.path), *([0.2, ending] if ending else [2.0]))(peer)

        hasty.default = answer
        marks = [f"mark-hasty{client}{wire}{ending}{size}" for client, wire in pairs]
        return await asyncio.gather(*(one(*pair, size, mark) for pair, mark in zip(pairs, marks)))

    rounds = [(ending, size) for ending in (None, CLOSE, RESET) for size in (1000, 4 * MB)]
    for client, reply, size, mark in [came for ending, size in rounds for came in hasty.run(run(ending, size), 60)]:
        assert reply.ended == "whole" and reply.status in (413, 502) and is_error(client, reply.json()), (mark, reply)
        # What is small was sent before the answer came: that is always the provider's.
        assert reply.status == 413 or size > 1000
        entry = line_of(gateway, mark)
        assert entry["status"] == reply.status and entry["outcome"] in ("error", "refused"), entry
        assert requests_of(gateway, mark) == 1
    check.rest(gateway, len(pairs) * len(rounds))
    hasty.stop()
