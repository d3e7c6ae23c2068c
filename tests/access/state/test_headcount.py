"""How many people are where, and how sure that is."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from access.log.entry import Recount
from access.state.coverage import Quiet, Silence, Silences, band
from access.state.headcount import Count, Headcount


def counts(forum: Any, clock: str) -> dict[str, Count]:
    return Headcount(forum.known()).areas(forum.at(clock))


def recounts(forum: Any, gate: str, clock: str, area: str, inside: int) -> Any:
    body = Recount(area=area, inside=inside, staff=b"STAFF", why="by eye")
    return forum.doors[gate].writes(forum.at(clock), "recount", body)


def test_without_an_event_definition_nothing_is_counted(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    known = forum.build.log_state(forum.doors["north-in"].entries)
    assert Headcount(known).areas(forum.at("09:00")) == {}
    assert Headcount(known).by_gate(forum.at("09:00")) == {}
    assert Headcount(known).attendance(forum.at("12:00")) == {}


def test_an_empty_house_counts_nobody_and_names_every_area(forum: Any) -> None:
    areas = counts(forum, "09:00")
    assert list(areas) == ["north", "south", "hall", "room"]
    assert areas["north"] == Count()
    assert areas["hall"] == Count(capacity=5)


def test_somebody_in_a_room_is_in_all_areas_above_it(forum: Any) -> None:
    forum.enters("room-1", "13:40", 1)
    areas = counts(forum, "13:40")
    assert {area: count.inside for area, count in areas.items()} == {
        "north": 1, "south": 0, "hall": 1, "room": 1,
    }  # fmt: skip
    assert {area: count.people for area, count in areas.items()} == {
        "north": 1, "south": 0, "hall": 1, "room": 1,
    }  # fmt: skip


def test_entries_exits_and_refusals_are_counted_at_an_areas_own_gates(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.enters("hall-1", "09:10", 1)
    forum.enters("hall-2", "09:20", 1, reason="reentry")
    forum.leaves("hall-1", "09:30", 1)
    forum.refuses("hall-1", "09:40", 2, "revoked")
    forum.refuses("hall-1", "09:41", None, "not_a_badge")
    areas = counts(forum, "10:00")
    assert areas["hall"] == Count(0, 1, 2, 1, 2, capacity=5)
    assert areas["north"] == Count(1, 1, 1, 0, 0)


def test_a_person_let_in_twice_is_one_person(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.leaves("north-out", "09:10", 1)
    forum.enters("north-in", "09:20", 1)
    assert counts(forum, "10:00")["north"] == Count(1, 1, 2, 1)


def test_a_question_to_staff_is_no_refusal(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1, verdict="ask_staff", reason="unknown")
    assert counts(forum, "10:00")["north"] == Count()


def test_overrides_are_entries_and_refused_attempts_refusals(forum: Any) -> None:
    forum.refuses("hall-1", "09:00", 1, "full")
    forum.overrides("hall-1", "09:01", 1)
    forum.overrides("hall-1", "09:02", 2, "refuse")
    forum.overrides("hall-1", "09:03", None, "refuse")
    assert counts(forum, "10:00")["hall"] == Count(1, 1, 1, 0, 3, capacity=5)


def test_voided_entries_count_nowhere(forum: Any) -> None:
    forum.voids("hall-1", "09:01", forum.enters("hall-1", "09:00", 1))
    forum.voids("hall-1", "09:03", forum.refuses("hall-1", "09:02", 2, "full"))
    forum.voids("hall-1", "09:05", forum.refuses("hall-1", "09:04", None, "not_a_badge"))
    assert counts(forum, "10:00")["hall"] == Count(capacity=5)


@pytest.mark.parametrize(("reason", "exits"), [("unknown", 1), ("forged", 0), ("not_a_badge", 0)])
def test_an_exit_of_nobody_known_is_no_exit(forum: Any, reason: str, exits: int) -> None:
    forum.leaves("north-out", "09:00", 1, verdict="admit_flagged", reason=reason)
    assert counts(forum, "10:00")["north"] == Count(exits=exits)


def test_the_room_may_be_over_its_capacity_and_that_is_shown(forum: Any) -> None:
    for number in range(1, 6):
        forum.overrides("room-1", "14:00", number)
    assert counts(forum, "14:00")["room"] == Count(5, 5, 5, capacity=3)


def test_a_gate_that_the_definition_has_lost_counts_nowhere(forum: Any) -> None:
    forum.doors["hall-1"].scans(forum.at("09:00"), forum.build.badge(1), gate="attic")
    assert all(count.entries == 0 for count in counts(forum, "10:00").values())


@pytest.mark.parametrize(
    ("clock", "count"), [("18T03:59", Count(1, 1, 1)), ("18T04:00", Count()), ("18T10:00", Count())]
)
def test_a_new_day_counts_from_nothing(forum: Any, clock: str, count: Count) -> None:
    forum.enters("north-in", "22:00", 1)
    assert counts(forum, clock)["north"] == count


def test_yesterday_is_not_in_todays_numbers(forum: Any) -> None:
    forum.enters("north-in", "22:00", 1)
    forum.enters("north-in", "18T09:00", 2)
    forum.refuses("north-in", "18T09:01", 1, "repeat")
    assert counts(forum, "18T10:00")["north"] == Count(1, 1, 1, 0, 1)


def test_time_alone_empties_room_and_house(forum: Any) -> None:
    forum.enters("room-1", "13:40", 1, session="talk")
    forum.enters("room-1", "13:41", 2)
    headcount = Headcount(forum.known())
    inside = [
        headcount.areas(forum.at(clock))["room"].inside for clock in ("16:19", "16:20", "17:00")
    ]
    assert inside == [2, 1, 1]
    assert headcount.areas(forum.at("18T04:00"))["north"].inside == 0


def test_asked_about_an_earlier_time_it_counts_as_of_then(forum: Any) -> None:
    forum.enters("room-1", "13:40", 1, session="talk")
    headcount = Headcount(forum.known())
    assert headcount.areas(forum.at("16:20"))["room"].inside == 0
    assert headcount.areas(forum.at("16:19"))["room"].inside == 1


@pytest.mark.parametrize("area", ["hall", None])
def test_a_gate_moved_to_another_area_leaves_those_who_came_by_it_where_they_are(
    forum: Any, area: str | None
) -> None:
    forum.enters("hall-1", "09:00", 1, area=area)
    known = forum.known()
    headcount = Headcount(known)
    assert headcount.areas(forum.at("10:00"))["hall"].inside == 1
    event = forum.programme.event
    gates = tuple(
        msgspec.structs.replace(g, area="south") if g.id == "hall-1" else g for g in event.gates
    )
    entry = forum.registry.defines(forum.at("10:00"), msgspec.structs.replace(event, gates=gates))
    known.add(entry.log, entry.digest, entry.raw)
    areas = headcount.areas(forum.at("10:00"))
    assert (areas["hall"].inside, areas["south"].inside) == (1, 0)
    moved = forum.enters("hall-1", "10:01", 2, area=area and "south")
    known.add(moved.log, moved.digest, moved.raw)
    areas = headcount.areas(forum.at("10:01"))
    assert (areas["hall"].inside, areas["south"].inside) == (1, 1)
    assert (areas["hall"].entries, areas["south"].entries) == (1, 1)


def test_a_late_trusted_time_moves_the_counts_with_it(forum: Any) -> None:
    """A kiosk's clock was a day ahead; what it counted belongs to the day before."""
    kiosk = forum.build.kiosk("south-in", forum.at("08:00"), epoch=2)
    kiosk.boots(after=forum.doors["south-in"])
    kiosk.trusts(forum.at("08:01"), "kernel", off_ms=forum.build.DAY_MS)
    kiosk.scans(forum.at("09:00"), forum.build.badge(1))
    known = forum.build.log_state([*forum.entries, *kiosk.entries])
    headcount = Headcount(known)
    assert headcount.areas(forum.at("18T10:00"))["south"].people == 1
    assert headcount.areas(forum.at("10:00"))["south"].people == 0
    written = kiosk.trusts(forum.at("10:00"))
    known.add(written.log, written.digest, written.raw)
    assert headcount.areas(forum.at("10:00"))["south"].people == 1
    assert headcount.areas(forum.at("18T10:00"))["south"].people == 0


# Counted by eye.


def test_a_recount_anchors_the_number_and_later_scans_move_it(forum: Any) -> None:
    forum.enters("hall-1", "09:00", 1)
    forum.enters("hall-1", "09:10", 2)
    recounts(forum, "hall-1", "10:00", "hall", 5)
    forum.leaves("hall-1", "10:10", 1)
    assert counts(forum, "10:30")["hall"] == Count(4, 2, 2, 1, capacity=5, by_hand=3)


def test_what_was_scanned_before_a_recount_but_heard_after_it_is_in_it_already(forum: Any) -> None:
    known = forum.known()
    headcount = Headcount(known)
    recount = recounts(forum, "hall-1", "10:00", "hall", 2)
    known.add(recount.log, recount.digest, recount.raw)
    assert headcount.areas(forum.at("10:30"))["hall"].inside == 2
    late = forum.enters("hall-2", "09:59", 1)
    known.add(late.log, late.digest, late.raw)
    assert headcount.areas(forum.at("10:30"))["hall"].inside == 2


def test_the_newest_recount_of_the_day_counts(forum: Any) -> None:
    recounts(forum, "hall-1", "10:00", "hall", 9)
    recounts(forum, "hall-2", "11:00", "hall", 4)
    recounts(forum, "hall-1", "10:30", "hall", 7)
    assert counts(forum, "12:00")["hall"].inside == 4
    assert counts(forum, "18T12:00")["hall"].inside == 0


def test_two_recounts_of_one_instant_give_everybody_the_same_number(forum: Any) -> None:
    recounts(forum, "hall-1", "10:00", "hall", 9)
    recounts(forum, "hall-2", "10:00", "hall", 4)
    entries = forum.entries
    one, two = (forum.build.log_state(order) for order in (entries, entries[::-1]))
    at = forum.at("12:00")
    assert Headcount(one).areas(at) == Headcount(two).areas(at)


def test_a_recount_below_what_left_since_is_not_less_than_nobody(forum: Any) -> None:
    forum.enters("hall-1", "09:00", 1)
    recounts(forum, "hall-1", "10:00", "hall", 0)
    forum.leaves("hall-1", "10:10", 1)
    assert counts(forum, "10:30")["hall"].inside == 0


def test_a_recount_of_an_unknown_area_or_a_cut_off_kiosk_is_ignored(forum: Any) -> None:
    door = forum.doors["hall-1"]
    recounts(forum, "hall-1", "10:00", "attic", 9)
    recounts(forum, "hall-1", "10:01", "hall", 9)
    forum.registry.assigns(forum.at("11:00"), door, "hall-1", cut_off=True, believed={door.log: 3})
    assert counts(forum, "12:00")["hall"] == Count(capacity=5)


# What gates did, and sessions.


def test_each_gate_lists_its_reasons_of_today(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.refuses("north-in", "09:01", 2, "revoked")
    forum.refuses("north-in", "09:02", 3, "revoked")
    forum.overrides("hall-1", "09:03", 3)
    forum.enters("north-in", "18T09:00", 1)
    today = Headcount(forum.known()).by_gate(forum.at("10:00"))
    assert today == {"north-in": {"ok": 1, "revoked": 2}, "hall-1": {"overridden": 1}}


def test_a_gate_whose_presentations_were_all_taken_back_has_none(forum: Any) -> None:
    known = forum.known()
    count = Headcount(known)
    for entry in (entered := forum.enters("hall-1", "09:00", 1), None):
        written = entry or forum.voids("hall-1", "09:01", entered)
        known.add(written.log, written.digest, written.raw)
        today = count.by_gate(forum.at("10:00"))
        assert today == ({"hall-1": {"ok": 1}} if entry else {})


def test_attendance_counts_distinct_people_let_in_for_a_session(forum: Any) -> None:
    forum.enters("room-1", "13:40", 1, session="talk")
    forum.enters("room-1", "14:40", 1, session="talk", reason="reentry")
    forum.enters("room-2", "13:50", 2, session="talk")
    forum.enters("hall-1", "13:50", 3)
    forum.refuses("room-1", "13:55", 4, "full")
    forum.leaves("room-1", "14:50", 2, session="talk")
    forum.refuses("room-1", "13:55", None, "not_a_badge")
    assert Headcount(forum.known()).attendance(forum.at("18T12:00")) == {"talk": 2}


# Who has not reported.


def test_a_kiosk_never_heard_may_have_done_anything(forum: Any) -> None:
    device = forum.doors["hall-1"].device
    quiet = Quiet(device, "hall-1", None, None)
    assert Silences().of(forum.known(), [quiet], forum.at("10:00")) == [Silence(*quiet)]


def test_a_silent_kiosk_is_taken_to_go_on_as_in_its_last_ten_minutes(forum: Any) -> None:
    device = forum.doors["hall-1"].device
    forum.enters("hall-1", "09:50", 8)  # ten minutes and more before
    for number in (1, 2, 3):
        forum.enters("hall-1", "09:55", number)
    forum.leaves("hall-1", "09:58", 1)
    forum.enters("hall-2", "09:59", 4)  # at another kiosk
    since, at = forum.at("10:00"), forum.at("10:20")
    quiet = Quiet(device, "hall-1", since, 7)
    (silent,) = Silences().of(forum.known(), [quiet], at)
    assert silent == Silence(device, "hall-1", since, 7, may_enter=6, may_leave=2)
    assert Silences().of(forum.known(), [quiet], since - 1)[0].may_enter == 0


def test_a_kiosk_that_has_worked_for_two_minutes_has_its_rate_from_these(forum: Any) -> None:
    device = forum.doors["hall-1"].device
    forum.enters("hall-1", "09:58", 1)
    forum.enters("hall-1", "09:59", 2)
    quiet = Quiet(device, "hall-1", forum.at("10:00"), 7)
    (silent,) = Silences().of(forum.known(), [quiet], forum.at("10:10"))
    assert (silent.may_enter, silent.may_leave) == (10, 0)


def test_the_band_reaches_from_all_that_may_have_left_to_all_that_may_have_come(forum: Any) -> None:
    forum.enters("room-1", "13:40", 1)
    known = forum.known()
    areas = Headcount(known).areas(forum.at("14:00"))
    silences = [
        Silence("a", "hall-1", 0, None, may_enter=6, may_leave=2),
        Silence("b", "room-1", 0, None, may_enter=1, may_leave=0),
        Silence("c", None, None, None, may_enter=99),
    ]
    assert band(areas, silences, forum.programme) == {
        "north": (0, 8), "south": (0, 0), "hall": (0, 8), "room": (1, 2),
    }  # fmt: skip
    assert areas["hall"].inside == 1


def test_the_next_day_begins_without_those_who_left_the_day_before(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.leaves("north-out", "10:00", 1)
    headcount = Headcount(forum.known())
    first = headcount.areas(forum.at("11:00"))["north"]
    assert (first.people, first.entries, first.exits) == (1, 1, 1)
    second = headcount.areas(forum.at("18T09:00"))["north"]
    assert (second.people, second.entries, second.exits) == (0, 0, 0)


@pytest.mark.parametrize(("asked", "entries"), [("18T03:59", 0), ("18T04:00", 1)])
def test_an_entry_at_the_very_beginning_of_a_day_is_that_days(
    forum: Any, asked: str, entries: int
) -> None:
    forum.enters("north-in", "18T04:00", 1)
    assert counts(forum, asked)["north"].entries == entries


def test_whoever_is_only_seen_leaving_a_session_did_not_attend_it(forum: Any) -> None:
    forum.enters("room-1", "13:40", 1, session="talk")
    forum.leaves("room-1", "14:50", 2, session="talk", reason="not_inside")
    assert Headcount(forum.known()).attendance(forum.at("18T12:00")) == {"talk": 1}


@pytest.mark.parametrize(("clock", "people"), [("09:59", 1), ("10:00", 1), ("10:01", 0)])
def test_the_rate_is_drawn_from_what_was_done_before_the_kiosk_fell_silent(
    forum: Any, clock: str, people: int
) -> None:
    device = forum.doors["hall-1"].device
    forum.enters("hall-1", "09:40", 2)  # long enough before to know ten minutes
    forum.enters("hall-1", clock, 1)
    quiet = Quiet(device, "hall-1", forum.at("10:00"), None)
    (found,) = Silences().of(forum.known(), [quiet], forum.at("10:10"))
    assert (found.may_enter, found.may_leave) == (people, 0)


def test_a_gate_that_the_definition_has_lost_takes_nobody_out_of_the_count(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.doors["hall-1"].scans(forum.at("10:00"), forum.build.badge(1), gate="attic")
    assert counts(forum, "10:00")["north"].inside == 1


def test_whoever_enters_in_the_very_instant_of_a_recount_is_in_it(forum: Any) -> None:
    forum.enters("hall-1", "10:00", 1)
    recounts(forum, "hall-2", "10:00", "hall", 4)
    assert counts(forum, "10:30")["hall"].inside == 4


def test_of_a_kiosk_last_heard_at_no_known_time_no_rate_is_drawn(forum: Any) -> None:
    device = forum.doors["hall-1"].device
    forum.enters("hall-1", "09:40", 1)
    quiet = [Quiet(device, "hall-1", None, 3), Quiet("f" * 16, None, forum.at("10:00"), None)]
    found = Silences().of(forum.known(), quiet, forum.at("10:10"))
    assert [(one.may_enter, one.missing) for one in found] == [(0, 3), (0, None)]
