"""An event definition that is replaced while badges of it exist, or moved to other days."""

from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from access.event.definition import Event, Venue
from config import event_file

EXAMPLE = Path(event_file.__file__).parent / "events" / "smarthk.toml"


def milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.fixture
def event() -> Event:
    return event_file.load(EXAMPLE)


def test_an_event_may_grow_at_the_ends_of_its_lists_and_change_elsewhere(event: Event) -> None:
    grown = msgspec.structs.replace(
        event,
        venues=(*event.venues, Venue(id="leshan", name={"en": "Leshan"})),
        days=(*event.days, "2020-11-19"),
        gates=event.gates[1:],
        sessions=tuple(
            msgspec.structs.replace(session, area="chengdu-room-a") for session in event.sessions
        ),
    )
    assert event_file.grows_from(event, event) == []
    assert event_file.grows_from(event, grown) == []


def test_a_list_that_badges_point_into_may_not_lose_or_move_an_entry(event: Event) -> None:
    other = msgspec.structs.replace(
        event,
        id="smarthk-2021",
        days=event.days[1:],
        venues=event.venues[:2],
        tickets=(event.tickets[1], event.tickets[0], *event.tickets[2:]),
        sessions=event.sessions[:-1],
    )
    found = [str(mistake) for mistake in event_file.grows_from(event, other)]
    assert [line.split(": ")[1] for line in found] == [
        "event.id",
        "venue[2]",
        "session[5]",
        "ticket[0]",
        "ticket[1]",
        "event.days[0]",
        "event.days[1]",
    ]
    assert found[1] == (
        'event "smarthk-2020": venue[2]: is missing, and badges are printed that mean "mianyang"; '
        'should stay "mianyang"; add new ones at the end'
    )


def test_a_moved_event_keeps_its_hours_and_the_distance_of_its_days(event: Event) -> None:
    moved = event_file.moved_to(event, date(2026, 12, 31))
    assert moved.days == ("2026-12-31", "2027-01-01")
    assert moved.sessions[0].starts_ms == milliseconds("2026-12-31T09:30:00+08:00")
    assert moved.sessions[4].ends_ms == milliseconds("2027-01-01T11:30:00+08:00")
    assert event_file.moved_to(moved, date(2020, 11, 17)) == event


def test_a_moved_event_keeps_its_hours_across_a_change_of_the_clocks(event: Event) -> None:
    british = msgspec.structs.replace(event, timezone="Europe/London")
    moved = event_file.moved_to(british, date(2021, 6, 1))
    winter = datetime.fromtimestamp(event.sessions[0].starts_ms / 1000, UTC)
    summer = datetime.fromtimestamp(moved.sessions[0].starts_ms / 1000, UTC)
    assert (winter.hour, summer.hour) == (1, 0)
