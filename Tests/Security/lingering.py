"""A socket whose close waits, for the scripts of attackers."""

LINGERING = """
import socket, struct
def fill(out):
    "The close of this socket waits: it has unsent data, and ten minutes of SO_LINGER."
    out.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 600))
    out.setblocking(False)
    try:
        while True: out.send(b"x" * 65536)
    except BlockingIOError:
        pass
"""
