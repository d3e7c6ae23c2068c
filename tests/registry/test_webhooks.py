"""Other systems are told of every presentation: signed, in order, until they take it."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from flask import Flask

from registry.roster.model import IssuedBadge
from registry.server.app import Parts
from registry.webhooks import MOST_HOOKS, WebhookSender, signature, standard_signature

NewKiosk = Callable[[str], Any]


class Receiver:
    """Somebody's server, which answers as it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.goes_on: threading.Event | None = None
        self._heard = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with outer._heard:
                    outer.calls.append((dict(self.headers), body))
                    outer._heard.notify_all()
                if outer.goes_on is not None:
                    outer.goes_on.wait()
                self.send_response(outer.answers.pop(0) if outer.answers else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def received(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.calls]

    def enough(self, calls: int) -> bool:
        """Whether so many calls come, before a test has waited too long."""
        with self._heard:
            return self._heard.wait_for(lambda: len(self.calls) >= calls, timeout=30)

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
def teller(app: Flask) -> Iterator[WebhookSender]:
    parts: Parts = app.extensions["jianmen"]
    teller = WebhookSender(parts.queries, parts.hooks, "worker 1")
    yield teller
    teller.close()


def test_a_check_in_is_delivered_signed_and_without_a_name(
    receiver: Receiver,
    teller: WebhookSender,
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
    assert [(one["gate"], one["verdict"], one["reason"]) for one in receiver.received] == [
        ("chengdu-main-1", "admit", "ok"),
        ("chengdu-main-1", "refuse", "wrong_venue"),
    ]
    headers, body = receiver.calls[0]
    assert headers["X-Jianmen-Signature"] == signature(secret, body)
    assert headers["X-Jianmen-Delivery"] == receiver.received[0]["id"]
    assert b"Jane" not in body
    assert api.get("/webhooks")["hooks"][0]["behind"] == 0


def test_what_was_there_before_the_hook_is_not_delivered(
    receiver: Receiver,
    teller: WebhookSender,
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


def test_what_was_not_accepted_is_delivered_again_in_order_after_a_restart(
    receiver: Receiver,
    teller: WebhookSender,
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
    other = WebhookSender(parts.queries, parts.hooks, "worker 2")
    other.step()
    other.close()
    ids = [one["id"] for one in receiver.received]
    assert len(ids) == 4
    assert ids[1] == ids[2]
    assert api.get("/webhooks")["hooks"][0]["trouble"] == ""


def test_two_workers_do_not_tell_the_same(
    receiver: Receiver,
    teller: WebhookSender,
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
    other = WebhookSender(parts.queries, parts.hooks, "worker 2")
    other.step()
    other.close()
    assert len(receiver.calls) == 1
    teller.step()
    assert len(receiver.calls) == 2


def test_an_address_that_is_gone_is_told_nothing_more(
    receiver: Receiver,
    teller: WebhookSender,
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
    teller: WebhookSender, new_kiosk: NewKiosk, delegates: list[IssuedBadge], api: Any
) -> None:
    api.post("/webhooks", {"url": "http://127.0.0.1:9/"})
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.show(delegates[0].text)
    kiosk.exchange()
    teller.step()
    assert "cannot be reached" in api.get("/webhooks")["hooks"][0]["trouble"]


def test_a_removed_hook_is_told_nothing(
    receiver: Receiver,
    teller: WebhookSender,
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


@pytest.mark.parametrize(
    "url",
    ["ftp://x/", "javascript:alert(1)", "http://", "x" * 600, "http://[::1", "http://h:99999/"],
)
def test_what_is_no_address_is_refused(api: Any, url: str) -> None:
    assert api.call("POST", "/webhooks", {"url": url}).status_code == 400


def test_the_standard_headers_are_those_of_the_standard() -> None:
    """The test vector of the Standard Webhooks specification."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    call, at_s, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    wanted = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert standard_signature(secret, call, at_s, body) == wanted


def test_a_call_carries_both_sets_of_headers(
    receiver: Receiver,
    teller: WebhookSender,
    new_kiosk: NewKiosk,
    delegates: list[IssuedBadge],
    api: Any,
    clock: Any,
) -> None:
    made = api.post("/webhooks", {"url": receiver.url})
    secret = base64.b64decode(made["signing_secret"].removeprefix("whsec_"))
    assert secret.hex() == made["secret"]
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.show(delegates[2].text)
    kiosk.exchange()
    teller.step()
    headers, body = receiver.calls[0]
    call, at_s = headers["webhook-id"], int(headers["webhook-timestamp"])
    assert call == headers["X-Jianmen-Delivery"]
    assert at_s == clock.now_ms // 1000
    assert headers["webhook-signature"] == standard_signature(secret, call, at_s, body)


def test_a_slow_receiver_delays_no_other(
    receiver: Receiver,
    teller: WebhookSender,
    new_kiosk: NewKiosk,
    delegates: list[IssuedBadge],
    api: Any,
) -> None:
    """The slow one answers nothing until the other has heard everything."""
    slow = Receiver()
    slow.goes_on = threading.Event()
    try:
        api.post("/webhooks", {"url": slow.url})
        api.post("/webhooks", {"url": receiver.url})
        kiosk = new_kiosk("chengdu-main-1")
        for badge in delegates:
            kiosk.show(badge.text)
        kiosk.exchange()
        stop = threading.Event()
        thread = threading.Thread(target=teller.run, args=(stop,))
        thread.start()
        heard_all = receiver.enough(len(delegates))
        slow.goes_on.set()
        stop.set()
        thread.join()
        teller.close()
        assert heard_all
    finally:
        slow.goes_on.set()
        slow.close()


def test_a_password_in_an_address_is_not_shown_again(api: Any) -> None:
    url = "https://user:s3cret@hooks.example/in?key=1"
    made = api.post("/webhooks", {"url": url})
    assert made["url"] == "https://user:••••@hooks.example/in?key=1"
    assert "s3cret" not in str(api.get("/webhooks"))
    assert "s3cret" not in str(api.get("/trail"))


@pytest.mark.parametrize(
    ("url", "odd"),
    [
        ("http://127.0.0.1:8000/", True),
        ("http://localhost/hook", True),
        ("http://[::1]/", True),
        ("http://0.0.0.0/", True),
        ("http://2130706433/", True),
        ("http://0177.0.0.1/", True),
        ("http://[::ffff:127.0.0.1]/", True),
        ("http://169.254.169.254/latest", True),
        ("http://[fe80::1]/", True),
        ("https://hooks.example/", False),
        ("http://192.0.2.7/", False),
    ],
)
def test_an_address_on_this_machine_or_its_link_is_warned_of(api: Any, url: str, odd: bool) -> None:
    assert bool(api.post("/webhooks", {"url": url})["warning"]) is odd


def test_there_are_only_so_many_webhooks(api: Any) -> None:
    for number in range(MOST_HOOKS):
        api.post("/webhooks", {"url": f"https://{number}.example/"})
    assert api.call("POST", "/webhooks", {"url": "https://more.example/"}).status_code == 409
