"""From what is presented and what the logs contain to the inputs of the rule book."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec
import pytest

from access.badge.credential import Claims, Plain, foreign, verifier
from access.event.programme import Programme
from access.log.entry import Span
from access.log.log_entry import Order
from access.log.receipt import receipt
from access.state.facts import (
    NEVER_MS,
    Moment,
    facts_as_known,
    facts_as_recorded,
    facts_now,
    listed_claims,
    presented_signed,
    unlisted_claims,
    unlisted_verifier,
)

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


# What was presented.


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


def test_whether_a_key_that_was_never_heard_of_has_signed_is_unknown(
    example: Programme, build: Any, guest: Claims
) -> None:
    badge = build.signed("smarthk-2020", BEN, guest)
    elsewhere = build.signed("another event", BEN, guest)

    assert presented_signed(badge, MAIN, "in", example, {}, {0}).proof is None
    assert presented_signed(badge, MAIN, "in", example, {}, {0, 1}).proof == "failed"
    assert presented_signed(elsewhere, MAIN, "in", example, {}, {0}).proof == "failed"


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


def test_facts_are_the_rosters_claims_the_newest_issue_and_the_location(
    door: Any, registry: Any, build: Any, guest: Claims, now: int
) -> None:
    anna = build.plain(ANNA)
    before = door.facts(door.sees(anna), now)
    assert (before.listed, before.newest_issue, before.location) == (guest, 1, None)
    assert (before.revoked, before.seats, before.roster_age_ms) == (False, None, 0)
    door.shows(now, anna)
    registry.revokes(now, ANNA)
    registry.issues(now, ANNA, guest, issue=3)
    door.learns(registry)
    after = door.facts(door.sees(anna), now + 1)
    assert (after.location, after.newest_issue, after.revoked) == ("chengdu", 3, True)


def test_the_age_of_the_roster_is_that_of_the_registrys_newest_head(
    door: Any, build: Any, now: int
) -> None:
    seen = door.sees(build.plain(ANNA))
    door.heard_ms = now - 250 * 60_000
    assert door.facts(seen, now).roster_age_ms == 250 * 60_000


def ask(door: Any, build: Any, now: int, **more: Any) -> Any:
    seen = door.sees(build.plain(ANNA))
    moment = Moment(door.moment(now).span, now, more.get("sure", True))
    account = (door.kiosk.device, MAIN)
    return facts_now(
        seen, door.known.history(ANNA), door.known.event_state, account, moment, None, None
    )


def test_a_registry_never_heard_of_is_as_old_as_can_be(door: Any, build: Any, now: int) -> None:
    assert ask(door, build, now).roster_age_ms == NEVER_MS


def test_while_the_clock_is_unsure_the_age_of_the_roster_is_unknown(
    door: Any, build: Any, now: int
) -> None:
    assert ask(door, build, now, sure=False).roster_age_ms is None


def test_without_an_event_definition_there_is_nothing_to_ask(build: Any, now: int) -> None:
    known = build.log_state()
    moment = Moment(None, now, True)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no event definition"):
        facts_now(None, known.history(None), known.event_state, ("", ""), moment, None, None)  # type: ignore[arg-type]


def test_a_door_knows_its_free_seats_and_who_has_one(
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
    assert full.seat_at is None
    seat = other.scans(now + 3, ANNA, seat=True, area="chengdu-room-b")
    other.boots(now - 8_000)
    door.known.add(seat.log, seat.digest, seat.raw)
    other.trusts(now + 4)
    door.learns(other)
    elsewhere = door.facts(door.sees(anna), now + 5)
    assert (elsewhere.holds_seat, elsewhere.seat_at) == (False, "chengdu-room-b-2")


def test_claims_can_be_asked_as_of_an_earlier_position_in_the_order(
    door: Any, registry: Any, build: Any, example: Programme, guest: Claims, now: int
) -> None:
    changed = build.claims(example, "media")
    amended = registry.issues(now, ANNA, changed)
    door.learns(registry)
    history = door.known.history(ANNA)
    order = door.known.event_state.order(amended.entry)
    assert listed_claims(history, 1) == changed
    assert history.listed(1, msgspec.structs.replace(order, at_ms=now - 1)).claims == guest
    assert listed_claims(history, 2) is None


# As recorded, and as known later.


@pytest.fixture
def later(forum: Any) -> Any:
    """The forum, and a door that knew the registry's log up to its definition and the roster's first three."""
    forum.head = (forum.registry.log, forum.registry.entries[-7].entry.seq)
    return forum


def shown(forum: Any, number: int, **scan: Any) -> Any:
    """A presentation at north-in at nine, its body, and what everybody knows of the badge."""
    at = forum.at("09:00")
    seen = {"roster_head": forum.head, "span": Span(at, at), "roster_issue": 1} | scan
    body = msgspec.structs.replace(forum.enters("north-in", "09:00", number).entry.body, **seen)
    entry = forum.doors["north-in"].writes(at, "scan", body)
    known = forum.known()
    return entry.entry, body, known.history(forum.build.badge(number)), known


def recorded(forum: Any, number: int, **scan: Any) -> Any:
    read, body, history, known = shown(forum, number, **scan)
    until = known.registry_until(body.roster_head)
    assert known.registry_until(body.roster_head) == until
    return facts_as_recorded(read, body, history, known.event_state, until)


def test_recorded_facts_have_the_roster_as_far_as_the_door_had_it(later: Any) -> None:
    question = recorded(later, 1, place="hall", seats=2)
    assert question.facts.listed == later.delegate
    assert (question.facts.location, question.facts.seats) == ("hall", 2)
    assert question.presented.form == "plain"
    assert recorded(later, 9).facts.listed is None


def test_a_door_that_knew_nothing_of_the_registrys_log_went_by_what_it_was_enrolled_with(
    later: Any,
) -> None:
    other = msgspec.structs.replace(later.programme.event, id="renamed")
    later.registry.defines(later.at("08:30"), other)
    assert recorded(later, 1, roster_head=None).programme.event.id == "small"
    known = later.build.log_state(later.registry.entries[:1])
    nobody = Order(0, "", 0, b"")
    assert known.event_state.programme_known_to("0" * 16, nobody).event.id == "small"


def test_how_far_a_door_knew_is_unknown_where_the_entry_it_names_is_not_stored(later: Any) -> None:
    known = later.known()
    assert known.registry_until((later.registry.log, 999)) is None
    assert known.registry_until((later.doors["hall-1"].log, 1)) is None


def test_an_issue_proven_elsewhere_explains_a_superseded_badge(later: Any) -> None:
    own = b"\x01" + bytes(13)
    badge = later.build.badge(1)
    later.doors["hall-1"].scans(later.at("08:50"), badge, issue=2, claims=own)
    question = recorded(later, 1, verdict="refuse", reason="superseded", roster_issue=1)
    assert question.facts.newest_issue == 2


@pytest.mark.parametrize("scan", [{"span": None}, {"gate": "a-window"}])
def test_what_cannot_be_asked_again_is_not(later: Any, scan: Any) -> None:
    assert recorded(later, 1, **scan) is None


def test_a_gate_of_no_definition_is_not_asked_about_later_either(later: Any) -> None:
    read, body, history, known = shown(later, 1, gate="a-window")
    assert facts_as_known(read, body, history, known.event_state, None) is None


@pytest.mark.parametrize(
    ("badge", "reason", "other"),
    [
        (None, "not_a_badge", False),
        (b"\0\0\0\0\1", "not_a_badge", False),
        (None, "other_event", True),
    ],
)
def test_what_was_no_badge_stays_none(later: Any, badge: Any, reason: str, *, other: bool) -> None:
    question = recorded(later, 1, badge=badge, reason=reason, issue=None, proof=None)
    assert (question.presented.form, question.presented.other_event) == (None, other)


@pytest.mark.parametrize(("genuine", "proof"), [(True, "proven"), (False, "failed")])
def test_a_later_roster_shows_whether_an_unknown_badge_was_genuine(
    later: Any, proof: str, *, genuine: bool
) -> None:
    secret = later.build.plain(later.build.badge(9)).secret if genuine else b"a secret..."
    trace = sha256(verifier(secret)).digest()
    scan = {"proof": None, "reason": "unknown", "verifier": trace}
    read, body, history, known = shown(later, 9, **scan)
    question = facts_as_known(read, body, history, known.event_state, None)
    assert question is not None
    assert question.presented.proof == proof
    old = msgspec.structs.replace(body, verifier=None)
    question = facts_as_known(read, old, history, known.event_state, None)
    assert question is not None
    assert question.presented.proof is None


def test_an_entry_keeps_what_shows_later_whether_an_unlisted_badge_was_genuine(
    door: Any, build: Any, now: int
) -> None:
    anna, stranger = build.plain(ANNA), build.plain(b"nobod")
    listed, unlisted = (door.sees(code) for code in (anna, stranger))
    facts = door.facts(unlisted, now)
    trace = sha256(verifier(stranger.secret)).digest()
    assert unlisted_verifier(stranger, unlisted, facts) == trace
    assert unlisted_verifier(anna, listed, door.facts(listed, now)) is None
    assert unlisted_verifier(None, unlisted, facts) is None
    assert unlisted_claims(stranger, facts) is None


# Receipts.


def test_a_receipt_follows_the_definition_that_the_door_had(forum: Any) -> None:
    event = forum.programme.event
    scan = forum.enters("hall-2", "09:00", 1)
    code = receipt(forum.programme, "hall-2", scan.digest)
    fewer = tuple(g for g in event.gates if g.id not in ("north-in", "hall-2"))
    forum.registry.defines(forum.at("10:00"), msgspec.structs.replace(event, gates=fewer))
    known = forum.known()
    assert known.receipt_of(known.entry(scan.ref)) == code
    head = (forum.registry.log, forum.registry.entries[-1].seq)
    body = msgspec.structs.replace(scan.entry.body, roster_head=head)
    late = forum.doors["hall-2"].writes(forum.at("09:30"), "scan", body)
    assert known.receipt_of(late.entry) == receipt(forum.programme, "hall-2", late.digest)
    room = forum.enters("room-1", "11:00", 1)
    assert known.receipt_of(room.entry) == receipt(forum.programme, "room-1", room.digest)


def test_what_shows_no_receipt_has_none(forum: Any) -> None:
    known = forum.known()
    assert known.receipt_of(forum.registry.entries[0].entry) is None
    window = forum.doors["hall-1"].scans(forum.at("09:00"), None, gate="a-window")
    assert known.receipt_of(window.entry) is None


def test_an_entry_is_found_by_its_name_on_whatever_branch(forum: Any) -> None:
    door, copy = forum.doors["hall-1"], forum.build.kiosk("hall-1", forum.at("08:00"))
    copy.boots()
    copy.trusts(forum.at("08:00"))
    one = door.scans(forum.at("09:00"), forum.build.badge(1))
    other = copy.scans(forum.at("09:00"), forum.build.badge(2))
    known = forum.build.log_state([*forum.entries, *copy.entries])
    assert known.entry(one.ref).digest == one.digest
    assert known.entry(other.ref).digest == other.digest
    assert known.entry(msgspec.structs.replace(one.ref, digest=bytes(32))) is None
    assert known.entry(msgspec.structs.replace(one.ref, seq=99)) is None
