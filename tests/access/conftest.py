"""Builders for the tests of the rule book and its folds: events, badges, logs, and what is known from them.

A test asks for one fixture, `build`, and says what it needs in a sentence: `build.programme(TOML)`,
`build.instant("2020-11-17T14:00+08:00")`, `build.kiosk("door-1")`, `build.registry()`, `build.log_state(entries)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access.badge.credential import Claims, Plain, Signed, foreign, sign
from access.event.definition import Direction, Event, Verdict
from access.event.programme import Programme
from access.log.entry import (
    Override,
    Seats,
)
from access.rules.decide import Decision, Facts, Presented, decide
from access.state.facts import (
    Moment,
    facts_now,
    presented_plain,
    presented_signed,
    presented_vouched_for,
)
from access.state.log_state import LogState
from config import event_file
from jianmen.testing.event_logs import KioskWriter, RegistryWriter, secret_of
from jianmen.testing.log_writer import LogWriter, WrittenEntry

EXAMPLE = Path(event_file.__file__).parent / "events" / "smarthk.toml"
SMALL = Path(__file__).with_name("small.toml")
ALL_VENUES = ALL_DAYS = 0xFF
DAY_MS = 86_400_000


@dataclass
class Door:
    """A kiosk's way from a code to its entry, with no journal and no screen: facts gathered from what is known at
    this door, decided, written into its log and known at once."""

    kiosk: KioskWriter
    known: LogState
    heard_ms: int | None = None
    """When the registry was last heard of; None: just now."""

    def learns(self, *logs: LogWriter) -> None:
        """Take everything that other devices have written."""
        for log in logs:
            for one in log.entries:
                self.known.add(one.log, one.digest, one.raw)

    @property
    def programme(self) -> Programme:
        programme = self.known.programme
        assert programme is not None, "the door has not heard of the event"
        return programme

    def moment(self, at_ms: int) -> Moment:
        line = self.known.event_state.clocks.line(self.kiosk.log)
        mono_ms = self.kiosk.mono(at_ms)
        return Moment(line.span(mono_ms), line.sorts_at(mono_ms), line.sure)

    def sees(self, code: Plain | Signed | str | bytes, direction: Direction = "in") -> Presented:
        """What was presented: a badge, the text of another system's code, or (bytes) a person found by staff."""
        gate = self.kiosk.gate
        event_state = self.known.event_state
        if isinstance(code, bytes):
            return presented_vouched_for(code, gate, direction, self.known.history(code))
        if isinstance(code, Signed):
            return presented_signed(code, gate, direction, self.programme, event_state.keys)
        plain = foreign(code) if isinstance(code, str) else code
        history = self.known.history(plain.badge)
        return presented_plain(plain, gate, direction, history, foreign=isinstance(code, str))

    def facts(self, presented: Presented, at_ms: int) -> Facts:
        gate = self.programme.gates[self.kiosk.gate]
        capped = self.programme.area_tree[gate.area].capacity is not None
        return facts_now(
            presented,
            self.known.history(presented.badge),
            self.known.event_state,
            (self.kiosk.device, gate.id),
            self.moment(at_ms),
            self.known.seat_book(gate.area) if capped and presented.direction == "in" else None,
            at_ms if self.heard_ms is None else self.heard_ms,
        )

    def shows(
        self, at_ms: int, code: Plain | Signed | str | bytes, direction: Direction = "in"
    ) -> Decision:
        """Decide and record."""
        presented = self.sees(code, direction)
        facts = self.facts(presented, at_ms)
        answer = decide(presented, facts, self.programme, self.moment(at_ms).span)
        written = self.kiosk.scans(
            at_ms,
            presented.badge,
            direction,
            answer.verdict,
            answer.reason,
            issue=presented.issue,
            proof=presented.proof,
            session=answer.session,
            seat=answer.seat,
            claims=code.signed if isinstance(code, Signed) and facts.listed is None else None,
        )
        self.known.add(written.log, written.digest, written.raw)
        return answer


class Build:
    """Everything a test of access/ is made of. All of it is the same in each run."""

    ALL_VENUES = ALL_VENUES
    ALL_DAYS = ALL_DAYS
    DAY_MS = DAY_MS

    @staticmethod
    def event(text: str) -> Event:
        return event_file.parse(text, "test.toml")

    def programme(self, text: str) -> Programme:
        return Programme(self.event(text))

    @staticmethod
    def with_policy(programme: Programme, **policy: object) -> Programme:
        """The same event with another policy."""
        changed = msgspec.structs.replace(programme.event.policy, **policy)
        return Programme(msgspec.structs.replace(programme.event, policy=changed))

    @staticmethod
    def instant(text: str) -> int:
        """Milliseconds of an RFC 3339 time with its offset."""
        moment = datetime.fromisoformat(text)
        assert moment.tzinfo is not None, "a time without its offset"
        return int(moment.timestamp() * 1000)

    @staticmethod
    def key(name: str) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())

    @staticmethod
    def badge(number: int) -> bytes:
        return number.to_bytes(5, "big")

    @staticmethod
    def plain(badge: bytes, issue: int = 1) -> Plain:
        """The genuine plain badge of what `RegistryWriter.issues` puts on the roster."""
        return Plain(badge, issue, secret_of(badge, issue))

    def signed(
        self, event: str, badge: bytes, claims: Claims, issue: int = 1, key: str = "event key"
    ) -> Signed:
        return sign(self.key(key), 1, event, badge, issue, claims)

    @staticmethod
    def claims(
        programme: Programme,
        ticket: str,
        sessions: Iterable[str] = (),
        venues: Iterable[str] | None = None,
        days: Iterable[str] | None = None,
    ) -> Claims:
        """Claims by name; venues and days omitted: all."""
        number = [one.id for one in programme.event.tickets].index(ticket)
        return Claims(
            number,
            ALL_VENUES if venues is None else sum(1 << programme.venue_bit[v] for v in venues),
            sum(1 << programme.session_bit[s] for s in sessions),
            ALL_DAYS if days is None else sum(1 << programme.day_bit[d] for d in days),
        )

    def kiosk(
        self, name: str, booted_ms: int, epoch: int = 1, gate: str | None = None
    ) -> KioskWriter:
        writer = KioskWriter(self.key(name), epoch, booted_ms)
        writer.gate = name if gate is None else gate
        return writer

    def registry(self, booted_ms: int, epoch: int = 1) -> RegistryWriter:
        return RegistryWriter(self.key("registry"), epoch, booted_ms)

    def door(
        self, gate: str, registry: RegistryWriter, at_ms: int, name: str | None = None
    ) -> Door:
        """A kiosk at a gate, just booted, that has met a trusted time and the registry's log."""
        kiosk = self.kiosk(name or gate, at_ms - 1000, gate=gate)
        registry.assigns(at_ms, kiosk, gate)
        kiosk.boots()
        kiosk.trusts(at_ms)
        door = Door(kiosk, self.log_state())
        door.learns(registry, kiosk)
        return door

    def log_state(self, entries: Iterable[WrittenEntry] = (), earliest_ms: int = 0) -> LogState:
        """What is known from these entries, added in this order."""
        known = LogState(self.registry(0).device, earliest_ms)
        for one in entries:
            known.add(one.log, one.digest, one.raw)
        return known


class Forum:
    """Two days at the small event (small.toml): a registry, a kiosk at every gate, all clocks right and trusted.
    Entries name the area of their gate; with `area=None` they are as an older version wrote them.

    Times are "14:00", of the first day, or "18T09:00". People are numbers; everybody in `people` is on the roster.
    """

    def __init__(self, build: Build, programme: Programme, people: int = 9) -> None:
        self.build = build
        self.programme = programme
        morning = self.at("08:00")
        self.registry = build.registry(morning)
        self.registry.defines(morning, programme.event)
        self.doors = {gate: build.kiosk(gate, morning) for gate in programme.gates}
        for door in self.doors.values():
            self.registry.assigns(morning, door, door.gate)
            door.boots()
            door.trusts(morning)
        self.delegate = build.claims(programme, "delegate")
        for number in range(1, people + 1):
            self.registry.issues(morning, build.badge(number), self.delegate)

    @staticmethod
    def at(clock: str) -> int:
        day, _, time = clock.rpartition("T")
        return Build.instant(f"2020-11-{day or '17'}T{time}+08:00")

    def enters(self, gate: str, clock: str, number: int, **scan: Any) -> WrittenEntry:
        """Somebody is let in; on a seat where the gate's area has any."""
        area = self.programme.gates[gate].area
        scan.setdefault("seat", self.programme.area_tree[area].capacity is not None)
        scan.setdefault("area", area)
        return self.doors[gate].scans(self.at(clock), self.build.badge(number), **scan)

    def leaves(self, gate: str, clock: str, number: int, **scan: Any) -> WrittenEntry:
        scan.setdefault("area", self.programme.gates[gate].area)
        return self.doors[gate].scans(self.at(clock), self.build.badge(number), "out", **scan)

    def refuses(self, gate: str, clock: str, number: int | None, reason: str) -> WrittenEntry:
        badge = None if number is None else self.build.badge(number)
        area = self.programme.gates[gate].area
        return self.doors[gate].scans(
            self.at(clock), badge, verdict="refuse", reason=reason, area=area
        )

    def voids(self, gate: str, clock: str, entry: WrittenEntry) -> WrittenEntry:
        return self.doors[gate].voids(self.at(clock), entry, entry.entry.body.badge)  # type: ignore[union-attr]

    def overrides(
        self, gate: str, clock: str, number: int | None, verdict: Verdict = "admit_flagged"
    ) -> WrittenEntry:
        """Staff lets somebody in by hand, or (verdict refuse) tries to."""
        badge = None if number is None else self.build.badge(number)
        reason = "overridden" if verdict == "admit_flagged" else "not_staff"
        body = Override(
            gate=gate,
            badge=badge,
            issue=None if badge is None else 1,
            proof="proven",
            session=None,
            verdict=verdict,
            reason=reason,
            stands="full",
            staff=b"STAFF",
            staff_issue=1,
            why="a guest",
            entry=None,
            place=None,
            roster_issue=1,
            roster_head=None,
            span=None,
            area=self.programme.gates[gate].area,
        )
        return self.doors[gate].writes(self.at(clock), "override", body)

    def gives(self, area: str, giver: str, clock: str, to: str, count: int) -> WrittenEntry:
        """Seats move from one gate of an area to another."""
        body = Seats(
            area=area, from_gate=giver, to_gate=to, to_device=self.doors[to].device, count=count
        )
        return self.doors[giver].writes(self.at(clock), "seats", body)

    @property
    def entries(self) -> list[WrittenEntry]:
        return [entry for log in (self.registry, *self.doors.values()) for entry in log.entries]

    def known(self) -> LogState:
        """Everything, in one log state."""
        return self.build.log_state(self.entries)


@pytest.fixture(scope="session")
def build() -> Build:
    return Build()


@pytest.fixture(scope="session")
def small() -> Programme:
    return Programme(event_file.load(SMALL))


@pytest.fixture
def forum(new_forum: Callable[[], Forum]) -> Forum:
    return new_forum()


@pytest.fixture(scope="session")
def new_forum(build: Build, small: Programme) -> Callable[[], Forum]:
    """Makes a forum for each example of a property."""
    return lambda: Forum(build, small)


@pytest.fixture(scope="session")
def example() -> Programme:
    """The example event: see config/events/smarthk.toml."""
    return Programme(event_file.load(EXAMPLE))


@pytest.fixture(scope="session")
def instant() -> Callable[[str], int]:
    """Milliseconds of an RFC 3339 time with its offset."""
    return Build.instant
