"""PIN tries are counted for each card, on disk, before they are made; the pause grows."""

from __future__ import annotations

import pytest

from kiosk.door.staff_actions import StaffActions, StaffError
from kiosk.door.staff_unlock import (
    FREE_TRIES,
    LONGEST_PAUSE_MS,
    begin_pin_try,
    end_pin_tries,
    pause_ms,
)

ANNA, BEN = b"anna.", b"ben.."


def test_five_wrong_pins_are_free_and_the_pause_then_doubles_up_to_an_hour():
    assert [pause_ms(wrong) // 1000 for wrong in range(4, 13)] == [
        0, 60, 120, 240, 480, 960, 1920, 3600, 3600,
    ]  # fmt: skip
    assert pause_ms(10_000) == LONGEST_PAUSE_MS


@pytest.fixture
def door(open_door, world):
    return open_door(world)


def wrong(door, badge, count=FREE_TRIES):
    for _ in range(count):
        begin_pin_try(door, badge)


def test_after_five_wrong_pins_this_card_waits_and_no_other(door):
    wrong(door, ANNA)
    with pytest.raises(StaffError, match="too_many"):
        begin_pin_try(door, ANNA)
    wrong(door, BEN, 2)
    end_pin_tries(door, BEN)
    with pytest.raises(StaffError, match="too_many"):
        begin_pin_try(door, ANNA)


def test_a_restart_forgives_nothing(door, world):
    wrong(door, ANNA)
    world.journal.close()
    again = world.open_journal()
    try:
        assert again.pin_tries(ANNA)[0] == FREE_TRIES
    finally:
        again.close()


def test_the_pause_passes_and_the_next_wrong_pin_waits_twice_as_long(door, world):
    wrong(door, ANNA)
    now = world.reading().mono_ms
    world.journal.set_pin_tries(ANNA, FREE_TRIES, now - pause_ms(FREE_TRIES))
    begin_pin_try(door, ANNA)
    assert door.pin_tries(ANNA)[0] == FREE_TRIES + 1
    world.journal.set_pin_tries(ANNA, FREE_TRIES + 1, now - pause_ms(FREE_TRIES))
    with pytest.raises(StaffError, match="too_many"):
        begin_pin_try(door, ANNA)


def test_after_a_reboot_the_pause_begins_again(door, world):
    """The clock that counts it has begun again near zero."""
    world.journal.set_pin_tries(ANNA, FREE_TRIES, world.reading().mono_ms + 10**9)
    uptime = world.reading().mono_ms
    if uptime < pause_ms(FREE_TRIES):
        with pytest.raises(StaffError, match="too_many"):
            begin_pin_try(door, ANNA)
    else:
        begin_pin_try(door, ANNA)


def test_staff_deeds_without_a_role_change_nothing(door, world):
    guest = world.register("Jane Smith")
    world.deliver()
    desk = StaffActions(door)
    entry = door.present(guest.text, "in").entry

    for refusal in (
        desk.take_back(entry, guest.badge, "any code", "mistake"),
        desk.recount("chengdu", 7, "any code", "counted"),
        desk.set_time(world.reading().wall_ms, "any code"),
    ):
        assert refusal is not None
        assert refusal.reason == "not_staff"
    assert world.written("void") == world.written("recount") == world.written("clock") == []
