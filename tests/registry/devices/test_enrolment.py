"""Kiosks join by a one-time code, get their gates, and can be cut off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import pytest

from access.log.entry import Kiosk
from access.state.event_state import EventState
from jianmen.testing.log_writer import LogWriter
from registry.devices.enrolment import ALPHABET, REFUSED
from registry.service import RegistryService
from registry.storage.errors import RegistryError, UnknownError
from sync.wire.device_key import DeviceKey
from sync.wire.messages import Enrol, Enrolled

GATE = "chengdu-main-1"
MINUTE_MS = 60_000


class Waits(Protocol):
    """The clock of the tests."""

    def wait(self, ms: int) -> None: ...


@pytest.fixture
def kiosk() -> DeviceKey:
    return DeviceKey.new()


@pytest.fixture
def enrol(service: RegistryService, kiosk: DeviceKey) -> Callable[[str], Enrolled]:
    """Asks to be enrolled with a code, as the kiosk."""

    def ask(code: str) -> Enrolled:
        return service.enrol(Enrol(kiosk.public, code, b"nonce", "tablet 7", "192.0.2.7:8744"))

    return ask


def event_state(service: RegistryService) -> EventState:
    service.refresh()
    return service.log_state.event_state


def test_a_code_is_short_and_cannot_be_misread(service: RegistryService) -> None:
    codes = [service.enrol_code(GATE) for _ in range(50)]

    assert all(len(code) == 8 for code in codes)
    assert not set("".join(codes)) & set("0O1I")
    assert len({code[:2] for code in codes}) == 50


def test_a_kiosk_with_a_good_code_stands_at_its_gate(
    service: RegistryService, kiosk: DeviceKey, enrol: Callable[[str], Enrolled]
) -> None:
    answer = enrol(service.enrol_code(GATE))

    assert (answer.public, answer.yours) == (service.identity.public, b"nonce")
    assert (answer.event, answer.gate, answer.refused) == ("smarthk-2020", GATE, "")
    entry = event_state(service).kiosks[kiosk.fingerprint]
    assert (entry.public, entry.gate) == (kiosk.public, GATE)
    assert (entry.name, entry.address) == ("tablet 7", "192.0.2.7:8744")
    assert event_state(service).kiosk_at(GATE) == kiosk.fingerprint
    assert service.ledger.public_key(kiosk.fingerprint) == kiosk.public


def test_a_code_typed_in_small_letters_with_a_dash_is_good(
    service: RegistryService, enrol: Callable[[str], Enrolled]
) -> None:
    code = service.enrol_code(GATE).lower()

    assert enrol(f" {code[:4]}-{code[4:]} ").refused == ""


def test_a_spare_kiosk_has_no_gate_until_it_is_given_one(
    service: RegistryService, kiosk: DeviceKey, enrol: Callable[[str], Enrolled]
) -> None:
    assert enrol(service.enrol_code()).gate is None
    service.assign(kiosk.fingerprint, GATE)
    assert event_state(service).kiosk_at(GATE) == kiosk.fingerprint
    service.assign(kiosk.fingerprint, None)
    assert event_state(service).kiosk_at(GATE) is None


def test_a_code_works_once(service: RegistryService, enrol: Callable[[str], Enrolled]) -> None:
    code = service.enrol_code(GATE)
    enrol(code)

    assert enrol(code).refused == REFUSED


def test_a_code_expires(
    service: RegistryService, clock: Waits, enrol: Callable[[str], Enrolled]
) -> None:
    late, in_time = service.enrol_code(GATE), service.enrol_code(GATE, minutes=11)
    clock.wait(10 * MINUTE_MS)

    assert enrol(late).refused == REFUSED
    assert enrol(in_time).refused == ""


def test_wrong_guesses_do_not_spend_a_code(
    service: RegistryService, enrol: Callable[[str], Enrolled]
) -> None:
    code = service.enrol_code(GATE)
    wrong = code[:-1] + next(letter for letter in ALPHABET if letter != code[-1])
    for _ in range(20):
        assert enrol(wrong).refused == REFUSED
    assert enrol(code).refused == ""
    assert enrol(code).refused == REFUSED


@pytest.mark.parametrize("nonsense", ["", "A", "AAAAAAAA", "開門開門", "A" * 64])
def test_nonsense_is_no_code(enrol: Callable[[str], Enrolled], nonsense: str) -> None:
    assert enrol(nonsense).refused == REFUSED


def test_a_kiosk_that_enrols_again_keeps_its_gate_and_seats(
    service: RegistryService, kiosk: DeviceKey, enrol: Callable[[str], Enrolled]
) -> None:
    enrol(service.enrol_code("chengdu-room-b-1"))
    service.free_seats(kiosk.fingerprint, "chengdu-room-b", 2)

    assert enrol(service.enrol_code()).gate == "chengdu-room-b-1"
    assert event_state(service).kiosks[kiosk.fingerprint].seats == {"chengdu-room-b": 2}


def test_a_kiosk_that_was_cut_off_cannot_come_back_with_the_same_key(
    service: RegistryService, kiosk: DeviceKey, enrol: Callable[[str], Enrolled]
) -> None:
    enrol(service.enrol_code(GATE))
    service.cut_off(kiosk.fingerprint)

    assert "new key" in enrol(service.enrol_code(GATE)).refused
    assert event_state(service).kiosks[kiosk.fingerprint].cut_off


def test_a_cut_off_believes_what_is_held_now_and_nothing_after(
    service: RegistryService, kiosk: DeviceKey, enrol: Callable[[str], Enrolled]
) -> None:
    enrol(service.enrol_code(GATE))
    written = LogWriter(kiosk).boot()
    log = written.log
    with service.ledger.transaction():
        service.ledger.take(written.batch())
    service.cut_off(kiosk.fingerprint)

    entry = event_state(service).kiosks[kiosk.fingerprint]
    assert entry.cut_off
    assert entry.believed == {log: 1}
    assert event_state(service).kiosk_at(GATE) is None
    service.cut_off(kiosk.fingerprint, {log: 0})
    assert event_state(service).kiosks[kiosk.fingerprint].believed == {log: 0}


def test_a_kiosk_without_a_gate_is_given_no_seats(
    service: RegistryService, kiosk: DeviceKey, enrol: Callable[[str], Enrolled]
) -> None:
    enrol(service.enrol_code())

    with pytest.raises(RegistryError, match="assign it one"):
        service.free_seats(kiosk.fingerprint, "chengdu-room-b", 1)


def test_freed_seats_add_up(
    service: RegistryService, kiosk: DeviceKey, enrol: Callable[[str], Enrolled]
) -> None:
    enrol(service.enrol_code("chengdu-room-b-1"))
    service.free_seats(kiosk.fingerprint, "chengdu-room-b", 1)
    service.free_seats(kiosk.fingerprint, "chengdu-room-b", 1)

    assert event_state(service).kiosks[kiosk.fingerprint].seats == {"chengdu-room-b": 2}


def test_what_does_not_exist_is_named(
    service: RegistryService, kiosk: DeviceKey, enrol: Callable[[str], Enrolled]
) -> None:
    enrol(service.enrol_code(GATE))

    with pytest.raises(UnknownError, match='did you mean "chengdu-main-1"'):
        service.enrol_code("chengdu-main1")
    with pytest.raises(UnknownError, match="no gate"):
        service.assign(kiosk.fingerprint, "heaven")
    with pytest.raises(UnknownError, match="No kiosk"):
        service.assign("0" * 16, GATE)
    with pytest.raises(UnknownError, match="capacity"):
        service.free_seats(kiosk.fingerprint, "chengdu", 1)
    with pytest.raises(RegistryError, match="1 or more"):
        service.free_seats(kiosk.fingerprint, "chengdu-room-b", 0)


def test_kiosks_are_remembered_by_their_newest_entry(
    service: RegistryService, kiosk: DeviceKey, enrol: Callable[[str], Enrolled]
) -> None:
    enrol(service.enrol_code(GATE))
    service.assign(kiosk.fingerprint, "chengdu-main-2")

    devices = service.ledger.devices()
    assert isinstance(devices[kiosk.fingerprint], Kiosk)
    assert devices[kiosk.fingerprint].gate == "chengdu-main-2"
