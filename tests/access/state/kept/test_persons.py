"""Whoever gets another badge, since theirs was revoked by mistake, stays one person in every count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from access.state.arrivals import Arrivals
from access.state.attendance import AttendanceTally, at_session
from access.state.conflicts import Conflicts
from access.state.headcount import Headcount
from access.state.log_state import LogState

OTHERS = {1: (1, 5, 6), 2: (2, 7), 3: (3,)}
"""The badges that each person has had, in turn."""

GATES = ("north-in", "north-out", "hall-1", "hall-2", "room-1", "room-2", "south-in")

Step = tuple[str, int, int, bool]
"""A gate, a person, which of their badges is in hand, and whether the entry is taken back."""

steps = st.lists(
    st.tuples(
        st.sampled_from(GATES), st.sampled_from((1, 1, 2)), st.integers(0, 2), st.booleans(),
    ),
    min_size=6, max_size=12,
)  # fmt: skip


def walk(forum: Any, taken: list[Step], *, with_others: bool) -> None:
    """These steps, a minute apart; without other badges everybody uses their first."""
    if with_others:
        for first, *rest in OTHERS.values():
            for before, after in zip((first, *rest), rest, strict=False):
                one, other = forum.build.badge(before), forum.build.badge(after)
                forum.registry.revokes(forum.at("08:20"), one)
                forum.registry.gives_another(forum.at(f"08:2{after}"), one, other)
    for minute, (gate, person, which, taken_back) in enumerate(taken):
        badges = OTHERS[person] if with_others else (person,)
        badge = badges[which % len(badges)]
        clock = f"09:{2 * minute:02}"
        act = forum.leaves if gate == "north-out" else forum.enters
        entry = act(gate, clock, badge, session="talk" if gate.startswith("room") else None)
        if taken_back:
            forum.voids(gate, f"09:{2 * minute + 1:02}", entry)


def told(forum: Any, known: LogState) -> Any:
    """Everything that is told of these people at half past ten."""
    at_ms = forum.at("10:30")
    tally = AttendanceTally(known)
    while tally.catch_up(2):
        pass
    came = Counter({kind._replace(claims=None): n for kind, n in tally.kinds.items() if kind.came})
    day = Arrivals(known).on_day_of(at_ms)
    books = [known.seat_book(area).by_gate(at_ms) for area in ("hall", "room")]
    travels = [
        (line.gates, line.at) for line in Conflicts(known).lines() if line.kind == "two_places"
    ]
    return Headcount(known).areas(at_ms), came, day, books, travels


@given(taken=steps, random=st.randoms(use_true_random=False))
def test_all_counts_are_those_of_one_badge_in_whatever_order_entries_arrive(
    new_forum: Callable[[], Any], taken: list[Step], random: Random
) -> None:
    one, several = new_forum(), new_forum()
    walk(one, taken, with_others=False)
    walk(several, taken, with_others=True)
    entries = list(several.entries)
    random.shuffle(entries)
    known = several.build.log_state(entries[: len(entries) // 2])
    headcount, arrivals, conflicts = Headcount(known), Arrivals(known), Conflicts(known)
    told(several, known)
    at_ms = several.at("10:30")
    headcount.areas(at_ms), arrivals.on_day_of(at_ms), conflicts.lines()
    for entry in entries[len(entries) // 2 :]:
        known.add(entry.log, entry.digest, entry.raw)
    expected = told(one, one.known())
    assert told(several, known) == expected
    assert (headcount.areas(at_ms), arrivals.on_day_of(at_ms)) == (expected[0], expected[2])
    assert conflicts.lines() == Conflicts(several.known()).lines()


def test_attendance_begins_with_the_first_badge_and_a_let_in_stays_read_by_its_own(
    forum: Any,
) -> None:
    badge = forum.build.badge
    forum.enters("room-1", "13:50", 1, session="talk")
    forum.registry.revokes(forum.at("14:00"), badge(1))
    forum.registry.gives_another(forum.at("14:10"), badge(1), badge(5))
    forum.leaves("room-1", "14:30", 5)
    known = forum.known()
    now = forum.at("18:00")
    session = forum.programme.sessions["talk"]
    attended = at_session(known.event_state, session, known.history(badge(5)), now)
    assert attended is not None
    assert (attended.first_in_ms, attended.minutes) == (forum.at("13:50"), 40)
    # The first badge was good at that time, and the second is: neither let-in is a conflict.
    assert Conflicts(known).lines() == []
    # At an exit the revoked badge's person is where they went with the other one.
    forum.enters("north-in", "15:00", 5)
    assert forum.known().history(badge(1)).stands(forum.at("15:01")).location == "north"
    assert known.history(badge(5)).good() is not None
    assert known.history(badge(1)).good() is None


def test_only_the_registry_says_who_is_one_person(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.enters("north-in", "09:01", 2)
    pair = forum.registry.gives_another(forum.at("09:02"), b"other", b"badge").entry.body
    body = type(pair)(before=forum.build.badge(1), after=forum.build.badge(2))
    forum.doors["north-in"].writes(forum.at("09:03"), "person", body)
    assert Headcount(forum.known()).areas(forum.at("09:05"))["north"].inside == 2
