"""Which badges are one person's: whoever gets another one, since theirs was revoked for good, is still one person."""

from typing import NamedTuple

from access.log.log_entry import Order


class _Person(NamedTuple):
    """All badges of a person who has had several, and the entry that gave them the last one."""

    badges: frozenset[bytes]
    newest: Order
    current: bytes


class Persons:
    """A fold over the registry's entries that say so. Adding is idempotent and takes any order."""

    def __init__(self) -> None:
        self._of: dict[bytes, _Person] = {}

    def __len__(self) -> int:
        """How many badges are of persons who have had several."""
        return len(self._of)

    def add(self, order: Order, before: bytes, after: bytes) -> None:
        """The person of the badge `before` has the badge `after` from this entry on."""
        persons = [
            _Person(frozenset((before, after)), order, after),
            *(self._of[badge] for badge in (before, after) if badge in self._of),
        ]
        last = max(persons, key=lambda person: person.newest)
        badges = frozenset[bytes]().union(*(person.badges for person in persons))
        person = last._replace(badges=badges)
        for badge in badges:
            self._of[badge] = person

    def has_several(self, badge: bytes) -> bool:
        """Whether the person of a badge has had others."""
        return badge in self._of

    def current(self, badge: bytes) -> bytes:
        """The badge under which its person is counted: the last that they were given."""
        person = self._of.get(badge)
        return badge if person is None else person.current

    def badges(self, badge: bytes) -> frozenset[bytes]:
        """All badges of a badge's person."""
        person = self._of.get(badge)
        return frozenset((badge,)) if person is None else person.badges

    def others(self, badge: bytes) -> list[bytes]:
        """The other badges of a badge's person, in an order that depends on nothing else."""
        return sorted(self.badges(badge) - {badge})
