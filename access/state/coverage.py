"""Coverage of the counts: when each kiosk was last heard, and how many of its entries are still missing.

Kiosk pages and the registry use this one threshold, set of kiosks and band. A kiosk counts where
it stands at a gate, by the registry's log or by a supervisor, and is not cut off. What it may have done since is
estimated from its last ten known minutes, and stands beside the firm count as a band.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from access.event.definition import Direction
from access.event.programme import Programme
from access.event.rfc3339 import rfc3339
from access.state.headcount import Count
from access.state.log_state import LogState

RATE_WINDOW_MS = 10 * 60_000
"""A silent kiosk is assumed to continue at the rate of its last ten known minutes."""

LEAST_WINDOW_MS = 60_000
"""A rate is not taken from less than a minute."""

SILENT_AFTER_MS = 30_000
"""A kiosk not heard for longer is silent; in touch, each is heard every few seconds."""

BEHIND_AFTER_MS = 30_000
"""A kiosk whose missing entries have not become fewer for this long is behind, not merely in flight."""

BEHIND_FROM = 50
"""With as many entries missing a kiosk is behind at once."""

Touch = Literal["in_touch", "in_flight", "behind", "silent"]


@dataclass(frozen=True, slots=True)
class Contact:
    """What is known of one kiosk: when it was last heard (ms, None: never), and how many of its entries are known
    missing here (None: unknown)."""

    heard_ms: int | None
    missing: int | None = None


@dataclass(frozen=True, slots=True)
class KioskCoverage:
    """One kiosk at its gate. `in_flight`: entries are on their way, as always on a busy day; `behind`: they do not
    become fewer; `silent`: it is not heard."""

    device: str
    gate: str
    heard_ms: int | None
    missing: int | None
    touch: Touch


@dataclass(frozen=True, slots=True)
class Silence:
    """A kiosk with entries missing: its gate, since when (ms; None: never heard), the number of missing entries (None:
    unknown), and the people it may have let in and out since, at its last known rate."""

    device: str
    gate: str | None
    since_ms: int | None
    missing: int | None
    may_enter: int = 0
    may_leave: int = 0


def band(
    counts: Mapping[str, Count], silences: Iterable[Silence], programme: Programme
) -> dict[str, tuple[int, int]]:
    """The low and high number of people inside each area, if the silent kiosks went on as before."""
    low: Counter[str] = Counter()
    high: Counter[str] = Counter()
    for silence in silences:
        gate = programme.gates.get(silence.gate or "")
        for area in programme.above[gate.area] if gate else ():
            low[area] += silence.may_leave
            high[area] += silence.may_enter
    return {
        area: (max(0, count.inside - low[area]), count.inside + high[area])
        for area, count in counts.items()
    }


class Quiet(NamedTuple):
    """A kiosk with entries missing: its gate, when it was last heard (ms; None: never), and their number (None:
    unknown)."""

    device: str
    gate: str | None
    since_ms: int | None
    missing: int | None


class _Pace(NamedTuple):
    """The moves of a kiosk in and out in so many milliseconds before it was heard last."""

    entered: int = 0
    left: int = 0
    within_ms: int = RATE_WINDOW_MS


class Silences:
    """Estimates. It remembers the pace of each kiosk: one that is silent keeps it."""

    def __init__(self) -> None:
        self._paces: dict[str, tuple[LogState, tuple[object, ...], _Pace]] = {}

    def of(self, log_state: LogState, quiet: Iterable[Quiet], at_ms: int) -> list[Silence]:
        """What silent kiosks may have done since, each at the rate of the ten minutes before it fell silent."""
        found = []
        for device, gate, since_ms, missing in quiet:
            share = 0.0
            pace = _Pace()
            if since_ms is not None:
                pace = self._pace(log_state, device, since_ms)
                share = max(0, at_ms - since_ms) / pace.within_ms
            may_enter, may_leave = round(pace.entered * share), round(pace.left * share)
            found.append(Silence(device, gate, since_ms, missing, may_enter, may_leave))
        return found

    def _pace(self, log_state: LogState, device: str, since_ms: int) -> _Pace:
        asked = (since_ms, log_state.state_of(device))
        known = self._paces.get(device)
        if known is not None and known[0] is log_state and known[1] == asked:
            return known[2]
        moves = list(_last_moves(log_state, device, since_ms))
        entered = moves.count("in")
        # A kiosk that has worked for a minute only has its rate from that minute.
        worked_ms = max(LEAST_WINDOW_MS, since_ms - _first_move_ms(log_state, device, since_ms))
        pace = _Pace(entered, len(moves) - entered, min(RATE_WINDOW_MS, worked_ms))
        self._paces[device] = (log_state, asked, pace)
        return pace


def _last_moves(log_state: LogState, device: str, since_ms: int) -> Iterator[Direction]:
    """The directions of a kiosk's moves in the last ten minutes that are known: all of them, of a million that day."""
    for log in log_state.logs_of(device):
        for entry in log_state.newest_first(log):
            at_ms = log_state.event_state.at_ms(entry)
            if at_ms <= since_ms - RATE_WINDOW_MS:
                if log_state.is_forked(log):
                    continue
                break
            if at_ms <= since_ms and (move := log_state.move(entry)) is not None:
                yield move


def _first_move_ms(log_state: LogState, device: str, since_ms: int) -> int:
    """When somebody moved at a kiosk for the first time, at the latest at the instant `since_ms`."""
    first = since_ms
    for log in log_state.logs_of(device):
        for entry in log_state.oldest_first(log):
            at_ms = log_state.event_state.at_ms(entry)
            if at_ms >= first:
                if log_state.is_forked(log):
                    continue
                break
            if log_state.move(entry) is not None:
                first = at_ms
    return first


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """`kiosks` at their gates, by device; `silences` those of them that are silent or have entries missing; `heard` of
    each area the oldest last contact of the kiosks at its gates and below (ms; None: there is none, or one was never
    heard); `bands` the low and high number inside each area, if the silent ones went on as before."""

    kiosks: tuple[KioskCoverage, ...]
    silences: tuple[Silence, ...]
    heard: dict[str, int | None]
    bands: dict[str, tuple[int, int]]

    def touch(self, device: str) -> Touch:
        """How a kiosk is in touch; `silent` where it stands at no gate."""
        return next((one.touch for one in self.kiosks if one.device == device), "silent")


class Coverage:
    """Makes reports; it remembers for each kiosk since when its missing entries have not become fewer."""

    def __init__(self) -> None:
        self._stuck: dict[str, tuple[int, int]] = {}
        self._silences = Silences()

    def report(
        self,
        log_state: LogState,
        programme: Programme,
        counts: Mapping[str, Count],
        contacts: Mapping[str, Contact],
        at_ms: int,
    ) -> CoverageReport:
        """What is covered at an instant. `contacts` is by device; one that is missing there was never heard."""
        kiosks = tuple(
            self._kiosk(device, gate, contacts.get(device, Contact(None)), at_ms)
            for device, gate in standing(log_state).items()
        )
        quiet = [
            Quiet(one.device, one.gate, one.heard_ms, one.missing)
            for one in kiosks
            if one.touch != "in_touch"
        ]
        found = tuple(self._silences.of(log_state, quiet, at_ms))
        return CoverageReport(
            kiosks, found, _heard_by_area(programme, kiosks), band(counts, found, programme)
        )

    def _kiosk(self, device: str, gate: str, contact: Contact, at_ms: int) -> KioskCoverage:
        return KioskCoverage(
            device, gate, contact.heard_ms, contact.missing, self._touch(device, contact, at_ms)
        )

    def _touch(self, device: str, contact: Contact, at_ms: int) -> Touch:
        missing = contact.missing or 0
        least, since_ms = self._stuck.get(device, (missing, at_ms))
        if missing == 0:
            self._stuck.pop(device, None)
        elif missing < least or device not in self._stuck or at_ms < since_ms:
            least, since_ms = missing, at_ms
            self._stuck[device] = (least, since_ms)
        if contact.heard_ms is None or at_ms - contact.heard_ms > SILENT_AFTER_MS:
            return "silent"
        if missing == 0:
            return "in_touch"
        if missing >= BEHIND_FROM or at_ms - since_ms > BEHIND_AFTER_MS:
            return "behind"
        return "in_flight"


def standing(log_state: LogState) -> dict[str, str]:
    """The gate of every kiosk that counts, by device, in order."""
    state = log_state.event_state
    found: dict[str, str] = {}
    for device in sorted(state.devices):
        gate, kiosk = state.gate_of(device), state.kiosks.get(device)
        if gate is not None and not (kiosk is not None and kiosk.cut_off):
            found[device] = gate
    return found


def _heard_by_area(
    programme: Programme, kiosks: tuple[KioskCoverage, ...]
) -> dict[str, int | None]:
    contacts: dict[str, list[int | None]] = {area: [] for area in programme.area_tree}
    for one in kiosks:
        gate = programme.gates.get(one.gate)
        for area in programme.above[gate.area] if gate is not None else ():
            contacts[area].append(one.heard_ms)
    return {area: _oldest(found) for area, found in contacts.items()}


def _oldest(contacts: list[int | None]) -> int | None:
    known = [contact for contact in contacts if contact is not None]
    return min(known) if known and len(known) == len(contacts) else None


def area_fields(
    programme: Programme, area: str, count: Count, report: CoverageReport, at_ms: int
) -> dict[str, Any]:
    """One area as every screen, command and interface gives it out; times as RFC 3339 in the event's zone."""
    node, gates = programme.area_tree[area], programme.gates
    heard_ms = report.heard[area]
    low, high = report.bands[area]

    def within(gate: str | None) -> bool:
        return gate in gates and programme.within(gates[gate].area, area)

    mine = [one for one in report.silences if within(one.gate)]
    return {
        "id": area,
        "name": (programme.areas.get(area) or programme.venues[area]).name,
        "venue": node.venue,
        "parent": node.parent,
        "inside": count.inside,
        "people": count.people,
        "entries": count.entries,
        "exits": count.exits,
        "refused": count.refused,
        "capacity": count.capacity,
        "places_left": None if count.capacity is None else max(0, count.capacity - count.inside),
        "by_hand": count.by_hand,
        "low": low,
        "high": high,
        "as_of": rfc3339(at_ms, programme.zone),
        "heard": None if heard_ms is None else rfc3339(heard_ms, programme.zone),
        "missing": sum(one.missing or 0 for one in mine),
        "silent": len(mine),
        "kiosks": sum(within(one.gate) for one in report.kiosks),
    }


def silent_fields(programme: Programme, silence: Silence, touch: Touch) -> dict[str, Any]:
    """One kiosk with entries missing, as every screen, command and interface returns it."""
    gate = programme.gates.get(silence.gate or "")
    since_ms = silence.since_ms
    return {
        "device": silence.device,
        "gate": silence.gate,
        "area": gate.area if gate is not None else None,
        "venue": programme.venue_of(gate.area) if gate is not None else None,
        "since": None if since_ms is None else rfc3339(since_ms, programme.zone),
        "missing": silence.missing,
        "touch": touch,
    }
