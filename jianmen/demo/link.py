"""A venue's link to the registry, which can be cut: a forwarder of TCP connections.

The carriers of a venue know the registry only by the address of their venue's forwarder. While the link is cut, what
was open is closed and what is new is closed at once, so to every process it is a line that is dead.
"""

import contextlib
import logging
import socket
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

PIECE = 64 * 1024
ACCEPT_S = 0.2
"""How often the listening thread looks whether it shall end."""


class VenueLink:
    """One forwarder on the loopback. `cut` and `heal` may be called from any thread."""

    def __init__(self, venue: str, registry: tuple[str, int], port: int = 0) -> None:
        """`registry` is the address forwarded to; `port` 0: any free one. Raises OSError where it is taken."""
        self.venue = venue
        self._dead = threading.Event()
        self._registry = registry
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.settimeout(ACCEPT_S)
        self.port: int = self._listener.getsockname()[1]
        self._threads: set[threading.Thread] = set()
        self._start(self._accept)

    @property
    def url(self) -> str:
        """The registry, as seen from this venue."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_cut(self) -> bool:
        return self._dead.is_set()

    def cut(self) -> None:
        """Close every connection, and let none through until `heal`."""
        with self._lock:
            self._dead.set()
            for one in self._open:
                _hang_up(one)

    def heal(self) -> None:
        with self._lock:
            self._dead.clear()

    def close(self) -> None:
        """Safe to repeat."""
        self._stop.set()
        self.cut()
        self._listener.close()
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join()

    def _start(self, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            finally:
                with self._lock:
                    self._threads.discard(thread)

        thread = threading.Thread(target=run, name=f"link {self.venue}")
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                ours, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return  # closed
            ours.settimeout(None)
            self._forward(ours)

    def _forward(self, ours: socket.socket) -> None:
        if self._dead.is_set():
            ours.close()
            return
        try:
            theirs = socket.create_connection(self._registry, timeout=5)
        except OSError:
            ours.close()
            return
        theirs.settimeout(None)
        pair = _Pair(ours, theirs)
        with self._lock:
            self._open |= {ours, theirs}
            if self._dead.is_set():
                pair.hang_up()
        self._start(lambda: self._pump(ours, theirs, pair))
        self._start(lambda: self._pump(theirs, ours, pair))

    def _pump(self, source: socket.socket, sink: socket.socket, pair: "_Pair") -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(PIECE):
                sink.sendall(data)
        with self._lock:
            pair.hang_up()
            if pair.done():
                self._open -= {source, sink}


class _Pair:
    """Both ends of one connection: whoever ends first ends the other, the last one closes."""

    def __init__(self, ours: socket.socket, theirs: socket.socket) -> None:
        self._ends = (ours, theirs)
        self._running = 2

    def hang_up(self) -> None:
        for end in self._ends:
            _hang_up(end)

    def done(self) -> bool:
        """One direction has ended; whether it was the last."""
        self._running -= 1
        if self._running:
            return False
        for end in self._ends:
            end.close()
        return True


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
