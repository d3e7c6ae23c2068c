"""Turns changes of a door's contacts into events: who passed, who did not, doors forced, fire."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class DoorEventKind(Enum):
    PASSED = "passed"
    """The turnstile turned after it had been opened."""
    NOT_PASSED = "not_passed"
    """It was opened and nobody went through in time."""
    FORCED = "forced"
    """The door opened, or the turnstile turned, although nothing had been opened."""
    TAILGATED = "tailgated"
    """The turnstile turned once more on an opening that somebody had used up: two people, one badge."""
    FIRE = "fire"
    """The fire contact closed: outputs are dropped."""
    FIRE_OVER = "fire_over"


FOLLOWS_MS = 2_000
"""Who goes through so soon after somebody who was let in has followed them, even if the opening was over by then."""


@dataclass(frozen=True, slots=True)
class DoorEvent:
    kind: DoorEventKind
    at_ms: int
    """Milliseconds of `time.monotonic`."""


class DoorWatch:
    """Folds contact changes into events. Pure: every method gets the time in milliseconds.

    Each opening waits `pass_ms` for one person. `events` yields what is due.
    """

    def __init__(self, pass_ms: int, *, counts_passages: bool) -> None:
        self._pass_ms = pass_ms
        self._counts_passages = counts_passages
        self._waiting: deque[int] = deque()
        self._ready: deque[DoorEvent] = deque()
        self._released_until = 0
        self._followed_until = 0
        self.fire = False

    def opened(self, now_ms: int) -> None:
        """The door was released for one person."""
        self._released_until = now_ms + self._pass_ms
        if self._counts_passages:
            self._waiting.append(now_ms + self._pass_ms)

    def turned(self, now_ms: int) -> None:
        """The turnstile's contact reported that one person went through."""
        self._expire(now_ms)
        if self._waiting:
            self._followed_until = max(self._waiting.popleft(), now_ms + FOLLOWS_MS)
            self._emit(DoorEventKind.PASSED, now_ms)
        elif not self.fire:
            followed = now_ms <= self._followed_until
            self._emit(DoorEventKind.TAILGATED if followed else DoorEventKind.FORCED, now_ms)

    def door_opened(self, now_ms: int) -> None:
        """The door's own contact opened."""
        if now_ms > self._released_until and not self.fire:
            self._emit(DoorEventKind.FORCED, now_ms)

    def fire_changed(self, now_ms: int, *, burning: bool) -> None:
        """The fire contact closed or opened."""
        if burning != self.fire:
            self.fire = burning
            self._emit(DoorEventKind.FIRE if burning else DoorEventKind.FIRE_OVER, now_ms)

    def next(self, now_ms: int) -> DoorEvent | None:
        """The oldest event that is due, or None."""
        self._expire(now_ms)
        return self._ready.popleft() if self._ready else None

    def due_ms(self) -> int | None:
        """When the next event may come by itself, without any contact changing."""
        return self._waiting[0] if self._waiting else None

    def _expire(self, now_ms: int) -> None:
        while self._waiting and self._waiting[0] <= now_ms:
            self._emit(DoorEventKind.NOT_PASSED, self._waiting.popleft())

    def _emit(self, kind: DoorEventKind, at_ms: int) -> None:
        self._ready.append(DoorEvent(kind, at_ms))


class Contacts:
    """A `DoorWatch` that the threads of a pin library may change while the door waits for events."""

    def __init__(self, watch: DoorWatch) -> None:
        self._watch = watch
        self._changed = threading.Condition()

    def change(self, change: Callable[[DoorWatch, int], None]) -> None:
        """Apply a contact change; `change` gets the watch and the time in milliseconds."""
        with self._changed:
            change(self._watch, now_ms())
            self._changed.notify()

    @property
    def fire(self) -> bool:
        """Whether the fire contact is closed."""
        with self._changed:
            return self._watch.fire

    def next(self, timeout: float) -> DoorEvent | None:
        """The next event, or None when `timeout` seconds pass without one."""
        deadline = now_ms() + int(timeout * 1000)
        with self._changed:
            while True:
                now = now_ms()
                event = self._watch.next(now)
                if event is not None or now >= deadline:
                    return event
                due = self._watch.due_ms()
                until = deadline if due is None else min(due, deadline)
                self._changed.wait((until - now) / 1000)


def now_ms() -> int:
    """Milliseconds of `time.monotonic`."""
    return time.monotonic_ns() // 1_000_000
