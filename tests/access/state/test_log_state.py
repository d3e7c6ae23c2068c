"""A grow-only set of entries, and what is asked of it."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from access.log.entry import EntryError
from access.log.log_entry import read_entry


def test_an_entry_stored_already_is_skipped(forum: Any) -> None:
    entry = forum.enters("north-in", "09:00", 1)
    known = forum.known()
    count = len(known)
    known.add(entry.log, entry.digest, entry.raw)
    known.file(entry.entry)
    assert len(known) == count == len(forum.entries)


def test_bytes_that_are_no_entry_are_refused(forum: Any) -> None:
    with pytest.raises(EntryError):
        forum.known().add("f" * 24, bytes(32), b"nonsense")


def test_an_entry_whose_body_cannot_be_read_is_kept(forum: Any) -> None:
    entry = forum.doors["hall-1"].writes(
        forum.at("09:00"), "scan", forum.registry.entries[0].entry.body
    )
    assert entry.entry.body is None
    known = forum.known()
    assert len(known) == len(forum.entries)
    assert known.history(None).presentations == []


def test_a_number_far_ahead_of_its_log_costs_nothing(forum: Any) -> None:
    entry = forum.enters("north-in", "09:00", 1).entry
    far = type(entry)(entry.log, 2**40, bytes(32), entry.mono_ms, entry.wall_ms, "scan", entry.body)
    known = forum.known()
    known.file(far)
    assert known.event_state.last_seq[entry.log] == 2**40


def test_what_the_registry_wrote_of_a_badge_has_nothing_from_the_doors(forum: Any) -> None:
    badge = forum.build.badge(1)
    forum.enters("north-in", "09:00", 1)
    forum.registry.revokes(forum.at("09:10"), badge)
    [(named, roster)] = forum.known().roster_histories([badge])
    whole = forum.known().history(badge)
    assert named == badge
    assert roster.issued == whole.issued
    assert roster.revocations == whole.revocations
    assert (len(roster.presentations), len(whole.presentations)) == (0, 1)


def test_badges_are_those_that_any_entry_names(forum: Any) -> None:
    forum.refuses("north-in", "09:00", None, "not_a_badge")
    named = set(forum.known().badges)
    assert named == {None, *(forum.build.badge(number) for number in range(1, 10))}


def test_a_history_is_kept_until_something_changes_it(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    known = forum.known()
    one, two = (known.history(forum.build.badge(n)) for n in (1, 2))
    entry = forum.leaves("north-out", "10:00", 1)
    known.add(entry.log, entry.digest, entry.raw)
    assert known.history(forum.build.badge(1)) is not one
    assert known.history(forum.build.badge(2)) is two


def test_a_repaired_clock_changes_the_histories_of_its_log(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    known = forum.known()
    before = known.history(forum.build.badge(1))
    better = forum.doors["north-in"].trusts(forum.at("09:30"), off_ms=60_000)
    known.add(better.log, better.digest, better.raw)
    after = known.history(forum.build.badge(1))
    assert after.presentations[0].order.at_ms != before.presentations[0].order.at_ms


def test_a_watch_names_everybody_whose_history_may_have_changed(forum: Any) -> None:
    badge = forum.build.badge
    forum.enters("hall-1", "08:50", 2)
    forum.enters("hall-1", "08:55", 3)
    known = forum.known()
    watch = known.watch()
    known.settle()
    assert watch == {badge(2), badge(3)}

    def changed(entry: Any) -> set[bytes]:
        watch.clear()
        known.add(entry.log, entry.digest, entry.raw)
        known.settle()
        return set(watch)

    assert changed(forum.enters("north-in", "09:00", 1)) == {badge(1)}
    assert changed(forum.doors["hall-1"].trusts(forum.at("09:05"), off_ms=60_000)) == {
        badge(2),
        badge(3),
    }
    hall = forum.doors["hall-1"]
    assert changed(forum.registry.assigns(forum.at("10:00"), hall, "hall-1")) == set()
    cut = forum.registry.assigns(forum.at("10:01"), hall, "hall-1", cut_off=True)
    assert changed(cut) == {badge(2), badge(3)}
    again = forum.registry.assigns(forum.at("10:02"), hall, "hall-1", cut_off=True)
    assert changed(again) == set()
    event = msgspec.structs.replace(forum.programme.event, day_ends_min=0)
    assert changed(forum.registry.defines(forum.at("10:03"), event)) == {
        badge(1),
        badge(2),
        badge(3),
    }
    known.unwatch(watch)
    assert changed(forum.enters("north-in", "11:00", 4)) == set()


def test_the_seats_of_an_area_are_one_book(forum: Any) -> None:
    known = forum.known()
    assert known.seat_book("hall") is known.seat_book("hall")
    assert known.seat_book("hall") is not known.seat_book("room")


# Forks.


def fork(forum: Any, *clocks: str) -> list[Any]:
    """Two kiosks with one card: both went on after the second entry of the log."""
    original = forum.doors["north-in"]
    clone = forum.build.kiosk("north-in", forum.at("08:00"))
    clone.entries = original.entries[:2]
    badge = forum.build.badge
    written = [
        original.scans(forum.at("09:00"), badge(1)),
        original.scans(forum.at("09:05"), badge(2)),
    ]
    return [*written, *(clone.scans(forum.at(clock), badge(3)) for clock in clocks)]


def test_a_fork_is_named_once_at_the_first_entry_of_the_branch_written_later(forum: Any) -> None:
    written = fork(forum, "09:10", "09:20")
    base = forum.entries
    for order in (written, written[::-1]):
        known = forum.build.log_state([*base[:20], *order, *base])
        assert [entry.digest for entry in known.forks()] == [written[2].digest]


def test_both_branches_of_a_fork_count(forum: Any) -> None:
    written = fork(forum, "09:10", "09:20")
    known = forum.build.log_state([*forum.entries, *written, *written])
    for number, times in ((1, 1), (2, 1), (3, 2)):
        assert len(known.history(forum.build.badge(number)).presentations) == times


def test_each_further_branch_is_a_fork_of_its_own(forum: Any) -> None:
    written = fork(forum, "09:10")
    third = fork(forum, "09:20")[2]
    known = forum.build.log_state([*forum.entries[:20], written[0], third, written[2], third])
    assert [entry.digest for entry in known.forks()] == [written[2].digest, third.digest]


def test_a_log_without_a_fork_has_none(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    assert forum.known().forks() == []


def test_what_a_cut_off_kiosk_forked_later_is_not_news(forum: Any) -> None:
    written = fork(forum, "09:10")
    door = forum.doors["north-in"]
    forum.registry.assigns(forum.at("10:00"), door, None, cut_off=True, believed={door.log: 2})
    assert forum.build.log_state([*forum.entries, *written]).forks() == []


def test_reading_an_entry_gives_its_position_and_its_content(forum: Any) -> None:
    entry = forum.enters("north-in", "09:00", 1)
    read = read_entry(entry.log, entry.digest, entry.raw)
    assert (read.log, read.seq, read.device) == (entry.log, 3, forum.doors["north-in"].device)
    assert read.kind == "scan"


def test_presented_are_badges_that_were_held_up(forum: Any) -> None:
    known = forum.known()
    assert known.presented == set()
    for entry in (
        forum.enters("north-in", "09:00", 1),
        forum.refuses("north-in", "09:00", None, "not_a_badge"),
    ):
        known.add(entry.log, entry.digest, entry.raw)
    assert known.presented == {forum.build.badge(1), None}


@pytest.mark.parametrize("seed", range(8))
def test_a_move_is_what_the_history_of_its_badge_has_for_one(forum: Any, seed: int) -> None:
    drawn = random.Random(seed)
    door, staff = forum.doors["north-in"], forum.doors["hall-1"]
    written = []
    for minute in range(30):
        at_ms, badge = (
            forum.at(f"09:{minute:02}"),
            drawn.choice([None, *map(forum.build.badge, (1, 2))]),
        )
        if written and drawn.random() < 0.3:
            staff.voids(at_ms, drawn.choice(written), badge)
            continue
        direction = drawn.choice(["in", "out"])
        verdict, reason = drawn.choice([("admit", "ok"), ("refuse", "full"), ("admit", "forged")])
        written.append(door.scans(at_ms, badge, direction, verdict, reason))
    known = forum.known()
    histories = [known.history(badge) for badge in known.badges]
    moves = {one.entry.digest: one.direction for history in histories for one in history.moves}
    for one in forum.entries:
        assert known.move(one.entry) == moves.get(one.digest)


def test_what_staff_have_taken_back_is_named_entry_by_entry(forum: Any) -> None:
    first = forum.enters("north-in", "09:00", 1)
    forum.enters("north-in", "09:01", 2)
    stranger = forum.refuses("north-in", "09:02", None, "unknown")
    assert forum.known().with_taken_back() == []
    for entry in (first, stranger):
        forum.voids("north-in", "09:03", entry)
    known = forum.known()
    assert known.taken_back(known.with_taken_back()) == {first.ref, stranger.ref}
    assert known.taken_back([None]) == {stranger.ref}
