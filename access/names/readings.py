"""The Chinese characters that a few Latin letters may stand for, by all readings in their usual spellings."""

from bisect import bisect_left
from collections import defaultdict
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from access.names.folding import fold
from access.names.hong_kong import spellings as hong_kong_spellings
from access.names.hong_kong import surname_spellings
from access.names.tables import cantonese, mandarin, wade_giles

Characters = NDArray[np.uint16]
"""Numbers of folded characters, ascending: see `Readings.number`."""

NUMBERS = 1 << 16
_UNREAD = 48_000
"""Characters without a reading share the numbers from here on; so many have one at most."""

MOST_KEPT = 4096
"""Spellings whose characters are remembered."""

LONGEST = 8
"""Letters of the longest spelling that is looked up."""


class Readings:
    """All readings of all characters, by spelling."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._by_spelling: dict[str, list[Characters]] = defaultdict(list)
        other = {one: more.split() for one, _, more in _lines(wade_giles.TABLE)}
        for syllable, _, characters in _lines(mandarin.TABLE):
            self._add({*_pinyin(syllable), *other.get(syllable, ())}, characters)
        for syllable, _, characters in _lines(cantonese.TABLE):
            self._add(hong_kong_spellings(syllable), characters)
        for surname, spelled in surname_spellings():
            self._add(set(spelled), fold(surname))
        self._spellings = sorted(self._by_spelling)
        self.spelled = lru_cache(MOST_KEPT)(self._spelled)
        self.beginning = lru_cache(MOST_KEPT)(self._beginning)

    def _add(self, spelled: set[str], characters: str) -> None:
        numbers = self._numbers
        read = np.array(
            [numbers.setdefault(one, len(numbers)) for one in characters], dtype=np.uint16
        )
        for spelling in spelled:
            self._by_spelling[spelling].append(read)

    def number(self, character: str) -> int:
        """The number of a folded character, below `NUMBERS`."""
        found = self._numbers.get(character)
        return found if found is not None else _UNREAD + ord(character) % (NUMBERS - _UNREAD)

    def _spelled(self, letters: str) -> Characters:
        """The characters that may be spelled exactly so."""
        return _union(self._by_spelling.get(letters, []))

    def _beginning(self, letters: str) -> Characters:
        """The characters that have a spelling that begins so."""
        found: list[Characters] = []
        for spelling in self._spellings[bisect_left(self._spellings, letters) :]:
            if not spelling.startswith(letters):
                break
            found += self._by_spelling[spelling]
        return _union(found)


@lru_cache(maxsize=1)
def readings() -> Readings:
    """The readings, made at first use (a fifth of a second)."""
    return Readings()


class Alphabet:
    """The characters that some names are written with, numbered from 1 on, and how they may be spelled.

    A few thousand of forty thousand: a query need not look at the others.
    """

    def __init__(self) -> None:
        self._of_character: dict[str, int] = {}
        self._of_number = np.zeros(NUMBERS, np.uint16)
        self.spelled = lru_cache(MOST_KEPT)(self._spelled)
        """The numbers of those that may be spelled exactly so."""
        self.beginning = lru_cache(MOST_KEPT)(self._beginning)
        """The numbers of those that have a spelling that begins so."""

    @property
    def size(self) -> int:
        """One more than the highest number."""
        return len(self._of_character) + 1

    def add(self, character: str) -> int:
        """Add a folded character to the alphabet if it is new; return its number."""
        found = self._of_character.get(character)
        if found is None:
            found = self._of_character[character] = self.size
            self._of_number[readings().number(character)] = found
            self.spelled.cache_clear()
            self.beginning.cache_clear()
        return found

    def find(self, character: str) -> int:
        """The number of a folded character; 0: no name has it."""
        return self._of_character.get(character, 0)

    def _spelled(self, letters: str) -> Characters:
        return self._of_these(readings().spelled(letters))

    def _beginning(self, letters: str) -> Characters:
        return self._of_these(readings().beginning(letters))

    def _of_these(self, read: Characters) -> Characters:
        numbers = self._of_number[read]
        return numbers[numbers > 0]


def _lines(table: str) -> list[tuple[str, str, str]]:
    return [line.partition(" ") for line in table.splitlines()]


def _pinyin(syllable: str) -> set[str]:
    """ü as v (keyboards), u (people) and yu (passports)."""
    return {syllable, syllable.replace("v", "u"), syllable.replace("v", "yu")}


def _union(found: list[Characters]) -> Characters:
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.uint16)
