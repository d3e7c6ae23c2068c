"""The people of the demo and the truth about them: who was let in where, and who is where now.

It knows nothing of what kiosks and registry think. It keeps its own account, so that at the end their numbers
can be compared with it. What people do next is in `jianmen.demo.script`.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from access.event.definition import Direction
from access.event.programme import Programme
from access.rules.decide import Reason
from registry.roster.model import IssuedBadge, Person

REST_S = 20.0
"""Somebody who was just at one door is at another no sooner: news of them takes a few seconds to get there."""


@dataclass(frozen=True)
class Visit:
    """Somebody holds a code up to a gate. `reason` is what a door must answer, `error` the QR error correction of the
    print, `ref` None: nobody who is registered."""

    gate: str
    direction: Direction
    text: str = field(repr=False)
    error: str
    reason: Reason
    opens: bool
    ref: str | None = None


@dataclass
class Guest:
    """A registered person with their badge. `area` is where they truly are; None: outside."""

    person: Person
    badge: IssuedBadge
    revoked: bool = False
    area: str | None = None
    been_to: set[str] = field(default_factory=set)
    busy: bool = False
    rested_s: float = 0.0
    at_once: bool = False
    """Comes to a door before all others who have not been there yet."""

    @property
    def error(self) -> str:
        """Plain badges are printed at level Q, signed ones at M."""
        return "m" if self.badge.form == "signed" else "q"

    def may_enter(self, venue: str) -> bool:
        """Whether their ticket is for being there in person."""
        venues = self.person.venues
        return self.person.ticket != "online" and (venues is None or venue in venues)


class GroundTruth:
    """Threads may share it: each stands for the people before one door."""

    def __init__(
        self, programme: Programme, guests: Iterable[Guest], seed: int, now_ms: Callable[[], int]
    ) -> None:
        self.programme = programme
        self.now_ms = now_ms
        self._guests = {guest.person.ref: guest for guest in guests}
        self._dice = {gate: Random(f"{seed} {gate}") for gate in programme.gates}  # noqa: S311 - a script
        self._lock = threading.Lock()
        self._answered: dict[str, Counter[Reason]] = {gate: Counter() for gate in programme.gates}

    def dice(self, gate: str) -> Random:
        """The chance of what happens at a gate, from the demo's seed."""
        return self._dice[gate]

    def join(self, guest: Guest) -> None:
        """Add a person who will come to the doors."""
        with self._lock:
            self._guests[guest.person.ref] = guest

    def take(
        self, gate: str, wanted: Callable[[Guest], bool], *, revoked: bool = False
    ) -> Guest | None:
        """Somebody who is free to come to this gate, theirs until `answered` or `give_back`; None: there is nobody."""
        with self._lock:
            now_s = self.now_ms() / 1000
            free = [
                guest
                for guest in self._guests.values()
                if not guest.busy
                and guest.rested_s <= now_s
                and guest.revoked == revoked
                and wanted(guest)
            ]
            if not free:
                return None
            guest = self._dice[gate].choice(free)
            guest.busy = True
            return guest

    def anybody(self, gate: str) -> Guest:
        """Any guest, whose badge somebody else has copied."""
        with self._lock:
            return self._dice[gate].choice([*self._guests.values()])

    def answered(self, visit: Visit) -> None:
        """The door has answered: update where the guest is."""
        with self._lock:
            self._answered[visit.gate][visit.reason] += 1
            if visit.ref is None:
                return
            guest = self._guests[visit.ref]
            guest.busy = False
            guest.rested_s = self.now_ms() / 1000 + REST_S
            if not visit.opens:
                return
            area = self.programme.gates[visit.gate].area
            if visit.direction == "in":
                guest.area = area
                guest.been_to.update(self.programme.above[area])
            else:
                guest.area = self.programme.area_tree[area].parent

    # The truth.

    def answers_given(self) -> dict[str, dict[Reason, int]]:
        """The answers that each gate had to give, counted by reason."""
        with self._lock:
            return {gate: dict(reasons) for gate, reasons in self._answered.items() if reasons}

    def let_in(self) -> dict[str, int]:
        """Distinct people let in, by area: each counts for the areas above too."""
        with self._lock:
            guests = self._guests.values()
            return {a: sum(a in one.been_to for one in guests) for a in self.programme.area_tree}

    def inside(self) -> dict[str, int]:
        """People who are there now, by area, those in rooms below it included."""
        with self._lock:
            areas = [guest.area for guest in self._guests.values()]
            within = self.programme.within
            return {a: sum(within(p, a) for p in areas) for a in self.programme.area_tree}
