"""The Chinese names of people's companies, each kept once however many share it, to be read from any of their
characters on: keji finds 四川剑门科技有限公司."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from access.names.chinese import ChineseNames, People
from access.names.readings import Alphabet
from access.names.typed import Machine

LEAST = 2
"""Characters that must be read: one alone is in a company of nearly everybody."""


class Companies:
    """The companies of a segment's people."""

    def __init__(self, people: Mapping[str, Sequence[int]], alphabet: Alphabet) -> None:
        """`people` of each company, by its Chinese characters."""
        self._alphabet = alphabet
        self._texts = list(people)
        self._lengths = np.array([len(people[text]) for text in self._texts], np.int64)
        self._people: People = np.fromiter(
            (one for text in self._texts for one in people[text]), np.int32
        )
        # Each character is a part of its own: one may begin at any of them.
        named = [(number, list(text)) for number, text in enumerate(self._texts)]
        self._names = ChineseNames.of(named, alphabet)

    @classmethod
    def of(cls, companies: Iterable[str], alphabet: Alphabet) -> "Companies":
        """Build from everybody's company; "": none in Chinese."""
        people: dict[str, list[int]] = defaultdict(list)
        for position, company in enumerate(companies):
            if company:
                people[company].append(position)
        return cls(people, alphabet)

    @classmethod
    def merged(cls, parts: Sequence[tuple["Companies", People]]) -> "Companies":
        """Merge several; each comes with the new index of every person (-1: left out)."""
        people: dict[str, list[int]] = defaultdict(list)
        for companies, positions in parts:
            begin = 0
            for text, length in zip(companies._texts, companies._lengths, strict=True):
                moved = positions[companies._people[begin : begin + length]]
                kept = moved[moved >= 0].tolist()
                if kept:
                    people[text] += kept
                begin += length
        return cls(people, parts[0][0]._alphabet)

    def read(self, machine: Machine) -> People:
        """The people of whose company the machine reads some characters, from any of them on."""
        found = np.zeros(len(self._texts), np.bool_)
        for reading in self._names.read(machine, least=LEAST, turning=False):
            found[reading.people] = True
        return self._people[np.repeat(found, self._lengths)]
