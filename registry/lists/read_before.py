"""The list that was previewed last, kept as it was read: whoever then takes it in need not have it read again."""

import hashlib
import zlib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace

import msgspec

from access.event.definition import Event
from access.log.entry import pack
from registry.lists.columns import HEADER_WITHIN, Mapping
from registry.lists.people import Candidate, People
from registry.roster.model import Person

KEPT_MS = 30 * 60_000
"""People look at a preview for minutes; their names are not kept in memory for longer."""

_FAST = 1

_Row = tuple[int, Person]


@dataclass(frozen=True)
class _Read:
    key: bytes
    until_ms: int
    mapping: Mapping
    people: People
    candidates: bytes


class ReadBefore:
    """One list: packed, 26,000 people take some 2 MB. For one thread."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._read: _Read | None = None

    def keep(self, key: bytes, mapping: Mapping, people: People) -> None:
        """Keep a list as it was read with this mapping, in the place of the one before."""
        rows = [(one.line, one.person) for one in people.candidates]
        packed = zlib.compress(msgspec.msgpack.encode(rows), _FAST)
        # Of the table itself only what tells which mapping is remembered for it.
        table = replace(people.table, rows=people.table.rows[: HEADER_WITHIN + 1])
        findings = deepcopy(people.findings)  # a comparison adds to them
        bare = replace(people, table=table, candidates=[], findings=findings)
        self._read = _Read(key, self._now_ms() + KEPT_MS, mapping, bare, packed)

    def take(self, key: bytes) -> tuple[Mapping, People] | None:
        """The list with this key and the mapping that it was read with, if it is the one; it is not kept any more."""
        read, self._read = self._read, None
        if read is None or read.key != key or read.until_ms < self._now_ms():
            return None
        rows = msgspec.msgpack.decode(zlib.decompress(read.candidates), type=list[_Row])
        people = [Candidate(line, person) for line, person in rows]
        return read.mapping, replace(read.people, candidates=people)


def key_of(
    data: bytes, encoding: str | None, sheet: str | None, mapping: Mapping, event: Event
) -> bytes:
    """What a list is read by."""
    asked = msgspec.msgpack.encode((encoding, sheet, mapping))
    return hashlib.sha256(hashlib.sha256(data).digest() + asked + pack(event)).digest()
