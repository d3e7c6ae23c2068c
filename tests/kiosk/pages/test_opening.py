"""The doors-open check at a kiosk: test badges of the registry's own making, answers, sign-off, and nobody counted."""

from __future__ import annotations

import json
import threading

import pytest
from click.testing import CliRunner

from access.badge.credential import Plain, plain_text, verifier
from access.log.entry import GENESIS, BadgeIssued, Boot, Revoked, Scan, digest_of, encode
from access.log.log_entry import LogEntry, read_entry
from access.log.sign_offs import OpeningChecked
from access.rules.opening_check import OpeningRecords, claims_of, opening_badges
from hardware.ports.door_contacts import now_ms
from hardware.ports.events import Reading
from hardware.ports.signals import Light
from jianmen.cli.kiosk.commands import kiosk
from kiosk.door.staff_actions import StaffError
from kiosk.pages.app import create_app
from kiosk.pages.opening.report import sign_off
from kiosk.pages.serving import PageServer

SECRET = b"t" * 11
FORGED = b"f" * 11
PATIENCE_S = 20.0


def put_on_the_roster(world) -> dict[tuple[str, str], str]:
    """What the registry writes for its test badges; the texts by venue and case."""
    texts = {}
    for badge, one in opening_badges(world.event).items():
        body = BadgeIssued(
            badge=badge,
            issue=1,
            form="plain",
            claims=claims_of(world.event, one),
            verifier=verifier(SECRET),
        )
        world.registry_writes(("badge", body))
        if one.case == "revoked":
            world.registry_writes(("revoke", Revoked(badge=badge, issue=None, why="a test badge")))
        secret = FORGED if one.case == "forged" else SECRET
        texts[one.venue, one.case] = plain_text(Plain(badge, 1, secret))
    world.deliver()
    return texts


@pytest.fixture
def make_door(make_world, make_stand):
    def make(gate: str = "chengdu-main-1"):
        world = make_world(gate)
        texts = put_on_the_roster(world)
        manager = world.register("Ho Mei Ling", ticket="staff")
        world.deliver()
        stand = make_stand(world)
        stand.until(lambda: not stand.feed.read_entries())
        return stand, texts, manager

    return make


@pytest.mark.parametrize("gate", ["chengdu-main-1", "chengdu-room-a-1", "meishan-main-1"])
def test_every_test_badge_gets_the_right_answer_and_opens_nothing(make_door, gate):
    stand, texts, _ = make_door(gate)
    venue = stand.door.programme.venue_of(stand.door.gate.area)
    for case in ("good", "revoked", "other_venue", "too_early", "forged"):
        stand.show(texts[venue, case])
        if case == "good":
            assert stand.signals.light is Light.ADMIT
            stand.show(texts[venue, case])

    outcomes = stand.loop.trial.outcomes(stand.door)
    assert {case: one.state for case, one in outcomes.items()} == dict.fromkeys(
        ("good", "revoked", "other_venue", "too_early", "forged", "twice"), "good"
    )
    assert stand.signals.openings == 0
    assert stand.screen_feed.screen.cause == "Test badge: nothing opens, nobody is counted"


def test_test_badges_are_recorded_and_count_as_nobody(make_door, service_of):
    stand, texts, _ = make_door()
    stand.show(texts["chengdu", "good"])
    stand.show(texts["chengdu", "revoked"])

    scans = [body for body in stand.world.written("scan") if isinstance(body, Scan)]
    assert [(body.reason, body.test, body.seat) for body in scans] == [
        ("ok", True, False),
        ("revoked", True, False),
    ]
    client = create_app(service_of(stand), sounds=False).test_client()
    area = client.get("/headcount.json").get_json()["areas"]["chengdu"]
    assert (area["inside"], area["entries"], area["people"], area["refused"]) == (0, 0, 0, 0)
    assert list(stand.loop.recent) == []


def test_a_test_badge_of_another_venues_sheet_is_told(make_door):
    stand, texts, _ = make_door()
    stand.show(texts["meishan", "good"])

    found = stand.loop.trial.outcomes(stand.door)["good"]
    assert (found.state, found.reason) == ("bad", "other_sheet")


def test_a_door_that_has_not_heard_of_the_revocation_fails_the_check(make_world, make_stand):
    world = make_world()
    badge, one = next(
        found for found in opening_badges(world.event).items() if found[1].case == "revoked"
    )
    claims = claims_of(world.event, one)
    body = BadgeIssued(badge=badge, issue=1, form="plain", claims=claims, verifier=verifier(SECRET))
    world.registry_writes(("badge", body))
    world.deliver()
    stand = make_stand(world)
    stand.show(plain_text(Plain(badge, 1, SECRET)))

    found = stand.loop.trial.outcomes(stand.door)["revoked"]
    assert (found.state, found.reason) == ("bad", "ok")


def test_a_way_out_is_tried_with_what_says_something_there(make_door):
    stand, texts, _ = make_door("chengdu-exit")
    stand.show(texts["chengdu", "good"])
    stand.show(texts["chengdu", "forged"])

    assert {case: one.state for case, one in stand.loop.trial.outcomes(stand.door).items()} == {
        "good": "good",
        "forged": "good",
    }


def test_a_supervisor_signs_off_and_it_is_an_entry(make_door):
    stand, texts, manager = make_door()
    stand.show(texts["chengdu", "good"])

    sign_off(stand.loop, manager.text, {"lights": True, "sound": False}, "no loudspeaker yet")

    (signed,) = [b for b in stand.world.written("opening") if isinstance(b, OpeningChecked)]
    assert signed.gate == "chengdu-main-1"
    assert (signed.findings["lights"], signed.findings["sound"]) == ("good", "bad")
    assert signed.test_badges["good"] == "good"
    assert signed.test_badges["forged"] == "not_done"
    assert (signed.staff, signed.note) == (manager.badge, "no loudspeaker yet")
    outcomes = stand.loop.trial.outcomes(stand.door).values()
    assert {one.state for one in outcomes} == {"not_done"}, "the next check begins again"


def test_nobody_else_signs_off(make_door):
    stand, texts, _ = make_door()
    guest = stand.world.register("Jane Smith")
    stand.world.deliver()
    stand.until(lambda: not stand.feed.read_entries())

    for text in (guest.text, texts["chengdu", "good"], "https://example.org"):
        with pytest.raises(StaffError):
            sign_off(stand.loop, text, {"lights": True, "sound": True}, "")
    assert stand.world.written("opening") == []


def test_a_test_badge_that_is_still_held_up_is_not_taken_for_the_card(make_door):
    stand, texts, manager = make_door()
    stand.show(texts["chengdu", "good"])
    card = stand.loop.await_card()
    stand.show(texts["chengdu", "good"])
    stand.show(texts["chengdu", "forged"])
    assert not card.done()

    stand.show(manager.text)
    assert card.result(0) == manager.text


def test_the_page_waits_for_the_card_and_shows_the_whole_venue(make_door, service_of, at_work):
    stand, _, manager = make_door()
    at_work(stand)
    client = create_app(service_of(stand), sounds=False).test_client()
    token = {"X-Jianmen-Token": client.application.jinja_env.globals["token"]}
    before = client.get("/opening/state").get_json()
    assert before["test_badges"]["good"]["state"] == "not_done"
    assert {one["code"] for one in before["kiosks"]} >= {"C1", "C2"}
    assert next(one for one in before["kiosks"] if one["mine"])["checked"] is None

    answers = []
    asked = threading.Thread(
        target=lambda: answers.append(
            client.post("/opening/sign", json={"lights": True}, headers=token)
        )
    )
    asked.start()
    seen = ""
    while stand.headline != "Show the staff card":
        found = stand.screen_feed.after(seen, PATIENCE_S)
        assert found is not None
        seen, _ = found
    stand.inputs.put("camera", Reading(manager.text, b"", "test", 1.0, now_ms()))
    asked.join(PATIENCE_S)

    assert answers[0].status_code == 200
    mine = next(one for one in answers[0].get_json()["kiosks"] if one["mine"])
    assert mine["checked"]["good"] is False
    assert "lights" not in mine["checked"]["not_good"]
    assert "sound" in mine["checked"]["not_good"]
    assert "Ho Mei" not in answers[0].text


def test_the_command_names_what_each_door_of_the_venue_lacks(make_door, service_of, at_work):
    stand, _, _ = make_door()
    at_work(stand)
    server = PageServer(create_app(service_of(stand), sounds=False), "127.0.0.1", 0)
    server.start()
    port = server.url.rstrip("/").rpartition(":")[2]
    command = ["opening", "--data", str(stand.world.data), "--port", port]
    answer = CliRunner().invoke(kiosk, [*command, "--json"])
    lacking = {line["gate"]: line["lacks"] for line in map(json.loads, answer.stdout.splitlines())}
    words = CliRunner().invoke(kiosk, command).stdout
    stand.screen_feed.close()
    server.close()

    assert answer.exit_code == 1
    assert "not signed off" in lacking["chengdu-main-1"]
    assert lacking["chengdu-main-2"] == ["no kiosk"]
    assert not any(gate.startswith("meishan") for gate in lacking)
    assert "C2  Chengdu: no kiosk" in words


def test_the_check_is_not_signed_off_by_another_page(make_door, service_of):
    stand, _, _ = make_door()
    client = create_app(service_of(stand), sounds=False).test_client()

    assert client.post("/opening/sign", json={}).status_code == 403


def test_of_two_starts_the_later_ones_versions_count():
    """Whatever order the entries come in."""
    records = OpeningRecords()
    starts = [started("0.2.0", 2_000), started("0.1.0", 1_000)]
    for entry in starts:
        records.add(entry)

    assert records.versions(starts[0].device) == {"jianmen": "0.2.0"}
    assert records.versions("0" * 16) == {}


def started(version: str, wall_ms: int) -> LogEntry:
    body = Boot(
        device="a" * 16, previous=None, boot_id="b", why="power", versions={"jianmen": version}
    )
    log = "a" * 16 + f"{wall_ms:08x}"
    raw = encode(1, GENESIS, 0, wall_ms, False, "boot", body)
    return read_entry(log, digest_of(raw), raw)
