"""A hostile kiosk, a hostile carrier and strangers, against a real registry and a real neighbour.

They are refused with a reason, in bounded memory, and nobody else is harmed.
"""

from __future__ import annotations

import gzip
import http.client
import secrets
import socket
import ssl
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import msgspec
import pytest

from access.badge.credential import Claims
from access.log.chain import Head
from access.log.entry import pack
from jianmen.testing.log_writer import LogWriter, admission, listing
from jianmen.testing.processes import Program
from jianmen.testing.waiting import until
from sync.exchange.exchange import Asker
from sync.store.log_store import BEGINNING
from sync.store.replica import Replica
from sync.transport.http_client import MEDIA_TYPE
from sync.wire.device_key import DeviceKey
from sync.wire.messages import MAX_BODY_BYTES, Batch, Envelope, Message, read
from tests.faults.machines import Kiosk, Registry, exchange, marks, right_time, wall_ms
from tests.faults.open_door import door_of

GROWS_BY_KB = 160 * 1024
CARRIER_KB = 120 * 1024
HUNG_UP = 0
STRANGER = "127.0.0.66"
"""Another loopback address: attackers come from elsewhere than honest kiosks."""


@dataclass
class Foe:
    """Somebody who speaks to a device at `port` over TLS, from an address of his own."""

    port: int
    identity: DeviceKey

    def post(
        self, body: bytes, path: str = "/v1/exchange", **headers: str
    ) -> tuple[int, bytes, str]:
        """Status, body, and the reason as text."""
        connection = self.connect()
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("POST", path, body, {"Content-Type": MEDIA_TYPE, **named})
            answer = connection.getresponse()
            received = answer.read(MAX_BODY_BYTES)
            return answer.status, received, received[:300].decode(errors="replace")
        except OSError:
            return HUNG_UP, b"", "hung up in the middle of the request"
        finally:
            connection.close()

    def connect(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=30, source_address=(STRANGER, 0),
            context=ssl._create_unverified_context(),
        )  # fmt: skip

    def announce(self, length: int) -> int:
        """Announce a body, send a little of it; the status."""
        connection = self.connect()
        try:
            connection.putrequest("POST", "/v1/exchange")
            connection.putheader("Content-Type", MEDIA_TYPE)
            connection.putheader("Content-Length", str(length))
            connection.endheaders(b"x" * 100)
            return connection.getresponse().status
        finally:
            connection.close()

    def connect_silently(self) -> socket.socket:
        """Open a connection and never speak."""
        return socket.create_connection(("127.0.0.1", self.port), 10, source_address=(STRANGER, 0))

    def speak_slowly(self) -> socket.socket:
        """Begin a request and never end it."""
        context = ssl._create_unverified_context()
        sock = context.wrap_socket(self.connect_silently())
        sock.sendall(b"POST /v1/exchange HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        return sock


class Liar(Asker):
    """An enrolled device with a real key, that can put anything into its messages."""

    def lie(self, foe: Foe, **changes: object) -> tuple[int, Message | None, str]:
        """Send a message with some fields of our own; the answer."""
        self.receive(foe.post(self.request())[1])
        self._nonce = self.nonce()
        assert self._theirs is not None
        received = self.compose(self._nonce, self._theirs.nonce, self._theirs, [])
        honest = msgspec.structs.replace(
            received, digest=b""
        )  # so that it is answered with whole vectors
        status, raw, why = foe.post(self.seal(msgspec.structs.replace(honest, **changes)))
        if status != 200:
            return status, None, why
        answer = read(Message, read(Envelope, raw).body)
        self._theirs = answer
        return status, answer, ""


@pytest.fixture
def insider(registry: Registry, kiosk_at: Callable[[str], Kiosk]) -> Kiosk:
    """A kiosk that was enrolled, and stolen."""
    found = kiosk_at("west-1")
    with registry.opened() as service:
        found.enrol_with(service, "https://127.0.0.1:1", registry.pin)
        found.fetch(service)
    return found


@pytest.fixture
def victim(registry: Registry, kiosk_at: Callable[[str], Kiosk]) -> Kiosk:
    """An honest kiosk with a day's work."""
    found = kiosk_at("east-1")
    registry.choose_port()
    with registry.opened() as service:
        found.enrol_with(service, registry.url, registry.pin)
        found.fetch(service)
    with door_of(found, registry) as door:
        for text in registry.texts:
            door.present(text)
    return found


@pytest.fixture
def liar(registry: Registry, insider: Kiosk) -> Iterator[Callable[[str], Liar]]:
    with ExitStack() as opened:

        def speaking_to(device: str) -> Liar:
            replica = Replica(":memory:", registry.public, registry.fingerprint)
            opened.callback(replica.close)
            with registry.opened() as service:
                exchange(replica, insider.identity, service.ledger, service.identity)
            return Liar(replica, insider.identity, wall_ms, right_time, device)

        yield speaking_to


def _invented(log: str, signer: DeviceKey, count: int = 3, kind: str = "scan") -> Batch:
    writer = LogWriter(signer, log[16:], start_ms=wall_ms())
    for _ in range(count):
        badge = secrets.token_bytes(5)
        if kind == "scan":
            writer.write(kind, admission("west-1", badge, wall_ms()))
        else:
            claims = Claims(0, 1, 0, 1)
            writer.write(kind, listing(badge, claims))
    return Batch(
        log, *BEGINNING, writer.raws, writer.identity.head(log, *writer.point(), wall_ms())
    )


def _broken(batch: Batch, how: str) -> Batch:
    raws = list(batch.raws)
    match how:
        case "altered":
            raws[1] = raws[1][:-2] + bytes([raws[1][-2] ^ 1]) + raws[1][-1:]
        case "reordered":
            raws[0], raws[1] = raws[1], raws[0]
        case "one missing":
            del raws[1]
        case "cut short":
            del raws[-1]
    return msgspec.structs.replace(batch, raws=raws)


def _lies(
    foe: Foe, liar: Liar, registry: Registry, other: str, stored_logs: Callable[[], set[str]]
) -> None:
    """Entries that were never written, by an enrolled device: each is refused, the exchange goes on."""
    mine = foe.identity
    log = mine.fingerprint + "0badc0de"
    for how in ("altered", "reordered", "one missing", "cut short"):
        status, answer, _ = liar.lie(foe, batches=[_broken(_invented(log, mine), how)])
        assert status == 200
        assert answer is not None
        assert log not in answer.have, how
    for stranger, kind in (
        (other + "0badc0de", "scan"),
        (registry.fingerprint + "0badc0de", "badge"),
    ):
        _, answer, _ = liar.lie(foe, batches=[_invented(stranger, mine, kind=kind)])
        assert answer is not None
        assert stranger not in answer.have
    forged = Head(other + "0badc0de", 1, bytes(32), wall_ms() + 10**9, bytes(64))
    assert liar.lie(foe, heads=[forged])[0] == 200
    # In between an honest batch of the same device is taken: nobody is punished for another's lines.
    _, answer, _ = liar.lie(foe, batches=[_invented(log, mine)])
    assert answer is not None
    assert log in answer.have
    assert other + "0badc0de" not in stored_logs()


def _monsters(foe: Foe, liar: Liar) -> None:
    """Bodies that are too much."""
    assert foe.announce(2 * 1024**3) == 413
    assert foe.announce(MAX_BODY_BYTES + 1) == 413
    pack_up = zlib.compressobj(level=9, wbits=31)
    bomb = b"".join(pack_up.compress(bytes(1 << 20)) for _ in range(300)) + pack_up.flush()
    assert foe.post(bomb, Content_Encoding="gzip")[0] == 413
    assert foe.post(b"not gzip at all", Content_Encoding="gzip")[0] == 400
    million = {f"{n:024x}": [] for n in range(1_000_000)}
    body = pack(Message(1, bytes(16), b"", {}))[:-1]
    vector = pack(million)
    sealed = pack(Envelope(body + vector, liar.identity.fingerprint, bytes(64)))
    assert foe.post(sealed)[0] in (413, HUNG_UP)
    assert foe.post(gzip.compress(sealed, 1), Content_Encoding="gzip")[0] == 413
    status, _, why = liar.lie(foe, have={f"{n:024x}": [] for n in range(20_001)})
    assert status == 400
    assert why
    assert liar.lie(foe, have={f"{n:024x}": [] for n in range(19_000)})[0] == 200


def _strangers(foe: Foe, registry: Registry) -> None:
    nobody = DeviceKey.new()
    body = pack(Message(1, bytes(16), b"", {}))
    stranger = pack(Envelope(body, nobody.fingerprint, nobody.sign(body)))
    # The silent callers are still being shown out: a stranger may have to call again.
    until(lambda: foe.post(stranger)[0] != HUNG_UP, "the line to be free")
    status, _, why = foe.post(stranger)
    assert status == 403
    assert "not enrolled" in why
    pretended = pack(Envelope(body, registry.fingerprint, nobody.sign(body)))
    assert foe.post(pretended)[0] in (400, 403)
    for rubbish in (b"", b"\xc1", b"\x93", b"<html>", secrets.token_bytes(2000), b"\x91" * 100_000):
        assert foe.post(rubbish)[0] == 400, rubbish[:10]
    assert foe.post(b"x", path="/v1/nothing")[0] == 404


def _replayed(foe: Foe, liar: Liar) -> None:
    """A message heard on the way is sent again: it is answered, and changes nothing."""
    liar.receive(foe.post(liar.request())[1])
    request = liar.request()
    first = read(Message, read(Envelope, foe.post(request)[1]).body)
    again = read(Message, read(Envelope, foe.post(request)[1]).body)
    assert first.have == again.have


def _attack(
    foe: Foe, liar: Liar, registry: Registry, other: str, program: Program,
    stored_logs: Callable[[], set[str]], honest: Callable[[], None],
) -> int:  # fmt: skip
    """Everything at once; how much the server's memory has grown (KiB)."""
    honest()
    before = program.resident_kb()
    with ExitStack() as open_:
        for _ in range(30):
            try:
                open_.enter_context(foe.connect_silently())
                open_.enter_context(foe.speak_slowly())
            except OSError:
                continue  # refused already: better still
        honest()
    _strangers(foe, registry)
    _lies(foe, liar, registry, other, stored_logs)
    _replayed(foe, liar)
    _monsters(foe, liar)
    honest()
    assert program.alive
    print(f"{program.name}: {before} KiB before, {program.resident_kb()} KiB after")
    return program.resident_kb() - before


def test_the_registry_stands_up_to_a_stolen_kiosk_and_strangers(
    registry: Registry, victim: Kiosk, insider: Kiosk, liar: Callable[[str], Liar]
) -> None:
    lying = liar(registry.fingerprint)
    program = registry.serve("--trust-clock")
    foe = Foe(registry.port, insider.identity)

    def honest() -> None:
        victim.sync()
        assert set(victim.marks()) <= set(registry.marks())

    def stored_logs() -> set[str]:
        return {log for log, _, _ in registry.marks()}

    grown = _attack(foe, lying, registry, victim.identity.fingerprint, program, stored_logs, honest)
    assert grown < GROWS_BY_KB


def test_a_neighbour_stands_up_to_a_stolen_kiosk_and_strangers(
    registry: Registry, victim: Kiosk, insider: Kiosk, liar: Callable[[str], Liar],
    kiosk_at: Callable[[str], Kiosk],
) -> None:  # fmt: skip
    friend = kiosk_at("east-2")
    with registry.opened() as service:
        friend.enrol_with(service, "https://127.0.0.1:1", registry.pin)
        friend.fetch(service)
        victim.fetch(service)
    lying = liar(victim.identity.fingerprint)
    program = victim.carry()
    until(lambda: set(victim.marks()) <= set(victim.replica()), "the carrier to start")
    foe = Foe(victim.lan_port, insider.identity)
    served = [0]

    def honest() -> None:
        with door_of(friend, registry) as door:
            mark = door.present(registry.texts[served[0]])[1]
        served[0] += 1
        friend.sync_with(victim)
        assert mark in victim.replica()

    def stored_logs() -> set[str]:
        return {log for log, _, _ in marks(victim.data / "replica.db")}

    _attack(foe, lying, registry, victim.identity.fingerprint, program, stored_logs, honest)
    assert program.resident_kb() < CARRIER_KB
