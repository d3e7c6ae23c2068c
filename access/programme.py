"""The event definition made ready for questions: trees, numbers, days and doors.

Nothing here is stored or sent; a `Programme` is built from an `Event` and thrown away with it.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from access.event import Area, Event, Gate, Session, Ticket, Venue

DAYS_AROUND = 60
"""Days before the first and after the last event day whose edges are worked out once; clocks that stray further are
rare, and are worked out when they come."""


@dataclass(frozen=True, slots=True)
class Place:
    """A venue or an area of the tree."""

    id: str
    venue: str
    parent: str | None
    capacity: int | None
    clear_min: int | None


class Programme:
    """One version of the event definition, indexed.

    Raises KeyError for ids that the definition does not have: callers ask `gate_or_none` where an id comes from
    outside.
    """

    def __init__(self, event: Event) -> None:
        self.event = event
        self.policy = event.policy
        self.zone = ZoneInfo(event.timezone)
        self.gates: dict[str, Gate] = {gate.id: gate for gate in event.gates}
        self.venues: dict[str, Venue] = {venue.id: venue for venue in event.venues}
        self.areas: dict[str, Area] = {area.id: area for area in event.areas}
        self.places: dict[str, Place] = {
            **{v.id: Place(v.id, v.id, None, v.capacity, None) for v in event.venues},
            **{a.id: Place(a.id, a.venue, a.parent, a.capacity, a.clear_min) for a in event.areas},
        }
        self.above: dict[str, tuple[str, ...]] = {
            place: self._chain(place) for place in self.places
        }
        """Of each place: itself and the areas above it, up to the venue."""
        self.sessions: dict[str, Session] = {session.id: session for session in event.sessions}
        self.session_bit = {session.id: bit for bit, session in enumerate(event.sessions)}
        self.venue_bit = {venue.id: bit for bit, venue in enumerate(event.venues)}
        self.day_bit = {day: bit for bit, day in enumerate(event.days)}
        self._sessions_in: dict[str, tuple[Session, ...]] = {
            place: tuple(
                sorted(
                    (s for s in event.sessions if s.area == place),
                    key=lambda s: (s.doors_open_ms, s.starts_ms, self.session_bit[s.id]),
                )
            )
            for place in self.places
        }
        self._admitted = [self._closure(ticket) for ticket in event.tickets]
        self._entry_gates: dict[str, tuple[str, ...]] = {
            place: tuple(g.id for g in event.gates if g.area == place and g.lets_in)
            for place in self.places
        }
        self._edges, self._first_edge_day = self._day_edges()

    def _chain(self, place: str) -> tuple[str, ...]:
        chain = [place]
        while (parent := self.places[chain[-1]].parent) is not None:
            chain.append(parent)
        return tuple(chain)

    def _closure(self, ticket: Ticket) -> frozenset[str]:
        if "*" in ticket.areas:
            return frozenset(self.places)
        return frozenset(up for area in ticket.areas for up in self.above[area])

    def gate_or_none(self, gate: str) -> Gate | None:
        return self.gates.get(gate)

    def ticket(self, number: int) -> Ticket | None:
        """The ticket type of that number, or None where this definition has none."""
        tickets = self.event.tickets
        return tickets[number] if 0 <= number < len(tickets) else None

    def admits(self, ticket: int, area: str) -> bool:
        """Whether the ticket type of that number may enter the area at all."""
        return 0 <= ticket < len(self._admitted) and area in self._admitted[ticket]

    def within(self, place: str | None, area: str) -> bool:
        """Whether `place` is the area or below it; a place of an older definition is nowhere."""
        return place is not None and area in self.above.get(place, ())

    def venue_of(self, place: str) -> str:
        return self.places[place].venue

    def sessions_in(self, area: str) -> Sequence[Session]:
        """The area's own sessions, those whose doors open first in front."""
        return self._sessions_in.get(area, ())

    def entry_gates(self, area: str) -> Sequence[str]:
        """The gates that lead into the area, in file order: its seats are shared among them."""
        return self._entry_gates.get(area, ())

    # Days. A day runs from `day_ends` to `day_ends` in the event's zone; the day of an instant before `day_ends` is
    # the day before.

    def _edge(self, day: date) -> int:
        """The instant at which an event day begins, in ms."""
        local = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        wall = local + timedelta(minutes=self.event.day_ends_min)
        return int(wall.astimezone(UTC).timestamp() * 1000)

    def _day_edges(self) -> tuple[list[int], int]:
        first = date.fromisoformat(self.event.days[0]) - timedelta(days=DAYS_AROUND)
        last = date.fromisoformat(self.event.days[-1]) + timedelta(days=DAYS_AROUND)
        days = range(first.toordinal(), last.toordinal() + 2)
        return [self._edge(date.fromordinal(day)) for day in days], first.toordinal()

    def day_of(self, at_ms: int) -> int:
        """The event day of an instant, as a proleptic ordinal (`date.fromordinal`)."""
        at = bisect_right(self._edges, at_ms)
        if 0 < at < len(self._edges):
            return self._first_edge_day + at - 1
        local = datetime.fromtimestamp(at_ms / 1000, self.zone)
        minutes = local.hour * 60 + local.minute
        early = minutes < self.event.day_ends_min
        return local.date().toordinal() - (1 if early else 0)

    def day_end_ms(self, day: int) -> int:
        """The first instant after an event day."""
        at = day + 1 - self._first_edge_day
        if 0 <= at < len(self._edges):
            return self._edges[at]
        return self._edge(date.fromordinal(day + 1))

    @staticmethod
    def day_name(day: int) -> str:
        """The ISO date of a day."""
        return date.fromordinal(day).isoformat()

    @cached_property
    def end_ms(self) -> int:
        """The end of the last event day."""
        return self.day_end_ms(date.fromisoformat(self.event.days[-1]).toordinal())

    @cached_property
    def start_ms(self) -> int:
        """The beginning of the first event day."""
        return self._edge(date.fromisoformat(self.event.days[0]))

    def clears_at(self, area: str, session: str | None) -> int | None:
        """When those let into the area for that session are taken to have left, in ms, or None: at the day's end."""
        place = self.places.get(area)
        known = self.sessions.get(session) if session is not None else None
        if place is None or place.clear_min is None or known is None:
            return None
        return known.ends_ms + place.clear_min * 60_000
