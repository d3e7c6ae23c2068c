"""A gunicorn worker in which a slow client keeps no thread, and no client all connections.

gunicorn's own worker gives a connection a thread as soon as a byte arrives, so a few dozen half-sent requests keep
everybody out; and its main loop waits for clients that are slow to close. Here the main loop takes a request in, its
TLS handshake too, and only a whole one gets a thread. What one address may have is bounded: beyond that, its oldest
connection that is not being served makes room. A trusted proxy has no such bound, since it speaks for many.
"""

import resource
import selectors
import socket
import ssl
import time
from collections import Counter
from collections.abc import Container
from contextlib import suppress
from functools import partial
from typing import Any, Literal

from gunicorn import http
from gunicorn.sock import ssl_context
from gunicorn.workers.gthread import TConn, ThreadWorker

from registry.accounts.throttle import network_of
from registry.server.intake import Intake

MOST = 1000
"""Connections open at once in a worker."""

MOST_OF_ONE = 128
"""Connections of one address: a venue of thirty kiosks and some dashboards behind one router has fewer."""

WORK_OF_ONE = 32
"""Requests of one address that have a thread at once; there are 248 threads, most of them for streams."""

LONG_OF_ONE = 4
LONG_OF_ALL = 12
"""Requests with long bodies that have a thread at once: each waits for what is still to come."""

ARRIVES_S = 10.0
"""A handshake, a head and a short body are here within this time."""

LONG_S = 120.0
"""A long body is."""

SHOWN_EVERY_S = 1.0
"""How often a worker shows that it lives; gunicorn ends one that has not for 30 s or more."""

LINGER_S = 2.0
"""How long a connection that we have ended waits for the other side to close (RFC 9112, section 9.6)."""

READ_BYTES = 64 * 1024
NOFILE = 4096

_REFUSAL = "HTTP/1.1 {status}\r\nConnection: close\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n"
BUSY = _REFUSAL.format(status="503 Service Unavailable").encode()
LONG_HEAD = _REFUSAL.format(status="431 Request Header Fields Too Large").encode()

Stage = Literal["arriving", "working", "long", "idle", "ending"]
"""Of a connection: its request arrives; has a thread; has one that waits for a long body; there is none; it is being
closed."""


class Connection(TConn):  # type: ignore[misc]
    """A connection. `party`: whose bounds count (None: a trusted proxy's); `until`: when its stage is over."""

    def __init__(self, *settings: Any, party: str | None) -> None:
        super().__init__(*settings)
        self.party = party
        self.stage: Stage = "arriving"
        self.until = time.monotonic() + ARRIVES_S
        self.intake = Intake()
        self.shaken = False
        self.watched = False


class GuardedWorker(ThreadWorker):  # type: ignore[misc]
    """The worker. `trusted_proxies` are the addresses of proxies in front."""

    trusted_proxies: Container[str] = ()

    def init_process(self) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = NOFILE if hard == resource.RLIM_INFINITY else min(NOFILE, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        # In the order in which they came: the oldest makes room.
        self._open: dict[Connection, None] = {}
        self._busy: set[Connection] = set()
        self._of_party: Counter[str] = Counter()
        self._looked = time.monotonic()
        self._shown = 0.0
        self._tls = ssl_context(self.cfg) if self.cfg.is_ssl else None
        super().init_process()

    # Coming in.

    def accept(self, listener: socket.socket) -> None:
        """Take a connection, and make room for it."""
        try:
            sock, client = listener.accept()
        except OSError:  # gone again, or no more files
            return
        address = client[0] if isinstance(client, tuple) else ""
        party = None if address in self.trusted_proxies else network_of(address)
        conn = Connection(self.cfg, sock, client, listener.getsockname(), party=party)
        self.nr_conns += 1
        self._open[conn] = None
        if party is not None:
            self._of_party[party] += 1
        if not self._make_room(conn):
            self._gone(conn)
            return
        if self._tls is not None:
            try:
                conn.sock = self._tls.wrap_socket(
                    conn.sock, server_side=True, do_handshake_on_connect=False
                )
            except OSError:
                self._gone(conn)
                return
        conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
        conn.initialized = conn.data_ready = True
        self._watch(conn, selectors.EVENT_READ)

    def _make_room(self, new: Connection) -> bool:
        """Close connections that are not being served while there are too many; whether the new one may stay."""
        if new.party is not None and self._of_party[new.party] > MOST_OF_ONE:
            return self._close_oldest(new, new.party)
        if len(self._open) > MOST:
            return self._close_oldest(new, None)
        return True

    def _close_oldest(self, new: Connection, party: str | None) -> bool:
        for stage in ("ending", "arriving", "idle"):
            for conn in self._open:
                if (
                    conn.stage == stage
                    and conn is not new
                    and conn.party is not None
                    and party in (None, conn.party)
                ):
                    self._gone(conn)
                    return True
        return False

    def _watch(self, conn: Connection, event: int) -> None:
        if conn.watched:
            self.poller.modify(conn.sock, event, partial(self._arrives, conn))
        else:
            self.poller.register(conn.sock, event, partial(self._arrives, conn))
            conn.watched = True

    def _unwatch(self, conn: Connection) -> None:
        if conn.watched:
            conn.watched = False
            self.poller.unregister(conn.sock)

    def _arrives(self, conn: Connection, _: socket.socket) -> None:
        """Something can be read: take it in, and give a whole request a thread."""
        if conn.stage == "idle":
            self.keepalived_conns.remove(conn)
            self._begin(conn)
        try:
            if self._tls is not None and not conn.shaken:
                conn.sock.do_handshake()
                conn.shaken = True
                self._watch(conn, selectors.EVENT_READ)
            while conn.intake.state == "more" or conn.stage == "ending":
                data = conn.sock.recv(READ_BYTES)
                if not data:
                    self._gone(conn)
                    return
                if conn.stage != "ending":
                    conn.intake.add(data)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except ssl.SSLWantWriteError:
            self._watch(conn, selectors.EVENT_WRITE)
            return
        except OSError:
            self._gone(conn)
            return
        self._start_request(conn)

    def _begin(self, conn: Connection) -> None:
        """A next request arrives on a connection."""
        conn.stage = "arriving"
        conn.until = time.monotonic() + ARRIVES_S
        conn.intake = Intake(conn.parser.unreader.take_buffered())

    def _start_request(self, conn: Connection) -> None:
        """Give the request a thread, or refuse it."""
        state = conn.intake.state
        refusal = LONG_HEAD if state == "bad" else self._refusal(conn, long=state == "long")
        if refusal:
            self._send(conn, refusal)
            self._end(conn)
            return
        self._unwatch(conn)
        conn.stage = "long" if state == "long" else "working"
        conn.until = time.monotonic() + LONG_S if state == "long" else float("inf")
        conn.parser.unreader.unread(bytes(conn.intake.data))
        conn.intake = Intake()
        self._busy.add(conn)
        self.enqueue_req(conn)

    def _refusal(self, conn: Connection, *, long: bool) -> bytes:
        """Why a request gets no thread now; empty: it does."""
        waiting = [one for one in self._busy if one.stage == "long"]
        if long and len(waiting) >= LONG_OF_ALL:
            return BUSY
        if conn.party is None:
            return b""
        own = sum(one.party == conn.party for one in self._busy)
        own_waiting = sum(one.party == conn.party for one in waiting)
        return BUSY if own >= WORK_OF_ONE or (long and own_waiting >= LONG_OF_ONE) else b""

    @staticmethod
    def _send(conn: Connection, answer: bytes) -> None:
        with suppress(OSError, ValueError):  # whoever does not take it has gone
            conn.sock.send(answer)

    # Going on, and ending.

    def finish_request(self, conn: Connection, future: Any) -> None:
        """A thread is done with a request: the connection waits for the next one, or ends."""
        self._busy.discard(conn)
        if future.cancelled() or future.exception() is not None or not future.result():
            self._end(conn)
            return
        conn.sock.settimeout(0)
        if conn.parser.unreader.buf.getvalue() or (self._tls is not None and conn.sock.pending()):
            # Read ahead already: the poller would not report it.
            self._begin(conn)
            self._watch(conn, selectors.EVENT_READ)
            self._arrives(conn, conn.sock)
            return
        conn.stage = "idle"
        conn.set_timeout()
        if not self.alive:
            conn.timeout = min(conn.timeout, time.monotonic() + LINGER_S)
        self.keepalived_conns.append(conn)
        self._watch(conn, selectors.EVENT_READ)

    def _end(self, conn: Connection) -> None:
        """Say that no more comes, and wait a little for the other side to have read it: closed at once, what we sent
        last might be lost."""
        try:
            conn.sock.settimeout(0)
            conn.sock.shutdown(socket.SHUT_WR)
        except (OSError, ValueError):
            self._gone(conn)
            return
        conn.stage = "ending"
        conn.until = time.monotonic() + LINGER_S
        self._watch(conn, selectors.EVENT_READ)

    def _gone(self, conn: Connection) -> None:
        """Close a connection and forget it."""
        if conn not in self._open:
            return
        self._unwatch(conn)
        if conn.stage == "idle" and conn in self.keepalived_conns:
            self.keepalived_conns.remove(conn)
        del self._open[conn]
        if conn.party is not None:
            self._of_party[conn.party] -= 1
            if not self._of_party[conn.party]:
                del self._of_party[conn.party]
        self.nr_conns -= 1
        conn.close()

    def notify(self) -> None:
        """gunicorn's step: show the main process that this one lives. It looks every some seconds; after each event it
        would be a tenth of what a kiosk without news costs."""
        now = time.monotonic()
        if now >= self._shown + SHOWN_EVERY_S:
            self._shown = now
            super().notify()

    def is_parent_alive(self) -> bool:
        """gunicorn's step: whether the main process lives. If not, streams end too, and the database is free soon."""
        if not super().is_parent_alive():
            self.alive = False
        return bool(self.alive)

    def murder_keepalived(self, force: bool = False) -> None:
        """gunicorn's step: close those that have been idle for too long, or all idle ones."""
        now = time.monotonic()
        while self.keepalived_conns and (force or self.keepalived_conns[0].timeout <= now):
            self._gone(self.keepalived_conns[0])

    def murder_pending(self) -> None:
        """gunicorn's step, at least once a second: close those whose request does not come."""
        now = time.monotonic()
        if now - self._looked < 0.5:
            return
        self._looked = now
        latest = now + (LINGER_S if not self.alive else ARRIVES_S)
        for conn in list(self._open):
            if conn.stage == "arriving" or (conn.stage == "long" and not self.alive):
                conn.until = min(conn.until, latest)
            if conn.until > now:
                continue
            if conn.stage in ("arriving", "ending"):
                self._gone(conn)
            elif conn.stage == "long":
                conn.until = float("inf")
                self._cut(conn)

    @staticmethod
    def _cut(conn: Connection) -> None:
        """Wake the thread that waits for a body; it finds the connection closed."""
        with suppress(OSError):
            socket.socket.shutdown(conn.sock, socket.SHUT_RDWR)
