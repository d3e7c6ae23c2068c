"""Key cards are given to staff alone, open every name, and open nothing once replaced."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from access.badge.desk_key import BadPinError, StaffNameCard, unwrap
from access.badge.key_card import KeyCard, read_human_key, read_key_card
from access.badge.name_card import open_with_desk, open_with_secret
from access.badge.secret_strength import pin_problem
from registry.roster.keys.staff_keys import IssuedKeyCard
from registry.roster.model import IssuedBadge, Known, Person
from registry.service import RegistryService
from registry.storage.errors import RegistrationError, RegistryError, UnknownError

GUEST = Person(ref="zhang", ticket="delegate", name="张伟", language="zh-Hans")
STAFF = Person(ref="staff", ticket="staff", name="李静", language="zh-Hans")
PIN = "48291573"


def given(service: RegistryService, badge: IssuedBadge, pin: str | None = PIN) -> IssuedKeyCard:
    return service.staff_keys.issue(badge.badge, pin, service.event)


def carried(service: RegistryService, badge: IssuedBadge, issue: int = 1) -> StaffNameCard:
    """The name card of a badge, as the exchange hands it out."""
    raw = service.ledger.card(badge.badge, issue)
    assert raw is not None
    return msgspec.msgpack.decode(raw, type=StaffNameCard)


def desk_key(
    service: RegistryService,
    badge: IssuedBadge,
    issued: IssuedKeyCard,
    pin: str = PIN,
    issue: int = 1,
) -> bytes | None:
    """What a kiosk gets from a key card and a PIN."""
    locked = carried(service, badge, issue).locked
    return None if locked is None else unwrap(locked, key(issued), pin)


def key(issued: IssuedKeyCard) -> KeyCard:
    card = read_key_card(issued.text)
    assert card is not None
    assert card == read_human_key(issued.typed)
    return card


def name_of(service: RegistryService, badge: IssuedBadge, key: bytes) -> str | None:
    content = open_with_desk(carried(service, badge), key)
    return content.name if content is not None else None


def test_a_key_card_and_its_pin_open_every_name_card(service: RegistryService) -> None:
    guest, staff = service.register(GUEST), service.register(STAFF)
    issued = given(service, staff)

    assert key(issued).badge == staff.badge
    assert desk_key(service, staff, issued, "00000000") is None
    opened = desk_key(service, staff, issued)
    assert opened is not None
    assert name_of(service, guest, opened) == "张伟"


def test_neither_the_badge_nor_the_log_gives_the_key_card_away(service: RegistryService) -> None:
    staff = service.register(STAFF)
    secret = key(given(service, staff)).secret

    assert secret not in staff.text.encode()
    assert all(
        secret not in row.raw
        for log, tips in service.ledger.vector().items()
        for row in service.ledger.rows(log, 1, tips[0][0])
    )
    assert secret not in msgspec.msgpack.encode(carried(service, staff))


def test_a_new_key_card_replaces_the_one_before(service: RegistryService) -> None:
    staff = service.register(STAFF)
    lost = given(service, staff)
    found = given(service, staff)

    assert desk_key(service, staff, lost) is None
    assert desk_key(service, staff, found) is not None


@pytest.mark.parametrize("change", ["name", "reissue"])
def test_a_key_card_survives_a_change_of_name_and_a_new_badge(
    service: RegistryService, change: str
) -> None:
    staff = service.register(STAFF)
    issued = given(service, staff)
    if change == "name":
        service.amend(msgspec.structs.replace(STAFF, name="李静雅"))
    else:
        service.reissue(staff.badge)

    assert desk_key(service, staff, issued, issue=1 if change == "name" else 2) is not None


def test_a_pin_is_drawn_where_none_is_chosen(service: RegistryService) -> None:
    staff = service.register(STAFF)
    issued = given(service, staff, None)

    assert len(issued.pin) == 8
    assert pin_problem(issued.pin) is None
    assert desk_key(service, staff, issued, issued.pin) is not None
    assert issued.pin not in repr(issued)


def test_a_drawn_pin_survives_a_spreadsheet(service: RegistryService) -> None:
    """Which takes it for a number, and leaves a zero in front away."""
    pins = [service.staff_keys.draw_pin() for _ in range(200)]

    assert [pin for pin in pins if str(int(pin)) != pin] == []


def test_only_staff_with_a_name_and_a_good_pin_get_a_key_card(service: RegistryService) -> None:
    guest, staff = service.register(GUEST), service.register(STAFF)
    nameless = service.register(Person(ref="nameless", ticket="staff"))

    with pytest.raises(RegistrationError, match="no role"):
        given(service, guest)
    with pytest.raises(RegistrationError, match="no name"):
        given(service, nameless)
    with pytest.raises(BadPinError, match="8 digits or more"):
        given(service, staff, "1234")
    with pytest.raises(UnknownError):
        service.staff_keys.issue(b"nobod", PIN, service.event)
    assert service.staff_keys.members(service.event)[0].unlocks == "nothing"


def test_a_badge_whose_code_can_be_guessed_gets_no_key_card_until_it_is_replaced(
    service: RegistryService,
) -> None:
    person = msgspec.structs.replace(STAFF, form="foreign", code="4711")
    staff = service.register(person)

    with pytest.raises(RegistrationError, match="can be guessed"):
        given(service, staff)
    assert service.staff_keys.members(service.event)[0].guessable
    service.reissue(staff.badge)
    assert given(service, staff).pin == PIN
    assert not service.staff_keys.members(service.event)[0].guessable


def test_a_key_card_opens_nothing_once_its_owner_has_another_badge(
    service: RegistryService,
) -> None:
    staff = service.register(STAFF)
    given(service, staff)
    service.revoke(staff.badge)
    again = service.unrevoke(staff.badge)

    assert service.staff_keys.members(service.event)[0].unlocks == "nothing"
    assert desk_key(service, again, given(service, again)) is not None
    assert service.staff_keys.members(service.event)[0].unlocks == "key_card"


def test_a_new_desk_key_locks_out_a_lost_key_card(service: RegistryService) -> None:
    guest, staff = service.register(GUEST), service.register(STAFF)
    issued = given(service, staff)
    old_key = desk_key(service, staff, issued)
    assert old_key is not None

    assert service.staff_keys.new_desk_key(service.event) == 2
    assert name_of(service, guest, old_key) is None
    assert desk_key(service, staff, issued) is None
    assert service.staff_keys.members(service.event)[0].unlocks == "nothing"


def test_whoever_is_changed_while_cards_are_sealed_again_has_a_card_of_the_new_desk_key(
    service: RegistryService, monkeypatch: pytest.MonkeyPatch
) -> None:
    badges = {person.ref: service.register(person) for person in (GUEST, STAFF)}
    gone = service.register(msgspec.structs.replace(GUEST, ref="gone", name="王芳"))
    locked = given(service, badges["staff"])
    after = service.people.after

    def meanwhile(badge: bytes, limit: int) -> Iterator[Known]:
        people = list(after(badge, limit))
        if badge:
            return iter(people)
        badges["new"] = service.register(msgspec.structs.replace(GUEST, ref="new", name="陈晨"))
        service.amend(msgspec.structs.replace(GUEST, name="张薇"))
        given(service, badges["staff"])
        service.erase(gone.badge)
        return iter(people)

    monkeypatch.setattr(service.people, "after", meanwhile)
    assert service.staff_keys.new_desk_key(service.event) == 3
    monkeypatch.undo()
    assert desk_key(service, badges["staff"], locked) is None
    opened = desk_key(service, badges["staff"], given(service, badges["staff"]))
    assert opened is not None
    names = {ref: name_of(service, badge, opened) for ref, badge in badges.items()}
    assert names == {"zhang": "张薇", "staff": "李静", "new": "陈晨"}
    assert service.ledger.card(gone.badge, 1) is None


def test_who_was_purged_while_cards_are_sealed_again_has_none(
    service: RegistryService, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = service.register(GUEST)
    after = service.people.after

    def meanwhile(badge: bytes, limit: int) -> Iterator[Known]:
        people = list(after(badge, limit))
        service.purge(early=True)
        return iter(people)

    monkeypatch.setattr(service.people, "after", meanwhile)
    with pytest.raises(RegistryError, match="prepared is gone"):
        service.staff_keys.new_desk_key(service.event)
    assert service.ledger.card(guest.badge, 1) is None


def test_all_who_could_unlock_names_get_new_key_cards_at_once(service: RegistryService) -> None:
    guest, staff = service.register(GUEST), service.register(STAFF)
    service.register(msgspec.structs.replace(STAFF, ref="never had a PIN"))
    old = given(service, staff)
    old_key = desk_key(service, staff, old)
    assert old_key is not None

    (new,) = service.staff_keys.replace_all(service.event)

    assert (new.ref, new.code) == ("staff", staff.code)
    assert name_of(service, guest, old_key) is None
    opened = desk_key(service, staff, new, new.pin)
    assert opened is not None
    assert name_of(service, guest, opened) == "张伟"
    badge = service.badge(guest.badge)
    assert open_with_secret(carried(service, guest), secret(badge)) is not None


def secret(badge: IssuedBadge) -> bytes:
    from access.badge.credential import read

    code = read(badge.text)
    assert code is not None
    return code.secret
