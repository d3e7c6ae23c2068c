"""Staff mode at a staffed gate, over its pages, with a real card, PIN and journal."""

from __future__ import annotations

import threading

import msgspec
import pytest
from msgspec.structs import replace

from access.badge.credential import human_code
from access.badge.key_card import KeyCard, human_key, key_card_text, read_key_card
from access.log.entry import EventDefined, pack
from hardware.system.errand import Errand
from jianmen.testing.waiting import until

PIN = "60221407"
OLD_PIN = "246810"
PATIENCE_S = 20.0


@pytest.fixture
def desk(make_desk):
    """Staff mode is open at the door of Room B."""
    made = make_desk()
    assert made.unlock().get_json() == {"roles": ["door", "supervisor"], "outdated": False}
    return made


def test_the_card_that_unlocks_is_not_let_in_by_it(desk):
    assert desk.stand.reasons() == []
    assert desk.stand.signals.openings == 0


def test_nothing_is_told_or_done_while_staff_mode_is_locked(make_desk):
    desk = make_desk()

    assert desk.client.get("/staff/state").status_code == 409
    for action in ("let-in", "undo", "ask", "recount", "time", "direction", "search"):
        assert desk.why(action) == "locked"


def test_the_owners_pin_is_needed_and_guessing_is_slowed_down(make_desk, monkeypatch):
    monkeypatch.setattr("kiosk.door.staff_unlock.FREE_TRIES", 2)
    desk = make_desk()
    desk.show_card(desk.world.key_card(desk.card))

    assert [desk.why("unlock", pin=p) for p in ("00000000", "1", PIN)] == [
        "wrong_pin",
        "wrong_pin",
        "too_many",
    ]


def test_wrong_pins_are_counted_for_each_card_and_no_success_of_another_forgives_them(
    make_desk, monkeypatch
):
    monkeypatch.setattr("kiosk.door.staff_unlock.FREE_TRIES", 2)
    desk = make_desk()
    colleague = desk.world.register("Ho Man", ticket="staff", pin="94072518")
    desk.world.deliver()

    assert desk.unlock(pin="1").status_code == 409
    assert desk.unlock(colleague, pin="94072518").status_code == 200
    assert desk.unlock(pin="1").status_code == 409
    assert desk.unlock(pin=PIN).get_json() == {"why": "too_many"}
    assert desk.unlock(colleague, pin="94072518").status_code == 200  # and they are not locked out


def test_the_right_pin_begins_the_count_again(make_desk, monkeypatch):
    monkeypatch.setattr("kiosk.door.staff_unlock.FREE_TRIES", 2)
    desk = make_desk()

    for _ in range(3):
        assert desk.unlock(pin="1").status_code == 409
        assert desk.unlock().status_code == 200


def test_only_a_genuine_card_of_staff_with_a_pin_unlocks(make_desk):
    desk = make_desk()
    guest = desk.world.register("Jane Smith")
    without_pin = desk.world.register("Ho Man", ticket="staff")
    desk.world.deliver()

    for text, why in [
        (guest.text, "not_staff"),
        (desk.world.plain(desk.card.badge).text, "not_staff"),
        ("any code", "not_staff"),
        (without_pin.text, "no_pin"),
        (desk.card.text, "key_card_needed"),
        (key_card_text(KeyCard(desk.card.badge, b"0123456789")), "key_card_replaced"),
        (key_card_text(KeyCard(guest.badge, b"0123456789")), "not_staff"),
        (key_card_text(KeyCard(without_pin.badge, b"0123456789")), "key_card_replaced"),
    ]:
        desk.show_card(text)
        assert desk.why("unlock", pin=PIN) == why


def test_a_key_card_whose_code_is_typed_unlocks_as_well(make_desk):
    desk = make_desk()
    card = read_key_card(desk.world.key_card(desk.card))
    desk.post("card", code=human_key(card).lower().replace("-", " "))

    assert desk.post("unlock", pin=PIN).status_code == 200


def test_who_gives_up_unlocking_leaves_the_camera_to_the_people_at_the_door(make_desk):
    desk = make_desk()
    guest = desk.world.register("Jane Smith")
    desk.world.deliver()
    asked = threading.Thread(target=lambda: desk.post("card"))
    asked.start()
    desk.wait_for_card()
    desk.post("lock")
    asked.join()
    before = desk.stand.door.seq
    desk.scan(guest.text)
    assert desk.stand.door.seq == before + 1


def test_a_badge_and_pin_from_before_there_were_key_cards_still_unlock_and_it_is_mentioned(
    make_desk,
):
    desk = make_desk()
    colleague = desk.world.register("Ho Man", ticket="staff", old_pin=OLD_PIN)
    desk.world.deliver()
    desk.show_card(colleague.text)

    assert desk.why("unlock", pin="246811") == "wrong_pin"
    assert desk.post("unlock", pin=OLD_PIN).get_json()["outdated"] is True


def test_what_a_key_card_unlocked_is_done_in_its_owners_name_until_they_are_revoked(desk):
    desk.scan(desk.world.walk_up().text)
    (entry,) = desk.state()["answers"]
    assert desk.post("undo", number=entry["number"], why="mistake").status_code == 200
    (void,) = desk.world.written("void")
    assert void.staff == desk.card.badge

    desk.world.revoke(desk.card)
    desk.world.deliver()
    desk.stand.loop.submit(lambda: None).result(PATIENCE_S)
    assert desk.why("recount", area="chengdu-room-b", inside=7) == "not_staff"


def test_names_are_never_unlocked_at_a_self_service_gate(make_desk):
    desk = make_desk("chengdu-main-1")
    guest = desk.world.register("Jane Smith", venues=0b010)
    desk.world.deliver()
    desk.scan(guest.text)
    assert desk.unlock().status_code == 200

    (refused,) = desk.state()["answers"]
    assert (refused["name"], refused["reason"]) == ("", "wrong_venue")
    for action in ("search", "recount", "time", "direction"):
        assert desk.why(action, query="Jane") == "self_service"


def test_a_supervisor_lets_in_and_undoes_at_a_self_service_gate(make_desk):
    desk = make_desk("chengdu-main-1")
    guest = desk.world.register("Jane Smith", venues=0b010)
    desk.world.deliver()
    desk.scan(guest.text)
    desk.unlock()

    (refused,) = desk.state()["answers"]
    assert desk.post("let-in", number=refused["number"], why="mistake").get_json()["opens"]
    newest = desk.state()["answers"][0]
    assert desk.post("undo", number=newest["number"], why="mistake").status_code == 200
    assert desk.stand.signals.openings == 1


def test_door_staff_have_nothing_to_unlock_at_a_self_service_gate(make_desk):
    desk = make_desk("chengdu-main-1")
    tickets = [
        replace(one, roles=("door",) if one.roles else ()) for one in desk.world.event.tickets
    ]
    event = replace(desk.world.event, tickets=tuple(tickets))
    desk.world.registry_writes(("event", EventDefined(event=msgspec.Raw(pack(event)))))
    desk.world.deliver()

    assert desk.unlock().get_json() == {"why": "self_service"}


def test_staff_mode_locks_itself_when_nobody_touches_it(desk, monkeypatch):
    desk.state()
    with monkeypatch.context() as later:
        later.setattr("kiosk.pages.staff_session.IDLE_S", -1.0)
        assert desk.client.get("/staff/state").status_code == 409

    assert desk.client.get("/staff/state").status_code == 409


def test_another_browser_does_not_share_the_unlocking(desk):
    stranger = desk.client.application.test_client()

    assert stranger.get("/staff/state").status_code == 409


def test_staff_see_who_was_answered_what_and_let_somebody_in_with_a_reason(desk):
    guest = desk.world.register("Jane Smith", venues=0b010)
    desk.world.deliver()
    desk.scan(guest.text)
    (refused,) = desk.state()["answers"]
    assert (refused["name"], refused["reason"]) == ("Jane Smith", "wrong_venue")

    shown = desk.post("let-in", number=refused["number"], why="speaker or guest").get_json()

    assert (shown["verdict"], shown["reason"]) == ("admit_flagged", "overridden")
    assert desk.stand.signals.openings == 1
    assert desk.stand.headline == "Please go in"
    (override,) = desk.world.written("override")
    assert (override.stands, override.why) == ("wrong_venue", "speaker or guest")
    assert override.staff == desk.card.badge
    assert override.entry.seq > 0


def test_a_forged_badge_stays_out_even_by_hand(desk):
    guest = desk.world.register("Jane Smith")
    desk.world.deliver()
    desk.scan(desk.world.plain(guest.badge).text)
    (refused,) = desk.state()["answers"]
    shown = desk.post("let-in", number=refused["number"], why="known to staff").get_json()

    assert (shown["verdict"], shown["reason"]) == ("refuse", "forged")
    assert desk.stand.signals.openings == 0


def test_an_entry_taken_back_frees_its_seat(desk):
    desk.scan(desk.world.walk_up().text)
    assert desk.state()["seats"] == 1
    (entry,) = desk.state()["answers"]
    desk.post("undo", number=entry["number"], why="mistake")

    state = desk.state()
    assert state["seats"] == 2
    assert state["answers"][0]["undone"] is True
    (void,) = desk.world.written("void")
    assert void.why == "mistake"


def test_somebody_without_a_badge_is_found_by_name_and_the_door_is_asked(desk):
    guest = desk.world.register("陳大文", "zh-Hant")
    desk.world.register("Jane Smith")
    desk.world.deliver()
    answer = desk.post("search", query="陳大").get_json()
    (found,) = answer["people"]
    assert (answer["total"], answer["near"]) == (1, False)
    assert (found["name"], found["code"]) == ("陳大文", human_code(guest.badge))

    shown = desk.post("ask", badge=found["badge"]).get_json()

    assert shown["verdict"] == "admit"
    (scan,) = desk.world.written("scan")
    assert (scan.method, scan.proof, scan.badge) == ("manual", "vouched", guest.badge)


def test_the_code_beside_the_qr_is_typed_where_it_does_not_read(desk):
    guest = desk.world.register("Jane Smith")
    desk.world.deliver()

    assert desk.post("ask", code=human_code(guest.badge).lower()).get_json()["opens"] is True
    assert desk.why("ask", code="0000-0000-1") == "bad_code"


def test_a_two_way_gate_is_turned_by_hand(desk):
    desk.post("direction", direction="out")

    assert desk.state()["direction"] == "out"
    desk.scan(desk.world.walk_up().text)
    assert desk.stand.reasons() == ["not_inside"]


def test_people_counted_by_eye_are_recorded(desk):
    desk.post("recount", area="chengdu-room-b", inside=7)

    (recount,) = desk.world.written("recount")
    assert (recount.area, recount.inside) == ("chengdu-room-b", 7)
    assert desk.why("recount", area="nowhere", inside=1) == "failed"
    assert desk.why("recount", area="chengdu-room-b", inside=-1) == "failed"


def test_a_supervisor_sets_the_time_by_their_watch(desk):
    local = desk.state()["time"]
    assert desk.post("time", time=f"{local[:10]}T14:30").status_code == 200

    assert [clock.source for clock in desk.world.written("clock")] == ["kernel", "supervisor"]
    assert desk.why("time", time="soon") == "bad_time"
    assert desk.why("time", time="1970-01-01T00:00") == "bad_time"


WIFI = "WIFI:T:WPA;S:venue;P:long enough;;"


def root_at(desk, word, took):
    """Who joins networks: takes one code, and answers with a word."""
    folder = desk.world.data.with_name(f"{desk.world.data.name}-network")

    def join():
        took.append(until(Errand(folder, "network").take, "a code"))
        Errand(folder, "network").say(word)

    joins = threading.Thread(target=join)
    joins.start()
    return joins


@pytest.mark.parametrize(
    ("word", "said"), [("joined", "wifi_joined"), ("not_found", "wifi_not_found")]
)
def test_a_supervisor_brings_the_kiosk_onto_another_network_by_its_code(desk, word, said):
    took: list[str] = []
    joins = root_at(desk, word, took)

    answer = desk.show("network", WIFI, "Show the network's code")

    joins.join(PATIENCE_S)
    assert took == [WIFI]
    assert answer.get_json() == {"outcome": said}
    assert desk.stand.reasons() == [], "the code is nobody's badge"


def test_a_networks_code_does_nothing_unless_a_supervisor_asked_for_one(make_desk):
    desk = make_desk()
    assert desk.why("network") == "locked"

    desk.scan(WIFI)

    assert desk.stand.reasons() == ["not_a_badge"]
    assert list(desk.world.data.with_name(f"{desk.world.data.name}-network").iterdir()) == []


def test_a_badge_held_up_instead_is_no_network(desk):
    guest = desk.world.register()

    answer = desk.show("network", guest.text, "Show the network's code")

    assert answer.get_json() == {"why": "no_network_code"}


def test_locking_forgets_the_key(desk):
    desk.post("lock")

    assert desk.client.get("/staff/state").status_code == 409


def test_the_page_itself_is_served_locked(desk):
    page = desk.client.get("/staff")
    assert page.status_code == 200
    assert 'data-mode="locked"' in page.text
