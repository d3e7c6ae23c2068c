"""Arrivals over the day: what the curves of the live page are drawn from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from access.state.arrivals import Arrivals
from registry.roster.model import IssuedBadge

MINUTE_MS = 60_000


def area(report: Any, name: str) -> Any:
    return next(one for one in report["areas"] if one["id"] == name)


def test_nobody_has_come_yet(api: Any, delegates: list[IssuedBadge]) -> None:
    report = api.get("/arrivals")
    assert (report["inside"], report["came"], report["registered"]) == (0, 0, 3)
    assert (report["peak"], report["peak_at"], report["per_minute"]) == (0, None, 0.0)
    assert area(report, "chengdu")["entries"] == [0]


def test_arrivals_are_counted_by_time_area_and_gate(
    api: Any, delegates: list[IssuedBadge], new_kiosk: Callable[[str], Any], clock: Any
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    for badge in (delegates[0], delegates[2]):
        kiosk.show(badge.text)
    clock.wait(12 * MINUTE_MS)
    kiosk.show(delegates[0].text)
    kiosk.exchange()
    clock.wait(2 * MINUTE_MS)
    kiosk.exchange()
    report = api.get("/arrivals")
    chengdu = area(report, "chengdu")
    assert report["begins"].startswith("2020-11-17T08:30")
    assert (chengdu["entries"], chengdu["again"]) == ([2, 0, 1], 1)
    assert (report["came"], report["peak"], report["peak_at"][11:16]) == (2, 2, "08:30")
    assert report["per_minute"] == 0.2
    rates = {gate["id"]: gate["per_minute"] for gate in report["gates"]}
    assert (rates["chengdu-main-1"], rates["meishan-main-1"]) == (0.2, 0.0)
    assert [gate["id"] for gate in report["gates"] if gate["kiosk"]] == ["chengdu-main-1"]


def test_a_curve_says_from_when_on_it_is_not_known(
    api: Any, new_kiosk: Callable[[str], Any], clock: Any
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.exchange()
    assert area(api.get("/arrivals"), "chengdu")["unknown_from"] is None
    heard = clock.now_ms
    clock.wait(6 * MINUTE_MS)
    report = api.get("/arrivals")
    assert area(report, "chengdu")["unknown_from"][11:16] == "08:30"
    assert area(report, "meishan")["unknown_from"] is None
    assert clock.now_ms - heard == 6 * MINUTE_MS


def test_a_room_that_fills_says_when_it_will_be_full(
    api: Any, delegates: list[IssuedBadge], new_kiosk: Callable[[str], Any], clock: Any
) -> None:
    clock.wait(5 * 60 * MINUTE_MS)
    assert clock.now_ms % (60 * MINUTE_MS) == 30 * MINUTE_MS
    clock.wait(15 * MINUTE_MS)  # 13:45: the room has three places
    kiosk = new_kiosk("chengdu-room-b-1")
    for badge in (delegates[0], delegates[2]):
        assert kiosk.show(badge.text).decision.verdict == "admit"
    clock.wait(MINUTE_MS)
    kiosk.exchange()
    room = area(api.get("/arrivals"), "chengdu-room-b")
    assert sum(room["entries"]) == 2
    assert room["full_at"][11:16] == "13:51"
    assert area(api.get("/arrivals"), "chengdu-room-a")["full_at"] is None


def test_the_curve_folded_bit_by_bit_is_the_curve_folded_at_once(
    api: Any,
    delegates: list[IssuedBadge],
    new_kiosk: Callable[[str], Any],
    clock: Any,
    service: Any,
) -> None:
    with service.snapshot() as known:
        growing = Arrivals(known)
        growing.on_day_of(clock.now_ms)
    kiosk = new_kiosk("chengdu-main-1")
    for badge in (*delegates, delegates[0]):
        kiosk.show(badge.text)
        kiosk.exchange()
        with service.snapshot() as known:
            day = growing.on_day_of(clock.now_ms)
            at_once = Arrivals(known).on_day_of(clock.now_ms)
            assert +day.entries == +at_once.entries
            assert (day.came, +day.gates, +day.again) == (
                at_once.came,
                +at_once.gates,
                +at_once.again,
            )


def test_registered_means_the_same_everywhere(
    api: Any, service: Any, delegates: list[IssuedBadge], new_kiosk: Callable[[str], Any]
) -> None:
    """Whose badge is revoked is registered no more; a new print, a new badge and an erased name change nothing."""

    def registered() -> int:
        said = api.get("/arrivals")["registered"]
        metrics = api.client.get("/metrics", headers={"Authorization": f"Bearer {api.token}"}).text
        totals = api.get("/attendance")
        assert totals["registered"] == said
        assert f"jianmen_registered {said}.0" in metrics
        return int(said)

    assert registered() == 3
    api.post("/badges/test", {})
    assert registered() == 3
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.show("JAEAACAQDAQCQMBYIBEFAWDANBYHQ")
    kiosk.exchange()
    assert registered() == 3
    first, second, third = (badge.code for badge in delegates)
    api.post(f"/registrants/{first}/revoke", {"why": "cancelled"})
    assert registered() == 2
    api.post(f"/registrants/{first}/unrevoke", {})
    assert registered() == 3
    api.post(f"/registrants/{second}/reissue", {})
    assert registered() == 3
    api.post(f"/registrants/{second}/revoke", {"why": "of the old print", "issue": 1})
    assert registered() == 3
    api.post(f"/registrants/{second}/revoke", {"why": "of the new one", "issue": 2})
    assert registered() == 2
    api.post(f"/registrants/{third}/erase", {})
    assert registered() == 2
