"""Whatever stands at the other end: a message gets an answer of ours, or an error that says what happened."""

from __future__ import annotations

import datetime as dt
import gzip
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sync.transport import http_client as link_module
from sync.transport.http_client import HttpClient, HttpClientError
from sync.wire.messages import MAX_BODY_BYTES

GOOD = b"HTTP/1.1 200 OK\r\nContent-Type: application/msgpack\r\nContent-Length: 4\r\n\r\ngood"
OURS = b"HTTP/1.1 200 OK\r\nContent-Type: application/msgpack\r\n"


@dataclass
class Server:
    """Something that listens: each request is read, and `answer` does what it likes with the connection."""

    answer: Callable[[socket.socket], None]
    tls: ssl.SSLContext | None = None
    requests: list[bytes] = field(default_factory=list)
    first_pieces: list[bytes] = field(default_factory=list)
    """What came of each request before anything else of it."""
    connections: int = 0

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name="listening")]
        self._threads[0].start()

    @property
    def url(self) -> str:
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://127.0.0.1:{self._listening.getsockname()[1]}"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.connections += 1
                self._open.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError):
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            with connection:
                while request := self._read(connection):
                    self.requests.append(request)
                    self.answer(connection)

    def _read(self, connection: socket.socket) -> bytes:
        request = b""
        while b"\r\n\r\n" not in request:
            piece = connection.recv(65536)
            if not request:
                self.first_pieces.append(piece)
            request += piece
            if not request.startswith(b"POST"):  # nobody there any more, or a TLS greeting
                return b""
        headers, _, body = request.partition(b"\r\n\r\n")
        (length,) = [
            int(line.split(b":")[1])
            for line in headers.splitlines()
            if line.lower().startswith(b"content-length")
        ]
        while len(body) < length:
            body += connection.recv(65536)
        return headers + b"\r\n\r\n" + body

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for connection in self._open:
            connection.close()


@pytest.fixture
def listen() -> Iterator[Callable[..., Server]]:
    """Starts something that listens and answers with these bytes, or as this function does."""
    started: list[Server] = []

    def start(
        answer: bytes | Callable[[socket.socket], None], tls: ssl.SSLContext | None = None
    ) -> Server:
        say = answer if callable(answer) else (lambda connection: connection.sendall(answer))
        started.append(Server(say, tls))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def connect() -> Iterator[Callable[..., HttpClient]]:
    """Makes a link that is closed in the end."""
    made: list[HttpClient] = []

    def make(url: str, pin: str | None = None) -> HttpClient:
        made.append(HttpClient(url, pin))
        return made[-1]

    yield make
    for link in made:
        link.close()


Listen = Callable[..., Server]
Connect = Callable[..., HttpClient]


def test_a_message_goes_out_and_the_answer_comes_back(listen: Listen, connect: Connect) -> None:
    server = listen(GOOD)

    assert connect(server.url + "/").post("/v1/exchange", b"hello") == b"good"
    (request,) = server.requests
    assert request.startswith(b"POST /v1/exchange HTTP/1.1\r\n")
    assert b"content-type: application/msgpack" in request.lower()
    assert request.endswith(b"\r\n\r\nhello")


@pytest.mark.parametrize("secured", [False, True])
def test_head_and_body_of_a_request_go_out_together(
    listen: Listen, connect: Connect, certificate: Certificate, *, secured: bool
) -> None:
    tls, pin = certificate() if secured else (None, None)
    server = listen(GOOD, tls)

    connect(server.url, pin).post("/v1/exchange", b"hello")
    assert server.first_pieces[0] == server.requests[0]


def test_one_connection_serves_many_messages(listen: Listen, connect: Connect) -> None:
    server = listen(GOOD)
    link = connect(server.url)

    assert [link.post("/", b"x") for _ in range(5)] == [b"good"] * 5
    assert server.connections == 1


def test_a_connection_that_was_closed_meanwhile_is_opened_again(
    listen: Listen, connect: Connect
) -> None:
    def answer_and_hang_up(connection: socket.socket) -> None:
        connection.sendall(GOOD)
        connection.close()

    server = listen(answer_and_hang_up)
    link = connect(server.url)

    answers = []
    for _ in range(3):
        with suppress(HttpClientError):
            answers.append(link.post("/", b"x"))
    assert answers[-1] == b"good"
    assert server.connections >= 2


def test_long_messages_and_answers_travel_packed(listen: Listen, connect: Connect) -> None:
    body = gzip.compress(b"a" * 100_000)
    answer = OURS + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    server = listen(answer)

    assert connect(server.url).post("/", b"b" * 100_000) == b"a" * 100_000
    headers, _, sent = server.requests[0].partition(b"\r\n\r\n")
    assert b"Content-Encoding: gzip" in headers
    assert gzip.decompress(sent) == b"b" * 100_000


def test_an_answer_in_chunks_is_put_together(listen: Listen, connect: Connect) -> None:
    answer = OURS + b"Transfer-Encoding: chunked\r\n\r\n2\r\ngo\r\n2\r\nod\r\n0\r\n\r\n"

    assert connect(listen(answer).url).post("/", b"x") == b"good"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 7\r\n\r\nno room",
            "answered 500: no room",
        ),
        (
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nnot known",
            "answered 403: not known",
        ),
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\nContent-Length: 0\r\n\r\n",
            "answered 302",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html;x\r\nContent-Length: 6\r\n\r\n<html>",
            "a login page",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood", "no content type"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "answered 204"),
        (b"HTTP/1.1 500 No\r\nContent-Length: 99\r\n\r\n", "broke off"),
        (OURS + b"Content-Length: 99\r\n\r\nhalf", "broke off"),
        (OURS + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope", "broke off"),
        (OURS + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "broke off"),
        (b"", "cannot be reached"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "cannot be reached"),
        (b"HTTP/1.1 " + b"x" * 70_000, "cannot be reached"),
    ],
)
def test_what_is_no_answer_of_ours_is_an_error_that_says_so(
    listen: Listen, connect: Connect, answer: bytes, why: str
) -> None:
    def say_and_hang_up(connection: socket.socket) -> None:
        connection.sendall(answer)
        connection.close()

    server = listen(say_and_hang_up)
    with pytest.raises(HttpClientError) as error:
        connect(server.url).post("/v1/exchange", b"x")
    assert str(error.value).startswith(f"{server.url}: ")
    assert why in str(error.value)
    assert len(str(error.value)) < 300


def test_nobody_at_the_address_is_an_error(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(HttpClientError, match="cannot be reached"):
        connect(f"http://127.0.0.1:{port}").post("/", b"x")


def test_a_name_that_nobody_knows_is_an_error(connect: Connect) -> None:
    with pytest.raises(HttpClientError, match="cannot be reached"):
        connect("http://registry.invalid").post("/", b"x")


@pytest.mark.parametrize(
    "url", ["http://", "http://[::1", "ftp://127.0.0.1", "http://127.0.0.1:99999"]
)
def test_an_address_that_is_none_is_an_error(connect: Connect, url: str) -> None:
    with pytest.raises(HttpClientError):
        connect(url).post("/", b"x")


def test_a_connection_that_is_reset_is_an_error(listen: Listen, connect: Connect) -> None:
    def reset(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    with pytest.raises(HttpClientError, match="cannot be reached"):
        connect(listen(reset).url).post("/", b"x")


@pytest.mark.parametrize("first", [b"", OURS + b"Content-Length: 99\r\n\r\nhalf"])
def test_one_who_never_answers_is_given_up(
    listen: Listen, connect: Connect, monkeypatch: pytest.MonkeyPatch, first: bytes
) -> None:
    monkeypatch.setattr(link_module, "READ_S", 0.05)
    server = listen(lambda connection: connection.sendall(first) if first else None)

    with pytest.raises(HttpClientError, match="no answer in time"):
        connect(server.url).post("/", b"x")


def test_an_answer_that_drips_is_given_up(
    listen: Listen, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "ANSWER_S", 0.0)

    with pytest.raises(HttpClientError, match="took longer"):
        connect(listen(GOOD).url).post("/", b"x")


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (OURS + b"\r\n", "larger than any answer"),
        (OURS + b"Content-Length: 99999999999\r\n\r\n", "larger than any answer"),
        (b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n", "answered 302"),
        (b"HTTP/1.1 500 No\r\n\r\n", "answered 500"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", "a login page"),
    ],
)
def test_a_body_without_end_is_cut_short(
    listen: Listen, connect: Connect, head: bytes, why: str
) -> None:
    poured = []

    def pour(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(20 * MAX_BODY_BYTES // 65536):
            connection.sendall(b"x" * 65536)
            poured.append(65536)

    with pytest.raises(HttpClientError, match=why):
        connect(listen(pour).url).post("/", b"x")
    assert sum(poured) < 10 * MAX_BODY_BYTES


def test_a_small_body_that_unpacks_without_end_is_cut_short(
    listen: Listen, connect: Connect
) -> None:
    bomb = gzip.compress(b"\0" * (5 * MAX_BODY_BYTES))
    answer = OURS + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb

    with pytest.raises(HttpClientError, match="larger than any answer"):
        connect(listen(answer).url).post("/", b"x")


def test_no_proxy_of_the_machine_stands_in_between(
    listen: Listen, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert connect(listen(GOOD).url).post("/", b"x") == b"good"


def _certificate(folder: Path, first: dt.datetime, last: dt.datetime) -> tuple[ssl.SSLContext, str]:
    """A self-signed certificate for no name in particular, and its fingerprint."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somewhere else")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(last)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{made.serial_number}.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, sha256(made.public_bytes(serialization.Encoding.DER)).hexdigest()


@pytest.fixture
def certificate(tmp_path: Path) -> Callable[..., tuple[ssl.SSLContext, str]]:
    """Makes a server's certificate, valid between two years, and its pin."""

    def make(first: int = 1950, last: int = 9999) -> tuple[ssl.SSLContext, str]:
        return _certificate(
            tmp_path,
            dt.datetime(first, 1, 1, tzinfo=dt.UTC),
            dt.datetime(last, 1, 1, tzinfo=dt.UTC),
        )

    return make


Certificate = Callable[..., tuple[ssl.SSLContext, str]]


@pytest.mark.parametrize(
    ("first", "last"), [(1950, 9999), (1990, 2001), (1950, 1969), (2060, 2061)]
)
def test_a_certificate_is_known_by_its_pin_whatever_its_dates_and_name(
    listen: Listen, connect: Connect, certificate: Certificate, first: int, last: int
) -> None:
    context, pin = certificate(first, last)

    assert connect(listen(GOOD, context).url, pin).post("/", b"x") == b"good"


def test_any_other_certificate_is_refused(
    listen: Listen, connect: Connect, certificate: Certificate
) -> None:
    context, _ = certificate()
    _, pin = certificate()
    server = listen(GOOD, context)

    with pytest.raises(HttpClientError, match="not the certificate that was agreed on"):
        connect(server.url, pin).post("/", b"x")
    assert server.requests == []


def test_a_certificate_that_nobody_pinned_is_refused(
    listen: Listen, connect: Connect, certificate: Certificate
) -> None:
    context, _ = certificate()
    server = listen(GOOD, context)

    with pytest.raises(HttpClientError, match="not one that this machine trusts"):
        connect(server.url).post("/", b"x")
    assert server.requests == []


def test_one_who_speaks_no_tls_is_told_apart(
    listen: Listen, connect: Connect, certificate: Certificate
) -> None:
    _, pin = certificate()
    server = listen(GOOD)

    with pytest.raises(HttpClientError, match="no TLS is spoken there"):
        connect(server.url.replace("http:", "https:"), pin).post("/", b"x")


def test_one_who_is_too_busy_for_tls_is_told_apart(
    connect: Connect, certificate: Certificate
) -> None:
    _, pin = certificate()
    with closing(socket.create_server(("127.0.0.1", 0))) as busy:

        def turn_away() -> None:
            connection, _ = busy.accept()
            connection.recv(4096)  # the hello: what is left unread would be answered with a reset
            connection.close()

        turning_away = threading.Thread(target=turn_away)
        turning_away.start()
        with pytest.raises(HttpClientError, match="hung up before TLS began: it is busy"):
            connect(f"https://127.0.0.1:{busy.getsockname()[1]}", pin).post("/", b"x")
        turning_away.join()


def test_a_pinned_link_sends_nothing_in_the_clear(
    listen: Listen, connect: Connect, certificate: Certificate
) -> None:
    _, pin = certificate()
    server = listen(GOOD)

    with suppress(HttpClientError):
        connect(server.url.replace("http:", "https:"), pin).post("/v1/exchange", b"secret")
    assert not any(b"secret" in request for request in server.requests)


def test_closing_twice_is_no_error(connect: Connect) -> None:
    link = connect("http://127.0.0.1:1")
    link.close()
    link.close()
