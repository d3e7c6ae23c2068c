"""The device interface answers alike wherever it is mounted: at the registry, and at a kiosk on its LAN."""

from __future__ import annotations

import gzip
import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cheroot.wsgi import Server

from access.log.chain import device_id
from access.log.clock_reading import ClockReading
from access.log.entry import Kiosk, pack
from config import event_file
from registry.http.device_api import BODIES_AT_ONCE as AT_REGISTRY
from registry.server.app import WebSettings, create_app
from registry.service import RegistryService
from registry.storage.ledger import Ledger
from sync.exchange.exchange import Answerer, Asker
from sync.store.replica import Replica
from sync.transport.http_client import MEDIA_TYPE
from sync.transport.lan_server import BODIES_AT_ONCE as AT_NEIGHBOUR
from sync.transport.lan_server import Connection, LanServer
from sync.wire.device_key import DeviceKey
from sync.wire.enrolment_certificate import certificate_for
from sync.wire.messages import MAX_BODY_BYTES, Enrol, Envelope, Message

EVENT = Path(__file__).parents[1] / "scenarios" / "smarthk.toml"
NOW_MS = 1_605_573_000_000

Reply = tuple[int, str, dict[str, str], bytes]


def clock() -> ClockReading:
    return ClockReading(NOW_MS, NOW_MS, True)


@dataclass
class Side:
    """One mounted endpoint: its port, who answers there, a kiosk it knows, and one that is cut off."""

    port: int
    answers: DeviceKey
    known: DeviceKey
    cut_off: DeviceKey
    bodies_at_once: int
    registry_public: bytes

    def send(
        self,
        body: bytes,
        path: str = "/v1/exchange",
        method: str = "POST",
        headers: dict[str, str] | None = None,
    ) -> Reply:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as link:
            link.request(method, path, body, headers or {})
            answer = link.getresponse()
            kind = answer.headers.get_content_type()
            return answer.status, kind, dict(answer.headers), answer.read()

    @contextmanager
    def asker(self, device: DeviceKey) -> Iterator[Asker]:
        replica = Replica(":memory:", self.registry_public, device_id(self.registry_public))
        with closing(replica):
            yield Asker(replica, device, lambda: NOW_MS, lambda: None, self.answers.fingerprint)


def registry_side(stack: ExitStack) -> Side:
    service = RegistryService(Ledger("sqlite://", None, lambda: NOW_MS), clock)
    stack.callback(service.ledger.close)
    service.init(event_file.load(EVENT))
    known, cut_off = DeviceKey.new(), DeviceKey.new()
    for device in (known, cut_off):
        service.enrol(Enrol(device.public, service.enrol_code(), b""))
    service.cut_off(cut_off.fingerprint)
    app = create_app(service, clock, WebSettings())
    server = Server(("127.0.0.1", 0), app, numthreads=12)
    server.ConnectionClass = Connection
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    stack.callback(thread.join)
    stack.callback(server.stop)
    port = server.bind_addr[1]
    public = service.identity.public
    return Side(port, service.identity, known, cut_off, AT_REGISTRY, public)


def neighbour_side(stack: ExitStack) -> Side:
    registry, answers, known, cut_off = (DeviceKey.new() for _ in range(4))
    replica = Replica(":memory:", registry.public, registry.fingerprint)
    stack.callback(replica.close)
    with replica.transaction():
        replica.introduce(Kiosk(device=known.fingerprint, public=known.public, gate=None))
        replica.introduce(
            Kiosk(device=cut_off.fingerprint, public=cut_off.public, gate=None, cut_off=True)
        )
    answerer = Answerer(replica, answers, lambda: NOW_MS, lambda: None)
    # One that is cut off knows the registry by name alone.
    answerer.warrant = certificate_for(
        Kiosk(device=answers.fingerprint, public=answers.public, gate=None), registry
    )
    lock = threading.Lock()

    def answer(raw: bytes) -> bytes:
        with lock:
            return answerer.answer(raw, NOW_MS)[0]

    server = LanServer("127.0.0.1", 0, None, answer)
    stack.callback(server.close)
    return Side(server.port, answers, known, cut_off, AT_NEIGHBOUR, registry.public)


@pytest.fixture(params=[registry_side, neighbour_side], ids=["registry", "neighbour"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    with ExitStack() as stack:
        make: Callable[[ExitStack], Side] = request.param
        yield make(stack)


def sealed(sender: DeviceKey, signer: DeviceKey | None = None, version: int = 1) -> bytes:
    body = pack(Message(version, b"n" * 16, b"", {}))
    return pack(Envelope(body, sender.fingerprint, (signer or sender).sign(body)))


def refused(reply: Reply, status: int, why: str) -> None:
    assert reply[0] == status
    assert reply[1] == "text/plain"
    text = reply[3].decode()
    assert why in text
    assert text.count("\n") == 1
    assert len(text) < 300


def test_a_known_kiosk_is_answered(side: Side) -> None:
    with side.asker(side.known) as asker:
        for _ in range(2):  # the first answer gives the nonce
            status, kind, _, body = side.send(asker.request())
            assert (status, kind) == (200, MEDIA_TYPE)
            asker.receive(body)
        assert asker.behind() is not None


def test_a_message_signed_by_another_key_is_forbidden(side: Side) -> None:
    refused(side.send(sealed(side.known, DeviceKey.new())), 403, "not signed by device")


def test_a_stranger_is_forbidden(side: Side) -> None:
    refused(side.send(sealed(DeviceKey.new())), 403, "not enrolled")


def test_a_kiosk_that_is_cut_off_is_forbidden(side: Side) -> None:
    refused(side.send(sealed(side.cut_off)), 403, "cut off")


@pytest.mark.parametrize("body", [b"", b"GET / HTTP/1.1", b"\x93\x01\x02\x03", b"\xc1" * 5000])
def test_garbage_is_a_bad_request(side: Side, body: bytes) -> None:
    refused(side.send(body), 400, "not a message")


def test_another_version_is_a_bad_request(side: Side) -> None:
    refused(side.send(sealed(side.known, version=99)), 400, "version 99")


def test_a_warrant_of_another_registry_is_forbidden(side: Side) -> None:
    stranger, registry = DeviceKey.new(), DeviceKey.new()
    warrant = certificate_for(
        Kiosk(device=stranger.fingerprint, public=stranger.public, gate=None), registry
    )
    body = pack(Message(1, b"n" * 16, b"", {}))
    raw = pack(Envelope(body, stranger.fingerprint, stranger.sign(body), warrant))
    refused(side.send(raw), 403, "not signed by this event's registry")


def test_a_body_in_gzip_is_taken_and_one_that_is_not_whole_is_refused(side: Side) -> None:
    with side.asker(side.known) as asker:
        whole = gzip.compress(asker.request())
    assert side.send(whole, headers={"Content-Encoding": "gzip"})[0] == 200
    refused(side.send(whole[:-9], headers={"Content-Encoding": "gzip"}), 400, "gzip")
    refused(side.send(b"x", headers={"Content-Encoding": "br"}), 415, "'br'")


def test_a_body_that_is_or_unpacks_to_too_much_is_refused(side: Side) -> None:
    bomb = gzip.compress(bytes(MAX_BODY_BYTES + 1))
    refused(side.send(bomb, headers={"Content-Encoding": "gzip"}), 413, "unpacks to more")


def test_what_is_not_there_says_what_is(side: Side) -> None:
    refused(side.send(b"", "/v1/other"), 404, "POST /v1/exchange")


def test_another_method_is_named_as_such(side: Side) -> None:
    reply = side.send(b"", method="GET")
    refused(reply, 405, "POST")
    assert reply[2]["Allow"] == "POST"


def test_when_too_many_bring_much_at_once_the_next_is_asked_to_come_again(side: Side) -> None:
    with ExitStack() as stack:
        for _ in range(side.bodies_at_once):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", side.port)))
            slow.sendall(
                b"POST /v1/exchange HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\nhalf"
            )
        reply = side.send(b"")
        while reply[0] == 400:  # not all of them have come through to their turn yet
            reply = side.send(b"")
        refused(reply, 503, "come again")
        assert int(reply[2]["Retry-After"]) > 0


def test_many_who_send_little_and_slowly_hold_up_nobody(side: Side) -> None:
    with ExitStack() as stack:
        for _ in range(side.bodies_at_once):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", side.port)))
            slow.sendall(
                b"POST /v1/exchange HTTP/1.1\r\nHost: x\r\nContent-Length: 200\r\n\r\nhalf"
            )
        refused(side.send(b""), 400, "not a message")
