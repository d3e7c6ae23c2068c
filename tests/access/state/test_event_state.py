"""What every fold needs beside the badges: definitions, keys, kiosks, gates, cut-offs, the registry's own entries."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import msgspec
import pytest

from access.event.programme import Programme
from access.log.entry import (
    Alarm,
    EventDefined,
    GateGiven,
    Health,
    Key,
    Kiosk,
    Recount,
    Ruling,
    Scan,
    Seats,
    Span,
    Void,
    pack,
)
from access.log.sign_offs import Close
from access.state.event_state import EventState

MINUTE = 60_000


def folded(forum: Any, *entries: Any) -> EventState:
    event_state = EventState(forum.registry.device, 0)
    for entry in entries or forum.entries:
        event_state.add(entry.entry)
    return event_state


def in_every_order(forum: Any, *entries: Any) -> list[EventState]:
    return [folded(forum, *order) for order in permutations(entries)]


def test_the_event_definition_of_the_registrys_log_is_in_force(forum: Any) -> None:
    programme = folded(forum).programme
    assert programme is not None
    assert programme.event == forum.programme.event


def test_before_the_first_definition_there_is_none(forum: Any) -> None:
    event_state = folded(forum, *forum.doors["hall-1"].entries)
    assert event_state.programme is None
    assert (
        event_state.programme_at(event_state.order(forum.doors["hall-1"].entries[0].entry)) is None
    )


def test_what_a_kiosk_was_enrolled_with_serves_until_the_log_has_more(forum: Any) -> None:
    door = forum.doors["hall-1"]
    event_state = folded(forum, *door.entries)
    event_state.enrolled_with(forum.programme.event, {1: b"k" * 32}, door.device, "hall-1")
    order = event_state.order(door.entries[0].entry)
    assert event_state.programme is event_state.programme_at(order)
    assert event_state.gate_of(door.device) == "hall-1"
    assert event_state.keys == {1: b"k" * 32}
    renamed = msgspec.structs.replace(forum.programme.event, id="renamed")
    event_state.add(forum.registry.defines(forum.at("09:00"), renamed).entry)
    assert event_state.programme is not None
    assert event_state.programme.event.id == "renamed"


def test_the_log_outweighs_the_enrolment_in_whatever_order_they_come(forum: Any) -> None:
    door, event = forum.doors["hall-1"], forum.programme.event
    longer = msgspec.structs.replace(
        event, policy=msgspec.structs.replace(event.policy, retention_days=99)
    )
    withdrawn = forum.registry.writes(
        forum.at("09:00"), "key", Key(number=1, public=b"k" * 32, withdrawn=True)
    )
    entries = [forum.registry.defines(forum.at("09:01"), longer), withdrawn]
    after, before = folded(forum, *entries), EventState(forum.registry.device, 0)
    after.enrolled_with(event, {1: b"k" * 32}, door.device, "hall-1")
    before.enrolled_with(event, {1: b"k" * 32}, door.device, "hall-1")
    for entry in entries:
        before.add(entry.entry)
    for event_state in (before, after):
        assert event_state.keys == {}
        assert event_state.key_history == {1: b"k" * 32}, (
            "a badge of it is one of ours, though withdrawn"
        )
        end_ms = Programme(longer).end_ms
        assert event_state.clocks.latest_ms == end_ms + 99 * 86_400_000


def test_an_area_lies_where_the_nearest_definition_that_has_it_puts_it(forum: Any) -> None:
    event = forum.programme.event
    attic = msgspec.structs.replace(event.areas[0], id="attic")
    larger = msgspec.structs.replace(event, areas=(*event.areas, attic))
    now = forum.registry.defines(forum.at("09:00"), larger)
    event_state = folded(forum, forum.registry.defines(forum.at("08:00"), event), now)
    before = event_state.order(forum.registry.defines(forum.at("08:30"), event).entry)
    assert event_state.above(before, "attic") == Programme(larger).above["attic"]
    assert event_state.above(before, "cellar that never was") == ()
    assert event_state.above(before, None) == ()


def test_the_area_that_an_entry_names_counts_before_any_definitions(forum: Any) -> None:
    entry = forum.enters("hall-1", "09:00", 1).entry
    event_state = folded(forum)
    order = event_state.order(entry)
    named = msgspec.structs.replace(entry.body, area="south")
    unnamed = msgspec.structs.replace(entry.body, area=None)
    assert event_state.area_of(order, named) == "south"
    assert event_state.area_of(order, unnamed) == "hall"


def test_an_entry_is_judged_by_the_definition_that_was_in_force(forum: Any) -> None:
    event = forum.programme.event
    second = forum.registry.defines(forum.at("12:00"), msgspec.structs.replace(event, id="second"))
    event_state = folded(forum)
    at = event_state.order(second.entry)
    assert event_state.programme_at(at).event.id == "second"  # type: ignore[union-attr]
    just_before = msgspec.structs.replace(at, at_ms=at.at_ms - 1)
    assert event_state.programme_at(just_before).event.id == "small"  # type: ignore[union-attr]
    long_before = msgspec.structs.replace(at, at_ms=0)
    assert event_state.programme_at(long_before).event.id == "small"  # type: ignore[union-attr]


@pytest.mark.parametrize("what", ["nonsense", "dangling"])
def test_a_definition_that_cannot_be_used_is_not_in_force(forum: Any, what: str) -> None:
    event = forum.programme.event
    broken: object = {"no": "event"}
    if what == "dangling":
        broken = msgspec.structs.replace(event, venues=event.venues[:1])
    entry = forum.registry.writes(
        forum.at("09:00"), "event", EventDefined(event=msgspec.Raw(pack(broken)))
    )
    assert folded(forum).programme.event == event  # type: ignore[union-attr]
    assert folded(forum, entry).programme is None


def test_only_the_registry_speaks_of_events_keys_and_kiosks(forum: Any) -> None:
    thief = forum.doors["hall-1"]
    other = forum.doors["hall-2"]
    entries = [
        thief.writes(forum.at("09:00"), "key", Key(number=7, public=b"k" * 32)),
        thief.writes(
            forum.at("09:01"),
            "kiosk",
            Kiosk(
                device=other.device,
                public=other.public,
                gate=None,
                address="",
                certificate="",
                cut_off=True,
            ),
        ),
        thief.writes(
            forum.at("09:02"), "event", EventDefined(event=msgspec.Raw(pack(forum.programme.event)))
        ),
    ]
    event_state = folded(forum, *entries)
    assert (event_state.keys, event_state.kiosks, event_state.programme) == ({}, {}, None)


def test_a_body_that_cannot_be_read_still_shows_that_its_log_got_so_far(forum: Any) -> None:
    door = forum.doors["hall-1"]
    entry = door.writes(forum.at("09:00"), "hologram", Alarm(what="?", detail="?"))
    assert entry.entry.body is None
    assert folded(forum, entry).last_seq == {door.log: 3}


def test_the_newest_entry_on_a_signing_key_counts(forum: Any) -> None:
    first = forum.registry.writes(forum.at("09:00"), "key", Key(number=1, public=b"a" * 32))
    second = forum.registry.writes(forum.at("09:01"), "key", Key(number=1, public=b"b" * 32))
    third = forum.registry.writes(
        forum.at("09:02"), "key", Key(number=2, public=b"c" * 32, withdrawn=True)
    )
    for event_state in in_every_order(forum, first, second, third):
        assert event_state.keys == {1: b"b" * 32}


def test_a_withdrawn_key_signs_nothing_any_more(forum: Any) -> None:
    first = forum.registry.writes(forum.at("09:00"), "key", Key(number=1, public=b"a" * 32))
    gone = forum.registry.writes(
        forum.at("09:01"), "key", Key(number=1, public=b"a" * 32, withdrawn=True)
    )
    for event_state in in_every_order(forum, first, gone):
        assert event_state.keys == {}


def test_a_kiosk_stands_where_it_was_assigned_last(forum: Any) -> None:
    door = forum.doors["hall-1"]
    first = forum.registry.assigns(forum.at("09:00"), door, "room-1")
    second = forum.registry.assigns(forum.at("09:01"), door, "room-2")
    for event_state in in_every_order(forum, first, second):
        assert event_state.gate_of(door.device) == "room-2"
        assert event_state.kiosk_at("room-2") == door.device
        assert event_state.kiosk_at("room-1") is None


def test_of_two_kiosks_at_a_gate_the_one_assigned_last_stands_there(forum: Any) -> None:
    old, new = forum.doors["hall-1"], forum.build.kiosk("spare", forum.at("08:00"))
    forum.registry.assigns(forum.at("09:00"), new, "hall-1")
    assert folded(forum).kiosk_at("hall-1") == new.device
    forum.registry.assigns(forum.at("09:01"), new, "hall-1", cut_off=True)
    assert folded(forum).kiosk_at("hall-1") == old.device


def test_a_spare_kiosk_stands_where_a_supervisor_put_it_last(forum: Any) -> None:
    spare = forum.build.kiosk("spare", forum.at("08:00"), gate="")
    later = forum.build.kiosk("spare", forum.at("10:00"), epoch=2, gate="")
    enrolled = forum.registry.assigns(forum.at("08:00"), spare, None)
    entries = [
        enrolled,
        forum.registry.entries[0],
        spare.boots(),
        spare.trusts(forum.at("08:01")),
        spare.writes(forum.at("08:02"), "gate", GateGiven(gate="hall-1", staff=b"STAFF")),
        spare.writes(forum.at("08:03"), "gate", GateGiven(gate="hall-2", staff=b"STAFF")),
    ]
    event_state = folded(forum, *entries)
    assert event_state.gate_of(spare.device) == "hall-2"
    assert event_state.kiosk_at("hall-2") == spare.device
    # Its machine's clock is a year behind after a restart: what counts is the repaired time.
    later.wall_off_ms = -365 * 86_400_000
    more = [
        later.boots(after=spare),
        later.trusts(forum.at("10:01")),
        later.writes(forum.at("10:02"), "gate", GateGiven(gate="room-1", staff=b"STAFF")),
    ]
    for order in (entries + more, more[::-1] + entries[::-1]):
        assert folded(forum, *order).gate_of(spare.device) == "room-1"
    forum.registry.assigns(forum.at("11:00"), spare, "south-in")
    assert folded(forum, *forum.entries, *entries).gate_of(spare.device) == "south-in"


def spare_sent_to(forum: Any, gate: str, at: str) -> Any:
    """A spare kiosk, enrolled early and without a gate, to which a supervisor gives one."""
    spare = forum.build.kiosk("spare", forum.at("08:00"), gate="")
    forum.registry.assigns(forum.at("08:00"), spare, None)
    spare.boots()
    spare.trusts(forum.at("08:01"))
    spare.writes(forum.at(at), "gate", GateGiven(gate=gate, staff=b"STAFF"))
    return spare


def in_both_orders(forum: Any, *writers: Any) -> list[EventState]:
    entries = [*forum.entries, *(entry for writer in writers for entry in writer.entries)]
    return [folded(forum, *entries), folded(forum, *reversed(entries))]


def test_a_spare_kiosk_replaces_the_one_assigned_before(forum: Any) -> None:
    dead = forum.doors["hall-1"]
    forum.registry.assigns(forum.at("08:00"), dead, "hall-1")
    spare = spare_sent_to(forum, "hall-1", "09:00")
    forum.registry.assigns(forum.at("09:01"), dead, "hall-1")  # only its address is repeated
    for event_state in in_both_orders(forum, spare):
        assert event_state.kiosk_at("hall-1") == spare.device
        assert event_state.gate_of(dead.device) == "hall-1"
        assert event_state.assigned(spare.device) is None
        assert {spare.device, dead.device} <= event_state.devices


def test_whom_the_registry_puts_at_a_gate_after_a_supervisor_did_stands_there(forum: Any) -> None:
    spare = spare_sent_to(forum, "hall-1", "09:00")
    new = forum.build.kiosk("new", forum.at("08:00"))
    forum.registry.assigns(forum.at("10:00"), new, "hall-1")
    for event_state in in_both_orders(forum, spare):
        assert event_state.kiosk_at("hall-1") == new.device
        assert event_state.gate_of(spare.device) == "hall-1"


def test_of_a_kiosk_that_does_not_know_the_time_the_supervisors_grant_is_taken_for_the_last(
    forum: Any,
) -> None:
    spare = forum.build.kiosk("spare", forum.at("08:00"), gate="")
    forum.registry.assigns(forum.at("08:00"), spare, None)
    dead = forum.build.kiosk("dead", forum.at("08:00"))
    forum.registry.assigns(forum.at("08:30"), dead, "hall-1")
    spare.boots()
    given = spare.writes(forum.at("09:00"), "gate", GateGiven(gate="hall-1", staff=b"STAFF"))
    for event_state in in_both_orders(forum, spare):
        assert event_state.at_ms(given.entry) < forum.at("08:30")
        assert event_state.kiosk_at("hall-1") == spare.device


def test_a_kiosk_from_which_the_registry_takes_its_gate_has_none(forum: Any) -> None:
    spare = spare_sent_to(forum, "hall-1", "09:00")
    forum.registry.assigns(forum.at("10:00"), spare, "hall-2")
    for event_state in in_both_orders(forum, spare):
        assert event_state.gate_of(spare.device) == "hall-2"
        assert event_state.kiosk_at("hall-1") == forum.doors["hall-1"].device
    forum.registry.assigns(forum.at("11:00"), spare, None)
    for event_state in in_both_orders(forum, spare):
        assert event_state.gate_of(spare.device) is None
    spare.writes(forum.at("12:00"), "gate", GateGiven(gate="room-1", staff=b"STAFF"))
    for event_state in in_both_orders(forum, spare):
        assert event_state.gate_of(spare.device) == "room-1"


def test_a_gate_that_a_supervisor_has_taken_back_is_the_kiosks_no_more(forum: Any) -> None:
    spare = spare_sent_to(forum, "hall-1", "09:00")
    first = spare.entries[-1].ref
    second = spare.writes(forum.at("09:10"), "gate", GateGiven(gate="hall-2", staff=b"STAFF")).ref
    thief = forum.doors["room-1"]
    thief.writes(
        forum.at("09:20"),
        "void",
        Void(entry=second, badge=None, staff=b"STAFF", staff_issue=1, why="mine"),
    )
    for event_state in in_both_orders(forum, spare):
        assert event_state.gate_of(spare.device) == "hall-2"
    spare.writes(
        forum.at("10:00"),
        "void",
        Void(entry=second, badge=None, staff=b"STAFF", staff_issue=1, why="back"),
    )
    for event_state in in_both_orders(forum, spare):
        assert event_state.gate_of(spare.device) == "hall-1"
        assert event_state.kiosk_at("hall-2") == forum.doors["hall-2"].device
    spare.writes(
        forum.at("10:00"),
        "void",
        Void(entry=first, badge=None, staff=b"STAFF", staff_issue=1, why="back"),
    )
    for event_state in in_both_orders(forum, spare):
        assert event_state.gate_of(spare.device) is None
        assert event_state.kiosk_at("hall-1") == forum.doors["hall-1"].device
    seq = spare.entries[2].seq
    forum.registry.assigns(forum.at("11:00"), spare, None, cut_off=True, believed={spare.log: seq})
    for event_state in in_both_orders(forum, spare):
        assert event_state.gate_of(spare.device) == "hall-1"  # what followed is not believed
        assert event_state.kiosk_at("hall-1") == forum.doors["hall-1"].device


def test_a_spare_kiosk_that_the_registrys_log_does_not_name_yet_is_seen_at_its_gate(
    forum: Any,
) -> None:
    spare = forum.build.kiosk("spare", forum.at("08:00"), gate="")
    spare.boots()
    spare.trusts(forum.at("08:01"))
    spare.writes(forum.at("09:00"), "gate", GateGiven(gate="hall-1", staff=b"STAFF"))
    for event_state in in_both_orders(forum, spare):
        event_state.introduced("f" * 16, "hall-1")
        assert event_state.kiosk_at("hall-1") == spare.device
        assert event_state.devices >= {spare.device, "f" * 16}


def test_what_a_kiosk_was_enrolled_with_outweighs_a_supervisors_word(forum: Any) -> None:
    spare = spare_sent_to(forum, "hall-1", "09:00")
    event_state = folded(forum, *spare.entries)
    event_state.enrolled_with(forum.programme.event, {}, spare.device, "room-1")
    assert event_state.assigned(spare.device) == "room-1"
    assert event_state.gate_of(spare.device) == "room-1"
    assert event_state.kiosk_at("hall-1") is None


def test_seats_pass_to_the_kiosk_that_a_supervisor_put_at_a_gate(forum: Any) -> None:
    spare = spare_sent_to(forum, "hall-1", "09:00")
    known = forum.build.log_state([*forum.entries, *spare.entries])
    book = known.seat_book("hall")
    assert book.by_gate(forum.at("09:01"))["hall-1"] == 0
    to_spare = Seats(
        area="hall", from_gate="hall-2", to_gate="hall-1", to_device=spare.device, count=1
    )
    passed = forum.doors["hall-2"].writes(forum.at("09:02"), "seats", to_spare)
    known.add(passed.log, passed.digest, passed.raw)
    assert book.by_gate(forum.at("09:03"))["hall-1"] == 1


def test_of_two_spare_kiosks_sent_to_one_gate_the_later_stands_there(forum: Any) -> None:
    first = spare_sent_to(forum, "hall-1", "09:00")
    second = forum.build.kiosk("second spare", forum.at("08:00"), gate="")
    forum.registry.assigns(forum.at("08:00"), second, None)
    second.boots()
    second.trusts(forum.at("08:01"))
    second.writes(forum.at("09:30"), "gate", GateGiven(gate="hall-1", staff=b"STAFF"))
    for event_state in in_both_orders(forum, first, second):
        assert event_state.kiosk_at("hall-1") == second.device


def test_a_supervisors_word_of_the_very_instant_of_the_registrys_counts_after_it(
    forum: Any,
) -> None:
    spare = spare_sent_to(forum, "hall-1", "09:00")
    dead = forum.build.kiosk("dead", forum.at("08:00"))
    forum.registry.assigns(forum.at("09:00"), dead, "hall-1")
    assert folded(forum, *forum.entries, *spare.entries).kiosk_at("hall-1") == spare.device
    # Of its own gate the registry's word of that instant is the later one.
    forum.registry.assigns(forum.at("09:00"), spare, "room-1")
    forum.registry.assigns(forum.at("09:01"), spare, None)
    assert folded(forum, *forum.entries, *spare.entries).gate_of(spare.device) is None


def test_a_kiosk_of_which_only_the_address_is_repeated_has_not_come_again(forum: Any) -> None:
    old, new = forum.doors["hall-1"], forum.build.kiosk("new", forum.at("08:00"))
    forum.registry.assigns(forum.at("10:00"), new, "hall-1")
    forum.registry.assigns(forum.at("11:00"), old, "hall-1", seats={"hall": 1})
    for entries in (forum.entries, forum.entries[::-1]):
        assert folded(forum, *entries).kiosk_at("hall-1") == new.device


def test_of_two_kiosks_set_up_newly_at_one_gate_the_last_stands_there(forum: Any) -> None:
    event_state = folded(forum)
    event_state.introduced("a" * 16, "hall-1")
    event_state.introduced("b" * 16, "hall-1")
    assert event_state.kiosk_at("hall-1") == "b" * 16


def test_two_logs_of_one_kernel_boot_share_the_time_that_either_met(forum: Any) -> None:
    door = forum.build.kiosk("hall-1", forum.at("08:00"), epoch=7)
    door.boots()
    again = forum.build.kiosk("hall-1", forum.at("08:00"), epoch=8)
    boot = msgspec.structs.replace(door.entries[0].entry.body, previous=None)
    again.writes(forum.at("09:00"), "boot", boot)
    scan = again.scans(forum.at("09:30"), forum.build.badge(1))
    door.trusts(forum.at("08:30"))
    for entries in ([*door.entries, *again.entries], [*again.entries, *door.entries]):
        event_state = folded(forum, *forum.entries, *entries)
        assert event_state.span(scan.entry) == Span(forum.at("09:30"), forum.at("09:30"))


def test_nobody_stands_where_nobody_was_put(forum: Any) -> None:
    assert folded(forum).gate_of("f" * 16) is None
    assert folded(forum).kiosk_at("attic") is None


def test_a_device_cut_off_is_believed_up_to_the_number_named(forum: Any) -> None:
    door = forum.doors["hall-1"]
    forum.registry.assigns(forum.at("12:00"), door, "hall-1", cut_off=True, believed={door.log: 2})
    event_state = folded(forum)
    third = door.scans(forum.at("13:00"), forum.build.badge(1)).entry
    assert event_state.believed(door.entries[1].entry)
    assert not event_state.believed(third)
    forum.registry.assigns(forum.at("14:00"), door, "hall-1", cut_off=True, believed={door.log: 3})
    assert folded(forum).believed(third)


def test_a_cut_off_is_final_though_the_registry_forgets_it(forum: Any) -> None:
    door = forum.doors["hall-1"]
    forum.registry.assigns(forum.at("12:00"), door, "hall-1", cut_off=True, believed={door.log: 2})
    forum.registry.assigns(forum.at("14:00"), door, "hall-2")
    third = door.scans(forum.at("15:00"), forum.build.badge(1)).entry
    for entries in (forum.entries, forum.entries[::-1]):
        event_state = folded(forum, *entries)
        assert event_state.kiosks[door.device].cut_off
        assert event_state.kiosk_at("hall-1") != door.device
        assert event_state.kiosk_at("hall-2") != door.device
        assert not event_state.believed(third)


def test_a_cut_off_kiosks_later_word_about_its_gate_or_its_time_is_ignored(forum: Any) -> None:
    spare = forum.build.kiosk("spare", forum.at("08:00"), gate="")
    spare.boots()
    spare.trusts(forum.at("08:01"), "kernel")
    spare.writes(forum.at("08:02"), "gate", GateGiven(gate="hall-1", staff=b"STAFF"))
    spare.writes(forum.at("08:03"), "gate", GateGiven(gate="hall-2", staff=b"STAFF"))
    spare.trusts(forum.at("08:04"), off_ms=5 * MINUTE)
    spare.writes(forum.at("08:05"), "health", Health(readings={"disk": 1}))
    forum.registry.assigns(forum.at("12:00"), spare, None, cut_off=True, believed={spare.log: 3})
    for entries in (forum.entries + spare.entries, spare.entries[::-1] + forum.entries[::-1]):
        event_state = folded(forum, *entries)
        assert event_state.gate_of(spare.device) == "hall-1"
        assert event_state.at_ms(spare.entries[2].entry) == forum.at("08:02")
        assert spare.device not in event_state.health


def test_the_newest_health_entry_of_a_kiosk_counts_whatever_its_wall_clock(forum: Any) -> None:
    door = forum.doors["hall-1"]
    door.wall_off_ms = 365 * 86_400_000
    old = door.writes(forum.at("09:00"), "health", Health(readings={"disk": 1}))
    newer = door.writes(forum.at("09:01"), "health", Health(readings={"disk": 2}))
    again = forum.build.kiosk("hall-1", forum.at("10:00"), epoch=2)
    boot, clock = again.boots(after=door), again.trusts(forum.at("10:01"))
    newest = again.writes(forum.at("10:02"), "health", Health(readings={"disk": 3}))
    start = [forum.registry.entries[0], *door.entries[:2], boot, clock]
    for order in permutations([old, newer, newest]):
        assert folded(forum, *start, *order).health[door.device][1].readings == {"disk": 3}


def test_alarms_rulings_and_closed_days_are_kept_once(forum: Any) -> None:
    door = forum.doors["hall-1"]
    alarm = door.writes(forum.at("09:00"), "alarm", Alarm(what="forced", detail="the door"))
    ruling = forum.registry.writes(
        forum.at("09:00"),
        "ruling",
        Ruling(conflict="fork", entry=alarm.ref, answer="seen", by="admin"),
    )
    close = forum.registry.writes(
        forum.at("20:00"), "close", Close(day="2020-11-17", held={door.log: 3})
    )
    for event_state in in_every_order(forum, alarm, ruling, close, ruling):
        assert [alarm.what for _, alarm in event_state.alarms.values()] == ["forced"]
        assert [ruling.answer for _, ruling in event_state.rulings] == ["seen"]
        assert [close.day for _, close in event_state.closes] == ["2020-11-17"]


def test_a_recount_heard_twice_is_one(forum: Any) -> None:
    recount = forum.doors["hall-1"].writes(
        forum.at("09:00"), "recount", Recount(area="hall", inside=5, staff=b"STAFF", why="by eye")
    )
    assert len(folded(forum, recount, recount).recounts) == 1


def test_the_registry_is_taken_at_its_word_about_time(forum: Any) -> None:
    entry = forum.registry.entries[0].entry
    event_state = folded(forum)
    assert event_state.span(entry) == Span(entry.wall_ms, entry.wall_ms)
    assert event_state.order(entry).at_ms == entry.wall_ms


def test_a_boot_or_trusted_time_in_the_registrys_log_moves_no_clock(forum: Any) -> None:
    registry = forum.build.registry(forum.at("08:00"), epoch=2)
    writer = forum.build.kiosk("registry", forum.at("08:00"), epoch=2)
    assert writer.log == registry.log
    event_state = folded(forum, writer.boots(), writer.trusts(forum.at("09:00"), off_ms=MINUTE))
    assert event_state.clocks.version == 0


def test_a_boot_in_the_middle_of_a_log_begins_nothing(forum: Any) -> None:
    door = forum.doors["hall-1"]
    event_state = folded(forum)
    version = event_state.clocks.version
    event_state.add(door.boots(forum.at("09:00")).entry)
    assert event_state.clocks.version == version


def test_the_registrys_newest_word_is_known_by_log_and_number(forum: Any) -> None:
    last = forum.registry.entries[-1]
    assert folded(forum).registry_head == (last.log, last.seq)
    assert folded(forum, *reversed(forum.entries)).registry_head == (last.log, last.seq)


def test_a_scan_by_a_kiosk_without_time_bounds_its_clock_from_below(forum: Any) -> None:
    lost = forum.build.kiosk("south-in", forum.at("08:00"), epoch=2)
    lost.boots()
    scan = lost.scans(forum.at("09:00"), forum.build.badge(1))
    body = scan.entry.body
    assert isinstance(body, Scan)
    body = msgspec.structs.replace(body, span=Span(forum.at("08:30"), forum.at("18T12:00")))
    bounded = lost.writes(forum.at("09:10"), "scan", body)
    event_state = folded(forum, *forum.entries, *lost.entries)
    assert event_state.span(bounded.entry).lo == forum.at("08:30")


def test_one_thing_is_folded_once(forum: Any) -> None:
    event_state = folded(forum)
    version = event_state.version
    for entry in forum.entries:
        event_state.add(entry.entry)
    assert event_state.version == version
    assert len(event_state.assignments) == len(forum.doors)
    assert len(event_state.events) == 1


def test_a_replaced_kiosk_whose_address_is_repeated_does_not_get_its_gate_back(forum: Any) -> None:
    old, new = forum.doors["hall-1"], forum.build.kiosk("spare", forum.at("08:00"))
    forum.registry.assigns(forum.at("09:00"), new, "hall-1")
    forum.registry.assigns(forum.at("09:01"), old, "hall-1")
    assert folded(forum).kiosk_at("hall-1") == new.device


def test_a_kiosk_set_up_so_newly_that_the_log_does_not_name_it_stands_where_it_was_put(
    forum: Any,
) -> None:
    event_state = folded(forum)
    old = forum.doors["hall-1"].device
    event_state.introduced("f" * 16, "hall-1")
    assert event_state.kiosk_at("hall-1") == "f" * 16
    new = forum.build.kiosk("spare", forum.at("09:00"))
    event_state.introduced(new.device, "hall-2")
    event_state.add(forum.registry.assigns(forum.at("09:00"), new, "room-1").entry)
    assert event_state.kiosk_at("hall-2") == forum.doors["hall-2"].device
    assert event_state.kiosk_at("room-1") == new.device
    assert event_state.gate_of(old) == "hall-1"


def test_a_replaced_kiosk_of_which_the_address_is_repeated_does_not_get_its_gate_back(
    forum: Any,
) -> None:
    old, new = forum.doors["hall-1"], forum.build.kiosk("spare", forum.at("08:00"))
    forum.registry.assigns(forum.at("09:00"), new, "hall-1")
    forum.registry.assigns(forum.at("09:01"), old, "hall-1")
    assert folded(forum).kiosk_at("hall-1") == new.device


def test_an_entry_of_a_kind_not_known_here_does_nothing(forum: Any) -> None:
    hologram = msgspec.structs.replace(forum.enters("hall-1", "09:00", 1).entry, kind="hologram")
    event_state = EventState(forum.registry.device, 0)
    version = event_state.version
    event_state.add(hologram)
    assert (event_state.version, event_state.alarms, event_state.health) == (version, {}, {})


def test_a_kiosk_enrolled_without_a_gate_has_none_until_somebody_gives_it_one(forum: Any) -> None:
    spare = forum.build.kiosk("spare", forum.at("08:00"), gate="")
    event_state = EventState(forum.registry.device, 0)
    event_state.enrolled_with(forum.programme.event, {}, spare.device, None)
    assert event_state.gate_of(spare.device) is None
    event_state.add(
        spare.writes(forum.at("09:00"), "gate", GateGiven(gate="hall-1", staff=b"STAFF")).entry
    )
    assert event_state.gate_of(spare.device) == "hall-1"
    assert event_state.kiosk_at("hall-1") == spare.device
