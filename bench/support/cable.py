"""A cable that can be pulled and put back: a TCP port from which everything goes on to another, while it is whole."""

import socket
import threading

PIECE = 64 * 1024


class Cable:
    """`port` is this end. While it is cut, nobody gets through: open connections end, new ones end at once."""

    def __init__(self, to_port: int) -> None:
        """`to_port` is the other end, on this machine."""
        self._to_port = to_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._whole = True
        self.carried = 0
        """Bytes so far, both ways."""
        self._open: set[socket.socket] = set()
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def cut(self) -> None:
        with self._lock:
            self._whole = False
            for end in self._open:
                _shut(end)

    def heal(self) -> None:
        with self._lock:
            self._whole = True
        self.carried = 0
        """Bytes so far, both ways."""

    def close(self) -> None:
        """Safe to repeat."""
        self.cut()
        _shut(self._listener)
        self._accepting.join()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        """Carry one connection to its end."""
        with near:
            if not self._opened(near):
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._to_port))
            except OSError:
                return  # nobody is there
            with far:
                if not self._opened(far):
                    return
                for end in (near, far):  # what is passed on is not held back for more
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                back = threading.Thread(target=self._pump, args=(far, near), daemon=True)
                back.start()
                self._pump(near, far)
                back.join()

    def _opened(self, end: socket.socket) -> bool:
        """Whether it may be used. From now on a cut ends it."""
        with self._lock:
            if self._whole:
                self._open = {one for one in self._open if one.fileno() >= 0} | {end}
            return self._whole

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        """Pass on what comes, until either side ends."""
        try:
            while piece := source.recv(PIECE):
                sink.sendall(piece)
                with self._lock:
                    self.carried += len(piece)
        except OSError:
            pass  # the cable was cut, or an end was closed
        _shut(source)
        _shut(sink)


def _shut(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended already
