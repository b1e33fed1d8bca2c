"""A provider that says exactly the bytes it is told to, when it is told to, and ends as rudely as it is told to.

What it does with a request is a *script*, found by a mark that the test puts into the request's text: translation keeps it.

    provider = RawProvider()
    provider.on("mark-1", steps(head(length=3), b"{}", 0.1, RESET))

It lives in an event loop of its own thread; `run` brings a coroutine into it, so that a client can take turns with a script.
"""
import asyncio
import re
import socket
import struct
import threading
from dataclasses import dataclass, field

MARK = re.compile(rb"mark-[0-9a-z]+")
# Steps that end a script. After the last one of none of these the connection waits for the next request.
CLOSE, RESET, HOLD = "close", "reset", "hold"


@dataclass
class Request:
    """What came, byte for byte, and how the sender left."""

    head: bytes
    body: bytes
    # None while the connection is open, then "fin" or "rst".
    left: str | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def path(self):
        return self.head.split(b" ", 2)[1].decode()

    @property
    def headers(self):
        lines = self.head.split(b"\r\n")[1:]
        pairs = [line.partition(b":") for line in lines if line]
        return [(name.strip().lower().decode("latin-1"), value.strip().decode("latin-1")) for name, _, value in pairs]


class Peer:
    """The other side of a connection, as a script sees it."""

    def __init__(self, request, reader, writer):
        self.request, self.reader, self.writer = request, reader, writer
        self.chunked = False

    async def send(self, data):
        """Writes bytes as they are, and waits until the kernel took them."""
        self.writer.write(data)
        await self.writer.drain()

    async def begin(self, status="200 OK", kind="application/json", length=None, chunked=False, more=(), body=b""):
        """Begins an answer, with a piece of its body in the same write."""
        self.chunked = chunked
        await self.send(head(status, kind, length, chunked, more) + (chunk(body) if chunked and body else body))

    async def body(self, data):
        """A piece of the answer's body."""
        await self.send(chunk(data) if self.chunked else data)

    async def end(self, trailers=()):
        """The answer's end, where its framing has one."""
        if self.chunked:
            await self.send("\r\n".join(["0", *(f"{name}: {value}" for name, value in trailers), "\r\n"]).encode())

    def reset(self):
        """Ends with RST: what the other side has not read is lost."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def close(self):
        """Ends with FIN."""
        self.writer.close()

    async def gone(self, seconds):
        """Waits until the other side closed; says how, or None where it did not in time."""
        try:
            async with asyncio.timeout(seconds):
                while await self.reader.read(65536):
                    pass
            self.request.left = "fin"
        except TimeoutError:
            pass
        except ConnectionError:
            self.request.left = "rst"
        return self.request.left


def steps(*items):
    """A script: bytes are written, a number is a pause in seconds, an `asyncio.Event` is waited for, and a word ends it."""

    async def script(peer):
        for item in items:
            if isinstance(item, bytes):
                await peer.send(item)
            elif isinstance(item, (int, float)):
                await asyncio.sleep(item)
            elif isinstance(item, asyncio.Event):
                await item.wait()
            elif item == RESET:
                peer.reset()
            elif item == CLOSE:
                peer.close()
            elif item == HOLD:
                await peer.gone(60)

    return script


def head(status="200 OK", kind="application/json", length=None, chunked=False, more=()):
    """An answer's head. Without a length and not in chunks the body lasts until the connection closes."""
    lines = [f"HTTP/1.1 {status}", f"content-type: {kind}", *more]
    if length is not None:
        lines.append(f"content-length: {length}")
    if chunked:
        lines.append("transfer-encoding: chunked")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def chunk(data):
    """Data in HTTP/1.1's chunk framing; of nothing it is the end."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def whole(body, status="200 OK", kind="application/json", more=()):
    """A whole answer with its right length."""
    return head(status, kind, length=len(body), more=more) + body


class RawProvider:
    """The server."""

    def __init__(self):
        self.requests = []
        self.scripts = {}
        # What a request without a known mark gets.
        self.default = steps(whole(b'{"error":{"message":"no script for this request"}}', "500 Internal Server Error"))
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        # A small receive buffer is never in the way here; a deep backlog is needed by bursts.
        self.server = self.run(asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024))
        self.port = self.server.sockets[0].getsockname()[1]

    def run(self, coroutine, seconds=30):
        """Runs a coroutine in the provider's loop; its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(seconds)

    def on(self, mark, script):
        self.scripts[mark.encode()] = script

    async def _serve(self, reader, writer):
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while (request := await read_request(reader)) is not None:
                self.requests.append(request)
                peer = Peer(request, reader, writer)
                found = MARK.search(request.body) or MARK.search(request.head)
                script = self.scripts.get(found[0], self.default) if found else self.default
                try:
                    await script(peer)
                except (ConnectionError, asyncio.IncompleteReadError):
                    request.left = request.left or "rst"
                finally:
                    request.done.set()
                if writer.is_closing() or request.left:
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass
        finally:
            writer.close()

    def stop(self):
        async def end():
            self.server.close()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

        self.run(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


async def read_request(reader):
    """One request of HTTP/1.1; None where the connection ended instead."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    lower = head.lower()
    if found := re.search(rb"\r\ncontent-length: *(\d+)", lower):
        return Request(head, await reader.readexactly(int(found[1])))
    body = b""
    if b"\r\ntransfer-encoding: chunked" in lower:
        while size := int((await reader.readline()).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        while (await reader.readline()).strip():
            pass
    return Request(head, body)
