"""An in-memory index of people's names: found by any spelling, ranked, and only then limited.

It grows by segments, each a few arrays: 26,000 people take some 5 MB. Not safe for several threads at once.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np

from access.names.readings import Alphabet
from access.names.segment import Document, Rank, Segment, document
from access.names.typed import Query

SMALL = 1024
"""People who are put in a segment of their own; fewer are kept apart until there are so many."""

LARGE = 32_768
MOST_SMALL = 8
"""Segments below `LARGE` people are made one when there are more of them than this."""


class Named(NamedTuple):
    """The texts by which a person can be found. `identity` is a number below 2**63 of the caller's choice.

    `names` are all names, the one that is shown first; `texts` all other fields, the organisation first: then ref,
    phone, mail.
    """

    identity: int
    names: tuple[str, ...]
    texts: tuple[str, ...] = ()


class Hit(NamedTuple):
    """A person found, and the rank of the match."""

    identity: int
    rank: Rank


class Results(NamedTuple):
    """The best hits, best first, and how many there are in all."""

    hits: list[Hit]
    total: int


class NameIndex:
    """The index of all people."""

    def __init__(self) -> None:
        self._alphabet = Alphabet()
        self._segments: list[Segment] = []
        self._recent: dict[int, Document] = {}
        self._recent_segment: Segment | None = None

    def __len__(self) -> int:
        return sum(segment.living for segment in self._segments) + len(self._recent)

    def put(self, people: Iterable[Named]) -> None:
        """Add people, or change those who are there already."""
        documents = {person.identity: document(*person) for person in people}
        self.remove(documents)
        self._recent |= documents
        self._recent_segment = None
        if len(self._recent) >= SMALL:
            self._segments.append(Segment.of(list(self._recent.values()), self._alphabet))
            self._recent = {}
            self._merge()

    def remove(self, identities: Collection[int]) -> None:
        """Remove people; unknown identities are ignored."""
        if not identities:
            return
        for identity in identities:
            if self._recent.pop(identity, None) is not None:
                self._recent_segment = None
        gone = np.fromiter(identities, np.int64, len(identities))
        for segment in self._segments:
            segment.remove(gone)

    def _merge(self) -> None:
        small = [segment for segment in self._segments if segment.living < LARGE]
        if len(small) > MOST_SMALL:
            others = [segment for segment in self._segments if segment.living >= LARGE]
            self._segments = [*others, Segment.merged(small)]

    def search(self, query: str, limit: int, offset: int = 0) -> Results:
        """The hits from `offset` on, at most `limit`; a query without letters or digits finds nobody.

        Those who match in all but one of three or more words are found only where nobody matches in all.
        """
        segments = self._all_segments()
        asked = Query.of(query, self._alphabet)
        ranked = [segment.ranks(asked) for segment in segments]
        if not any((ranks < Rank.NONE).any() for ranks in ranked):
            ranked = [segment.near(asked) for segment in segments]
        hits: list[Hit] = []
        for rank in range(Rank.NONE):
            for segment, ranks in zip(segments, ranked, strict=True):
                found = np.flatnonzero(ranks == rank)[: offset + limit - len(hits)]
                hits += [Hit(int(one), Rank(rank)) for one in segment.identities[found]]
        total = sum(int(np.count_nonzero(ranks < Rank.NONE)) for ranks in ranked)
        return Results(hits[offset:], total)

    def _all_segments(self) -> list[Segment]:
        if self._recent and self._recent_segment is None:
            self._recent_segment = Segment.of(list(self._recent.values()), self._alphabet)
        return self._segments + ([self._recent_segment] if self._recent_segment else [])
