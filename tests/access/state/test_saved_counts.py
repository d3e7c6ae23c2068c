"""Counts that were saved are gone on from, if they are those of these entries."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from access.state.coverage import Quiet, Silences
from access.state.headcount import Headcount
from access.state.kept.shares import SavedCounts
from access.state.log_state import LogState


def saved(log_state: LogState, at_ms: int) -> SavedCounts:
    """What a headcount saves that was asked then, as it is read from a file."""
    headcount = Headcount(log_state)
    headcount.areas(at_ms)
    found = headcount.saved()
    assert found is not None
    return msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=SavedCounts)


@pytest.fixture
def morning(forum: Any) -> Any:
    """People in, one out again, one refused, one back in another hall."""
    forum.enters("north-in", "09:00", 1)
    forum.enters("north-in", "09:01", 2)
    forum.enters("hall-1", "09:05", 1)
    forum.leaves("north-out", "09:10", 2)
    forum.refuses("north-in", "09:11", 3, "wrong_day")
    forum.refuses("north-in", "09:12", None, "not_a_badge")
    return forum


def test_restored_counts_are_those_that_were_saved(morning: Any) -> None:
    at_ms = morning.at("09:30")
    kept = saved(morning.known(), at_ms)
    headcount = Headcount(morning.known())
    assert headcount.restore(kept)
    assert headcount.areas(at_ms) == Headcount(morning.known()).areas(at_ms)


@pytest.mark.parametrize("clock", ["09:00", "09:45", "23:59"])
def test_they_count_on_with_what_comes_later(morning: Any, clock: str) -> None:
    known = morning.known()
    headcount = Headcount(known)
    assert headcount.restore(saved(morning.known(), morning.at("09:30")))
    for entry in (morning.enters("north-in", "09:40", 4), morning.leaves("hall-1", "09:41", 1)):
        known.add(entry.log, entry.digest, entry.raw)
    at_ms = morning.at(clock)
    assert headcount.areas(at_ms) == Headcount(morning.known()).areas(at_ms)


def test_counts_of_others_are_not_taken(morning: Any, new_forum: Any) -> None:
    kept = saved(morning.known(), morning.at("09:30"))
    badges, shares = zip(*kept.shares, strict=True)
    turned = list(zip(badges, [*shares[1:], shares[0]], strict=True))
    others = SavedCounts(kept.day, kept.asked_ms, kept.names, turned)
    headcount = Headcount(morning.known())
    assert not headcount.restore(others)
    assert headcount.areas(kept.asked_ms) == Headcount(morning.known()).areas(kept.asked_ms)


def test_counts_that_lack_somebody_are_not_taken(morning: Any) -> None:
    kept = saved(morning.known(), morning.at("09:30"))
    fewer = SavedCounts(kept.day, kept.asked_ms, kept.names, kept.shares[1:])
    assert not Headcount(morning.known()).restore(fewer)


@pytest.mark.parametrize(
    "share",
    [
        b"\xc0",
        msgspec.msgpack.encode([0, 0, [99], [], [], [], [], [], []]),
        msgspec.msgpack.encode([0, 0, [], [], [], [], [], [0], []]),
    ],
)
def test_shares_of_another_shape_are_not_taken(morning: Any, share: bytes) -> None:
    kept = saved(morning.known(), morning.at("09:30"))
    damaged = [(badge, msgspec.Raw(share)) for badge, _ in kept.shares]
    headcount = Headcount(morning.known())
    assert not headcount.restore(SavedCounts(kept.day, kept.asked_ms, kept.names, damaged))
    assert headcount.areas(kept.asked_ms) == Headcount(morning.known()).areas(kept.asked_ms)


def test_without_a_definition_there_is_nothing_to_save_or_restore(morning: Any) -> None:
    nothing = Headcount(morning.build.log_state())
    assert nothing.areas(morning.at("09:30")) == {}
    assert nothing.saved() is None
    assert list(nothing.log_state.badges) == []
    assert not nothing.restore(saved(morning.known(), morning.at("09:30")))


def test_the_pace_of_a_silent_kiosk_is_looked_up_again_only_when_it_may_be_another(
    morning: Any,
) -> None:
    known, estimates = morning.known(), Silences()
    door = morning.doors["north-in"]
    quiet = [Quiet(door.device, "north-in", morning.at("09:05"), None)]
    (before,) = estimates.of(known, quiet, morning.at("09:15"))
    assert estimates.of(known, quiet, morning.at("09:15")) == [before]
    void = morning.voids("hall-1", "09:29", door.entries[2])
    known.add(void.log, void.digest, void.raw)
    (after,) = estimates.of(known, quiet, morning.at("09:15"))
    assert after.may_enter < before.may_enter


def test_the_rate_of_a_kiosk_whose_log_forks_is_drawn_from_all_branches(forum: Any) -> None:
    door = forum.doors["hall-1"]
    clone = forum.build.kiosk("hall-1", forum.at("08:00"))
    clone.entries = door.entries[:2]
    forum.enters("hall-1", "09:30", 1)
    forum.leaves("hall-1", "09:59", 1)
    badge = forum.build.badge
    branches = [
        clone.scans(forum.at("09:20"), badge(3)),
        clone.scans(forum.at("09:40"), badge(2)),
        clone.scans(forum.at("09:58"), badge(4)),
    ]
    known = forum.build.log_state([*forum.entries, *branches])
    quiet = Quiet(door.device, "hall-1", forum.at("10:00"), None)
    (found,) = Silences().of(known, [quiet], forum.at("10:10"))
    assert (found.may_enter, found.may_leave) == (1, 1)


def forks(forum: Any) -> list[Any]:
    """What a clone of the kiosk at north-in writes after the second entry of its log."""
    clone = forum.build.kiosk("north-in", forum.at("08:00"))
    clone.entries = forum.doors["north-in"].entries[:2]
    return [clone.scans(forum.at(clock), forum.build.badge(5)) for clock in ("09:20", "09:21")]


def test_entries_of_a_log_come_by_number(morning: Any) -> None:
    known = morning.known()
    (log,) = {entry.log for entry in morning.doors["north-in"].entries}
    numbers = [entry.seq for entry in known.oldest_first(log)]
    assert numbers == sorted(numbers)
    assert [entry.seq for entry in known.newest_first(log)] == numbers[::-1]
    assert list(known.oldest_first("0" * 24)) == []
    branch = forks(morning)
    both = morning.build.log_state([*morning.entries, *branch])
    assert {one.digest for one in branch} <= {one.digest for one in both.oldest_first(log)}
    moves = [known.move(entry) is not None for entry in known.oldest_first(log)]
    assert moves.count(True) == 2
