"""The registry as a server: gunicorn with threads, in workers that are started again if they hang.

On SQLite one worker, since one process alone may write; on PostgreSQL several. The address is bound before anything
else is done, so that a port in use is one clear line; the database is opened in the worker.
"""

import gc
import logging
import multiprocessing
import os
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from registry.http.streams import MOST_STREAMS
from registry.server.app import Parts
from registry.server.proxies import TrustedProxies
from registry.server.worker import MOST, GuardedWorker
from registry.storage.database import OUTAGES
from registry.storage.errors import RegistryError
from registry.webhooks import WebhookSender
from sync.transport.tls_certificate import Certificate

log = logging.getLogger(__name__)

THREADS = MOST_STREAMS + 48
"""Of a worker: as many as streams may be open, and more for kiosks and pages. They are made as they are needed."""

KEEP_OPEN_S = 30
"""Kiosks ask every few seconds over one connection."""

STOPS_WITHIN_S = 10
HANGS_AFTER_S = 60
"""A worker whose main loop stands still so long is started again."""

HANDS_OVER_S = 0.001
"""How long a busy thread (an import, a fold) keeps the interpreter while others wait. By default they wait five times
as long, at each of the dozen times that a request lets go of it for the database."""

KEEP_EVERY_S = 60

BEAT_S = 5
"""How often a starting worker reports that it is alive (s)."""

READ_S = 20
"""A connection on which nothing moves for so long in the middle of a long body, or of an answer, is closed."""

BACKLOG = 512


class AddressError(Exception):
    """The address cannot be listened at. The text has the reason, and what to do."""


class Supervisor(Protocol):
    """Whoever watches the server: `hardware.system.systemd.Notifier` fits."""

    def ready(self) -> None: ...

    def watchdog(self) -> None: ...

    def stopping(self) -> None: ...


@dataclass(frozen=True)
class Serving:
    """How to serve. `certificate` None: plain HTTP; `trusted_proxies`: addresses and networks of proxies in front."""

    workers: int
    certificate: Certificate | None = None
    trusted_proxies: tuple[str, ...] = ()


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 chooses one. Raises AddressError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # Accepted connections inherit these (Linux, socket(7)): an idle client keeps no thread.
            patience = struct.pack("ll", READ_S, 0)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
            sock.bind(address)
            sock.listen(BACKLOG)
        except OSError:
            sock.close()
            raise
    except OSError as error:
        advice = "choose another with --port" if port else "choose another with --host"
        raise AddressError(f"{host} port {port}: {error.strerror}; {advice}") from error
    return sock


def serve(
    sock: socket.socket,
    make_app: Callable[[Callable[[], bool]], Flask],
    serving: Serving,
    supervisor: Supervisor,
) -> None:
    """Serve until SIGTERM or SIGINT; then end by SystemExit. `make_app` is called in each worker, with a function that
    says when it is going down."""
    os.environ.pop("NOTIFY_SOCKET", None)  # gunicorn would call itself ready before its worker is
    _Arbiter(_Application(sock, make_app, serving), supervisor).run()


class _Application(BaseApplication):  # type: ignore[misc]
    """Gunicorn's settings, without its command line and files."""

    def __init__(
        self,
        sock: socket.socket,
        make_app: Callable[[Callable[[], bool]], Flask],
        serving: Serving,
    ) -> None:
        self._sock = sock
        self._make_app = make_app
        self._serving = serving
        self._worker: Worker | None = None
        self._stop_hooks = threading.Event()
        self._parts: Parts | None = None
        self.booted = multiprocessing.get_context("fork").Event()
        super().__init__()

    def load_config(self) -> None:
        serving = self._serving
        settings: dict[str, Any] = {
            "bind": f"fd://{self._sock.fileno()}",
            "workers": serving.workers,
            "worker_class": _worker_class(serving.trusted_proxies),
            "worker_connections": 2 * MOST,
            "threads": THREADS,
            "keepalive": KEEP_OPEN_S,
            "graceful_timeout": STOPS_WITHIN_S,
            "timeout": HANGS_AFTER_S,
            "certfile": str(serving.certificate.certificate) if serving.certificate else None,
            "keyfile": str(serving.certificate.key) if serving.certificate else None,
            "loglevel": "warning",
            "control_socket_disable": True,
            "post_fork": self._note_worker,
            "post_worker_init": self._worker_is_up,
            "worker_exit": self._worker_ends,
        }
        for name, value in settings.items():
            if (
                name in self.cfg.settings
            ):  # the control socket is newer than the oldest gunicorn we take
                self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application, in a worker."""
        worker = self._worker
        gc.disable()  # of what is folded nothing is garbage
        with _beating(worker):
            app = self._make_app(lambda: worker is not None and not worker.alive)
            parts: Parts = app.extensions["jianmen"]
            parts.queries.prepare()
        sys.setswitchinterval(HANDS_OVER_S)
        gc.freeze()  # what is folded stays: no collection need look at a million entries again
        gc.enable()
        self._parts = parts
        sender = WebhookSender(parts.queries, parts.hooks, f"{socket.gethostname()}/{os.getpid()}")
        threading.Thread(
            target=sender.run, args=(self._stop_hooks,), name="webhooks", daemon=True
        ).start()
        threading.Thread(target=self._keep_house, name="housekeeping", daemon=True).start()
        service = parts.queries.service
        threading.Thread(
            target=parts.respelling.run,
            args=(self._stop_hooks, lambda: service.event),
            name="names from kiosks",
            daemon=True,
        ).start()
        # Whoever searches first need not wait for the index.
        threading.Thread(target=parts.queries.names.prepare, name="names", daemon=True).start()
        return app

    def _keep_house(self) -> None:
        """Save the counts again and again, since a worker may be killed; and see whether a kiosk gave back the entry
        that somebody was erased."""
        while not self._stop_hooks.wait(KEEP_EVERY_S):
            self._save_counts(at_once=False)
            self._forget_erased()

    def _forget_erased(self) -> None:
        if self._parts is None:
            return
        try:
            erased = self._parts.queries.service.forget_erased()
        except (OSError, RegistryError, *OUTAGES) as error:
            log.warning("nobody could be erased: %s", type(error).__name__)
            return
        if erased:
            log.warning("%d people erased since the backup are erased here too", erased)

    def _save_counts(self, *, at_once: bool) -> None:
        if self._parts is None:
            return
        try:
            self._parts.queries.service.keep_counts(at_once=at_once)
        except (OSError, *OUTAGES) as error:
            log.warning("the counts are not saved: %s", type(error).__name__)

    def _note_worker(self, _: Arbiter, worker: Worker) -> None:
        self._worker = worker

    def _worker_is_up(self, _: Worker) -> None:
        self.booted.set()

    def _worker_ends(self, _: Arbiter, __: Worker) -> None:
        self._stop_hooks.set()
        self._save_counts(at_once=True)
        if self._parts is not None:
            self._parts.jobs.close()  # before the database is: what runs has still to clear up
            # The last one to close SQLite's file folds its write-ahead log back into it and deletes it.
            self._parts.queries.service.ledger.close()


@contextmanager
def _beating(worker: Worker | None) -> Iterator[None]:
    """Tell the main process that a worker lives while it reads the whole ledger, which may take longer than it would
    wait."""
    ended = threading.Event()

    def beat() -> None:
        while worker is not None and not ended.wait(BEAT_S):
            worker.notify()

    thread = threading.Thread(target=beat, name="beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _worker_class(trusted: tuple[str, ...]) -> type[Worker]:
    """gunicorn makes its workers itself: what they need to know is on their class."""
    return type("Worker", (GuardedWorker,), {"trusted_proxies": TrustedProxies(trusted)})


class _Arbiter(Arbiter):  # type: ignore[misc]
    """Gunicorn's main process, which reports the state of its workers to the supervisor."""

    def __init__(self, application: _Application, supervisor: Supervisor) -> None:
        self._booted = application.booted
        self._supervisor = supervisor
        self._reported_ready = False
        super().__init__(application)

    def murder_workers(self) -> None:
        """Gunicorn's step, once a second: end those that hang. Where one lives, all is well."""
        super().murder_workers()
        if self._booted.is_set() and self.WORKERS:
            if not self._reported_ready:
                self._reported_ready = True
                self._supervisor.ready()
            self._supervisor.watchdog()

    def handle_int(self) -> None:
        """Ctrl-C ends requests that are going on as gently as SIGTERM does."""
        raise StopIteration

    def halt(self, reason: str | None = None, exit_status: int = 0) -> None:
        self._supervisor.stopping()
        super().halt(reason, exit_status)
