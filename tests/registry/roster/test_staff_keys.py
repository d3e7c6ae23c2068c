"""Key cards are given to staff alone, open every name, and open nothing once replaced."""

from __future__ import annotations

import msgspec
import pytest

from access.badge.desk_key import BadPinError, StaffNameCard, unwrap
from access.badge.key_card import KeyCard, read_human_key, read_key_card
from access.badge.name_card import open_with_desk, open_with_secret
from access.badge.secret_strength import pin_problem
from registry.roster.model import IssuedBadge, Person
from registry.roster.staff_keys import IssuedKeyCard
from registry.service import Centre
from registry.storage.errors import RegistrationError, UnknownError

GUEST = Person(ref="zhang", ticket="delegate", name="张伟", language="zh-Hans")
STAFF = Person(ref="staff", ticket="staff", name="李静", language="zh-Hans")
PIN = "48291573"


def given(centre: Centre, badge: IssuedBadge, pin: str | None = PIN) -> IssuedKeyCard:
    return centre.staff_keys.issue(badge.badge, pin, centre.event)


def carried(centre: Centre, badge: IssuedBadge, issue: int = 1) -> StaffNameCard:
    """The name card of a badge, as the exchange hands it out."""
    raw = centre.ledger.card(badge.badge, issue)
    assert raw is not None
    return msgspec.msgpack.decode(raw, type=StaffNameCard)


def desk_key(
    centre: Centre, badge: IssuedBadge, issued: IssuedKeyCard, pin: str = PIN, issue: int = 1
) -> bytes | None:
    """What a kiosk gets from a key card and a PIN."""
    locked = carried(centre, badge, issue).locked
    return None if locked is None else unwrap(locked, key(issued), pin)


def key(issued: IssuedKeyCard) -> KeyCard:
    card = read_key_card(issued.text)
    assert card is not None
    assert card == read_human_key(issued.typed)
    return card


def name_of(centre: Centre, badge: IssuedBadge, key: bytes) -> str | None:
    content = open_with_desk(carried(centre, badge), key)
    return content.name if content is not None else None


def test_a_key_card_and_its_pin_open_every_name_card(centre: Centre) -> None:
    guest, staff = centre.register(GUEST), centre.register(STAFF)
    issued = given(centre, staff)

    assert key(issued).badge == staff.badge
    assert desk_key(centre, staff, issued, "00000000") is None
    opened = desk_key(centre, staff, issued)
    assert opened is not None
    assert name_of(centre, guest, opened) == "张伟"


def test_neither_the_badge_nor_the_log_gives_the_key_card_away(centre: Centre) -> None:
    staff = centre.register(STAFF)
    secret = key(given(centre, staff)).secret

    assert secret not in staff.text.encode()
    assert all(
        secret not in row.raw
        for log, tips in centre.ledger.vector().items()
        for row in centre.ledger.rows(log, 1, tips[0][0])
    )
    assert secret not in msgspec.msgpack.encode(carried(centre, staff))


def test_a_new_key_card_replaces_the_one_before(centre: Centre) -> None:
    staff = centre.register(STAFF)
    lost = given(centre, staff)
    found = given(centre, staff)

    assert desk_key(centre, staff, lost) is None
    assert desk_key(centre, staff, found) is not None


@pytest.mark.parametrize("change", ["name", "reissue"])
def test_a_key_card_survives_a_change_of_name_and_a_new_badge(centre: Centre, change: str) -> None:
    staff = centre.register(STAFF)
    issued = given(centre, staff)
    if change == "name":
        centre.amend(msgspec.structs.replace(STAFF, name="李静雅"))
    else:
        centre.reissue(staff.badge)

    assert desk_key(centre, staff, issued, issue=1 if change == "name" else 2) is not None


def test_a_pin_is_drawn_where_none_is_chosen(centre: Centre) -> None:
    staff = centre.register(STAFF)
    issued = given(centre, staff, None)

    assert len(issued.pin) == 8
    assert pin_problem(issued.pin) is None
    assert desk_key(centre, staff, issued, issued.pin) is not None
    assert issued.pin not in repr(issued)


def test_only_staff_with_a_name_and_a_good_pin_get_a_key_card(centre: Centre) -> None:
    guest, staff = centre.register(GUEST), centre.register(STAFF)
    nameless = centre.register(Person(ref="nameless", ticket="staff"))

    with pytest.raises(RegistrationError, match="no role"):
        given(centre, guest)
    with pytest.raises(RegistrationError, match="no name"):
        given(centre, nameless)
    with pytest.raises(BadPinError, match="8 digits or more"):
        given(centre, staff, "1234")
    with pytest.raises(UnknownError):
        centre.staff_keys.issue(b"nobod", PIN, centre.event)
    assert centre.staff_keys.members(centre.event)[0].unlocks == "nothing"


def test_a_badge_whose_code_can_be_guessed_gets_no_key_card_until_it_is_replaced(
    centre: Centre,
) -> None:
    person = msgspec.structs.replace(STAFF, form="foreign", code="4711")
    staff = centre.register(person)

    with pytest.raises(RegistrationError, match="can be guessed"):
        given(centre, staff)
    assert centre.staff_keys.members(centre.event)[0].guessable
    centre.reissue(staff.badge)
    assert given(centre, staff).pin == PIN
    assert not centre.staff_keys.members(centre.event)[0].guessable


def test_a_new_desk_key_locks_out_a_lost_key_card(centre: Centre) -> None:
    guest, staff = centre.register(GUEST), centre.register(STAFF)
    issued = given(centre, staff)
    old_key = desk_key(centre, staff, issued)
    assert old_key is not None

    assert centre.staff_keys.new_desk_key(centre.event) == 2
    assert name_of(centre, guest, old_key) is None
    assert desk_key(centre, staff, issued) is None
    assert centre.staff_keys.members(centre.event)[0].unlocks == "nothing"


def test_all_who_could_unlock_names_get_new_key_cards_at_once(centre: Centre) -> None:
    guest, staff = centre.register(GUEST), centre.register(STAFF)
    centre.register(msgspec.structs.replace(STAFF, ref="never had a PIN"))
    old = given(centre, staff)
    old_key = desk_key(centre, staff, old)
    assert old_key is not None

    (new,) = centre.staff_keys.replace_all(centre.event)

    assert (new.ref, new.code) == ("staff", staff.code)
    assert name_of(centre, guest, old_key) is None
    opened = desk_key(centre, staff, new, new.pin)
    assert opened is not None
    assert name_of(centre, guest, opened) == "张伟"
    badge = centre.badge(guest.badge)
    assert open_with_secret(carried(centre, guest), secret(badge)) is not None


def secret(badge: IssuedBadge) -> bytes:
    from access.badge.credential import read

    code = read(badge.text)
    assert code is not None
    return code.secret
