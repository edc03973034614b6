"""A WebSocket client (RFC 6455) of a few lines: text, and what the server closes with."""

import base64
import json
import os
import socket
import struct


class WebSocket:
    def __init__(self, port, path, timeout=20):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.input = self.socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        head = b"".join(iter(self.input.readline, b"\r\n"))
        assert head.startswith(b"HTTP/1.1 101 "), head

    def send(self, message):
        self._frame(0x81, json.dumps(message).encode())

    def _frame(self, kind, data):
        assert len(data) < 126
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
        self.socket.sendall(struct.pack("!BB4s", kind, 0x80 | len(data), mask) + masked)

    def receive(self):
        """The next message as text, or the code with which the server closes."""
        kind, length = self.input.read(2)
        if length == 126:
            length, = struct.unpack("!H", self.input.read(2))
        data = self.input.read(length)
        if kind & 0xF == 8:
            self._frame(0x88, data[:2])
            return struct.unpack("!H", data[:2])[0]
        return json.loads(data)

    def close(self):
        self.input.close()
        self.socket.close()
