"""proxy - a TCP relay that can be cut, reset, stalled or slowed down, and can swallow what passes:
to lose a connection without losing either end."""
import socket
import struct
import threading
import time

RESET = struct.pack("ii", 1, 0)  # of SO_LINGER: no farewell


class Proxy:
    def __init__(self, endpoint):
        host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
        self.target = (host, int(port))
        self.listener = self.pairs = None
        self.port = 0
        self.n_accepted = 0
        self.delay_s = 0.0
        self.is_swallowing = False
        self.flowing = threading.Event()
        self.flowing.set()
        self.connect()

    @property
    def endpoint(self):
        return f"tcp://127.0.0.1:{self.port}"

    def connect(self):
        """Lets connections through, on the same port as before."""
        self.pairs = []
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, args=(self.listener, self.pairs),
                         daemon=True).start()

    def accept(self, listener, pairs):
        while True:
            try:
                near, _ = listener.accept()
                self.n_accepted += 1
                far = socket.create_connection(self.target)
            except OSError:
                return
            pairs += [near, far]
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=(a, b), daemon=True).start()

    def pump(self, source, sink):
        try:
            while data := source.recv(65536):
                if self.delay_s:
                    time.sleep(self.delay_s)
                self.flowing.wait()
                if not self.is_swallowing:
                    sink.sendall(data)
        except OSError:
            pass
        self.end(source, sink)

    @staticmethod
    def end(*sockets):
        for one in sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        """Ends every connection and refuses new ones."""
        self.end(self.listener, *self.pairs)
        for one in [self.listener, *self.pairs]:
            one.close()

    def reset(self):
        """Ends every connection without a farewell; new ones are let through."""
        for one in self.pairs:
            try:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            except OSError:
                pass  # it had gone
            one.close()
        self.pairs.clear()

    def stall(self):
        """Nothing moves any more, in both directions; what comes waits. Until `flow`."""
        self.flowing.clear()

    def swallow(self):
        """What comes is lost, as with a cable that has been pulled. Until `flow`, which ends the
        connections that have lost something."""
        self.is_swallowing = True

    def delay(self, seconds):
        """Whatever passes comes so much later; 0 ends that."""
        self.delay_s = seconds

    def flow(self):
        if self.is_swallowing:
            self.is_swallowing = False
            self.reset()
        self.flowing.set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.flow()
        self.cut()
