"""Everything the logs say about one badge, in order: its issues, its revocations, and where its person went.

A history is built from the entries that name the badge, whichever log they stand in; a store needs one index, by badge,
and nothing derived. All answers can be asked as of an earlier place in the order, for deciding again with what was
knowable then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter

import msgspec

from access.event.definition import Direction
from access.event.programme import Programme
from access.log.entry import (
    BadgeIssued,
    EntryRef,
    Override,
    Passage,
    Revoked,
    Scan,
    Void,
)
from access.state.event_state import Background, Held, Order
from access.state.time_repair import FAR_MS

UNMOVED: frozenset[str] = frozenset({"not_a_badge", "other_event", "forged"})
"""Reasons with which an exit opens although it is not known who left: nobody is moved, nothing is counted."""

OPENED: frozenset[str] = frozenset({"admit", "admit_flagged"})

Account = tuple[str, str]
"""Who holds seats: (device, gate)."""


class Presentation(msgspec.Struct, frozen=True, gc=False):
    """A badge held up at a gate (or let in by hand), in its place in the order. Voided ones are not among them.

    `opened`: whether the door did. `moved`: whether the person went through: let in, or out as somebody known.
    """

    order: Order
    gate: str
    direction: Direction
    body: Scan | Override
    held: Held
    opened: bool
    moved: bool


def _presentation(order: Order, held: Held, body: Scan | Override) -> Presentation:
    direction: Direction = body.direction if type(body) is Scan else "in"
    opened = body.verdict in OPENED
    moved = opened and (direction == "in" or body.reason not in UNMOVED)
    return Presentation(order, body.gate, direction, body, held, opened, moved)


@dataclass(slots=True)
class Whereabouts:
    """Where one person is as their presentations are walked through in order.

    Entering an area leaves every area not above it; leaving one puts the person in its parent; at the day's end, and
    when a session's room is cleared, they leave by themselves.
    """

    programme: Programme
    place: str | None = None
    day_ends_ms: int = -FAR_MS
    session: str | None = None
    clears_ms: int | None = None
    seats: dict[Account, str] = field(default_factory=dict)

    def until(self, at_ms: int) -> None:
        """Let time pass: the day's end empties the house, clearing empties a room."""
        if self.place is None:
            return
        if at_ms >= self.day_ends_ms:
            self._go(None)
        elif self.clears_ms is not None and at_ms >= self.clears_ms:
            self._go(self.programme.places[self.place].parent)

    def step(self, move: Presentation) -> None:
        """Go through a gate."""
        at_ms = move.order.at_ms
        self.until(at_ms)
        gate = self.programme.gates.get(move.gate)
        if gate is None:  # of another definition: nobody can say where it leads
            return
        if at_ms >= self.day_ends_ms:
            self.day_ends_ms = self.programme.day_end_ms(self.programme.day_of(at_ms))
        if move.direction == "out":
            self._go(self.programme.places[gate.area].parent)
            return
        body = move.body
        if type(body) is Scan and body.seat:
            self.seats[move.held.log[:16], move.gate] = gate.area
        self._go(gate.area)
        self.session = body.session
        if self.session is not None:
            self.clears_ms = self.programme.clears_at(gate.area, self.session)

    def _go(self, place: str | None) -> None:
        self.place = place
        self.session = None
        self.clears_ms = None
        if self.seats:
            self.seats = {
                account: area
                for account, area in self.seats.items()
                if self.programme.within(place, area)
            }

    def changes_ms(self) -> int | None:
        """The next instant at which time alone moves this person, or None."""
        if self.place is None:
            return None
        return self.day_ends_ms if self.clears_ms is None else min(self.day_ends_ms, self.clears_ms)


class History:
    """The folded entries of one badge."""

    def __init__(self, background: Background, entries: Iterable[Held]) -> None:
        self.issued: list[tuple[Order, BadgeIssued]] = []
        self.revocations: list[tuple[Order, Revoked]] = []
        shown: list[tuple[Order, Held, Scan | Override]] = []
        taken_back: set[EntryRef] = set()
        seen: set[bytes] = set()
        for held in entries:
            if held.digest in seen or not background.believed(held):
                continue
            seen.add(held.digest)
            body = held.body
            if isinstance(body, (Scan, Override)):
                if not body.test:
                    shown.append((background.order(held), held, body))
            elif isinstance(body, Void) or (
                isinstance(body, Passage) and held.kind == "not_passed"
            ):
                taken_back.add(body.entry)
            elif not background.is_registry(held.log):
                continue
            elif isinstance(body, BadgeIssued):
                self.issued.append((background.order(held), body))
            elif isinstance(body, Revoked):
                self.revocations.append((background.order(held), body))
        self.issued.sort(key=itemgetter(0))
        shown.sort(key=itemgetter(0))
        self.presentations = [
            _presentation(*one)
            for one in shown
            if not taken_back or EntryRef(one[1].log, one[1].seq, one[1].digest) not in taken_back
        ]
        proven: dict[tuple[str, int], Order] = {}
        for order, held, body in shown:
            if body.proof == "proven" and body.issue is not None:
                proven.setdefault((held.log, body.issue), order)
        self.proofs = [(order, log[:16], issue) for (log, issue), order in proven.items()]
        """Issues proven at doors: (place in the order, device, issue), of each log the first."""

    # What is known of the badge, as of a place in the order (None: all that is held).

    def listed(self, issue: int | None, until: Order | None = None) -> BadgeIssued | None:
        """The roster's entry for an issue: of several the last."""
        found = None
        for order, entry in self.issued:
            if entry.issue == issue and (until is None or order <= until):
                found = entry
        return found

    def newest(self, until: Order | None = None) -> BadgeIssued | None:
        """The roster's entry with the highest issue."""
        found = None
        for order, entry in self.issued:
            if (found is None or entry.issue >= found.issue) and (until is None or order <= until):
                found = entry
        return found

    def newest_issue(self, device: str, until: Order | None = None) -> int:
        """The highest issue known: on the roster, proven at this kiosk, or proven at another one as the next above the
        roster's (a stolen kiosk can claim anything of any badge)."""
        newest = self.newest(until)
        on_roster = newest.issue if newest else 0
        best = on_roster
        for order, at, issue in self.proofs:
            counts = issue > best and (issue == on_roster + 1 or at == device)
            if counts and (until is None or order < until):
                best = issue
        return best

    def revoked(self, issue: int | None, until: Order | None = None) -> bool:
        """Whether the badge, or this issue of it, is revoked."""
        return any(
            revocation.issue in (None, issue)
            for order, revocation in self.revocations
            if until is None or order <= until
        )

    # Where the person is.

    @cached_property
    def moves(self) -> Sequence[Presentation]:
        """The presentations that moved the person, in order."""
        return [one for one in self.presentations if one.moved]

    @staticmethod
    def walk(programme: Programme, moves: Iterable[Presentation], at_ms: int) -> Whereabouts:
        """Where these moves, in order, put the person at an instant after them."""
        state = Whereabouts(programme)
        for one in moves:
            state.step(one)
        state.until(at_ms)
        return state

    def place(self, programme: Programme, at_ms: int, until_ms: int = FAR_MS) -> Whereabouts:
        """Where the moves until then put the person at an instant after them, seats aside: the last one says it all."""
        state = Whereabouts(programme)
        for one in reversed(self.moves):
            if one.order.at_ms <= until_ms and one.gate in programme.gates:
                state.step(one)
                break
        state.until(at_ms)
        return state

    def whereabouts(self, programme: Programme, at_ms: int) -> Whereabouts:
        """Where everything held puts the person at an instant not before their newest presentation."""
        return self.walk(programme, self.moves, at_ms)
