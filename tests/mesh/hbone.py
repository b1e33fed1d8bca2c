"""Istio's tunnel (HBONE), as ztunnel speaks it: HTTP/2 CONNECT over mutual TLS to a waypoint's port 15008, for the address of a service."""
import asyncio
import ssl
import threading

import h2.config
import h2.connection
import h2.events
import h2.exceptions

PORT = 15008
BROKEN = (OSError, h2.exceptions.ProtocolError)


class Tunnel:
    """A port of this machine, from which every connection goes through a waypoint to `target` (an address and a port)."""

    def __init__(self, waypoint, target, certificates):
        self.waypoint, self.target = waypoint, target
        self.context = ssl.create_default_context(cafile=str(certificates / "root-cert.pem"))
        # A workload's name is in its certificate as a URI, which this module of Python's cannot compare.
        self.context.check_hostname = False
        self.context.load_cert_chain(certificates / "cert-chain.pem", certificates / "key.pem")
        self.context.set_alpn_protocols(["h2"])
        # A loop keeps only weak references to what runs in it.
        self.loop, self.running = asyncio.new_event_loop(), set()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        serving = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._accept, "127.0.0.1", 0), self.loop)
        self.url = f"http://127.0.0.1:{serving.result(10).sockets[0].getsockname()[1]}"

    async def _accept(self, reader, writer):
        task = asyncio.ensure_future(self._carry(reader, writer))
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def _carry(self, reader, writer):
        peer = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        wire, out = await asyncio.open_connection(self.waypoint, PORT, ssl=self.context)
        peer.initiate_connection()
        peer.send_headers(1, [(":method", "CONNECT"), (":authority", self.target)])
        out.write(peer.data_to_send())
        changed = asyncio.Event()
        sending = asyncio.ensure_future(self._send(reader, peer, out, changed))
        receiving = asyncio.ensure_future(self._receive(writer, peer, wire, out, changed))
        try:
            await asyncio.wait([sending, receiving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (sending, receiving):
                each.cancel()
            for each in (writer, out):
                each.close()

    async def _send(self, reader, peer, out, changed):
        try:
            while data := await reader.read(65536):
                while data:
                    while (room := min(peer.local_flow_control_window(1), peer.max_outbound_frame_size)) <= 0:
                        changed.clear()
                        await changed.wait()
                    peer.send_data(1, data[:room])
                    data = data[room:]
                    out.write(peer.data_to_send())
                    await out.drain()
        except BROKEN:
            return

    async def _receive(self, writer, peer, wire, out, changed):
        try:
            while data := await wire.read(65536):
                for event in peer.receive_data(data):
                    if isinstance(event, h2.events.DataReceived):
                        peer.acknowledge_received_data(event.flow_controlled_length, 1)
                        writer.write(event.data)
                    if isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)):
                        return
                out.write(peer.data_to_send())
                changed.set()
                await writer.drain()
        except BROKEN:
            return

    def close(self):
        asyncio.run_coroutine_threadsafe(self._end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)

    async def _end(self):
        for each in self.running:
            each.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)
