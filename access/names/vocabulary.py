"""The words that people may be found by, in order, and who has each: the beginning of a word finds them."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from access.names.chinese import People

LONGEST_WORD = 24
"""Characters of a word that are compared."""

Postings = NDArray[np.int32]
"""Twice a person's index in the segment; one more where the word is not of a name."""


class _Ordered:
    """Words in order, as one block of bytes: a third of the memory of so many strings."""

    def __init__(self, words: list[bytes]) -> None:
        self._block = b"".join(words)
        self._ends = np.cumsum([0, *map(len, words)], dtype=np.int64)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: int) -> bytes:
        return self._block[self._ends[index] : self._ends[index + 1]]

    def __iter__(self) -> Iterator[bytes]:
        return (self[index] for index in range(len(self)))


class Vocabulary:
    """All words of a segment."""

    def __init__(self, postings: dict[bytes, list[int]]) -> None:
        ordered = sorted(postings)
        self._words = _Ordered(ordered)
        self._ends = np.cumsum([0, *(len(postings[word]) for word in ordered)], dtype=np.int64)
        self._postings = np.fromiter(
            (one for word in ordered for one in postings[word]), np.int32, int(self._ends[-1])
        )

    @classmethod
    def of(cls, people: Iterable[tuple[set[str], set[str]]]) -> "Vocabulary":
        """Build from each person's words: those of their names, and others."""
        postings: dict[bytes, list[int]] = defaultdict(list)
        for position, both in enumerate(people):
            for other, words in enumerate(both):
                for word in words:
                    postings[_compared(word)].append(2 * position + other)
        return cls(postings)

    @classmethod
    def merged(cls, parts: Sequence[tuple["Vocabulary", People]]) -> "Vocabulary":
        """Merge several; each comes with the new index of every person (-1: left out)."""
        postings: dict[bytes, list[int]] = defaultdict(list)
        for vocabulary, positions in parts:
            moved = 2 * positions[vocabulary._postings >> 1] + (vocabulary._postings & 1)
            ends = vocabulary._ends.tolist()
            for index, word in enumerate(vocabulary._words):
                kept = moved[ends[index] : ends[index + 1]]
                if (kept >= 0).any():
                    postings[word] += kept[kept >= 0].tolist()
        return cls(postings)

    def beginning(self, word: str) -> Postings:
        """The people who have a word with this beginning."""
        begin = _compared(word)
        return self._between(begin, begin + b"\xff")

    def whole(self, word: str) -> Postings:
        """The people who have exactly this word."""
        exactly = _compared(word)
        return self._between(exactly, exactly + b"\x00")

    def _between(self, first: bytes, after: bytes) -> Postings:
        low = bisect_left(self._words, first)
        high = bisect_left(self._words, after, lo=low)
        return self._postings[self._ends[low] : self._ends[high]]


def _compared(word: str) -> bytes:
    return word[:LONGEST_WORD].encode(errors="replace")
