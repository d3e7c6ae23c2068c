"""Version 0.1.0 sends its whole vector each time: it and this version still understand each other.

The rounds in `samples/exchange_0_1_0` were recorded between two devices of that version.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import msgspec
import pytest

from access.log.entry import Alarm, Body, Kiosk
from jianmen.testing.log_writer import LogWriter, boot_body
from sync.exchange.exchange import Answerer, Asker
from sync.store.replica import Replica
from sync.wire.device_key import DeviceKey
from sync.wire.messages import Batch, Envelope, Message, read

RECORDED = Path(__file__).parents[2] / "samples" / "exchange_0_1_0" / "rounds.json"
NOW_MS = 1_795_000_000_000
REGISTRY, KIOSK, NEIGHBOUR = (DeviceKey.from_seed(bytes([seed]) * 32) for seed in (1, 2, 3))
FIELDS = 17
"""Of a message in version 0.1.0."""


def log_of(writer: DeviceKey, more: list[tuple[str, Body]]) -> Batch:
    log = LogWriter(writer, start_ms=NOW_MS)
    for kind, body in [("boot", boot_body(writer.fingerprint)), *more]:
        log.write(kind, body, mono_ms=1000)
    return log.batch()


@pytest.fixture
def stores() -> Iterator[dict[str, Replica]]:
    """What each held before the recorded rounds: the registry's log and its own."""
    named = [
        ("kiosk", Kiosk(device=one.fingerprint, public=one.public, gate=f"gate-{number}"))
        for number, one in enumerate((KIOSK, NEIGHBOUR))
    ]
    made = {}
    for owner in (KIOSK, NEIGHBOUR):
        replica = Replica(":memory:", REGISTRY.public, REGISTRY.fingerprint)
        with replica.transaction():
            replica.take(log_of(REGISTRY, named))
            replica.take(log_of(owner, [("alarm", Alarm(what="door_forced", detail=""))] * 3))
        made[owner.fingerprint] = replica
    yield made
    for replica in made.values():
        replica.close()


def counting() -> Callable[[int], bytes]:
    numbers = count(1)
    return lambda length: next(numbers).to_bytes(length, "big")


def recorded() -> list[tuple[bytes, bytes]]:
    rounds = msgspec.json.decode(RECORDED.read_bytes())["rounds"]
    return [(base64.b64decode(one["request"]), base64.b64decode(one["answer"])) for one in rounds]


def opened(raw: bytes) -> Message:
    return read(Message, read(Envelope, raw).body)


def test_an_older_kiosk_is_answered_with_whole_vectors(stores: dict[str, Replica]) -> None:
    store = stores[NEIGHBOUR.fingerprint]
    answerer = Answerer(store, NEIGHBOUR, lambda: NOW_MS, lambda: None)
    for number, (request, _) in enumerate(recorded()):
        answer = opened(answerer.answer(request, 5000)[0])
        if number:  # the first is a hello
            assert not answer.basis
            assert answer.have == store.vector()
            assert answer.heard.keys() == {one.log[:16] for one in store.latest_heads()}

    assert len(store.vector()) == 3
    fields = msgspec.msgpack.decode(
        read(Envelope, answerer.answer(recorded()[-1][0], 5000)[0]).body
    )
    old = opened(recorded()[-1][1])
    assert fields[3] == {log: [list(p) for p in points] for log, points in old.have.items()}
    assert len(fields) >= FIELDS


def test_an_older_neighbour_is_asked_with_whole_vectors(stores: dict[str, Replica]) -> None:
    store = stores[KIOSK.fingerprint]
    asker = Asker(store, KIOSK, lambda: NOW_MS, lambda: None, NEIGHBOUR.fingerprint, counting())
    for old_request, answer in recorded():
        request = opened(asker.request())
        old = opened(old_request)
        assert not request.basis
        assert (request.have, request.heard) == (old.have, old.heard)
        assert [one.raws for one in request.batches] == [one.raws for one in old.batches]
        asker.receive(answer)

    assert len(store.vector()) == 3
    assert (asker.ahead(), asker.behind()) == (0, 0)
