"""An index over one event definition: the tree of areas, bit numbers, event days and gates.

Nothing here is stored or sent: a `Programme` is built from an `Event` whenever one comes into force.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from access.event.definition import Area, Event, Gate, Session, Ticket, Venue

DAYS_AROUND = 60
"""Days before the first and after the last event day whose boundaries are computed once; for instants further away
(rare, of broken clocks) they are computed on demand."""

CALENDAR_MS = (-60_000_000_000_000, 250_000_000_000_000)
"""The years 68 to 9892 in ms. Instants outside, which `datetime` cannot represent and a broken clock can write, count
as the nearer bound."""


@dataclass(frozen=True, slots=True)
class AreaNode:
    """A venue or an area as a node of the tree; `parent` is None for a venue, `clear_min` is in minutes."""

    id: str
    venue: str
    parent: str | None
    capacity: int | None
    clear_min: int | None


class Programme:
    """One version of the event definition, indexed.

    Raises ValueError for an inconsistent definition: references to unknown ids, areas inside themselves, no days, an
    unknown time zone. Methods raise KeyError for unknown ids; use `gate_or_none` for an id that comes from outside.
    """

    def __init__(self, event: Event) -> None:
        self.event = event
        self.policy = event.policy
        self.zone = _zone(event.timezone)
        self._event_days = _days(event)
        self.gates: dict[str, Gate] = {gate.id: gate for gate in event.gates}
        self.venues: dict[str, Venue] = {venue.id: venue for venue in event.venues}
        self.areas: dict[str, Area] = {area.id: area for area in event.areas}
        self.area_tree: dict[str, AreaNode] = {
            **{v.id: AreaNode(v.id, v.id, None, v.capacity, None) for v in event.venues},
            **{
                a.id: AreaNode(a.id, a.venue, a.parent, a.capacity, a.clear_min)
                for a in event.areas
            },
        }
        _check_references(event, self.area_tree)
        self.above: dict[str, tuple[str, ...]] = {
            area: self._chain(area) for area in self.area_tree
        }
        """Of each area: itself and the areas above it, up to the venue."""
        self.sessions: dict[str, Session] = {session.id: session for session in event.sessions}
        self.session_bit = {session.id: bit for bit, session in enumerate(event.sessions)}
        self.venue_bit = {venue.id: bit for bit, venue in enumerate(event.venues)}
        self.day_bit = {day: bit for bit, day in enumerate(event.days)}
        self._sessions_in: dict[str, tuple[Session, ...]] = {
            area: tuple(
                sorted(
                    (s for s in event.sessions if s.area == area and not s.cancelled),
                    key=lambda s: (s.doors_open_ms, s.starts_ms, self.session_bit[s.id]),
                )
            )
            for area in self.area_tree
        }
        self._areas_of_sessions = {session.area for session in event.sessions}
        self._admitted = [self._closure(ticket) for ticket in event.tickets]
        self._entry_gates: dict[str, tuple[str, ...]] = {
            area: tuple(g.id for g in event.gates if g.area == area and g.lets_in)
            for area in self.area_tree
        }
        self._edges, self._first_edge_day = self._day_edges()
        self._bit_of_day = {day.toordinal(): bit for bit, day in enumerate(self._event_days)}
        self._gate_codes = self._codes_of_gates()
        self._turning_points: dict[str, list[int]] = {}

    def _chain(self, area: str) -> tuple[str, ...]:
        chain = [area]
        while (parent := self.area_tree[chain[-1]].parent) is not None:
            if parent in chain:
                raise ValueError(f"the area {area!r} lies inside itself")
            chain.append(parent)
        return tuple(chain)

    def _closure(self, ticket: Ticket) -> frozenset[str]:
        if "*" in ticket.areas:
            return frozenset(self.area_tree)
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

    def within(self, location: str | None, area: str) -> bool:
        """Whether a location is the area or below it. One that only an older definition has is in no area."""
        return location is not None and area in self.above.get(location, ())

    def venue_of(self, area: str) -> str:
        return self.area_tree[area].venue

    def sessions_in(self, area: str) -> Sequence[Session]:
        """The area's own sessions that are not cancelled, ordered by when their doors open."""
        return self._sessions_in.get(area, ())

    def has_sessions(self, area: str) -> bool:
        """Whether the area is open for sessions only: it has some, even if all are cancelled."""
        return area in self._areas_of_sessions

    def entry_gates(self, area: str) -> Sequence[str]:
        """The gates that lead into the area, in file order; its seats are shared among them."""
        return self._entry_gates.get(area, ())

    # Days. A day runs from `day_ends` to `day_ends` in the event's zone; the day of an instant before `day_ends` is
    # the day before.

    def _edge(self, day: date) -> int:
        """The instant at which an event day begins, in ms."""
        local = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        wall = local + timedelta(minutes=self.event.day_ends_min)
        return int(wall.astimezone(UTC).timestamp() * 1000)

    def _day_edges(self) -> tuple[list[int], int]:
        first = self._event_days[0].toordinal() - DAYS_AROUND
        last = self._event_days[-1].toordinal() + DAYS_AROUND
        return [self._edge(date.fromordinal(day)) for day in range(first, last + 2)], first

    def day_of(self, at_ms: int) -> int:
        """The event day of an instant, as a proleptic ordinal (`date.fromordinal`)."""
        at = bisect_right(self._edges, at_ms)
        if 0 < at < len(self._edges):
            return self._first_edge_day + at - 1
        earliest_ms, latest_ms = CALENDAR_MS
        at_ms = min(max(at_ms, earliest_ms), latest_ms)
        day = datetime.fromtimestamp(at_ms / 1000, self.zone).date()
        return day.toordinal() - (at_ms < self._edge(day))

    def day_end_ms(self, day: int) -> int:
        """The first instant (ms) after an event day, given as a proleptic ordinal."""
        at = day + 1 - self._first_edge_day
        if 0 <= at < len(self._edges):
            return self._edges[at]
        return self._edge(date.fromordinal(day + 1))

    def bit_of_day(self, day: int) -> int | None:
        """The bit of that day (a proleptic ordinal) in a badge's `days`, or None if it is no day of the event."""
        return self._bit_of_day.get(day)

    def turning_points(self, area: str) -> Sequence[int]:
        """The instants at which the time rules of an area can change their answer, in order: the event's beginning, the
        ends of its days, and where sessions' doors open, close, and take standby."""
        known = self._turning_points.get(area)
        if known is None:
            points = {self.start_ms}
            for session in self.sessions_in(area):
                points.update((session.doors_open_ms, session.doors_close_ms))
                if session.standby_ms is not None:
                    points.add(session.standby_ms)
            day = self.day_of(self.start_ms)
            # Outside the event's days the answer is the same on all of them, so only the event's own days count.
            while (edge := self.day_end_ms(day)) <= self.end_ms:
                points.add(edge)
                day += 1
            known = self._turning_points[area] = sorted(points)
        return known

    def gate_code(self, gate: str) -> str:
        """A gate's letter and number: the first letter of its venue's English name, and its number among all gates."""
        return self._gate_codes[gate]

    def _codes_of_gates(self) -> dict[str, str]:
        codes = {}
        for number, gate in enumerate(self.gates.values(), 1):
            venue = self.venues[self.venue_of(gate.area)]
            letter = next((c for c in venue.name["en"].upper() if "A" <= c <= "Z"), "X")
            codes[gate.id] = f"{letter}{number}"
        return codes

    @staticmethod
    def day_name(day: int) -> str:
        """The ISO date of a day."""
        return date.fromordinal(day).isoformat()

    @cached_property
    def end_ms(self) -> int:
        """The end of the last event day."""
        return self.day_end_ms(self._event_days[-1].toordinal())

    @cached_property
    def start_ms(self) -> int:
        """The beginning of the first event day."""
        return self._edge(self._event_days[0])

    def clears_at(self, area: str, session: str | None) -> int | None:
        """The instant (ms) from which people let into the area for that session count as gone, or None: the day's
        end."""
        node = self.area_tree.get(area)
        known = self.sessions.get(session) if session is not None else None
        if node is None or node.clear_min is None or known is None:
            return None
        return known.ends_ms + node.clear_min * 60_000


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError) as error:  # OSError: the name of a folder of zones
        raise ValueError(f"there is no time zone {name!r}") from error


def _days(event: Event) -> Sequence[date]:
    """Return the event's days. Raise ValueError without any, or for years at the ends of the calendar."""
    days = [date.fromisoformat(day) for day in event.days]
    if not days or not all(MINYEAR < day.year < MAXYEAR for day in days):
        raise ValueError("an event needs at least one day, of a year in the calendar")
    if not 0 <= event.day_ends_min < 24 * 60:
        raise ValueError("a day ends at a minute of the next day")
    return days


def _check_references(event: Event, area_tree: Mapping[str, AreaNode]) -> None:
    venues = {venue.id for venue in event.venues}
    named = {area.parent for area in event.areas}
    named.update(gate.area for gate in event.gates)
    named.update(session.area for session in event.sessions)
    named.update(area for ticket in event.tickets for area in ticket.areas if area != "*")
    nowhere = sorted(named - area_tree.keys() | {area.venue for area in event.areas} - venues)
    if nowhere:
        raise ValueError(f"there is no area or venue {nowhere[0]!r}")
