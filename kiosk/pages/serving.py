"""The server of a kiosk's pages: waitress, on the machine's own address, in threads beside the scan loop."""

import socket
import threading
from pathlib import Path
from typing import Any, Self

from flask import Flask
from waitress import create_server, wasyncore

THREADS = 20
"""Twice the streams that `kiosk.pages.app` allows, and some for whoever waits for a staff card."""

FEW_THREADS = 8
"""On a socket file nobody holds a stream."""

CLOSE_S = 5
LOOP_S = 1.0


class PageServer:
    """Listens as soon as it is made; answers once it is started."""

    def __init__(self, app: Flask, host: str, port: int) -> None:
        """`port` 0 takes any that is free. Raises OSError where it is taken."""
        # Bound here: waitress would leave its threads behind where that fails.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family)
        self._begin(app, sockets=[listening], threads=THREADS)

    @classmethod
    def at_socket_file(cls, app: Flask, path: Path) -> Self:
        """One that listens on a socket file, which this user's group may open. Raises OSError."""
        made = cls.__new__(cls)
        made._begin(app, unix_socket=str(path), unix_socket_perms="660", threads=FEW_THREADS)
        return made

    def _begin(self, app: Flask, **listening: Any) -> None:
        self._map: dict[int, Any] = {}
        self._server = create_server(app, map=self._map, ident=None, **listening)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="pages")

    @property
    def url(self) -> str:
        """The address of the attendee screen."""
        return f"http://{self._server.effective_host}:{self._server.effective_port}/"

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop answering. Streams must have been ended before. Safe to repeat."""
        if self._closing.is_set():
            return
        self._closing.set()
        # One after the other: a thread that still answers wakes the serving one by a descriptor, and a closed one's
        # number may be another file's by then.
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=CLOSE_S)
        if self._thread.is_alive():
            self._server.pull_trigger()
            self._thread.join()
        wasyncore.close_all(self._map, ignore_all=True)

    def _serve(self) -> None:
        while not self._closing.is_set():
            wasyncore.loop(timeout=LOOP_S, use_poll=True, map=self._map, count=1)
