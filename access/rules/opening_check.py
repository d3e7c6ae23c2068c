"""Test badges, with which the doors of a venue are tried before they open: which they are, and the right answers.

A test badge is on the roster like any other, so that it is answered by what answers people: camera, credential,
roster, revocations, rule book, lights. Its id follows from the event alone, so every kiosk knows it:
nothing opens, its entry is marked (`Scan.test`), and no fold counts it. It is decided at a moment of the
programme, so that the doors can be tried the evening before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Literal, get_args

from access.badge.credential import BADGE_BYTES, Claims
from access.event.definition import Event, Gate, Ticket, Verdict
from access.event.programme import Programme
from access.log.entry import Boot
from access.log.log_entry import LogEntry
from access.log.sign_offs import OpeningChecked

Case = Literal["good", "revoked", "other_venue", "too_early", "forged"]
CASES: tuple[Case, ...] = get_args(Case)

NOON = time(12)
BEFORE_MS = 60_000
"""`too_early` is held up so long before the doors of a room's first session."""


@dataclass(frozen=True, slots=True)
class OpeningBadge:
    """A test badge of a venue; `case` says what is wrong with it."""

    venue: str
    case: Case


@dataclass(frozen=True, slots=True)
class Expected:
    """What a gate must answer: one of these verdicts for one of these reasons."""

    verdicts: frozenset[Verdict]
    reasons: frozenset[str]

    def met(self, verdict: Verdict, reason: str) -> bool:
        return verdict in self.verdicts and reason in self.reasons


def opening_badges(event: Event) -> Mapping[bytes, OpeningBadge]:
    """The test badges of every venue, by badge id. Where there is one venue only, none is of another."""
    return _badges(event.id, tuple([venue.id for venue in event.venues]))


@lru_cache(maxsize=8)
def _badges(event: str, venues: tuple[str, ...]) -> Mapping[bytes, OpeningBadge]:
    cases = [case for case in CASES if case != "other_venue" or len(venues) > 1]
    return {
        sha256(f"jianmen test badge {event} {venue} {case}".encode()).digest()[
            :BADGE_BYTES
        ]: OpeningBadge(venue, case)
        for venue in venues
        for case in cases
    }


def claims_of(event: Event, badge: OpeningBadge) -> Claims:
    """What the roster says of a test badge: everything is booked, and good everywhere but for its fault."""
    every = (1 << len(event.venues)) - 1
    here = 1 << [venue.id for venue in event.venues].index(badge.venue)
    return Claims(
        ticket=event.tickets.index(_widest(event)),
        venues=every & ~here if badge.case == "other_venue" else every,
        sessions=(1 << len(event.sessions)) - 1,
        days=(1 << len(event.days)) - 1,
    )


def _widest(event: Event) -> Ticket:
    """The ticket type for on site that admits to the most areas and gives no rights."""
    plain = [ticket for ticket in event.tickets if ticket.on_site and not ticket.roles]
    return max(plain or event.tickets, key=lambda ticket: ("*" in ticket.areas, len(ticket.areas)))


def moment_ms(programme: Programme, gate: Gate, case: Case) -> int:
    """The instant at which a test badge is decided at a gate: while the doors of its area are open on an event day, or,
    for `too_early`, before."""
    sessions = programme.sessions_in(gate.area)
    if sessions:
        opens = sessions[0].doors_open_ms
        return opens - BEFORE_MS if case == "too_early" else opens
    day = datetime.fromisoformat(programme.event.days[0]).date()
    if case == "too_early":
        day -= timedelta(days=1)
    return int(datetime.combine(day, NOON, programme.zone).astimezone(UTC).timestamp() * 1000)


def expected(programme: Programme, gate: Gate, case: Case) -> Expected | None:
    """What a gate must answer; None where this case says nothing there: nobody is kept in at a way out."""
    if not gate.lets_in:
        if case == "good":
            return _answer(("admit", "admit_flagged"), "ok", "not_inside")
        return _answer(("admit_flagged",), "forged") if case == "forged" else None
    if case == "good":
        return _answer(("admit",), "ok")
    too_early = "too_early" if programme.sessions_in(gate.area) else "wrong_day"
    reasons: dict[Case, str] = {
        "revoked": "revoked",
        "other_venue": "wrong_venue",
        "too_early": too_early,
        "forged": "forged",
    }
    return _answer(("refuse",), reasons[case])


def _answer(verdicts: tuple[Verdict, ...], *reasons: str) -> Expected:
    return Expected(frozenset(verdicts), frozenset(reasons))


class OpeningRecords:
    """What the logs say of each kiosk before the doors open: which versions it runs, and the last sign-off of its door.
    A fold: the newest of each by device, whatever the order of entries."""

    def __init__(self) -> None:
        self._boots: dict[str, tuple[tuple[int, str], Boot]] = {}
        self._checks: dict[str, tuple[tuple[int, str, int], LogEntry, OpeningChecked]] = {}

    def add(self, entry: LogEntry) -> None:
        """Fold one entry of any kind."""
        body = entry.body
        if type(body) is Boot and entry.seq == 1:
            began = ((entry.wall_ms, entry.log), body)
            known = self._boots.get(entry.device)
            if known is None or began[0] > known[0]:
                self._boots[entry.device] = began
        elif type(body) is OpeningChecked:
            checked = ((entry.wall_ms, entry.log, entry.seq), entry, body)
            before = self._checks.get(entry.device)
            if before is None or checked[0] > before[0]:
                self._checks[entry.device] = checked

    def versions(self, device: str) -> dict[str, str]:
        """The versions that a kiosk named when it last started; none are known of one never heard of."""
        known = self._boots.get(device)
        return dict(known[1].versions) if known is not None else {}

    def checked(self, device: str) -> tuple[LogEntry, OpeningChecked] | None:
        """The last sign-off of a kiosk's door."""
        known = self._checks.get(device)
        return (known[1], known[2]) if known is not None else None
