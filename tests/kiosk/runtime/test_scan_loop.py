"""The scan loop, on real files: nothing opens but a durable yes, and whatever fails, it goes on."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable

import pytest

from access.log.entry import Alarm, Clock, Passage
from hardware.ports.door_contacts import DoorEvent, DoorEventKind, now_ms
from hardware.ports.events import CameraState, Hint, Reading, ScannerState, ShowOne
from hardware.ports.signals import Light
from kiosk.door.door import Door
from sync.store.journal import Journal


def test_a_badge_on_the_roster_is_let_in_once_its_entry_is_on_the_card(stand):
    guest = stand.world.register("Jane Smith")
    stand.world.deliver()
    stand.until(lambda: not stand.feed.read_entries())

    screen = stand.show(guest.text)

    assert screen.tone == "admit"
    assert stand.headline == "Please go in"
    assert screen.receipt.startswith("C1-")
    assert stand.signals.light is Light.ADMIT
    assert stand.signals.openings == 1
    assert stand.reasons() == ["ok"]


def test_nothing_is_shown_or_opened_before_the_entry_is_committed(stand, monkeypatch):
    guest = stand.world.walk_up()
    seen = []
    extend = Journal.extend

    def watched(journal, bodies, reading, inbox=None):
        seen.append((stand.signals.openings, stand.screen_feed.screen.state))
        return extend(journal, bodies, reading, inbox)

    monkeypatch.setattr(Journal, "extend", watched)
    stand.show(guest.text)

    assert seen[0] == (0, "notice")
    assert stand.signals.openings == 1


def test_the_light_is_on_before_the_screen_says_so(stand, monkeypatch):
    guest = stand.world.walk_up()
    order = []
    monkeypatch.setattr(stand.signals, "show", order.append)
    put = stand.screen_feed.show
    monkeypatch.setattr(stand.screen_feed, "show", lambda s: (order.append(s.state), put(s))[1])

    stand.show(guest.text)

    assert order == [Light.FLAGGED, "answer"]


def test_badges_before_the_camera_and_at_the_scanner_at_once_are_both_answered(stand):
    guests = [stand.world.register(), stand.world.register()]
    stand.world.deliver()
    for guest, source in zip(guests, ("camera", "scanner"), strict=True):
        stand.inputs.put(source, Reading(guest.text, b"", "test", 1.0, now_ms()))

    stand.until(lambda: len(stand.world.written("scan")) == 2)

    written = stand.world.written("scan")
    assert [(one.badge, one.verdict, one.method) for one in written] == [
        (guests[0].badge, "admit", "camera"),
        (guests[1].badge, "admit", "scanner"),
    ]


def test_a_badge_held_in_view_is_answered_once(stand):
    guest = stand.world.walk_up()
    for _ in range(5):
        stand.show(guest.text)

    assert stand.signals.openings == 1
    assert [s.light for s in stand.signals.shown].count(Light.FLAGGED) == 1
    assert len(stand.reasons()) == 1


def test_a_badge_passed_back_at_once_sees_the_first_answer_but_no_green_light(stand, monkeypatch):
    guest = stand.world.walk_up()
    first = stand.show(guest.text)
    monkeypatch.setattr("kiosk.runtime.scan_loop.SAME_VIEW_S", 0.0)
    second = stand.show(guest.text)

    assert second.receipt == first.receipt
    assert stand.headline == "Already checked in just now"
    assert stand.signals.openings == 1
    assert [s.light for s in stand.signals.shown].count(Light.FLAGGED) == 1


def test_the_next_badge_is_answered_while_the_last_answer_still_stands(stand):
    one, other = stand.world.walk_up(), stand.world.walk_up()
    first = stand.show(one.text)
    second = stand.show(other.text)

    assert (first.tone, second.tone) == ("flagged", "flagged")
    assert first.receipt != second.receipt
    assert stand.signals.openings == 2


def test_an_exit_opens_again_for_a_badge_held_up_anew(make_world, make_stand, monkeypatch):
    stand = make_stand(make_world("chengdu-exit"))
    guest = stand.world.walk_up()
    stand.show(guest.text)
    stand.show(guest.text)
    assert stand.signals.openings == 1

    monkeypatch.setattr("kiosk.runtime.scan_loop.SAME_VIEW_S", 0.0)
    stand.show(guest.text)

    assert stand.signals.openings == 2
    assert len(stand.reasons()) == 1


def test_the_staff_switch_sets_the_way_of_a_two_way_gate(make_world, make_stand):
    stand = make_stand(make_world("chengdu-hall-1"))
    stand.loop.submit(lambda: stand.loop.turn("out"))
    stand.loop.step()
    assert stand.headline == "Leaving? Show your badge"

    stand.show(stand.world.walk_up().text)

    assert stand.reasons() == ["not_inside"]
    assert stand.signals.openings == 1


def test_a_full_disk_is_out_of_order_and_heals_by_itself_when_there_is_space(stand, monkeypatch):
    guest = stand.world.walk_up()
    (pages,) = stand.journal._db.execute("PRAGMA page_count").fetchone()
    fill_disk(stand.journal, pages)

    crowd = iter(range(10_000))
    stand.until(lambda: next(crowd) >= 0 and stand.show(stand.world.walk_up().text).tone == "fault")
    opened = stand.signals.openings
    assert stand.headline == "Out of order"
    assert stand.screen_feed.screen.cause == "The disk is full"
    assert stand.signals.light is Light.FAULT
    recorded = len(stand.reasons())
    assert opened == recorded

    assert stand.show(guest.text).tone == "fault"
    assert stand.signals.openings == opened

    monkeypatch.setattr("kiosk.runtime.scan_loop.PROBE_S", 0.0)
    stand.journal._db.execute("PRAGMA max_page_count=1000000")
    stand.until(lambda: stand.loop.presenter.broken is None)
    assert stand.headline == "Show your badge"
    assert stand.show(guest.text).tone == "flagged"
    assert len(stand.reasons()) == recorded + 1


def fill_disk(journal: Journal, pages: int) -> None:
    journal._db.execute(f"PRAGMA max_page_count={pages}")


def test_a_door_out_of_order_is_not_heard_complaining_at_every_try(stand, monkeypatch):
    monkeypatch.setattr("kiosk.runtime.scan_loop.PROBE_S", 0.0)
    monkeypatch.setattr(Journal, "extend", failing(sqlite3.OperationalError("disk I/O error")))
    stand.show(stand.world.walk_up().text)
    beeps = len(stand.signals.shown)
    for _ in range(5):
        stand.loop.step()

    assert stand.loop.presenter.broken == "journal"
    assert len(stand.signals.shown) == beeps


def failing(error: Exception) -> Callable[..., None]:
    def fail(*_args: object, **_named: object) -> None:
        raise error

    return fail


def test_an_unexpected_fault_opens_nothing_and_the_loop_goes_on(stand, monkeypatch, caplog):
    guest = stand.world.walk_up()
    with monkeypatch.context() as broken:
        broken.setattr(Door, "settle", failing(RuntimeError(guest.text)))
        with caplog.at_level(logging.ERROR):
            screen = stand.show(guest.text)

    assert screen.tone == "fault"
    assert stand.headline == "Something went wrong here"
    assert stand.signals.openings == 0
    assert stand.signals.light is Light.FAULT
    assert "RuntimeError" in caplog.text
    assert "_decide" in caplog.text or "present" in caplog.text
    assert guest.text not in caplog.text
    assert stand.show(guest.text).tone == "flagged"


def test_a_lost_camera_has_its_own_screen_and_the_scanner_still_works(stand, monkeypatch):
    monkeypatch.setattr("kiosk.screen.presenter.SHOWN_S", {"flagged": 0.01})
    stand.show(CameraState(working=True))
    assert stand.headline == "Show your badge"

    stand.show(CameraState(working=False, why="unplugged"))
    assert stand.headline == "The camera is not working"

    stand.show(ScannerState(working=True), "scanner")
    assert stand.headline == "Hold your badge to the scanner"
    assert stand.show(stand.world.walk_up().text, "scanner").tone == "flagged"

    stand.show(CameraState(working=True))
    stand.until(lambda: stand.screen_feed.screen.state == "notice")
    assert stand.headline == "Show your badge"


def test_a_camera_lost_for_half_a_minute_is_an_alarm_once(stand, monkeypatch):
    monkeypatch.setattr("kiosk.door.housekeeping.CAMERA_LOST_S", 0.0)
    stand.show(CameraState(working=False, why="unplugged"))
    stand.loop.step()
    stand.loop.step()

    alarms = stand.world.written("alarm")
    assert [alarm.what for alarm in alarms if isinstance(alarm, Alarm)] == ["camera_lost"]


def test_a_door_without_a_gate_says_so_and_works_once_the_registry_has_assigned_one(
    make_world, make_stand, monkeypatch
):
    monkeypatch.setattr("kiosk.screen.presenter.FAILED_S", 0.01)
    stand = make_stand(make_world(None))
    assert stand.headline == "This kiosk has no gate yet"
    assert stand.screen_feed.screen.staffed

    guest = stand.world.walk_up()
    screen = stand.show(guest.text)
    assert (screen.tone, stand.signals.openings) == ("fault", 0)
    assert "registry" in screen.cause

    monkeypatch.setattr("kiosk.runtime.scan_loop.TEND_S", 0.0)
    stand.world.assign("chengdu-main-1")
    stand.world.deliver()
    stand.until(lambda: stand.headline == "Show your badge")
    assert not stand.screen_feed.screen.staffed
    assert stand.show(guest.text).tone == "flagged"


def test_a_door_says_while_it_works_that_the_events_data_is_not_all_here_yet(stand, monkeypatch):
    monkeypatch.setattr("kiosk.runtime.scan_loop.TEND_S", 0.01)
    replica, walk_up = stand.world.replica, stand.world.walk_up()

    def hears(behind):
        with replica.transaction():
            replica.set_target("registry", {"behind": behind})

    hears(25_000)
    stand.until(lambda: stand.screen_feed.screen.cause == "The event's data is not all here yet")
    assert stand.headline == "Show your badge"
    assert stand.show(walk_up.text).tone == "flagged"

    stand.loop.presenter.rest()
    hears(3)
    stand.until(lambda: stand.screen_feed.screen.cause == "")


def test_a_revocation_that_the_carrier_brings_holds_for_the_next_scan(stand):
    guest = stand.world.register()
    stand.world.deliver()
    stand.world.revoke(guest)
    stand.world.deliver()
    stand.loop.step()

    assert stand.show(guest.text).tone == "refuse"
    assert stand.reasons() == ["revoked"]


def test_a_replica_made_anew_by_the_carrier_is_taken_up(stand, monkeypatch):
    monkeypatch.setattr("kiosk.runtime.scan_loop.TEND_S", 0.0)
    stand.world.recreate_replica()
    guest = stand.world.register()
    stand.world.deliver()
    stand.until(lambda: stand.door.history(guest.badge).newest() is not None)
    stand.until(lambda: not stand.feed.read_entries())

    assert stand.show(guest.text).tone == "admit"


def test_the_turnstile_says_who_went_through_and_who_did_not(stand):
    guests = [stand.world.walk_up() for _ in range(2)]
    for guest in guests:
        stand.show(guest.text)
    stand.show(DoorEvent(DoorEventKind.PASSED, now_ms()), "contacts")
    stand.show(DoorEvent(DoorEventKind.NOT_PASSED, now_ms()), "contacts")

    passed, not_passed = stand.world.written("passed"), stand.world.written("not_passed")
    assert [b.badge for b in passed if isinstance(b, Passage)] == [guests[0].badge]
    assert [b.badge for b in not_passed if isinstance(b, Passage)] == [guests[1].badge]


def test_fire_shows_the_way_out_and_is_recorded(stand):
    stand.show(DoorEvent(DoorEventKind.FIRE, now_ms()), "contacts")
    assert stand.headline == "Leave the building now"

    stand.show(DoorEvent(DoorEventKind.FIRE_OVER, now_ms()), "contacts")
    assert stand.headline == "Show your badge"
    assert [a.what for a in stand.world.written("alarm")] == ["fire", "fire_over"]


@pytest.mark.parametrize(
    ("kind", "what"),
    [(DoorEventKind.FORCED, "door_forced"), (DoorEventKind.TAILGATED, "tailgated")],
)
def test_what_nobody_was_let_in_for_is_an_alarm_and_changes_no_screen(stand, kind, what):
    before = stand.screen_feed.screen
    stand.show(DoorEvent(kind, now_ms()), "contacts")

    assert [a.what for a in stand.world.written("alarm")] == [what]
    assert stand.screen_feed.screen == before


def test_hints_help_but_never_take_the_place_of_an_answer(stand, monkeypatch):
    stand.show(Hint.HOLD_STILL)
    assert stand.headline == "Show your badge", "a code that is still coming nearer needs no help"

    monkeypatch.setattr("kiosk.screen.hint_timing.AFTER_S", 0.0)
    stand.show(Hint.HOLD_STILL)
    assert stand.headline == "Hold it still"
    stand.show(ShowOne(now_ms()))
    assert stand.headline == "One badge at a time, please"

    answer = stand.show(stand.world.walk_up().text)
    assert stand.show(Hint.COME_CLOSER) == answer


@pytest.mark.parametrize(
    ("hint", "headline"),
    [
        (Hint.COME_CLOSER, "A little closer"),
        (Hint.FURTHER_AWAY, "A little further away"),
        (Hint.HOLD_STRAIGHT, "Hold it flat towards the camera"),
        (Hint.TOO_DARK, "Too dark: hold it in the light"),
        (Hint.TURN_FROM_LIGHT, "Tilt it a little: it reflects a lamp"),
        (Hint.BRIGHTER_PHONE, "Make your phone brighter"),
    ],
)
def test_each_hint_says_what_to_do(stand, hint, headline, monkeypatch):
    monkeypatch.setattr("kiosk.screen.hint_timing.AFTER_S", 0.0)
    stand.show(hint)
    assert stand.headline == headline


def test_a_code_of_somebody_who_may_be_gone_is_let_go(stand):
    guest = stand.world.walk_up()
    stand.show(Reading(guest.text, b"", "test", 1.0, now_ms() - 10_000))

    assert stand.reasons() == []
    assert stand.signals.openings == 0


@pytest.mark.parametrize(
    "text", ["", "\x00\x1b", "A" * 4296, "https://example.org", "J" * 29, "证"]
)
def test_whatever_is_held_up_gets_an_answer(stand, text):
    assert stand.show(text).tone == "refuse"
    assert stand.reasons() == ["not_a_badge"]


def test_a_synchronised_kernel_clock_is_written_once(stand):
    for _ in range(3):
        stand.loop.step()

    (clock,) = stand.world.written("clock")
    assert isinstance(clock, Clock)
    assert clock.source == "kernel"
    assert stand.door.now().sure


def test_an_answer_makes_way_for_the_idle_screen(stand, monkeypatch):
    monkeypatch.setattr(
        "kiosk.screen.presenter.SHOWN_S", dict.fromkeys(("admit", "flagged"), 0.001)
    )
    stand.show(stand.world.walk_up().text)
    stand.until(lambda: stand.screen_feed.screen.state == "notice")

    assert stand.headline == "Show your badge"
    assert stand.signals.light is Light.READY


def test_a_staff_card_that_is_waited_for_is_not_presented_to_the_door(stand):
    asked = stand.loop.submit(stand.loop.await_card)
    stand.loop.step()
    card = asked.result(0)
    assert stand.headline == "Show the staff card"

    for _ in range(3):
        stand.show("the card's text")

    assert card.result(0) == "the card's text"
    assert stand.reasons() == []


def test_work_of_a_page_is_done_between_scans_and_its_failure_is_the_pages(stand):
    good = stand.loop.submit(lambda: stand.door.seq)
    bad = stand.loop.submit(lambda: 1 // 0)
    stand.loop.step()
    stand.loop.step()

    assert good.result(0) == stand.door.seq
    with pytest.raises(ZeroDivisionError):
        bad.result(0)
    assert stand.headline == "Show your badge"
