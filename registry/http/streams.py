"""The headcount as an event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html).

`headcount` events carry the whole answer of /api/v1/headcount as soon as a number has changed, at most two a second;
`alive` events have, every few seconds, the time as of which the last one is still true. A stream ends after half a
minute, since each takes a thread; the browser reconnects by itself and sends the last event it has seen as
Last-Event-ID.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator

import msgspec
from flask import Response

from registry.queries.queries import FRESH_MS, Counted, Queries
from registry.queries.shapes import Headcount

LASTS_S = 30.0
STEP_S = 1.0
"""How often a stream looks without being told: time alone changes numbers too."""

SHORTLY_S = 0.05
"""How long it waits while another thread counts."""

ALIVE_S = 5.0
RETRY_MS = 1000
MOST_STREAMS = 200
"""Open at once. A page that gets none asks every few seconds instead."""


class Streams:
    """The open streams of one process."""

    def __init__(
        self, queries: Queries, stopping: Callable[[], bool], most: int = MOST_STREAMS
    ) -> None:
        """`stopping` returns whether the server is shutting down: streams end then."""
        self._queries = queries
        self._stopping = stopping
        self._room = threading.BoundedSemaphore(most)
        self._pause = threading.Event()
        self._news = queries.service.ledger.database.news
        self._last: tuple[Counted, str, bytes] | None = None

    def answer(self, last_seen: str) -> Response:
        """A new stream, or 503 where there are too many. `last_seen` is the request's Last-Event-ID."""
        if not self._room.acquire(blocking=False):
            busy = Response(
                "too many streams; ask /api/v1/headcount instead\n", 503, mimetype="text/plain"
            )
            busy.headers["Retry-After"] = "10"
            return busy
        self._queries.service.ledger.database.listen()
        answer = Response(self._events(last_seen), mimetype="text/event-stream")
        # Closed in any case, also where the browser left before the first event.
        answer.call_on_close(self._room.release)
        answer.headers["X-Accel-Buffering"] = "no"
        return answer

    def _events(self, last_seen: str) -> Iterator[bytes]:
        began = spoke = time.monotonic()
        yield f"retry: {RETRY_MS}\n\n".encode()
        while True:
            counted = self._queries.counted()
            mark, event = self._written(counted)
            now = time.monotonic()
            if mark != last_seen:
                last_seen, spoke = mark, now
                yield event
            elif now - spoke >= ALIVE_S or spoke == began:
                spoke = now
                as_of = msgspec.json.encode({"as_of": counted.count.as_of})
                yield b"event: alive\ndata: %b\n\n" % as_of
            if self._stopping() or time.monotonic() - began >= LASTS_S:
                return
            if self._news.wait(counted.news, STEP_S):
                self._pause.wait(self._until_another(counted))

    def _written(self, counted: Counted) -> tuple[str, bytes]:
        """A count's mark and its event, written once for all streams."""
        last = self._last
        if last is None or last[0] is not counted:
            mark = mark_of(counted.count)
            data = msgspec.json.encode(counted.count)
            event = b"id: %b\nevent: headcount\ndata: %b\n\n" % (mark.encode(), data)
            last = self._last = (counted, mark, event)
        return last[1:]

    def _until_another(self, counted: Counted) -> float:
        """How long to wait, in seconds, before a newer count is asked for."""
        return max(SHORTLY_S, counted.made_s + FRESH_MS / 1000 - time.monotonic())


def mark_of(count: Headcount) -> str:
    """A hash of a headcount's numbers, without its times."""
    areas = [msgspec.structs.replace(area, as_of="", heard=None) for area in count.areas]
    timeless = msgspec.structs.replace(count, as_of="", areas=areas)
    return hashlib.sha256(msgspec.json.encode(timeless)).hexdigest()[:16]
