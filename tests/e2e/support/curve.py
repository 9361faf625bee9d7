"""curve - certificates as indsub-cli makes them, and the sockets that use them."""
import pathlib

import zmq
import zmq.auth

from .processes import run


class Certificate:
    """Two files, FILE and FILE.pub, and the keys in them as pyzmq reads them."""

    def __init__(self, folder, name):
        self.path = pathlib.Path(folder, name)
        self.public_path = pathlib.Path(f"{self.path}.pub")
        status, self.said, error = run("INDSUB_CLI", "keygen", self.path)
        if status:
            raise AssertionError(error)
        self.public, self.secret = zmq.auth.load_certificate(self.path)

    def towards(self, server):
        return Curve(server.public, self.public, self.secret)


class Curve:
    """What a client's socket needs to be encrypted."""

    def __init__(self, server, public=None, secret=None):
        self.server = server
        self.public, self.secret = (public, secret) if public else zmq.curve_keypair()

    def apply(self, socket):
        socket.curve_serverkey = self.server
        socket.curve_publickey = self.public
        socket.curve_secretkey = self.secret
