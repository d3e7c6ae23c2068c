"""Everything the logs contain about one badge, in order: its issues, its revocations, and where its person went.

A history is built from the entries that name the badge, whichever log they stand in; a store needs one index, by badge,
and nothing derived. All questions can be asked as of an earlier position in the total order, to decide again with what
could be known then.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter, itemgetter
from typing import NamedTuple

import msgspec

from access.event.definition import Direction
from access.event.programme import Programme
from access.log.chain import device_of
from access.log.entry import (
    BadgeIssued,
    EntryRef,
    Override,
    Passage,
    Printed,
    Revoked,
    Scan,
    Void,
)
from access.log.log_entry import LogEntry, Order
from access.rules.badge_prints import Print, prints_of
from access.state.event_state import EventState
from access.state.time_repair import FAR_MS

UNMOVED: frozenset[str] = frozenset({"not_a_badge", "other_event", "forged"})
"""Reasons with which an exit opens although it is not known who left: nobody is moved, nothing is counted."""

OPENED: frozenset[str] = frozenset({"admit", "admit_flagged"})

Account = tuple[str, str]
"""The owner of seats: (device, gate)."""


class Presentation(msgspec.Struct, frozen=True, gc=False):
    """A badge presented at a gate, or let in by staff, with its position in the total order.

    `opened`: whether the door did. `moved`: whether the person went through: let in, or out as somebody known. `area`
    is where the gate led then, None where no definition knows the gate. `voided`: staff cancelled it.
    """

    order: Order
    gate: str
    direction: Direction
    body: Scan | Override
    entry: LogEntry
    opened: bool
    moved: bool
    area: str | None
    voided: bool = False


def moved_in(body: Scan | Override) -> Direction | None:
    """The direction in which a presentation moved its person, unless it was taken back; None: it moved nobody."""
    direction: Direction = body.direction if type(body) is Scan else "in"
    moved = body.verdict in OPENED and (direction == "in" or body.reason not in UNMOVED)
    return direction if moved and not body.test else None


def _unless(taken_back: set[EntryRef], one: Presentation) -> Presentation:
    """The presentation, marked as voided if one of `taken_back` names it."""
    ref = EntryRef(one.entry.log, one.entry.seq, one.entry.digest)
    return msgspec.structs.replace(one, voided=True) if ref in taken_back else one


def _took_seat(one: Presentation) -> bool:
    return one.direction == "in" and type(one.body) is Scan and one.body.seat


def _account(one: Presentation) -> Account:
    return device_of(one.entry.log), one.gate


class _LetIn(NamedTuple):
    """The last let-in of a person at a gate of an area: the number of the move, and the session."""

    move: int
    session: str | None


@dataclass(slots=True)
class Whereabouts:
    """The location of one person while their presentations are replayed in order.

    Entering an area leaves every area not above it; leaving one puts the person in its parent; at the day's end, and
    when an area is cleared after a session, they leave by themselves. An area is cleared of those whose last let-in at
    one of its gates was for that session, wherever in it they stand, except in an inner room into which they were let
    later: they leave the area when they leave that room. Each move is read with the definition in force then.

    `definitions` are as of `EventState.definitions`; `seats` is by area whose seat the person has, at most one in each.
    """

    definitions: Sequence[tuple[int, Programme]]
    location: str | None = None
    seats: dict[str, Account] = field(default_factory=dict)
    _in_force: int = 0
    _day_ends_ms: int = -FAR_MS
    _moves: int = 0
    _let_in: dict[str, _LetIn] = field(default_factory=dict)
    _stands: dict[str, int] = field(default_factory=dict)
    """The areas around the person into which they were let and that they have not left since, and by which move."""

    @property
    def programme(self) -> Programme:
        """The definition in force."""
        return self.definitions[self._in_force][1]

    @property
    def around(self) -> tuple[str, ...]:
        """The area in which the person is and those above it, the innermost first."""
        return self.programme.above[self.location] if self.location is not None else ()

    def until(self, at_ms: int) -> None:
        """Advance to an instant (ms): the day's end, the clearing of areas and changed definitions take effect."""
        while (changes_ms := self._definition_changes_ms()) is not None and changes_ms <= at_ms:
            self._pass(changes_ms)
            self._change_definition()
        self._pass(at_ms)

    def step(self, move: Presentation) -> None:
        """Apply one presentation that moved the person."""
        at_ms = move.order.at_ms
        self.until(at_ms)
        if move.voided:
            self._take_over(move)
            return
        area = move.area
        if area not in self.programme.area_tree:
            area, into = self._nearest(area), True
        else:
            into = move.direction == "in"
        if area is None:  # no known definition has it: unknown where it leads
            return
        if at_ms >= self._day_ends_ms:
            self._day_ends_ms = self.programme.day_end_ms(self.programme.day_of(at_ms))
            self._let_in.clear()
        self._moves += 1
        if not into:
            self._go(self.programme.area_tree[area].parent)
            self._pass(at_ms)
            return
        self._go(area)
        if move.direction == "in":
            self._let_in[area] = _LetIn(self._moves, move.body.session)
            self._stands[area] = self._moves
            if _took_seat(move):
                self.seats[area] = _account(move)

    def _take_over(self, voided: Presentation) -> None:
        """Keep the seat of a cancelled re-entry: the gate of the let-in before may have given its own seat away."""
        if voided.area in self.seats:
            self.seats[voided.area] = _account(voided)

    def changes_ms(self) -> int | None:
        """The next instant at which time alone moves this person, or None."""
        if self.location is None:
            return None
        changes_ms = self._definition_changes_ms()
        coming = [self._day_ends_ms, *(clears_ms for _, clears_ms in self._clearings())]
        return min(coming if changes_ms is None else [*coming, changes_ms])

    def _pass(self, at_ms: int) -> None:
        """Advance to an instant (ms) within one definition."""
        if self.location is None:
            return
        if at_ms >= self._day_ends_ms:
            self._go(None)
        while (cleared := self._cleared(at_ms)) is not None:
            self._go(self.programme.area_tree[cleared].parent)

    def _cleared(self, at_ms: int) -> str | None:
        """The innermost area around the person that is cleared of them by now, or None."""
        return next((area for area, clears_ms in self._clearings() if clears_ms <= at_ms), None)

    def _clearings(self) -> Iterator[tuple[str, int]]:
        """The areas around the person that will be cleared of them, the innermost first, each with the instant (ms)."""
        inner = 0
        for area in self.around:
            last = self._let_in.get(area)
            if last is not None and last.move > inner:
                clears_ms = self.programme.clears_at(area, last.session)
                if clears_ms is not None:
                    yield area, clears_ms
            inner = max(inner, self._stands.get(area, 0))

    def _go(self, location: str | None) -> None:
        self.location = location
        around = self.around
        if self._stands:
            self._stands = {area: n for area, n in self._stands.items() if area in around}
        if self.seats:
            self.seats = {area: by for area, by in self.seats.items() if area in around}

    def _definition_changes_ms(self) -> int | None:
        coming = self._in_force + 1
        return self.definitions[coming][0] if coming < len(self.definitions) else None

    def _change_definition(self) -> None:
        """Switch to the next definition. A person in an area that it lacks is in the nearest area around it that it
        has."""
        self._in_force += 1
        if self.location is not None:
            self._go(self._nearest(self.location))

    def _nearest(self, area: str | None) -> str | None:
        """The area, or the innermost one around it (by the newest definition that has it) that is there now."""
        if area in self.programme.area_tree:
            return area
        before = self.definitions[self._in_force :: -1]
        for _, programme in (*before, *self.definitions[self._in_force + 1 :]):
            if area in programme.above:
                around = programme.above[area]
                return next((one for one in around if one in self.programme.area_tree), None)
        return None


class History:
    """The folded entries of one badge; and of whoever has had several, where all of them went."""

    def __init__(self, event_state: EventState, entries: Iterable[LogEntry]) -> None:
        self.others: Mapping[bytes, History] = {}
        """Of the person's other badges, each by itself."""
        self._definitions = event_state.definitions()
        self.issued: list[tuple[Order, BadgeIssued]] = []
        self.revocations: list[tuple[Order, Revoked]] = []
        shown: list[Presentation] = []
        printed: list[tuple[Order, Printed]] = []
        taken_back: set[EntryRef] = set()
        seen: set[bytes] = set()
        area_of = event_state.area_of
        believed = event_state.believed if event_state.doubts_any else None
        opened_ms: dict[str, int | None] = {}
        """When the steady clock of a log stood at 0; None: its entries go by their wall clock."""
        for entry in entries:
            digest = entry.digest
            if digest in seen or (believed is not None and not believed(entry)):
                continue
            seen.add(digest)
            body = entry.body
            if type(body) is Scan or type(body) is Override:
                if body.test:
                    continue
                log = entry.log
                if log not in opened_ms:
                    by_wall = event_state.is_registry(log)
                    opened_ms[log] = None if by_wall else event_state.clocks.line(log).order
                begins_ms = opened_ms[log]
                at_ms = entry.wall_ms if begins_ms is None else begins_ms + entry.mono_ms
                order = Order(at_ms, log, entry.seq, digest)
                area = body.area or area_of(order, body)
                direction: Direction = body.direction if type(body) is Scan else "in"
                opened = body.verdict in OPENED
                moved = opened and (direction == "in" or body.reason not in UNMOVED)
                shown.append(
                    Presentation(order, body.gate, direction, body, entry, opened, moved, area)
                )
            elif isinstance(body, Void) or (
                isinstance(body, Passage) and entry.kind == "not_passed"
            ):
                taken_back.add(body.entry)
            elif isinstance(body, Printed):
                printed.append((event_state.order(entry), body))
            elif not event_state.is_registry(entry.log):
                continue
            elif isinstance(body, BadgeIssued):
                self.issued.append((event_state.order(entry), body))
            elif isinstance(body, Revoked):
                self.revocations.append((event_state.order(entry), body))
        self.issued.sort(key=itemgetter(0))
        shown.sort(key=attrgetter("order"))
        if taken_back:
            shown = [_unless(taken_back, one) for one in shown]
        self._printed = printed
        self._shown = shown
        self._proven: list[tuple[Order, str, int]] | None = None
        self.presentations = [one for one in shown if not one.voided] if taken_back else shown
        """What was presented at gates and not cancelled, in order."""
        self.moves = [one for one in self.presentations if one.moved]
        """The presentations that moved the person, in order."""

    def joined(self, others: "Mapping[bytes, History]") -> "History":
        """This history, and from now on where its person went with their other badges."""
        self.others = others
        shown = [*self._shown, *(one for other in others.values() for one in other._shown)]
        self._shown = sorted(shown, key=attrgetter("order"))
        self.presentations = [one for one in self._shown if not one.voided]
        self.moves = [one for one in self.presentations if one.moved]
        return self

    # What is known of the badge, as of a position in the total order (None: everything stored).

    def of_badge(self, badge: bytes | None) -> "History":
        """The history of the badge that was presented, where the person has had several: its issues and revocations."""
        return self.others.get(badge, self) if badge is not None else self

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

    def good(self, until: Order | None = None) -> BadgeIssued | None:
        """The newest issue on the roster, unless it is revoked: whoever has one is registered."""
        newest = self.newest(until)
        return None if newest is None or self.revoked(newest.issue, until) else newest

    def newest_issue(self, device: str, until: Order | None = None) -> int:
        """The highest issue known: on the roster, proven at this kiosk, or proven at another one as the next above the
        roster's (a stolen kiosk can claim anything of any badge)."""
        newest = self.newest(until)
        on_roster = newest.issue if newest else 0
        best = on_roster
        for order, at, issue in self._proofs():
            counts = issue > best and (issue == on_roster + 1 or at == device)
            if counts and (until is None or order < until):
                best = issue
        return best

    def revoked(self, issue: int | None, until: Order | None = None) -> bool:
        """Whether the badge, or this issue of it, is revoked."""
        return bool(self.revocations) and any(
            revocation.issue in (None, issue)
            for order, revocation in self.revocations
            if until is None or order <= until
        )

    def all_revoked(self, until: Order | None = None) -> bool:
        """Whether the badge is revoked in all its issues."""
        return self.revoked(None, until)

    def _proofs(self) -> Sequence[tuple[Order, str, int]]:
        """Issues proven at doors: (position in the total order, device, issue), the first of each log."""
        if self._proven is None:
            proven: dict[tuple[str, int], Order] = {}
            for one in self._shown:
                own = one.body.badge not in self.others
                if own and one.body.proof == "proven" and one.body.issue is not None:
                    proven.setdefault((one.entry.log, one.body.issue), one.order)
            self._proven = [(order, device_of(log), n) for (log, n), order in proven.items()]
        return self._proven

    @cached_property
    def prints(self) -> Sequence[Print]:
        """What kiosks printed of the badge, or tried to, in order."""
        return prints_of(self._printed)

    # Where the person is.

    @cached_property
    def walked(self) -> Sequence[Presentation]:
        """The moves, and cancelled let-ins on a seat (the seat may stay taken), in order."""
        return [one for one in self._shown if one.moved and (not one.voided or _took_seat(one))]

    def whereabouts(self, at_ms: int, moves: Sequence[Presentation] | None = None) -> Whereabouts:
        """Return where the moves (default: all) put the person at an instant not before the last of them.

        Without any event definition the location is None.
        """
        state = Whereabouts(self._definitions)
        for one in (self.walked if moves is None else moves) if self._definitions else ():
            state.step(one)
        state.until(at_ms)
        return state

    def stands(self, at_ms: int, until_ms: int = FAR_MS) -> Whereabouts:
        """Return where the moves up to `until_ms` put the person at the later instant `at_ms`. Seats are not
        computed."""
        moves = self.moves
        if moves and moves[-1].order.at_ms > until_ms:
            moves = [one for one in moves if one.order.at_ms <= until_ms]
        return self.whereabouts(at_ms, moves[-1:] if self.last_is_all(moves) else moves)

    def last_is_all(self, moves: Sequence[Presentation]) -> bool:
        """Whether the last move alone determines the location: no area around it is cleared or redefined after it."""
        if not moves or not self._definitions:
            return False
        from_ms, programme = self._definitions[-1]
        around = programme.above.get(moves[-1].area or "", ())
        cleared = any(programme.area_tree[area].clear_min is not None for area in around)
        return bool(around) and not cleared and moves[-1].order.at_ms >= from_ms
