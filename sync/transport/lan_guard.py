"""Keeps threads of a LAN server free for kiosks: strangers get some of them, and each not for long.

A connection is new until a request over it was answered: a message that an enrolled device has signed. Addresses of
known kiosks, as the registry's log has them, are not counted among strangers.
"""

import socket
import threading
import time
from collections.abc import Callable, Container
from dataclasses import dataclass

HEAD_S = 2.0
"""For the TLS handshake and the head of a request."""

BODY_S = 10.0
"""For the body of a stranger's request."""

LOOK_S = 0.25

Peer = tuple[str, str]
"""An address and port, as WSGI names them."""


@dataclass
class _New:
    connection: socket.socket
    until_s: float


class LanGuard:
    """The connections that are new. Threads share it."""

    def __init__(self, strangers: int, known: Callable[[], Container[str]]) -> None:
        """At most so many strangers at a time; `known` are the addresses of kiosks, asked at each connection."""
        self._strangers = strangers
        self._known = known
        self._new: dict[Peer, _New] = {}
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="lan guard", daemon=True)
        self._thread.start()

    def admit(self, peer: Peer, connection: socket.socket) -> None:
        """A connection was accepted. Raises ConnectionRefusedError where too many strangers are here."""
        with self._changed:
            known = self._known()
            strangers = sum(1 for address, _ in self._new if address not in known)
            if peer[0] not in known and strangers >= self._strangers:
                raise ConnectionRefusedError(f"more than {self._strangers} strangers")
            self._new[peer] = _New(connection, time.monotonic() + HEAD_S)
            self._changed.notify()

    def head_came(self, peer: Peer) -> None:
        """The head of a request is here: its body may take longer, a kiosk's as long as it needs."""
        with self._changed:
            new = self._new.get(peer)
            if new is not None:
                known = peer[0] in self._known()
                new.until_s = float("inf") if known else time.monotonic() + BODY_S

    def answered(self, peer: Peer, *, good: bool) -> None:
        """A request was answered; after a refusal (not `good`) another must come soon."""
        with self._changed:
            if good:
                self._new.pop(peer, None)
            elif (new := self._new.get(peer)) is not None:
                new.until_s = time.monotonic() + HEAD_S

    def close(self) -> None:
        """Safe to repeat."""
        with self._changed:
            self._closed = True
            self._new.clear()
            self._changed.notify()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._new or self._closed)
                if self._closed:
                    return
                self._end_overdue(time.monotonic())
                self._changed.wait(LOOK_S)

    def _end_overdue(self, now_s: float) -> None:
        for peer, new in list(self._new.items()):
            if new.connection.fileno() < 0:
                del self._new[peer]
            elif now_s >= new.until_s:
                del self._new[peer]
                try:
                    # Past TLS, which may be in the middle of its handshake in another thread: that one's read ends.
                    socket.socket.shutdown(new.connection, socket.SHUT_RDWR)
                except OSError:
                    continue  # it has ended by itself
