"""What each badge adds to the counts of a day; packed, to be saved for the next start."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import msgspec


@dataclass(frozen=True, slots=True)
class Share:
    """The contribution of one badge to the counts of one day, valid until `until_ms`, when time alone moves the
    person."""

    until_ms: int
    around: tuple[str, ...]
    """The area in which the person is, and those above it."""
    visited: frozenset[str]
    entries: tuple[str, ...]
    exits: tuple[str, ...]
    refused: tuple[str, ...]
    """An area for each time, in order of their ids: who came as often in another order has the same ones."""
    reasons: tuple[tuple[str, str], ...]
    """The gate and the reason of each presentation."""
    sessions: frozenset[str]
    """For which the person was let in, on whatever day."""
    last_ms: int
    """When the badge was presented last, on whatever day."""

    def then(self, later: "Share", *, moved: bool) -> "Share":
        """With the share of what came after all of this; `moved`: it alone says where the person is."""
        return Share(
            later.until_ms if moved else self.until_ms,
            later.around if moved else self.around,
            self.visited | later.visited,
            tuple(sorted(self.entries + later.entries)),
            tuple(sorted(self.exits + later.exits)),
            tuple(sorted(self.refused + later.refused)),
            self.reasons + later.reasons,
            self.sessions | later.sessions,
            later.last_ms,
        )


class SavedCounts(msgspec.Struct, frozen=True, array_like=True):
    """What a headcount has worked out: for the day with this number, as of an instant, each badge's share. The shares
    are packed, and name areas, gates, reasons and sessions by their numbers in `names`."""

    day: int
    asked_ms: int
    names: list[str]
    shares: list[tuple[bytes | None, msgspec.Raw]]


class _SavedShare(msgspec.Struct, frozen=True, array_like=True):
    """As `Share`, with numbers for names; of `reasons` gate and reason by turns."""

    until_ms: int
    last_ms: int
    around: list[int]
    visited: list[int]
    entries: list[int]
    exits: list[int]
    refused: list[int]
    reasons: list[int]
    sessions: list[int]


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(_SavedShare).decode


class Names:
    """Names by number, in the order in which they came."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    @property
    def all(self) -> list[str]:
        return list(self._numbers)

    def numbers(self, names: Iterable[str]) -> list[int]:
        known = self._numbers
        return [known.setdefault(name, len(known)) for name in names]


def packed(share: Share, names: Names) -> msgspec.Raw:
    """Packed; its names get numbers."""
    areas = (share.around, share.visited, share.entries, share.exits, share.refused)
    around, visited, entries, exits, refused = map(names.numbers, areas)
    reasons = names.numbers(chain.from_iterable(share.reasons))
    sessions = names.numbers(share.sessions)
    saved = _SavedShare(
        share.until_ms, share.last_ms, around, visited, entries, exits, refused, reasons, sessions
    )
    return msgspec.Raw(_pack(saved))


def unpacked(packed: msgspec.Raw, names: Sequence[str]) -> Share:
    """Unpacked. Raises DecodeError, IndexError or ValueError."""
    saved = _unpack(packed)

    def named(numbers: Iterable[int]) -> tuple[str, ...]:
        return tuple([names[number] for number in numbers])

    return Share(
        saved.until_ms,
        named(saved.around),
        frozenset(named(saved.visited)),
        named(saved.entries),
        named(saved.exits),
        named(saved.refused),
        tuple(zip(named(saved.reasons[::2]), named(saved.reasons[1::2]), strict=True)),
        frozenset(named(saved.sessions)),
        saved.last_ms,
    )
