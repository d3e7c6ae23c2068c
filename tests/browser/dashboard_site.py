"""A registry with its dashboard, for browsers: a real server on a port of its own, and one kiosk."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.test import TestResponse

from access.log.clock_reading import ClockReading
from config import event_file
from jianmen.testing.log_writer import admission
from registry.accounts.accounts import Accounts
from registry.roster.model import Person
from registry.server.app import WebSettings, create_app
from registry.service import RegistryService
from registry.storage.ledger import Ledger
from sync.store.journal import Journal
from sync.wire.device_key import DeviceKey
from sync.wire.messages import Batch, Enrol

EVENT = Path(__file__).parents[1] / "scenarios" / "smarthk.toml"
MORNING_MS = 1_605_573_000_000
PASSWORD = "a password of mine"
CONTROL = "control-token-of-the-tests"


@dataclass
class Site:
    """A registry with its server, and one kiosk that writes what the test wants it to."""

    service: RegistryService
    accounts: Accounts
    journal: Journal
    app: Flask
    server: BaseWSGIServer
    thread: threading.Thread
    going_down: threading.Event
    began_s: float

    @classmethod
    def begun(cls) -> Site:
        """A new one, at work, with the account of an admin. To be closed."""
        began_s = time.monotonic()
        ledger = Ledger("sqlite://", None)
        journal = Journal(":memory:", DeviceKey.new(), durable=False)

        def clock() -> ClockReading:
            now = MORNING_MS + int((time.monotonic() - began_s) * 1000)
            return ClockReading(now, now, True)

        service = RegistryService(ledger, clock)
        service.init(event_file.load(EVENT))
        accounts = Accounts(ledger, lambda: MORNING_MS, cost=2**8)
        accounts.set_password("admin", PASSWORD)
        code = service.enrol_code("chengdu-main-1")
        service.enrol(Enrol(journal.identity.public, code, b"", "pi-1"))
        journal.begin(clock(), "boot", "test", {}, "chengdu-main-1")
        going_down = threading.Event()
        web = WebSettings(control=CONTROL, open_here=True, stopping=going_down.is_set)
        app = create_app(service, clock, web)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        server.daemon_threads = False  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        site = cls(service, accounts, journal, app, server, thread, going_down, began_s)
        site.send(0, bytes(32))
        thread.start()
        return site

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def clock(self) -> ClockReading:
        now = MORNING_MS + int((time.monotonic() - self.began_s) * 1000)
        return ClockReading(now, now, True)

    def post(self, path: str, body: object) -> TestResponse:
        """Ask the public interface with the rights of an admin."""
        client: FlaskClient = self.app.test_client()
        headers = {"Authorization": f"Bearer {CONTROL}"}
        return client.post(f"/api/v1{path}", json=body, headers=headers)

    def register(self, ref: str, name: str) -> bytes:
        """Register a delegate, as a list does; gives the badge."""
        person = Person(ref=ref, name=name, ticket="delegate", language="zh-Hans")
        return self.service.register_many([person])[0].badge

    def let_in(self, badge: bytes, gate: str = "chengdu-main-1") -> None:
        """The kiosk lets somebody in, and its log arrives."""
        now = self.clock()
        seq, digest = self.journal.seq, self.journal.digest
        scan = admission(gate, badge, now.wall_ms)
        self.journal.append("scan", scan, now)
        self.send(seq, digest)

    def send(self, after: int, prev: bytes) -> None:
        journal = self.journal
        head = journal.identity.head(journal.log, journal.seq, journal.digest, self.clock().wall_ms)
        raws = [raw for _, raw in journal.raws(journal.log, after, 100)]
        with self.service.ledger.transaction():
            self.service.ledger.take(Batch(journal.log, after, prev, raws, head))

    def stop(self) -> None:
        """The server goes away. Safe to repeat."""
        self.going_down.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def close(self) -> None:
        self.stop()
        self.journal.close()
        self.service.ledger.close()


def log_in(page: Page, site: Site, path: str, account: str = "admin") -> None:
    """Open a page of the dashboard as somebody."""
    page.goto(f"{site.url}/login?next={path}")
    page.get_by_label("Account").fill(account)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_load_state()
    expect(page.locator("form[action='/logout']")).to_be_attached()


def choose_list(page: Page, name: str, text: str, encoding: str = "gb18030") -> None:
    """Choose a list of people on the page People, and look at it."""
    file = {"name": name, "mimeType": "text/csv", "buffer": text.encode(encoding)}
    page.locator("#import input[type=file]").set_input_files([file])  # type: ignore[list-item]
    page.get_by_role("button", name="Look at the list").click()
