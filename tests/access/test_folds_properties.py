"""Whatever order entries arrive in, and however often, everybody who holds the same ones knows the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from access.event.definition import Direction
from access.log.entry import (
    Alarm,
    GateGiven,
    Health,
    Key,
    Passage,
    Printed,
    Recount,
    Ruling,
    Seats,
    Span,
)
from access.rules.decide import Presented, decide
from access.state.conflicts import Conflicts
from access.state.facts import Moment, facts_now
from access.state.headcount import Headcount
from access.state.log_state import LogState
from access.state.seat_leases import gifts

MINUTE = 60_000
GATES = ("north-in", "north-out", "hall-1", "hall-2", "room-1", "room-2", "south-in", "south-out")
SOURCES = ("registry", "supervisor", "kernel", "neighbour")

acts = st.lists(
    st.tuples(
        st.sampled_from(
            ["in"] * 6 + ["out"] * 3 + ["reentry", "refuse", "void", "test", "turnstile"]
            + ["recount", "seats", "health", "gate", "gate", "take_back", "alarm", "ruling"]
            + ["clock", "boot", "clone", "print", "print"]
            + ["issue", "revoke", "cut", "uncut", "spare", "define", "key"]
        ),
        st.integers(0, len(GATES) - 1),
        st.integers(1, 3),
        st.integers(0, 26 * 60),
    ),
    max_size=25,
)  # fmt: skip


def written(forum: Any, chosen: list[tuple[str, int, int, int]]) -> list[Any]:
    """Two days as chosen, as the entries of all logs."""
    day = _Days(forum)
    for what, gate, number, minute in sorted(chosen, key=lambda act: act[3]):
        day.act(what, GATES[gate], number, forum.at("08:10") + minute * MINUTE)
    return day.entries


@dataclass
class _Days:
    forum: Any
    entries: list[Any] = field(default_factory=list)
    writers: dict[str, Any] = field(default_factory=dict)
    epochs: int = 1

    def __post_init__(self) -> None:
        self.entries = list(self.forum.entries)
        self.writers = dict(self.forum.doors)

    def act(self, what: str, gate: str, number: int, at: int) -> None:
        door, badge = self.writers[gate], self.forum.build.badge(number)
        if what in ("void", "turnstile", "ruling"):
            self.about_a_scan(what, door, number, at)
        elif what == "print":
            self.prints(door, badge, number, at)
        elif what in ("boot", "clone"):
            self.restarts(what, gate, door, badge, at)
        elif what == "take_back":
            self.takes_back(door, at)
        elif what in ("issue", "revoke", "cut", "uncut", "spare", "define", "key"):
            self.registry_writes(what, gate, door, badge, number, at)
        elif what in ("recount", "seats", "health", "gate", "alarm", "clock"):
            self.entries.append(self.kiosk_writes(what, gate, door, number, at))
        else:
            self.entries.append(self.presents(what, gate, door, badge, number, at))
        self.entries.append(self.forum.registry.entries[-1])

    @staticmethod
    def presents(what: str, gate: str, door: Any, badge: bytes, number: int, at: int) -> Any:
        seat = gate.startswith(("hall", "room"))
        match what:
            case "in":
                return door.scans(at, badge, seat=seat, issue=1 + number % 2, session="talk")
            case "out":
                return door.scans(at, badge, "out")
            case "refuse":
                return door.scans(at, None, verdict="refuse", reason="not_a_badge")
            case "test":
                return door.scans(at, badge, test=True, seat=seat)
        return door.scans(at, badge, verdict="admit_flagged", reason="reentry", seat=seat)

    def kiosk_writes(self, what: str, gate: str, door: Any, number: int, at: int) -> Any:
        match what:
            case "recount":
                return door.writes(
                    at, "recount", Recount(area="hall", inside=number, staff=None, why="")
                )
            case "seats":
                to = "hall-2" if gate == "hall-1" else "hall-1"
                body = Seats(
                    area="hall",
                    from_gate=gate,
                    to_gate=to,
                    to_device=self.writers[to].device,
                    count=1,
                )
                return door.writes(at, "seats", body)
            case "health":
                return door.writes(at, "health", Health(readings={"disk": number}))
            case "alarm":
                return door.writes(at, "alarm", Alarm(what="forced", detail=""))
            case "gate":
                return door.writes(at, "gate", GateGiven(gate=GATES[number], staff=b"STAFF"))
        return door.trusts(at, SOURCES[number], 50, (number - 2) * 90 * MINUTE)

    def registry_writes(
        self, what: str, gate: str, door: Any, badge: bytes, number: int, at: int
    ) -> None:
        event, registry = self.forum.programme.event, self.forum.registry
        match what:
            case "issue":
                registry.issues(at, badge, self.forum.delegate, issue=number)
            case "revoke":
                registry.revokes(at, badge, issue=number)
            case "define":
                areas = tuple(msgspec.structs.replace(a, capacity=number) for a in event.areas)
                registry.defines(at, msgspec.structs.replace(event, areas=areas))
            case "key":
                key = Key(number=1, public=bytes([number]) * 32, withdrawn=number == 3)
                registry.writes(at, "key", key)
            case "spare":
                registry.assigns(at, door, None)
            case "cut" | "uncut":
                believed = {door.log: len(door.entries) - 1}
                cut_off, seats = what == "cut", {"hall": number}
                registry.assigns(at, door, gate, cut_off=cut_off, believed=believed, seats=seats)

    def takes_back(self, door: Any, at: int) -> None:
        """A supervisor takes back the gate that was given last, whichever kiosk's it is: only its own may."""
        given = [entry for entry in self.entries if entry.entry.kind == "gate"]
        if given:
            self.entries.append(door.voids(at, given[-1], None))

    def restarts(self, what: str, gate: str, door: Any, badge: bytes, at: int) -> None:
        """The kiosk boots; a clone of its card also goes on with the first log."""
        first = self.forum.doors[gate]
        self.boot(gate, at, after=door if what == "boot" else first)
        if what == "clone":
            clone = self.forum.build.kiosk(gate, self.forum.at("08:00"))
            clone.entries = first.entries[:2]
            self.entries.append(clone.scans(at, badge))

    def boot(self, gate: str, at: int, after: Any) -> None:
        self.epochs += 1
        self.writers[gate] = again = self.forum.build.kiosk(gate, at, epoch=self.epochs)
        self.entries.append(again.boots(after=after))
        scan = again.scans(at, self.forum.build.badge(1)).entry.body
        vague = msgspec.structs.replace(scan, span=Span(at - 60 * MINUTE, at + 600 * MINUTE))
        self.entries += [again.entries[-1], again.writes(at, "scan", vague)]

    def prints(self, door: Any, badge: bytes, number: int, at: int) -> None:
        """Begin an attempt, or answer an earlier one, also one of another kiosk."""
        begun = [entry for entry in self.entries if entry.entry.kind == "printed"]
        body = Printed(gate=door.gate, badge=badge, issue=1, outcome="sent", attempt=None)
        if begun and number > 1:
            outcome = ("unknown", "printed", "not_printed")[at % 3]
            ref = begun[-(at % 4) - 1 :][0].ref
            body = msgspec.structs.replace(body, outcome=outcome, attempt=ref)
        self.entries.append(door.writes(at, "printed", body))

    def about_a_scan(self, what: str, door: Any, number: int, at: int) -> None:
        scans = [entry for entry in self.entries if entry.entry.kind == "scan"]
        if scans:
            scan = scans[-number:][0]
            badge = scan.entry.body.badge
            if what == "void":
                self.entries.append(door.voids(at, scan, badge))
            elif what == "turnstile":
                self.entries.append(
                    door.writes(at, "not_passed", Passage(entry=scan.ref, badge=badge))
                )
            else:
                ruling = Ruling(
                    conflict="would_refuse", entry=scan.ref, answer=str(number), by="admin"
                )
                self.forum.registry.writes(at, "ruling", ruling)


def answers(forum: Any, known: LogState) -> bytes:
    """Everything that can be asked, as bytes."""
    event_state = known.event_state
    accounts = [(door.device, gate) for gate, door in forum.doors.items()]
    evening, next_day = forum.at("20:00"), forum.at("18T09:00")
    return msgspec.json.encode(
        [
            [Headcount(known).areas(at) for at in (evening, next_day)],
            [sorted(Headcount(known).by_gate(at).items()) for at in (evening, next_day)],
            [Headcount(known).attendance(at) for at in (evening, next_day)],
            Conflicts(known).lines(),
            [
                [
                    known.history(badge).presentations,
                    known.history(badge).newest(),
                    known.history(badge).prints,
                ]
                for badge in sorted(b for b in known.badges if b is not None)
            ],
            [
                known.seat_book(area).free(account, evening)
                for area in ("hall", "room")
                for account in accounts
            ],
            [[log, event_state.clocks.line(log)] for log in sorted(event_state.last_seq)],
            [
                [event_state.gate_of(device), event_state.health.get(device)]
                for device, _ in accounts
            ],
            [event_state.kiosk_at(gate) for gate in GATES],
            [known.seat_book(area).lost(evening) for area in ("hall", "room")],
            sorted(event_state.keys.items()),
            event_state.registry_head,
            [order for order, _ in event_state.events],
        ],
        order="deterministic",
    )


def taken(forum: Any, entries: list[Any], ask_every: int = 0) -> LogState:
    known: LogState = forum.build.log_state()
    folds = (Headcount(known), Conflicts(known))
    for index, entry in enumerate(entries, 1):
        known.add(entry.log, entry.digest, entry.raw)
        if ask_every and index % ask_every == 0:
            folds[0].areas(forum.at("20:00"))
            folds[1].lines()
            known.seat_book("hall").by_gate(forum.at("20:00"))
    if ask_every:
        fresh = (Headcount(known), Conflicts(known))
        for at in (forum.at("20:00"), forum.at("18T09:00")):
            assert folds[0].areas(at) == fresh[0].areas(at)
            assert folds[0].by_gate(at) == fresh[0].by_gate(at)
            assert folds[0].attendance(at) == fresh[0].attendance(at)
        assert folds[1].lines() == fresh[1].lines()
    return known


@given(chosen=acts, drawn=st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_of_the_same_entries_gives_the_same_answers(
    new_forum: Any, chosen: Any, drawn: Any
) -> None:
    forum = new_forum()
    entries = written(forum, chosen)
    shuffled = entries + drawn.choices(entries, k=5)
    drawn.shuffle(shuffled)
    assert answers(forum, taken(forum, entries)) == answers(forum, taken(forum, shuffled))


@given(chosen=acts, drawn=st.randoms(use_true_random=False), every=st.integers(1, 40))
def test_folds_asked_in_between_equal_folds_made_afterwards(
    new_forum: Any, chosen: Any, drawn: Any, every: int
) -> None:
    forum = new_forum()
    entries = written(forum, chosen)
    shuffled = drawn.sample(entries, k=len(entries))
    known = taken(forum, shuffled, ask_every=every)
    assert answers(forum, known) == answers(forum, taken(forum, entries))


@given(chosen=acts, drawn=st.randoms(use_true_random=False), parts=st.integers(1, 5))
def test_logs_that_come_in_batches_of_their_own_give_the_same_answers(
    new_forum: Any, chosen: Any, drawn: Any, parts: int
) -> None:
    forum = new_forum()
    entries = written(forum, chosen)
    batches: list[list[Any]] = [[] for _ in range(parts)]
    for entry in entries:
        batches[hash(entry.log) % parts].append(entry)
    drawn.shuffle(batches)
    mixed = [entry for batch in batches for entry in batch]
    assert answers(forum, taken(forum, mixed)) == answers(forum, taken(forum, entries))


@given(chosen=acts)
def test_repaired_times_never_break_the_order_within_a_log(new_forum: Any, chosen: Any) -> None:
    forum = new_forum()
    entries = written(forum, chosen)
    known = taken(forum, entries)
    order = known.event_state.order
    logs: dict[str, list[Any]] = {}
    for entry in {entry.digest: entry for entry in entries}.values():
        logs.setdefault(entry.log, []).append(entry.entry)
    for log in logs.values():
        log.sort(key=lambda entry: entry.seq)
        times = [order(entry).at_ms for entry in log]
        forked = len({entry.seq for entry in log}) < len(log)
        assert forked or times == sorted(times)


@given(chosen=acts)
def test_nothing_that_showed_green_is_ever_dropped(new_forum: Any, chosen: Any) -> None:
    """Every believed let-in that nobody took back is in its badge's history, on whichever branch."""
    forum = new_forum()
    entries = written(forum, chosen)
    known = taken(forum, entries)
    by_digest = {entry.digest: entry.entry for entry in entries}
    back = {
        one.body.entry.digest
        for one in by_digest.values()
        if one.kind in ("void", "not_passed") and known.event_state.believed(one)
    }
    shown = {
        one.entry.digest for badge in known.badges for one in known.history(badge).presentations
    }
    for digest, one in by_digest.items():
        if one.kind == "scan" and not one.body.test and digest not in back:
            assert (digest in shown) == known.event_state.believed(one)


# Capacity leases.


@dataclass
class _Door:
    """A kiosk that decides only by the entries it has received."""

    gate: str
    writer: Any
    known: LogState
    known_entries: dict[bytes, Any]

    def learns(self, entries: Any) -> None:
        for entry in entries:
            self.known_entries[entry.digest] = entry
            self.known.add(entry.log, entry.digest, entry.raw)

    @property
    def account(self) -> tuple[str, str]:
        return self.writer.device, self.gate


SEATS = 2
"""Few seats and few people, so that the hall is often full."""

people = st.integers(1, SEATS + 2)
halls = st.sampled_from(["hall-1", "hall-2"])
moves = st.lists(
    st.one_of(
        st.tuples(st.just("in"), halls, people),
        st.tuples(st.just("in"), halls, people),
        st.tuples(st.just("out"), halls, people),
        st.tuples(st.just("tell"), halls, st.sampled_from([2, 3])),
        st.tuples(st.just("in"), st.just("south-in"), people),
        st.tuples(st.just("out"), st.just("north-out"), people),
        st.tuples(st.just("tell"), st.sampled_from(GATES), st.integers(2, 3)),
        st.tuples(st.sampled_from(["void", "level"]), halls, st.just(0)),
    ),
    min_size=6, max_size=40,
)  # fmt: skip
# The quick answer leaves most of them out; nothing else does.
EXAMPLES = settings.default.max_examples
many = settings(max_examples=EXAMPLES if EXAMPLES < 30 else max(250, EXAMPLES))


@many
@given(chosen=moves)
def test_doors_that_cannot_talk_never_admit_more_than_the_room_holds(
    new_forum: Any, chosen: list[tuple[str, str, int]]
) -> None:
    hall = _Hall(new_forum())
    for minute, (what, gate, number) in enumerate(chosen):
        hall.act(what, hall.doors[gate], number, hall.forum.at("09:00") + minute * MINUTE)
        assert len(hall.inside) <= SEATS, "more people than the hall holds"


def test_a_reentry_at_another_door_taken_back_gives_no_second_seat(new_forum: Any) -> None:
    hall = _Hall(new_forum())
    for minute, (what, gate, number) in enumerate(
        [
            ("in", "hall-1", 1),
            ("tell", "hall-1", 3),
            ("in", "hall-2", 1),
            ("tell", "hall-2", 2),
            ("in", "hall-1", 2),
            ("void", "hall-2", 0),
            ("in", "hall-2", 3),
            ("tell", "hall-2", 2),
            ("in", "hall-1", 4),
        ]
    ):
        hall.act(what, hall.doors[gate], number, hall.forum.at("09:00") + minute * MINUTE)
    assert hall.inside == {1, 2}


@given(chosen=moves)
def test_once_all_have_exchanged_every_seat_is_free_or_taken_by_somebody_inside(
    new_forum: Any, chosen: list[tuple[str, str, int]]
) -> None:
    hall = _Hall(new_forum())
    at = hall.forum.at("09:00")
    for minute, (what, gate, number) in enumerate(chosen):
        hall.act(what, hall.doors[gate], number, at + minute * MINUTE)
    everything = [entry for door in hall.doors.values() for entry in door.known_entries.values()]
    known = hall.forum.build.log_state(everything)
    book = known.seat_book("hall")
    evening = at + len(chosen) * MINUTE
    accounts = [hall.doors[gate].account for gate in ("hall-1", "hall-2")]
    free = [book.free(account, evening) for account in accounts]
    taken = sum(
        book.holds(hall.forum.build.badge(n), account, evening)
        for n in range(1, SEATS + 3)
        for account in accounts
    )
    assert min(free) >= 0
    assert sum(free) + taken == SEATS
    assert Headcount(known).areas(evening)["hall"].inside == len(hall.inside)
    assert not [line for line in Conflicts(known).lines() if line.reason == "full"]


class _Hall:
    """The hall's doors and the truth: who is inside."""

    def __init__(self, forum: Any) -> None:
        self.forum = forum
        areas = tuple(
            msgspec.structs.replace(a, capacity=SEATS) for a in forum.programme.event.areas
        )
        smaller = msgspec.structs.replace(forum.programme.event, areas=areas)
        forum.registry.defines(forum.at("08:01"), smaller)
        self.inside: set[int] = set()
        self.last: dict[str, tuple[Any, int, bool, str]] = {}
        self.newest_of: dict[int, Any] = {}
        self.doors = {
            gate: _Door(gate, writer, forum.build.log_state(), {})
            for gate, writer in forum.doors.items()
        }
        for door in self.doors.values():
            door.learns(forum.registry.entries)
            door.learns(door.writer.entries)

    def act(self, what: str, door: _Door, number: int, at: int) -> None:
        match what:
            case "in" | "out":
                self.presents(door, number, "in" if what == "in" else "out", at)
            case "void" if door.gate in self.last:
                self.takes_back(door, at)
            case "tell":
                self.doors[GATES[number]].learns(list(door.known_entries.values()))
            case "level":
                self.levels(door, at)

    def presents(self, door: _Door, number: int, direction: Direction, at: int) -> None:
        known, badge = door.known, self.forum.build.badge(number)
        presented = Presented(door.gate, direction, "plain", badge, 1, "proven")
        area = self.forum.programme.gates[door.gate].area
        book = known.seat_book("hall") if area == "hall" and direction == "in" else None
        moment = Moment(Span(at, at), at, sure=True)
        history = known.history(badge)
        facts = facts_now(presented, history, known.event_state, door.account, moment, book, at)
        decision = decide(presented, facts, self.forum.programme, Span(at, at))
        entry = door.writer.scans(
            at,
            badge,
            direction,
            decision.verdict,
            decision.reason,
            seat=decision.seat,
            session=decision.session,
        )
        door.learns([entry])
        if decision.opens:
            self.newest_of[number] = entry
            if direction == "in" and area == "hall":
                self.last[door.gate] = (entry, number, number in self.inside, decision.reason)
                self.inside.add(number)
            else:
                self.inside.discard(number)

    def takes_back(self, door: _Door, at: int) -> None:
        """Staff takes back the last let-in of this gate, if that person has not moved since. One taken back by a door
        that did not know the person to be inside already can leave the other door owing a seat, as a void of an exit
        can; neither is among these days."""
        entry, number, was_inside, reason = self.last.pop(door.gate)
        if was_inside and reason != "reentry":
            return
        if self.newest_of[number] is entry:
            door.learns([door.writer.voids(at, entry, self.forum.build.badge(number))])
            if not was_inside:
                self.inside.discard(number)

    def levels(self, door: _Door, at: int) -> None:
        free = door.known.seat_book("hall").by_gate(at)
        gates = self.forum.programme.entry_gates("hall")
        for to, count in gifts(door.gate, free, gates, gates):
            body = Seats(
                area="hall",
                from_gate=door.gate,
                to_gate=to,
                to_device=self.doors[to].writer.device,
                count=count,
            )
            door.learns([door.writer.writes(at, "seats", body)])
