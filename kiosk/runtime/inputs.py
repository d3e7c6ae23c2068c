"""Everything that happens at a door, in one queue: codes, camera and scanner, contacts, and work of the pages."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from hardware.ports.door_contacts import DoorEvent
from hardware.ports.events import CameraState, Hint, Reading, ScannerState, ShowOne

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReplicaWritten:
    """The carrier may have brought something."""


Source = Literal["camera", "scanner", "contacts", "pages", "replica"]
Happening = Reading | Hint | ShowOne | CameraState | ScannerState | DoorEvent | ReplicaWritten
Result = TypeVar("Result")

WAIT_S = 0.5
"""How long a source is waited for at a time; shutting down takes as long."""

AGAIN_S = 1.0
"""A source that fails in a way nobody thought of is asked again after this."""


class Device(Protocol):
    """A reader, a scanner, or the contacts of the signals."""

    def next(self, timeout: float) -> Happening | None: ...


@dataclass(frozen=True, slots=True)
class Work:
    """Something a page wants done by the one thread that may write."""

    run: Callable[[], Any]
    done: Future[Any] = field(default_factory=Future)


class Inputs:
    """Watches each source in a thread of its own, so that events are handled in the order in which they occur."""

    def __init__(self, devices: dict[Source, Device]) -> None:
        self._queue: queue.SimpleQueue[tuple[Source, Happening | Work]] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._watch, args=(source, device), name=f"door {source}")
            for source, device in devices.items()
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def next(self, timeout: float) -> tuple[Source, Happening | Work] | None:
        """The next event, or None when `timeout` seconds pass without one."""
        try:
            return self._queue.get(timeout=timeout) if timeout > 0 else self._queue.get_nowait()
        except queue.Empty:
            return None

    def put(self, source: Source, happened: Happening) -> None:
        """Append an event of a source to the queue."""
        self._queue.put((source, happened))

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        """Have something done between two scans. Its result, or what it raised, comes with the future."""
        asked = Work(work)
        if self._stop.is_set():
            asked.done.cancel()
        self._queue.put(("pages", asked))
        return asked.done

    def close(self) -> None:
        """Stop listening, and call off what nobody will do any more. Safe to repeat."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        while (left := self.next(0)) is not None:
            if isinstance(left[1], Work):
                left[1].done.cancel()

    def _watch(self, source: Source, device: Device) -> None:
        while not self._stop.is_set():
            try:
                happened = device.next(WAIT_S)
            except Exception:
                log.exception("the %s failed; it is asked again", source)
                self._stop.wait(AGAIN_S)
                continue
            if happened is not None:
                self.put(source, happened)


def age_ms(reading: Reading) -> int:
    """How long ago a code was read."""
    return time.monotonic_ns() // 1_000_000 - reading.taken_ms
