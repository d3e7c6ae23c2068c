"""A part of the index: some people's names and words, as arrays, and how well a query fits each."""

from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from access.names.chinese import ChineseNames, Mask, People
from access.names.companies import Companies
from access.names.folding import Folded
from access.names.readings import Alphabet
from access.names.typed import Machine, Query, exact_mark
from access.names.vocabulary import Postings, Vocabulary

Ranks = NDArray[np.uint8]
"""A `Rank` for each person of a segment."""


SHORTEST_OF_COMPANY = 3
"""Letters that are compared with the spelling of companies: fewer are in everybody's."""


class Rank(IntEnum):
    """How well a person matches, best first."""

    EXACT = 0
    HAN_WHOLE = 1
    HAN_BEGINNING = 2
    HAN_INSIDE = 3
    NAME_WORDS = 4
    NAME_BEGINNINGS = 5
    SPELLED_WHOLE = 6
    SPELLED_BEGINNING = 7
    SPELLED_TURNED = 8
    SPELLED_CUT = 9
    INITIALS = 10
    OTHER_TEXTS = 11
    NEAR = 12
    NONE = 13


class Document(NamedTuple):
    """One person, folded. `chinese` are the parts of each Chinese name, `company` the Chinese characters of theirs."""

    identity: int
    exact: int
    chinese: list[list[str]]
    name_words: set[str]
    other_words: set[str]
    company: str


def document(identity: int, names: Sequence[str], texts: Sequence[str]) -> Document:
    """Fold the texts by which a person can be found."""
    folded = [Folded.of(name) for name in names]
    chinese = [one.han_parts for one in folded if one.han_parts]
    return Document(
        identity,
        exact_mark(names[0] if names else ""),
        [parts for index, parts in enumerate(chinese) if parts not in chinese[:index]],
        {word for one in folded for word in one.letters},
        {word for text in texts for word in _other_words(text)},
        _company(texts[0]) if texts else "",
    )


@lru_cache(maxsize=4096)
def _company(text: str) -> str:
    return "".join(Folded.of(text).han_parts)


@lru_cache(maxsize=4096)
def _other_words(text: str) -> tuple[str, ...]:
    """The words of a text; Chinese ones from each of their characters on: 四川大学, 川大学, 大学, 学.

    Kept, because people share organisations.
    """
    folded = Folded.of(text)
    return (
        *folded.letters,
        *(part[n:] for part in folded.han_parts for n in range(len(part))),
    )


class Segment:
    """People who can be removed and do not change otherwise."""

    def __init__(
        self,
        identities: NDArray[np.int64],
        exact: NDArray[np.uint32],
        chinese: ChineseNames,
        vocabulary: Vocabulary,
        companies: Companies,
    ) -> None:
        self.identities = identities
        self._exact = exact
        self._chinese = chinese
        self._vocabulary = vocabulary
        self._companies = companies
        self._order = np.argsort(identities, kind="stable")
        self._removed = np.zeros(len(identities), np.bool_)

    @classmethod
    def of(cls, documents: Sequence[Document], alphabet: Alphabet) -> "Segment":
        """Build a segment of these people."""
        names = [
            (position, parts) for position, one in enumerate(documents) for parts in one.chinese
        ]
        return cls(
            np.array([one.identity for one in documents], np.int64),
            np.array([one.exact for one in documents], np.uint32),
            ChineseNames.of(names, alphabet),
            Vocabulary.of((one.name_words, one.other_words) for one in documents),
            Companies.of((one.company for one in documents), alphabet),
        )

    @classmethod
    def merged(cls, segments: Sequence["Segment"]) -> "Segment":
        """Merge several segments, without people who were removed."""
        positions: list[People] = []
        count = 0
        for one in segments:
            kept = ~one._removed
            moved = np.where(kept, count + np.cumsum(kept) - 1, -1).astype(np.int32)
            positions.append(moved)
            count += int(kept.sum())
        return cls(
            np.concatenate([one.identities[~one._removed] for one in segments]),
            np.concatenate([one._exact[~one._removed] for one in segments]),
            ChineseNames.merged(
                [(one._chinese, p) for one, p in zip(segments, positions, strict=True)]
            ),
            Vocabulary.merged(
                [(one._vocabulary, p) for one, p in zip(segments, positions, strict=True)]
            ),
            Companies.merged(
                [(one._companies, p) for one, p in zip(segments, positions, strict=True)]
            ),
        )

    @property
    def living(self) -> int:
        """People who were not removed."""
        return len(self.identities) - int(np.count_nonzero(self._removed))

    def remove(self, identities: NDArray[np.int64]) -> None:
        """Remove those of these people who are here."""
        if not len(self.identities):
            return
        ordered = self.identities[self._order]
        found = np.minimum(np.searchsorted(ordered, identities), len(ordered) - 1)
        self._removed[self._order[found[ordered[found] == identities]]] = True

    def ranks(self, query: Query) -> Ranks:
        """How well the query fits each person."""
        ranks = np.full(len(self.identities), Rank.NONE, np.uint8)
        if query.typed:
            begun = [self._begun(query, position) for position in range(len(query.typed))]
            self._by_words(query, ranks, begun)
            self._by_reading(query, ranks, begun)
            self._by_company(query, ranks)
            ranks[self._exact == query.exact] = Rank.EXACT
            ranks[self._removed] = Rank.NONE
        return ranks

    def near(self, query: Query) -> Ranks:
        """Those whom the query fits in all words but one."""
        ranks = np.full(len(self.identities), Rank.NONE, np.uint8)
        for shorter in query.shorter:
            begun = [self._vocabulary.beginning(word) for word in shorter.typed]
            self._by_words(shorter, ranks, begun)
            self._read(shorter.machine(0, len(shorter.typed)), ranks)
        ranks[ranks < Rank.NONE] = Rank.NEAR
        ranks[self._removed] = Rank.NONE
        return ranks

    def _begun(self, query: Query, position: int) -> Postings:
        """Who has a word that a typed one begins, or a company that it reads."""
        found = self._vocabulary.beginning(query.typed[position])
        company = self._read_company(query, position, position + 1)
        return found if company is None else np.concatenate([found, 2 * company + 1])

    def _read_company(self, query: Query, start: int, end: int) -> People | None:
        """Whose company these words read; None: they are too short to mean one."""
        if sum(map(len, query.typed[start:end])) < SHORTEST_OF_COMPANY:
            return None
        machine = query.machine(start, end)
        # What is typed in Chinese is among the words.
        return None if machine is None or machine.chinese else self._companies.read(machine)

    def _by_company(self, query: Query, ranks: Ranks) -> None:
        """All typed words read a company, one after the other."""
        company = self._read_company(query, 0, len(query.typed))
        if company is not None:
            _improve_people(ranks, company, Rank.OTHER_TEXTS)

    def _by_words(self, query: Query, ranks: Ranks, found: Sequence[Postings]) -> None:
        """All typed words begin words of the person's (`found`: who has such), in any order; or they do so written as
        one."""
        _improve(ranks, self._having(found), Rank.OTHER_TEXTS)
        if len(query.typed) > 1:
            joined = self._vocabulary.beginning("".join(query.typed))
            _improve(ranks, self._having([joined]), Rank.OTHER_TEXTS)
            _improve(ranks, self._having([_of_names(joined)]), Rank.NAME_BEGINNINGS)
        _improve(ranks, self._having(map(_of_names, found)), Rank.NAME_BEGINNINGS)
        whole = [self._vocabulary.whole(word) for word in query.typed]
        _improve(ranks, self._having(map(_of_names, whole)), Rank.NAME_WORDS)

    def _having(self, found: "Sequence[Postings] | map[Postings]") -> Mask:
        """The people contained in all of these."""
        having = np.ones(len(self.identities), np.bool_)
        for postings in found:
            here = np.zeros(len(self.identities), np.bool_)
            here[postings >> 1] = True
            having &= here
        return having

    def _by_reading(self, query: Query, ranks: Ranks, found: Sequence[Postings]) -> None:
        count = len(query.typed)
        for cut in range(1, count):
            self._by_both(query, ranks, (0, cut), found[cut:])
            self._by_both(query, ranks, (cut, count), found[:cut])
        for position in query.initials:
            self._read(query.machine(0, count, position), ranks)
        self._read(query.machine(0, count), ranks)
        self._read(query.machine(0, count, cut=False), ranks)

    def _by_both(
        self, query: Query, ranks: Ranks, read: tuple[int, int], begun: Sequence[Postings]
    ) -> None:
        """Some of the words read the Chinese name, the others begin words: 陳大文 Peter, or somebody's company."""
        among = self._having(begun)
        machine = query.machine(*read) if among.any() else None
        if machine is not None:
            for reading in self._chinese.read(machine, among):
                _improve_people(ranks, reading.people, Rank.OTHER_TEXTS)

    def _read(self, machine: Machine | None, ranks: Ranks) -> None:
        if machine is not None:
            for people, from_start, to_end in self._chinese.read(machine):
                _improve_people(ranks, people, _rank(machine, from_start, to_end))


def _rank(machine: Machine, from_start: bool, to_end: bool) -> Rank:
    if machine.initials:
        return Rank.INITIALS
    if machine.cut and not machine.chinese:
        return Rank.SPELLED_CUT
    if not from_start:
        return Rank.HAN_INSIDE if machine.chinese else Rank.SPELLED_TURNED
    if to_end:
        return Rank.HAN_WHOLE if machine.chinese else Rank.SPELLED_WHOLE
    return Rank.HAN_BEGINNING if machine.chinese else Rank.SPELLED_BEGINNING


def _of_names(postings: Postings) -> Postings:
    of_names: Postings = postings[postings & 1 == 0]
    return of_names


def _improve(ranks: Ranks, people: Mask, rank: Rank) -> None:
    ranks[people & (ranks > rank)] = rank


def _improve_people(ranks: Ranks, people: People, rank: Rank) -> None:
    ranks[people[ranks[people] > rank]] = rank
