"""zmtp - ZMTP 3 (RFC 23) byte by byte over TCP: for whoever does not keep to it."""
import socket
import struct

from .waiting import Deadline, PATIENCE_S

DEALER, SUB, XSUB = b"DEALER", b"SUB", b"XSUB"


def greeting(mechanism=b"NULL", major=3, minor=1, as_server=0):
    return (b"\xff" + bytes(8) + b"\x7f" + bytes([major, minor]) + mechanism.ljust(20, b"\0") +
            bytes([as_server]) + bytes(31))


def frame(body, more=False, command=False):
    flags = (1 if more else 0) | (4 if command else 0)
    if len(body) > 255:
        return struct.pack(">BQ", flags | 2, len(body)) + body
    return bytes([flags, len(body)]) + body


def property_(name, value):
    return bytes([len(name)]) + name + struct.pack(">I", len(value)) + value


def ready(kind, routing_id=b""):
    return frame(b"\5READY" + property_(b"Socket-Type", kind) +
                 property_(b"Identity", routing_id), command=True)


def subscribe(topic):
    return frame(b"\x09SUBSCRIBE" + topic, command=True)


def cancel(topic):
    return frame(b"\x06CANCEL" + topic, command=True)


class Wire:
    """A TCP connection to an endpoint; with a socket type, past the handshake."""

    def __init__(self, endpoint, kind=None, routing_id=b""):
        host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), PATIENCE_S)
        if kind:
            self.send(greeting() + ready(kind, routing_id))
            self.receive(64)
            self.receive_frame()  # its READY

    def send(self, data):
        """False if the connection has ended."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def receive(self, size):
        """So many bytes, fewer where the connection ends."""
        data = b""
        while len(data) < size:
            try:
                part = self.socket.recv(size - len(data))
            except ConnectionError:
                break
            if not part:
                break
            data += part
        return data

    def receive_frame(self):
        """A frame's flags and body; None where the connection ends."""
        flags = self.receive(1)
        size = self.receive(8 if flags and flags[0] & 2 else 1)
        if not size:
            return None
        return flags[0], self.receive(int.from_bytes(size, "big"))

    def receive_message(self):
        """The frames of the next message; None where the connection ends."""
        frames = []
        while True:
            got = self.receive_frame()
            if got is None:
                return None
            if got[0] & 4:
                continue
            frames.append(got[1])
            if not got[0] & 1:
                return frames

    def wait_for_end(self):
        deadline = Deadline()
        while True:
            self.socket.settimeout(max(deadline.left_s(), 0.001))
            try:
                if not self.socket.recv(65536):
                    return
            except ConnectionError:
                return
            except TimeoutError:
                raise AssertionError("the connection stays as it is") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
