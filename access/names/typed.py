"""A typed query as state machines that read a name character by character.

A query is a row of letters (and Chinese characters) with the ends of its words marked. Reading one character of a name
moves from one position of the row to another: over a whole spelling of that character, or over the rest of a typed word
that a spelling begins with; never over the end of a typed word. So apart, joined, cut short and turned round are one
case.
"""

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from access.names.folding import is_han, words
from access.names.readings import LONGEST, Alphabet
from access.text import canonical

MOST_POSITIONS = 63
"""Characters of a query that are compared: a set of positions is a 64 bit number."""

MOST_WORDS = 8

INITIALS = range(2, 5)
"""Letters of a word that may be initials."""

Positions = NDArray[np.uint64]
"""By character number: the positions (one bit each) that reading this character leads to."""


@dataclass(frozen=True, eq=False)
class Machine:
    """`steps[p]` is where each character leads from position p; the end is `goal`."""

    steps: list[Positions]
    goal: int
    chinese: bool
    """All of it is Chinese characters: it may begin inside a name."""
    initials: bool
    """Some of it is initials: it ends where a name or a part of one ends."""
    cut: bool
    """Its words may end inside a spelling."""


class Query:
    """The typed words, folded, and the machines built from them."""

    def __init__(self, typed: list[str], alphabet: Alphabet, exact: int = -1) -> None:
        self.typed = typed
        self._alphabet = alphabet
        self.exact = exact
        """`exact_mark` of the whole query; -1: nobody has it."""
        self._machines: dict[tuple[int, int, int | None, bool], Machine | None] = {}

    @classmethod
    def of(cls, text: str, alphabet: Alphabet) -> "Query":
        """At most 8 words of at most 63 characters together; what follows is not compared."""
        kept: list[str] = []
        left = MOST_POSITIONS
        for word in words(text)[:MOST_WORDS]:
            if left:
                kept.append(word[:left])
                left -= len(kept[-1])
        return cls(kept, alphabet, exact_mark(text))

    @cached_property
    def shorter(self) -> "list[Query]":
        """The query without one of its words, for each of three or more."""
        count = len(self.typed)
        return [
            Query(self.typed[:left_out] + self.typed[left_out + 1 :], self._alphabet)
            for left_out in range(count if count > 2 else 0)
        ]

    @cached_property
    def initials(self) -> list[int]:
        """Positions of the words that may be initials: the first and the last."""
        last = len(self.typed) - 1
        return [
            position
            for position in sorted({0, last})
            if len(self.typed[position]) in INITIALS
            and self.typed[position].isascii()
            and self.typed[position].isalpha()
        ]

    def machine(
        self, start: int, end: int, initials: int | None = None, *, cut: bool = True
    ) -> Machine | None:
        """The machine of the words from `start` to before `end`; the word at `initials` is one letter a character.

        `cut`: a word may end inside a spelling.

        None: it can read no name, for one of the words begins no spelling.
        """
        key = start, end, initials, cut
        if key not in self._machines:
            position = None if initials is None else initials - start
            self._machines[key] = _machine(self.typed[start:end], position, self._alphabet, cut=cut)
        return self._machines[key]


def exact_mark(text: str) -> int:
    """A number of 32 bits that texts share which differ in case and invisible characters alone."""
    return zlib.crc32(canonical(text).casefold().encode(errors="replace"))


def _machine(
    typed: list[str], initials: int | None, known: Alphabet, *, cut: bool
) -> Machine | None:
    goal = sum(len(word) for word in typed)
    steps = [np.zeros(known.size, np.uint64) for _ in range(goal)]
    start = 0
    for index, word in enumerate(typed):
        if is_han(word):
            _add_han(steps, start, word, known)
        elif index == initials:
            _add_initials(steps, start, word, known)
        elif not word.isascii() or not _add_spellings(steps, start, word, known, cut=cut):
            return None
        start += len(word)
    return Machine(steps, goal, all(map(is_han, typed)), initials is not None, cut)


def _add_han(steps: list[Positions], start: int, word: str, known: Alphabet) -> None:
    for position, character in enumerate(word, start):
        steps[position][known.find(character)] = _bit(position + 1)


def _add_initials(steps: list[Positions], start: int, word: str, known: Alphabet) -> None:
    for position, letter in enumerate(word, start):
        steps[position][known.beginning(letter)] = _bit(position + 1)


def _add_spellings(
    steps: list[Positions], start: int, word: str, known: Alphabet, *, cut: bool
) -> bool:
    """Whether the end of the word can be reached."""
    reached = {0}
    for position in range(len(word)):
        if position not in reached:
            continue
        for end in range(position + 1, min(position + LONGEST, len(word) - 1) + 1):
            read = known.spelled(word[position:end])
            if read.size:
                steps[start + position][read] |= _bit(start + end)
                reached.add(end)
        read = known.beginning(word[position:]) if cut else known.spelled(word[position:])
        if read.size:
            steps[start + position][read] |= _bit(start + len(word))
            reached.add(len(word))
    return len(word) in reached


def _bit(position: int) -> np.uint64:
    return np.uint64(1 << position)
