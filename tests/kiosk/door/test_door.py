"""The door and its records: what is written is folded at once, and what the carrier brings is recorded."""

from __future__ import annotations

import sqlite3

import pytest

from access.log.entry import Alarm, Clock, GateGiven, Kiosk
from kiosk.door.door import NotReadyError
from kiosk.door.readiness import cause_of, lacks_roster, unready
from kiosk.door.replica_feed import ReplicaFeed


def test_what_is_recorded_is_durable_and_folded(make_world, open_door):
    world = make_world(gate=None)
    door = open_door(world)
    assert door.gate_id is None

    entry = door.record("gate", GateGiven(gate="chengdu-main-1", staff=b"badge"))

    assert (entry.log, entry.seq) == (door.log, door.seq)
    assert door.gate.id == "chengdu-main-1"
    assert world.written("gate") == [GateGiven(gate="chengdu-main-1", staff=b"badge")]
    assert [grant.seq for grant in door.gate_grants] == [entry.seq]


def test_several_entries_are_recorded_in_one_go_or_not_at_all(open_door, world):
    door = open_door(world)
    stood = door.seq
    world.journal._db.execute("PRAGMA query_only=1")
    with pytest.raises(sqlite3.OperationalError):
        door.record_many(
            [("alarm", Alarm(what="x", detail="1")), ("alarm", Alarm(what="x", detail="2"))]
        )
    assert door.seq == stood
    with pytest.raises(sqlite3.OperationalError):
        door.check_writable()

    world.journal._db.execute("PRAGMA query_only=0")
    door.check_writable()
    assert (
        len(
            door.record_many(
                [("alarm", Alarm(what="x", detail="1")), ("alarm", Alarm(what="x", detail="2"))]
            )
        )
        == 2
    )
    assert door.seq == stood + 2


def test_a_gate_that_changes_is_seen_at_once(open_door, world):
    door = open_door(world)
    feed = ReplicaFeed(door, world.data / "replica.db")
    feed.tend()
    feed.catch_up()
    assert door.gate.id == "chengdu-main-1"

    world.assign("chengdu-room-b-1")
    world.deliver()
    assert not feed.read_entries()
    assert door.gate.id == "chengdu-room-b-1"
    assert door.assigned == "chengdu-room-b-1"
    feed.close()
    assert not door.has_replica
    feed.close()


def test_a_gate_that_the_event_does_not_have_is_none(make_world, open_door):
    door = open_door(make_world(gate="chengdu-nowhere"))
    with pytest.raises(NotReadyError, match="no gate yet"):
        door.present("any code", "in")
    assert unready(door) == "no_gate"


def test_without_an_event_a_door_is_not_ready(make_world, open_door):
    world = make_world()
    door = open_door(world)
    assert unready(door) is None
    assert not lacks_roster(door)


# What the carrier leaves in the inbox.


@pytest.fixture
def feed_of(open_door, world):
    """A door with its feed, and the carrier's side of the inbox."""
    door = open_door(world)
    feed = ReplicaFeed(door, world.data / "replica.db")
    feed.tend()
    feed.catch_up()
    yield door, feed
    feed.close()


def registry_time(reading, ahead_ms=0):
    """A time of the registry; `ahead_ms`: of the steady clock, as an earlier boot may have had it."""
    return Clock(
        source="registry",
        trusted_ms=reading.wall_ms,
        mono_ms=reading.mono_ms + ahead_ms,
        error_ms=10,
    )


def notify(world, kind, body):
    with world.replica.transaction():
        world.replica.notify_door(kind, body)


def test_a_trusted_time_that_tells_more_is_recorded_and_one_of_an_earlier_boot_is_not(
    feed_of, world
):
    door, feed = feed_of
    reading = door.read_clock()
    notify(world, "clock", registry_time(reading, ahead_ms=10**9))
    feed.read_inbox()
    assert world.written("clock") == []

    notify(world, "clock", registry_time(reading))
    feed.read_inbox()
    feed.read_inbox()
    assert [body.source for body in world.written("clock")] == ["registry"]
    assert door.inbox_read == 2


def test_a_rollback_is_an_alarm(feed_of, world):
    _, feed = feed_of
    notify(world, "rollback", {"log": "ab" * 12, "elsewhere": 7, "here": 3})
    feed.read_inbox()

    (alarm,) = world.written("alarm")
    assert alarm.what == "rollback"
    assert "others hold 7 entries" in alarm.detail


def test_a_kiosk_known_by_its_certificate_alone_stands_at_its_gate(feed_of, world):
    door, feed = feed_of
    world.replica.introduce(
        Kiosk(device="0123456789abcdef", public=bytes(32), gate="chengdu-room-b-1")
    )
    feed.read_inbox()
    assert door.kiosk_at("chengdu-room-b-1") == "0123456789abcdef"
    assert door.others_at_gates() == {"chengdu-room-b-1": [None]}

    # A door that starts later finds it in the file.
    feed.check_readable()
    assert door.kiosk_at("chengdu-room-b-1") == "0123456789abcdef"


def test_seats_are_no_matter_where_the_area_has_no_capacity(feed_of, world):
    _, feed = feed_of
    notify(world, "reached", ["0123456789abcdef"])
    feed.read_inbox()
    assert world.written("seats") == []


def test_a_feed_without_a_file_hears_nothing(open_door, world, tmp_path):
    door = open_door(world)
    feed = ReplicaFeed(door, tmp_path / "nothing.db")
    feed.tend()
    assert not feed.read_entries()
    feed.read_inbox()
    (tmp_path / "nothing.db").write_bytes(b"")
    feed.tend()
    assert feed.position == 0
    ReplicaFeed(door).tend()
    ReplicaFeed(door).close()


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OSError(28, "no space"), "disk_full"),
        (OSError(30, "read-only"), "disk_read_only"),
        (OSError(5, "i/o"), "disk_errors"),
        (sqlite3.DatabaseError("not a database"), "journal"),
    ],
)
def test_what_is_wrong_with_the_disk_is_named(error, cause):
    assert cause_of(error) == cause
