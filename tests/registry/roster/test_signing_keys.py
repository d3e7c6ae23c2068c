"""Keys that sign badges follow one another; several are good at once, and a retired one opens no door."""

from __future__ import annotations

import pytest

from access.badge.credential import Signed, read
from registry.roster.model import IssuedBadge, Person
from registry.service import Centre
from registry.storage.errors import RegistryError, UnknownError


def signed(centre: Centre, ref: str) -> IssuedBadge:
    return centre.register(Person(ref=ref, ticket="delegate", form="signed"))


def key_of(badge: IssuedBadge) -> int:
    code = read(badge.text)
    assert isinstance(code, Signed)
    return code.key


def rotate(centre: Centre) -> int:
    with centre.knowing() as known:
        return centre.signing_keys.rotate(known)


def listed(centre: Centre) -> list[tuple[int, str, int]]:
    with centre.knowing() as known:
        return [(key.number, key.state, key.badges) for key in centre.signing_keys.all(known)]


def test_a_new_key_signs_from_now_on_and_the_old_one_stays_good(centre: Centre) -> None:
    old = signed(centre, "old")
    assert rotate(centre) == 1
    new = signed(centre, "new")

    assert (key_of(old), key_of(new)) == (0, 1)
    assert listed(centre) == [(0, "good", 1), (1, "signs", 1)]
    with centre.knowing() as known:
        assert set(known.event_state.keys) == {0, 1}


def test_a_retired_key_is_good_for_nothing_and_its_badges_are_counted(centre: Centre) -> None:
    old = signed(centre, "old")
    signed(centre, "replaced")
    rotate(centre)
    centre.reissue(centre.person("replaced").badge)

    assert centre.signing_keys.retire(0) == 1
    assert listed(centre) == [(0, "retired", 1), (1, "signs", 1)]
    with centre.knowing() as known:
        assert set(known.event_state.keys) == {1}
    centre.reissue(old.badge)
    assert listed(centre) == [(0, "retired", 0), (1, "signs", 2)]


def test_the_key_that_signs_cannot_be_retired_nor_one_that_is_not_there(centre: Centre) -> None:
    with pytest.raises(RegistryError, match="make a new key first"):
        centre.signing_keys.retire(0)
    with pytest.raises(UnknownError):
        centre.signing_keys.retire(5)
    rotate(centre)
    centre.signing_keys.retire(0)
    with pytest.raises(UnknownError):
        centre.signing_keys.retire(0)


def test_a_number_is_never_given_twice(centre: Centre) -> None:
    rotate(centre)
    centre.signing_keys.retire(0)

    assert rotate(centre) == 2
    assert [number for number, _, _ in listed(centre)] == [0, 1, 2]
