"""A network link that can be cut and healed: a TCP port of the loopback that forwards to another address.

While the link is cut, open connections end and new ones end at once, so that for every program it is a dead line.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

CHUNK_BYTES = 64 * 1024
CONNECT_S = 5.0


class Acceptor:
    """Listens on the loopback and handles every connection in a thread of its own. `port` is where."""

    def __init__(self, handle: Callable[[socket.socket], None], *, port: int = 0) -> None:
        """`handle` closes the connection that it is given; `port` 0: any free one. Raises OSError if it is taken."""
        self._handle = handle
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._handlers: set[threading.Thread] = set()
        self._thread = threading.Thread(target=self._accept, name=f"accept {self.port}")
        self._thread.start()

    def stop(self) -> None:
        """Accept no more connections. Safe to repeat."""
        hang_up(self._listener)  # wakes accept
        self._thread.join()
        self._listener.close()

    def close(self) -> None:
        """Stop, and wait until every connection has been handled. Safe to repeat."""
        self.stop()
        for thread in self._handlers:
            thread.join()
        self._handlers.clear()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            self._handlers = {one for one in self._handlers if one.is_alive()}
            handler = threading.Thread(
                target=self._handle, args=(connection,), name=f"connection to {self.port}"
            )
            self._handlers.add(handler)
            handler.start()


class TcpProxy:
    """Forwards every connection to `port` of the loopback. `cut` and `heal` may be called from any thread."""

    def __init__(self, upstream: tuple[str, int], *, port: int = 0) -> None:
        """`upstream` is the address forwarded to; `port` 0: any free one. Raises OSError if it is taken."""
        self._upstream = upstream
        self._lock = threading.Lock()
        self._cut = False
        self._open: set[socket.socket] = set()
        self.carried = 0
        """Bytes forwarded so far, both ways."""
        self._acceptor = Acceptor(self._forward, port=port)
        self.port = self._acceptor.port

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_cut(self) -> bool:
        return self._cut

    def cut(self) -> None:
        """End every connection, and let none through until `heal`."""
        with self._lock:
            self._cut = True
            for connection in self._open:
                hang_up(connection)

    def heal(self) -> None:
        """Let new connections through."""
        with self._lock:
            self._cut = False

    def close(self) -> None:
        """Safe to repeat."""
        self._acceptor.stop()
        self.cut()
        self._acceptor.close()

    def _forward(self, near: socket.socket) -> None:
        """Carry one connection to its end."""
        with near:
            if not self._admit(near):
                return
            try:
                with suppress(OSError):  # nobody listens upstream
                    self._join(near)
            finally:
                self._forget(near)

    def _join(self, near: socket.socket) -> None:
        with socket.create_connection(self._upstream, CONNECT_S) as far:
            far.settimeout(None)
            if not self._admit(far):
                return
            back = threading.Thread(
                target=self._pump, args=(far, near), name=f"answers to {self.port}"
            )
            back.start()
            self._pump(near, far)
            back.join()
            self._forget(far)

    def _admit(self, connection: socket.socket) -> bool:
        """Whether the link is whole. From now on a cut ends this connection. Like a wire it passes on at once what
        comes, and does not collect small pieces until the other end has acknowledged the one before."""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            if not self._cut:
                self._open.add(connection)
            return not self._cut

    def _forget(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        """Forward what comes until either side ends; then end both."""
        with suppress(OSError):  # the link was cut, or one side has gone
            while chunk := source.recv(CHUNK_BYTES):
                sink.sendall(chunk)
                with self._lock:
                    self.carried += len(chunk)
        hang_up(source)
        hang_up(sink)


def hang_up(connection: socket.socket) -> None:
    """End a connection, or a listener's wait for one. One that has ended already stays so."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
