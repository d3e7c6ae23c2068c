"""The people of the event in memory, to be found by what somebody types.

It follows the registry's log: whatever changes a person is an entry there, whichever process or machine wrote it. What
the database no longer has is dropped when a search comes upon it, so an erased person is shown to nobody.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from registry.roster.model import LATIN_NAME, Known

if TYPE_CHECKING:  # loads NumPy, which most commands never need
    from collections.abc import Iterable

    from access.names.index import Named, NameIndex
    from registry.service import RegistryService

AT_ONCE = 5000
"""People read from the database at a time."""

REMARKS = ("note", "attention")
"""Fields for staff that are sentences: nobody is found by them."""

TRIES = 3
"""Searches that come upon erased people before the index is made again."""


class Found(NamedTuple):
    """A page of people, best first; `near`: nobody fits all that was typed, these fit it but for one word."""

    people: list[Known]
    total: int
    near: bool


class PersonIndex:
    """Everybody registered. Threads may share it; the first search waits until it is made."""

    def __init__(self, service: RegistryService) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._index: NameIndex | None = None
        self._changed: set[bytes] | None = None

    def prepare(self) -> None:
        """Make the index before somebody searches: a second for 26,000 people."""
        with self._lock:
            self._current()

    def search(self, query: str, limit: int, offset: int = 0) -> Found:
        """The people from `offset` on whom the query may mean, at most `limit`."""
        with self._lock:
            for _ in range(TRIES):
                found = self._searched(self._current(), query, limit, offset)
                if found is not None:
                    return found
            self._index = None
            return self._searched(self._current(), query, limit, offset) or Found([], 0, near=False)

    def _searched(self, index: NameIndex, query: str, limit: int, offset: int) -> Found | None:
        """A page, or None where the index had erased people: they are removed, so search again."""
        from access.names.segment import Rank

        results = index.search(query, limit, offset)
        badges = [_badge(hit.identity) for hit in results.hits]
        people = {known.badge: known for known in self._service.people.by_badges(badges)}
        gone = [hit.identity for hit in results.hits if _badge(hit.identity) not in people]
        if gone:
            index.remove(gone)
            return None
        near = any(hit.rank == Rank.NEAR for hit in results.hits)
        return Found([people[badge] for badge in badges], results.total, near)

    def _current(self) -> NameIndex:
        """The index, updated with all changes."""
        from access.names.index import NameIndex

        if self._index is None:
            # From here on changes are noted: one that comes while people are read is looked up again after.
            if self._changed is None:
                self._changed = self._service.changed_badges()
            index = NameIndex()
            after = b""
            while some := list(self._service.people.after(after, AT_ONCE)):
                index.put(map(_named, some))
                after = some[-1].badge
            self._index = index
        self._service.refresh()
        if self._changed:
            changed = set(self._changed)
            self._changed -= changed
            self._put(self._index, changed)
        return self._index

    def _put(self, index: NameIndex, badges: Iterable[bytes]) -> None:
        people = {known.badge: known for known in self._service.people.by_badges(list(badges))}
        index.put(map(_named, people.values()))
        index.remove([_identity(badge) for badge in badges if badge not in people])


def _named(known: Known) -> Named:
    from access.names.index import Named

    names = (known.name, *known.other_names)
    extra = [text for field, text in known.extra.items() if field not in (*REMARKS, LATIN_NAME)]
    return Named(_identity(known.badge), names, (known.organisation, known.ref, *extra))


def _identity(badge: bytes) -> int:
    return int.from_bytes(badge, "big")


def _badge(identity: int) -> bytes:
    return identity.to_bytes(5, "big")
