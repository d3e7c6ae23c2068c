"""The Chinese names of many people, character after character in one row of arrays, and reading them by a query."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from access.names.readings import Alphabet
from access.names.typed import Machine

Mask = NDArray[np.bool_]
People = NDArray[np.int32]
"""Indexes of people in their segment."""

LONGEST_NAME = 250
"""Characters of one name that are compared."""

TURNED = 3
"""A name may be begun at its first, second or third character: the given name first, after a surname of one character
or two, or after a husband's family name."""


class Reading(NamedTuple):
    """People whose names a query reads, all begun at a name's start or all not, all to a name's end or all not."""

    people: People
    from_start: bool
    to_end: bool


class ChineseNames:
    """Each element is one character of one name."""

    def __init__(
        self,
        characters: NDArray[np.uint16],
        owners: People,
        offsets: NDArray[np.uint8],
        lengths: NDArray[np.uint8],
        part_starts: Mask,
    ) -> None:
        """`offsets`: from the name's start; `lengths`: of the whole name; `part_starts`: 买 of 阿依古丽·买买提."""
        self._characters = characters
        self._owners = owners
        self._offsets = offsets
        self._lengths = lengths
        self._part_starts = part_starts
        self._may_begin = part_starts | (offsets < TURNED)
        # A part ends before the next one starts; the last one ends with the name, before another name's first.
        self._part_ends = np.append(part_starts[1:], [True][: len(part_starts)])

    @classmethod
    def of(cls, names: Sequence[tuple[int, Sequence[str]]], alphabet: Alphabet) -> "ChineseNames":
        """Build from pairs of owner and parts of a folded name; adds their characters to the alphabet."""
        characters: list[int] = []
        owners: list[int] = []
        offsets: list[int] = []
        lengths: list[int] = []
        part_starts: list[bool] = []
        for owner, parts in names:
            name = "".join(parts)[:LONGEST_NAME]
            starts = {0}
            for part in parts:
                starts.add(max(starts) + len(part))
            characters += map(alphabet.add, name)
            owners += [owner] * len(name)
            offsets += range(len(name))
            lengths += [len(name)] * len(name)
            part_starts += [offset in starts for offset in range(len(name))]
        return cls(
            np.array(characters, np.uint16),
            np.array(owners, np.int32),
            np.array(offsets, np.uint8),
            np.array(lengths, np.uint8),
            np.array(part_starts, np.bool_),
        )

    @classmethod
    def merged(cls, parts: Sequence[tuple["ChineseNames", People]]) -> "ChineseNames":
        """Merge several; each comes with the new index of every owner (-1: left out)."""
        moved = [positions[names._owners] for names, positions in parts]
        kept = [positions >= 0 for positions in moved]
        return cls(
            np.concatenate([n._characters[k] for (n, _), k in zip(parts, kept, strict=True)]),
            np.concatenate([positions[k] for positions, k in zip(moved, kept, strict=True)]),
            np.concatenate([n._offsets[k] for (n, _), k in zip(parts, kept, strict=True)]),
            np.concatenate([n._lengths[k] for (n, _), k in zip(parts, kept, strict=True)]),
            np.concatenate([n._part_starts[k] for (n, _), k in zip(parts, kept, strict=True)]),
        )

    def read(
        self, machine: Machine, among: Mask | None = None, *, least: int = 1, turning: bool = True
    ) -> Iterator[Reading]:
        """Return whose names the machine reads, of all or of those `among`; owners may repeat. `least`: so many of
        their characters. `turning`: a name may go on from its end to its start."""
        steps, characters = machine.steps, self._characters
        at = np.flatnonzero((steps[0] != 0)[characters])
        if not machine.chinese:
            at = at[self._may_begin[at]]
        if among is not None:
            at = at[among[self._owners[at]]]
        begun, positions, eaten = at, steps[0][characters[at]], 1
        while at.size:
            done = positions >> np.uint64(machine.goal) & np.uint64(1) != 0
            if eaten >= least:
                yield from self._done(machine, begun[done], at[done], eaten)
            goes_on = ~done & (eaten < self._ends(begun, machine, turning=turning))
            begun, at, positions = begun[goes_on], at[goes_on], positions[goes_on]
            at = self._next(at)
            positions = _moved(steps, positions, characters[at])
            alive = positions != 0
            begun, at, positions = begun[alive], at[alive], positions[alive]
            eaten += 1

    def _ends(
        self, begun: NDArray[np.int64], machine: Machine, *, turning: bool
    ) -> NDArray[np.int64]:
        """How many characters are read at most from where a name was begun.

        What was typed in Latin letters may go on from a name's end to its start: given name first. Characters are
        typed in their order; only the parts of a name may be turned round.
        """
        whole = self._lengths[begun].astype(np.int64)
        if not turning:
            return whole - self._offsets[begun]
        if not machine.chinese:
            return whole
        return np.where(self._part_starts[begun], whole, whole - self._offsets[begun])

    def _next(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """The next character of the name; after its last the first."""
        last = self._offsets[at] + 1 == self._lengths[at]
        return at + 1 - np.where(last, self._lengths[at], 0)

    def _done(
        self, machine: Machine, begun: NDArray[np.int64], last: NDArray[np.int64], eaten: int
    ) -> Iterator[Reading]:
        whole = self._lengths[begun] == eaten
        if machine.initials:
            ended = whole | self._part_ends[last]
            begun, whole = begun[ended], whole[ended]
        first = self._offsets[begun] == 0
        for from_start in (True, False):
            for to_end in (True, False):
                chosen = (first == from_start) & (whole == to_end)
                if chosen.any():
                    yield Reading(self._owners[begun[chosen]], from_start, to_end)


def _moved(
    steps: list[NDArray[np.uint64]], positions: NDArray[np.uint64], read: NDArray[np.uint16]
) -> NDArray[np.uint64]:
    """Return the sets of positions after reading one more character."""
    reached = np.zeros_like(positions)
    for position in range(1, len(steps)):
        there = positions >> np.uint64(position) & np.uint64(1) != 0
        if there.any():
            reached[there] |= steps[position][read[there]]
    return reached
