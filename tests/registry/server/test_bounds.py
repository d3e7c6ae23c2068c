"""Strangers who are slow, silent or many: the registry goes on for a kiosk and for an admin, and theirs is bounded.

The strangers come from 127.0.0.2 and 127.0.0.3, the kiosk and the admin from 127.0.0.1. Latencies are printed; what is
asserted are outcomes and counts.
"""

from __future__ import annotations

import re
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from sync.enrolment.client import enrol
from sync.exchange.exchange import Asker
from sync.store.replica import Replica
from sync.transport.http_client import MEDIA_TYPE
from sync.wire.device_key import DeviceKey
from sync.wire.enrolment_code import EnrolmentCode

PATIENCE_S = 60
STRANGERS = 300
ROUNDS = 20
PASSWORD = "a password of mine"


class Admin:
    """Somebody logged in, in a browser."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = False
        page = self.session.get(f"{url}/login", timeout=PATIENCE_S)
        token = re.search(r'name="page_token" value="([^"]+)"', page.text)
        assert token is not None
        self.token = token[1]
        form = {"account": "admin", "password": PASSWORD, "page_token": self.token}
        answer = self.session.post(f"{url}/login", data=form, timeout=PATIENCE_S)
        assert answer.url == f"{url}/"
        page = self.session.get(f"{url}/kiosks", timeout=PATIENCE_S)
        found = re.search(r'name="page-token" content="([^"]+)"', page.text)
        assert found is not None
        self.token = found[1]

    def post(self, path: str, body: Any) -> Any:
        headers = {"X-Jianmen-Token": self.token}
        answer = self.session.post(
            f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=PATIENCE_S
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def look(self) -> None:
        answer = self.session.get(f"{self.url}/api/v1/registrants", timeout=PATIENCE_S)
        assert answer.status_code == 200, answer.text


class FromElsewhere(HTTPAdapter):
    """Connections that come from another address of the loopback."""

    def init_poolmanager(self, *settings: Any, **more: Any) -> None:
        super().init_poolmanager(*settings, source_address=("127.0.0.3", 0), **more)


class Carrier:
    """A kiosk that exchanges."""

    def __init__(self, admin: Admin, folder: Path) -> None:
        code = EnrolmentCode.parse(admin.post("/kiosks/code", {"gate": None})["text"])
        identity = DeviceKey.new()
        enrolled = enrol(code, identity)
        self.url = admin.url
        self.replica = Replica(folder / "replica.db", enrolled.registry_public, enrolled.registry)
        self.asker = Asker(
            self.replica, identity, lambda: int(time.time() * 1000), lambda: None, enrolled.registry
        )

    def exchange(self) -> None:
        answer = requests.post(
            f"{self.url}/v1/exchange",
            data=self.asker.request(),
            headers={"Content-Type": MEDIA_TYPE},
            timeout=PATIENCE_S,
        )
        assert answer.status_code == 200, answer.text
        self.asker.receive(answer.content)


@pytest.fixture
def url(data: Path, serve: Callable[..., Any]) -> str:
    found: str = serve(data).url
    return found


@pytest.fixture
def admin(url: str) -> Iterator[Admin]:
    admin = Admin(url)
    yield admin
    admin.session.close()


@pytest.fixture
def carrier(admin: Admin, tmp_path: Path) -> Iterator[Carrier]:
    carrier = Carrier(admin, tmp_path)
    yield carrier
    carrier.replica.close()


@contextmanager
def strangers(url: str, sent: bytes, source: str = "127.0.0.2") -> Iterator[list[socket.socket]]:
    """Connections of one address that have each sent this much."""
    port = int(url.rpartition(":")[2])
    with ExitStack() as opened:
        found = []
        for _ in range(STRANGERS):
            one = socket.create_connection(("127.0.0.1", port), source_address=(source, 0))
            found.append(opened.enter_context(one))
            try:
                one.sendall(sent)
            except OSError:  # closed already, to make room
                continue
        yield found


def still_open(connections: list[socket.socket]) -> int:
    """How many of them the registry has not closed; it has closed one by the time it answers another."""
    count = 0
    for one in connections:
        one.setblocking(False)
        try:
            while one.recv(4096):
                pass
        except BlockingIOError:
            count += 1
        except OSError:
            pass
    return count


def go_on(admin: Admin, carrier: Carrier, what: str) -> None:
    """Admin and kiosk do their work; how long it took is printed."""
    took: dict[str, list[float]] = {"admin": [], "carrier": []}
    for _ in range(ROUNDS):
        for name, work in (("admin", admin.look), ("carrier", carrier.exchange)):
            began = time.monotonic()
            work()
            took[name].append((time.monotonic() - began) * 1000)
    for name, ms in took.items():
        print(f"{what}: {name} median {statistics.median(ms):.0f} ms, max {max(ms):.0f} ms")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"P",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST /v1/exchange HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\nab",
        b"POST /v1/exchange HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nab",
        b"POST /v1/exchange HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["silent", "a byte", "half a head", "half a body", "a long body", "chunks", "kept open"],
)
def test_slow_strangers_keep_nobody_waiting(
    url: str, admin: Admin, carrier: Carrier, sent: bytes
) -> None:
    go_on(admin, carrier, "before")
    with strangers(url, sent) as connections:
        go_on(admin, carrier, f"{STRANGERS} that sent {sent[:20]!r}")
        assert still_open(connections) <= 128


def test_half_a_request_is_not_waited_for_for_ever(url: str) -> None:
    with strangers(url, b"GET / HTTP/1.1\r\n") as connections:
        connections[-1].settimeout(PATIENCE_S)
        assert connections[-1].recv(100) == b""


def test_handshakes_that_do_not_go_on_keep_nobody_waiting(
    data: Path, tmp_path: Path, serve: Callable[..., Any]
) -> None:
    server = serve(data, "--tls")
    with strangers(server.url, b"\x16\x03\x01\x02\x00\x01") as connections:
        for _ in range(ROUNDS):
            assert server.get("/api/v1/headcount")["event"] == "smarthk-2020"
        assert still_open(connections) <= 128


def test_two_requests_sent_at_once_are_both_answered(url: str) -> None:
    port = int(url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as one:
        one.settimeout(PATIENCE_S)
        one.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
        answers = b""
        while answers.count(b"ok\n") < 2:
            answers += one.recv(4096)


def test_a_head_that_never_ends_is_refused(url: str) -> None:
    port = int(url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as one:
        one.settimeout(PATIENCE_S)
        one.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000)
        assert one.recv(100).startswith(b"HTTP/1.1 431 ")


def test_a_client_that_does_not_close_stops_nobody(url: str, admin: Admin) -> None:
    """An answer with `Connection: close`, after which the other side stays."""
    port = int(url.rpartition(":")[2])
    with ExitStack() as opened:
        for _ in range(20):
            one = opened.enter_context(socket.create_connection(("127.0.0.1", port)))
            one.settimeout(PATIENCE_S)
            one.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            while b"ok\n" not in one.recv(4096):
                pass
        began = time.monotonic()
        admin.look()
        print(f"beside 20 that stay: {(time.monotonic() - began) * 1000:.0f} ms")


def test_a_flood_of_logins_leaves_admin_and_kiosk_at_work(
    url: str, admin: Admin, carrier: Carrier
) -> None:
    """Forty wrong logins at once, again and again: some are looked at, the others are sent away at once."""
    page = requests.get(f"{url}/login", timeout=PATIENCE_S)
    token = re.search(r'name="page_token" value="([^"]+)"', page.text)
    assert token is not None
    form = {"account": "admin", "password": "a wrong password", "page_token": token[1]}
    stop, statuses = threading.Event(), []

    def guess() -> None:
        with requests.Session() as session:
            session.mount("http://", FromElsewhere())
            session.cookies.update(page.cookies)
            while not stop.is_set():
                answer = session.post(f"{url}/login", data=form, timeout=PATIENCE_S)
                statuses.append(answer.status_code)

    threads = [threading.Thread(target=guess) for _ in range(40)]
    for thread in threads:
        thread.start()
    go_on(admin, carrier, "beside 40 who guess")
    stop.set()
    for thread in threads:
        thread.join()
    print(f"{len(statuses)} guesses: { ({one: statuses.count(one) for one in set(statuses)}) }")
    assert set(statuses) <= {200, 503}
