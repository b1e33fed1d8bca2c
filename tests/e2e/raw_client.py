"""A client that sees what comes to it byte for byte, tells a whole answer from a cut one, and leaves when it is told to."""
import asyncio
import json
import socket
import struct
from dataclasses import dataclass, field


@dataclass
class Reply:
    """What came."""

    status: int = 0
    headers: dict = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    # "" while it comes, then "whole", "cut" (FIN or RST too early), "left" (the client itself), "hung" (not in time).
    ended: str = ""
    # Bytes after the end of the answer.
    after: bytes = b""

    def json(self):
        return json.loads(self.body)


class Connection:
    """A connection that one request after another may use."""

    def __init__(self):
        self.open = None


class RawClient:
    """One request, on a connection of its own or on one that is kept, over HTTP/1.1.

    `pace` is how many seconds pass between reads, `receive_buffer` the socket's size: a small one lets a slow client be felt.
    """

    def __init__(self, port, path, body, headers=(), seconds=20.0, receive_buffer=None, pace=0, read_bytes=65536, connection=None):
        self.connection = connection
        self.port, self.path, self.headers, self.seconds = port, path, list(headers), seconds
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.receive_buffer, self.pace, self.read_bytes = receive_buffer, pace, read_bytes
        self.reply = Reply()
        self.changed = asyncio.Condition()
        self.task = self.writer = None
        # Once the kernel has the request, or will not get it.
        self.asked = asyncio.Event()
        self.leaves = ""

    async def run(self):
        """Asks, and reads the answer to its end."""
        self.task = asyncio.current_task()
        ended = "cut"
        try:
            async with asyncio.timeout(self.seconds):
                reader, self.writer = await self._connect()
                await self._ask()
                await self._read(reader)
                ended = "whole"
                if not self._keep(reader):
                    self.writer.write_eof()
                    self.reply.after = await reader.read()
        except TimeoutError:
            ended = "whole" if ended == "whole" else "hung"
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except asyncio.CancelledError:
            if not self.leaves:
                raise
            ended = "left"
            if self.leaves == "rst":
                raw = self.writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.writer.transport.abort()
        finally:
            if self.writer and not (self.connection and self.connection.open):
                self.writer.close()
            self.reply.ended = ended
            self.asked.set()
            await self._tell()
        return self.reply

    async def _connect(self):
        if self.connection and self.connection.open:
            kept, self.connection.open = self.connection.open, None
            return kept
        raw = socket.socket()
        try:
            raw.setblocking(False)
            if self.receive_buffer:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
            await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", self.port))
            return await asyncio.open_connection(sock=raw, limit=1 << 16)
        except BaseException:
            raw.close()
            raise

    def _keep(self, reader):
        """Keeps the connection for the next request, where there may be one."""
        if not self.connection or self.reply.headers.get("connection") == "close":
            return False
        self.connection.open = reader, self.writer
        return True

    def leave(self, how):
        """Goes away in mid-answer, with "fin" or "rst"."""
        if not self.reply.ended:
            self.leaves = how
            self.task.cancel()

    async def until(self, condition, seconds=10.0):
        """Waits until what came fulfils a condition; an error where it ended or took its time before."""
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(lambda: self.reply.ended or condition(self.reply))
        if not condition(self.reply):
            raise AssertionError(f"the client's answer ended before: {self.reply}")

    async def _tell(self):
        async with self.changed:
            self.changed.notify_all()

    async def _ask(self):
        lines = [f"POST {self.path} HTTP/1.1", "host: gateway.test", "content-type: application/json", f"content-length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + self.body)
        await self.writer.drain()
        self.asked.set()

    async def _read(self, reader):
        reply = self.reply
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        reply.status = int(first.split(" ")[1])
        reply.headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        await self._tell()
        if "content-length" in reply.headers:
            await self._take(reader, int(reply.headers["content-length"]))
            return
        if reply.headers.get("transfer-encoding") != "chunked":
            raise AssertionError(f"an answer without framing: {reply.headers}")
        while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
            await self._take(reader, size)
            await reader.readexactly(2)
        while await reader.readuntil(b"\r\n") != b"\r\n":
            pass

    async def _take(self, reader, left):
        while left:
            if self.pace:
                await asyncio.sleep(self.pace)
            data = await reader.read(min(left, self.read_bytes))
            if not data:
                raise asyncio.IncompleteReadError(b"", left)
            left -= len(data)
            self.reply.body += data
            await self._tell()
