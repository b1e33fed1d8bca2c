"""The scripted provider and the client that sees everything, over HTTP/2 with prior knowledge."""
import asyncio
import socket

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
from raw_client import RawClient
from raw_provider import MARK, Peer, RawProvider, Request

FRAME = 16384
HEAD, GOAWAY = 9, 7


def post_http2(port, body, headers=(), trailers=(), path="/v1/chat/completions"):
    """Posts over HTTP/2 what no client's library would; the answer's status and body, 0 where there was none. No length is said."""
    peer = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, validate_outbound_headers=False, normalize_outbound_headers=False))
    peer.initiate_connection()
    peer.send_headers(1, [(":method", "POST"), (":path", path), (":scheme", "http"), (":authority", "gateway.test"), *headers])
    peer.send_data(1, body, end_stream=not trailers)
    if trailers:
        peer.send_headers(1, trailers, end_stream=True)
    status, came = 0, b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(peer.data_to_send())
        while data := wire.recv(65536):
            for event in peer.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived):
                    status = int(dict(event.headers)[b":status"])
                elif isinstance(event, h2.events.DataReceived):
                    came += event.data
                elif isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset, h2.events.ConnectionTerminated)):
                    return status, came
            wire.sendall(peer.data_to_send())
    return status, came


class Http2Peer(Peer):
    """One stream's other side. A script resets the stream, or closes the connection under it."""

    def __init__(self, request, connection, stream):
        super().__init__(request, None, connection.writer)
        self.connection, self.stream, self.left = connection, stream, asyncio.Event()

    async def begin(self, status="200 OK", kind="application/json", length=None, chunked=False, more=(), body=b""):
        headers = [(":status", status.split(" ")[0]), ("content-type", kind)]
        headers += [tuple(line.split(": ")) for line in more if not line.startswith("connection")]
        if length is not None:
            headers.append(("content-length", str(length)))
        self.over = length == 0
        self.connection.http.send_headers(self.stream, headers, end_stream=self.over)
        if body:
            await self.body(body)
        else:
            await self.connection.flush()

    async def body(self, data):
        http = self.connection.http
        while data:
            room = min(http.local_flow_control_window(self.stream), FRAME)
            if not room:
                await asyncio.sleep(0.01)
                continue
            http.send_data(self.stream, data[:room])
            data = data[room:]
        await self.connection.flush()

    async def end(self, trailers=()):
        if trailers:
            self.connection.http.send_headers(self.stream, trailers, end_stream=True)
        elif not self.over:
            self.connection.http.end_stream(self.stream)
        await self.connection.flush()

    def reset(self):
        try:
            self.connection.http.reset_stream(self.stream, h2.errors.ErrorCodes.INTERNAL_ERROR)
            self.writer.write(self.connection.http.data_to_send())
        except h2.exceptions.ProtocolError:
            # It was reset from the other side.
            pass

    def close(self):
        self.connection.http.close_connection(last_stream_id=self.stream)
        self.writer.write(self.connection.http.data_to_send())
        self.writer.close()

    async def gone(self, seconds):
        try:
            async with asyncio.timeout(seconds):
                await self.left.wait()
            self.request.left = "rst"
        except TimeoutError:
            pass
        return self.request.left


class _Connection:
    """One connection's streams."""

    def __init__(self, provider, reader, writer):
        self.provider, self.reader, self.writer = provider, reader, writer
        self.http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self.peers, self.tasks = {}, []

    async def flush(self):
        self.writer.write(self.http.data_to_send())
        await self.writer.drain()

    async def serve(self):
        self.http.initiate_connection()
        await self.flush()
        while data := await self.reader.read(65536):
            for event in self.http.receive_data(data):
                self.take(event)
            await self.flush()
        for peer in self.peers.values():
            peer.left.set()

    def take(self, event):
        if isinstance(event, h2.events.RequestReceived):
            head = "".join(f"{name}: {value}\r\n" for name, value in event.headers).encode()
            self.peers[event.stream_id] = Http2Peer(Request(head, b""), self, event.stream_id)
        elif isinstance(event, h2.events.DataReceived):
            self.peers[event.stream_id].request.body += event.data
            self.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamReset) and event.stream_id in self.peers:
            self.peers[event.stream_id].left.set()
        elif isinstance(event, h2.events.StreamEnded):
            self.tasks.append(asyncio.create_task(self.answer(self.peers[event.stream_id])))

    async def answer(self, peer):
        self.provider.requests.append(peer.request)
        found = MARK.search(peer.request.body)
        script = self.provider.scripts.get(found[0]) if found else None
        try:
            if script:
                await script(peer)
        except (ConnectionError, h2.exceptions.ProtocolError):
            peer.request.left = peer.request.left or "rst"


class Http2Provider(RawProvider):
    """The provider."""

    async def _serve(self, reader, writer):
        try:
            await _Connection(self, reader, writer).serve()
        except (ConnectionError, h2.exceptions.ProtocolError):
            pass
        finally:
            writer.close()


class Http2Client(RawClient):
    """The client: one request on a connection of its own."""

    async def _ask(self):
        self.http = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.http.initiate_connection()
        headers = [(":method", "POST"), (":scheme", "http"), (":authority", "gateway.test"), (":path", self.path)]
        headers += [("content-type", "application/json"), ("content-length", str(len(self.body))), *self.headers]
        self.http.send_headers(1, headers)
        self.http.send_data(1, self.body, end_stream=True)
        self.writer.write(self.http.data_to_send())
        await self.writer.drain()
        self.asked.set()

    def _frames(self, data):
        """The whole frames that came, without GOAWAY: the library would let no open stream end after it."""
        self.rest += data
        whole = b""
        while len(self.rest) >= HEAD and len(self.rest) >= (size := HEAD + int.from_bytes(self.rest[:3], "big")):
            frame, self.rest = self.rest[:size], self.rest[size:]
            if frame[3] != GOAWAY:
                whole += frame
        return whole

    async def _read(self, reader):
        reply, self.rest = self.reply, b""
        while True:
            data = await reader.read(65536)
            if not data:
                raise asyncio.IncompleteReadError(b"", None)
            for event in self.http.receive_data(self._frames(data)):
                if isinstance(event, h2.events.ResponseReceived):
                    reply.headers = dict(event.headers)
                    reply.status = int(reply.headers.pop(":status"))
                elif isinstance(event, h2.events.DataReceived):
                    reply.body += event.data
                    self.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamReset):
                    raise asyncio.IncompleteReadError(b"", None)
                elif isinstance(event, h2.events.StreamEnded):
                    await self._tell()
                    return
            self.writer.write(self.http.data_to_send())
            await self._tell()

    def leave(self, how):
        """ "fin" resets the stream, "rst" the whole connection."""
        if how == "fin" and not self.reply.ended:
            self.http.reset_stream(1, h2.errors.ErrorCodes.CANCEL)
            self.writer.write(self.http.data_to_send())
        super().leave(how)
