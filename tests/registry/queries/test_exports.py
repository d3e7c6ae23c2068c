"""Every attempt as a table for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

from access.log.entry import Void
from registry.queries.exports import COLUMNS
from registry.roster.model import IssuedBadge

NewKiosk = Callable[[str], Any]


def rows(api: Any) -> list[dict[str, str]]:
    answer = api.call("GET", "/export")
    text = answer.data.decode("utf-8-sig")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_attempt_is_a_line_with_its_receipt(
    new_kiosk: NewKiosk, delegates: list[IssuedBadge], api: Any
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    answers = [kiosk.show(badge.text) for badge in delegates[:2]]
    void = Void(
        entry=answers[0].entry,
        badge=delegates[0].badge,
        staff=delegates[2].badge,
        staff_issue=1,
        why="wrong person",
    )
    kiosk.door.record("void", void)
    kiosk.exchange()
    found = rows(api)
    assert [(row["gate"], row["reason"], row["receipt"]) for row in found] == [
        ("chengdu-main-1", "ok", answers[0].receipt),
        ("chengdu-main-1", "wrong_venue", answers[1].receipt),
    ]
    assert [row["voided"] for row in found] == ["yes", ""]
    assert [row["ref"] for row in found] == ["P1", "P2"]
    # Half a second each way: what the registry says of its own clock.
    assert found[0]["at"] == "2020-11-17T08:30:09.500+08:00"
    assert found[0]["latest"] == "2020-11-17T08:30:10.500+08:00"


def test_nobody_is_named(new_kiosk: NewKiosk, delegates: list[IssuedBadge], api: Any) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.show(delegates[2].text)
    kiosk.exchange()
    text = api.call("GET", "/export").text
    for secret in ("Jane", "ACME", delegates[2].text, delegates[2].badge.hex()):
        assert secret not in text


def test_a_table_without_attempts_still_has_its_header(api: Any) -> None:
    answer = api.call("GET", "/export")
    assert answer.text.lstrip("\ufeff").strip() == ",".join(COLUMNS)
