"""Wakes when an SQLite file in WAL mode may have been written (Linux, inotify(7)).

An event is a hint: it may come before the commit that it announces can be read, or for nothing, or be lost. Whoever
waits must still look at the file regularly.
"""

import ctypes
import logging
import os
import select
import struct
import time
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

IN_MODIFY = 0x2
IN_MOVED_TO = 0x80
IN_CREATE = 0x100
FLAGS = os.O_NONBLOCK | os.O_CLOEXEC
_EVENT = struct.Struct("iIII")
_PIECE = 64 * 1024


class FileWatch:
    """Watches one file. `wait` belongs to one thread; `poke` and `close` may be called by any."""

    def __init__(self, path: Path) -> None:
        """`path` need not be there yet."""
        self._folder = path.parent
        self._wal = path.with_name(f"{path.name}-wal")
        self._others: dict[int, Callable[[], None]] = {}
        self._poked = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._inotify: int = self._libc.inotify_init1(FLAGS)
        self._watch = -1
        self._poll = select.poll()
        self._poll.register(self._poked, select.POLLIN)
        if self._inotify < 0:
            log.warning("%s: not watched (%s)", path, os.strerror(ctypes.get_errno()))
            return
        self._poll.register(self._inotify, select.POLLIN)
        self._add(self._folder, IN_CREATE | IN_MOVED_TO)
        self._watch = self._add(self._wal, IN_MODIFY)

    def _add(self, path: Path, events: int) -> int:
        found: int = self._libc.inotify_add_watch(self._inotify, os.fsencode(path), events)
        return found

    def also(self, descriptor: int, do: Callable[[], None]) -> None:
        """End a wait too when `descriptor` has something to read: it is read and dropped, and `do` called."""
        self._others[descriptor] = do
        self._poll.register(descriptor, select.POLLIN)

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until the file may have been written. Return whether it may have been."""
        ready = self._poll.poll(max(0.0, seconds) * 1000)
        for descriptor, _ in ready:
            self._drain(descriptor)
        return bool(ready)

    def _drain(self, descriptor: int) -> None:
        try:
            events = os.read(descriptor, _PIECE)
        except BlockingIOError:
            return
        if descriptor != self._inotify:
            self._others.get(descriptor, _nothing)()
            return
        at = 0
        while at < len(events):
            watch, _, _, length = _EVENT.unpack_from(events, at)
            at += _EVENT.size + length
            if watch != self._watch:  # a file was made in the folder, or the one watched is gone
                self._watch = self._add(self._wal, IN_MODIFY)

    def settle(self, seconds: float) -> None:
        """Wait so long and drop the events of that time: several writes count as one."""
        time.sleep(seconds)
        self.wait(0)

    def poke(self) -> None:
        """End a wait."""
        os.eventfd_write(self._poked, 1)

    def close(self) -> None:
        """Safe to repeat."""
        for descriptor in (self._inotify, self._poked):
            if descriptor >= 0:
                os.close(descriptor)
        self._inotify = self._poked = -1


def _nothing() -> None:
    """Ignore a poke."""
