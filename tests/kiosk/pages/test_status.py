"""What a door reports to its own machine's pages and commands."""

from __future__ import annotations

from access.log.entry import GateGiven
from kiosk.pages.status import gate_by, status


def test_who_put_a_kiosk_at_its_gate_is_told(make_world, open_door):
    spare = open_door(make_world(gate=None))
    assert gate_by(spare) is None
    spare.record("gate", GateGiven(gate="chengdu-main-1", staff=b"badge"))
    assert gate_by(spare) == "supervisor"
    assert gate_by(open_door(make_world())) == "registry"


def test_the_status_counts_reasons_and_names_how_far_the_log_is(stand):
    stand.show(stand.world.walk_up().text)
    answer = status(stand.loop)

    assert answer["state"] == "working"
    assert (answer["gate"], answer["gate_by"], answer["event"]) == (
        "chengdu-main-1",
        "registry",
        "smarthk-2020",
    )
    assert (answer["log"], answer["seq"]) == (stand.door.log, stand.door.seq)
    assert answer["reasons"] == {"unlisted": 1}
    assert answer["clock"]["lo_ms"] <= answer["clock"]["hi_ms"]
    assert answer["replica"]["heard"] == stand.feed.position > 0


def test_a_door_without_a_replica_says_so(stand):
    stand.feed.close()
    assert status(stand.loop)["replica"] is None


def test_what_is_broken_is_the_cause(stand):
    stand.loop.presenter.broken = "disk_full"
    answer = status(stand.loop)
    assert (answer["state"], answer["cause"]) == ("out_of_order", "disk_full")
