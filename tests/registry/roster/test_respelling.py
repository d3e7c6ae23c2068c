"""A name that staff spelled anew at a kiosk is the person's name here too, and their badge stays good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from access.badge.name_card import Card, open_with_desk, seal_spelling
from access.event.definition import Event, Gate
from access.log.entry import Printed
from registry.roster.model import IssuedBadge, Person
from registry.roster.respelling import Respelling
from registry.service import RegistryService
from tests.registry.conftest import Api, Kiosk

GATE = "chengdu-main-1"
pytestmark = pytest.mark.both_stores


def desk_key(service: RegistryService) -> bytes:
    return service._keys.badge_keys().desk


def card_of(service: RegistryService, badge: IssuedBadge) -> Card:
    raw = service.ledger.card(badge.badge, badge.issue)
    assert raw is not None
    return msgspec.msgpack.decode(raw, type=Card)


@pytest.fixture
def kiosk(new_kiosk: Callable[[str], Kiosk]) -> Kiosk:
    return new_kiosk(GATE)


@pytest.fixture
def notes() -> list[tuple[str, str, Any]]:
    return []


@pytest.fixture
def respelling(service: RegistryService, notes: list[tuple[str, str, Any]]) -> Respelling:
    return service.respelling(lambda *note: notes.append(note))


def prints(
    kiosk: Kiosk, badge: IssuedBadge, name: str, service: RegistryService, card: Card | None = None
) -> None:
    """Staff print a badge with that name, and the registry hears of it."""
    card = card or card_of(service, badge)
    body = Printed(
        gate=GATE,
        badge=badge.badge,
        issue=badge.issue,
        outcome="sent",
        attempt=None,
        staff=b"staff",
        staff_issue=1,
        why="misspelt",
        spelling=seal_spelling(name, card, desk_key(service), b"n" * 12),
    )
    kiosk.door.record("printed", body)
    kiosk.exchange()


def settle(respelling: Respelling, event: Event) -> None:
    while respelling.step(event):
        pass


def test_the_name_is_taken_over_and_the_badge_stays_good(
    service: RegistryService, event: Event, kiosk: Kiosk, respelling: Respelling, api: Api,
    delegates: list[IssuedBadge], notes: list[tuple[str, str, Any]],
) -> None:  # fmt: skip
    jane = delegates[2]
    prints(kiosk, jane, "Jane Smyth", service)
    settle(respelling, event)
    person = service.person("P3")
    assert (person.name, person.organisation) == ("Jane Smyth", "ACME")
    assert service.badge(jane.badge) == jane
    assert notes == [(GATE, "correct_name", {"code": jane.code})]
    kiosk.exchange()
    content = open_with_desk(card_of(service, jane), desk_key(service))
    assert content is not None
    assert content.name == "Jane Smyth"
    assert kiosk.show(jane.text).decision.opens
    [shown] = api.get(f"/registrants/{jane.code}/history")["prints"]
    assert (shown["respelled"], shown["why"]) == (True, "misspelt")


def test_what_was_printed_with_two_spellings_is_taken_once_and_nothing_twice(
    service: RegistryService, event: Event, kiosk: Kiosk, respelling: Respelling,
    delegates: list[IssuedBadge], notes: list[tuple[str, str, Any]],
) -> None:  # fmt: skip
    jane, before = delegates[2], card_of(service, delegates[2])
    prints(kiosk, jane, "Jane Smyth", service, before)
    prints(kiosk, jane, "Jane Smyth", service, before)
    settle(respelling, event)
    settle(service.respelling(lambda *note: notes.append(note)), event)
    assert service.person("P3").name == "Jane Smyth"
    assert len(notes) == 1


def test_a_name_that_was_changed_here_meanwhile_is_not_overwritten(
    service: RegistryService, event: Event, kiosk: Kiosk, respelling: Respelling,
    delegates: list[IssuedBadge], notes: list[tuple[str, str, Any]],
) -> None:  # fmt: skip
    before = card_of(service, delegates[2])
    service.amend(Person(ref="P3", name="Jane Smithe", organisation="ACME", ticket="speaker"))
    prints(kiosk, delegates[2], "Jane Smyth", service, before)
    settle(respelling, event)
    assert service.person("P3").name == "Jane Smithe"
    assert notes == [(GATE, "correct_name_not", {"code": delegates[2].code})]


def test_a_person_who_was_erased_stays_erased(
    service: RegistryService, event: Event, kiosk: Kiosk, respelling: Respelling,
    delegates: list[IssuedBadge],
) -> None:  # fmt: skip
    before = card_of(service, delegates[2])
    service.erase(delegates[2].badge)
    prints(kiosk, delegates[2], "Jane Smyth", service, before)
    settle(respelling, event)
    assert service.people.by_badge(delegates[2].badge) is None


def test_a_kiosk_that_is_cut_off_changes_no_name(
    service: RegistryService, event: Event, kiosk: Kiosk, respelling: Respelling,
    delegates: list[IssuedBadge], notes: list[tuple[str, str, Any]],
) -> None:  # fmt: skip
    prints(kiosk, delegates[2], "Jane Smyth", service)
    service.cut_off(kiosk.identity.fingerprint, {kiosk.journal.log: 0})
    settle(respelling, event)
    assert (service.person("P3").name, notes) == ("Jane Smith", [])


@pytest.mark.parametrize("name", ["", "x" * 121, "Jane\x07"])
def test_what_is_no_name_is_not_taken(
    service: RegistryService, event: Event, kiosk: Kiosk, respelling: Respelling,
    delegates: list[IssuedBadge], name: str,
) -> None:  # fmt: skip
    prints(kiosk, delegates[2], name, service)
    settle(respelling, event)
    assert service.person("P3").name == "Jane Smith"


@pytest.mark.parametrize("form", ["plain", "signed", "foreign"])
def test_where_a_gate_prints_the_desk_reads_each_badges_own_code(
    service: RegistryService, event: Event, form: str
) -> None:
    code = "https://tickets.example/77f1c2a9d04be8123477" if form == "foreign" else None
    person = Person(ref="P9", ticket="delegate", name="Lau Mei", form=form, code=code)  # type: ignore[arg-type]
    before = service.register(person)
    content = open_with_desk(card_of(service, before), desk_key(service))
    assert content is not None
    assert content.code == ""
    gates = (*event.gates, Gate(id="print", area="chengdu", mode="print"))
    service.update_event(msgspec.structs.replace(event, gates=gates))
    service.staff_keys.new_desk_key(service.event)
    content = open_with_desk(card_of(service, before), desk_key(service))
    assert content is not None
    assert content.code == before.text == service.badge(before.badge).text


def test_the_name_card_says_which_part_is_the_family_name_while_the_name_has_it(
    service: RegistryService, event: Event
) -> None:
    lau = Person(ref="P9", ticket="delegate", name="Lau Mei", extra={"family_name": "Lau"})
    badge = service.register(lau)
    families = []
    for name in ("Lau Mei Yee", "Liu Mei"):
        content = open_with_desk(card_of(service, badge), desk_key(service))
        assert content is not None
        families.append(content.family)
        service.amend(msgspec.structs.replace(lau, name=name))
    content = open_with_desk(card_of(service, badge), desk_key(service))
    assert content is not None
    assert [*families, content.family] == ["Lau", "Lau", ""]
