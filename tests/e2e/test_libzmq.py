"""What indsub's design rests on, shown with the libzmq at hand.

A session's stream is sent over ROUTER and not over a PUB, because a SUB chooses its own prefix, and
not over an XPUB with ZMQ_XPUB_MANUAL, because its bindings can be turned against their owner: the
first two tests do it. The others are what is relied upon instead."""
import time
import unittest

import zmq

from support.waiting import Deadline, until

NOT_MENDED_IN = (4, 3, 5)  # the shifted bindings; nor in the master of 2025
MENDED_IN = (4, 3, 5)  # the binding of one that has gone


class Sockets(unittest.TestCase):
    def setUp(self):
        self.context = zmq.Context()
        self.addCleanup(self.context.destroy, linger=0)

    def socket(self, kind, **options):
        socket = self.context.socket(kind)
        self.addCleanup(socket.close, linger=0)
        for name, value in options.items():
            socket.setsockopt(getattr(zmq, name), value)
        return socket

    def bound(self, kind, **options):
        socket = self.socket(kind, **options)
        socket.bind("tcp://127.0.0.1:*")
        return socket, socket.getsockopt(zmq.LAST_ENDPOINT)

    def connected(self, kind, endpoint, identity=None, **options):
        socket = self.socket(kind, **options)
        if identity:
            socket.setsockopt(zmq.ROUTING_ID, identity)
        socket.connect(endpoint)
        return socket

    def receive(self, socket):
        self.assertTrue(socket.poll(Deadline().left_ms()), "nothing came")
        return socket.recv_multipart()


def take_in(daemon):
    """Makes libzmq take in what arrives without handing it out, as happens to a daemon that is busy
    between two turns. What libzmq has taken in cannot be asked for, hence a while and not a
    condition; the tests try again where it was too short."""
    for _ in range(20):
        daemon.getsockopt(zmq.EVENTS)
        time.sleep(0.005)


class ManualXpub(Sockets):
    """ZMQ_XPUB_MANUAL lets a publisher decide what a subscriber's request becomes: it reads
    "subscribe to ticket T" and calls setsockopt(ZMQ_SUBSCRIBE, private topic), which acts on the
    connection that the message came from. libzmq finds that connection in a queue of its own."""

    def test_a_plain_message_shifts_the_bindings_by_one(self):
        """A user message takes a place in the queue of messages and none in that of connections:
        the binding of the victim's ticket lands on whoever asked next."""
        for _ in range(10):
            got = self.bind_ticket_after_plain_message()
            if "attacker" in got:
                return
        if zmq.zmq_version_info() > NOT_MENDED_IN:
            self.skipTest(f"libzmq {zmq.zmq_version()} binds the connection it read from")
        self.fail(f"libzmq {zmq.zmq_version()} delivered to {got}")

    def bind_ticket_after_plain_message(self):
        daemon, endpoint = self.bound(zmq.XPUB, XPUB_MANUAL=1)
        shifter, victim, attacker = (self.connected(zmq.XSUB, endpoint) for _ in range(3))
        for socket, message in ((shifter, b"plain"), (victim, b"\x01ticket"),
                                (attacker, b"\x01whatever")):
            socket.send(message)
            take_in(daemon)
        while self.receive(daemon) != [b"\x01ticket"]:
            pass
        daemon.setsockopt(zmq.SUBSCRIBE, b"private")
        daemon.send(b"private: for the victim alone")
        return {name for name, socket in (("victim", victim), ("attacker", attacker))
                if socket.poll(300)}

    @unittest.skipIf(zmq.zmq_version_info() >= MENDED_IN, "mended in libzmq 4.3.5")
    def test_binding_one_that_has_gone_serves_whoever_comes_next(self):
        """The connection that asked may be gone when its message is read; up to 4.3.4 the binding
        is then made to memory that was given back, which the next connection may get."""
        daemon, endpoint = self.bound(zmq.XPUB, XPUB_MANUAL=1)
        received = []
        for _ in range(100):
            clients = [self.connected(zmq.XSUB, endpoint) for _ in range(8)]
            for client in clients:
                client.send(b"\x01ticket")
            take_in(daemon)
            daemon.send(b"private: for a client of an earlier round")
            received = [c for c in clients if c.poll(10)]
            if received:
                break
            for client in clients:
                client.close(linger=0)
            take_in(daemon)
            while daemon.getsockopt(zmq.EVENTS) & zmq.POLLIN:
                if daemon.recv().startswith(b"\x01"):
                    daemon.setsockopt(zmq.SUBSCRIBE, b"private")
        self.assertTrue(received, "no newcomer received what was bound to one that had gone")


class Router(Sockets):
    """What indsubd's session socket does: routing ids chosen by the peer, handed over to the newer
    connection, and every send answered with where it went."""

    def router(self, **options):
        return self.bound(zmq.ROUTER, ROUTER_HANDOVER=1, ROUTER_MANDATORY=1, **options)

    def test_the_newer_connection_has_the_routing_id(self):
        router, endpoint = self.router()
        first = self.connected(zmq.DEALER, endpoint, b"key")
        first.send(b"first")
        self.assertEqual(self.receive(router), [b"key", b"first"])
        second = self.connected(zmq.DEALER, endpoint, b"key")
        second.send(b"second")
        self.assertEqual(self.receive(router), [b"key", b"second"])
        router.send_multipart([b"key", b"stream"])
        self.assertEqual(self.receive(second), [b"stream"])
        self.assertFalse(first.poll(100), "the older one still had something")

    def test_a_thousand_handovers_never_lose_the_newest(self):
        router, endpoint = self.router()
        for i in range(1000):
            peer = self.connected(zmq.DEALER, endpoint, b"key", LINGER=0)
            peer.send(b"%d" % i)
            self.assertEqual(self.receive(router), [b"key", b"%d" % i])
            router.send_multipart([b"key", b"to %d" % i])
            self.assertEqual(self.receive(peer), [b"to %d" % i])
            peer.close()

    def test_a_send_to_one_that_is_gone_says_so(self):
        router, endpoint = self.router()
        with self.assertRaises(zmq.ZMQError) as never:
            router.send_multipart([b"nobody", b"?"])
        self.assertEqual(never.exception.errno, zmq.EHOSTUNREACH)
        peer = self.connected(zmq.DEALER, endpoint, b"key")
        peer.send(b"hello")
        self.receive(router)
        peer.close(linger=0)

        def unreachable():
            try:
                router.send_multipart([b"key", b"?"])
            except zmq.ZMQError as error:
                return error.errno == zmq.EHOSTUNREACH
        until(unreachable, "EHOSTUNREACH after the peer had gone")

    def test_a_send_to_a_full_pipe_fails_for_that_peer_alone(self):
        router, endpoint = self.router(SNDHWM=10, SNDBUF=4096)
        slow = self.connected(zmq.DEALER, endpoint, b"slow", RCVHWM=1, RCVBUF=4096)
        quick = self.connected(zmq.DEALER, endpoint, b"quick")
        for peer in (slow, quick):
            peer.send(b"hello")
            self.receive(router)
        sent = 0
        with self.assertRaises(zmq.Again):
            while sent < 100_000:
                router.send_multipart([b"slow", b"x" * 1000], flags=zmq.DONTWAIT)
                sent += 1
        router.send_multipart([b"quick", b"still served"], flags=zmq.DONTWAIT)
        self.assertEqual(self.receive(quick), [b"still served"])
        for _ in range(sent):
            self.assertEqual(self.receive(slow), [b"x" * 1000])

    def test_ids_that_libzmq_makes_can_be_guessed(self):
        """Why a session has to bring its own: the automatic ones count upward."""
        router, endpoint = self.bound(zmq.ROUTER)
        numbers = []
        for _ in range(3):
            peer = self.connected(zmq.DEALER, endpoint)
            peer.send(b"hello")
            numbers.append(int.from_bytes(self.receive(router)[0][1:], "big"))
        self.assertEqual([b - a for a, b in zip(numbers, numbers[1:])], [1, 1])


if __name__ == "__main__":
    unittest.main()
