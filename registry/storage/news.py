"""Says that entries have arrived, whichever thread, process or machine of the registry took them.

Without it whoever shows what is known would have to look again and again. A number that grows is all that is said; it
may grow without anything new. With PostgreSQL the word goes through the database (LISTEN and NOTIFY).
"""

import logging
import threading
import time
from collections.abc import Callable

import psycopg

log = logging.getLogger(__name__)

CHANNEL = "jianmen_entries"

LOOK_S = 1.0
"""How often the listener looks whether it is to end."""

CHECK_S = 10.0
"""How often it asks whether the server is there still."""

AGAIN_S = 1.0
"""Before it connects again. Meanwhile streams look by themselves."""


class News:
    """The number. Threads may share it."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._number = 0

    @property
    def number(self) -> int:
        return self._number

    def tell(self) -> None:
        """Entries have arrived."""
        with self._condition:
            self._number += 1
            self._condition.notify_all()

    def wait(self, known: int, timeout_s: float) -> bool:
        """Wait until the number is another than the known one; whether it is."""
        with self._condition:
            return self._condition.wait_for(lambda: self._number != known, timeout_s)


class Listener:
    """Hears on a connection of its own what other processes write."""

    def __init__(
        self, connect: Callable[[], "psycopg.Connection[tuple[object, ...]]"], news: News
    ) -> None:
        self._connect = connect
        self._news = news
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="news", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                with self._connect() as connection:
                    self._listen(connection)
            except psycopg.Error as error:
                log.debug("no news: %s", error)
                self._closed.wait(AGAIN_S)

    def _listen(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        connection.execute(f"LISTEN {CHANNEL}")
        self._news.tell()  # what came while nobody listened
        checked = time.monotonic()
        while not self._closed.is_set():
            for _ in connection.notifies(timeout=LOOK_S, stop_after=1):
                self._news.tell()
            if time.monotonic() - checked > CHECK_S:
                checked = time.monotonic()
                connection.execute("SELECT 1")
