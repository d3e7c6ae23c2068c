"""Keys that sign badges follow one another; several are good at once, and a retired one opens no door."""

from __future__ import annotations

import pytest

from access.badge.credential import Signed, read
from registry.roster.model import IssuedBadge, Person
from registry.service import RegistryService
from registry.storage.errors import RegistryError, UnknownError


def signed(service: RegistryService, ref: str) -> IssuedBadge:
    return service.register(Person(ref=ref, ticket="delegate", form="signed"))


def key_of(badge: IssuedBadge) -> int:
    code = read(badge.text)
    assert isinstance(code, Signed)
    return code.key


def rotate(service: RegistryService) -> int:
    with service.snapshot() as known:
        return service.signing_keys.rotate(known)


def listed(service: RegistryService) -> list[tuple[int, str, int]]:
    with service.snapshot() as known:
        return [(key.number, key.state, key.badges) for key in service.signing_keys.all(known)]


def test_a_new_key_signs_from_now_on_and_the_old_one_stays_good(service: RegistryService) -> None:
    old = signed(service, "old")
    assert rotate(service) == 1
    new = signed(service, "new")

    assert (key_of(old), key_of(new)) == (0, 1)
    assert listed(service) == [(0, "good", 1), (1, "signs", 1)]
    with service.snapshot() as known:
        assert set(known.event_state.keys) == {0, 1}


def test_a_retired_key_is_good_for_nothing_and_its_badges_are_counted(
    service: RegistryService,
) -> None:
    old = signed(service, "old")
    signed(service, "replaced")
    rotate(service)
    service.reissue(service.person("replaced").badge)

    assert service.signing_keys.retire(0) == 1
    assert listed(service) == [(0, "retired", 1), (1, "signs", 1)]
    with service.snapshot() as known:
        assert set(known.event_state.keys) == {1}
    service.reissue(old.badge)
    assert listed(service) == [(0, "retired", 0), (1, "signs", 2)]


def test_the_key_that_signs_cannot_be_retired_nor_one_that_is_not_there(
    service: RegistryService,
) -> None:
    with pytest.raises(RegistryError, match="make a new key first"):
        service.signing_keys.retire(0)
    with pytest.raises(UnknownError):
        service.signing_keys.retire(5)
    rotate(service)
    service.signing_keys.retire(0)
    with pytest.raises(UnknownError):
        service.signing_keys.retire(0)


def test_a_number_is_never_given_twice(service: RegistryService) -> None:
    rotate(service)
    service.signing_keys.retire(0)

    assert rotate(service) == 2
    assert [number for number, _, _ in listed(service)] == [0, 1, 2]


def test_after_a_purge_no_key_is_made(service: RegistryService) -> None:
    service.purge(early=True)

    with pytest.raises(RegistryError, match="people and keys were deleted"):
        rotate(service)
    with pytest.raises(RegistryError, match="people and keys were deleted"):
        service.labels()
