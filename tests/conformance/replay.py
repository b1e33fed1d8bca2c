"""The fake provider: a server on loopback that answers each request with the recorded answer of the case that its header names."""
import asyncio
import json
import random
import threading
from urllib.parse import parse_qs, urlsplit

from corpus import Case
from families import family
from frames import google_form
from mutate import mutated

# What belongs to one connection or one coding of the body, and is made anew.
OWN_HEADERS = {
    "connection", "content-encoding", "content-length", "content-type", "transfer-encoding", "keep-alive", "date", "server", "set-cookie",
    "alt-svc", "trailer", "upgrade", "te", "proxy-connection", "status",
}  # fmt: skip
REASONS = {200: "OK"}
# Answers kept at hand: the pairs of one case come one after another.
KEPT = 100


class Replay:
    """Serves a corpus from a thread of its own."""

    def __init__(self, root, entries, seed, falsify):
        self.root, self.seed, self.falsify = root, seed, falsify
        self.entries = {entry.file: entry for entry in entries}
        self.seen, self.port, self.bodies = {}, None, {}
        self.ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        if not self.ready.wait(30):
            raise RuntimeError("the fake provider did not start")

    async def _serve(self):
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=512, limit=1 << 20)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        async with server:
            await server.serve_forever()

    async def _connection(self, reader, writer):
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _exchange(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {}
        for line in head[1:]:
            if ":" in line:
                name, value = line.split(":", 1)
                headers[name.lower()] = value.strip()
        body = await self._body(reader, headers)
        if path.startswith("/__seen"):
            found = self.seen.pop(parse_qs(urlsplit(path).query)["id"][0], None)
            return await self._send(writer, 200 if found else 404, [("content-type", "application/json")], [json.dumps(found).encode()])
        pair = headers.get("x-conformance-id", "")
        if headers.get("x-conformance-record"):
            self.seen[pair] = {"path": path, "headers": headers, "body": body.decode("utf-8", "replace")}
        status, sent, content = self._answer(headers.get("x-conformance-case", ""), "streamGenerateContent" in path, "alt=sse" in path)
        return await self._send(writer, status, sent, _pieces(content, self._chance(headers)))

    def _chance(self, headers):
        """A case is always cut the same way for the same seed and client, whatever else is asked."""
        return random.Random(f"{self.seed}/{headers.get('x-conformance-case')}/{headers.get('x-conformance-inbound')}")

    async def _body(self, reader, headers):
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return await reader.readexactly(int(headers.get("content-length") or 0))
        parts = []
        while True:
            size = int((await reader.readline()).split(b";")[0], 16)
            parts.append(await reader.readexactly(size))
            await reader.readline()
            if size == 0:
                return b"".join(parts)

    def _answer(self, file, google, sse):
        if file not in self.bodies:
            if len(self.bodies) > KEPT:
                self.bodies.clear()
            self.bodies[file] = self._load(file)
        status, headers, content = self.bodies[file]
        if google and status < 400:
            kind = "text/event-stream" if sse else "application/json; charset=UTF-8"
            return status, [*headers[:-1], ("content-type", kind)], google_form(content, sse)
        return status, headers, content

    def _load(self, file):
        entry = self.entries.get(file)
        found = family(entry.provider, entry.operation) if entry else None
        if found is None:
            return 500, [("content-type", "application/json")], b'{"error":{"message":"no such case"}}'
        case = Case(self.root, entry, found.wire)
        headers = [(name, value) for name, value in case.headers.items() if name not in OWN_HEADERS and _plain(name) and _plain(value)]
        content = mutated(case, self.seed).body if self.falsify else case.body
        return case.status, [*headers, ("content-type", case.content_type)], content

    async def _send(self, writer, status, headers, pieces):
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Recorded')}", *(f"{name}: {value}" for name, value in headers), "transfer-encoding: chunked"]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        for piece in pieces:
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


def _plain(text):
    return text.isascii() and text.isprintable()


def _pieces(content, chance):
    """The content in random pieces: some of a few bytes, some of many, at most some sixty."""
    mean = max(len(content) // chance.choice([1, 3, 8, 20, 50]), 1)
    pieces, at = [], 0
    while at < len(content):
        size = chance.randint(1, 7) if chance.random() < 0.2 else chance.randint(1, 2 * mean)
        pieces.append(content[at : at + size])
        at += size
    return pieces
