"""Callers that speak HTTP/2 by hand, so that they can stop in the middle of a message."""

import socket
import struct

import h2.config
import h2.connection
import h2.events

SELECT = "/querist.v1.SelectionService/Select"


class HalfSent:
    """One connection to a server, with calls of which only a part of a message is sent."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), 30)
        self._connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self._connection.initiate_connection()
        self._flush()
        self.trailers: dict[int, dict[str, str]] = {}
        """Headers and trailers that came, by stream."""
        self.resets: list[int] = []

    def begin(self, promised: int, method: str = SELECT) -> int:
        """Open a call with a message that is promised to have so many bytes; returns its stream."""
        stream = self._connection.get_next_available_stream_id()
        headers = {":method": "POST", ":scheme": "http", ":path": method, ":authority": "localhost", "te": "trailers"}
        self._connection.send_headers(stream, [*headers.items(), ("content-type", "application/grpc")])
        self._flush()
        self._send(stream, b"\0" + struct.pack(">I", promised))
        return stream

    def send(self, stream: int, size: int) -> int:
        """Send so many bytes of the message, as far as the server lets them in and the call lives; returns how many were sent."""
        return self._send(stream, bytes(size))

    def _send(self, stream: int, data: bytes) -> int:
        sent = 0
        while sent < len(data) and stream not in self.resets and "grpc-status" not in self.trailers.get(stream, {}):
            window = min(self._connection.local_flow_control_window(stream), self._connection.max_outbound_frame_size, len(data) - sent)
            if window:
                self._connection.send_data(stream, data[sent : sent + window])
                self._flush()
                sent += window
            elif not self.receive(5):
                break
        return sent

    def receive(self, seconds: float) -> bool:
        """Take what comes next; returns False if nothing comes in that time, or the connection has ended."""
        self._socket.settimeout(seconds)
        try:
            data = self._socket.recv(2**16)
        except (TimeoutError, ConnectionError):
            return False
        for event in self._connection.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived):
                self.trailers.setdefault(event.stream_id, {}).update(event.headers)
            elif isinstance(event, h2.events.StreamReset):
                self.resets.append(event.stream_id)
        self._flush()
        return bool(data)

    def close(self) -> None:
        """Break off."""
        self._socket.close()

    def _flush(self) -> None:
        self._socket.sendall(self._connection.data_to_send())
