"""Arrivals over the day: a curve for every area, how fast each gate is, and when a room will be full."""

from access.state.arrivals import MINUTE_MS, DayArrivals
from access.state.coverage import CoverageReport
from registry.queries.queries import Queries
from registry.queries.shapes import Answer, Headcount, Time

STEP_MIN = 5
"""Minutes of one bar of a curve."""

RATE_MIN = 5
"""Minutes over which "per minute now" is taken."""

FILL_MIN = 10
"""Minutes over which it is taken how fast a room fills."""

FORESEEN_MIN = 180
"""Further ahead nobody can say when a room will be full."""


class AreaArrivals(Answer, frozen=True, kw_only=True):
    """One area. `entries` and `exits` are people in each step, from the answer's `begins`; `again` of all entries were
    by people who had been there that day; `unknown_from`: from then on a kiosk of it has not told everything;
    `full_at`: when it is full, if it fills on as in the last minutes (null: it does not fill, or is full)."""

    id: str
    entries: list[int]
    exits: list[int]
    again: int
    unknown_from: Time | None
    full_at: Time | None


class GateRate(Answer, frozen=True, kw_only=True):
    """People a minute through a gate, in both directions, over the last minutes; nobody counts without a `kiosk`."""

    id: str
    per_minute: float
    kiosk: bool


class ArrivalsReport(Answer, frozen=True, kw_only=True):
    """The event day so far: `inside` now, who `came` of the `registered` (people whose badge is good), entries
    `per_minute` now, and the minute with the most of them (`peak` at `peak_at`; null: nobody came). Curves have a
    number for each `step_min` minutes from `begins` on, which is shortly before the first entry."""

    as_of: Time
    day: str
    begins: Time
    step_min: int
    inside: int
    came: int
    registered: int
    per_minute: float
    peak: int
    peak_at: Time | None
    areas: list[AreaArrivals]
    gates: list[GateRate]


class ArrivalsReports:
    """Reports on arrivals. Threads may share it."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    def report(self) -> ArrivalsReport:
        """The event day of now."""
        queries = self._queries
        headcount = queries.headcount()
        now_ms = queries.now_ms()
        with queries.snapshot() as log_state:
            day = queries.service.arrivals(now_ms)
            coverage = queries.coverage(log_state, now_ms)
            registered = queries.registered(log_state)
            state = log_state.event_state
            gates = {gate: state.kiosk_at(gate) is not None for gate in queries.programme.gates}
            return self._reported(day, headcount, coverage, registered, gates, now_ms)

    def _reported(
        self,
        day: DayArrivals,
        headcount: Headcount,
        coverage: CoverageReport,
        registered: int,
        gates: dict[str, bool],
        now_ms: int,
    ) -> ArrivalsReport:
        time, programme = self._queries.time, self._queries.programme
        now = (now_ms - day.begins_ms) // MINUTE_MS
        by_minute = _by_minute(day, headcount)
        used = [minute for (_, minute), n in (*day.entries.items(), *day.exits.items()) if n > 0]
        first = min([*used, now]) // STEP_MIN * STEP_MIN
        bars = range(first, max([now, *used]) + 1, STEP_MIN)
        peak_at = max(by_minute, key=lambda minute: (by_minute[minute], -minute), default=None)
        last = sum(by_minute.get(minute, 0) for minute in range(now - RATE_MIN, now))
        return ArrivalsReport(
            as_of=time(now_ms),
            day=programme.day_name(programme.day_of(now_ms)),
            begins=time(day.begins_ms + first * MINUTE_MS),
            step_min=STEP_MIN,
            inside=sum(area.inside for area in headcount.areas if area.parent is None),
            came=day.came,
            registered=registered,
            per_minute=round(last / RATE_MIN, 1),
            peak=by_minute[peak_at] if peak_at is not None else 0,
            peak_at=None if peak_at is None else time(day.begins_ms + peak_at * MINUTE_MS),
            areas=[
                AreaArrivals(
                    id=area.id,
                    entries=[day.within(day.entries, area.id, at, at + STEP_MIN) for at in bars],
                    exits=[day.within(day.exits, area.id, at, at + STEP_MIN) for at in bars],
                    again=day.again[area.id],
                    unknown_from=self._unknown_from(area.id, coverage, day.begins_ms),
                    full_at=self._full_at(area.id, area.places_left, day, now, now_ms),
                )
                for area in headcount.areas
            ],
            gates=[
                GateRate(
                    id=gate,
                    per_minute=round(
                        day.within(day.gates, gate, now - RATE_MIN, now) / RATE_MIN, 1
                    ),
                    kiosk=kiosk,
                )
                for gate, kiosk in gates.items()
            ],
        )

    def _unknown_from(self, area: str, coverage: CoverageReport, begins_ms: int) -> Time | None:
        """Since when a kiosk of the area is silent or behind."""
        programme = self._queries.programme
        since = [
            begins_ms if one.heard_ms is None else one.heard_ms
            for one in coverage.kiosks
            if one.touch in ("silent", "behind")
            and one.gate in programme.gates
            and programme.within(programme.gates[one.gate].area, area)
        ]
        return self._queries.time(max(min(since), begins_ms)) if since else None

    def _full_at(
        self, area: str, left: int | None, day: DayArrivals, now: int, now_ms: int
    ) -> Time | None:
        if not left:
            return None
        came = day.within(day.entries, area, now - FILL_MIN, now)
        gained = came - day.within(day.exits, area, now - FILL_MIN, now)
        if gained <= 0 or left * FILL_MIN / gained > FORESEEN_MIN:
            return None
        return self._queries.time(now_ms + round(left * FILL_MIN / gained) * MINUTE_MS)


def _by_minute(day: DayArrivals, headcount: Headcount) -> dict[int, int]:
    """Entries into all venues in each minute that has some."""
    venues = {area.id for area in headcount.areas if area.parent is None}
    found: dict[int, int] = {}
    for (area, minute), n in day.entries.items():
        if area in venues and n > 0:
            found[minute] = found.get(minute, 0) + n
    return found
