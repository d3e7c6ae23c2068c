"""Other systems are told of every presentation: signed, in order, until they take it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from flask import Flask

from registry.roster.model import IssuedBadge
from registry.server.app import Parts
from registry.webhooks import Teller, signature

NewKiosk = Callable[[str], Any]


class Receiver:
    """Somebody's server, which answers as it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.calls.append((dict(self.headers), body))
                self.send_response(outer.answers.pop(0) if outer.answers else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.calls]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def teller(app: Flask) -> Iterator[Teller]:
    parts: Parts = app.extensions["jianmen"]
    teller = Teller(parts.board, parts.hooks, "worker 1")
    yield teller
    teller.close()


def test_a_check_in_is_told_signed_and_without_a_name(
    receiver: Receiver,
    teller: Teller,
    new_kiosk: NewKiosk,
    delegates: list[IssuedBadge],
    api: Any,
) -> None:
    secret = bytes.fromhex(api.post("/webhooks", {"url": receiver.url})["secret"])
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.show(delegates[2].text)
    kiosk.show(delegates[1].text)
    kiosk.exchange()
    teller.step()
    assert [(one["gate"], one["verdict"], one["reason"]) for one in receiver.told] == [
        ("chengdu-main-1", "admit", "ok"),
        ("chengdu-main-1", "refuse", "wrong_venue"),
    ]
    headers, body = receiver.calls[0]
    assert headers["X-Jianmen-Signature"] == signature(secret, body)
    assert headers["X-Jianmen-Delivery"] == receiver.told[0]["id"]
    assert b"Jane" not in body
    assert api.get("/webhooks")["hooks"][0]["behind"] == 0


def test_what_was_there_before_the_hook_is_not_told(
    receiver: Receiver,
    teller: Teller,
    new_kiosk: NewKiosk,
    delegates: list[IssuedBadge],
    api: Any,
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.show(delegates[0].text)
    kiosk.exchange()
    api.post("/webhooks", {"url": receiver.url})
    teller.step()
    assert receiver.calls == []


def test_what_was_not_taken_is_told_again_in_order_after_a_restart(
    receiver: Receiver,
    teller: Teller,
    app: Flask,
    new_kiosk: NewKiosk,
    delegates: list[IssuedBadge],
    api: Any,
    clock: Any,
) -> None:
    api.post("/webhooks", {"url": receiver.url})
    kiosk = new_kiosk("chengdu-main-1")
    receiver.answers = [204, 500]
    for badge in delegates:
        kiosk.show(badge.text)
    kiosk.exchange()
    teller.step()
    assert len(receiver.calls) == 2
    hook = api.get("/webhooks")["hooks"][0]
    assert (hook["trouble"], hook["behind"] > 0) == ("it answered 500", True)
    teller.step()
    assert len(receiver.calls) == 2, "it waits before it tries again"
    clock.wait(120_000)  # the worker that had it is gone
    parts: Parts = app.extensions["jianmen"]
    other = Teller(parts.board, parts.hooks, "worker 2")
    other.step()
    other.close()
    ids = [one["id"] for one in receiver.told]
    assert len(ids) == 4
    assert ids[1] == ids[2]
    assert api.get("/webhooks")["hooks"][0]["trouble"] == ""


def test_two_workers_do_not_tell_the_same(
    receiver: Receiver,
    teller: Teller,
    app: Flask,
    new_kiosk: NewKiosk,
    delegates: list[IssuedBadge],
    api: Any,
) -> None:
    api.post("/webhooks", {"url": receiver.url})
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.show(delegates[0].text)
    kiosk.exchange()
    teller.step()
    kiosk.show(delegates[1].text)
    kiosk.exchange()
    parts: Parts = app.extensions["jianmen"]
    other = Teller(parts.board, parts.hooks, "worker 2")
    other.step()
    other.close()
    assert len(receiver.calls) == 1
    teller.step()
    assert len(receiver.calls) == 2


def test_an_address_that_is_gone_is_told_nothing_more(
    receiver: Receiver,
    teller: Teller,
    new_kiosk: NewKiosk,
    delegates: list[IssuedBadge],
    api: Any,
) -> None:
    api.post("/webhooks", {"url": receiver.url})
    kiosk = new_kiosk("chengdu-main-1")
    receiver.answers = [410]
    kiosk.show(delegates[0].text)
    kiosk.show(delegates[1].text)
    kiosk.exchange()
    teller.step()
    teller.step()
    assert len(receiver.calls) == 1
    assert "gone" in api.get("/webhooks")["hooks"][0]["trouble"]


def test_an_address_that_nobody_listens_at_keeps_nobody_waiting(
    teller: Teller, new_kiosk: NewKiosk, delegates: list[IssuedBadge], api: Any
) -> None:
    api.post("/webhooks", {"url": "http://127.0.0.1:9/"})
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.show(delegates[0].text)
    kiosk.exchange()
    teller.step()
    assert "cannot be reached" in api.get("/webhooks")["hooks"][0]["trouble"]


def test_a_removed_hook_is_told_nothing(
    receiver: Receiver,
    teller: Teller,
    new_kiosk: NewKiosk,
    delegates: list[IssuedBadge],
    api: Any,
) -> None:
    made = api.post("/webhooks", {"url": receiver.url})
    assert api.call("DELETE", f"/webhooks/{made['id']}").status_code == 200
    assert api.call("DELETE", f"/webhooks/{made['id']}").status_code == 404
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.show(delegates[0].text)
    kiosk.exchange()
    teller.step()
    assert receiver.calls == []


@pytest.mark.parametrize("url", ["ftp://x/", "javascript:alert(1)", "http://", "x" * 600])
def test_what_is_no_address_is_refused(api: Any, url: str) -> None:
    assert api.call("POST", "/webhooks", {"url": url}).status_code == 400
