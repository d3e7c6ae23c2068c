"""From what is held up, and what the logs say, to what the rule book asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from access.badge.credential import Claims, Plain, foreign
from access.event.programme import Programme
from access.state.facts import NEVER_MS, Moment, gather, listed_claims, presented_signed

MAIN, ROOM_B = "chengdu-main-1", "chengdu-room-b-1"
ANNA, BEN = bytes(4) + b"a", bytes(4) + b"b"


@pytest.fixture
def now(instant: Callable[[str], int]) -> int:
    return instant("2020-11-17T14:30:00+08:00")


@pytest.fixture
def guest(build: Any, example: Programme) -> Claims:
    claims: Claims = build.claims(example, "delegate")
    return claims


@pytest.fixture
def registry(build: Any, example: Programme, guest: Claims, now: int) -> Any:
    """Has defined the event, named the key of signed badges, and issued Anna's badge."""
    registry = build.registry(now - build.DAY_MS)
    registry.defines(now - 9_000, example.event)
    registry.signs_with(now - 8_000, build.key("event key"))
    registry.issues(now - 7_000, ANNA, guest)
    return registry


@pytest.fixture
def door(build: Any, registry: Any, now: int) -> Any:
    return build.door(MAIN, registry, now - 5_000)


# What was held up.


def test_a_plain_badge_is_proven_by_its_secret(door: Any, build: Any) -> None:
    seen = door.sees(build.plain(ANNA))
    assert (seen.form, seen.badge, seen.issue, seen.proof) == ("plain", ANNA, 1, "proven")


def test_a_plain_badge_with_another_secret_fails(door: Any) -> None:
    assert door.sees(Plain(ANNA, 1, bytes(11))).proof == "failed"


def test_a_plain_badge_or_issue_that_the_roster_lacks_cannot_be_proven(
    door: Any, build: Any
) -> None:
    assert door.sees(build.plain(BEN)).proof is None
    assert door.sees(build.plain(ANNA, 2)).proof is None


def test_a_signed_badge_is_proven_by_a_key_of_the_event_listed_or_not(
    door: Any, build: Any, guest: Claims
) -> None:
    seen = door.sees(build.signed("smarthk-2020", BEN, guest))
    assert (seen.form, seen.proof, seen.claims) == ("signed", "proven", guest)
    assert not seen.other_event
    stranger = door.sees(build.signed("smarthk-2020", BEN, guest, key="another key"))
    assert (stranger.proof, stranger.other_event) == ("failed", False)


def test_whether_a_key_that_was_never_heard_of_has_signed_nobody_can_tell(
    example: Programme, build: Any, guest: Claims
) -> None:
    badge = build.signed("smarthk-2020", BEN, guest)
    elsewhere = build.signed("another event", BEN, guest)

    assert presented_signed(badge, MAIN, "in", example, {}, {1}).proof is None
    assert presented_signed(badge, MAIN, "in", example, {}, {0, 1}).proof == "failed"
    assert presented_signed(elsewhere, MAIN, "in", example, {}, {1}).proof == "failed"


def test_a_signed_badge_of_another_event_is_that_even_under_our_own_key(
    door: Any, build: Any, guest: Claims
) -> None:
    seen = door.sees(build.signed("another event", BEN, guest))
    assert (seen.other_event, seen.proof) == (True, "failed")


def test_an_imported_code_is_a_badge_and_any_other_text_is_none(
    door: Any, registry: Any, guest: Claims, now: int
) -> None:
    code = "TICKET-00417-KJQZ-99"
    assert door.sees(code).form is None
    badge = foreign(code).badge
    registry.issues(now, badge, guest, form="foreign", secret=code.encode())
    door.learns(registry)
    seen = door.sees(code)
    assert (seen.form, seen.badge, seen.proof) == ("foreign", badge, "proven")
    assert door.sees("TICKET-00418-KJQZ-99").form is None


def test_a_text_that_hits_the_id_of_one_of_our_own_badges_is_none(
    door: Any, registry: Any, guest: Claims, now: int
) -> None:
    registry.issues(now, foreign("some text").badge, guest)
    door.learns(registry)
    assert door.sees("some text").form is None


def test_a_person_found_by_staff_has_the_newest_issue_vouched_for(
    door: Any, registry: Any, guest: Claims, now: int
) -> None:
    assert (door.sees(ANNA).issue, door.sees(ANNA).proof) == (1, "vouched")
    registry.issues(now, ANNA, guest, issue=2)
    door.learns(registry)
    assert door.sees(ANNA).issue == 2
    assert door.shows(now, ANNA).reason == "ok"


def test_a_typed_code_that_the_roster_lacks_is_unknown(door: Any, now: int) -> None:
    assert (door.sees(BEN).issue, door.sees(BEN).proof) == (None, None)
    assert door.shows(now, BEN).reason == "unknown"


# What is known.


def test_facts_are_the_rosters_claims_the_newest_issue_and_the_place(
    door: Any, registry: Any, build: Any, guest: Claims, now: int
) -> None:
    anna = build.plain(ANNA)
    before = door.facts(door.sees(anna), now)
    assert (before.listed, before.newest_issue, before.place) == (guest, 1, None)
    assert (before.revoked, before.seats, before.roster_age_ms) == (False, None, 0)
    door.shows(now, anna)
    registry.revokes(now, ANNA)
    registry.issues(now, ANNA, guest, issue=3)
    door.learns(registry)
    after = door.facts(door.sees(anna), now + 1)
    assert (after.place, after.newest_issue, after.revoked) == ("chengdu", 3, True)


def test_the_age_of_the_roster_is_that_of_the_registrys_newest_word(
    door: Any, build: Any, now: int
) -> None:
    seen = door.sees(build.plain(ANNA))
    door.heard_ms = now - 250 * 60_000
    assert door.facts(seen, now).roster_age_ms == 250 * 60_000


def ask(door: Any, build: Any, now: int, **more: Any) -> Any:
    seen = door.sees(build.plain(ANNA))
    moment = Moment(door.moment(now).span, now, more.get("sure", True))
    account = (door.kiosk.device, MAIN)
    return gather(
        seen, door.known.history(ANNA), door.known.background, account, moment, None, None
    )


def test_a_registry_never_heard_of_is_as_old_as_can_be(door: Any, build: Any, now: int) -> None:
    assert ask(door, build, now).roster_age_ms == NEVER_MS


def test_while_the_clock_is_unsure_nobody_can_say_how_old_the_roster_is(
    door: Any, build: Any, now: int
) -> None:
    assert ask(door, build, now, sure=False).roster_age_ms is None


def test_without_an_event_definition_there_is_nothing_to_ask(build: Any, now: int) -> None:
    known = build.knowledge()
    moment = Moment(None, now, True)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no event definition"):
        gather(None, known.history(None), known.background, ("", ""), moment, None, None)  # type: ignore[arg-type]


def test_a_door_knows_its_free_seats_and_who_holds_one(
    build: Any, registry: Any, guest: Claims, now: int
) -> None:
    registry.issues(now - 6_000, BEN, guest)
    other = build.kiosk("chengdu-room-b-2", now - 9_000)
    registry.assigns(now - 5_500, other, "chengdu-room-b-2")
    door = build.door(ROOM_B, registry, now - 5_000)
    anna = build.plain(ANNA)
    first = door.facts(door.sees(anna), now)
    assert (first.seats, first.holds_seat, first.seats_elsewhere) == (2, False, ())
    door.shows(now, anna)
    door.shows(now + 1, build.plain(BEN))
    full = door.facts(door.sees(anna), now + 2)
    assert (full.seats, full.holds_seat) == (0, True)
    assert full.seats_elsewhere == (("chengdu-room-b-2", 1),)
    assert not door.facts(door.sees("no badge"), now + 2).holds_seat


def test_claims_can_be_asked_as_of_an_earlier_place_in_the_order(
    door: Any, registry: Any, build: Any, example: Programme, guest: Claims, now: int
) -> None:
    changed = build.claims(example, "media")
    amended = registry.issues(now, ANNA, changed)
    door.learns(registry)
    history = door.known.history(ANNA)
    order = door.known.background.order(amended.held)
    assert listed_claims(history, 1) == changed
    assert listed_claims(history, 1, msgspec.structs.replace(order, at_ms=now - 1)) == guest
    assert listed_claims(history, 2) is None
