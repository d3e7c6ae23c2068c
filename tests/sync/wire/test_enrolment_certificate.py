"""A kiosk that nobody has heard of shows the registry's signed word, and is believed as far as that goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from access.log.entry import Kiosk, pack
from sync.store.log_store import CutOffError, UnknownWriterError
from sync.wire.device_key import DeviceKey
from sync.wire.enrolment_certificate import certificate_for, certified_kiosk
from sync.wire.messages import Envelope, MessageError, read
from tests.sync.conftest import REGISTRY

Node = Any

KIOSK = DeviceKey.from_seed(bytes([7]) * 32)
NAMED = Kiosk(
    device=KIOSK.fingerprint,
    public=KIOSK.public,
    gate="east-1",
    address="192.0.2.7:8744",
    certificate="ab" * 32,
    name="東門一",
)


def warranting(node: Node, gate: str) -> Node:
    """The kiosk, with its warrant."""
    kiosk = Kiosk(device=node.device, public=node.identity.public, gate=gate)
    node.answerer.warrant = certificate_for(kiosk, REGISTRY)
    return node


@pytest.fixture
def newcomer(make_node: Callable[[int], Node]) -> Node:
    """A kiosk that no log names and that knows nobody but the registry's key."""
    return warranting(make_node(9), "gate-9")


@pytest.fixture
def neighbour(neighbour: Node) -> Node:
    """A kiosk of the venue that was cut off before the newcomer was enrolled."""
    return warranting(neighbour, "gate-3")


def call(one: Node, other: Node) -> None:
    """One kiosk exchanges with another."""
    one.asker(other).warrant = one.answerer.warrant
    one.talk_to(other)


def test_a_warrant_says_what_the_registry_signed() -> None:
    warrant = certificate_for(NAMED, REGISTRY)

    assert certified_kiosk(warrant, KIOSK.fingerprint, REGISTRY.public) == NAMED


def test_a_warrant_that_the_registry_has_not_signed_is_refused() -> None:
    other = DeviceKey.from_seed(bytes([8]) * 32)

    with pytest.raises(MessageError, match="not signed by this event's registry"):
        certified_kiosk(certificate_for(NAMED, other), KIOSK.fingerprint, REGISTRY.public)


def test_every_byte_of_a_warrant_is_under_its_signature() -> None:
    warrant = certificate_for(NAMED, REGISTRY)

    for offset in range(len(warrant)):
        altered = bytearray(warrant)
        altered[offset] ^= 1
        with pytest.raises(MessageError):
            certified_kiosk(bytes(altered), KIOSK.fingerprint, REGISTRY.public)


def test_a_warrant_of_another_device_is_refused() -> None:
    with pytest.raises(MessageError, match="another device's"):
        certified_kiosk(certificate_for(NAMED, REGISTRY), REGISTRY.fingerprint, REGISTRY.public)


def test_a_signature_of_the_registry_over_anything_else_is_no_warrant(registry: Node) -> None:
    body = pack(NAMED)
    signed = Envelope(body, REGISTRY.fingerprint, REGISTRY.sign(body))
    forged = pack((signed.body, signed.signature))

    with pytest.raises(MessageError, match="not signed"):
        certified_kiosk(forged, KIOSK.fingerprint, REGISTRY.public)


def test_a_new_kiosk_is_believed_by_a_neighbour_that_has_heard_nothing_of_it(
    newcomer: Node, neighbour: Node
) -> None:
    newcomer.work(5)

    call(newcomer, neighbour)
    assert newcomer.everything() <= neighbour.everything()
    assert neighbour.everything() <= newcomer.everything()
    assert neighbour.replica.kiosk(newcomer.device).gate == "gate-9"


def test_the_neighbours_door_learns_the_gate_of_the_new_kiosk(
    newcomer: Node, neighbour: Node
) -> None:
    call(newcomer, neighbour)

    notices = [msgspec.msgpack.decode(body) for _, kind, body in neighbour.replica.inbox(0)
            if kind == "introduced"]  # fmt: skip
    assert notices == [{"device": newcomer.device, "gate": "gate-9"}]


def test_a_kiosk_asked_by_one_that_does_not_know_it_shows_its_warrant_too(
    newcomer: Node, neighbour: Node
) -> None:
    neighbour.work(5)

    call(neighbour, newcomer)
    assert neighbour.replica.kiosk(newcomer.device).gate == "gate-9"
    assert neighbour.everything() <= newcomer.everything()


def test_a_new_kiosk_without_its_warrant_is_refused(newcomer: Node, neighbour: Node) -> None:
    newcomer.publish()

    with pytest.raises(UnknownWriterError, match="not enrolled here"):
        neighbour.answerer.answer(newcomer.asker(neighbour).request(), 0)


def test_a_stolen_warrant_is_of_no_use_without_the_kiosks_key(
    newcomer: Node, neighbour: Node, make_node: Callable[[int], Node]
) -> None:
    thief = make_node(11)
    thief.asker(neighbour).warrant = newcomer.answerer.warrant
    request = read(Envelope, thief.asker(neighbour).request())
    posing = msgspec.structs.replace(request, device=newcomer.device)

    for envelope in (request, posing):
        with pytest.raises(MessageError, match=r"another device's|not signed by device"):
            neighbour.answerer.answer(pack(envelope), 0)
    assert neighbour.replica.introduced() == []


def test_whoever_forgets_a_kiosk_is_shown_its_warrant_again(
    newcomer: Node, neighbour: Node, make_node: Callable[[int], Node]
) -> None:
    call(newcomer, neighbour)
    asker = newcomer.asker(neighbour)
    assert read(Envelope, asker.request()).warrant == b""
    replica = neighbour.replica
    with replica.transaction():
        replica._db.execute("DELETE FROM device WHERE fingerprint = ?", (newcomer.device,))
    replica._read_again()

    with pytest.raises(UnknownWriterError):
        neighbour.answerer.answer(asker.request(), 0)
    asker.forget()
    neighbour.answerer.answer(asker.request(), 0)
    assert replica.kiosk(newcomer.device) is not None


def test_a_warrant_does_not_help_a_kiosk_that_is_known_to_be_cut_off(
    registry: Node, newcomer: Node, neighbour: Node
) -> None:
    cut = Kiosk(
        device=newcomer.device, public=newcomer.identity.public, gate="gate-9", cut_off=True
    )
    registry.say("kiosk", cut)
    neighbour.talk_to(registry)

    with pytest.raises(CutOffError):
        call(newcomer, neighbour)
