"""Enrolling: only the registry that the code names is believed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from access.log.entry import pack
from sync.enrolment.client import enrol
from sync.enrolment.record import EnrolmentError
from sync.wire.device_key import DeviceKey
from sync.wire.enrolment_code import EnrolmentCode
from sync.wire.messages import Enrol, Enrolled, Envelope, read

Answer = Callable[[bytes], tuple[int, str, bytes]]
MEDIA_TYPE = "application/msgpack"


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], str]]:
    """Serves an answer at an address of this machine."""
    servers: list[tuple[HTTPServer, threading.Thread]] = []

    def start(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, kind, output = answer(body)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(output)))
                self.end_headers()
                self.wfile.write(output)

            def log_message(self, *_: object) -> None:
                """The test says what went wrong."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def registry_answer(registry: DeviceKey, signer: DeviceKey | None = None, **changes) -> Answer:
    """A registry that takes every code in; `changes` to its answer, `signer` another key that signs it."""

    def answer(body: bytes) -> tuple[int, str, bytes]:
        asked = read(Enrol, read(Envelope, body).body)
        fields = {
            "public": registry.public,
            "yours": asked.nonce,
            "event": "smarthk-2020",
            **changes,
        }
        output = pack(Enrolled(**fields))
        by = signer or registry
        return 200, MEDIA_TYPE, pack(Envelope(output, registry.fingerprint, by.sign(output)))

    return answer


def ask(url: str, registry: DeviceKey) -> EnrolmentCode:
    return EnrolmentCode(registry.fingerprint, "AB2CD3EF", url)


def test_an_enrolled_kiosk_knows_its_registry(serve):
    registry = DeviceKey.new()
    url = serve(registry_answer(registry, gate="chengdu-main-1"))
    found = enrol(ask(url, registry), DeviceKey.new(), name="left door")

    assert (found.registry_url, found.registry) == (url, registry.fingerprint)
    assert (found.registry_public, found.gate) == (registry.public, "chengdu-main-1")


def test_a_refusal_says_why(serve):
    registry = DeviceKey.new()
    url = serve(registry_answer(registry, refused="the code is too old"))

    with pytest.raises(EnrolmentError, match="the code is too old"):
        enrol(ask(url, registry), DeviceKey.new())


@pytest.mark.parametrize(
    "make",
    [
        lambda registry: registry_answer(DeviceKey.new()),
        lambda registry: registry_answer(registry, signer=DeviceKey.new()),
        lambda registry: registry_answer(registry, yours=b"an older nonce.."),
        lambda registry: lambda _: (200, MEDIA_TYPE, b"\x93\x00"),
        lambda registry: lambda _: (200, MEDIA_TYPE, b""),
    ],
    ids=["another registry", "another signature", "a replay", "nonsense", "nothing"],
)
def test_whoever_is_not_the_registry_of_the_code_is_not_believed(serve, make):
    registry = DeviceKey.new()
    url = serve(make(registry))

    with pytest.raises(EnrolmentError, match="is not the registry of this code"):
        enrol(ask(url, registry), DeviceKey.new())


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: (200, "text/html", b"<html>log in to the Wi-Fi</html>"),
        lambda _: (500, "text/plain", b"broken"),
        lambda _: (302, "text/html", b""),
    ],
)
def test_anything_between_is_named_and_no_crash(serve, answer):
    url = serve(answer)

    with pytest.raises(EnrolmentError, match="on the network"):
        enrol(ask(url, DeviceKey.new()), DeviceKey.new())


def test_a_registry_out_of_reach_is_named():
    with pytest.raises(EnrolmentError, match="cannot be reached"):
        enrol(ask("http://127.0.0.1:9", DeviceKey.new()), DeviceKey.new())
