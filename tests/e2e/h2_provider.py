"""A provider that speaks HTTP/2 and keeps everything that it was sent, trailers included."""
import socket
import threading
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events


@dataclass
class Request:
    headers: list
    body: bytes = b""
    trailers: list = field(default_factory=list)


class H2Provider:
    """Answers every request with the same JSON."""

    def __init__(self, answer):
        self.answer, self.requests = answer, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                wire, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(wire,), daemon=True).start()

    def _serve(self, wire):
        peer = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        peer.initiate_connection()
        wire.sendall(peer.data_to_send())
        open_requests = {}
        while data := wire.recv(65536):
            for event in peer.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    open_requests[event.stream_id] = Request(event.headers)
                elif isinstance(event, h2.events.DataReceived):
                    open_requests[event.stream_id].body += event.data
                    peer.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.TrailersReceived):
                    open_requests[event.stream_id].trailers = event.headers
                elif isinstance(event, h2.events.StreamEnded):
                    self.requests.append(open_requests.pop(event.stream_id))
                    peer.send_headers(event.stream_id, [(":status", "200"), ("content-type", "application/json")])
                    peer.send_data(event.stream_id, self.answer, end_stream=True)
            wire.sendall(peer.data_to_send())

    def stop(self):
        self.listener.close()
