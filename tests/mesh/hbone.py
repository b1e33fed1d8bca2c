"""Istio's tunnel (HBONE), as ztunnel speaks it: HTTP/2 CONNECT over mutual TLS to a waypoint's port 15008, for the address of a service."""
import socket
import ssl
import threading

import h2.config
import h2.connection
import h2.events
import h2.exceptions

PORT = 15008


class Tunnel:
    """A port of this machine, from which every connection goes through a waypoint to `target` (an address and a port)."""

    def __init__(self, waypoint, target, certificates):
        self.waypoint, self.target = waypoint, target
        self.context = ssl.create_default_context(cafile=str(certificates / "root-cert.pem"))
        # A workload's name is in its certificate as a URI, which this module of Python's cannot compare.
        self.context.check_hostname = False
        self.context.load_cert_chain(certificates / "cert-chain.pem", certificates / "key.pem")
        self.context.set_alpn_protocols(["h2"])
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client):
        with client, self.context.wrap_socket(socket.create_connection((self.waypoint, PORT), 10)) as wire:
            wire.settimeout(None)
            one = _Stream(wire, client, self.target)
            threading.Thread(target=one.send, daemon=True).start()
            one.receive()

    def close(self):
        self.server.close()


class _Stream:
    """One connection in the tunnel: a thread sends, another receives; both hold the lock for what they do with the protocol."""

    def __init__(self, wire, client, target):
        self.wire, self.client, self.changed = wire, client, threading.Condition()
        self.peer = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self.peer.initiate_connection()
        self.peer.send_headers(1, [(":method", "CONNECT"), (":authority", target)])
        wire.sendall(self.peer.data_to_send())

    def send(self):
        try:
            while data := self.client.recv(65536):
                while data:
                    with self.changed:
                        while not (room := min(self.peer.local_flow_control_window(1), self.peer.max_outbound_frame_size)):
                            self.changed.wait(10)
                        self.peer.send_data(1, data[:room])
                        self.wire.sendall(self.peer.data_to_send())
                    data = data[room:]
        except (OSError, h2.exceptions.ProtocolError):
            pass
        finally:
            # Also where the client has left: the other thread waits for what will not come.
            self._shut(self.wire)

    def receive(self):
        try:
            while data := self.wire.recv(65536):
                with self.changed:
                    events = self.peer.receive_data(data)
                    for event in events:
                        if isinstance(event, h2.events.DataReceived):
                            self.peer.acknowledge_received_data(event.flow_controlled_length, 1)
                    self.wire.sendall(self.peer.data_to_send())
                    self.changed.notify()
                for event in events:
                    if isinstance(event, h2.events.DataReceived):
                        self.client.sendall(event.data)
                    if isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset, h2.events.ConnectionTerminated)):
                        return
        except (OSError, h2.exceptions.ProtocolError):
            pass
        finally:
            self._shut(self.client)

    @staticmethod
    def _shut(end):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
