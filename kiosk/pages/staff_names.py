"""The names that staff may search, in memory while staff mode is open: name cards opened once and indexed.

A thread of its own opens them piece by piece after the unlocking, so that neither the scan loop nor a search waits for
tens of thousands of cards; a search itself looks only for cards that came since.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from access.badge.name_card import Card, CardContent, open_with_desk
from access.names.index import Named, NameIndex
from access.names.segment import Rank
from sync.store.replica import ReplicaReader, StoredCard

PIECE = 256
"""Cards opened in one go; so many new ones are opened inside a search, more beside it."""

AGAIN_S = 60.0
"""After so long it is looked for changed cards although there are as many as before."""

BADGE_BYTES = 5

BREATH_S = 0.001
"""Between pieces: the scan loop is of the same process."""

READY_WITHIN_S = 30.0
"""How long a search waits for the first reading."""

FOUND = 20


@dataclass(frozen=True)
class Found:
    """Somebody whom a search may mean."""

    badge: bytes
    content: CardContent


@dataclass(frozen=True)
class Results:
    """The best hits, best first; `total` of them there are. `near`: they fit all that was typed but one word."""

    found: list[Found]
    total: int
    near: bool


class NamesClosedError(Exception):
    """Staff mode was locked meanwhile, or the cards cannot be read."""


class _Newest(NamedTuple):
    issue: int
    digest: bytes
    content: CardContent


class StaffNames:
    """Everybody with a name card that this desk key opens. Methods may be called from any thread."""

    def __init__(self, replica: Path, desk_key: bytes, now_s: Callable[[], float]) -> None:
        self._replica = replica
        self._desk_key = desk_key
        self._now_s = now_s
        self._lock = threading.Lock()
        self._index = NameIndex()
        self._read: dict[bytes, bytes] = {}
        """The badge of each card that was read, by the card's hash."""
        self._newest: dict[bytes, _Newest] = {}
        """By badge."""
        self._count = (0, 0)
        self._read_s = now_s()
        self._failed = False
        self._ready = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._start()

    def close(self) -> None:
        """Forget every name."""
        self._closed.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()
        with self._lock:
            self._index, self._read, self._newest, self._desk_key = NameIndex(), {}, {}, b""

    def content(self, badge: bytes) -> CardContent | None:
        """What is known of a badge by now."""
        newest = self._newest.get(badge)
        return newest.content if newest is not None else None

    def search(self, query: str) -> Results:
        """The best 20. Raises NamesClosedError."""
        if not self._ready.wait(READY_WITHIN_S):
            raise NamesClosedError
        self._look_again()
        with self._lock:
            if self._closed.is_set() or self._failed:
                raise NamesClosedError
            results = self._index.search(query, FOUND)
            badges = [hit.identity.to_bytes(BADGE_BYTES, "big") for hit in results.hits]
            found = [Found(badge, self._newest[badge].content) for badge in badges]
        near = any(hit.rank == Rank.NEAR for hit in results.hits)
        return Results(found, results.total, near)

    def _look_again(self) -> None:
        """Take in cards that came since: at once where they are few, else beside."""
        with self._reader() as reader:
            if reader is None:
                return
            count = reader.card_counts()
            due = self._now_s() - self._read_s > AGAIN_S
            if count == self._count and not due:
                return
            if count == self._count or count[0] - len(self._read) > PIECE:
                self._start(again=True)
            else:
                self._read_with(reader)

    def _start(self, *, again: bool = False) -> None:
        with self._lock:
            running = self._thread is not None and (not again or self._thread.is_alive())
            if not running and not self._closed.is_set():
                self._thread = threading.Thread(target=self._read_all, name="names", daemon=True)
                self._thread.start()

    def _read_all(self) -> None:
        try:
            with self._reader() as reader:
                if reader is not None:
                    self._read_with(reader)
        except NamesClosedError:
            self._failed = True
        finally:
            self._ready.set()

    def _read_with(self, reader: ReplicaReader) -> None:
        """Drop the cards that are no longer stored and read the new ones, piece by piece."""
        count, stored = reader.card_counts(), reader.card_hashes()
        with self._lock:
            gone = [digest for digest in self._read if digest not in stored]
            new = [digest for digest in stored if digest not in self._read]
            self._drop(gone)
        for start in range(0, len(new), PIECE):
            cards = reader.cards_of(new[start : start + PIECE])
            if self._closed.is_set():
                return
            with self._lock:
                self._take(cards)
            self._closed.wait(BREATH_S)
        self._count, self._read_s, self._failed = count, self._now_s(), False

    def _drop(self, gone: Sequence[bytes]) -> None:
        nameless = []
        for digest in gone:
            badge = self._read.pop(digest)
            if badge in self._newest and self._newest[badge].digest == digest:
                del self._newest[badge]
                nameless.append(_identity(badge))
        self._index.remove(nameless)

    def _take(self, cards: Sequence[StoredCard]) -> None:
        changed = []
        for digest, badge, issue, raw in cards:
            self._read[digest] = badge
            newest = self._newest.get(badge)
            content = _opened(raw, self._desk_key)
            if content is not None and (newest is None or newest.issue <= issue):
                content = msgspec.structs.replace(
                    content, code=""
                )  # whoever looks for names needs no codes
                self._newest[badge] = _Newest(issue, digest, content)
                names, texts = (content.name, *content.keys), (content.organisation,)
                changed.append(Named(_identity(badge), names, texts))
        self._index.put(changed)

    @contextmanager
    def _reader(self) -> Iterator[ReplicaReader | None]:
        """The carrier's file; None before there is one. Raises NamesClosedError where it cannot be read."""
        try:
            reader = ReplicaReader.at(self._replica)
        except sqlite3.Error:
            yield None
            return
        try:
            yield reader
        except sqlite3.Error as error:
            raise NamesClosedError from error
        finally:
            reader.close()


def _identity(badge: bytes) -> int:
    return int.from_bytes(badge, "big")


def _opened(raw: bytes, desk_key: bytes) -> CardContent | None:
    try:
        return open_with_desk(msgspec.msgpack.decode(raw, type=Card), desk_key)
    except msgspec.DecodeError:
        return None
