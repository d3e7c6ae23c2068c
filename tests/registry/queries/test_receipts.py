"""Decisions found again by the code that the door showed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from access.log.entry import Void
from registry.roster.model import IssuedBadge
from registry.service import RegistryService

NewKiosk = Callable[[str], Any]


def test_a_decision_is_found_with_its_facts(
    new_kiosk: NewKiosk, delegates: list[IssuedBadge], api: Any
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    answer = kiosk.show(delegates[1].text)
    kiosk.exchange()
    found = api.get(f"/receipts/{answer.receipt.lower()}")["receipts"]
    assert len(found) == 1
    one = found[0]
    assert (one["gate"], one["direction"], one["proof"]) == ("chengdu-main-1", "in", "proven")
    assert (
        one["then"]["reason"] == one["again"]["reason"] == one["today"]["reason"] == "wrong_venue"
    )
    assert one["again"]["rule"] == 10
    assert one["steps"][-1]["spoke"]
    assert one["code"] == delegates[1].code


def test_a_badge_revoked_before_but_heard_of_later_would_be_refused_today(
    new_kiosk: NewKiosk,
    delegates: list[IssuedBadge],
    api: Any,
    service: RegistryService,
    clock: Any,
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    clock.wait(60_000)
    service.revoke(delegates[0].badge, None, "lost")
    answer = kiosk.show(delegates[0].text)
    assert answer.opens
    kiosk.exchange()
    one = api.get(f"/receipts/{answer.receipt}")["receipts"][0]
    assert one["again"]["verdict"] == "admit"
    assert (one["today"]["verdict"], one["today"]["reason"]) == ("refuse", "revoked")


def test_a_person_without_a_booking_is_told_so_again(
    new_kiosk: NewKiosk, delegates: list[IssuedBadge], api: Any, clock: Any
) -> None:
    clock.wait(5 * 3_600_000 + 20 * 60_000)
    kiosk = new_kiosk("chengdu-room-a-1")
    answer = kiosk.show(delegates[0].text)
    kiosk.exchange()
    one = api.get(f"/receipts/{answer.receipt}")["receipts"][0]
    assert one["then"]["reason"] == one["again"]["reason"] == "not_booked"
    assert one["seats"] == 300


def test_something_that_is_no_badge_has_a_receipt_too(new_kiosk: NewKiosk, api: Any) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    answer = kiosk.show("https://example.org/")
    kiosk.exchange()
    one = api.get(f"/receipts/{answer.receipt}")["receipts"][0]
    assert one["badge"] is None
    assert one["then"]["reason"] == one["again"]["reason"] == "not_a_badge"


def test_what_staff_took_back_says_so(
    new_kiosk: NewKiosk, delegates: list[IssuedBadge], api: Any
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    answer = kiosk.show(delegates[0].text)
    void = Void(
        entry=answer.entry,
        badge=delegates[0].badge,
        staff=delegates[2].badge,
        staff_issue=1,
        why="wrong person",
    )
    kiosk.door.record("void", void)
    kiosk.exchange()
    assert api.get(f"/receipts/{answer.receipt}")["receipts"][0]["voided"]


def test_a_receipt_that_nobody_wrote_finds_nothing(api: Any) -> None:
    assert api.get("/receipts/C1-0000")["receipts"] == []


def test_nonsense_is_told_what_a_receipt_looks_like(api: Any) -> None:
    answer = api.call("GET", "/receipts/abc")
    assert answer.status_code == 400
    assert "M3-4F2K" in answer.json["error"]
