"""`jianmen kiosk status` in words, without the names of fields."""

from __future__ import annotations

from typing import Any

from jianmen.cli.kiosk.status_lines import status_lines

NOW_MS = 1_605_573_000_000

PEER: dict[str, Any] = {
    "last_contact_ms": NOW_MS - 1000, "failures": 0, "why": "", "held": 90, "behind": 10, "ahead": 3, "rejected": {},
}  # fmt: skip

WORKING: dict[str, Any] = {
    "state": "working",
    "cause": None,
    "device": "0123456789abcdef",
    "event": "smarthk-2020",
    "gate": "chengdu-main-1",
    "gate_by": "registry",
    "direction": "in",
    "camera": "ok",
    "scanner": "none",
    "fire": False,
    "log": "a" * 24,
    "seq": 1234,
    "reasons": {"ok": 7, "wrong_venue": 1},
    "clock": {"sure": True, "lo_ms": NOW_MS, "hi_ms": NOW_MS},
    "replica": {"heard": True, "registry_heard_ms": NOW_MS, "targets": {"registry": PEER}},
    "versions": {"jianmen": "0.1.0"},
}


def lines(**changes: Any) -> str:
    return "\n".join(status_lines({**WORKING, **changes}, NOW_MS))


def test_a_working_door_in_words() -> None:
    shown = lines()
    assert "the door is working" in shown
    assert "gate: chengdu-main-1, in; given by registry" in shown
    assert "answers of the last minutes: ok 7, wrong_venue 1" in shown
    assert "own log: 1,234 entries" in shown
    assert "registry: in touch" in shown
    assert "still to bring there: 3" in shown
    assert "_ms" not in shown


def test_what_is_not_as_it_should_be_is_said() -> None:
    unsure = {"sure": False, "lo_ms": NOW_MS, "hi_ms": NOW_MS + 3_600_000}
    shown = lines(
        state="out_of_order", cause="disk_full", gate=None, gate_by=None, clock=unsure, replica=None,
        fire=True, reasons={}, event=None, camera="lost",
    )  # fmt: skip
    assert "the door is out of order: disk full" in shown
    assert "gate: none; a spare" in shown
    assert "clock: not sure; between" in shown
    assert "is it running?" in shown
    assert "the door is released" in shown
    assert "camera: lost" in shown


def test_a_door_that_waits_says_what_for() -> None:
    waiting = {
        "state": "waiting",
        "says": "This kiosk is not set up",
        "cause": "not_enrolled",
        "versions": {},
    }
    shown = list(status_lines(waiting, NOW_MS))
    assert shown[:2] == [
        "the door is waiting: not enrolled",
        "its screen says: This kiosk is not set up",
    ]
