"""Made-up scenarios: days as they may come, with everything that may go wrong."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec

from access.event.definition import MAX_ISSUES, Event, Session
from access.event.programme import Programme
from config.languages import languages
from jianmen.rehearse.plan.curve import FORUM_CURVE

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS

OPENS_H = 8.0
"""The hour of minute 0 of the arrival curve."""

LATER_WAVES_H = ((13.0, 0.7), (19.0, 0.4))
"""When the others arrive: the hour at which each wave begins, and how many hours it lasts."""

TROUBLES = ("cut", "group", "heal", "restart", "wipe", "clock")
QUESTIONS = ("headcount", "gate_headcount", "conflicts", "sync")
DESK = ("reissue", "revoke", "walk_in", "override", "void")

GIVEN = ("Ada", "Karim", "Mei", "Noor", "Siu Ming", "Tom", "大文", "伟", "娜", "詠詩")
FAMILY = ("Chan", "Fischer", "Lam", "Okafor", "Rossi", "Wong", "李", "王", "陳", "張")

Line = dict[str, Any]


@dataclass
class _Person:
    ref: str
    venue: str
    sessions: list[Session]
    issue: int = 1
    signed: bool = False


@dataclass
class _Invented:
    """What the lines written so far have led to."""

    gates: Counter[str] = field(default_factory=Counter)
    """Presentations and overrides certainly recorded at each gate."""
    last: dict[tuple[str, str, str], int] = field(default_factory=dict)
    cut: bool = False
    walk_ins: int = 0


class Inventor:
    """Makes one scenario up: the same seed gives the same lines."""

    def __init__(self, event: Event, seed: int, people: int) -> None:
        self._event = event
        self._programme = Programme(event)
        self._random = Random(seed)  # noqa: S311 - made-up people, not secrets
        self._invented = _Invented()
        self._gates = [gate.id for gate in event.gates]
        self._tickets = [t for t in event.tickets if t.on_site and not t.roles] or event.tickets
        self._staff = [f"staff-{n}" for n, t in enumerate(event.tickets) if t.roles]
        self._people = [self._person(f"p{number}") for number in range(1, people + 1)]
        self._actions: list[tuple[int, int, Callable[[], Line | None]]] = []

    def lines(self, path: str) -> Iterator[str]:
        """The lines of the scenario; `path` is where the event file is found."""
        yield _line({"event": path})
        before = self._at(0, 12.0) - 24 * HOUR_MS
        for line in self._registrations():
            yield _line({"at": self._clock_text(before), **line})
        self._plan()
        for at_ms, _, action in sorted(self._actions, key=lambda action: action[:2]):
            made = action()
            if made is not None:
                yield _line({"at": self._clock_text(at_ms), **made})
        for last in ({"do": "heal"}, {"do": "headcount"}, {"do": "conflicts"}):
            yield _line(last)

    # Time.

    def _at(self, day: int, hour: float) -> int:
        """An hour of an event day, in ms."""
        date = datetime.fromisoformat(self._event.days[day]).replace(tzinfo=self._programme.zone)
        return round((date.timestamp() + hour * 3600) * 1000)

    def _clock_text(self, at_ms: int) -> str:
        at = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self._programme.zone)
        return at.isoformat(timespec="milliseconds")

    # People.

    def _person(self, ref: str) -> _Person:
        random = self._random
        venue = random.choice(self._event.venues).id
        offered = [s for s in self._event.sessions if self._programme.venue_of(s.area) == venue]
        booked = random.sample(offered, random.randint(0, min(2, len(offered))))
        return _Person(ref, venue, booked, signed=random.random() < 0.15)

    def _registrations(self) -> Iterator[Line]:
        for ref, ticket in zip(
            self._staff, [t.id for t in self._event.tickets if t.roles], strict=True
        ):
            yield {"do": "register", "ref": ref, "ticket": ticket, "name": "Staff"}
        for person in self._people:
            yield self._registration(person)

    def _registration(self, person: _Person) -> Line:
        random = self._random
        many = random.random() < 0.3
        number = 0 if random.random() < 0.7 else random.randrange(len(self._tickets))
        ticket = self._tickets[number].id
        if random.random() < 0.03:
            ticket = random.choice(self._event.tickets).id
        line: Line = {
            "do": "register",
            "ref": person.ref,
            "ticket": ticket,
            "sessions": [session.id for session in person.sessions],
            "name": f"{random.choice(GIVEN)} {random.choice(FAMILY)}",
            "lang": random.choice(languages()),
        }
        if not many:
            line["venues"] = [person.venue]
        if random.random() < 0.1:
            line["days"] = [random.choice(self._event.days)]
        if person.signed:
            line["form"] = "signed"
        return line

    # The days.

    def _plan(self) -> None:
        for day in range(len(self._event.days)):
            for person in self._people:
                if self._random.random() < 0.9:
                    self._come(person, day)
            for kinds, share in ((TROUBLES, 60), (QUESTIONS, 40), (DESK, 15)):
                for _ in range(4 + len(self._people) // share):
                    kind = self._random.choice(kinds)
                    at_ms = self._at(day, self._random.uniform(7.5, 20.0))
                    self._do(at_ms, getattr(self, f"_{kind}"))

    def _do(self, at_ms: int, action: Callable[[], Line | None]) -> None:
        self._actions.append((at_ms, len(self._actions), action))

    def _come(self, person: _Person, day: int) -> None:
        """One person's day: arriving, sessions in and out, leaving; now and then something odd."""
        random = self._random
        arrives_ms = self._at(day, self._arrives_h())
        venue = person.venue
        if random.random() < 0.04:
            venue = random.choice(self._event.venues).id
        self._through(person, venue, "in", arrives_ms)
        for session in self._event.sessions:
            at_venue = self._programme.venue_of(session.area) == venue
            today = self._programme.day_of(session.starts_ms) == self._programme.day_of(arrives_ms)
            wants = session in person.sessions or random.random() < 0.2
            if at_venue and today and wants and session.ends_ms > arrives_ms:
                comes_ms = session.starts_ms + random.randint(-30, 25) * MINUTE_MS
                comes_ms = max(comes_ms, arrives_ms) + random.randrange(MINUTE_MS)
                self._through(person, session.area, "in", comes_ms)
                if random.random() < 0.5:
                    stays_ms = random.randrange(max(MINUTE_MS, session.ends_ms - comes_ms))
                    self._through(person, session.area, "out", comes_ms + MINUTE_MS + stays_ms)
        if random.random() < 0.4:
            self._through(person, venue, "out", self._at(day, random.uniform(12.0, 22.0)))

    def _arrives_h(self) -> float:
        """Two in three come in the morning, along the curve of a forum."""
        random = self._random
        wave = random.choices((None, *LATER_WAVES_H), (8, 3, 1))[0]
        if wave is None:
            return OPENS_H + FORUM_CURVE.minute_of(random.random()) / 60
        begins_h, lasts_h = wave
        return begins_h + random.random() * lasts_h

    def _through(self, person: _Person, area: str, direction: str, at_ms: int) -> None:
        gates = [
            gate.id
            for gate in self._event.gates
            if gate.area == area and (gate.lets_in if direction == "in" else gate.lets_out)
        ]
        if gates:
            gate = self._random.choice(gates)
            self._do(at_ms, lambda: self._shown(person, gate, direction, at_ms))
            if self._random.random() < 0.04:
                again_ms = at_ms + self._random.randint(500, 6_000)
                self._do(again_ms, lambda: self._shown(person, gate, direction, again_ms))

    def _shown(self, person: _Person, gate: str, direction: str, at_ms: int) -> Line:
        random = self._random
        odd = random.random()
        line: Line = {"do": "present", "gate": gate, "badge": person.ref}
        if odd < 0.01:
            line = {"do": "present", "gate": gate, "code": f"menu {random.randrange(100)}"}
        elif odd < 0.02:
            line["tamper"] = "claims" if person.signed and random.random() < 0.5 else "proof"
        elif person.issue > 1 and odd < 0.3:
            line["badge"] = f"{person.ref}#{random.randint(1, person.issue)}"
        if self._programme.gates[gate].direction == "both":
            line["direction"] = direction
        key = (gate, direction, str(line.get("code", line.get("badge"))))
        hold_off_ms = self._event.policy.hold_off_s * 1000
        if at_ms - self._invented.last.get(key, -HOUR_MS) > hold_off_ms:
            self._invented.gates[gate] += 1
        self._invented.last[key] = at_ms
        return line

    # What goes wrong.

    def _cut(self) -> Line:
        self._invented.cut = True
        nodes = ["registry", *self._gates]
        return {"do": "cut", "nodes": self._random.sample(nodes, self._random.randint(1, 3))}

    def _group(self) -> Line:
        """Cut some venues off from all others."""
        self._invented.cut = True
        venues = self._random.sample(
            self._event.venues, self._random.randint(1, len(self._event.venues))
        )
        groups = [
            [g.id for g in self._event.gates if self._programme.venue_of(g.area) == venue.id]
            for venue in venues
        ]
        return {"do": "cut", "groups": [group for group in groups if group]}

    def _heal(self) -> Line:
        if self._random.random() < 0.6:
            return {"do": "heal"}
        return {"do": "heal", "nodes": self._random.sample(["registry", *self._gates], 2)}

    def _restart(self) -> Line:
        return {"do": "restart", "gate": self._random.choice(self._gates)}

    def _wipe(self) -> Line | None:
        if self._random.random() < 0.5:
            return None
        return {"do": "wipe", "gate": self._random.choice(self._gates)}

    def _clock(self) -> Line:
        line: Line = {"do": "clock", "gate": self._random.choice(self._gates)}
        if self._random.random() < 0.8:
            line["offset_s"] = self._random.choice((0, 2, -40, 300, -3_600, 86_400, -1_500_000_000))
        if self._random.random() < 0.6:
            line["trusted"] = self._random.random() < 0.6
        return line

    # What people at desks do.

    def _reissue(self) -> Line | None:
        person = self._random.choice(self._people)
        if person.issue == MAX_ISSUES:
            return None
        person.issue += 1
        return {"do": "reissue", "ref": person.ref}

    def _revoke(self) -> Line:
        person = self._random.choice(self._people)
        one = person.issue > 1 and self._random.random() < 0.5
        return {"do": "revoke", "ref": f"{person.ref}#1" if one else person.ref, "why": "made up"}

    def _walk_in(self) -> Line:
        self._invented.walk_ins += 1
        person = self._person(f"walk-in-{self._invented.walk_ins}")
        person.signed = True
        self._people.append(person)
        return self._registration(person)

    def _override(self) -> Line | None:
        gates = [gate.id for gate in self._event.gates if gate.lets_in]
        if not gates:
            return None
        gate = self._random.choice(gates)
        staff = self._somebody(staff=0.9)
        badge = self._somebody(staff=0.0)
        self._invented.gates[gate] += 1
        return {"do": "override", "gate": gate, "badge": badge, "staff": staff, "why": "knows us"}

    def _void(self) -> Line | None:
        made = sorted(gate for gate, count in self._invented.gates.items() if count)
        if not made:
            return None
        gate = self._random.choice(made)
        entry = f"{gate}/{self._random.randint(1, self._invented.gates[gate])}"
        line: Line = {"do": "void", "gate": gate, "entry": entry}
        return {**line, "staff": self._somebody(staff=0.9), "why": "a slip"}

    def _somebody(self, staff: float) -> str:
        if self._staff and self._random.random() < staff:
            return self._random.choice(self._staff)
        return self._random.choice(self._people).ref

    # Questions.

    def _headcount(self) -> Line:
        return {"do": "headcount"}

    def _gate_headcount(self) -> Line:
        return {"do": "headcount", "node": self._random.choice(self._gates)}

    def _conflicts(self) -> Line:
        return {"do": "conflicts"}

    def _sync(self) -> Line:
        return {"do": "sync"}


def _line(line: Line) -> str:
    return msgspec.json.encode(line).decode()
