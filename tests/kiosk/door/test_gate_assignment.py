"""A spare kiosk gets its gate from a supervisor, over its page, with a real card and journal and no registry near."""

from __future__ import annotations

import msgspec
import pytest

from access.badge.credential import Claims, foreign, verifier
from access.badge.key_card import KeyCard, key_card_text
from access.log.entry import Alarm, BadgeIssued, EventDefined, GateGiven, Kiosk, Seats, Void, pack
from access.state.event_state import EventState
from kiosk.pages.app import create_app
from sync.carrier.journal_copy import JournalCopier
from sync.store.journal import Journal
from sync.wire.device_key import DeviceKey
from tests.kiosk.staff_at_door import PATIENCE_S, StaffAtDoor

GATE = "chengdu-room-b-1"


class Supervisor(StaffAtDoor):
    """Somebody with a card at the gate page of a kiosk."""

    path = "/staff/gate"

    @property
    def staff_ticket(self) -> int:
        return [ticket.id for ticket in self.world.event.tickets].index("staff")

    def choices(self) -> dict[str, dict]:
        """What the page offers, by gate."""
        venues = self.client.get("/staff/gate/choices").get_json()
        return {gate["id"]: gate for venue in venues for gate in venue["gates"]}

    def until(self, condition) -> None:
        """Let the door go on until a condition is true."""
        while not condition():
            self.stand.loop.submit(lambda: None).result(PATIENCE_S)

    def refusal(self, text: str) -> str:
        """Why a card is refused."""
        answer = self.show_card(text)
        assert answer.status_code == 409
        return answer.get_json()["why"]

    def gives(self, gate: str = GATE, **asked):
        assert self.show_card().status_code == 200
        answer = self.post("give", gate=gate, **asked)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def written(self, kind: str):
        return self.world.written(kind)


@pytest.fixture
def come_to(make_stand, service_of, at_work):
    """A supervisor comes to the kiosk of a world."""

    def come(world) -> Supervisor:
        card = world.register("Wong Ka Yan", ticket="staff")
        world.deliver()
        stand = make_stand(world)
        at_work(stand)
        return Supervisor(stand, create_app(service_of(stand), sounds=False).test_client(), card)

    return come


@pytest.fixture
def spare(make_world, come_to) -> Supervisor:
    """At a kiosk that was enrolled without a gate."""
    world = make_world(None, "14:00")
    world.assign(None)
    return come_to(world)


def another(world, gate: str | None, heard_s_ago: int | None = 0) -> DeviceKey:
    """Another kiosk, which stands at a gate and was last heard that long ago (None: never)."""
    other = DeviceKey.new()
    world.registry_writes(
        ("kiosk", Kiosk(device=other.fingerprint, public=other.public, gate=gate))
    )
    world.deliver()
    if heard_s_ago is not None:
        log = other.fingerprint + "00000001"
        at_ms = world.clock.read().wall_ms - heard_s_ago * 1000
        with world.replica.transaction():
            world.replica.keep_head(other.head(log, 1, b"h" * 32, at_ms))
    return other


def test_a_spare_kiosk_says_that_a_supervisor_may_give_it_a_gate(spare):
    assert spare.stand.headline == "This kiosk has no gate yet"
    screen = spare.stand.screen_feed.screen
    assert screen.staffed  # the way to the page
    assert "Supervisors" in screen.cause
    assert spare.client.get("/staff").headers["Location"] == "/staff/gate"
    assert spare.client.get("/staff/gate").status_code == 200
    assert spare.state()["by"] is None


def test_the_entry_is_in_the_journal_before_the_page_says_so_and_the_door_works_at_once(spare):
    shown = spare.gives()

    (given,) = spare.written("gate")
    assert given == GateGiven(gate=GATE, staff=spare.card.badge)
    assert (shown["gate"], shown["by"]) == ("C6", "supervisor")
    assert shown["place"]["en"] == "Chengdu · Room B"
    assert spare.stand.headline == "Show your badge"
    assert spare.client.get("/status.json").get_json()["gate"] == GATE
    spare.scan(spare.world.walk_up().text)
    (scan,) = spare.written("scan")
    assert scan.gate == GATE


def test_after_a_restart_the_kiosk_still_stands_where_it_was_put(spare):
    spare.gives()
    world = spare.world
    event_state = EventState(world.registry.fingerprint, world.earliest_ms)
    for log_entry in spare.stand.loop.submit(lambda: list(spare.stand.door.own_entries())).result(
        PATIENCE_S
    ):
        event_state.add(log_entry)

    assert event_state.gate_of(world.device.fingerprint) == GATE


def test_the_gates_are_listed_by_venue_and_those_where_a_kiosk_works_are_marked(spare):
    another(spare.world, "chengdu-main-1", heard_s_ago=2)
    another(spare.world, "chengdu-main-2", heard_s_ago=300)
    another(spare.world, "chengdu-exit", heard_s_ago=None)
    assert spare.show_card().status_code == 200
    venues = spare.client.get("/staff/gate/choices").get_json()
    assert [venue["name"]["en"] for venue in venues] == ["Chengdu", "Meishan", "Mianyang"]

    spare.until(lambda: spare.choices()["chengdu-exit"]["others"])
    gates = spare.choices()
    assert gates["chengdu-main-1"]["taken"]
    assert not gates["chengdu-main-2"]["taken"]
    assert 299 <= gates["chengdu-main-2"]["silent_s"] <= 330
    assert (gates["chengdu-exit"]["taken"], gates["chengdu-exit"]["silent_s"]) == (False, None)
    assert not gates[GATE]["others"]
    assert (gates[GATE]["seats"], gates["chengdu-main-1"]["seats"]) == (True, False)


def test_two_kiosks_at_one_gate_must_be_meant(spare):
    another(spare.world, GATE, heard_s_ago=2)
    assert spare.show_card().status_code == 200
    spare.until(lambda: spare.choices()[GATE]["taken"])

    assert spare.why("give", gate=GATE) == "gate_taken"
    assert spare.written("gate") == []
    assert spare.post("give", gate=GATE, beside=True).get_json()["gate"] == "C6"


def test_the_gate_of_a_kiosk_that_is_dead_or_cut_off_is_free_to_give(spare):
    dead = another(spare.world, GATE, heard_s_ago=90)
    spare.world.registry_writes(
        ("kiosk", Kiosk(device=dead.fingerprint, public=dead.public, gate=GATE, cut_off=True))
    )
    spare.world.deliver()

    assert spare.gives()["gate"] == "C6"


@pytest.mark.parametrize(("ticket", "why"), [("delegate", "not_staff"), ("usher", "supervisor")])
def test_only_a_supervisor_may_give_a_gate(make_world, come_to, ticket, why):
    world = make_world(None)
    usher = msgspec.structs.replace(world.event.tickets[0], id="usher", roles=("door",))
    world.event = msgspec.structs.replace(world.event, tickets=(*world.event.tickets, usher))
    world.registry_writes(("event", EventDefined(event=msgspec.Raw(pack(world.event)))))
    other = world.register("Ho Man", ticket=ticket)
    spare = come_to(world)

    assert spare.refusal(other.text) == why
    assert spare.why("give", gate=GATE) == "gate_locked"
    assert (spare.written("gate"), spare.written("alarm")) == ([], [])


def test_a_card_whose_code_can_be_guessed_gives_no_gate(spare):
    weak, claims = foreign("4711"), Claims(spare.staff_ticket, 0b111, 0, 0b11)
    spare.world.registry_writes(
        (
            "badge",
            BadgeIssued(
                badge=weak.badge,
                issue=1,
                form="foreign",
                claims=claims,
                verifier=verifier(weak.secret),
            ),
        )
    )
    spare.world.deliver()
    spare.until(lambda: spare.stand.door.history(weak.badge).newest() is not None)

    assert spare.refusal("4711") == "weak_code"


def test_a_key_card_is_no_badge(spare):
    assert spare.refusal(key_card_text(KeyCard(spare.card.badge, bytes(10)))) == "badge_needed"


def test_a_copied_or_revoked_staff_card_gives_nothing_and_is_told_to_the_centre(spare):
    forged = spare.world.plain(spare.card.badge)
    assert spare.refusal(forged.text) == "card_forged"
    spare.world.revoke(spare.card)
    spare.world.deliver()
    spare.stand.loop.submit(lambda: None).result(PATIENCE_S)
    assert spare.refusal(spare.card.text) == "card_retired"

    alarms = spare.written("alarm")
    assert [alarm.what for alarm in alarms if isinstance(alarm, Alarm)] == ["gate_refused"] * 2
    assert "Wong" not in repr(alarms)
    assert spare.written("gate") == []


def test_a_card_revoked_after_it_was_shown_gives_nothing(spare):
    assert spare.show_card().status_code == 200
    spare.world.revoke(spare.card)
    spare.world.deliver()

    assert spare.why("give", gate=GATE) == "card_retired"
    assert spare.written("gate") == []


def test_a_forged_badge_of_a_guest_is_no_alarm(spare):
    guest = spare.world.register("Jane Smith")
    spare.world.deliver()

    assert spare.refusal(spare.world.plain(guest.badge).text) == "card_forged"
    assert spare.refusal(spare.world.plain().text) == "card_unknown"
    assert spare.refusal("any code") == "card_unknown"
    assert spare.written("alarm") == []


def test_without_a_roster_a_plain_card_is_not_known_and_a_signed_one_works(spare):
    with spare.world.replica.transaction():
        spare.world.replica.set_target("registry", {"behind": 25_000})
    assert spare.refusal(spare.world.plain().text) == "no_roster"
    assert spare.state()["incomplete"]

    staff = next(n for n, one in enumerate(spare.world.event.tickets) if one.id == "staff")
    signed = spare.world.walk_up(Claims(staff, 0b111, 0, 0b11))
    assert spare.show_card(signed.text).status_code == 200
    spare.post("give", gate=GATE)
    (given,) = spare.written("gate")
    assert given.staff == signed.badge


def test_a_visit_ends_with_the_deed_with_leaving_and_by_itself(spare, monkeypatch):
    spare.gives()
    assert spare.why("give", gate="chengdu-main-1") == "gate_locked"
    spare.show_card()
    spare.post("leave")
    assert spare.why("give", gate="chengdu-main-1") == "gate_locked"
    spare.show_card()
    monkeypatch.setattr("kiosk.pages.setup.gate_session.IDLE_S", -1.0)
    assert spare.why("give", gate="chengdu-main-1") == "gate_locked"
    assert len(spare.written("gate")) == 1


def test_another_browser_does_not_share_the_visit(spare):
    spare.show_card()
    stranger = spare.client.application.test_client()

    assert stranger.get("/staff/gate/choices").status_code == 409


def test_a_gate_that_is_none_of_the_events_is_not_given(spare):
    spare.show_card()
    assert spare.why("give", gate="attic") == "failed"


def test_a_supervisor_gives_another_gate_later_and_takes_it_back(spare):
    spare.gives("chengdu-main-1")
    assert (
        spare.stand.screen_feed.screen.staffed
    )  # also at a self-service gate: the way back to the page
    assert spare.client.get("/staff").headers["Location"] == "/staff/gate"
    assert spare.gives("chengdu-main-2")["gate"] == "C2"
    assert spare.gives("chengdu-main-2")["gate"] == "C2"  # nothing new
    assert [given.gate for given in spare.written("gate")] == ["chengdu-main-1", "chengdu-main-2"]

    spare.show_card()
    shown = spare.post("take-back").get_json()

    assert (shown["gate"], shown["by"]) == (None, None)
    assert spare.stand.headline == "This kiosk has no gate yet"
    voids = spare.written("void")
    assert len(voids) == 2
    assert all(isinstance(void, Void) and void.staff == spare.card.badge for void in voids)
    assert spare.gives()["gate"] == "C6"


def test_a_staffed_gate_that_a_supervisor_gave_has_its_staff_screen(spare):
    spare.gives()
    page = spare.client.get("/staff")
    assert page.status_code == 200
    assert "/staff/gate" in page.text


def test_what_the_registry_assigned_only_the_registry_changes(make_world, come_to):
    at_gate = come_to(make_world("chengdu-main-1"))
    assert at_gate.state()["by"] == "registry"
    assert not at_gate.stand.screen_feed.screen.staffed
    at_gate.show_card()

    assert at_gate.why("give", gate=GATE) == "gate_assigned"
    assert at_gate.why("take-back") == "gate_assigned"
    assert (at_gate.written("gate"), at_gate.written("void")) == ([], [])


def test_the_registrys_word_outweighs_the_supervisors_as_soon_as_it_comes(spare, monkeypatch):
    monkeypatch.setattr("kiosk.runtime.scan_loop.TEND_S", 0.01)
    spare.gives()
    spare.world.assign("chengdu-main-1")
    spare.world.deliver()
    spare.until(lambda: spare.state()["by"] == "registry")

    assert spare.state()["gate"] == "C1"


def test_a_card_still_held_up_to_a_kiosk_without_a_gate_is_not_answered(spare):
    spare.show_card()
    spare.scan(spare.card.text)

    assert spare.stand.headline == "This kiosk has no gate yet"
    assert spare.written("scan") == []


def test_a_kiosk_without_the_events_data_says_that_it_waits_for_it(
    make_world, make_stand, service_of, at_work
):
    world = make_world(None)
    world.replica.close()
    for path in world.data.glob("replica.db*"):
        path.unlink()
    world.recreate_replica()
    stand = make_stand(world)
    at_work(stand)
    client = create_app(service_of(stand), sounds=False).test_client()
    visitor = Supervisor(stand, client, world.plain())

    assert stand.headline == "This door is not ready yet"
    assert visitor.state() == {
        "event": False, "incomplete": False, "by": None, "gate": None, "place": None
    }  # fmt: skip
    assert visitor.refusal(visitor.card.text) == "not_ready"
    assert client.get("/staff/gate").status_code == 200


def sent(world, gate: str) -> DeviceKey:
    """Another kiosk, to which a supervisor gave a gate; its log has come here, and it can be reached."""
    other = another(world, None)
    journal = Journal(world.data / f"{other.fingerprint}.db", other)
    journal.begin(world.reading(), "boot", "first start", {}, None)
    journal.append("gate", GateGiven(gate=gate, staff=b"STAFF"), world.reading())
    with world.replica.transaction():
        JournalCopier(world.replica, other).copy(journal, world.clock.read().wall_ms)
        world.replica.notify_door("reached", [other.fingerprint])
    journal.close()
    return other


@pytest.mark.parametrize("beside", [False, True])
def test_a_neighbour_passes_seats_to_the_kiosk_that_a_supervisor_sent(
    make_world, make_stand, beside
):
    world = make_world(GATE, "14:00")
    if beside:  # a second kiosk at the neighbour's own gate changes nothing in what it may give
        sent(world, GATE)
    spare = sent(world, "chengdu-room-b-2")
    stand = make_stand(world)
    stand.until(lambda: bool(world.written("seats")))

    assert stand.door.kiosk_at("chengdu-room-b-2") == spare.fingerprint
    assert world.written("seats") == [
        Seats(
            area="chengdu-room-b",
            from_gate=GATE,
            to_gate="chengdu-room-b-2",
            to_device=spare.fingerprint,
            count=1,
        )
    ]


def test_a_kiosk_that_a_supervisor_sent_is_missed_in_the_headcount_when_it_falls_silent(
    make_world, make_stand, service_of, monkeypatch
):
    monkeypatch.setattr("access.state.coverage.SILENT_AFTER_MS", 0)
    world = make_world("chengdu-main-1")
    stand = make_stand(world)
    sent(world, "chengdu-main-2")
    counted = create_app(service_of(stand), sounds=False).test_client().get("/headcount.json")

    assert [one["gate"] for one in counted.get_json()["silent"]] == ["chengdu-main-2"]
