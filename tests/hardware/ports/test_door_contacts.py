from __future__ import annotations

from hardware.ports.door_contacts import FOLLOWS_MS, DoorEvent, DoorEventKind, DoorWatch

PASS_MS = 5000


def turnstile() -> DoorWatch:
    return DoorWatch(PASS_MS, counts_passages=True)


def events(watch: DoorWatch, now_ms: int) -> list[DoorEvent]:
    found = []
    while (event := watch.next(now_ms)) is not None:
        found.append(event)
    return found


def test_somebody_who_goes_through_in_time_has_passed() -> None:
    watch = turnstile()
    watch.opened(0)
    watch.turned(4999)

    assert events(watch, 10_000) == [DoorEvent(DoorEventKind.PASSED, 4999)]


def test_somebody_who_does_not_go_through_has_not_passed() -> None:
    watch = turnstile()
    watch.opened(0)

    assert events(watch, 4999) == []
    assert watch.due_ms() == 5000
    assert events(watch, 5000) == [DoorEvent(DoorEventKind.NOT_PASSED, 5000)]
    assert events(watch, 99_999) == []


def test_two_openings_wait_for_two_people() -> None:
    watch = turnstile()
    watch.opened(0)
    watch.opened(1000)
    watch.turned(2000)

    assert [event.kind for event in events(watch, 6000)] == [
        DoorEventKind.PASSED,
        DoorEventKind.NOT_PASSED,
    ]


def test_a_turn_that_nobody_released_is_forced() -> None:
    watch = turnstile()
    watch.opened(0)
    watch.turned(5001)

    assert [event.kind for event in events(watch, 5001)] == [
        DoorEventKind.NOT_PASSED,
        DoorEventKind.FORCED,
    ]


def test_a_second_person_on_one_opening_has_followed_the_first() -> None:
    watch = turnstile()
    watch.opened(0)
    for at_ms in (1000, 1800, 4999, 5001):
        watch.turned(at_ms)

    assert [event.kind for event in events(watch, 6000)] == [
        DoorEventKind.PASSED,
        DoorEventKind.TAILGATED,
        DoorEventKind.TAILGATED,
        DoorEventKind.FORCED,
    ]


def test_who_follows_closely_is_told_from_who_forces_the_turnstile_after_the_opening_too() -> None:
    watch = turnstile()
    watch.opened(0)
    watch.turned(4900)
    watch.turned(4900 + FOLLOWS_MS)
    watch.turned(4901 + FOLLOWS_MS)

    assert [event.kind for event in events(watch, 9000)] == [
        DoorEventKind.PASSED,
        DoorEventKind.TAILGATED,
        DoorEventKind.FORCED,
    ]


def test_two_people_with_two_badges_follow_nobody() -> None:
    watch = turnstile()
    watch.opened(0)
    watch.turned(1000)
    watch.opened(1500)
    watch.turned(1600)

    assert {event.kind for event in events(watch, 1600)} == {DoorEventKind.PASSED}


def test_on_fire_nobody_who_leaves_through_the_turnstile_is_an_alarm() -> None:
    watch = turnstile()
    watch.fire_changed(0, burning=True)
    watch.turned(1)
    watch.turned(2)

    assert [event.kind for event in events(watch, 9)] == [DoorEventKind.FIRE]


def test_a_door_without_a_turnstile_reports_only_being_forced() -> None:
    door = DoorWatch(PASS_MS, counts_passages=False)
    door.opened(0)
    door.door_opened(3000)
    assert events(door, 9000) == []

    door.door_opened(9000)
    assert events(door, 9000) == [DoorEvent(DoorEventKind.FORCED, 9000)]


def test_on_fire_a_door_that_opens_is_not_forced() -> None:
    door = DoorWatch(PASS_MS, counts_passages=False)
    door.fire_changed(0, burning=True)
    door.fire_changed(1, burning=True)
    door.door_opened(2)
    door.fire_changed(3, burning=False)

    assert [event.kind for event in events(door, 9)] == [
        DoorEventKind.FIRE,
        DoorEventKind.FIRE_OVER,
    ]
